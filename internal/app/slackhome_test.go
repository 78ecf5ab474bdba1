package app

import (
	"strings"
	"testing"
	"time"

	"github.com/tierwise/tierwise/bots/slack/slacktest"
	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/clock"
	"github.com/tierwise/tierwise/internal/journal"
	"github.com/tierwise/tierwise/internal/money"
	"github.com/tierwise/tierwise/usage"
)

// acme is the sample workspace of the fake.
var acme = chat.Place{Platform: chat.Slack, Workspace: "T1"}

// idle waits until the house has nothing to do.
func idle(t *testing.T, h *House) {
	t.Helper()
	if err := h.Idle(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// homeOf opens a person's page.
func homeOf(t *testing.T, p *slacktest.Person) slacktest.View {
	t.Helper()
	if d := p.OpenHome(); !d.Acked {
		t.Fatal("opening the page was not acknowledged")
	}
	v, ok := p.Home()
	if !ok {
		t.Fatal("there is no page")
	}
	return v
}

// onHome presses a button on a person's page and returns the page afterwards.
func onHome(t *testing.T, h *House, p *slacktest.Person, label string) slacktest.View {
	t.Helper()
	v, _ := p.Home()
	if d := p.PressView(v, label); !d.Acked {
		t.Fatalf("%q was not acknowledged", label)
	}
	idle(t, h)
	v, _ = p.Home()
	return v
}

// fill opens a form with a button of the page and hands it in.
func fill(t *testing.T, h *House, p *slacktest.Person, label string, fields map[string]string) slacktest.View {
	t.Helper()
	home, _ := p.Home()
	p.PressView(home, label)
	form, ok := p.View()
	if !ok {
		t.Fatalf("%q opened no form", label)
	}
	if d := p.Submit(form, fields); !d.Acked {
		t.Fatalf("%q was not taken", form.Title)
	}
	idle(t, h)
	home, _ = p.Home()
	return home
}

func has(t *testing.T, what, text string, all ...string) {
	t.Helper()
	for _, want := range all {
		if !strings.Contains(text, want) {
			t.Errorf("%s: %q is missing in\n%s", what, want, text)
		}
	}
}

func hasNot(t *testing.T, what, text string, none ...string) {
	t.Helper()
	for _, not := range none {
		if strings.Contains(text, not) {
			t.Errorf("%s: %q is in\n%s", what, not, text)
		}
	}
}

// TestSlackSetUpInFiveSteps: an admin's first opening offers five steps, each
// with what holds already and a way to skip; they make ordinary settings and
// limits with entries in the journal, and are gone when they are through.
func TestSlackSetUpInFiveSteps(t *testing.T) {
	fake, h, store := slackHouse(t)
	admin, member := fake.User("U3"), fake.User("U1")
	hasNot(t, "a member's page", homeOf(t, member).Text, "Set up")
	home := homeOf(t, admin)
	has(t, "the first opening", home.Text, "step 1 of 5", "Owners and finance", "Budget", "Channels", "Private chats", "Reports")

	home = fill(t, h, admin, "Owners and finance …", map[string]string{"finance": "U2", "owner.channel": "#support", "owner": "U1"})
	has(t, "after the first step", home.Text, "step 2 of 5", "✓ Owners and finance")

	admin.PressView(home, "Budget …")
	form, _ := admin.View()
	has(t, "the form of the budget", form.Text, "dollars a month")
	admin.Submit(form, map[string]string{"limit.workspace.month": "lots"})
	if form, _ = admin.View(); form.Errors["limit.workspace.month"] == "" {
		t.Error("an amount that is none was taken")
	}
	admin.Submit(form, map[string]string{"limit.workspace.month": "30"})
	idle(t, h)
	home, _ = admin.Home()
	has(t, "after the budget", home.Text, "step 3 of 5", "of $30")

	home = onHome(t, h, admin, "Skip")
	has(t, "after skipping", home.Text, "step 4 of 5", "✓ Channels")
	home = fill(t, h, admin, "Private chats …", map[string]string{"private_class": "restricted"})
	has(t, "after the data class", home.Text, "step 5 of 5")
	home = fill(t, h, admin, "Reports …", map[string]string{"reports.channel": "#support"})
	hasNot(t, "after the last step", home.Text, "Set up")
	hasNot(t, "another admin's page", homeOf(t, fake.User("U4")).Text, "Set up")

	s, err := h.Settings.Resolve(t.Context(), acme, chat.Channel{Place: acme, Kind: chat.PrivateChannel}, "")
	if err != nil || s.ReportsChannel() != "C2" || s.Class().String() != "restricted" || len(s.FinanceList()) != 1 {
		t.Errorf("reports %q, class %s, finance %v, %v", s.ReportsChannel(), s.Class(), s.FinanceList(), err)
	}
	limits, err := store.Limits(t.Context(), acme.Tenant())
	month := money.Nano(0)
	for _, l := range limits {
		if l.Scope == usage.Workspace && l.Window == usage.Month {
			month = l.Amount
		}
	}
	if err != nil || month != 30*money.USD {
		t.Errorf("the month's limit is %s, %v", month, err)
	}
	entries, err := journal.New(store, clock.System{}).List(t.Context(), acme.Tenant(), time.Time{}, 50)
	keys := map[string]bool{}
	for _, e := range entries {
		keys[e.Key] = true
	}
	for _, k := range []string{"finance", "owner", "private_class", "reports.channel"} {
		if !keys[k] {
			t.Errorf("the journal has no %s, only %v, %v", k, keys, err)
		}
	}
	has(t, "the page of finance", homeOf(t, fake.User("U2")).Text, "Workspace: $")
}

// TestSlackSetUpCanBeDismissed for all admins at once.
func TestSlackSetUpCanBeDismissed(t *testing.T) {
	fake, h, _ := slackHouse(t)
	homeOf(t, fake.User("U3"))
	hasNot(t, "after dismissing", onHome(t, h, fake.User("U3"), "Dismiss all steps").Text, "Set up")
	hasNot(t, "another admin's page", homeOf(t, fake.User("U4")).Text, "Set up")
	if n := len(fake.User("U3").See(fake.User("U3").Direct(), "")); n != 0 {
		t.Errorf("%d messages were sent about it", n)
	}
}

// TestSlackHomeKeepsDrafts: what was not sent is on the page of who asked for
// it, and of nobody else, and can be posted, changed and thrown away there.
func TestSlackHomeKeepsDrafts(t *testing.T) {
	fake, h, _ := slackHouse(t)
	ana := fake.User("U1")
	for _, say := range []string{"tell the customers that we are back at 14:00", "thank the team for the release"} {
		ana.Command("/draft", say, "C1")
		idle(t, h)
	}
	ana.Reload() // the private previews are gone
	home := homeOf(t, ana)
	has(t, "the page", home.Text, "Not sent yet", "14:00", "in #general")
	hasNot(t, "another one's page", homeOf(t, fake.User("U2")).Text, "Not sent yet")

	ana.PressView(home, "Edit")
	form, _ := ana.View()
	ana.Submit(form, map[string]string{"text": "Thank you all for 4.2."})
	idle(t, h)
	home, _ = ana.Home()
	has(t, "after editing", home.Text, "Thank you all for 4.2.")
	home = onHome(t, h, ana, "Post")
	has(t, "the channel", fake.User("U2").Last("C1", "").Text, "Thank you all for 4.2.", "by ana with Tierwise")
	hasNot(t, "after posting", home.Text, "Thank you all")
	home = onHome(t, h, ana, "Discard")
	hasNot(t, "after discarding", home.Text, "Not sent yet", "14:00")
}

// TestSlackHomePreferences: a person's own settings by a form on the page.
func TestSlackHomePreferences(t *testing.T) {
	fake, h, _ := slackHouse(t)
	ana := fake.User("U1")
	has(t, "before", homeOf(t, ana).Text, "length `normal`")
	home := fill(t, h, ana, "My preferences …", map[string]string{"length": "short", "language": "de"})
	has(t, "after", home.Text, "length `short`", "language `de`")
	hasNot(t, "a member's page", home.Text, "Workspace: $")
	for _, c := range home.Controls {
		if strings.Contains(c.Label, "Workspace") {
			t.Error("a member may open the workspace's settings")
		}
	}
}

// TestSlackDecideOnHome: a request for more waits on the page of who may
// decide, and goes on when it is approved there.
func TestSlackDecideOnHome(t *testing.T) {
	fake, h, store := slackHouse(t)
	low := usage.Limit{Scope: usage.Workspace, ID: usage.WholeWorkspace().ID, Window: usage.Month, Amount: 1, Then: usage.Refuse}
	if err := h.Guard.Ensure(t.Context(), acme.Tenant()); err != nil {
		t.Fatal(err)
	}
	if err := store.SetLimits(t.Context(), acme.Tenant(), []usage.Limit{low}, nil); err != nil {
		t.Fatal(err)
	}
	ana, admin := fake.User("U1"), fake.User("U3")
	root := fake.Seed("C1", "", "U2", "Which database do we take for the ledger?")
	ana.MentionIn("C1", root, "what are the risks of a schema migration under load?")
	idle(t, h)
	refusal := ana.Last("C1", root)
	ana.PressLabel(refusal.Ref, "Ask for more")
	form, ok := ana.View()
	if !ok {
		t.Fatalf("no form after %q", refusal.Text)
	}
	ana.Submit(form, map[string]string{"amount": "0.50", "reason": "the launch"})
	idle(t, h)
	hasNot(t, "the asker's page", homeOf(t, ana).Text, "Waiting for a decision")
	has(t, "the admin's page", homeOf(t, admin).Text, "Waiting for a decision", "ana", "$0.50", "the launch", "this month")
	home := onHome(t, h, admin, "Approve")
	hasNot(t, "after approving", home.Text, "Waiting for a decision")
	seen := ""
	for _, m := range ana.See("C1", root) {
		seen += m.Text + "\n"
		for _, c := range m.Controls {
			if c.Label == "Decline" {
				t.Error("the request still has its buttons")
			}
		}
	}
	has(t, "the thread", seen, "cleo approved $0.50 more for ana")
	hasNot(t, "the thread", seen, "Your question goes on now")
	has(t, "her direct messages", ana.Last(ana.Direct(), "").Text, "cleo approved $0.50 more. Your question goes on now.")
	has(t, "the answer", ana.Last("C1", root).Text, "simulated model")
}

// TestSlackInvited: who invites it is greeted privately, nobody else is told.
func TestSlackInvited(t *testing.T) {
	fake, h, _ := slackHouse(t)
	fake.AddChannel(slacktest.Channel{ID: "C9", Team: "T1", Name: "launch", Members: []string{"U1", "U2"}})
	fake.User("U1").Invite("C9", fake.Bot("T1").ID)
	idle(t, h)
	got := fake.User("U1").Last("C9", "")
	if !got.Private {
		t.Error("the greeting is not private")
	}
	has(t, "the greeting", got.Text, "Thanks for inviting me", "/ai-spend")
	if n := len(fake.User("U2").See("C9", "")); n != 0 {
		t.Errorf("another member sees %d messages", n)
	}
}
