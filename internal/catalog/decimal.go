package catalog

import (
	"errors"
	"math/big"
	"strconv"
	"strings"
)

var errDecimal = errors.New("not a non-negative decimal number")

// scaledDecimal reads a decimal number as JSON writes it, with or without
// exponent, into an integer of 10^-decimals, rounded half to even. rounded
// reports that digits were lost which are more than the noise of a binary
// floating point number (anything beyond the 15th significant digit).
func scaledDecimal(s string, decimals int) (n int64, rounded bool, err error) {
	if len(s) == 0 || len(s) > 64 || s[0] == '-' || s[0] == '+' || strings.ContainsAny(s, "xXpP_/ ") {
		return 0, false, errDecimal
	}
	if _, exp, ok := strings.Cut(strings.ToLower(s), "e"); ok {
		if e, err := strconv.Atoi(exp); err != nil || e > 30 || e < -60 {
			return 0, false, errDecimal
		}
	}
	exact, ok := new(big.Rat).SetString(s)
	if !ok {
		return 0, false, errDecimal
	}
	exact.Mul(exact, new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(decimals)), nil)))
	v := halfEven(exact)
	if !v.IsInt64() {
		return 0, false, errDecimal
	}
	return v.Int64(), beyondNoise(exact, v), nil
}

func halfEven(r *big.Rat) *big.Int {
	q, rem := new(big.Int).QuoRem(r.Num(), r.Denom(), new(big.Int))
	switch rem.Lsh(rem, 1).Cmp(r.Denom()) {
	case 1:
		q.Add(q, big.NewInt(1))
	case 0:
		if q.Bit(0) == 1 {
			q.Add(q, big.NewInt(1))
		}
	}
	return q
}

// beyondNoise reports whether exact and its rounding differ by more than one
// part in 10^15.
func beyondNoise(exact *big.Rat, v *big.Int) bool {
	d := new(big.Rat).Sub(exact, new(big.Rat).SetInt(v))
	d.Abs(d).Mul(d, new(big.Rat).SetInt64(1_000_000_000_000_000))
	return d.Cmp(exact) > 0
}
