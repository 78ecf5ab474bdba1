// Package redact guards the border that text passes on its way to a provider
// and back. On the way out it replaces secrets and personal data, by the kinds
// an admin chose, with placeholders that are put back into the answer. On the
// way in it makes model output harmless: nothing in it can mention anyone, hide
// a link's target, carry HTML or invisible characters, also when it arrives in
// pieces. The package counts what it replaced and never keeps or logs it; it
// does not decide who may see what, and redaction by patterns is a help, not a
// proof that nothing personal is left.
package redact

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/tierwise/tierwise/internal/chat"
)

// Kind is a kind of data that can be redacted.
type Kind string

// The kinds. Each is chosen on its own.
const (
	Keys  Kind = "secret" // API keys, tokens, passwords in assignments, private keys
	Email Kind = "email"  // e-mail addresses
	Phone Kind = "phone"  // telephone numbers in international or grouped form
	Card  Kind = "card"   // payment cards whose check digit is right
	IBAN  Kind = "iban"   // bank accounts whose check digits are right
	IP    Kind = "ip"     // IPv4 and IPv6 addresses
)

// Kinds lists all kinds, in the order in which they are looked for: a longer
// thing before one that could be part of it.
func Kinds() []Kind { return []Kind{Keys, IBAN, Card, Email, IP, Phone} }

// ParseKinds reads names of kinds.
func ParseKinds(names []string) ([]Kind, error) {
	var out []Kind
	for _, n := range names {
		k := Kind(strings.ToLower(strings.TrimSpace(n)))
		if !slices.Contains(Kinds(), k) {
			return nil, fmt.Errorf("redact: unknown kind %q: use secret, email, phone, card, iban or ip", n)
		}
		out = append(out, k)
	}
	return out, nil
}

// Turn redacts the texts of one request and puts the values back into its
// answer. The same value gets the same placeholder throughout. It holds the
// values in memory only, and is not safe for concurrent use.
type Turn struct {
	kinds  []Kind
	marks  map[string]string // value → placeholder
	values map[string]string // placeholder → value
	counts map[Kind]int
}

// NewTurn returns a Turn for the chosen kinds; without kinds it changes nothing.
func NewTurn(kinds ...Kind) *Turn {
	t := &Turn{marks: map[string]string{}, values: map[string]string{}, counts: map[Kind]int{}}
	for _, k := range Kinds() {
		if slices.Contains(kinds, k) {
			t.kinds = append(t.kinds, k)
		}
	}
	return t
}

// typed is a placeholder that a person wrote: it is changed, or the answer would
// turn it into somebody's data.
var typed = regexp.MustCompile(`\[(SECRET|EMAIL|PHONE|CARD|IBAN|IP)_(\d{1,6})\]`)

// Text returns s with every value of the chosen kinds replaced by a placeholder
// such as "[EMAIL_1]".
func (t *Turn) Text(s string) string {
	if len(t.kinds) == 0 || s == "" {
		return s
	}
	if strings.Contains(s, "_") {
		s = typed.ReplaceAllString(s, "[$1 $2]")
	}
	for _, k := range t.kinds {
		if d := detectors[k]; d.possible(s) {
			s = t.replace(k, d, s)
		}
	}
	return s
}

func (t *Turn) replace(k Kind, d detector, s string) string {
	var b strings.Builder
	last := 0
	for _, loc := range d.matches(s) {
		from, to := loc[0], loc[1]
		if n := len(loc); n > 2 { // the last group that took part is the value
			for g := 2; g < n; g += 2 {
				if loc[g] >= 0 {
					from, to = loc[g], loc[g+1]
				}
			}
		}
		if from < last || d.valid != nil && !d.valid(s, from, to) {
			continue
		}
		b.WriteString(s[last:from])
		b.WriteString(t.mark(k, s[from:to]))
		last = to
	}
	if last == 0 {
		return s
	}
	b.WriteString(s[last:])
	return b.String()
}

// mark returns the placeholder of a value and counts the value.
func (t *Turn) mark(k Kind, value string) string {
	t.counts[k]++
	if m, ok := t.marks[value]; ok {
		return m
	}
	m := "[" + strings.ToUpper(string(k)) + "_" + strconv.Itoa(len(t.values)+1) + "]"
	t.marks[value], t.values[m] = m, value
	return m
}

// Messages returns copies with texts, file names and authors' names redacted.
// Permalinks stay: they are not sent, and citations need them.
func (t *Turn) Messages(in []chat.Message) []chat.Message {
	if len(t.kinds) == 0 {
		return in
	}
	out := slices.Clone(in)
	for i := range out {
		out[i].Text = t.Text(out[i].Text)
		out[i].Author.Name = t.Text(out[i].Author.Name)
		out[i].Files = slices.Clone(out[i].Files)
		for k := range out[i].Files {
			out[i].Files[k].Name = t.Text(out[i].Files[k].Name)
		}
	}
	return out
}

// Counts is how many values of each kind were replaced, repeats included. It
// names no value and may be booked.
func (t *Turn) Counts() map[Kind]int {
	out := make(map[Kind]int, len(t.counts))
	for k, n := range t.counts {
		out[k] = n
	}
	return out
}

// Restore puts the values back. A placeholder that was never given out stays.
// What comes back is a person's own text; it is neutralised like the rest.
func (t *Turn) Restore(s string) string {
	if len(t.values) == 0 || !strings.Contains(s, "_") {
		return s
	}
	return typed.ReplaceAllStringFunc(s, func(m string) string {
		if v, ok := t.values[m]; ok {
			return v
		}
		return m
	})
}

// longestMark is the longest placeholder: what a Restorer must hold back.
const longestMark = len("[SECRET_999999]")

// Restorer is Restore for text that arrives in pieces: it holds back a
// placeholder that is not complete yet.
type Restorer struct {
	turn *Turn
	held string
}

// Restorer returns a new one for one answer.
func (t *Turn) Restorer() *Restorer { return &Restorer{turn: t} }

// Write takes the next piece and returns what is certain by now.
func (r *Restorer) Write(piece string) string {
	s := r.held + piece
	r.held = ""
	if i := strings.LastIndexByte(s, '['); i >= 0 && len(s)-i < longestMark && !strings.Contains(s[i:], "]") {
		s, r.held = s[:i], s[i:]
	}
	return r.turn.Restore(s)
}

// Close returns what was held back.
func (r *Restorer) Close() string {
	s := r.held
	r.held = ""
	return r.turn.Restore(s)
}
