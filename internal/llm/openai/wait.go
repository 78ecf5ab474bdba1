package openai

import (
	"net/http"
	"regexp"
	"strings"
	"time"
)

// maxWait bounds what is believed of a waiting time.
const maxWait = 24 * time.Hour

// inBody finds a waiting time in a message ("Please try again in 1m2.5s") or in
// Google's RetryInfo ("retryDelay":"34s").
var inBody = regexp.MustCompile(`(?i)(?:try again in|retry in|retry after|wait|"retryDelay"\s*:\s*")\s*((?:[0-9]+(?:\.[0-9]+)?\s*(?:ms|seconds?|s|minutes?|m|hours?|h)\b\s*)+|(?:[0-9]+(?:\.[0-9]+)?(?:ms|s|m|h))+)`)

// retryAfter is how long a reply asks to wait, and whether it says so at all.
// The most exact source comes first: milliseconds, the standard header in
// seconds or as a date, the reset of an exhausted limit, then the body.
func retryAfter(h http.Header, r *refusal, now time.Time) (time.Duration, bool) {
	if d, ok := span(h.Get("Retry-After-Ms"), "ms"); ok {
		return d, true
	}
	if v := h.Get("Retry-After"); v != "" {
		if d, ok := span(v, "s"); ok {
			return d, true
		}
		if t, err := http.ParseTime(v); err == nil {
			return bounded(t.Sub(now)), true
		}
	}
	for _, what := range []string{"Requests", "Tokens"} {
		if h.Get("X-Ratelimit-Remaining-"+what) == "0" {
			if d, ok := span(h.Get("X-Ratelimit-Reset-"+what), "s"); ok {
				return d, true
			}
		}
	}
	for _, said := range []string{r.details, r.message} {
		if m := inBody.FindStringSubmatch(said); m != nil {
			return span(m[1], "s")
		}
	}
	return 0, false
}

// units are the words for units of time that a message may use.
var units = strings.NewReplacer(" ", "", "seconds", "s", "second", "s", "minutes", "m", "minute", "m", "hours", "h", "hour", "h")

// span reads a duration; a bare number is in the given unit.
func span(s, unit string) (time.Duration, bool) {
	s = units.Replace(strings.TrimSpace(s))
	if s == "" {
		return 0, false
	}
	if last := s[len(s)-1]; last >= '0' && last <= '9' {
		s += unit
	}
	d, err := time.ParseDuration(s)
	return bounded(d), err == nil
}

func bounded(d time.Duration) time.Duration { return min(max(d, 0), maxWait) }
