package catalog

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/tierwise/tierwise/internal/jsonscan"
	"github.com/tierwise/tierwise/internal/money"
)

// reader reads fields of one usage object where they stand in the answer: it is
// read once per call, so a tree of it would be made to be thrown away. The first
// fault stays; what is read after it does not matter.
type reader struct {
	doc    []byte
	fields []field // of the usage object, nested ones after their parents
	seen   []string
	err    error
}

// field is a member of the usage object or of an object within it.
type field struct {
	in          int // the field it stands in, root for the usage object itself
	name, value []byte
}

const root = -1

// index lists the members of an object and of the objects within it.
func (r *reader) index(object []byte, in int) {
	s := jsonscan.New(object)
	s.Take('{')
	for n := 0; ; n++ {
		name, ok := s.Key(n)
		if !ok {
			return
		}
		v := s.Raw()
		if string(v) == "null" {
			v = nil
		}
		r.fields = append(r.fields, field{in, name, v})
		if len(v) > 0 && v[0] == '{' {
			r.index(v, len(r.fields)-1)
		}
	}
}

// field is the value at a dotted path below the usage object, the last of
// several; nil when there is none or it is null.
func (r *reader) field(path string) (value []byte) {
	for in := root; path != ""; {
		var name string
		name, path, _ = strings.Cut(path, ".")
		at := root
		for i, f := range r.fields {
			if f.in == in && string(f.name) == name {
				at = i
			}
		}
		if at == root {
			return nil
		}
		in, value = at, r.fields[at].value
	}
	return value
}

// lookup follows a dotted path through nested objects; nil when it ends early
// or at null.
func lookup(doc []byte, path string) []byte {
	for doc != nil && path != "" {
		var name string
		name, path, _ = strings.Cut(path, ".")
		doc = member(doc, name)
	}
	return doc
}

// member is the value of a member of a JSON object, the last of several; nil
// when there is none or it is null.
func member(doc []byte, name string) (value []byte) {
	s := jsonscan.New(doc)
	if !s.Take('{') {
		return nil
	}
	for n := 0; ; n++ {
		key, ok := s.Key(n)
		switch {
		case !ok:
			return value
		case string(key) == name:
			if value = s.Raw(); string(value) == "null" {
				value = nil
			}
		default:
			s.Skip()
		}
	}
}

// isFull reports an object that has members.
func isFull(v []byte) bool {
	s := jsonscan.New(v)
	return s.Take('{') && s.Peek() == '"'
}

// isNumber reports a JSON number.
func isNumber(v []byte) bool { return len(v) > 0 && (v[0] == '-' || v[0] >= '0' && v[0] <= '9') }

// value reads a usage field and remembers that it was there.
func (r *reader) value(path string) []byte {
	if path == "" {
		return nil
	}
	v := r.field(path)
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
	if isNumber(v) {
		if n, err := strconv.ParseInt(strings.TrimSuffix(string(v), ".0"), 10, 64); err == nil && n >= 0 && n < most {
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
	n, _, err := scaledDecimal(string(v), 9)
	if err != nil || !isNumber(v) || n > int64(money.Max) {
		if r.err == nil {
			r.err = fmt.Errorf("%w: %s is not an amount of money", ErrUsage, path)
		}
		return 0, false
	}
	return money.Nano(n), true
}

// text reads a string of the document, or of the usage object.
func (r *reader) text(path string) string {
	v := r.field(strings.TrimPrefix(path, "usage."))
	if !strings.HasPrefix(path, "usage.") {
		v = lookup(r.doc, path)
	}
	if len(v) == 0 || v[0] != '"' {
		return ""
	}
	s := jsonscan.New(v)
	return string(s.Text(nil))
}
