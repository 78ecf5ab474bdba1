package gate_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	. "github.com/tierwise/tierwise/internal/gate/gatetest"
	"github.com/tierwise/tierwise/internal/llm"
	"github.com/tierwise/tierwise/internal/money"
	"github.com/tierwise/tierwise/usage"
)

// longThread fills the thread of General so that a summary of it takes three
// segments and a merge, with money enough for it.
func longThread(t *testing.T, h *House) {
	t.Helper()
	for i := range 110 {
		text := fmt.Sprintf("message %d: %s", i, strings.Repeat("the login page and the release of the week ", 80))
		if _, err := h.Desk.Say(t.Context(), []string{Anna, Ben, Olga}[i%3], In(General, Thread), text); err != nil {
			t.Fatal(err)
		}
	}
	h.Set("", "answer_cap", "20")
	h.Set("", "verify.summarize", "off")
	for _, l := range limits(h) {
		l.Amount = 100 * money.USD
		h.Limit(l)
	}
}

// booked fails unless every call has its row, at no more than was held for it,
// nothing is held any more and all sums are those of the rows.
func booked(t *testing.T, h *House) {
	t.Helper()
	rows, calls := h.Entries(), h.Provider.Calls()
	if len(rows) != len(calls) {
		t.Fatalf("%d rows of %d calls", len(rows), len(calls))
	}
	seen := map[string]bool{}
	for i, e := range rows {
		if seen[e.ID] || e.Model != calls[i].Model.ID || e.Cost > e.Estimate || e.Estimate == 0 {
			t.Errorf("row %d of %s: %s for %s, cost %s of %s held", i, calls[i].Model.ID, e.ID, e.Model, e.Cost, e.Estimate)
		}
		seen[e.ID] = true
	}
	if held := h.Held(); len(held) != 0 {
		t.Errorf("held %+v", held)
	}
	p, err := usage.Verify(t.Context(), h.Store, In("").Tenant())
	if err != nil || len(p.Differences) != 0 || p.Entries != int64(len(rows)) {
		t.Errorf("proof %+v, %v", p, err)
	}
}

// times is a list of models, each so many times.
func times(list ...any) []string {
	var out []string
	for i := 0; i < len(list); i += 2 {
		out = append(out, slices.Repeat([]string{list[i].(string)}, list[i+1].(int))...)
	}
	return out
}

// calls is how many calls the summary of longThread takes.
const calls = 4

// notes are as many answers.
func notes(n int) []Turn { return slices.Repeat([]Turn{{Text: "Notes of a part."}}, n) }

func TestEveryCallOfALongSummaryCanFailOver(t *testing.T) {
	for at := range calls {
		t.Run(fmt.Sprintf("call %d", at+1), func(t *testing.T) {
			in(t, func(t *testing.T) {
				h := New(t)
				longThread(t, h)
				h.Provider.Script(Eco, append(notes(at), Turn{Err: Err(llm.ErrUnavailable)})...)
				h.Provider.Script(OtherEco, append(notes(calls-at-1), Turn{Text: "They talk about the login page."})...)
				h.Say(Anna, In(General, Thread), "@tierwise summarize this")
				m := h.Last(In(General, Thread), Anna)
				wants(t, m, "They talk about the login page.")
				if got, want := h.Provider.Models(), times(Eco, at+1, OtherEco, calls-at); !slices.Equal(got, want) {
					t.Errorf("calls %v, want %v", got, want)
				}
				last := h.Provider.Calls()[calls]
				if prompt := last.Step.Prompt[len(last.Step.Prompt)-1].Text; strings.Count(prompt, "Notes of a part.") != calls-1 {
					t.Errorf("the merge does not have every part: %.300s", prompt)
				}
				booked(t, h)
				h.Press(Anna, m, "Why")
				wants(t, h.Last(In(General, Thread), Anna), Eco+" did not answer, so "+OtherEco)
			})
		})
	}
}

func TestALongSummaryGoesBackWhenTheStandInFails(t *testing.T) {
	in(t, func(t *testing.T) {
		h := New(t)
		longThread(t, h)
		h.Provider.Script(Eco, Turn{Err: Err(llm.ErrUnavailable)}, Turn{Text: "Notes of a part."}, Turn{Text: "They talk about the login page."})
		h.Provider.Script(OtherEco, Turn{Text: "Notes of a part."}, Turn{Err: Err(llm.ErrUnavailable)})
		h.Say(Anna, In(General, Thread), "@tierwise summarize this")
		wants(t, h.Last(In(General, Thread), Anna), "They talk about the login page.")
		if got, want := h.Provider.Models(), times(Eco, 1, OtherEco, 2, Eco, 3); !slices.Equal(got, want) {
			t.Errorf("calls %v, want %v", got, want)
		}
		booked(t, h)
	})
}

func TestALongSummaryOfWhichNobodyAnswersAPart(t *testing.T) {
	cases := []struct {
		name       string
		at         int // calls that are answered
		eco, other Turn
		walks      bool
		say        string
	}{
		{"down for good", 0, Turn{Err: Err(llm.ErrUnavailable)}, Turn{Err: Err(llm.ErrUnavailable)}, true, "did not give a usable answer"},
		{"down in the middle", 2, Turn{Err: Err(llm.ErrUnavailable)}, Turn{Err: &llm.RateLimited{Err: errors.New(ProviderText)}}, true, "over its rate limit"},
		{"nothing but silence", 1, Turn{}, Turn{}, true, "did not give a usable answer"},
		{"down at the merge", 3, Turn{Err: Err(llm.ErrUnavailable)}, Turn{Err: Err(llm.ErrUnavailable)}, true, "did not give a usable answer"},
		{"filtered", 1, Turn{Err: Err(llm.ErrFiltered)}, Turn{Text: "never asked"}, false, "content filter"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			in(t, func(t *testing.T) {
				h := New(t)
				longThread(t, h)
				h.Provider.Script(Eco, append(notes(c.at), c.eco)...)
				h.Provider.Script(OtherEco, c.other)
				h.Say(Anna, In(General, Thread), "@tierwise summarize this")
				wants(t, h.Last(In(General, Thread), Anna), c.say)
				want := times(Eco, c.at+1)
				if c.walks {
					want = append(want, OtherEco)
				}
				if got := h.Provider.Models(); !slices.Equal(got, want) {
					t.Errorf("calls %v, want %v", got, want)
				}
				booked(t, h)
			})
		})
	}
}

func TestALongSummaryWithoutMoneyForAStandIn(t *testing.T) {
	in(t, func(t *testing.T) {
		h := New(t)
		longThread(t, h)
		h.Provider.Script(Eco, append(notes(calls-1), Turn{Text: "They talk about the login page."})...)
		h.Say(Anna, In(General, Thread), "@tierwise summarize this")
		var sum money.Nano // of the plan alone
		for _, e := range h.Entries() {
			sum += e.Estimate
		}
		// As much again is enough for the plan and the merge's stand-in, not for
		// those of all parts.
		h.Set("", "answer_cap", (sum * 12 / 10).Decimal())
		before := len(h.Provider.Calls())
		h.Provider.Script(Eco, Turn{Err: Err(llm.ErrUnavailable)})
		h.Say(Ben, In(General, Thread), "@tierwise summarize this")
		wants(t, h.Last(In(General, Thread), Ben), "did not give a usable answer")
		if got := h.Provider.Models()[before:]; !slices.Equal(got, []string{Eco}) {
			t.Errorf("calls %v: the first part has a stand-in nothing was held for", got)
		}
		booked(t, h)
	})
}
