package catalog_test

import (
	"math"
	"math/big"
	"testing"
	"time"

	"github.com/tierwise/tierwise/internal/catalog"
	"github.com/tierwise/tierwise/internal/money"
	"github.com/tierwise/tierwise/internal/token"
	"pgregory.net/rapid"
)

// anyPrice draws a price as sources give them: caches cheaper or dearer than
// input or not given, reasoning apart or not, long context or not.
func anyPrice() *rapid.Generator[catalog.Price] {
	return rapid.Custom(func(t *rapid.T) catalog.Price {
		rates := func(name string) catalog.Rates {
			p := func(f string) money.Pico {
				return money.Pico(rapid.Int64Range(0, 100_000_000).Draw(t, name+f))
			}
			r := catalog.Rates{Input: p("in"), CacheRead: p("read"), CacheWrite5m: p("w5"), CacheWrite1h: p("w1"), Output: p("out")}
			if rapid.Bool().Draw(t, name+"gaps") {
				r.CacheRead, r.CacheWrite5m = 0, 0
			}
			if rapid.Bool().Draw(t, name+"thinks") {
				v := p("think")
				r.Reasoning = &v
			}
			return r
		}
		p := catalog.Price{Rates: rates("base")}
		above := int64(0)
		for range rapid.IntRange(0, 3).Draw(t, "bands") {
			above += rapid.Int64Range(1, 500_000).Draw(t, "above")
			p.Long = append(p.Long, catalog.Band{Above: above, Rates: rates("long")})
		}
		return p
	})
}

func anyCount() *rapid.Generator[token.Count] {
	return rapid.Custom(func(t *rapid.T) token.Count {
		n := func(name string) int64 { return rapid.Int64Range(0, 500_000).Draw(t, name) }
		return token.Count{Input: n("in"), CacheRead: n("read"), CacheWrite5m: n("w5"), CacheWrite1h: n("w1"), Output: n("out"), Reasoning: n("think")}
	})
}

// failer is a test, of testing or of rapid.
type failer interface{ Fatal(...any) }

func bill(t failer, p catalog.Price, c token.Count) money.Nano {
	n, err := p.Bill(c)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestNoUsageCostsNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		if n := bill(t, anyPrice().Draw(t, "p"), token.Count{}); n != 0 {
			t.Fatal(n)
		}
	})
}

func TestCostRisesWithEachBucketWithinARateBand(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, c := anyPrice().Draw(t, "p"), anyCount().Draw(t, "c")
		p.Long = nil
		extra := rapid.Int64Range(0, 100_000).Draw(t, "extra")
		base := bill(t, p, c)
		for i, more := range []token.Count{
			{Input: extra}, {CacheRead: extra}, {CacheWrite5m: extra}, {CacheWrite1h: extra}, {Output: extra}, {Reasoning: extra},
		} {
			if bill(t, p, c.Add(more)) < base {
				t.Fatalf("bucket %d: more tokens cost less", i)
			}
		}
	})
}

func TestCachedInputNeverCostsMoreWhereItsRateIsLower(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, c := anyPrice().Draw(t, "p"), anyCount().Draw(t, "c")
		p.Rates.CacheRead = min(p.Rates.CacheRead, p.Rates.Input)
		for i := range p.Long {
			p.Long[i].Rates.CacheRead = min(p.Long[i].Rates.CacheRead, p.Long[i].Rates.Input)
		}
		plain := c
		plain.Input, plain.CacheRead = c.Input+c.CacheRead, 0
		if bill(t, p, c) > bill(t, p, plain) {
			t.Fatal("a cached token costs more than an uncached one")
		}
	})
}

// exact recomputes a bill with rationals and rounds once.
func exact(p catalog.Price, c token.Count) *big.Int {
	r := p.Rates
	for _, b := range p.Long {
		if c.Input+c.CacheRead+c.CacheWrite5m+c.CacheWrite1h > b.Above {
			r = b.Rates
		}
	}
	or := func(v, other money.Pico) money.Pico {
		if v == 0 {
			return other
		}
		return v
	}
	w5 := or(r.CacheWrite5m, r.Input)
	think := r.Output
	if r.Reasoning != nil {
		think = *r.Reasoning
	}
	sum := new(big.Int)
	for _, k := range [][2]int64{
		{c.Input, int64(r.Input)}, {c.CacheRead, int64(or(r.CacheRead, r.Input))}, {c.CacheWrite5m, int64(w5)},
		{c.CacheWrite1h, int64(or(r.CacheWrite1h, max(w5, r.Input)))}, {c.Output, int64(r.Output)}, {c.Reasoning, int64(think)},
	} {
		sum.Add(sum, new(big.Int).Mul(big.NewInt(k[0]), big.NewInt(k[1])))
	}
	q, rem := new(big.Int).QuoRem(sum, big.NewInt(1000), new(big.Int))
	if r := rem.Int64(); r > 500 || r == 500 && q.Bit(0) == 1 {
		q.Add(q, big.NewInt(1))
	}
	return q
}

func TestTheBillIsExactAndRoundedOnceHalfToEven(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, c := anyPrice().Draw(t, "p"), anyCount().Draw(t, "c")
		if got, want := bill(t, p, c), exact(p, c); want.Cmp(big.NewInt(int64(got))) != 0 {
			t.Fatalf("%d, want %s", got, want)
		}
	})
	half := catalog.Price{Rates: catalog.Rates{Input: 500, Output: 250}}
	for _, k := range []struct {
		c    token.Count
		want money.Nano
	}{
		{token.Count{Input: 1}, 0}, {token.Count{Input: 3}, 2}, {token.Count{Input: 5}, 2},
		{token.Count{Output: 2}, 0}, {token.Count{Input: 1, Output: 2}, 1}, // halves of two buckets make a whole
	} {
		if n, err := half.Bill(k.c); err != nil || n != k.want {
			t.Errorf("%+v: %d %v, want %d", k.c, n, err, k.want)
		}
	}
}

// dearer makes each band at least as dear as the one before it, bucket by
// bucket, as every published price list does.
func dearer(p catalog.Price) catalog.Price {
	last := p.Rates
	for i := range p.Long {
		r := &p.Long[i].Rates
		for _, f := range []struct{ low, high *money.Pico }{
			{&last.Input, &r.Input}, {&last.CacheRead, &r.CacheRead}, {&last.CacheWrite5m, &r.CacheWrite5m},
			{&last.CacheWrite1h, &r.CacheWrite1h}, {&last.Output, &r.Output},
		} {
			*f.high = max(*f.low, *f.high)
		}
		r.Reasoning = nil
		last = *r
	}
	return p
}

func TestMoreTokensNeverCostLessAcrossThresholds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, c := anyPrice().Draw(t, "p"), anyCount().Draw(t, "c")
		p.Rates.Reasoning = nil
		for _, r := range append([]catalog.Band{{Rates: p.Rates}}, p.Long...) {
			if r.Rates.CacheRead == 0 || r.Rates.CacheWrite5m == 0 || r.Rates.CacheWrite1h == 0 {
				t.Skip("a rate that is not given follows input, in one band and not in another")
			}
		}
		p = dearer(p)
		extra := rapid.Int64Range(0, 2_000_000).Draw(t, "extra")
		base := bill(t, p, c)
		for i, more := range []token.Count{
			{Input: extra}, {CacheRead: extra}, {CacheWrite5m: extra}, {CacheWrite1h: extra}, {Output: extra}, {Reasoning: extra},
		} {
			if bill(t, p, c.Add(more)) < base {
				t.Fatalf("bucket %d: more tokens cost less", i)
			}
		}
		if w := p.Worst(c.In(), c.Out()); p.Worst(c.In()+extra, c.Out()) < w {
			t.Fatal("a larger bound is worth less")
		}
	})
}

func TestTheHighestThresholdPassedPricesTheWholeRequest(t *testing.T) {
	flat := func(n money.Pico) catalog.Rates { return catalog.Rates{Input: n, Output: n} }
	p := catalog.Price{Rates: flat(1000), Long: []catalog.Band{{100, flat(2000)}, {200, flat(5000)}}}
	for in, want := range map[int64]money.Nano{100: 110, 101: 222, 200: 420, 201: 1055, 10_000: 50_050} {
		if got := bill(t, p, token.Count{Input: in, Output: 10}); got != want {
			t.Errorf("%d tokens in: %d, want %d", in, got, want)
		}
	}
}

func TestWorstBoundsEveryBill(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, c := anyPrice().Draw(t, "p"), anyCount().Draw(t, "c")
		in := c.In() + rapid.Int64Range(0, 1_000_000).Draw(t, "more in")
		out := c.Out() + rapid.Int64Range(0, 10_000).Draw(t, "more out")
		if w, b := p.Worst(in, out), bill(t, p, c); w < b {
			t.Fatalf("worst %d below the bill %d", w, b)
		}
	})
}

func TestWorstAndBillAtTheEdges(t *testing.T) {
	p := catalog.Price{Rates: catalog.Rates{Input: money.MaxPico, Output: money.MaxPico}}
	if w := p.Worst(math.MaxInt64, math.MaxInt64); w != money.Max {
		t.Errorf("an overflow is the largest amount, not %d", w)
	}
	if w := p.Worst(-5, -5); w != 0 {
		t.Errorf("nothing sent costs nothing, not %d", w)
	}
	if _, err := p.Bill(token.Count{Input: math.MaxInt64}); err == nil {
		t.Error("an overflow must be an error")
	}
	if _, err := p.Bill(token.Count{Input: -1}); err == nil {
		t.Error("a negative bucket must be an error")
	}
}

func TestLongContextPricesTheWholeRequestStrictlyAboveTheLimit(t *testing.T) {
	c := load(t)
	m := model(t, c, "openai/gpt-6.1-sol")
	p, ok := catalog.PriceAt(m, "", at(t, "2026-11-24T00:00:00Z"))
	if !ok || len(p.Long) != 1 || p.Long[0].Above != 272_000 {
		t.Fatal(p, ok)
	}
	for _, k := range []struct {
		c    token.Count
		want string
	}{
		{token.Count{Input: 272_000, Output: 1000}, "0.554"},                                     // 272,000 × 2 + 1,000 × 10
		{token.Count{Input: 272_001, Output: 1000}, "1.103004"},                                  // × 4, and the output × 15
		{token.Count{Input: 1, CacheRead: 271_999, Output: 1000}, "0.0372019"},                   // caches count, not yet above
		{token.Count{Input: 1, CacheRead: 200_000, CacheWrite5m: 72_000, Output: 0}, "0.400004"}, // above: 4 + 40,000 + 360,000 µ$
	} {
		n, err := p.Bill(k.c)
		if err != nil || n.Decimal() != k.want {
			t.Errorf("%+v: %s %v, want %s", k.c, n.Decimal(), err, k.want)
		}
	}
}

func TestHistoryAtTheInstant(t *testing.T) {
	c := load(t)
	for _, k := range []struct{ model, service, at, in, read, out string }{
		{"openai/gpt-5.6-luna", "", "2026-07-29T23:59:59.999Z", "1", "0.1", "6"},
		{"openai/gpt-5.6-luna", "", "2026-07-30T00:00:00Z", "0.2", "0", "1.2"},
		{"openai/gpt-5.6-luna", "", "2026-07-29T23:00:00-02:00", "0.2", "0", "1.2"}, // the instant counts, not the zone
		{"anthropic/claude-sonnet-5-5", "", "2026-10-06T23:59:59Z", "2", "0.2", "10"},
		{"anthropic/claude-sonnet-5-5", "", "2026-10-07T00:00:00Z", "2", "0.1", "10"},
		{"google/gemini-3.8-flash", "", "2026-12-31T23:59:59Z", "0.75", "0.075", "3.75"},
		{"google/gemini-3.8-flash", "", "2027-01-01T00:00:00Z", "0.75", "0.075", "3.75"}, // announced is not in force
		{"anthropic/claude-sonnet-5", "", "2026-08-31T00:00:00Z", "2", "0.2", "10"},
		{"anthropic/claude-sonnet-5", "", "2026-09-02T00:00:00Z", "2", "0.2", "10"}, // the rise was called off
		{"openai/gpt-6.1-sol", "flex", "2026-11-24T00:00:00Z", "1", "0.05", "5"},
		{"openai/gpt-6.1-sol", "priority", "2026-11-24T00:00:00Z", "4", "0.2", "20"},
		{"openai/gpt-6-luna", "", "2026-09-21T23:59:59Z", "", "", ""}, // not yet sold
		{"openai/gpt-6-luna", "flex", "2026-11-24T00:00:00Z", "", "", ""},
	} {
		p, ok := c.Price(k.model, k.service, at(t, k.at))
		if ok != (k.in != "") {
			t.Errorf("%s %s at %s: known %v", k.model, k.service, k.at, ok)
			continue
		}
		if ok && (p.Rates.Input != pico(t, k.in) || p.Rates.CacheRead != pico(t, k.read) || p.Rates.Output != pico(t, k.out)) {
			t.Errorf("%s %s at %s: %+v", k.model, k.service, k.at, p.Rates)
		}
	}
}

func TestAConfirmedPriceIsUsedFromItsDay(t *testing.T) {
	day := time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
	c := load(t, catalog.Overlay{Name: "policy", Prices: []catalog.PriceRow{{
		Model: "google/gemini-3.8-flash", From: day, RateRow: catalog.RateRow{Input: "1.50", Output: "7.50", CacheRead: "0.15"},
		Source: "invoice", Verified: day,
	}}})
	before, _ := c.Price("google/gemini-3.8-flash", "", day.Add(-1))
	after, _ := c.Price("google/gemini-3.8-flash", "", day)
	if before.Rates.Input != 750_000 || after.Rates.Input != 1_500_000 {
		t.Errorf("%v, then %v", before.Rates.Input, after.Rates.Input)
	}
	if after.ID("google/gemini-3.8-flash") != "google/gemini-3.8-flash@2027-01-01" {
		t.Error(after.ID("google/gemini-3.8-flash"))
	}
	flex, _ := c.Price("openai/gpt-6.1-sol", "flex", day)
	if id := flex.ID("openai/gpt-6.1-sol"); id != "openai/gpt-6.1-sol@2026-09-29+flex" {
		t.Error(id)
	}
}

func BenchmarkBill(b *testing.B) {
	p, _ := load(b).Price("openai/gpt-6.1-sol", "", at(b, "2026-11-24T00:00:00Z"))
	c := token.Count{Input: 900, CacheRead: 3000, CacheWrite5m: 10, Output: 200, Reasoning: 50}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := p.Bill(c); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkWorst(b *testing.B) {
	c := load(b)
	m, now := model(b, c, "openai/gpt-6.1-sol"), at(b, "2026-11-24T00:00:00Z")
	b.ReportAllocs()
	for b.Loop() {
		p, _ := catalog.PriceAt(m, "", now)
		p.Worst(4000, 800)
	}
}
