package assistant

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/tierwise/tierwise/internal/catalog"
	"github.com/tierwise/tierwise/internal/money"
	"github.com/tierwise/tierwise/internal/redact"
	"github.com/tierwise/tierwise/internal/step"
	"github.com/tierwise/tierwise/router"
	"github.com/tierwise/tierwise/usage"
)

// holdTTL is after how long a hold that nobody closed is swept: longer than any
// turn may take.
const holdTTL = 20 * time.Minute

// decide routes and holds. A refused hold returns what is left, and the router
// decides once more under that; only then is the request refused.
func (w *work) decide(ctx context.Context) error {
	tenant := w.tenant()
	w.windows = w.t.Calendar().Windows(w.a.Clock.Now())
	scopes := w.t.Caller.Scopes(w.t.Event.Place.Channel, w.charge.team, w.charge.workflow)
	if err := w.look(ctx, scopes); err != nil {
		return err
	}
	w.request = w.ask(w.levels)
	for try := 1; ; try++ {
		w.decision = router.Route(w.request)
		if !w.decision.OK {
			return w.refusal()
		}
		w.held = w.holds()
		held, err := w.a.Ledger.Hold(ctx, usage.HoldRequest{
			Tenant: tenant, Hold: w.holdID, Scopes: scopes, Windows: w.windows, Steps: w.held, TTL: holdTTL,
		})
		if err != nil {
			return fmt.Errorf("assistant: hold: %w", err)
		}
		w.levels = held.Levels
		if held.Granted {
			return nil
		}
		w.request.Budget = budget(held.Levels)
		w.request.Budget.Headroom = min(w.request.Budget.Headroom, held.Refused.Headroom())
		if try == 2 {
			w.decision.Refusal = &router.Refusal{Gate: "budget"}
			return w.refusal()
		}
	}
}

// look reads, side by side, where the budgets stand and what the thread is used
// to.
func (w *work) look(ctx context.Context, scopes []usage.Scope) error {
	var side sync.WaitGroup
	var failed error
	if at, ok := w.follows(); ok {
		side.Go(func() { w.thread, failed = w.a.thread(ctx, at) })
	}
	levels, err := w.a.Ledger.Levels(ctx, w.tenant(), scopes, w.windows)
	side.Wait()
	if err != nil {
		return fmt.Errorf("assistant: levels: %w", err)
	}
	w.levels = levels
	return failed
}

// ask is the router's request.
func (w *work) ask(levels []usage.Level) router.Request {
	s := &w.t.Settings
	r := w.a.Models.Request(w.steps, w.a.Clock.Now())
	r.Intent, r.Template, r.Workflow, r.Language, r.Class = w.want.Intent, w.input.Template, w.charge.workflow, w.input.Language, w.class
	r.Messages, r.Code = len(w.input.Messages), strings.Contains(w.input.Text+w.want.Instruction, "```")
	r.Policy = router.Policy{
		Start: s.Tier(w.want.Intent), Ceiling: s.Ceiling(), Origin: s.TierOrigin(w.want.Intent), Regions: s.Regions(), Deny: s.Deny(),
		Verify: s.Verify(w.want.Intent), AnswerCap: s.AnswerCap(), Fast: s.Fast(),
	}
	r.Budget = budget(levels)
	r.Asked = w.asked()
	return r
}

// asked joins the person's word, a pin and the thread's habit.
func (w *work) asked() router.Asked {
	f := w.want.Flags
	if f.HasTier {
		t := f.Tier
		return router.Asked{Tier: &t, By: w.want.By}
	}
	if pin, by := w.t.Settings.Pin(); pin != nil {
		return router.Asked{Tier: pin, By: by}
	}
	if w.thread.Model == "" {
		return router.Asked{}
	}
	before := w.thread.Tier
	return router.Asked{Previous: &before, PreviousModel: w.thread.Model}
}

// Numbers of the steps beside the intent's own, counted from the last of them.
const (
	second     = 1 // repair or vote
	escalation = 2
	failover   = 3 // of the first of them, and so on; see failoverOf
)

// holds are the worst cases of everything the plan may call.
func (w *work) holds() []usage.StepHold {
	k := len(w.steps)
	last, joined := &w.steps[k-1], w.later(k-1)
	var list []usage.StepHold
	for i := range w.steps {
		list = w.hold(list, w.steps[i].N, w.decision.Model, &w.steps[i], w.later(i))
	}
	for _, p := range w.decision.Plan[1:] {
		switch p.Purpose {
		case step.Repair, step.Vote:
			list = w.hold(list, k+second, p.Model, last, joined+last.MaxOutput+reserve/4)
		case step.Escalation:
			list = w.hold(list, k+escalation, p.Model, last, joined)
		}
	}
	if w.spare = w.other(); w.spare != nil {
		for i := k - 1; i >= 0; i-- { // the last is dropped last: it has the most before it
			list = w.hold(list, w.failoverOf(i), w.spare.ID, &w.steps[i], w.later(i))
		}
	}
	return w.within(list)
}

// later is how many tokens one of the intent's own steps will have more than its
// prompt has now: a merge gets the answers of the segments.
func (w *work) later(i int) int64 {
	var n int64
	if i == len(w.steps)-1 {
		for _, s := range w.steps[:i] {
			n += s.MaxOutput
		}
	}
	return n
}

// hold adds a call of a step with so many tokens more than its prompt has now.
func (w *work) hold(list []usage.StepHold, n int, id string, s *step.Step, more int64) []usage.StepHold {
	m, ok := w.a.Models.Get(id)
	if !ok {
		return list
	}
	amount, _ := w.a.Models.worst(m, w.size(m.Family, s)+more, s.MaxOutput, w.a.Clock.Now())
	return append(list, usage.StepHold{N: n, Amount: amount})
}

// size is Models.in of one of the intent's own steps, counted once.
func (w *work) size(family string, s *step.Step) int64 {
	key := sizeKey{family, s.N}
	n, ok := w.sizes[key]
	if !ok {
		n = w.a.Models.in(family, s)
		if w.sizes == nil {
			w.sizes = map[sizeKey]int64{}
		}
		w.sizes[key] = n
	}
	return n
}

// sizeKey names a step as one tokenizer family counts it.
type sizeKey struct {
	family string
	n      int
}

// other is the model to walk to when the first fails: of those the router
// lists, equal or higher, the first of another provider, because most failures
// are the provider's. It is nil when there is none.
func (w *work) other() *catalog.Model {
	first, ok := w.a.Models.Get(w.decision.Model)
	if !ok {
		return nil
	}
	var found *catalog.Model
	for _, id := range w.decision.Failover {
		m, ok := w.a.Models.Get(id)
		switch {
		case !ok:
		case m.Provider != first.Provider:
			return m
		case found == nil:
			found = m
		}
	}
	return found
}

// within drops the calls that are only made when something goes wrong, from the
// end, while all together would pass the cap of one answer.
func (w *work) within(list []usage.StepHold) []usage.StepHold {
	limit := min(w.request.Budget.Headroom, money.Max)
	if c := w.request.Policy.AnswerCap; c > 0 {
		limit = min(limit, c)
	}
	for len(list) > len(w.steps) {
		var sum money.Nano
		for _, h := range list {
			sum += h.Amount
		}
		if sum <= limit {
			break
		}
		list = list[:len(list)-1]
	}
	return list
}

// chargeTo finds workflow and team, and notes when a name was not known.
func (w *work) chargeTo() {
	b := w.t.Settings.Booking(w.t.Caller.Actor, w.want.Intent, w.want.Flags.Workflow, w.a.Clock.Now())
	w.charge = charge{b.Workflow, b.Team}
	if b.Unknown == "" {
		return
	}
	w.note = fmt.Sprintf("There is no workflow %q, so this was booked to %s.", redact.Name(b.Unknown), redact.Name(b.Workflow))
	if b.Nearest != "" {
		w.note += " Did you mean --for " + b.Nearest + "?"
	}
}
