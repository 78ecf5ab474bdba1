package llm

import (
	"errors"
	"fmt"
	"time"

	"github.com/tierwise/tierwise/internal/token"
)

// Errors of a call. Each provider failure is exactly one of them (or one of
// the struct types below), wrapped around the cause; the cause's text is for
// logs and never for chat.
var (
	ErrAuth        = errors.New("llm: the provider refused the key")
	ErrUnavailable = errors.New("llm: the provider is unavailable")
	ErrBadRequest  = errors.New("llm: the provider refused the request")
	ErrFiltered    = errors.New("llm: the provider's content filter refused")
	ErrNoModel     = errors.New("llm: the provider does not know the model")
	ErrBadAnswer   = errors.New("llm: the provider's answer could not be read")
	ErrTooLarge    = errors.New("llm: the answer passed the size limit")
	ErrInput       = fmt.Errorf("%w: the model cannot take a part of it", ErrBadRequest) // found before any call
	ErrQuota       = errors.New("llm: the account has no credit left")
)

// RateLimited means the provider asks to wait: because of the account's limits,
// or, when it also is an ErrUnavailable, because it is not there for a while.
type RateLimited struct {
	After time.Duration // 0 when it did not say
	Err   error
}

// Error says how long.
func (e *RateLimited) Error() string {
	return fmt.Sprintf("llm: the provider asks to wait %s", e.After)
}

// Unwrap returns the cause.
func (e *RateLimited) Unwrap() error { return e.Err }

// ContextTooLong means the input does not fit the model.
type ContextTooLong struct {
	Limit int64 // tokens the model takes, 0 when the provider did not say
	Sent  int64 // tokens the provider counted, 0 when it did not say
	Err   error
}

// Error gives the numbers.
func (e *ContextTooLong) Error() string {
	return fmt.Sprintf("llm: input of %d tokens is over the limit of %d", e.Sent, e.Limit)
}

// Unwrap returns the cause.
func (e *ContextTooLong) Unwrap() error { return e.Err }

// CutOff means the call was sent and ended without its final usage: the
// connection broke, the time or size limit was reached, or it was cancelled.
// What it cost must be booked as an estimate.
type CutOff struct {
	Sent   bool        // whether the request may have reached the provider
	Tokens token.Count // what was counted here: input sent, output received
	Chars  int         // characters received
	Err    error       // why: context.Canceled, ErrTooLarge, a network error
}

// Error says how far it came.
func (e *CutOff) Error() string {
	return fmt.Sprintf("llm: cut off after %d characters: %v", e.Chars, e.Err)
}

// Unwrap returns the cause.
func (e *CutOff) Unwrap() error { return e.Err }
