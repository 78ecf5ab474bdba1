package redis

import (
	"fmt"
	"strconv"
	"time"

	"github.com/tierwise/tierwise/internal/money"
)

// reply reads the answer of a script. It keeps the first thing that was not as
// expected, so that a reader checks once at the end.
type reply struct{ err error }

func (r *reply) wrong(v any, want string) {
	if r.err == nil {
		r.err = fmt.Errorf("redis: a script answered %T where %s belongs", v, want)
	}
}

// list reads an array; nil is an empty one.
func (r *reply) list(v any) []any {
	l, ok := v.([]any)
	if !ok && v != nil {
		r.wrong(v, "a list")
	}
	return l
}

// row reads an array of at least n parts.
func (r *reply) row(v any, n int) []any {
	l := r.list(v)
	if len(l) < n {
		r.wrong(v, strconv.Itoa(n)+" parts")
		return make([]any, n)
	}
	return l
}

// text reads a string; nil is empty.
func (r *reply) text(v any) string {
	s, ok := v.(string)
	if !ok && v != nil {
		r.wrong(v, "a string")
	}
	return s
}

// int reads an integer that came as one or as its digits; nil and "" are zero.
func (r *reply) int(v any) int64 {
	switch v := v.(type) {
	case int64:
		return v
	case string:
		if v == "" {
			return 0
		}
		n, err := strconv.ParseInt(v, 10, 64)
		if err != nil {
			r.wrong(v, "a number")
		}
		return n
	case nil:
		return 0
	}
	r.wrong(v, "a number")
	return 0
}

func (r *reply) nano(v any) money.Nano { return money.Nano(r.int(v)) }

// instant reads microseconds; nothing is the zero time.
func (r *reply) instant(v any) time.Time {
	n := r.int(v)
	if n == 0 {
		return time.Time{}
	}
	return time.UnixMicro(n).UTC()
}

// micros writes an instant for a script.
func micros(t time.Time) string {
	if t.IsZero() {
		return "0"
	}
	return strconv.FormatInt(t.UnixMicro(), 10)
}

// length writes a duration for a script, rounded up to microseconds.
func length(d time.Duration) string {
	return strconv.FormatInt(int64((d+time.Microsecond-1)/time.Microsecond), 10)
}

func flag(b bool) string {
	if b {
		return "1"
	}
	return "0"
}
