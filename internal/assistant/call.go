package assistant

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/tierwise/tierwise/internal/catalog"
	"github.com/tierwise/tierwise/internal/fault"
	"github.com/tierwise/tierwise/internal/llm"
	"github.com/tierwise/tierwise/internal/money"
	"github.com/tierwise/tierwise/internal/step"
	"github.com/tierwise/tierwise/internal/token"
	"github.com/tierwise/tierwise/internal/turn"
	"github.com/tierwise/tierwise/usage"
)

// bookTime bounds a booking on its own: a person pressing Stop must not lose
// the bill.
const bookTime = 10 * time.Second

// said is what one call brought, with the model that was asked.
type said struct {
	text  string
	done  llm.Done
	model *catalog.Model
}

// call makes one call that has been held for: dispatch, stream, price. Its
// booking becomes w.last; one from an earlier call is booked first, so at most
// one waits for the end of the turn, where it is stored together with the
// answer. show, when not nil, receives text as it arrives. What it brought is
// there also when it failed; a failure of the provider is a *providerError.
func (w *work) call(ctx context.Context, s *step.Step, m *catalog.Model, show func(string)) (*said, error) {
	out := &said{model: m}
	if err := w.book(ctx); err != nil {
		return out, err
	}
	if err := w.dispatch(ctx, s, m); err != nil {
		return out, err
	}
	err := w.stream(ctx, s, out, show)
	w.settle(s, out, err)
	if err != nil {
		return out, &providerError{err}
	}
	return out, nil
}

// dispatch marks a call as sent, with the row to book if nobody ever learns what
// came of it.
func (w *work) dispatch(ctx context.Context, s *step.Step, m *catalog.Model) error {
	err := w.a.Ledger.Dispatch(ctx, usage.DispatchRequest{Tenant: w.tenant(), Hold: w.holdID, Step: s.N, Provisional: *w.uncertain(s, m)})
	if err != nil {
		return fmt.Errorf("assistant: dispatch: %w", err)
	}
	return nil
}

// stream reads one answer to its end. Text is kept also when the call breaks.
func (w *work) stream(ctx context.Context, s *step.Step, out *said, show func(string)) error {
	var text strings.Builder
	var failed error
	for c, err := range w.a.Models.caller.Stream(ctx, llm.Request{Model: out.model, Step: s, User: w.t.Caller.ID}) {
		if err != nil {
			failed = err
			break
		}
		if c.Done != nil {
			out.done = *c.Done
		}
		text.WriteString(c.Text)
		if show != nil && c.Text != "" {
			show(c.Text)
		}
	}
	out.text = text.String()
	return failed
}

// settle makes the booking of a call that was sent. Cost is the provider's or
// ours from its counts; a call that broke is booked by what was counted here,
// as an estimate; a call the provider refused costs nothing and has its row.
func (w *work) settle(s *step.Step, out *said, failed error) {
	e := w.entry(s, out.model)
	e.Served, e.Latency, e.First = out.done.Served, out.done.Total.Milliseconds(), out.done.First.Milliseconds()
	e.Status, e.Tokens = usage.OK, out.done.Tokens
	var cut *llm.CutOff
	switch {
	case failed == nil:
		w.price(e, out.model, &out.done)
	case errors.As(failed, &cut) && cut.Sent:
		e.Status, e.Tokens = usage.Failed, cut.Tokens
		if errors.Is(failed, context.Canceled) {
			e.Status = usage.Cancelled
		}
		w.price(e, out.model, &llm.Done{Tokens: cut.Tokens})
	default:
		e.Status, e.Source = usage.Failed, usage.Computed
	}
	w.spent += e.Cost
	w.last = &usage.Settlement{Tenant: e.Tenant, Hold: w.holdID, Step: s.N, Entry: e, Fallback: w.windows}
}

// price puts the cost into an entry.
func (w *work) price(e *usage.Entry, m *catalog.Model, done *llm.Done) {
	cost, err := w.a.Models.price(m, done, w.a.Clock.Now())
	if err != nil {
		w.a.Log.Error("cost not computed; the held amount is booked", "model", m.ID, "err", err)
		cost = catalog.Costing{Amount: e.Estimate, Source: catalog.Estimated}
		e.Tokens = token.Count{}
	}
	e.Cost, e.Source, e.Price, e.Reported = cost.Amount, source(cost.Source), cost.Price, reported(done.Cost)
	e.Reasons = append(e.Reasons, cost.Flags...)
}

func reported(n *int64) *money.Nano {
	if n == nil {
		return nil
	}
	v := money.Nano(*n)
	return &v
}

// book stores the booking that waits, if any, on its own time.
func (w *work) book(ctx context.Context) error {
	if w.last == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), bookTime)
	defer cancel()
	if _, err := w.a.Ledger.Settle(ctx, *w.last); err != nil {
		return fmt.Errorf("assistant: settle: %w", err)
	}
	w.last = nil
	return nil
}

// entry is the ledger row of a call as far as it is known before it is made.
func (w *work) entry(s *step.Step, m *catalog.Model) *usage.Entry {
	at := w.t.Event.Place
	codes := make([]string, 0, len(w.decision.Reasons))
	for _, r := range w.decision.Reasons {
		codes = append(codes, r.Code)
	}
	return &usage.Entry{
		ID: w.t.Ticket.Attempt(s.N), Tenant: at.Tenant(), Job: w.t.Ticket.Job.ID, Purpose: string(s.Purpose),
		Channel: at.Channel, Thread: at.Thread, Actor: w.t.Caller.ID, Team: w.charge.team, Workflow: w.charge.workflow, Intent: string(w.want.Intent),
		Tier: m.Tier.String(), Provider: m.Provider, Model: m.ID, Region: m.Region, Class: w.class.String(), Reasons: codes,
		Estimate: w.heldAs(s.N), Sample: w.a.Models.Sample(),
	}
}

// uncertain is the row to book if nobody ever learns what came of the call.
func (w *work) uncertain(s *step.Step, m *catalog.Model) *usage.Entry {
	e := w.entry(s, m)
	e.Status, e.Source, e.Cost = usage.Uncertain, usage.Estimated, e.Estimate
	e.Tokens = token.Count{Input: w.a.Models.in(m.Family, s), Output: s.MaxOutput}
	return e
}

// stopped reports whether a person stopped the job.
func stopped(ctx context.Context) bool { return errors.Is(context.Cause(ctx), turn.ErrStop) }

// providerError is a provider's failure as the rest of the house may know it:
// by its kind. The provider's own text may quote what it was sent, so that it
// is not repeated anywhere, not even in a log.
type providerError struct{ err error }

func (p *providerError) Error() string { return "assistant: provider: " + codeOf(p.err) }

func (p *providerError) Unwrap() error { return p.err }

// errEmpty is an answer without any text.
var errEmpty = errors.Join(llm.ErrBadAnswer, errors.New("assistant: empty answer"))

// codeOf names the kind of a provider's failure.
func codeOf(err error) string {
	var limited *llm.RateLimited
	var long *llm.ContextTooLong
	var cut *llm.CutOff
	switch {
	case errors.As(err, &limited):
		return "rate_limited"
	case errors.As(err, &long):
		return "context_too_long"
	case errors.As(err, &cut):
		return "cut_off"
	}
	for code, kind := range map[string]error{
		"auth": llm.ErrAuth, "unavailable": llm.ErrUnavailable, "bad_request": llm.ErrBadRequest, "filtered": llm.ErrFiltered, "no_model": llm.ErrNoModel,
		"bad_answer": llm.ErrBadAnswer, "too_large": llm.ErrTooLarge, "quota": llm.ErrQuota,
	} {
		if errors.Is(err, kind) {
			return code
		}
	}
	return "other"
}

// worded puts a provider's failure into a sentence. Any other error stays what
// it is: a failure of ours, which the queue tries again.
func worded(err error) error {
	var p *providerError
	if !errors.As(err, &p) {
		return err
	}
	kind, say := fault.Provider, "The model provider did not give a usable answer. Please try again in a moment."
	switch codeOf(p.err) {
	case "rate_limited":
		say = "The model provider is over its rate limit right now. Please try again in a minute."
	case "context_too_long":
		kind, say = fault.BadInput, "That is too long for the model that may answer here. Ask for a shorter range, for example /summarize 24h."
	case "auth", "quota":
		kind, say = fault.Misconfigured, "The model provider refuses our key or has no credit left. Your operator can mend it; `tierwise models check --live` shows where."
	case "filtered":
		kind, say = fault.BadInput, "The provider's content filter refused this request. Rephrase it, or leave out the passage that triggers it."
	case "no_model":
		kind, say = fault.Misconfigured, "The provider does not know the configured model any more. Your operator can mend it; `tierwise models check` shows which."
	case "cut_off", "too_large":
		say = "The answer broke off on the way. What was used is booked as an estimate. Please try again."
	}
	return fault.Wrap(p, kind, say)
}
