package assistant

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/job"
	"github.com/tierwise/tierwise/internal/redact"
	"github.com/tierwise/tierwise/internal/step"
	"github.com/tierwise/tierwise/router"
)

// place begins the first visible sign. It runs beside the model call, so that a
// slow platform does not delay the answer; settled waits for it.
func (w *work) place(ctx context.Context) {
	caps := w.resp.Capabilities()
	private := w.private()
	if !caps.Edit || private && !caps.EditEphemeral {
		return
	}
	done := make(chan chat.Ref, 1)
	w.placed = done
	go func() { done <- w.placeholder(ctx) }()
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
		if ref, err := w.resp.Find(ctx, id); err == nil {
			return w.keep(ctx, ref)
		}
	}
	ref, err := w.resp.Put(ctx, chat.Post{Job: id, Stage: chat.Placeholder, Text: w.progress(), Private: w.private(), Sample: w.a.Models.Sample(),
		Buttons: []chat.Button{{Name: "answer.stop", Label: "Stop", Value: w.t.Ticket.Job.ID}}})
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
	if w.placed != nil {
		w.post = <-w.placed
		w.placed = nil
	}
	return w.post
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

// show returns what streams text into the placeholder, or nil when this answer
// is not shown live.
func (w *work) show(ctx context.Context) func(string) error {
	caps := w.resp.Capabilities()
	if w.decision.Show != router.Live || !caps.Edit && !caps.Append {
		return nil
	}
	l := &live{w: w, caps: caps, back: w.hidden.Restorer()}
	return func(text string) error { return l.add(ctx, text) }
}

// live is text on its way into a post.
type live struct {
	w    *work
	caps chat.Capabilities
	back *redact.Restorer
	safe redact.Stream
	text strings.Builder
	last time.Time
}

// add shows what of the text is safe so far: appended where the platform
// streams, else by replacing the post at the interval it allows.
func (l *live) add(ctx context.Context, text string) error {
	ref := l.w.settled()
	if ref.IsZero() {
		return nil
	}
	safe := l.safe.Write(l.back.Write(text))
	l.text.WriteString(safe)
	if l.caps.Append {
		err := l.w.resp.Append(ctx, ref, safe)
		if !errors.Is(err, chat.ErrUnsupported) {
			return err
		}
		l.caps.Append = false
	}
	now := l.w.a.Clock.Now()
	if safe == "" || now.Sub(l.last) < l.caps.MinEdit {
		return nil
	}
	l.last = now
	_, err := l.w.resp.Put(ctx, chat.Post{Job: l.w.t.PostID(1), Ref: ref, Stage: chat.Live, Text: l.text.String(), Private: l.w.private(), Sample: l.w.a.Models.Sample(),
		Buttons: []chat.Button{{Name: "answer.stop", Label: "Stop", Value: l.w.t.Ticket.Job.ID}}})
	var limited *chat.RateLimited
	if errors.As(err, &limited) {
		l.last = now.Add(limited.After) // skip edits until the platform lets us
		return nil
	}
	return err
}
