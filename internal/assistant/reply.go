package assistant

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/tierwise/tierwise/internal/catalog"
	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/intent"
	"github.com/tierwise/tierwise/internal/redact"
	"github.com/tierwise/tierwise/internal/settings"
	"github.com/tierwise/tierwise/internal/step"
	"github.com/tierwise/tierwise/internal/turn"
)

// result dresses an answer: text, footer, buttons, and what is kept for them.
// The last booking goes along, so that answer and charge are stored together.
func (w *work) result(out *answer) (turn.Result, error) {
	post := chat.Post{
		Job: w.t.PostID(1), Ref: w.settled(), Stage: chat.Final, Text: w.text(out), Footer: w.footer(out),
		Private: w.private(), Sample: w.a.Models.Sample(),
	}
	post.Buttons, post.More = w.buttons(out)
	r := turn.Result{Last: w.last, Replies: []turn.Reply{{To: w.address(), Post: post}}}
	saved, err := w.a.store(w.tenant(), w.t.Ticket.Job.ID, w.saved(out))
	if err != nil {
		return r, err
	}
	receipt, err := w.receipt(out).Write()
	if err != nil {
		return r, err
	}
	r.Writes = append(r.Writes, saved, receipt)
	if w.want.Intent == step.Draft {
		r.Writes = append(r.Writes, listed(w.t.Caller.ID, w.t.Ticket.Job.ID))
	}
	if at, ok := w.follows(); ok {
		th, err := w.answered(out).write(at)
		if err != nil {
			return r, err
		}
		r.Writes = append(r.Writes, th)
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
func (w *work) plain(out *answer) string {
	text := intent.Clean(out.text, w.want.Intent == step.Draft)
	return redact.Neutralise(w.hidden.Restore(text))
}

// text is what the person reads.
func (w *work) text(out *answer) string {
	var b strings.Builder
	switch {
	case out.choice != nil:
		b.WriteString(redact.Neutralise(w.hidden.Restore(intent.ShowChoice(*out.choice))))
	case w.want.Intent == step.Draft:
		b.WriteString(w.plain(out))
	default:
		b.WriteString(intent.Cite(out.step.Input, w.plain(out)))
	}
	for _, l := range w.remarks(out) {
		if l != "" {
			b.WriteString("\n\n_" + l + "_")
		}
	}
	return strings.TrimSpace(b.String())
}

// remarks are the lines under an answer: how it ended, what was not verified,
// how much was read, what the local tier is, what the budget did.
func (w *work) remarks(out *answer) []string {
	var lines []string
	switch {
	case out.stopped:
		lines = append(lines, "Stopped. What had been used until then is booked.")
	case out.broken:
		lines = append(lines, "The answer broke off here. What was used is booked as an estimate; please ask again.")
	}
	if len(out.failed) > 0 {
		lines = append(lines, "Please check: "+unchecked(out.failed)+".")
	}
	if w.want.Viewed || w.want.Intent == step.Summarize || w.want.Intent == step.Ask && len(w.input.Messages) > 0 && !w.input.Coverage.Complete() {
		lines = append(lines, w.coverage(out))
	}
	if out.model.Tier == catalog.Local && out.model.ID != "" {
		lines = append(lines, intent.LocalNote(w.want.Intent)+".")
	}
	if w.decision.Lowered {
		lines = append(lines, w.lowered())
	}
	return append(lines, w.note)
}

// coverage says how much was read, and of what when that is another channel's.
func (w *work) coverage(out *answer) string {
	line := intent.CoverageLine(out.step.Input.Coverage)
	switch {
	case w.source == "":
		return line
	case line == "":
		return w.source + ": nothing to read there"
	}
	return w.source + ": " + line
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
func (w *work) footer(out *answer) string {
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
func (w *work) buttons(out *answer) (shown, more []chat.Button) {
	id := w.t.Ticket.Job.ID
	b := func(name, label string) chat.Button { return chat.Button{Name: name, Label: label, Value: id} }
	stronger := w.strongerButton(out)
	more = append(more, b("answer.why", "Why this model?"))
	switch {
	case w.want.Intent == step.Draft:
		shown = draftButtons(id, w.target())
		more = append(append(more, stronger...), b("draft.shorter", "Shorter"), b("draft.redo", "Redo"))
	default:
		shown = append([]chat.Button{b("answer.up", "👍"), b("answer.down", "👎")}, stronger...)
		if w.private() {
			more = append(more, b("answer.share", "Share"))
		} else {
			more = append(more, b("answer.retract", "Retract"))
		}
	}
	if out.choice != nil {
		for i, l := range out.step.Input.Labels {
			if l.Name != out.choice.Label {
				more = append(more, chat.Button{Name: "classify.correct", Label: "It is: " + redact.Name(l.Name), Value: id + "|" + strconv.Itoa(i)})
			}
		}
	}
	for _, i := range w.want.Alternatives {
		more = append(more, chat.Button{Name: "answer.as", Label: "I meant: " + string(i), Value: id + "|" + string(i)})
	}
	return shown, more
}

// strongerButton offers one tier up with its price before anyone presses.
func (w *work) strongerButton(out *answer) []chat.Button {
	o := w.decision.Stronger
	if o == nil || out.stopped {
		return nil
	}
	return []chat.Button{{Name: "answer.stronger", Value: w.t.Ticket.Job.ID, Label: fmt.Sprintf("Stronger ≈ %s, at most %s", o.Likely.Short(), o.Worst.Short())}}
}
