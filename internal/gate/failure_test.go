package gate_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tierwise/tierwise/internal/config"
	. "github.com/tierwise/tierwise/internal/gate/gatetest"
	"github.com/tierwise/tierwise/internal/llm"
	"github.com/tierwise/tierwise/internal/localchat"
	"github.com/tierwise/tierwise/internal/token"
	"github.com/tierwise/tierwise/usage"
)

func cutOff(err error) error {
	return &llm.CutOff{Sent: true, Tokens: token.Count{Input: 100, Output: 2}, Chars: 8, Err: err}
}

func TestAFailedProviderIsReplacedByAnEqualOrHigherOne(t *testing.T) {
	cases := []struct {
		name string
		err  error
		walk bool
		say  string // when nobody else answers
	}{
		{"rate limited", &llm.RateLimited{Err: errors.New(ProviderText)}, true, "over its rate limit"},
		{"no key", Err(llm.ErrAuth), true, "refuses our key"},
		{"no credit", Err(llm.ErrQuota), true, "refuses our key"},
		{"down", Err(llm.ErrUnavailable), true, "did not give a usable answer"},
		{"unknown model", Err(llm.ErrNoModel), true, "does not know the configured model"},
		{"garbage", Err(llm.ErrBadAnswer), true, "did not give a usable answer"},
		{"too large", cutOff(llm.ErrTooLarge), true, "broke off"},
		{"cut off", cutOff(errors.New(ProviderText)), true, "broke off"},
		{"unheard of", errors.New(ProviderText), true, "did not give a usable answer"},
		{"filtered", Err(llm.ErrFiltered), false, "content filter"},
		{"refused", Err(llm.ErrBadRequest), false, "did not give a usable answer"},
		{"too long", &llm.ContextTooLong{Err: errors.New(ProviderText)}, false, "too long for the model"},
		{"empty", nil, true, "did not give a usable answer"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			in(t, func(t *testing.T) {
				h := New(t)
				h.Provider.Script(Eco, Turn{Err: c.err})
				h.Provider.Script(OtherEco, Turn{Text: "Second."})
				h.Say(Anna, In(General, Thread), "@tierwise who rolls back?")
				m := h.Last(In(General, Thread), Anna)
				rows := h.Entries()
				if !c.walk {
					wants(t, m, c.say)
					if got := h.Provider.Models(); !slices.Equal(got, []string{Eco}) || len(rows) != 1 || rows[0].Status != usage.Failed {
						t.Errorf("calls %v, rows %+v", got, rows)
					}
					return
				}
				wants(t, m, "Second.")
				if got := h.Provider.Models(); !slices.Equal(got, []string{Eco, OtherEco}) || len(rows) != 2 {
					t.Errorf("calls %v, %d rows", got, len(rows))
				}
			})
			in(t, func(t *testing.T) {
				h := New(t)
				for _, m := range []string{Eco, OtherEco, Std, Front} {
					h.Provider.Script(m, Turn{Err: c.err})
				}
				h.Say(Anna, In(General, Thread), "@tierwise who rolls back?")
				m := h.Last(In(General, Thread), Anna)
				wants(t, m, c.say)
				if len(h.Posts(In(General, Thread), Ben)) != 1 || len(h.Held()) != 0 || len(h.Entries()) != len(h.Provider.Calls()) {
					t.Errorf("%d posts, held %v, %d rows of %d calls", len(h.Posts(In(General, Thread), Ben)), h.Held(), len(h.Entries()), len(h.Provider.Calls()))
				}
			})
		})
	}
}

func TestAStandInIsNotCalledBeyondWhatWasHeld(t *testing.T) {
	in(t, func(t *testing.T) {
		h := New(t)
		h.Set("", "deny", OtherEco)
		h.Provider.Script(Eco, Turn{Err: Err(llm.ErrUnavailable)})
		h.Provider.Script(Std, Turn{Text: "It broke 4711 times since version 9.9, says Zoe in https://evil.example, and nobody knows why that is."})
		h.Say(Anna, In(General, Thread), "@tierwise summarize this")
		wants(t, h.Last(In(General, Thread), Anna), "Please check")
		if got := h.Provider.Models(); !slices.Equal(got, []string{Eco, Std}) {
			t.Errorf("calls %v", got)
		}
		for _, e := range h.Entries() {
			if e.Cost > e.Estimate || e.Estimate == 0 {
				t.Errorf("cost %s of %s held for %s", e.Cost, e.Estimate, e.ID)
			}
		}
	})
}

func TestAStreamThatBreaksKeepsWhatWasRead(t *testing.T) {
	in(t, func(t *testing.T) {
		h := New(t)
		h.Provider.Script(Eco, Turn{Text: "They roll back today and ", Each: 300 * time.Millisecond, Err: cutOff(errors.New(ProviderText))})
		h.Say(Anna, In(General, Thread), "@tierwise what is the plan?")
		wants(t, h.Last(In(General, Thread), Anna), "They roll back today and", "broke off here")
		rows := h.Entries()
		if len(rows) != 1 || rows[0].Status != usage.Failed || rows[0].Source != usage.Estimated || rows[0].Cost == 0 {
			t.Errorf("rows %+v", rows)
		}
	})
}

func TestChecksAreRepairedAndEscalated(t *testing.T) {
	bad := "Login fails for 4711 people since version 9.9 [17]; Zoe calls https://evil.example tomorrow and everything is lost for ever."
	good := "Logins fail since version 2.4; they roll back to version 2.3 today and look for the cause tomorrow [3]. Ben does it at 15:00 [4]."
	cases := []struct {
		name           string
		eco, std       []Turn
		calls          []string
		purposes       []string
		want, mustNot  string
		escalationSaid bool
	}{
		{"first try passes", []Turn{{Text: good}}, nil, []string{Eco}, []string{"answer"}, "roll back", "Please check", false},
		{"repaired", []Turn{{Text: bad}, {Text: good}}, nil, []string{Eco, Eco}, []string{"answer", "repair"}, "roll back", "4711", false},
		{"escalated", []Turn{{Text: bad}}, []Turn{{Text: good}}, []string{Eco, Eco, Std}, []string{"answer", "repair", "escalation"}, "roll back", "4711", true},
		{"nothing helps", []Turn{{Text: bad}}, []Turn{{Text: bad}}, []string{Eco, Eco, Std}, []string{"answer", "repair", "escalation"}, "Please check", "", true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			in(t, func(t *testing.T) {
				h := New(t)
				h.Provider.Script(Eco, c.eco...)
				h.Provider.Script(Std, c.std...)
				h.Say(Anna, In(General, Thread), "@tierwise summarize this")
				m := h.Last(In(General, Thread), Anna)
				wants(t, m, c.want)
				if c.mustNot != "" && strings.Contains(m.Post.Text, c.mustNot) {
					t.Errorf("%q is still there: %s", c.mustNot, m.Post.Text)
				}
				var purposes []string
				for _, e := range h.Entries() {
					purposes = append(purposes, e.Purpose)
				}
				if got := h.Provider.Models(); !slices.Equal(got, c.calls) || !slices.Equal(purposes, c.purposes) {
					t.Errorf("calls %v booked as %v", got, purposes)
				}
				h.Press(Anna, m, "Why")
				why := h.Last(In(General, Thread), Anna)
				if got := strings.Contains(why.Post.Text, "A check failed"); got != c.escalationSaid {
					t.Errorf("escalation said %v: %s", got, why.Post.Text)
				}
			})
		})
	}
}

func TestVotesOnALabel(t *testing.T) {
	label := func(l string) Turn {
		return Turn{Text: `{"label":"` + l + `","first":"` + l + `","second":"other","confidence":80}`}
	}
	cases := []struct {
		name  string
		eco   []Turn
		std   []Turn
		calls []string
		want  string
	}{
		{"agree", []Turn{label("bug"), label("bug")}, nil, []string{Eco, Eco}, "**bug**"},
		{"disagree, one tier up decides", []Turn{label("bug"), label("question")}, []Turn{label("request")}, []string{Eco, Eco, Std}, "**request**"},
		{"one cannot be read", []Turn{{Text: "no idea at all"}, label("bug")}, []Turn{label("bug")}, []string{Eco, Eco, Std}, "**bug**"},
		{"none can be read", []Turn{{Text: "hm"}}, []Turn{{Text: "hm"}}, []string{Eco, Eco, Std}, "not one of the labels"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			in(t, func(t *testing.T) {
				h := New(t)
				h.Provider.Script(Eco, c.eco...)
				h.Provider.Script(Std, c.std...)
				m := h.Ask(Anna, In(General), "classify", "the page crashes")
				wants(t, m, c.want)
				if got := h.Provider.Models(); !slices.Equal(got, c.calls) {
					t.Errorf("calls %v", got)
				}
			})
		})
	}
}

func TestACorrectedLabelIsAnOutcomeWhateverItsLength(t *testing.T) {
	long := strings.Repeat("ä", 50)
	in(t, func(t *testing.T) {
		h := New(t)
		h.Provider.Script(Eco, Turn{Text: `{"label":"bug","first":"bug","second":"bug","confidence":80}`})
		m := h.Ask(Anna, In(General), "classify", "the page crashes --labels bug,"+long)
		b, ok := Button(m, "It is: ä")
		if !ok || len(b.Value) > 80 || len([]rune(b.Label)) > 75 {
			t.Fatalf("button %+v", b)
		}
		h.Press(Anna, m, "It is: ä")
		wants(t, h.Last(In(General), Anna), "Noted", long)
		if got := outcomes(h); !slices.Equal(got, []string{"corrected rejected"}) {
			t.Errorf("outcomes %v", got)
		}
	})
}

func TestStopMidStream(t *testing.T) {
	in(t, func(t *testing.T) {
		h := New(t)
		h.Provider.Script(Eco, Turn{Text: strings.Repeat("word ", 60), Each: 200 * time.Millisecond})
		if _, err := h.Desk.Say(t.Context(), Anna, In(General, Thread), "@tierwise what is the plan?"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(4 * time.Second)
		live := h.Last(In(General, Thread), Anna)
		wants(t, live, "word word")
		press(h, Ben, live)
		time.Sleep(2 * time.Second)
		wants(t, h.Last(In(General, Thread), Ben), "Only the person who asked")
		press(h, Anna, live)
		h.Idle()
		m, ok := h.World.Message(Workspace, live.Ref)
		if !ok {
			t.Fatal("the post is gone")
		}
		wants(t, m, "word word", "Stopped.")
		rows := h.Entries()
		if len(rows) != 1 || rows[0].Status != usage.Cancelled || rows[0].Source != usage.Estimated || rows[0].Tokens.Output < 10 || rows[0].Tokens.Output > 50 || rows[0].Cost == 0 {
			t.Errorf("rows %+v", rows)
		}
		if len(h.Held()) != 0 {
			t.Errorf("held %+v", h.Held())
		}
	})
}

func TestThePlatformsOwnStopButton(t *testing.T) {
	for _, text := range []string{"@tierwise what is the plan?", "@tierwise summarize this"} {
		in(t, func(t *testing.T) {
			h := New(t)
			h.Provider.Script(Eco, Turn{Text: strings.Repeat("word ", 200), Each: 200 * time.Millisecond})
			if _, err := h.Desk.Say(t.Context(), Anna, In(General, Thread), text); err != nil {
				t.Fatal(err)
			}
			time.Sleep(4 * time.Second)
			live := h.Last(In(General, Thread), Anna)
			if err := h.Desk.Stop(t.Context(), Anna, Workspace, live.Ref); err != nil {
				t.Fatal(err)
			}
			begun := time.Now()
			h.Idle()
			m, _ := h.World.Message(Workspace, live.Ref)
			wants(t, m, "Stopped.")
			if rows := h.Entries(); len(rows) != 1 || rows[0].Status != usage.Cancelled || rows[0].Source != usage.Estimated || time.Since(begun) > 3*time.Second {
				t.Errorf("after %s: %+v", time.Since(begun), rows)
			}
		})
	}
}

// press presses Stop and does not wait.
func press(h *House, who string, m localchat.Message) {
	h.T.Helper()
	b, ok := Button(m, "Stop")
	if !ok {
		h.T.Fatalf("no Stop under %+v", m.Post)
	}
	if _, err := h.Desk.Press(h.T.Context(), who, Workspace, m.Ref, b); err != nil {
		h.T.Fatal(err)
	}
}

func TestASlowPlatformDoesNotDelayTheStream(t *testing.T) {
	in(t, func(t *testing.T) {
		h := New(t)
		h.World.Strike(localchat.Slow(localchat.OpPut, 5*time.Second))
		h.World.Strike(localchat.Slow(localchat.OpAppend, 5*time.Second))
		h.Provider.Script(Eco, Turn{Text: strings.Repeat("word ", 10), Each: 100 * time.Millisecond})
		begun := time.Now()
		h.Say(Anna, In(General, Thread), "@tierwise what is the plan?")
		wants(t, h.Last(In(General, Thread), Anna), "word word")
		// The stream takes one second beside the placeholder's five; the final
		// post takes five more, and a live one may have been under way.
		if took := time.Since(begun); took > 16*time.Second {
			t.Errorf("it took %s", took)
		}
		if len(h.Posts(In(General, Thread), Anna)) != 1 {
			t.Error("more than one post")
		}
	})
}

func TestALimitedAnswerAndAnUnknownWorkflow(t *testing.T) {
	in(t, func(t *testing.T) {
		h := New(t, func(p *config.Policy) {
			p.Workflows = map[string]config.Workflow{"triage": {Title: "Triage", Owner: Olga, Intent: "classify"}}
		})
		h.Say(Anna, In(General, Thread), "@tierwise who rolls back? --for triag@everyone")
		m := h.Last(In(General, Thread), Anna)
		wants(t, m, "There is no workflow", "booked to ask")
		if strings.Contains(m.Post.Text, "@everyone") {
			t.Errorf("a mention is live: %s", m.Post.Text)
		}
		h.Say(Anna, In(General, Thread), "@tierwise who rolls back? --for triagee")
		wants(t, h.Last(In(General, Thread), Anna), "Did you mean --for triage?")
		h.Say(Anna, In(General, Thread), "@tierwise who rolls back? --for triage")
		rows := h.Entries()
		if rows[0].Workflow != "ask" || rows[2].Workflow != "triage" {
			t.Errorf("booked to %s, %s", rows[0].Workflow, rows[2].Workflow)
		}
	})
}
