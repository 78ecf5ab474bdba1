// Package money holds amounts and prices as integers. An amount is nano-USD in
// an int64, a price is pico-USD per token in an int64, and the only rounding is
// half-even, once, when a cost is formed from tokens and prices. The package
// does no floating point and knows nothing about models, budgets or windows:
// it parses, adds with overflow checks, and prints.
package money

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Nano is an amount of money in nano-USD (1 USD = 1,000,000,000 Nano).
// It may be negative in a correction.
type Nano int64

// USD is one dollar.
const USD Nano = 1_000_000_000

// Max is the largest amount or limit the product accepts. Redis Lua compares
// numbers as doubles, which are exact below 2^53 (about 9.007e15); Max keeps a
// safe distance, so every store can compare every accepted amount exactly.
const Max Nano = 9_000_000_000_000_000

// ErrRange reports an amount outside ±Max or an overflow while adding.
var ErrRange = errors.New("money: amount out of range")

// ErrSyntax reports text that is not a decimal amount.
var ErrSyntax = errors.New("money: not an amount")

// Parse reads a decimal dollar amount such as "2", "$0.25" or "1,250.50".
// More than nine decimals, an exponent, a negative sign or a comma that does not
// group thousands ("0,25" must not become $25) is ErrSyntax; more than Max is
// ErrRange.
func Parse(s string) (Nano, error) {
	t, ok := ungroup(strings.TrimPrefix(strings.TrimSpace(s), "$"))
	if !ok {
		return 0, fmt.Errorf("%w: %q", ErrSyntax, s)
	}
	n, err := parseFixed(t, 9)
	if err != nil {
		return 0, fmt.Errorf("%w: %q", err, s)
	}
	return Nano(n), nil
}

// ungroup removes the commas of "1,250,000.50". It is false when they do not
// stand before groups of three digits.
func ungroup(s string) (string, bool) {
	whole, frac, _ := strings.Cut(s, ".")
	groups := strings.Split(whole, ",")
	if len(groups) == 1 {
		return s, !strings.Contains(frac, ",")
	}
	for i, g := range groups {
		if i > 0 && len(g) != 3 || i == 0 && (len(g) == 0 || len(g) > 3 || g[0] == '0') {
			return "", false
		}
	}
	return strings.ReplaceAll(whole, ",", "") + s[len(whole):], !strings.Contains(frac, ",")
}

// parseFixed reads an unsigned decimal with at most the given number of
// decimals into an integer scaled by 10^decimals.
func parseFixed(s string, decimals int) (int64, error) {
	whole, frac, dotted := strings.Cut(s, ".")
	if whole == "" && (!dotted || frac == "") || len(frac) > decimals || !digits(whole) || !digits(frac) {
		return 0, ErrSyntax
	}
	v, err := strconv.ParseInt(whole+frac+strings.Repeat("0", decimals-len(frac)), 10, 64)
	if err != nil || v > int64(Max) {
		return 0, ErrRange
	}
	return v, nil
}

func digits(s string) bool {
	for _, r := range s {
		if r < '0' || r > '9' {
			return false
		}
	}
	return true
}

// Add returns n+m, or ErrRange when the sum leaves ±Max.
func (n Nano) Add(m Nano) (Nano, error) {
	s := n + m
	if (s > n) != (m > 0) && m != 0 || s > Max || s < -Max {
		return 0, ErrRange
	}
	return s, nil
}

// Decimal prints the exact amount without a currency sign: "0.0042", "-12".
// Parse reads back what Decimal prints of any non-negative amount.
func (n Nano) Decimal() string { return n.print("", 0) }

// String prints the exact amount with a dollar sign and at least two decimals:
// "$0.0042", "$2.00", "-$0.10".
func (n Nano) String() string { return n.print("$", 2) }

// print writes the exact amount behind a currency sign, with at least so many
// decimals.
func (n Nano) print(currency string, decimals int) string {
	u, room := uint64(n), [32]byte{}
	out := room[:0]
	if n < 0 {
		u, out = -u, append(out, '-')
	}
	out = append(out, currency...)
	out = strconv.AppendUint(out, u/uint64(USD), 10)
	var frac [9]byte
	last := 0 // digits that are needed
	for i, rest := len(frac)-1, u%uint64(USD); i >= 0; i, rest = i-1, rest/10 {
		frac[i] = byte('0' + rest%10)
		if last == 0 && frac[i] != '0' {
			last = i + 1
		}
	}
	if last = max(last, decimals); last > 0 {
		out = append(append(out, '.'), frac[:last]...)
	}
	return string(out)
}

// Short prints the amount for people: two decimals from ten cents upwards, two
// significant digits below, rounded half away from zero. "$1.25", "$0.0042".
func (n Nano) Short() string {
	if n < 0 {
		return "-" + (-n).Short()
	}
	step := USD / 100
	for step > 1 && n < step*10 {
		step /= 10
	}
	return ((n + step/2) / step * step).String()
}
