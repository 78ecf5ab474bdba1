package assistant

import (
	"context"
	"errors"
	"fmt"

	"github.com/tierwise/tierwise/internal/catalog"
	"github.com/tierwise/tierwise/internal/fault"
	"github.com/tierwise/tierwise/internal/intent"
	"github.com/tierwise/tierwise/internal/llm"
	"github.com/tierwise/tierwise/internal/step"
	"github.com/tierwise/tierwise/router"
)

// answer is what the turn will say, before it is dressed.
type answer struct {
	said
	step   step.Step        // the step whose answer it is
	choice *intent.Choice   // classify only
	failed []intent.Finding // checks that still fail
	// stopped: a person stopped it; the text is what had arrived.
	stopped bool
}

// errGone means that nobody waits for this delivery any more: the ticket was
// lost or the process ends. What was used is booked; nothing is said.
var errGone = errors.New("assistant: delivery over")

// answer runs the plan: the calls of the intent, then the checks and what may
// follow them.
func (w *work) answer(ctx context.Context) (answer, error) {
	w.place(ctx)
	first, err := w.first(ctx)
	switch {
	case err != nil && stopped(ctx):
		first.stopped = true
		return first, nil
	case err != nil && ctx.Err() != nil:
		return first, errGone
	case err != nil:
		return first, w.provider(err)
	case first.model.Tier == catalog.Local || w.decision.Show == router.Live:
		return first, w.choose(&first)
	case w.want.Intent == step.Classify:
		return w.vote(ctx, first)
	}
	return w.verify(ctx, first)
}

// first makes the intent's own calls: one, or the segments and their merge.
// When the first model fails before anything arrived, the last step goes once
// to the next one.
func (w *work) first(ctx context.Context) (answer, error) {
	m, ok := w.a.Models.Get(w.decision.Model)
	if !ok {
		return answer{}, fmt.Errorf("assistant: model %s: %w", w.decision.Model, llm.ErrNoModel)
	}
	last := len(w.steps) - 1
	parts := make([]string, 0, last)
	for _, s := range w.steps[:last] {
		out, err := w.call(ctx, s, m, nil)
		if err != nil {
			return answer{said: out, step: s}, err
		}
		parts = append(parts, out.text)
	}
	s := w.steps[last]
	if last > 0 {
		var err error
		if s, err = intent.Merge(s, parts); err != nil {
			return answer{}, err
		}
	}
	out, err := w.call(ctx, s, m, w.show(ctx))
	if err != nil && out.text == "" && w.walks(ctx, err) {
		next, _ := w.a.Models.Get(w.decision.Failover[0])
		s = intent.Again(s, len(w.steps)+failover, step.Answer)
		w.decision.Reasons = append(w.decision.Reasons, router.Reason{Code: "failover", Text: fmt.Sprintf("%s did not answer, so %s on %s did.", m.ID, next.ID, next.Tier)})
		out, err = w.call(ctx, s, next, w.show(ctx))
	}
	return answer{said: out, step: s}, err
}

// walks reports whether another model may be tried: the failure was the
// provider's, nobody stopped the turn, and the call was held for.
func (w *work) walks(ctx context.Context, err error) bool {
	if ctx.Err() != nil || len(w.decision.Failover) == 0 || !w.heldFor(len(w.steps)+failover) {
		return false
	}
	return !errors.Is(err, llm.ErrFiltered) && !errors.Is(err, llm.ErrBadRequest)
}

func (w *work) heldFor(n int) bool {
	for _, h := range w.held {
		if h.N == n {
			return true
		}
	}
	return false
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
func (w *work) vote(ctx context.Context, first answer) (answer, error) {
	votes := read(nil, first)
	k := len(w.steps)
	if w.heldFor(k + second) {
		if out, err := w.call(ctx, intent.Again(first.step, k+second, step.Vote), first.model, nil); err == nil {
			votes = read(votes, answer{said: out, step: first.step})
		}
	}
	c, agreed := intent.Agree(votes...)
	first.choice = &c
	if agreed && len(votes) > 1 || stopped(ctx) {
		return first, nil
	}
	up, ok := w.up(ctx, first.step)
	if !ok {
		if len(votes) == 0 {
			return first, w.choose(&first)
		}
		return first, nil
	}
	return up, w.choose(&up)
}

func read(votes []intent.Choice, a answer) []intent.Choice {
	if c, err := intent.ParseLabel(a.text, a.step.Input.Labels); err == nil {
		votes = append(votes, c)
	}
	return votes
}

// verify checks the answer against its conversation; a failed check is told to
// the same model once, then one tier up answers afresh. The answer with the
// fewest findings is kept, and what still fails is said.
func (w *work) verify(ctx context.Context, best answer) (answer, error) {
	best.failed = intent.Check(best.step, best.text).Failed
	k := len(w.steps)
	if len(best.failed) > 0 && w.heldFor(k+second) && ctx.Err() == nil {
		s, err := intent.Repair(best.step, k+second, best.text, best.failed)
		if err != nil {
			return best, err
		}
		if out, err := w.call(ctx, s, best.model, nil); err == nil {
			best = better(best, answer{said: out, step: s})
		}
	}
	if len(best.failed) > 0 && ctx.Err() == nil {
		if up, ok := w.up(ctx, w.steps[k-1]); ok {
			best = better(best, up)
		}
	}
	return best, nil
}

// up makes the planned escalation.
func (w *work) up(ctx context.Context, s step.Step) (answer, bool) {
	k := len(w.steps)
	if !w.heldFor(k + escalation) {
		return answer{}, false
	}
	for _, p := range w.decision.Plan {
		if p.Purpose != step.Escalation {
			continue
		}
		m, ok := w.a.Models.Get(p.Model)
		if !ok {
			return answer{}, false
		}
		s = intent.Again(s, k+escalation, step.Escalation)
		out, err := w.call(ctx, s, m, nil)
		if err != nil {
			return answer{}, false
		}
		w.decision.Reasons = append(w.decision.Reasons, router.Reason{Code: "escalated", Text: fmt.Sprintf("A check failed on %s, so %s answered.", w.decision.Tier, m.Tier)})
		return answer{said: out, step: s}, true
	}
	return answer{}, false
}

func better(old, fresh answer) answer {
	fresh.failed = intent.Check(fresh.step, fresh.text).Failed
	if len(fresh.failed) < len(old.failed) {
		return fresh
	}
	return old
}

// provider words a provider's failure. The provider's own text stays in the
// log.
func (w *work) provider(err error) error {
	var limited *llm.RateLimited
	var long *llm.ContextTooLong
	var cut *llm.CutOff
	var f *fault.Fault
	switch {
	case errors.As(err, &f):
		return err
	case errors.As(err, &limited):
		return fault.Wrap(err, fault.Provider, "The model provider is over its rate limit right now. Please try again in a minute.")
	case errors.As(err, &long):
		return fault.Wrap(err, fault.BadInput, "That is too long for the model that may answer here. Ask for a shorter range, for example /summarize 24h.")
	case errors.Is(err, llm.ErrAuth), errors.Is(err, llm.ErrQuota):
		return fault.Wrap(err, fault.Misconfigured, "The model provider refuses our key or has no credit left. Your operator can mend it; `tierwise models check --live` shows where.")
	case errors.Is(err, llm.ErrFiltered):
		return fault.Wrap(err, fault.BadInput, "The provider's content filter refused this request. Rephrase it, or leave out the passage that triggers it.")
	case errors.Is(err, llm.ErrNoModel):
		return fault.Wrap(err, fault.Misconfigured, "The provider does not know the configured model any more. Your operator can mend it; `tierwise models check` shows which.")
	case errors.As(err, &cut):
		return fault.Wrap(err, fault.Provider, "The answer broke off on the way. What was used is booked as an estimate. Please try again.")
	default:
		return fault.Wrap(err, fault.Provider, "The model provider did not give a usable answer. Please try again in a moment.")
	}
}
