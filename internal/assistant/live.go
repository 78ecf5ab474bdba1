package assistant

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/job"
	"github.com/tierwise/tierwise/internal/redact"
	"github.com/tierwise/tierwise/internal/step"
	"github.com/tierwise/tierwise/router"
)

// live is text on its way into a post. The model's stream only ever fills the
// buffer; a goroutine of its own shows it as fast as the platform lets it, so
// that a slow platform never delays the reading.
type live struct {
	w    *work
	caps chat.Capabilities
	back *redact.Restorer
	safe redact.Stream

	mu    sync.Mutex
	text  strings.Builder // what is safe to show so far
	wake  chan struct{}
	over  chan struct{} // closed when no more text comes
	done  chan struct{} // closed when nothing more is shown
	shown int           // bytes of text on the platform
}

// live begins to show an answer while it arrives; nil when this answer is
// checked first or the platform cannot do it.
func (w *work) live(ctx context.Context) *live {
	caps := w.resp.Capabilities()
	if w.decision.Show != router.Live || w.placing == nil || !caps.Edit && !caps.Append {
		return nil
	}
	l := &live{w: w, caps: caps, back: w.hidden.Restorer(), wake: make(chan struct{}, 1), over: make(chan struct{}), done: make(chan struct{})}
	go l.run(context.WithoutCancel(ctx))
	return l
}

// add takes a piece of the stream. It does not wait.
func (l *live) add(piece string) {
	if l == nil {
		return
	}
	l.mu.Lock()
	l.text.WriteString(l.safe.Write(l.back.Write(piece)))
	l.mu.Unlock()
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// end waits for the last showing to come back: what follows replaces it. It
// reports whether a person has seen some of the text.
func (l *live) end() bool {
	if l == nil {
		return false
	}
	close(l.over)
	<-l.done
	return l.shown > 0
}

// run shows what has arrived, at most once per interval of the platform, until
// the text is over or the platform does not want any more.
func (l *live) run(ctx context.Context) {
	defer close(l.done)
	select {
	case <-l.w.placing.done:
	case <-l.over:
		return
	}
	for ref := l.w.placing.ref; !ref.IsZero(); {
		select {
		case <-l.wake:
		case <-l.over:
			return
		}
		wait, more := l.flush(ctx, ref)
		if !more || !l.rest(wait) {
			return
		}
	}
}

// rest waits; false when the text is over meanwhile.
func (l *live) rest(d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-l.over:
		return false
	}
}

// flush shows what is new: appended where the platform streams, else by
// replacing the post. It returns how long to wait before the next one, and
// whether there may be a next one.
func (l *live) flush(ctx context.Context, ref chat.Ref) (time.Duration, bool) {
	l.mu.Lock()
	all := l.text.String()
	l.mu.Unlock()
	if len(all) == l.shown {
		return 0, true
	}
	ctx, cancel := context.WithTimeout(ctx, speakTime)
	defer cancel()
	err := l.speak(ctx, ref, all)
	var limited *chat.RateLimited
	switch {
	case err == nil:
		l.shown = len(all)
		return l.caps.MinEdit, true
	case errors.As(err, &limited):
		select {
		case l.wake <- struct{}{}: // the text still waits
		default:
		}
		return limited.After, true
	case errors.Is(err, chat.ErrStopped):
		l.w.stopMe(ctx)
		return 0, false
	}
	l.w.a.Log.Warn("live text not shown; the final post will have it", "job", l.w.t.Ticket.Job.ID, "err", err)
	return 0, false
}

func (l *live) speak(ctx context.Context, ref chat.Ref, all string) error {
	if l.caps.Append {
		err := l.w.resp.Append(ctx, ref, all[l.shown:])
		if !errors.Is(err, chat.ErrUnsupported) {
			return err
		}
		l.caps.Append = false
	}
	w := l.w
	_, err := w.resp.Put(ctx, chat.Post{Job: w.t.PostID(1), Ref: ref, Stage: chat.Live, Text: all, Private: w.private(), Sample: w.a.Models.Sample(), Buttons: w.stopButton()})
	return err
}

// stopMe passes on that a person pressed the platform's own stop: the next
// heartbeat cancels the call, with its bill.
func (w *work) stopMe(ctx context.Context) {
	if err := w.a.Stopper.Stop(ctx, w.tenant(), w.t.Ticket.Job.ID); err != nil {
		w.a.Log.Warn("stop not passed on", "job", w.t.Ticket.Job.ID, "err", fmt.Errorf("assistant: stop: %w", err))
	}
}

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
