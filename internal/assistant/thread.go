package assistant

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/tierwise/tierwise/internal/catalog"
	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/record"
	"github.com/tierwise/tierwise/internal/turn"
)

// threadState is what is kept of a thread the bot answers in: who began, the
// newest answer everybody there could read, and what gave it.
type threadState struct {
	Owner   string       `json:"owner"` // platform id of who began
	Stopped bool         `json:"stopped,omitempty"`
	Last    string       `json:"last,omitempty"` // job of the newest answer
	Tier    catalog.Tier `json:"tier,omitempty"`
	Model   string       `json:"model,omitempty"` // "" before the first answer
}

// threadFor is how long follow-ups are answered after the last answer.
const threadFor = 14 * 24 * time.Hour

func threadID(p chat.Place) string { return p.Channel + "/" + p.Thread }

func (a *Assistant) thread(ctx context.Context, p chat.Place) (threadState, error) {
	var th threadState
	if p.Thread == "" {
		return th, nil
	}
	r, err := a.Records.Get(ctx, p.Tenant(), record.Thread, threadID(p))
	if errors.Is(err, record.ErrNotFound) {
		return th, nil
	}
	if err != nil {
		return th, fmt.Errorf("assistant: thread: %w", err)
	}
	if err := json.Unmarshal(r.Body, &th); err != nil {
		return th, fmt.Errorf("assistant: thread: %w", err)
	}
	return th, nil
}

func (th threadState) write(p chat.Place) (record.Write, error) {
	b, err := json.Marshal(th)
	if err != nil {
		return record.Write{}, fmt.Errorf("assistant: thread: %w", err)
	}
	return record.Put(record.Thread, threadID(p), b, threadFor), nil
}

// follows returns the thread that a mention is answered in for all to see. A
// private answer leaves no trace there: nobody else may build on it.
func (w *work) follows() (chat.Place, bool) {
	at := w.t.Event.ReplyTo.Place
	return at, w.t.Event.Kind == chat.Mention && at.Thread != "" && !w.private()
}

// answered is the thread's state after this answer.
func (w *work) answered(out *answer) threadState {
	th := w.thread
	th.Last, th.Tier, th.Model = w.t.Ticket.Job.ID, out.model.Tier, out.model.ID
	if th.Owner == "" {
		th.Owner = w.t.Event.Actor.ID
	}
	return th
}

// Owned tells an adapter whether the bot answers in a thread; see
// chat.AddressOf.
func (a *Assistant) Owned(ctx context.Context, p chat.Place) (chat.Owned, error) {
	th, err := a.thread(ctx, p)
	return chat.Owned{Owner: th.Owner, Stopped: th.Stopped}, err
}

// unfollow stops answering without a mention in a thread.
func (a *Assistant) unfollow(ctx context.Context, t *turn.Task) (turn.Result, error) {
	p := t.Event.Place
	if p.Thread == "" {
		return say(t, "Say that in the thread I should not follow any more."), nil
	}
	th, err := a.thread(ctx, p)
	if err != nil {
		return turn.Result{}, err
	}
	th.Stopped = true
	w, err := th.write(p)
	if err != nil {
		return turn.Result{}, err
	}
	r := say(t, "All right, I answer in this thread only when I am mentioned.")
	r.Writes = append(r.Writes, w)
	return r, nil
}
