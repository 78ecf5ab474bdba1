package assistant

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/tierwise/tierwise/internal/catalog"
	"github.com/tierwise/tierwise/internal/fault"
	"github.com/tierwise/tierwise/internal/intent"
	"github.com/tierwise/tierwise/internal/llm"
	"github.com/tierwise/tierwise/internal/money"
	"github.com/tierwise/tierwise/internal/step"
	"github.com/tierwise/tierwise/router"
	"github.com/tierwise/tierwise/usage"
)

// answer is what the turn will say, before it is dressed.
type answer struct {
	said
	step   *step.Step       // the step whose answer it is
	choice *intent.Choice   // classify only
	failed []intent.Finding // checks that still fail
	// stopped: a person stopped it; broken: the provider broke off after some of
	// it had been read. The text is what had arrived.
	stopped, broken bool
}

// errGone means that nobody waits for this delivery any more: the ticket was
// lost or the process ends. What was used is booked; nothing is said.
var errGone = errors.New("assistant: delivery over")

// answer runs the plan: the calls of the intent, then the checks and what may
// follow them.
func (w *work) answer(ctx context.Context) (*answer, error) {
	w.place(ctx)
	first, err := w.first(ctx)
	switch {
	case err != nil && stopped(ctx):
		first.stopped = true
		return first, nil
	case err != nil && ctx.Err() != nil:
		return nil, errGone
	case err != nil && w.seen:
		first.broken = true
		return first, nil
	case err != nil:
		return nil, worded(err)
	case first.model.Tier == catalog.Local || w.decision.Show == router.Live:
		return first, w.choose(first)
	case w.want.Intent == step.Classify:
		return w.vote(ctx, first)
	}
	return w.verify(ctx, first)
}

// first makes the intent's own calls: one, or the segments and their merge. The
// answer is there also when they failed, with what had come of it.
func (w *work) first(ctx context.Context) (*answer, error) {
	last := len(w.steps) - 1
	if _, ok := w.a.Models.Get(w.decision.Model); !ok {
		return unanswered(&w.steps[last]), &providerError{fmt.Errorf("assistant: model %s: %w", w.decision.Model, llm.ErrNoModel)}
	}
	parts := make([]string, last)
	for i := range parts {
		part, err := w.own(ctx, i)
		if err != nil { // a part alone is no answer
			return &answer{said: said{model: part.model}, step: &w.steps[last]}, err
		}
		parts[i] = part.text
	}
	if last > 0 {
		if err := w.merge(parts); err != nil {
			return unanswered(&w.steps[last]), err
		}
	}
	return w.own(ctx, last)
}

// merge fills the last step with the answers of those before it.
func (w *work) merge(parts []string) error {
	last := &w.steps[len(w.steps)-1]
	merged, err := intent.Merge(*last, parts)
	if err == nil {
		*last = merged
	}
	return err
}

// unanswered stands for the answer of a step that no model was asked for.
func unanswered(s *step.Step) *answer { return &answer{said: said{model: &catalog.Model{}}, step: s} }

// aloud makes a call whose text a person may see while it arrives. An answer
// without text is a failure.
func (w *work) aloud(ctx context.Context, s *step.Step, m *catalog.Model) (*said, error) {
	l := w.live(ctx)
	out, err := w.call(ctx, s, m, l.add)
	w.seen = l.end()
	if err == nil && strings.TrimSpace(out.text) == "" {
		err = &providerError{errEmpty}
	}
	return out, err
}

// why adds a reason that arose on the way.
func (w *work) why(code, format string, args ...any) {
	w.decision.Reasons = append(w.decision.Reasons, router.Reason{Code: code, Text: fmt.Sprintf(format, args...)})
}

func (w *work) heldFor(n int) bool {
	return slices.ContainsFunc(w.held, func(h usage.StepHold) bool { return h.N == n })
}

// mayAgain reports whether the model of an answer may be called once more under a
// number: it was held for at the price of the model that was chosen, not of the
// one that stood in for it.
func (w *work) mayAgain(a *answer, n int) bool {
	return a.model.ID == w.decision.Model && w.heldFor(n)
}

// heldAs is what was held for a call.
func (w *work) heldAs(n int) money.Nano {
	for _, h := range w.held {
		if h.N == n {
			return h.Amount
		}
	}
	return 0
}

// choose reads the label of a classify answer.
func (w *work) choose(a *answer) error {
	if w.want.Intent != step.Classify {
		return nil
	}
	c, err := intent.ParseLabel(a.text, a.step.Input.Labels)
	if err != nil {
		return fault.Wrap(err, fault.Provider, "The model's answer was not one of the labels. Try again, or use a stronger model with --tier standard.")
	}
	a.choice = &c
	return nil
}

// vote asks a second time and takes the label both name; when they differ, one
// tier up decides.
func (w *work) vote(ctx context.Context, first *answer) (*answer, error) {
	votes := read(nil, first)
	k := len(w.steps)
	if w.mayAgain(first, k+second) {
		if out, err := w.call(ctx, intent.Again(first.step, k+second, step.Vote), first.model, nil); err == nil {
			votes = read(votes, &answer{said: *out, step: first.step})
		}
	}
	c, agreed := intent.Agree(votes...)
	first.choice = &c
	if agreed && len(votes) > 1 || stopped(ctx) {
		return first, nil
	}
	up, ok := w.up(ctx, first.step, first.model)
	if !ok {
		if len(votes) == 0 {
			return first, w.choose(first)
		}
		return first, nil
	}
	return up, w.choose(up)
}

func read(votes []intent.Choice, a *answer) []intent.Choice {
	if c, err := intent.ParseLabel(a.text, a.step.Input.Labels); err == nil {
		votes = append(votes, c)
	}
	return votes
}

// verify checks the answer against its conversation; a failed check is told to
// the same model once, then one tier up answers afresh. The answer with the
// fewest findings is kept, and what still fails is said.
func (w *work) verify(ctx context.Context, best *answer) (*answer, error) {
	best.check()
	k := len(w.steps)
	if len(best.failed) > 0 && w.mayAgain(best, k+second) && ctx.Err() == nil {
		var err error
		if best, err = w.repair(ctx, best, k+second); err != nil {
			return best, err
		}
	}
	if len(best.failed) > 0 && ctx.Err() == nil {
		if up, ok := w.up(ctx, &w.steps[k-1], best.model); ok {
			best = better(best, up)
		}
	}
	return best, nil
}

// repair tells the model what failed and asks it once more, under a number. A
// call that fails leaves the answer as it is.
func (w *work) repair(ctx context.Context, a *answer, n int) (*answer, error) {
	s, err := intent.Repair(*a.step, n, a.text, a.failed)
	if err != nil {
		return a, err
	}
	out, failed := w.call(ctx, &s, a.model, nil)
	if failed != nil {
		return a, nil
	}
	return better(a, &answer{said: *out, step: &s}), nil
}

// check notes what fails of an answer.
func (a *answer) check() { a.failed = intent.Check(*a.step, a.text).Failed }

// up makes the planned escalation, unless that model answered already.
func (w *work) up(ctx context.Context, s *step.Step, now *catalog.Model) (*answer, bool) {
	k := len(w.steps)
	if !w.heldFor(k + escalation) {
		return nil, false
	}
	for _, p := range w.decision.Plan {
		if p.Purpose != step.Escalation {
			continue
		}
		m, ok := w.a.Models.Get(p.Model)
		if !ok || m.ID == now.ID {
			return nil, false
		}
		s = intent.Again(s, k+escalation, step.Escalation)
		out, err := w.call(ctx, s, m, nil)
		if err != nil {
			return nil, false
		}
		w.why("escalated", "A check failed on %s, so %s was asked.", w.decision.Tier, m.Tier)
		return &answer{said: *out, step: s}, true
	}
	return nil, false
}

func better(old, fresh *answer) *answer {
	fresh.check()
	if len(fresh.failed) < len(old.failed) {
		return fresh
	}
	return old
}
