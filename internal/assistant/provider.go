package assistant

import (
	"errors"

	"github.com/tierwise/tierwise/internal/fault"
	"github.com/tierwise/tierwise/internal/llm"
)

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
