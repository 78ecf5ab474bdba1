package gate_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/config"
	. "github.com/tierwise/tierwise/internal/gate/gatetest"
	"github.com/tierwise/tierwise/internal/localchat"
	"github.com/tierwise/tierwise/internal/money"
	"github.com/tierwise/tierwise/internal/turn"
	"github.com/tierwise/tierwise/usage"
)

func channelLimit(amount money.Nano, then usage.AtLimit) usage.Limit {
	return usage.Limit{Scope: usage.Channel, ID: General, Window: usage.Day, Amount: amount, Then: then}
}

// spend books so much in General, as Ben's.
func spend(h *House, amount money.Nano) {
	h.T.Helper()
	id := fmt.Sprintf("s%d", len(h.Entries()))
	ben := turn.Caller{ID: h.ID(Ben)}
	windows := usage.Calendar{}.Windows(time.Now())
	e := usage.Entry{ID: id + ".1", Tenant: In("").Tenant(), Job: id, Channel: General, Actor: ben.ID, Team: "unassigned", Workflow: "ask", Intent: "ask",
		Tier: "economy", Model: Eco, Cost: amount, Status: usage.OK, Source: usage.Computed}
	if _, err := h.Guard.Hold(h.T.Context(), usage.HoldRequest{Tenant: e.Tenant, Hold: id, Scopes: ben.Scopes(General, "unassigned", "ask"), Windows: windows,
		Steps: []usage.StepHold{{N: 1}}, TTL: time.Minute}); err != nil {
		h.T.Fatal(err)
	}
	if _, err := h.Guard.Settle(h.T.Context(), usage.Settlement{Tenant: e.Tenant, Hold: id, Step: 1, Entry: &e, Fallback: windows}); err != nil {
		h.T.Fatal(err)
	}
	time.Sleep(2 * time.Minute)
	if _, err := h.Store.Sweep(h.T.Context()); err != nil {
		h.T.Fatal(err)
	}
	h.Idle()
}

func TestBudgetPressureLowersAndSaysSo(t *testing.T) {
	in(t, func(t *testing.T) {
		h := New(t)
		h.Limit(channelLimit(money.USD, usage.LowerTier))
		spend(h, 850_000_000)
		h.Set(General, "pin", "frontier")
		h.Say(Anna, In(General, Thread), "@tierwise who rolls back?")
		wants(t, h.Last(In(General, Thread), Anna), "85 % of the limit for this channel today is used, so the ceiling is standard")
		spend(h, 70_000_000)
		h.Say(Anna, In(General, Thread), "@tierwise who rolls back?")
		wants(t, h.Last(In(General, Thread), Anna), "92 % of the limit", "economy")
		if got := h.Provider.Models(); !slices.Equal(got, []string{Std, Eco}) {
			t.Errorf("calls %v", got)
		}
	})
}

func TestAFullLimitRefusesWithTheArithmeticToTheAskerAlone(t *testing.T) {
	in(t, func(t *testing.T) {
		h := New(t)
		h.Limit(channelLimit(100_000_000, usage.LowerTier))
		spend(h, 100_000_000)
		h.Say(Anna, In(General, Thread), "@tierwise who rolls back?")
		m := h.Last(In(General), Anna)
		wants(t, m, "The limit for this channel today is $0.10", "$0.10 is used", "$0.00 is left", "could cost up to", "begins again Wed 25 Nov 00:00 UTC")
		if m.To != Anna || len(m.Post.Buttons) != 2 {
			t.Errorf("to %q with %+v", m.To, m.Post.Buttons)
		}
		for _, p := range h.Posts(In(General), Ben) {
			if strings.Contains(p.Post.Text, "$0.00 is left") {
				t.Errorf("Ben sees the arithmetic: %s", p.Post.Text)
			}
		}
		h.Press(Anna, m, "Use the local tier")
		wants(t, h.Last(In(General, Thread), Ben), "no AI model used")
		if len(h.Provider.Calls()) != 0 {
			t.Error("a provider was called")
		}
		h.Say(Anna, In(General, Thread), "@tierwise who rolls back? --tier local")
		wants(t, h.Last(In(General, Thread), Ben), "no AI model used")
		for _, e := range h.Entries()[1:] {
			if e.Cost != 0 || e.Estimate != 0 || e.Tier != "local" {
				t.Errorf("row %+v", e)
			}
		}
	})
}

func TestALocalOnlyLimitAnswersByItself(t *testing.T) {
	in(t, func(t *testing.T) {
		h := New(t)
		h.Limit(channelLimit(100_000_000, usage.LocalOnly))
		spend(h, 120_000_000)
		h.Say(Anna, In(General, Thread), "@tierwise who rolls back?")
		wants(t, h.Last(In(General, Thread), Ben), "no AI model used", "of the limit for this channel today is used, so the ceiling is local")
	})
}

func TestHoldsUnderConcurrencyNeverPassTheLimit(t *testing.T) {
	in(t, func(t *testing.T) {
		h := New(t)
		const limit = 30_000_000
		h.Limit(channelLimit(limit, usage.LowerTier))
		h.Set(General, "pin", "standard")
		open := make(chan struct{})
		for _, m := range []string{Eco, Std} {
			h.Provider.Script(m, Turn{Text: "Fine.", Hold: open})
		}
		var all sync.WaitGroup
		for _, who := range []string{Anna, Ben, Olga, Ada, Fin} {
			all.Go(func() {
				if _, err := h.Desk.Say(t.Context(), who, In(General), "@tierwise who rolls back?"); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		time.Sleep(3 * time.Second)
		var held money.Nano
		for _, o := range h.Held() {
			held += o.Held
		}
		if held == 0 || held > limit {
			t.Errorf("held %s of %s", held, money.Nano(limit))
		}
		models := h.Provider.Models()
		if !slices.Contains(models, Std) || !slices.Contains(models, Eco) {
			t.Errorf("nobody was routed once more lower: %v", models)
		}
		close(open)
		h.Idle()
		if len(h.Held()) != 0 {
			t.Errorf("held at the end: %+v", h.Held())
		}
	})
}

// refused asks until the limit refuses and returns the refusal.
func refused(h *House) localchat.Message {
	h.T.Helper()
	h.Limit(channelLimit(100_000_000, usage.LowerTier))
	spend(h, 100_000_000)
	h.Say(Anna, In(General, Thread), "@tierwise who rolls back?")
	return h.Last(In(General), Anna)
}

// more asks for more and returns the request as Olga sees it.
func more(h *House, m localchat.Message, amount string) localchat.Message {
	h.T.Helper()
	form := h.Press(Anna, m, "Ask for more")
	if form.Form == nil {
		h.T.Fatalf("no form: %q", form.Say)
	}
	if errs := h.Submit(Anna, form, map[string]string{"amount": amount, "reason": "the release @everyone"}); len(errs) > 0 {
		h.T.Fatalf("form: %v", errs)
	}
	var found localchat.Message
	for _, p := range h.Posts(In(General), Olga) {
		if _, ok := Button(p, "Approve"); ok {
			found = p
		}
	}
	if found.Post == nil {
		h.T.Fatal("nobody was asked")
	}
	return found
}

// generals are the channel's own limit and the extras that lie over it.
func generals(h *House) (own usage.Limit, extras []usage.Limit) {
	for _, l := range limits(h) {
		switch {
		case l.Scope != usage.Channel || l.ID != General:
		case l.IsExtra():
			extras = append(extras, l)
		default:
			own = l
		}
	}
	return own, extras
}

func TestAskForMoreIsDecidedOnceByWhoMay(t *testing.T) {
	for _, c := range []struct{ name, decides string }{{"the owner of the channel", Olga}, {"finance", Fin}, {"an admin", Ada}} {
		t.Run(c.name, func(t *testing.T) {
			in(t, func(t *testing.T) {
				h := New(t)
				h.Set(General, "owner", h.ID(Olga))
				request := more(h, refused(h), "0.50")
				wants(t, request, "**anna** asks for $0.50 more", "the release")
				if strings.Contains(request.Post.Text, "@everyone") || strings.Contains(request.Post.Text, "$0.10") {
					t.Errorf("the request shows what it must not: %s", request.Post.Text)
				}
				h.Press(Ben, request, "Approve")
				wants(t, h.Last(In(General), Ben), "Only an admin, finance or the owner")
				if o := h.Press(Ben, request, "Approve less"); o.Form != nil || !strings.Contains(o.Say, "Only an admin, finance or the owner") {
					t.Errorf("Ben gets %+v", o)
				}
				h.Provider.Script(Eco, Turn{Text: "Ben does."})
				h.Press(c.decides, request, "Approve")
				sees(t, h, In(General, Thread), Olga, "Ben does.")
				if own, extras := generals(h); own.Amount != 100_000_000 || own.Extra != 0 || len(extras) != 1 || extras[0].Extra != 500_000_000 || extras[0].ExtraUntil.IsZero() {
					t.Errorf("limit %+v, extras %+v", own, extras)
				}
				again, _ := h.World.Message(Workspace, request.Ref)
				if _, still := Button(again, "Approve"); still {
					t.Error("the request still has its buttons")
				}
				before := len(h.Entries())
				h.Press(Ada, request, "Approve") // as a client still shows it
				wants(t, h.Last(In(General), Ada), "decided that already")
				if len(h.Entries()) != before {
					t.Error("a second decision ran the question again")
				}
				if _, extras := generals(h); len(extras) != 1 || extras[0].Extra != 500_000_000 {
					t.Errorf("a second decision added to it: %+v", extras)
				}
			})
		})
	}
}

func TestApproveLessAndDecline(t *testing.T) {
	in(t, func(t *testing.T) {
		h := New(t)
		m := refused(h)
		request := more(h, m, "5")
		form := h.Press(Fin, request, "Approve less")
		if errs := h.Submit(Fin, form, map[string]string{"amount": "-1"}); len(errs) == 0 {
			t.Error("a negative amount was taken")
		}
		h.Submit(Fin, form, map[string]string{"amount": "0.20"})
		sees(t, h, In(General, Thread), Olga, "Fine.")
		spend(h, 200_000_000)
		h.Say(Anna, In(General, Thread), "@tierwise who rolls back?")
		request = more(h, h.Last(In(General), Anna), "1")
		before := len(h.Entries())
		h.Press(Fin, request, "Decline")
		sees(t, h, dm(t, h, Anna), Anna, "fin declined more budget")
		if len(h.Entries()) != before {
			t.Errorf("%d rows more", len(h.Entries())-before)
		}
		h.Press(Ada, request, "Approve")
		wants(t, h.Last(In(General), Ada), "decided that already")
	})
}

func TestAnOwnerDoesNotRaiseTheWorkspaceAndNobodyPassesTheOperatorsCap(t *testing.T) {
	in(t, func(t *testing.T) {
		h := New(t, capAt(300_000_000))
		h.Set(General, "owner", h.ID(Olga))
		h.Limit(usage.Limit{Scope: usage.Workspace, ID: "all", Window: usage.Day, Amount: 100_000_000, Then: usage.LowerTier})
		spend(h, 100_000_000)
		h.Say(Anna, In(General, Thread), "@tierwise who rolls back?")
		request := more(h, h.Last(In(General), Anna), "0.50")
		h.Press(Olga, request, "Approve")
		sees(t, h, In(General), Olga, "an admin or finance has to decide it")
		h.Press(Fin, request, "Approve")
		sees(t, h, In(General), Fin, "operator's cap")
		form := h.Press(Fin, request, "Approve less")
		h.Submit(Fin, form, map[string]string{"amount": "0.10"})
		sees(t, h, In(General, Thread), Olga, "Fine.")
	})
}

func TestAskForMoreIsTheAskersOwn(t *testing.T) {
	in(t, func(t *testing.T) {
		h := New(t)
		m := refused(h)
		b, _ := Button(m, "Ask for more")
		for _, kind := range []chat.QuestionKind{chat.OpenForm} {
			ans, err := h.Door.Ask(t.Context(), chat.Question{Kind: kind, Name: b.Name, Value: b.Value, Place: In(General), Actor: chat.Actor{ID: Ben},
				Channel: chat.Channel{Place: In(General), Kind: chat.PublicChannel, Shared: chat.NotShared}})
			if err != nil || ans.Form != nil || !strings.Contains(ans.Say, "no longer have that request") {
				t.Errorf("Ben gets %+v %v", ans, err)
			}
		}
	})
}

func capAt(n money.Nano) func(*config.Policy) {
	return func(p *config.Policy) { p.Operator.Cap.Day = &n }
}

func TestThresholdsAreToldOnceToWhoMayKnow(t *testing.T) {
	in(t, func(t *testing.T) {
		h := New(t)
		h.Limit(channelLimit(money.USD, usage.LowerTier))
		if _, err := h.People.See(t.Context(), In("").Tenant(), chat.Actor{ID: Ben, Name: "ben"}); err != nil {
			t.Fatal(err)
		}
		count := func(at chat.Place, who, part string) (n int) {
			for _, p := range h.Posts(at, who) {
				if strings.Contains(p.Post.Text, part) {
					n++
				}
			}
			return n
		}
		spend(h, 400_000_000)
		if n := len(h.Posts(In(General), Olga)); n != 0 {
			t.Errorf("%d notices below any threshold", n)
		}
		spend(h, 110_000_000) // the channel is at 51 %, Ben at 102 % of his own half dollar
		if n := count(In(General), Olga, "**50 %** of the budget for this channel today is used. Whoever may see the figures"); n != 1 {
			t.Errorf("channel told %d times: %+v", n, h.Posts(In(General), Olga))
		}
		if n := count(dm(t, h, Ben), Ben, "**100 %** of the budget for you today"); n != 1 {
			t.Errorf("Ben told %d times", n)
		}
		if n := count(dm(t, h, Olga), Olga, "for you today") + count(In(General), Ben, "for you today"); n != 0 {
			t.Error("Olga hears of Ben's limit")
		}
		spend(h, 10_000_000)
		spend(h, 500_000_000) // jumps over 80; the workspace's two dollars are half used
		if n := count(In(General), Olga, "for this channel today"); n != 2 {
			t.Errorf("channel told %d times after 100 %%", n)
		}
		if n := count(In(General), Olga, "**50 %** of the budget for the workspace today is used. Whoever may see the figures"); n != 1 {
			t.Errorf("workspace told %d times", n)
		}
		if n := count(In(General), Olga, "$1.02 of $2.00"); n != 0 {
			t.Error("members see the workspace's figures")
		}
		h.Set("", "reports.channel", Read)
		time.Sleep(24 * time.Hour)
		h.Set("", "reports.channel", Empty)
		spend(h, 1_050_000_000)
		if n := count(In(Empty), Ada, "**50 %** of the budget for the workspace today is used: $1.05 of $2.00"); n != 1 {
			t.Errorf("the reports channel was told %d times: %+v", n, h.Posts(In(Empty), Ada))
		}
	})
}
