package assistant

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/job"
	"github.com/tierwise/tierwise/internal/step"
)

// speakTime bounds one call to the platform while a turn runs.
const speakTime = 8 * time.Second

// placing is the first visible sign under way. ref may be read once done is
// closed; it is zero when there is no placeholder.
type placing struct {
	done chan struct{}
	ref  chat.Ref
}

// place begins the first visible sign. It runs beside the model call, so that a
// slow platform does not delay the answer; settled waits for it. It outlives a
// cancelled turn for a moment: half a placeholder would stay for ever.
func (w *work) place(ctx context.Context) {
	caps := w.resp.Capabilities()
	if !caps.Edit || w.private() && !caps.EditEphemeral {
		return
	}
	p := &placing{done: make(chan struct{})}
	w.placing = p
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), speakTime)
	go func() {
		defer cancel()
		defer close(p.done)
		p.ref = w.placeholder(ctx)
	}()
}

// placeholder finds the one an earlier delivery made, or makes it. Its place is
// stored before anything more is said there. It never fails a turn: without a
// placeholder the answer is a new post.
func (w *work) placeholder(ctx context.Context) chat.Ref {
	if !w.post.IsZero() {
		return w.post
	}
	id := w.t.PostID(1)
	if w.t.Ticket.Delivery > 1 && !w.private() {
		ref, err := w.resp.Find(ctx, id)
		switch {
		case err == nil:
			return w.keep(ctx, ref)
		case !errors.Is(err, chat.ErrNotFound):
			// A second one could stay for ever; the poster looks again.
			w.a.Log.Warn("no placeholder: whether an earlier one is there is not known", "job", w.t.Ticket.Job.ID, "err", err)
			return chat.Ref{}
		}
	}
	ref, err := w.resp.Put(ctx, chat.Post{Job: id, Stage: chat.Placeholder, Text: w.progress(), Private: w.private(), Sample: w.a.Models.Sample(), Buttons: w.stopButton()})
	if errors.Is(err, chat.ErrUnknownResult) && !w.private() {
		ref, err = w.resp.Find(ctx, id)
	}
	if err != nil {
		w.a.Log.Warn("no placeholder", "job", w.t.Ticket.Job.ID, "err", err)
		return chat.Ref{}
	}
	return w.keep(ctx, ref)
}

func (w *work) keep(ctx context.Context, ref chat.Ref) chat.Ref {
	if err := w.t.Keep(ctx, ref); err != nil && !errors.Is(err, job.ErrLost) {
		w.a.Log.Warn("placeholder not remembered; a later delivery will look for it", "job", w.t.Ticket.Job.ID, "err", err)
	}
	return ref
}

// settled waits for the placeholder and returns where it is.
func (w *work) settled() chat.Ref {
	if w.placing != nil {
		<-w.placing.done
		w.post = w.placing.ref
	}
	return w.post
}

// stopButton names the job and, by pseudonym, who may stop it.
func (w *work) stopButton() []chat.Button {
	return []chat.Button{{Name: "answer.stop", Label: "Stop", Value: w.t.Ticket.Job.ID + "|" + w.t.Caller.ID}}
}

func (w *work) progress() string {
	verb := map[step.Intent]string{step.Summarize: "Summarizing", step.Draft: "Drafting", step.Classify: "Classifying", step.Ask: "Thinking"}[w.want.Intent]
	if n := len(w.input.Messages); n > 1 && w.want.Intent != step.Ask {
		return verb + fmt.Sprintf(" %d messages …", n)
	}
	return verb + " …"
}

// private reports whether only the asker sees the answer. The event's address
// decides; for a mention the channel's setting may ask for it too.
func (w *work) private() bool {
	return w.t.Event.ReplyTo.Private || w.t.Event.Kind == chat.Mention && w.t.Settings.PrivateAnswers()
}
