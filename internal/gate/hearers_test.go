package gate_test

import (
	"strings"
	"testing"
	"time"

	"github.com/tierwise/tierwise/internal/chat"
	. "github.com/tierwise/tierwise/internal/gate/gatetest"
	"github.com/tierwise/tierwise/usage"
)

// dm is somebody's direct conversation with the bot.
func dm(t *testing.T, h *House, who string) chat.Place {
	t.Helper()
	at, err := h.World.Direct(Workspace, who)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// told counts the posts with some text that somebody sees at a place.
func told(h *House, at chat.Place, who, part string) int {
	n := 0
	for _, m := range h.Posts(at, who) {
		if strings.Contains(m.Post.Text, part) {
			n++
		}
	}
	return n
}

// listed makes Ben an admin and Olga finance, by list.
func listed(h *House) {
	h.T.Helper()
	h.Ask(Ada, In(General), "ai-config", "set admins u-ben")
	h.Ask(Ada, In(General), "ai-config", "set finance u-olga, finance")
	time.Sleep(2 * time.Second)
}

func TestWithoutAReportsChannelWhoLooksAfterTheMoneyIsToldAlone(t *testing.T) {
	in(t, func(t *testing.T) {
		h := New(t)
		listed(h)
		h.Limit(channelLimit(1_000_000_000, usage.LowerTier))
		before := len(h.Posts(In(General), Gus)) // Gus sees what everybody sees
		spend(h, 510_000_000)
		const text = "**50 %** of the budget for #general today is used: $0.51 of $1.00"
		for _, who := range []string{Ben, Olga} {
			if n := told(h, dm(t, h, who), who, text); n != 1 {
				t.Errorf("%s is told %d times", who, n)
				sees(t, h, dm(t, h, who), who, text)
			}
		}
		if n := told(h, dm(t, h, Ada), Ada, "of the budget"); n != 0 {
			t.Error("an admin by the platform's word is told though others are listed")
		}
		if got := h.Posts(In(General), Gus); len(got) != before {
			t.Errorf("the channel hears %+v", got[before:])
		}
		h.Ask(Ben, In(General), "ai-config", "budget channel here day 2")
		if n := told(h, dm(t, h, Olga), Olga, "ben changed a limit: the limit for #general per day was $1.00 (then lower tier); it is $2.00"); n != 1 {
			t.Errorf("Olga is told of the change %d times: %+v", n, h.Posts(dm(t, h, Olga), Olga))
		}
		h.Ask(Ben, In(General), "ai-config", "set channel tone formal")
		if n := told(h, dm(t, h, Olga), Olga, "tone"); n != 0 {
			t.Error("finance hears of a setting")
		}
	})
}

func TestWithNobodyListedTheAdminWhoLastChangedSomethingIsTold(t *testing.T) {
	in(t, func(t *testing.T) {
		h := New(t)
		h.Ask(Ada, In(General), "ai-config", "budget channel here day 1")
		before := len(h.Posts(In(General), Gus))
		spend(h, 510_000_000)
		if n := told(h, dm(t, h, Ada), Ada, "$0.51 of $1.00"); n != 1 {
			t.Errorf("Ada is told %d times; log:\n%s", n, h.Log)
		}
		if got := h.Posts(In(General), Gus); len(got) != before {
			t.Errorf("the channel hears %+v", got[before:])
		}
	})
}

// TestARequestGoesToWhoDecides, and its buttons go everywhere once somebody did.
func TestARequestGoesToWhoDecides(t *testing.T) {
	in(t, func(t *testing.T) {
		h := New(t)
		listed(h)
		form := h.Press(Anna, refused(h), "Ask for more")
		h.Submit(Anna, form, map[string]string{"amount": "0.50", "reason": "the release"})
		for _, p := range h.Posts(In(General), Gus) {
			if _, ok := Button(p, "Approve"); ok {
				t.Errorf("the channel sees the request: %s", p.Post.Text)
			}
		}
		const figures = "- the channel today: $0.10 of $0.10 used"
		ben, olga := h.Last(dm(t, h, Ben), Ben), h.Last(dm(t, h, Olga), Olga)
		wants(t, ben, "**anna** asks for $0.50 more", figures)
		wants(t, olga, "**anna** asks for $0.50 more", figures)
		h.Press(Olga, olga, "Approve")
		for who, m := range map[string]string{Ben: ben.Ref.ID, Olga: olga.Ref.ID} {
			found := false
			for _, p := range h.Posts(dm(t, h, who), who) {
				if _, still := Button(p, "Approve"); still {
					t.Errorf("%s still has the buttons", who)
				}
				found = found || p.Ref.ID == m && strings.Contains(p.Post.Text, "olga approved $0.50 more for anna")
			}
			if !found {
				t.Errorf("%s does not read who decided: %+v", who, h.Posts(dm(t, h, who), who))
			}
		}
		sees(t, h, dm(t, h, Anna), Anna, "olga approved $0.50 more. Your question goes on now.")
		sees(t, h, In(General), Gus, "Fine.")
		h.Press(Ben, ben, "Decline") // as a client still shows it
		sees(t, h, dm(t, h, Ben), Ben, "decided that already")
	})
}

func TestAPersonHearsOfTheirOwnLimitAlone(t *testing.T) {
	in(t, func(t *testing.T) {
		h := New(t)
		h.Limit(usage.Limit{Scope: usage.User, ID: usage.AnyID, Window: usage.Day, Amount: 500_000_000, Then: usage.LowerTier})
		h.Ask(Ben, In(General), "help", "")
		spend(h, 510_000_000)
		if n := told(h, dm(t, h, Ben), Ben, "of the budget for you today"); n != 1 {
			t.Errorf("told %d times; log:\n%s", n, h.Log)
		}
		if n := told(h, In(General), Ben, "for you today"); n != 0 {
			t.Error("it is said in the channel")
		}
	})
}
