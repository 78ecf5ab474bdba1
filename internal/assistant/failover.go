package assistant

import (
	"context"
	"errors"

	"github.com/tierwise/tierwise/internal/catalog"
	"github.com/tierwise/tierwise/internal/intent"
	"github.com/tierwise/tierwise/internal/llm"
)

// own makes one of the intent's own calls, on the model that answered last: the
// chosen one, to begin with. When that fails before anybody read anything, the
// call goes once to the other one, which the steps after it ask first, so that a
// provider that is down costs one failed call and not one for each step.
func (w *work) own(ctx context.Context, i int) (*answer, error) {
	out, err := w.attempt(ctx, i)
	if !w.walks(ctx, i, out.model, err) {
		return out, err
	}
	w.onSpare = !w.onSpare
	next := w.model(w.onSpare)
	w.why("failover", "%s did not answer, so %s on %s was asked.", out.model.ID, next.ID, next.Tier)
	return w.attempt(ctx, i)
}

// attempt makes one of the intent's own calls under the number that was
// held for it and the model in charge.
func (w *work) attempt(ctx context.Context, i int) (*answer, error) {
	s := &w.steps[i]
	if w.onSpare {
		s = intent.Again(s, w.failoverOf(i), s.Purpose)
	}
	out, err := w.aloud(ctx, s, w.model(w.onSpare))
	return &answer{said: *out, step: s}, err
}

// model is one of the two the intent's own calls may go to; the chosen one is
// ready.
func (w *work) model(spare bool) *catalog.Model {
	if spare {
		return w.spare
	}
	m, _ := w.a.Models.Get(w.decision.Model)
	return m
}

// walks reports whether one of the intent's own calls is tried on the other
// model: when the failure was the provider's, another model may do better,
// nobody has read anything yet and the call was held for. Neither model is below
// the tier that was chosen.
func (w *work) walks(ctx context.Context, i int, failed *catalog.Model, err error) bool {
	var p *providerError
	var long *llm.ContextTooLong
	switch {
	case !errors.As(err, &p), ctx.Err() != nil, w.seen, w.spare == nil, !w.heldFor(w.failoverOf(i)):
		return false
	case errors.Is(err, llm.ErrFiltered), errors.Is(err, llm.ErrBadRequest):
		return false
	case errors.As(err, &long):
		return w.model(!w.onSpare).Context > failed.Context
	}
	return true
}

// failoverOf is the number under which one of the intent's own calls goes to the
// other model.
func (w *work) failoverOf(i int) int { return len(w.steps) + failover + i }
