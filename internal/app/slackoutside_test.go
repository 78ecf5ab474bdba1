package app

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tierwise/tierwise/bots/slack/slacktest"
	"github.com/tierwise/tierwise/internal/clock"
	"github.com/tierwise/tierwise/usage"
)

// outsideStory is a workspace where ana has an answer and a draft with buttons,
// and a thread that follows her, before something about her or the channel
// turns out to be of outside.
type outsideStory struct {
	*testing.T
	now    *clock.Manual
	fake   *slacktest.Fake
	house  *House
	store  Store
	ana    *slacktest.Person
	root   string // of the thread in C1
	answer slacktest.Seen
	draft  slacktest.Seen
}

func newOutsideStory(t *testing.T, turn func(*slacktest.Fake, *clock.Manual)) *outsideStory {
	t.Helper()
	now := clock.NewManual(time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC))
	s := &outsideStory{T: t, now: now}
	s.fake, s.house, s.store = slackHouseAt(t, now)
	s.fake.AddChannel(slacktest.Channel{ID: "G1", Team: "T1", Name: "mpdm-ana--ben-1", Kind: slacktest.MPIM, Members: []string{"U1", "U2", s.fake.Bot("T1").ID}})
	s.ana = s.fake.User("U1")
	s.root = s.fake.Seed("C1", "", "U2", "The export fails since this morning. We move the release to Friday.")
	s.ana.MentionIn("C1", s.root, "summarize this")
	idle(t, s.house)
	s.answer = s.ana.Last("C1", s.root)
	s.ana.Command("/draft", "tell everybody that the release moves to Friday", "C1")
	idle(t, s.house)
	s.draft = s.ana.Last("C1", "")
	if len(s.answer.Controls) < 3 || len(s.draft.Controls) < 3 {
		t.Fatalf("the answer has %q, the draft %q", labels(s.answer), labels(s.draft))
	}
	turn(s.fake, now)
	return s
}

// seen is everything that ben can see, which is what everybody can.
func (s *outsideStory) seen() int {
	ben := s.fake.User("U2")
	n := len(ben.See("C1", "")) + len(ben.See("G1", ""))
	for _, m := range ben.See("C1", "") {
		n += len(ben.See("C1", m.TS))
	}
	return n
}

// told is what ana alone was told, all of it: messages, forms, her page.
func (s *outsideStory) told() string {
	var all strings.Builder
	note := func(seen []slacktest.Seen) {
		for _, m := range seen {
			if m.Private {
				all.WriteString(m.Text + "\n")
			}
		}
	}
	for _, c := range []string{"C1", "G1"} {
		note(s.ana.See(c, ""))
		for _, m := range s.ana.See(c, "") {
			note(s.ana.See(c, m.TS))
		}
	}
	for _, v := range s.ana.Forms() {
		all.WriteString(v.Text + "\n")
	}
	return all.String()
}

func (s *outsideStory) entries() int64 {
	s.Helper()
	proof, err := usage.Verify(s.Context(), s.store, "slack/T1")
	if err != nil || proof.Held != 0 {
		s.Fatalf("books %+v, %v", proof, err)
	}
	return int64(proof.Entries)
}

// press presses a control, whatever it is.
func press(p *slacktest.Person, at slacktest.Seen, c slacktest.Control) {
	if c.Type == "overflow" {
		p.Choose(at.Ref, c.ActionID, c.Value)
		return
	}
	p.Press(at.Ref, c.ActionID)
}

// ways are all ways in, by what they add that everybody sees: ana's own message.
func (s *outsideStory) ways() map[string]func() (own int) {
	silent := func(do func()) func() int { return func() int { do(); return 0 } }
	at := slacktest.Ref{Channel: "C1", TS: s.root}
	all := map[string]func() int{
		"a mention":             func() int { s.ana.Mention("C1", "what was decided?"); return 2 },
		"a mention in a thread": func() int { s.ana.MentionIn("C1", s.root, "what was decided?"); return 1 },
		"a follow-up":           func() int { s.ana.Reply("C1", s.root, "and who tells the customers?"); return 1 },
		"a file": func() int {
			s.ana.Upload("C1", s.root, "plan.txt", "<@"+s.fake.Bot("T1").ID+"> summarize this", []byte("text"))
			return 1
		},
		"a group message": func() int { s.ana.Mention("G1", "what was decided?"); return 1 },
		"an edit": func() int {
			d := s.ana.Reply("C1", "", "hello")
			s.ana.Edit(slacktest.Ref{Channel: "C1", TS: d.Message.TS}, "<@"+s.fake.Bot("T1").ID+"> hello")
			return 2
		},
		"/summarize":             silent(func() { s.ana.Command("/summarize", "24h", "C1") }),
		"/draft":                 silent(func() { s.ana.Command("/draft", "say hello", "C1") }),
		"/classify":              silent(func() { s.ana.Command("/classify", "it is broken", "C1") }),
		"/ai-spend":              silent(func() { s.ana.Command("/ai-spend", "channel", "C1") }),
		"/ai-config":             silent(func() { s.ana.Command("/ai-config", "get", "C1") }),
		"the shortcut summarize": silent(func() { s.ana.Shortcut(at, "summarize") }),
		"the shortcut draft":     silent(func() { s.ana.Shortcut(at, "draft") }),
		"the shortcut classify":  silent(func() { s.ana.Shortcut(at, "classify") }),
	}
	for i, c := range s.answer.Controls {
		all[fmt.Sprintf("%d: %s under the answer", i, c.Label)] = silent(func() { press(s.ana, s.answer, c) })
	}
	for i, c := range s.draft.Controls {
		all[fmt.Sprintf("%d: %s under the draft", i, c.Label)] = silent(func() { press(s.ana, s.draft, c) })
	}
	return all
}

// TestSlackOutsideIsOffByEveryWay: in a channel that is shared with another
// organisation or of which that is not known, and for guests, strangers and
// people who cannot be looked up, nothing is posted, nothing is read and nothing
// is spent, whichever way they come; they alone are told.
func TestSlackOutsideIsOffByEveryWay(t *testing.T) {
	shared := func(change func(*slacktest.Channel)) func(*slacktest.Fake, *clock.Manual) {
		return func(f *slacktest.Fake, _ *clock.Manual) {
			f.ChangeChannel("C1", change)
			f.ChangeChannel("G1", change)
			for _, c := range []string{"C1", "G1"} {
				f.Event("T1", map[string]any{"type": "channel_shared", "connected_team_id": "T2", "channel": c, "event_ts": "1764000000.000100"})
			}
		}
	}
	person := func(change func(*slacktest.User)) func(*slacktest.Fake, *clock.Manual) {
		return func(f *slacktest.Fake, _ *clock.Manual) {
			f.ChangeUser("U1", change)
			f.Event("T1", map[string]any{"type": "user_change", "user": map[string]any{"id": "U1"}})
		}
	}
	fails := func(method string) func(*slacktest.Fake, *clock.Manual) {
		return func(f *slacktest.Fake, now *clock.Manual) {
			now.Advance(6 * time.Minute) // nothing is remembered
			f.Fail(method, -1, slacktest.Code("internal_error"))
		}
	}
	const channel, members, guests = "shared with another organisation", "only answer members", "Guests cannot use me"
	for name, c := range map[string]struct {
		turn func(*slacktest.Fake, *clock.Manual)
		want string
	}{
		"a shared channel":                 {shared(func(c *slacktest.Channel) { c.ExtShared, c.Teams = true, []string{"T2"} }), channel},
		"a guest":                          {person(func(u *slacktest.User) { u.Guest = true }), guests},
		"a guest of one channel":           {person(func(u *slacktest.User) { u.Guest, u.SingleChannel = true, true }), guests},
		"somebody of another company":      {person(func(u *slacktest.User) { u.Stranger, u.Team = true, "T2" }), members},
		"a channel that is not described":  {fails("conversations.info"), channel},
		"a person who cannot be looked up": {fails("users.info"), members},
	} {
		t.Run(name, func(t *testing.T) {
			s := newOutsideStory(t, c.turn)
			spent := s.entries()
			for way, do := range s.ways() {
				before, told := s.seen(), strings.Count(s.told(), c.want)
				s.now.Advance(11 * time.Minute) // a refused mention is told of once in ten
				own := do()
				idle(t, s.house)
				if n := s.seen(); n != before+own {
					t.Errorf("%s: everybody sees %d more messages, %d are ana's own", way, n-before, own)
				}
				if strings.Count(s.told(), c.want) <= told {
					t.Errorf("%s: ana is not told %q; she sees\n%s", way, c.want, s.told())
				}
				if n := s.entries(); n != spent {
					t.Errorf("%s: %d calls were made", way, n-spent)
				}
			}
		})
	}
}
