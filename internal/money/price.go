package money

import (
	"fmt"
	"math/bits"
	"strconv"
	"strings"
)

// Pico is a price in pico-USD per token, which is the same number as micro-USD
// per million tokens: $0.10 per million tokens is Pico(100_000).
type Pico int64

// MaxPico bounds a price at $100,000 per million tokens; anything above is a
// slip of unit.
const MaxPico Pico = 100_000_000_000

// ParsePerMillion reads a price in USD per million tokens, as vendors print
// it: "0.075" gives Pico(75_000). More than six decimals is ErrSyntax.
func ParsePerMillion(s string) (Pico, error) {
	v, err := parseFixed(strings.TrimPrefix(strings.TrimSpace(s), "$"), 6)
	if err != nil {
		return 0, fmt.Errorf("%w: %q", err, s)
	}
	if Pico(v) > MaxPico {
		return 0, fmt.Errorf("%w: %q is more than $100,000 per million tokens", ErrRange, s)
	}
	return Pico(v), nil
}

// PerMillion prints the price in USD per million tokens: "0.075".
func (p Pico) PerMillion() string {
	frac := strings.TrimRight(fmt.Sprintf("%06d", int64(p)%1_000_000), "0")
	if frac != "" {
		frac = "." + frac
	}
	return strconv.FormatInt(int64(p)/1_000_000, 10) + frac
}

// Term is one bucket of a bill: a number of tokens at a price.
type Term struct {
	Tokens int64
	Price  Pico
}

// Cost adds the terms exactly and rounds the sum once, half to even, to
// nano-USD. A negative count or price, or a sum above Max, is ErrRange.
func Cost(terms ...Term) (Nano, error) {
	hi, lo, err := total(terms)
	if err != nil {
		return 0, err
	}
	if hi >= 1000 {
		return 0, ErrRange
	}
	q, r := bits.Div64(hi, lo, 1000)
	if r > 500 || r == 500 && q%2 == 1 {
		q++
	}
	return bounded(q)
}

// CostUp is Cost rounded up to the next nano-USD: the form for estimates,
// which must never be below the bill.
func CostUp(terms ...Term) (Nano, error) {
	hi, lo, err := total(terms)
	if err != nil {
		return 0, err
	}
	if hi >= 1000 {
		return 0, ErrRange
	}
	q, r := bits.Div64(hi, lo, 1000)
	if r > 0 {
		q++
	}
	return bounded(q)
}

func bounded(q uint64) (Nano, error) {
	if q > uint64(Max) {
		return 0, ErrRange
	}
	return Nano(q), nil
}

func total(terms []Term) (hi, lo uint64, err error) {
	for _, t := range terms {
		if t.Tokens < 0 || t.Price < 0 {
			return 0, 0, ErrRange
		}
		h, l := bits.Mul64(uint64(t.Tokens), uint64(t.Price))
		var carry uint64
		lo, carry = bits.Add64(lo, l, 0)
		hi, carry = bits.Add64(hi, h, carry)
		if carry != 0 {
			return 0, 0, ErrRange
		}
	}
	return hi, lo, nil
}
