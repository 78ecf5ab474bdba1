package assistant

import (
	"context"
	"errors"

	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/fault"
	"github.com/tierwise/tierwise/internal/redact"
	"github.com/tierwise/tierwise/internal/turn"
)

// failed ends a turn that has no answer; w is nil when it ended before any work.
// What can be said is said; a passing failure of ours goes back to the queue
// with everything booked.
func (a *Assistant) failed(ctx context.Context, t *turn.Task, w *work, err error) (turn.Result, error) {
	var f *fault.Fault
	switch {
	case stopped(ctx):
		err = fault.New(fault.Stopped, "Stopped before there was an answer. What had been used until then is booked.")
	case errors.Is(err, errGone) || !errors.As(err, &f) || f.Kind == fault.Unavailable:
		return a.retry(ctx, w, err)
	}
	r := say(t, a.sentence(t, err))
	if w == nil {
		return r, nil
	}
	post := &r.Replies[0].Post
	post.Ref, r.Last = w.settled(), w.last
	r.Replies[0].To, post.Private = w.address(), w.private()
	if fault.KindOf(err) == fault.OverBudget {
		return w.offer(r)
	}
	return r, nil
}

// retry gives a turn back to the queue, with everything booked.
func (a *Assistant) retry(ctx context.Context, w *work, err error) (turn.Result, error) {
	if w == nil {
		return turn.Result{}, err
	}
	w.settled()
	if bookErr := w.book(ctx); bookErr != nil {
		return turn.Result{Last: w.last}, errors.Join(err, bookErr)
	}
	return turn.Result{}, err
}

// offer adds the ways on after a refusal for money: ask for more, or take the
// local tier. The request is kept, so that an approval resumes it. Only the
// asker sees the arithmetic; a public placeholder of an earlier delivery says
// no more than that there is some.
func (w *work) offer(r turn.Result) (turn.Result, error) {
	id := w.t.Ticket.Job.ID
	private := r.Replies[0]
	private.To.Private, private.To.To, private.Post.Private = true, w.t.Event.Actor.ID, true
	private.Post.Buttons = []chat.Button{
		{Name: "ask.more", Label: "Ask for more", Value: id, Style: chat.Primary, OpensForm: true},
		{Name: "answer.as", Label: "Use the local tier (free)", Value: id + "|local"},
	}
	r.Replies = []turn.Reply{private}
	if !w.private() && !private.Post.Ref.IsZero() {
		r.Replies[0].Post.Ref = chat.Ref{}
		r.Replies = append(r.Replies, turn.Reply{To: w.t.Event.ReplyTo, Post: chat.Post{
			Job: w.t.PostID(2), Ref: private.Post.Ref, Stage: chat.Final, Sample: w.a.Models.Sample(),
			Text: "_A budget limit is reached; " + or(redact.Name(w.t.Event.Actor.Name), "the asker") + " sees the details._",
		}})
	}
	none := unanswered(&w.steps[len(w.steps)-1])
	s := w.saved(none)
	s.Text, s.First = "", ""
	saved, err := w.a.store(w.tenant(), id, s)
	if err != nil {
		return r, err
	}
	receipt, err := w.receipt(none).Write()
	if err != nil {
		return r, err
	}
	r.Writes = append(r.Writes, saved, receipt)
	return r, nil
}
