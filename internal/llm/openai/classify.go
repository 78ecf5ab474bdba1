package openai

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/tierwise/tierwise/internal/llm"
)

// classify makes the one error of package llm out of a refusal. Words decide
// before the status where providers disagree on the status: a context that is
// too long comes as 400, 413, 422 or 500, an empty account as 400, 402 or 429.
func classify(r *refusal, h http.Header, now time.Time) error {
	say := strings.ToLower(r.message)
	wait, hinted := retryAfter(h, r, now)
	if r.html {
		return unavailable(r, wait, hinted)
	}
	if limit, sent, ok := overlong(r, say); ok {
		return &llm.ContextTooLong{Limit: limit, Sent: sent, Err: r}
	}
	switch {
	case filtered(r, say):
		return fmt.Errorf("%w: %w", llm.ErrFiltered, r)
	case broke(r, say, hinted):
		return fmt.Errorf("%w: %w", llm.ErrQuota, r)
	case r.status == http.StatusTooManyRequests || anyOf(r.code+" "+r.kind, "rate_limit", "RESOURCE_EXHAUSTED", "too_many_requests"):
		return &llm.RateLimited{After: wait, Err: r}
	case anyOf(r.kind+" "+r.code, "overloaded", "unavailable", "UNAVAILABLE", "server_error", "api_error"):
		return unavailable(r, wait, hinted)
	case r.code == "model_not_found" || anyOf(say, "not a valid model", "model not found", "no such model") ||
		strings.Contains(say, "model") && strings.Contains(say, "does not exist"):
		return fmt.Errorf("%w: %w", llm.ErrNoModel, r)
	case anyOf(r.code+" "+r.kind, "invalid_api_key", "authentication_error", "permission_error"):
		return fmt.Errorf("%w: %w", llm.ErrAuth, r)
	}
	kind := byStatus(r.status)
	if errors.Is(kind, llm.ErrUnavailable) {
		return unavailable(r, wait, hinted)
	}
	return fmt.Errorf("%w: %w", kind, r)
}

// unavailable is the error of a provider that is not there. When it says for how
// long (503 with Retry-After), that is waited for like a rate limit, and it
// still counts as a failure of the provider.
func unavailable(r *refusal, wait time.Duration, hinted bool) error {
	err := fmt.Errorf("%w: %w", llm.ErrUnavailable, r)
	if hinted {
		return &llm.RateLimited{After: wait, Err: err}
	}
	return err
}

func byStatus(status int) error {
	switch {
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		return llm.ErrAuth
	case status == http.StatusNotFound:
		return llm.ErrNoModel
	case status == http.StatusRequestTimeout, status == http.StatusTooEarly, status >= 500, status >= 300 && status < 400, status == 0:
		// 0 is an error without any code in the middle of a 200: the provider
		// took the request, so the fault is on its side.
		return llm.ErrUnavailable
	}
	return llm.ErrBadRequest
}

func filtered(r *refusal, say string) bool {
	return anyOf(r.code+" "+r.kind, "content_filter", "content_policy", "moderation") ||
		strings.Contains(r.details, "ResponsibleAIPolicyViolation") ||
		anyOf(say, "content management policy", "content policy", "flagged", "usage policies", "safety system")
}

// broke reports an account without credit. A waiting time in the reply means a
// rate limit, whatever the message calls it.
func broke(r *refusal, say string, hinted bool) bool {
	if anyOf(r.code+" "+r.kind, "insufficient_quota", "billing", "insufficient_balance", "insufficient_credits") ||
		r.status == http.StatusPaymentRequired {
		return true
	}
	return !hinted && anyOf(say, "exceeded your current quota", "credit balance is too low", "insufficient balance",
		"insufficient credits", "insufficient funds", "out of credits")
}

func anyOf(s string, words ...string) bool {
	for _, w := range words {
		if strings.Contains(s, w) {
			return true
		}
	}
	return false
}
