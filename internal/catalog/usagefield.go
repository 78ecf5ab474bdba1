package catalog

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/tierwise/tierwise/internal/money"
)

// reader reads fields of one usage object. The first fault stays; what is read
// after it does not matter.
type reader struct {
	doc, usage map[string]any
	seen       []string
	err        error
}

// lookup follows a dotted path through nested objects; nil when it ends early.
func lookup(doc map[string]any, path string) any {
	var v any = doc
	for part := range strings.SplitSeq(path, ".") {
		m, ok := v.(map[string]any)
		if !ok {
			return nil
		}
		v = m[part]
	}
	return v
}

// value reads a usage field and remembers that it was there.
func (r *reader) value(path string) any {
	if path == "" {
		return nil
	}
	v := lookup(r.usage, path)
	if v != nil {
		r.seen = append(r.seen, path)
	}
	return v
}

// first is the first of some fields that is present.
func (r *reader) first(paths []string) (int64, bool) {
	for _, p := range paths {
		if n, ok := r.integer(p); ok {
			return n, true
		}
	}
	return 0, false
}

// number is a field's value, 0 when it is absent.
func (r *reader) number(path string) int64 {
	n, _ := r.integer(path)
	return n
}

// most is more tokens than any call can have; beyond it sums could overflow.
const most = 1 << 50

func (r *reader) integer(path string) (int64, bool) {
	v := r.value(path)
	if v == nil {
		return 0, false
	}
	num, ok := v.(json.Number)
	if ok {
		if n, err := strconv.ParseInt(strings.TrimSuffix(num.String(), ".0"), 10, 64); err == nil && n >= 0 && n < most {
			return n, true
		}
	}
	if r.err == nil {
		r.err = fmt.Errorf("%w: %s is not a whole non-negative number of tokens", ErrUsage, path)
	}
	return 0, false
}

// amount reads a cost in USD.
func (r *reader) amount(path string) (money.Nano, bool) {
	v := r.value(path)
	if v == nil {
		return 0, false
	}
	num, _ := v.(json.Number)
	n, _, err := scaledDecimal(num.String(), 9)
	if err != nil || n > int64(money.Max) {
		if r.err == nil {
			r.err = fmt.Errorf("%w: %s is not an amount of money", ErrUsage, path)
		}
		return 0, false
	}
	return money.Nano(n), true
}

// text reads a string of the document, or of the usage object.
func (r *reader) text(path string) string {
	if rest, ok := strings.CutPrefix(path, "usage."); ok {
		s, _ := lookup(r.usage, rest).(string)
		return s
	}
	s, _ := lookup(r.doc, path).(string)
	return s
}
