package slack

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/tierwise/tierwise/bots/bottest"
	"github.com/tierwise/tierwise/bots/slack/slacktest"
	"github.com/tierwise/tierwise/internal/chat"
)

// TestFifteenMessagesAreSaid: an app outside the Marketplace reads little and
// does not claim more.
func TestFifteenMessagesAreSaid(t *testing.T) {
	door := bottest.NewRecorder()
	w := open(t, door)
	root := w.Seed("C1", "", "U1", "root")
	for i := range 40 {
		w.Seed("C1", root, "U2", fmt.Sprint(i))
	}
	w.Behave(slacktest.Behaviour{NonMarketplace: true})
	r, err := w.adapter.Opener().OpenPlace(t.Context(), place("C1", root))
	if err != nil {
		t.Fatal(err)
	}
	h, err := r.History(t.Context(), chat.HistoryQuery{Place: place("C1", root)})
	if err != nil {
		t.Fatal(err)
	}
	if h.Coverage.Complete() || h.Coverage.Read != 15 || h.Coverage.Total != 41 || !strings.Contains(h.Coverage.Why, "15") {
		t.Errorf("coverage %+v", h.Coverage)
	}
}

// TestNamesStandForIds in everything that is read.
func TestNamesStandForIds(t *testing.T) {
	w, _, _ := asked(t)
	for in, want := range map[string]string{
		"<@U2> and <@U2|ben>":                     "@ben and @ben",
		"<@U99999> left":                          "@someone left",
		"see <#C2> and <#C2|support>":             "see #support and #support",
		"<!subteam^S1> please":                    "@finance please",
		"<!here> <!channel|@channel>":             "@here @channel",
		"<!date^1795510800^{date}|today>":         "2026-11-24 09:00 UTC",
		"<https://x.io/a|the page>":               "the page (https://x.io/a)",
		"<https://x.io/a> <http://x.io|x.io>":     "https://x.io/a http://x.io",
		"<mailto:a@b.io|a@b.io>":                  "a@b.io",
		"a &lt; b &amp;&amp; c &gt; d":            "a < b && c > d",
		"&amp;lt;!channel&amp;gt; stays harmless": "&lt;!channel&gt; stays harmless",
	} {
		if got := w.adapter.names.readable(t.Context(), "T1", in, ""); got != want {
			t.Errorf("%q reads %q, want %q", in, got, want)
		}
	}
	w.ChangeUser("U2", func(u *slacktest.User) { u.RealName = "<!channel>\nben `x`" })
	w.Event("T1", map[string]any{"type": "user_change", "user": map[string]any{"id": "U2"}})
	if got := w.adapter.names.readable(t.Context(), "T1", "<@U2>", ""); strings.ContainsAny(got, "<>\n`") {
		t.Errorf("a name carries markup: %q", got)
	}
}

// TestTheDirectoryKnowsWhoMayDoWhat, by flags and by membership.
func TestTheDirectoryKnowsWhoMayDoWhat(t *testing.T) {
	w, _, _ := asked(t)
	d := w.adapter.Opener().Directory()
	for id, want := range map[string]chat.Actor{
		"U1": {ID: "U1", Name: "ana", Locale: "en-US"}, "U3": {ID: "U3", Name: "cleo", Admin: true, Locale: "en-US"},
		"U4": {ID: "U4", Name: "dan", Admin: true, Groups: []string{"S1"}, Locale: "en-US"}, "U5": {ID: "U5", Name: "eva", Guest: true, Locale: "en-US"},
		"U7": {ID: "U7", Name: "gil", External: true, Locale: "en-US"},
	} {
		got, err := d.Actor(t.Context(), "T1", id)
		if err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s is %+v, %v, want %+v", id, got, err, want)
		}
	}
	for _, c := range []struct {
		channel, who string
		read, write  bool
	}{{"C1", "U1", true, true}, {"C2", "U4", true, false}, {"C2", "U5", false, false}, {"C3", "U1", false, false}, {"C3", "U3", true, true}, {"C4", "U7", true, true}, {"C1", "U7", false, false}} {
		got, err := d.Access(t.Context(), place(c.channel, ""), c.who)
		if err != nil || got.Read != c.read || got.Write != c.write {
			t.Errorf("%s in %s may read %v, write %v, %v", c.who, c.channel, got.Read, got.Write, err)
		}
	}
	root := w.Seed("C2", "", "U1", "root")
	reply := w.Seed("C2", root, "U2", "reply")
	link := func(ts string) string {
		return "https://acme.slack.com/archives/C2/p" + strings.Replace(ts, ".", "", 1)
	}
	for what, want := range map[string]chat.Place{
		"#support": place("C2", ""), "support": place("C2", ""), "<#C2|support>": place("C2", ""), "C2": place("C2", ""), link(root): place("C2", root),
		link(reply): place("C2", root), "<" + link(reply) + "?thread_ts=" + root + "&amp;cid=C2>": place("C2", root),
	} {
		if got, err := d.Resolve(t.Context(), "T1", what); err != nil || got != want {
			t.Errorf("%q is %v, %v, want %v", what, got, err, want)
		}
	}
	for _, what := range []string{"https://evil.example/archives/C2/p1795510800000000", "CNOTHERE", "#nope", "", "two words"} {
		if _, err := d.Resolve(t.Context(), "T1", what); !errors.Is(err, chat.ErrNotFound) {
			t.Errorf("%q gave %v", what, err)
		}
	}
}

// TestTheCheckupNamesWhatIsMissing, feature by feature.
func TestTheCheckupNamesWhatIsMissing(t *testing.T) {
	w := open(t, bottest.NewRecorder())
	w.Grant("T1", Scopes(Options{Minimal: true})...)
	got, err := w.adapter.Checkup(t.Context(), "")
	if err != nil || got.Team != "T1" || got.Bot != w.Bot("T1").ID {
		t.Fatalf("checkup %+v, %v", got, err)
	}
	if len(got.Missing) == 0 {
		t.Error("nothing is missing of the smallest manifest")
	}
	for _, m := range got.Missing {
		if m.Minimal {
			t.Errorf("the smallest manifest lacks %q for %q", m.Scopes, m.Feature)
		}
	}
	w.Grant("T1", Scopes(Options{})...)
	if got, err := w.adapter.Checkup(t.Context(), ""); err != nil || len(got.Missing) != 0 {
		t.Errorf("the whole manifest: %+v, %v", got, err)
	}
}

// TestTheScopesSuffice: the conformance suite's calls pass with the scopes and
// methods the manifest asks for, and nothing else is called.
func TestTheScopesSuffice(t *testing.T) {
	methods := map[string]bool{}
	for _, f := range Features() {
		for _, m := range f.methods {
			methods[string(m)] = true
		}
	}
	bottest.Run(t, func(t *testing.T, door chat.Door) bottest.Harness {
		w := open(t, door)
		w.Grant("T1", Scopes(Options{})...)
		t.Cleanup(func() {
			for _, c := range w.Requests("") {
				if c.Error == "missing_scope" || c.Method != "response_url" && !methods[c.Method] {
					t.Errorf("%s: %s", c.Method, c.Error)
				}
			}
		})
		return harness(t, w)
	})
}

// TestWhatSlackDoesNotSayIsOutside: a channel of which it is not said that it is
// not shared counts as shared until that is known, and a person of whom no team
// is said is of none of ours.
func TestWhatSlackDoesNotSayIsOutside(t *testing.T) {
	for raw, want := range map[string]chat.Shared{
		`{"id":"C1","is_channel":true,"is_ext_shared":false}`:                                       chat.NotShared,
		`{"id":"C1","is_channel":true,"is_ext_shared":false,"is_shared":true,"is_org_shared":true}`: chat.NotShared,
		`{"id":"D1","is_im":true}`:                                                                   chat.NotShared,
		`{"id":"C1","is_channel":true}`:                                                              chat.SharedUnknown,
		`{"id":"G1","is_mpim":true}`:                                                                 chat.SharedUnknown,
		`{"id":"C1","is_channel":true,"is_ext_shared":null}`:                                         chat.SharedUnknown,
		`{"id":"C1","is_channel":true,"is_ext_shared":true}`:                                         chat.WithOutsiders,
		`{"id":"C1","is_channel":true,"is_ext_shared":false,"is_pending_ext_shared":true}`:           chat.WithOutsiders,
		`{"id":"C1","is_channel":true,"is_ext_shared":false,"is_shared":true,"is_org_shared":false}`: chat.WithOutsiders,
		`{"id":"C1","is_channel":true,"is_shared":true}`:                                             chat.WithOutsiders,
	} {
		var c conversation
		if err := json.Unmarshal([]byte(raw), &c); err != nil || c.channel("T1").Shared != want {
			t.Errorf("%s is %q, %v, want %q", raw, c.channel("T1").Shared, err, want)
		}
	}
	for raw, external := range map[string]bool{
		`{"id":"U1","team_id":"T1"}`: false, `{"id":"U1","team_id":"E1","enterprise_user":{"teams":["T1"]}}`: false,
		`{"id":"U1"}`: true, `{"id":"U1","team_id":"T2"}`: true, `{"id":"U1","team_id":"T1","is_stranger":true}`: true,
	} {
		var u user
		if err := json.Unmarshal([]byte(raw), &u); err != nil || u.actor("T1").External != external {
			t.Errorf("%s is external %v, %v", raw, u.actor("T1").External, err)
		}
	}
}

// TestTheEventsWordCountsWhereTheLookUpSaysNothing: Slack says with each event
// whether its channel is shared; a look-up that leaves it out takes nothing back,
// and one that says more is believed.
func TestTheEventsWordCountsWhereTheLookUpSaysNothing(t *testing.T) {
	w, _, _ := asked(t)
	for _, c := range []struct {
		event, found string
		want         chat.Shared
	}{
		{`{"team_id":"T1","is_ext_shared_channel":false}`, `{"id":"C8","name":"ops","is_channel":true}`, chat.NotShared},
		{`{"team_id":"T1"}`, `{"id":"C8","name":"ops","is_channel":true}`, chat.SharedUnknown},
		{`{"team_id":"T1","is_ext_shared_channel":true}`, `{"id":"C8","name":"ops","is_channel":true,"is_ext_shared":false}`, chat.WithOutsiders},
		{`{"team_id":"T1","is_ext_shared_channel":false}`, `{"id":"C8","name":"ops","is_channel":true,"is_shared":true}`, chat.WithOutsiders},
		{`{"team_id":"T1","is_ext_shared_channel":false}`, ``, chat.SharedUnknown}, // no look-up
	} {
		w.adapter.names.channels.drop("T1/C8")
		if c.found != "" {
			var known conversation
			if err := json.Unmarshal([]byte(c.found), &known); err != nil {
				t.Fatal(err)
			}
			w.adapter.names.channels.put("T1/C8", known)
		}
		var e envelope
		if err := json.Unmarshal([]byte(c.event), &e); err != nil {
			t.Fatal(err)
		}
		if got := w.adapter.channelOf(t.Context(), e, inner{Channel: "C8", ChannelType: "channel"}); got.Shared != c.want {
			t.Errorf("%s with %s is %q, want %q", c.event, c.found, got.Shared, c.want)
		}
	}
}
