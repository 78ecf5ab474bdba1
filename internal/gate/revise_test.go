package gate_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tierwise/tierwise/internal/admin"
	"github.com/tierwise/tierwise/internal/chat"
	. "github.com/tierwise/tierwise/internal/gate/gatetest"
	"github.com/tierwise/tierwise/internal/localchat"
	"github.com/tierwise/tierwise/internal/record"
	"github.com/tierwise/tierwise/internal/store/memory"
)

func TestALaterMessageChangesTheLastAnswer(t *testing.T) {
	in(t, func(t *testing.T) {
		h := New(t)
		h.Provider.Script(Eco, Turn{Text: "Ben rolls back at 15:00, says Ben."}, Turn{Text: "Ben."})
		h.Say(Anna, In(General, Thread), "@tierwise who rolls back?")
		h.Say(Ben, In(General, Thread), "@tierwise shorter")
		calls := h.Provider.Calls()
		if len(calls) != 2 || !strings.Contains(calls[1].Step.Input.Previous, "Ben rolls back at 15:00") {
			t.Fatalf("%d calls, previous %q", len(calls), calls[len(calls)-1].Step.Input.Previous)
		}
		wants(t, h.Last(In(General, Thread), Anna), "Ben.")
		h.Say(Ben, In(General, Thread), "@tierwise use a stronger model")
		calls = h.Provider.Calls()
		if last := calls[len(calls)-1]; last.Model.ID != Std {
			t.Errorf("stronger went to %s", last.Model.ID)
		}
	})
}

func TestDiscardRedoAndShorter(t *testing.T) {
	in(t, func(t *testing.T) {
		h := New(t)
		m := draft(h, "We roll back today because the login page is broken.")
		h.Provider.Script(Eco, Turn{Text: "We roll back today."})
		h.Press(Anna, m, "Shorter")
		calls := h.Provider.Calls()
		if last := calls[len(calls)-1].Step.Input; !strings.Contains(last.Previous, "because the login page") || !strings.Contains(last.Instruction, "shorter") {
			t.Errorf("shorter of %q: %q", last.Previous, last.Instruction)
		}
		h.Press(Anna, m, "Redo")
		if got := outcomes(h); len(got) != 1 || got[0] != "redone rejected" {
			t.Errorf("outcomes %v", got)
		}
		m = draft(h, "We roll back today.")
		h.Press(Anna, m, "Discard")
		now, _ := h.World.Message(Workspace, m.Ref)
		wants(t, now, "Discarded.")
		h.Press(Anna, m, "Post")
		wants(t, h.Last(In(General), Anna), "more than three days old")
	})
}

func TestWhereTheBotIsNotInvitedTheSentenceIsADraft(t *testing.T) {
	in(t, func(t *testing.T) {
		h := New(t)
		h.Command(Anna, In(NoBot), "summarize", "24h")
		if n := len(h.Posts(In(NoBot), Anna)); n != 0 {
			t.Errorf("%d posts where the bot may not speak", n)
		}
		wants(t, h.Ask(Anna, In(General), "draft", "last"), "I was not invited to that channel")
		if len(h.Entries()) != 0 {
			t.Error("something was booked")
		}
	})
}

func TestMentionsOfTheAdminRoomAreAnsweredPrivately(t *testing.T) {
	in(t, func(t *testing.T) {
		h := New(t)
		for text, want := range map[string]string{"@tierwise help": "What I can do", "@tierwise how much did we spend this week?": "AI spend, week", "@tierwise show the settings": "Everything here is as it comes"} {
			h.Say(Anna, In(General, Thread), text)
			sees(t, h, In(General, Thread), Anna, want)
		}
		if n := len(h.Posts(In(General), Ben)); n != 0 {
			t.Errorf("Ben sees %d of them", n)
		}
	})
}

func TestQuestionsAnsweredAtOnce(t *testing.T) {
	in(t, func(t *testing.T) {
		h := Build(t)
		ask := func(q chat.Question) chat.Answer {
			t.Helper()
			q.Place, q.Actor, q.Channel = In(General), chat.Actor{ID: Anna}, chat.Channel{Place: In(General), Kind: chat.PublicChannel, Shared: chat.NotShared}
			a, err := h.Door.Ask(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			return a
		}
		if a := ask(chat.Question{Kind: chat.Autocomplete, Name: "ai-spend", Value: "tr"}); len(a.Choices) != 1 || a.Choices[0].Value != "trend" {
			t.Errorf("choices %+v", a.Choices)
		}
		if a := ask(chat.Question{Kind: chat.HomeView}); a.Home == nil || !strings.Contains(a.Home.Text, "You: $0.00") {
			t.Errorf("home %+v", a.Home)
		}
		if a := ask(chat.Question{Kind: chat.OpenForm, Name: "nothing.here"}); a.Form != nil || a.Say == "" {
			t.Errorf("form %+v", a)
		}
		h.World.Strike(localchat.Lapse{Op: localchat.OpDirectory, Err: chat.ErrNotFound})
		if a := ask(chat.Question{Kind: chat.OpenForm, Name: "config.edit", Value: "workspace"}); a.Form != nil || !strings.Contains(a.Say, "only answer members") {
			t.Errorf("somebody nobody knows gets %+v", a)
		}
	})
}

// failing is a store that cannot be read.
type failing struct {
	*memory.Store
	down bool
}

func (f *failing) Get(ctx context.Context, tenant string, k record.Kind, id string) (record.Record, error) {
	if f.down {
		return record.Record{}, errors.New("store down")
	}
	return f.Store.Get(ctx, tenant, k, id)
}

func TestAStoreThatCannotBeReadSeedsNoLimits(t *testing.T) {
	in(t, func(t *testing.T) {
		h := Build(t)
		tenant := In("").Tenant()
		s := &failing{h.Store, true}
		g := admin.NewGuard(s, h.Settings, h.Policy, h.Door.Accept, nil)
		if err := g.Ensure(t.Context(), tenant); err == nil {
			t.Error("a store that is down counts as one without limits")
		}
		if l, _ := h.Store.Limits(t.Context(), tenant); len(l) != 0 {
			t.Errorf("seeded %v", l)
		}
		s.down = false
		if err := g.Ensure(t.Context(), tenant); err != nil {
			t.Fatal(err)
		}
		l, _ := h.Store.Limits(t.Context(), tenant)
		if len(l) != len(h.Policy.Limits.List()) {
			t.Errorf("limits %v", l)
		}
		if err := h.Store.SetLimits(t.Context(), tenant, nil, []string{l[0].Key()}); err != nil {
			t.Fatal(err)
		}
		if err := admin.NewGuard(s, h.Settings, h.Policy, h.Door.Accept, nil).Ensure(t.Context(), tenant); err != nil {
			t.Fatal(err)
		}
		if again, _ := h.Store.Limits(t.Context(), tenant); len(again) != len(l)-1 {
			t.Error("a limit that was removed came back with the next process")
		}
	})
}

func TestTheReportsChannelHearsRequestsWithTheirFigures(t *testing.T) {
	in(t, func(t *testing.T) {
		h := New(t)
		m := refused(h)
		h.Set("", "reports.channel", Empty)
		time.Sleep(2 * time.Second)
		form := h.Press(Anna, m, "Ask for more")
		h.Submit(Anna, form, map[string]string{"amount": "0.50"})
		sees(t, h, In(Empty), Fin, "- the channel today: $0.10 of $0.10 used")
		if slices.ContainsFunc(h.Posts(In(General), Ben), func(p localchat.Message) bool { _, ok := Button(p, "Approve"); return ok }) {
			t.Error("the request is in the conversation as well")
		}
		h.Press(Fin, h.Last(In(Empty), Fin), "Approve")
		sees(t, h, In(Empty), Ben, "fin approved $0.50 more for anna")
		sees(t, h, In(General), Ben, "Fine.")
	})
}
