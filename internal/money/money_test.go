package money_test

import (
	"errors"
	"math"
	"math/big"
	"strings"
	"testing"

	"github.com/tierwise/tierwise/internal/money"
	"pgregory.net/rapid"
)

func TestParse(t *testing.T) {
	for text, want := range map[string]money.Nano{
		"2": 2_000_000_000, "$0.25": 250_000_000, "1,250.50": 1_250_500_000_000, ".5": 500_000_000, "5.": 5_000_000_000,
		" $0.000000001 ": 1, "0": 0, "9000000": money.Max,
		"1,000": 1_000_000_000_000, "$1,234,567.5": 1_234_567_500_000_000,
	} {
		if got, err := money.Parse(text); err != nil || got != want {
			t.Errorf("%q: %d %v, want %d", text, got, err, want)
		}
	}
	for text, want := range map[string]error{
		"": money.ErrSyntax, ".": money.ErrSyntax, "$": money.ErrSyntax, "-1": money.ErrSyntax, "+1": money.ErrSyntax, "1e3": money.ErrSyntax,
		"1.2.3": money.ErrSyntax, "0.0000000001": money.ErrSyntax, "two": money.ErrSyntax, "１": money.ErrSyntax, "0x10": money.ErrSyntax,
		"0,25": money.ErrSyntax, "1,5": money.ErrSyntax, "1,,2": money.ErrSyntax, "1234,567": money.ErrSyntax, ",123": money.ErrSyntax, "1.2,345": money.ErrSyntax, "0,250": money.ErrSyntax,
		"9000000.000000001": money.ErrRange, "99999999999999999999": money.ErrRange,
	} {
		if _, err := money.Parse(text); !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", text, err, want)
		}
	}
}

func TestDecimalReadsBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := money.Nano(rapid.Int64Range(0, int64(money.Max)).Draw(t, "n"))
		for _, text := range []string{n.Decimal(), n.String()} {
			if back, err := money.Parse(text); err != nil || back != n {
				t.Fatalf("%q: %d %v, want %d", text, back, err, n)
			}
		}
		if (-n).Decimal() != "-"+n.Decimal() && n != 0 {
			t.Fatalf("%s and %s", n.Decimal(), (-n).Decimal())
		}
	})
	if got := money.Nano(math.MinInt64).Decimal(); got != "-9223372036.854775808" {
		t.Error(got)
	}
}

func TestHowAmountsLook(t *testing.T) {
	for _, k := range []struct {
		n           money.Nano
		full, short string
	}{
		{0, "$0.00", "$0.00"}, {1, "$0.000000001", "$0.000000001"}, {4_200_000, "$0.0042", "$0.0042"}, {4_249_999, "$0.004249999", "$0.0042"},
		{4_250_000, "$0.00425", "$0.0043"}, {1_250_000_000, "$1.25", "$1.25"}, {1_254_999_999, "$1.254999999", "$1.25"}, {1_255_000_000, "$1.255", "$1.26"},
		{99_999_999, "$0.099999999", "$0.10"}, {100_000_000, "$0.10", "$0.10"}, {-100_000_000, "-$0.10", "-$0.10"}, {2_000_000_000_000, "$2000.00", "$2000.00"},
	} {
		if k.n.String() != k.full || k.n.Short() != k.short {
			t.Errorf("%d: %s and %s, want %s and %s", int64(k.n), k.n, k.n.Short(), k.full, k.short)
		}
	}
}

// What people read is within half a step of what is booked, and two significant
// digits at least.
func TestShortIsCloseToTheAmount(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := money.Nano(rapid.Int64Range(1, int64(money.Max)-int64(money.USD)).Draw(t, "n"))
		short, err := money.Parse(n.Short())
		if err != nil {
			t.Fatal(err)
		}
		d := max(short-n, n-short)
		if d > max(n/20, 0) && d > 0 {
			t.Fatalf("%s is shown as %s", n, n.Short())
		}
		if (-n).Short() != "-"+n.Short() {
			t.Fatal("a negative amount looks different")
		}
	})
}

func TestAddStaysWithinBounds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.Int64().Draw(t, "a"), rapid.Int64().Draw(t, "b")
		sum := new(big.Int).Add(big.NewInt(a), big.NewInt(b))
		fits := sum.CmpAbs(big.NewInt(int64(money.Max))) <= 0
		got, err := money.Nano(a).Add(money.Nano(b))
		if fits != (err == nil) || fits && int64(got) != sum.Int64() || !fits && !errors.Is(err, money.ErrRange) {
			t.Fatalf("%d + %d = %d %v", a, b, got, err)
		}
	})
	if n, err := money.Max.Add(-money.Max); n != 0 || err != nil {
		t.Error(n, err)
	}
}

func TestPricesReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := money.Pico(rapid.Int64Range(0, int64(money.MaxPico)).Draw(t, "p"))
		if back, err := money.ParsePerMillion(p.PerMillion()); err != nil || back != p {
			t.Fatalf("%s: %d %v, want %d", p.PerMillion(), back, err, p)
		}
	})
	for text, want := range map[string]error{"0.0000001": money.ErrSyntax, "-1": money.ErrSyntax, "": money.ErrSyntax, "100000.000001": money.ErrRange, "1e-7": money.ErrSyntax} {
		if _, err := money.ParsePerMillion(text); !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", text, err, want)
		}
	}
}

func anyTerms(most int64) *rapid.Generator[[]money.Term] {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) money.Term {
		return money.Term{Tokens: rapid.Int64Range(0, most).Draw(t, "tokens"), Price: money.Pico(rapid.Int64Range(0, int64(money.MaxPico)).Draw(t, "price"))}
	}), 0, 7)
}

func TestCostIsExactAndRoundedOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		terms := anyTerms(10_000_000).Draw(t, "terms")
		sum := new(big.Int)
		for _, k := range terms {
			sum.Add(sum, new(big.Int).Mul(big.NewInt(k.Tokens), big.NewInt(int64(k.Price))))
		}
		down, rest := new(big.Int).QuoRem(sum, big.NewInt(1000), new(big.Int))
		even, up := new(big.Int).Set(down), new(big.Int).Set(down)
		if r := rest.Int64(); r > 500 || r == 500 && down.Bit(0) == 1 {
			even.Add(even, big.NewInt(1))
		}
		if rest.Sign() > 0 {
			up.Add(up, big.NewInt(1))
		}
		same(t, "Cost", even, func() (money.Nano, error) { return money.Cost(terms...) })
		same(t, "CostUp", up, func() (money.Nano, error) { return money.CostUp(terms...) })
	})
}

func same(t *rapid.T, what string, want *big.Int, f func() (money.Nano, error)) {
	got, err := f()
	if want.Cmp(big.NewInt(int64(money.Max))) > 0 {
		if !errors.Is(err, money.ErrRange) {
			t.Fatalf("%s: %d %v, want ErrRange", what, got, err)
		}
		return
	}
	if err != nil || want.Cmp(big.NewInt(int64(got))) != 0 {
		t.Fatalf("%s: %d %v, want %s", what, got, err, want)
	}
}

func TestAnEstimateIsNeverBelowTheBill(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		terms := anyTerms(10_000).Draw(t, "terms")
		bill, err := money.Cost(terms...)
		if err != nil {
			t.Skip("out of range")
		}
		if up, err := money.CostUp(terms...); err != nil || up < bill || up > bill+1 {
			t.Fatalf("%d %v for a bill of %d", up, err, bill)
		}
	})
}

func TestCostOutOfRange(t *testing.T) {
	for name, terms := range map[string][]money.Term{
		"negative tokens": {{Tokens: -1, Price: 1}}, "negative price": {{Tokens: 1, Price: -1}},
		"above Max": {{Tokens: int64(money.Max), Price: 2000}},
		"128 bits":  {{math.MaxInt64, math.MaxInt64}, {math.MaxInt64, math.MaxInt64}, {math.MaxInt64, math.MaxInt64}, {math.MaxInt64, math.MaxInt64}, {math.MaxInt64, math.MaxInt64}},
	} {
		if _, err := money.Cost(terms...); !errors.Is(err, money.ErrRange) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := money.CostUp(terms...); !errors.Is(err, money.ErrRange) {
			t.Errorf("%s, up: %v", name, err)
		}
	}
}

// Prices of the sizes vendors use, down to one cached token of the cheapest.
func TestSmallAmountsAreKept(t *testing.T) {
	for _, k := range []struct {
		tokens int64
		price  string
		want   money.Nano
	}{
		{1, "0.01", 10}, {1, "0.0028", 3}, {1, "0.0025", 2}, {1, "0.0035", 4}, {1, "0.0005", 0}, {1, "0.003625", 4}, {8, "0.003625", 29}, {300, "0.10", 30_000},
	} {
		p, err := money.ParsePerMillion(k.price)
		if err != nil {
			t.Fatal(err)
		}
		if n, err := money.Cost(money.Term{Tokens: k.tokens, Price: p}); err != nil || n != k.want {
			t.Errorf("%d at $%s: %d %v, want %d", k.tokens, k.price, n, err, k.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"2", "$0.25", "1,250.50", "-1", "1e9", ".", "0.000000001", "9000000", ",", "1,,2", " 7 "} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n, err := money.Parse(s)
		if err != nil {
			if !errors.Is(err, money.ErrSyntax) && !errors.Is(err, money.ErrRange) {
				t.Fatalf("%q: untyped error %v", s, err)
			}
			return
		}
		if n < 0 || n > money.Max {
			t.Fatalf("%q: %d", s, n)
		}
		back, err := money.Parse(n.Decimal())
		if err != nil || back != n {
			t.Fatalf("%q: %d, then %d %v", s, n, back, err)
		}
		if strings.ContainsAny(n.Decimal(), "eE+") {
			t.Fatalf("%q prints as %s", s, n.Decimal())
		}
	})
}

func BenchmarkCost(b *testing.B) {
	terms := []money.Term{{900, 100_000}, {3000, 10_000}, {10, 125_000}, {200, 500_000}}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := money.Cost(terms...); err != nil {
			b.Fatal(err)
		}
	}
}
