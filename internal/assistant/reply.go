package assistant

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/tierwise/tierwise/internal/catalog"
	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/fault"
	"github.com/tierwise/tierwise/internal/intent"
	"github.com/tierwise/tierwise/internal/redact"
	"github.com/tierwise/tierwise/internal/settings"
	"github.com/tierwise/tierwise/internal/step"
	"github.com/tierwise/tierwise/internal/turn"
)

// result dresses an answer: text, footer, buttons, and what is kept for them.
// The last booking goes along, so that answer and charge are stored together.
func (w *work) result(ctx context.Context, out answer) (turn.Result, error) {
	post := chat.Post{
		Job: w.t.PostID(1), Ref: w.settled(), Stage: chat.Final, Text: w.text(out), Footer: w.footer(out),
		Private: w.private(), Sample: w.a.Models.Sample(),
	}
	post.Buttons, post.More = w.buttons(out)
	r := turn.Result{Last: w.last, Replies: []turn.Reply{{To: w.address(), Post: post}}}
	s, err := w.a.store(w.tenant(), w.t.Ticket.Job.ID, w.saved(out))
	if err != nil {
		return r, err
	}
	rc, err := w.receipt(out).write()
	if err != nil {
		return r, err
	}
	r.Writes = append(r.Writes, s, rc)
	if p := w.t.Event.Place; w.t.Event.Kind == chat.Mention && p.Thread != "" {
		th, err := w.a.thread(ctx, p)
		if err != nil {
			return r, err
		}
		th.Last = w.t.Ticket.Job.ID
		if th.Owner == "" {
			th.Owner = w.t.Event.Actor.ID
		}
		wr, err := w.a.putThread(p, th)
		if err != nil {
			return r, err
		}
		r.Writes = append(r.Writes, wr)
	}
	return r, nil
}

func (w *work) tenant() string { return w.t.Event.Place.Tenant() }

// address is where the answer goes.
func (w *work) address() chat.ReplyTo {
	to := w.t.Event.ReplyTo
	if w.private() {
		to.Private, to.To = true, w.t.Event.Actor.ID
	}
	return to
}

// plain is the answer's text made safe: no live mention, no hidden link, and
// what was taken out of the input put back.
func (w *work) plain(out answer) string {
	text := intent.Clean(out.text, w.want.Intent == step.Draft)
	return redact.Neutralise(w.hidden.Restore(text))
}

// text is what the person reads.
func (w *work) text(out answer) string {
	var b strings.Builder
	switch {
	case out.choice != nil:
		b.WriteString(redact.Neutralise(intent.ShowChoice(*out.choice)))
	case w.want.Intent == step.Draft:
		b.WriteString(w.plain(out))
	default:
		b.WriteString(intent.Cite(out.step.Input, w.plain(out)))
	}
	var lines []string
	if out.stopped {
		lines = append(lines, "Stopped. What had been used until then is booked.")
	}
	if len(out.failed) > 0 {
		lines = append(lines, "Please check: "+unchecked(out.failed)+".")
	}
	if w.want.Intent == step.Summarize || w.want.Intent == step.Ask && len(w.input.Messages) > 0 && !w.input.Coverage.Complete() {
		lines = append(lines, intent.CoverageLine(out.step.Input.Coverage))
	}
	if out.model.Tier == catalog.Local && w.t.Event.Kind != chat.Click {
		lines = append(lines, intent.LocalNote(w.want.Intent)+".")
	}
	if w.decision.Lowered {
		lines = append(lines, w.lowered())
	}
	lines = append(lines, w.note)
	for _, l := range lines {
		if l != "" {
			b.WriteString("\n\n_" + l + "_")
		}
	}
	return strings.TrimSpace(b.String())
}

// lowered says that and why the budget set the tier.
func (w *work) lowered() string {
	for _, r := range w.decision.Reasons {
		if strings.HasPrefix(r.Code, "budget.") && r.Code != "budget.lowered" {
			return r.Text
		}
	}
	return ""
}

// unchecked names the kinds of findings, never their text.
func unchecked(list []intent.Finding) string {
	words := map[string]string{
		intent.CodeNumber: "a number", intent.CodeDate: "a date", intent.CodeLink: "a link", intent.CodeName: "a name", intent.CodeQuote: "a quotation",
		intent.CodeCitation: "a reference", intent.CodeCoverage: "decisions may be missing", intent.CodePlaceholder: "a gap to fill in",
	}
	seen := map[string]bool{}
	var out []string
	for _, f := range list {
		say := or(words[f.Code], "form and length")
		if !seen[say] {
			seen[say] = true
			out = append(out, say)
		}
	}
	return strings.Join(out, ", ")
}

// footer is the grey line, as the settings want it.
func (w *work) footer(out answer) string {
	switch w.t.Settings.Footer() {
	case settings.FooterOff:
		return ""
	case settings.FooterCost:
		return fmt.Sprintf("%s · %s · why?", out.model.Tier, w.spent.Short())
	case settings.FooterFull:
		return fmt.Sprintf("%s · %s · %s · why?", out.model.Tier, out.model.ID, w.spent.Short())
	}
	return out.model.Tier.String() + " · why?"
}

// buttons are at most three, and the rest behind "⋯".
func (w *work) buttons(out answer) (shown, more []chat.Button) {
	id := w.t.Ticket.Job.ID
	b := func(name, label string) chat.Button { return chat.Button{Name: name, Label: label, Value: id} }
	up, down := b("answer.up", "👍"), b("answer.down", "👎")
	more = append(more, b("answer.why", "Why this model?"))
	if o := w.decision.Stronger; o != nil && !out.stopped {
		label := fmt.Sprintf("Stronger ≈ %s, at most %s", o.Likely.Short(), o.Worst.Short())
		if w.want.Intent == step.Draft {
			more = append(more, b("answer.stronger", label))
		} else {
			shown = append(shown, b("answer.stronger", label))
		}
	}
	switch {
	case w.want.Intent == step.Draft:
		edit := b("draft.edit", "Edit")
		edit.OpensForm = true
		post := b("draft.post", "Post")
		post.Style = chat.Primary
		shown = append([]chat.Button{post, edit, b("draft.discard", "Discard")}, shown...)
		more = append(more, b("draft.shorter", "Shorter"), b("draft.redo", "Redo"))
	case w.private():
		shown = append([]chat.Button{up, down}, shown...)
		more = append(more, b("summary.share", "Share"))
	default:
		shown = append([]chat.Button{up, down}, shown...)
		more = append(more, b("answer.retract", "Retract"))
	}
	if out.choice != nil {
		for _, l := range out.step.Input.Labels {
			if l.Name != out.choice.Label {
				more = append(more, chat.Button{Name: "classify.correct", Label: "It is: " + l.Name, Value: id + "|" + clip(l.Name, 40)})
			}
		}
	}
	for _, i := range w.want.Alternatives {
		more = append(more, chat.Button{Name: "answer.as", Label: "I meant: " + string(i), Value: id + "|" + string(i)})
	}
	return shown, more
}

func clip(s string, n int) string {
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	return string(r[:n])
}

func (w *work) saved(out answer) saved {
	text := w.plain(out)
	if out.choice != nil {
		text = out.choice.Label
	} else if w.want.Intent != step.Draft {
		text = w.text(out)
	}
	s := saved{
		Event: w.t.Event, Want: w.want, By: w.t.Event.Actor.ID, Person: w.t.Caller.ID, Text: text, First: text, Tier: out.model.Tier, Model: out.model.ID,
		Cost: w.spent, Workflow: w.charge.workflow, At: w.a.Clock.Now(),
	}
	s.Event.Target = nil
	if o := w.decision.Stronger; o != nil {
		s.Up = &o.Tier
	}
	return s
}

// failed ends a turn that has no answer. What can be said is said; a passing
// failure of ours goes back to the queue with everything booked.
func (a *Assistant) failed(t turn.Task, w *work, err error) (turn.Result, error) {
	ctx := context.Background()
	var f *fault.Fault
	if errors.Is(err, errGone) || !errors.As(err, &f) || f.Kind == fault.Unavailable {
		if w == nil {
			return turn.Result{}, err
		}
		w.settled()
		if bookErr := w.book(ctx); bookErr != nil {
			return turn.Result{Last: w.last}, errors.Join(err, bookErr)
		}
		return turn.Result{}, err
	}
	r := say(t, a.sentence(t, err))
	post := &r.Replies[0].Post
	if w == nil {
		return r, nil
	}
	post.Ref, r.Last = w.settled(), w.last
	r.Replies[0].To, post.Private = w.address(), w.private()
	switch f.Kind {
	case fault.OverBudget:
		return w.offer(r)
	case fault.Provider, fault.BadInput:
		return r, nil
	}
	return r, nil
}

// offer adds the ways on after a refusal for money: ask for more, or take the
// local tier. The request is kept, so that an approval resumes it. Only the
// asker sees it.
func (w *work) offer(r turn.Result) (turn.Result, error) {
	id := w.t.Ticket.Job.ID
	reply := &r.Replies[0]
	reply.To.Private, reply.To.To, reply.Post.Private = true, w.t.Event.Actor.ID, true
	if !w.private() {
		reply.Post.Ref = chat.Ref{} // the placeholder is public; the arithmetic is not
		if ref := w.post; !ref.IsZero() {
			r.Replies = append(r.Replies, turn.Reply{To: w.t.Event.ReplyTo, Post: chat.Post{
				Job: w.t.PostID(2), Ref: ref, Stage: chat.Final, Text: "_A budget limit is reached; " + or(w.t.Event.Actor.Name, "the asker") + " sees the details._",
			}})
			reply = &r.Replies[0]
		}
	}
	reply.Post.Buttons = []chat.Button{
		{Name: "ask.more", Label: "Ask for more", Value: id, Style: chat.Primary, OpensForm: true},
		{Name: "answer.as", Label: "Use the local tier (free)", Value: id + "|local"},
	}
	s := w.saved(answer{step: w.steps[len(w.steps)-1]})
	s.Text, s.First = "", ""
	wr, err := w.a.store(w.tenant(), id, s)
	if err != nil {
		return r, err
	}
	rc, err := w.receipt(answer{}).write()
	if err != nil {
		return r, err
	}
	r.Writes = append(r.Writes, wr, rc)
	return r, nil
}
