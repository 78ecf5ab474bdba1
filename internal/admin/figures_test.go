package admin

import (
	"testing"

	"github.com/tierwise/tierwise/internal/money"
	"github.com/tierwise/tierwise/usage"
)

func TestAColumnOfMoneyHasOneNumberOfDecimals(t *testing.T) {
	for want, column := range map[string][]money.Nano{
		"$1.20 $0.05":              {1_200_000_000, 50_000_000},
		"$0.0365 $0.0009":          {36_512_000, 926_000},
		"$0.0365 <$0.0001 $0.0001": {36_512_000, 47_000, 50_000},
		"$0.000047 $0.000000":      {47_000, 0},
		"-$0.0365 $2.0000":         {-36_512_000, 2_000_000_001},
		"$0.000000120":             {120},
	} {
		var cells []usage.Cell
		for _, n := range column {
			cells = append(cells, usage.Cell{Cost: n})
		}
		got := ""
		for _, n := range column {
			got += " " + fixed(n, decimals(cells))
		}
		if got = got[1:]; got != want {
			t.Errorf("%v: %s, want %s", column, got, want)
		}
	}
}

func TestTheBarOfABudget(t *testing.T) {
	for want, of := range map[string][2]money.Nano{
		"": {0, 100},
		"▰▱▱▱▱▱▱▱▱▱ under 1 % ": {1, 1000},
		"▰▱▱▱▱▱▱▱▱▱ 19 % ":      {19, 100},
		"▰▰▰▰▰▱▱▱▱▱ 55 % ":      {55_000, 100_000},
		"▰▰▰▰▰▰▰▰▰▰ 120 % ":     {120, 100},
	} {
		if got := bar(of[0], of[1]); got != want {
			t.Errorf("%v: %q, want %q", of, got, want)
		}
	}
}
