package gate_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tierwise/tierwise/internal/chat"
	. "github.com/tierwise/tierwise/internal/gate/gatetest"
	"github.com/tierwise/tierwise/internal/localchat"
	"github.com/tierwise/tierwise/internal/money"
	"github.com/tierwise/tierwise/internal/settings"
	"github.com/tierwise/tierwise/usage"
)

func TestConfigShowsWhatDiffersAndExplainShowsAll(t *testing.T) {
	in(t, func(t *testing.T) {
		h := New(t)
		m := h.Ask(Anna, In(Empty), "ai-config", "")
		wants(t, m, "Everything here is as it comes", "/ai-config explain")
		h.Set(Empty, "tone", "formal")
		m = h.Ask(Anna, In(Empty), "ai-config", "")
		wants(t, m, "set differently here")
		if rows := m.Post.Table.Rows; len(rows) != 1 || !slices.Equal(rows[0], []string{"tone", "formal", "channel"}) {
			t.Errorf("rows %v", rows)
		}
		if got := h.Ask(Anna, In(Empty), "ai-config", "explain"); len(got.Post.Table.Rows) != len(settings.Registry()) {
			t.Errorf("explain shows %d of %d", len(got.Post.Table.Rows), len(settings.Registry()))
		}
	})
}

func TestAChangeIsAnnouncedAndJournalled(t *testing.T) {
	in(t, func(t *testing.T) {
		h := New(t)
		h.Ask(Ada, In(General), "ai-config", "set channel labels bug: @everyone look; idea: new because the team <!channel> asked")
		sees(t, h, In(General), Ben, "ada changed **labels** for this channel")
		for _, m := range h.Posts(In(General), Ben) {
			if strings.Contains(m.Post.Text, "@everyone") || strings.Contains(m.Post.Text, "<!channel>") {
				t.Errorf("an announcement pings: %s", m.Post.Text)
			}
		}
		time.Sleep(time.Second)
		wants(t, h.Ask(Ada, In(General), "ai-config", "set workspace reports.channel #empty"), "`not set` → `#empty`")
		h.Ask(Ada, In(Secret), "ai-config", "set channel tone formal")
		sees(t, h, In(Empty), Ben, "ada changed **tone** for a private conversation")
		m := h.Ask(Fin, In(General), "ai-config", "journal")
		if rows := m.Post.Table.Rows; len(rows) != 3 || rows[0][1] != "ada (admin)" || !strings.Contains(rows[2][5], "asked") {
			t.Errorf("journal %v", rows)
		}
	})
}

func TestListsOfPeopleAreWrittenAsPeople(t *testing.T) {
	in(t, func(t *testing.T) {
		h := New(t)
		wants(t, h.Ask(Ada, In(General), "ai-config", "set finance <@u-ben>, controllers"), "→ `ben, controllers`")
		time.Sleep(2 * time.Second)
		wants(t, h.Ask(Ben, In(General), "ai-spend", ""), "Workspace: ")
		wants(t, h.Ask(Ada, In(General), "ai-config", "set finance @nobody"), "I don't know a person")
		wants(t, h.Ask(Ada, In(General), "ai-config", "set workspace reports.channel #nowhere"), "I don't know a channel")
		wants(t, h.Ask(Ada, In(General), "ai-config", "set workspace reports.channel nobot"), "both have to be in")
	})
}

func TestTheFormsOfConfig(t *testing.T) {
	in(t, func(t *testing.T) {
		h := New(t)
		m := h.Ask(Anna, In(General), "ai-config", "")
		form := h.Press(Anna, m, "My preferences")
		if form.Form == nil || len(form.Form.Fields) > 5 || len(form.Form.Title) > 24 {
			t.Fatalf("form %+v", form.Form)
		}
		fields := map[string]string{}
		for _, f := range form.Form.Fields {
			fields[f.ID] = f.Value
		}
		fields["length"], fields["footer"] = "short", "off"
		h.Submit(Anna, form, fields)
		sees(t, h, In(General), Anna, "**length** for the person: `not set` → `short`")
		s, err := h.Settings.Resolve(t.Context(), In(General), chat.Channel{}, h.ID(Anna))
		if err != nil || s.Length() != "short" || s.Footer() != settings.FooterOff || s.Origin("language") != "default" {
			t.Errorf("length %s, footer %s, language from %s: %v", s.Length(), s.Footer(), s.Origin("language"), err)
		}
		form = h.Press(Anna, m, "This channel")
		h.Submit(Anna, form, map[string]string{"ceiling": "economy", "tone": "formal"})
		sees(t, h, In(General), Anna, "Only an admin can change ceiling")
		h.Press(Ada, h.Ask(Ada, In(General), "ai-config", ""), "This channel")
		h.Submit(Ada, form, map[string]string{"ceiling": "economy", "tone": "formal"})
		sees(t, h, In(General), Ben, "ada changed **tone**")
	})
}

func TestLimitsAreSetByNameAndUnderTheOperatorsCap(t *testing.T) {
	in(t, func(t *testing.T) {
		h := New(t, capAt(3*money.USD))
		other := chat.Place{Platform: chat.Console, Workspace: "other", Channel: General}
		ask := func(at chat.Place, text string) localchat.Message {
			t.Helper()
			h.Command(Ada, at, "ai-config", text)
			return h.Last(at, Ada)
		}
		// What everybody reads of it and what she reads alone come in any order.
		ask(In(General), "budget workspace day 1.50")
		sees(t, h, In(General), Ada, "was $2.00 (then lower tier); it is $1.50 (then lower tier)")
		wants(t, ask(other, "budget workspace day 2"), "operator's cap", "this would make $3.50")
		ask(other, "budget workspace day 1.50")
		sees(t, h, other, Ada, "it is $1.50")
		wants(t, h.Ask(Ada, In(General), "ai-config", "budget channel #read day 0.10 refuse"), "#read", "is $0.10 (then refuse)")
		wants(t, h.Ask(Ada, In(General), "ai-config", "budget person <@u-ben> day 0.20"), "Ben"[1:], "is $0.20")
		wants(t, h.Ask(Ada, In(General), "ai-config", "budget team nowhere day 1"), "I don't know a team")
		wants(t, h.Ask(Ada, In(General), "ai-config", "budget workflow asc day 1"), "Did you mean ask?")
		sees(t, h, In(General), Olga, "ada changed the limit for one person per day")
		if i := slices.IndexFunc(limits(h), func(l usage.Limit) bool { return l.Scope == usage.User && l.ID == h.ID(Ben) }); i < 0 {
			t.Error("Ben has no limit of his own")
		}
	})
}
