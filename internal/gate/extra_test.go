package gate_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tierwise/tierwise/internal/chat"
	. "github.com/tierwise/tierwise/internal/gate/gatetest"
	"github.com/tierwise/tierwise/internal/money"
	"github.com/tierwise/tierwise/usage"
)

// eachChannel is a limit for each channel.
func eachChannel(amount money.Nano) usage.Limit {
	return usage.Limit{Scope: usage.Channel, ID: usage.AnyID, Window: usage.Day, Amount: amount, Then: usage.LowerTier}
}

// approved asks for more where a channel's template refuses, and has it approved.
func approved(h *House, amount string) {
	h.T.Helper()
	h.Say(Anna, In(General, Thread), "@tierwise who rolls back?")
	request := more(h, h.Last(In(General), Anna), amount)
	h.Press(Fin, request, "Approve")
}

// TestAnExtraOverATemplateLeavesNothingBehind: it is shown, it follows the
// template while it lasts, and after it the template alone counts.
func TestAnExtraOverATemplateLeavesNothingBehind(t *testing.T) {
	in(t, func(t *testing.T) {
		h := New(t)
		h.Set("", "spend.channels", "on")
		h.Limit(eachChannel(100_000_000))
		spend(h, 100_000_000)
		approved(h, "0.50")
		sees(t, h, In(General, Thread), Olga, "Fine.")
		own, extras := generals(h)
		if own.Amount != 0 || len(extras) != 1 || extras[0].Extra != 500_000_000 || extras[0].Window != usage.Day || !strings.HasPrefix(extras[0].Reason, "the release") {
			t.Errorf("own %+v, extras %+v", own, extras)
		}
		budgets := h.Ask(Fin, In(General), "ai-spend", "budget")
		wants(t, budgets, "this channel today: $0.10", "of $0.60 ($0.10 and $0.50 extra until ")
		if rows := budgets.Post.Table.Rows; !slices.ContainsFunc(rows, func(r []string) bool {
			return r[0] == "#general" && r[2] == "" && strings.HasPrefix(r[4], "+$0.50 until ") && strings.Contains(r[4], ": the release")
		}) || strings.Contains(rows[0][4], "@everyone") {
			t.Errorf("rows %q", rows)
		}
		journal := h.Ask(Ada, In(General), "ai-config", "journal").Post.Table.Rows
		if !slices.ContainsFunc(journal, func(r []string) bool { return strings.Contains(strings.Join(r, " "), "$0.10 + $0.50 more until ") }) {
			t.Errorf("journal %q", journal)
		}

		h.Ask(Ada, In(General), "ai-config", "budget channel each day 0.05")
		wants(t, h.Ask(Fin, In(General), "ai-spend", "budget"), "of $0.55 ($0.05 and $0.50 extra until ")
		h.Ask(Ada, In(General), "ai-config", "budget channel each day 0.20")
		time.Sleep(time.Until(extras[0].ExtraUntil) + time.Second)
		if own, extras := generals(h); own.Amount != 0 || len(extras) != 0 {
			t.Errorf("left: own %+v, extras %+v", own, extras)
		}
		wants(t, h.Ask(Fin, In(General), "ai-spend", "budget"), "this channel today: $0.00 of $0.20, new on")
		spend(h, 200_000_000)
		h.Say(Anna, In(General, Thread), "@tierwise who rolls back?")
		wants(t, h.Last(In(General), Anna), "The limit for this channel today is $0.20: ")
	})
}

// TestTwoApprovalsAddUp, whoever asked, and a refusal shows the whole sum.
func TestTwoApprovalsAddUp(t *testing.T) {
	in(t, func(t *testing.T) {
		h := New(t)
		h.Limit(eachChannel(100_000_000))
		spend(h, 100_000_000)
		approved(h, "0.20")
		spend(h, 200_000_000)
		approved(h, "0.30")
		if _, extras := generals(h); len(extras) != 2 {
			t.Errorf("extras %+v", extras)
		}
		spend(h, 300_000_000)
		h.Say(Anna, In(General, Thread), "@tierwise who rolls back?")
		wants(t, h.Last(In(General), Anna), "The limit for this channel today is $0.10 and $0.50 extra until ", "so $0.00 is left")
	})
}

// TestThresholdsWithExtras: each is told once per window whatever the limit does
// meanwhile, and a limit that was raised is used up once more.
func TestThresholdsWithExtras(t *testing.T) {
	in(t, func(t *testing.T) {
		h := New(t)
		h.Limit(eachChannel(money.USD))
		h.Set("", "reports.channel", Read)
		told := func(what string, want ...string) {
			t.Helper()
			var got []string
			for _, p := range h.Posts(In(Read), Ada) {
				if i := strings.Index(p.Post.Text, " %** of the budget for"); i > 0 && strings.Contains(p.Post.Text, "#general") {
					used := p.Post.Text[strings.Index(p.Post.Text, "is used: ")+len("is used: "):]
					got = append(got, strings.TrimPrefix(p.Post.Text[:i], "**")+" "+used[:strings.Index(used, ".")+3])
				}
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s: told %q, want %q; log:\n%s", what, got, want, h.Log)
			}
		}
		extra := func(id string, amount money.Nano, lasts time.Duration) {
			t.Helper()
			h.Limit(usage.Limit{Scope: usage.Channel, ID: General, Window: usage.Day, Approval: id, Extra: amount, ExtraUntil: time.Now().Add(lasts)})
		}
		spend(h, 510_000_000)
		told("half", "50 $0.51")
		extra("a1", money.USD, time.Hour)
		spend(h, 600_000_000) // 1.11 of 2.00
		told("half of the raised limit is no news", "50 $0.51")
		spend(h, 500_000_000) // 1.61 of 2.00
		told("80 for the first time", "50 $0.51", "80 $1.61")
		spend(h, 400_000_000) // 2.01 of 2.00
		all := []string{"50 $0.51", "80 $1.61", "100 $2.01"}
		told("all of the raised limit", all...)
		time.Sleep(time.Hour)
		spend(h, 10_000_000) // 2.02 of 1.00
		told("the extra ended", all...)
		extra("a2", 2*money.USD, 10*time.Hour)
		spend(h, 700_000_000) // 2.72 of 3.00
		told("90 of a limit raised further", all...)
		spend(h, 300_000_000) // 3.02 of 3.00
		told("used up once more", append(all, "100 $3.02")...)
		spend(h, 10_000_000)
		told("once", append(all, "100 $3.02")...)
	})
}

// TestALimitThatIsUsedUpWithoutABookingIsTold: lowering it books nothing, and
// nothing can be booked any more.
func TestALimitThatIsUsedUpWithoutABookingIsTold(t *testing.T) {
	in(t, func(t *testing.T) {
		h := New(t)
		h.Limit(eachChannel(money.USD))
		h.Set("", "reports.channel", Read)
		spend(h, 100_000_000)
		h.Limit(eachChannel(100_000_000))
		h.Say(Anna, In(General, Thread), "@tierwise who rolls back?")
		wants(t, h.Last(In(General), Anna), "The limit for this channel today is $0.10")
		sees(t, h, chat.Place{Platform: In("").Platform, Workspace: Workspace, Channel: Read}, Ada, "**100 %** of the budget for #general today is used: $0.10 of $0.10")
	})
}
