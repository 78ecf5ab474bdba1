package app

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tierwise/tierwise/bots/slack/slacktest"
	"github.com/tierwise/tierwise/internal/clock"
	"github.com/tierwise/tierwise/internal/money"
	"github.com/tierwise/tierwise/usage"
)

var (
	transcript = flag.Bool("transcript", false, "print the day in Slack as it is seen")
	pictures   = flag.String("pictures", "", "write the pages of the day into this folder")
)

// day is a working day in the fake Slack, with two weeks behind it.
type day struct {
	*testing.T
	now   *clock.Manual
	fake  *slacktest.Fake
	house *House
	store Store
	root  string // the thread about the export
	pages map[string]string
}

// newDay opens the house and lets two weeks of work pass.
func newDay(t *testing.T) *day {
	t.Helper()
	now := clock.NewManual(time.Date(2026, 11, 11, 9, 0, 0, 0, time.UTC))
	d := &day{T: t, now: now, pages: map[string]string{}}
	d.fake, d.house, d.store = slackHouseAt(t, now)
	for i := range 13 {
		for j := range (i*7)%5 + 1 {
			who := []string{"U1", "U2", "U3"}[(i+j)%3]
			root := d.fake.Seed("C1", "", "U2", fmt.Sprintf("Ticket %d: the nightly import took %d minutes, customers see old prices until ten", 100+i, 40+7*j))
			d.fake.User(who).MentionIn("C1", root, []string{
				"compare the ways to fix this step by step --tier standard", "summarize this", "why is this slow?", "what would a stronger query cost us? --tier frontier",
			}[(i+j)%4])
			idle(t, d.house)
		}
		now.Advance(24 * time.Hour)
	}
	now.Advance(23 * time.Minute)
	d.root = d.fake.Seed("C2", "", "U2", "The CSV export fails with error 502 since this morning. Two customers wrote: Nordwind and Helios.")
	for _, m := range []struct{ who, text string }{
		{"U3", "I see it since the deployment of 4.2 at 8:40. The proxy times out after 30 seconds."},
		{"U1", "Can we raise the timeout until the query is fixed?"},
		{"U3", "Yes, but the database is at its limit then. Decision: we roll back to 4.1 now and fix the query in 4.3."},
		{"U2", "I will tell both customers by noon, and ana writes the post-mortem by Friday."},
	} {
		now.Advance(2 * time.Minute)
		d.fake.Seed("C2", d.root, m.who, m.text)
	}
	now.Advance(time.Minute)
	return d
}

// say prints a line of the transcript.
func (d *day) say(format string, args ...any) {
	if *transcript {
		fmt.Fprintf(os.Stdout, format+"\n", args...)
	}
}

// at lets time pass until then, and prints what happens.
func (d *day) at(clock, what string) {
	then, err := time.Parse("2006-01-02 15:04", d.now.Now().Format("2006-01-02 ")+clock)
	if err != nil {
		d.Fatal(err)
	}
	d.now.Advance(then.Sub(d.now.Now()))
	d.say("%s  %s\n", clock, what)
}

// show prints a message with what can be pressed.
func (d *day) show(s slacktest.Seen) {
	who := "tierwise"
	if s.Private {
		who += " (only visible to you)"
	}
	d.printed(who, slacktest.Plain(s.Blocks))
}

func (d *day) printed(who, text string) {
	d.say("    %s:", who)
	for l := range strings.Lines(text) {
		d.say("      %s", strings.TrimRight(l, "\n"))
	}
	d.say("")
}

// page keeps a page of what is seen.
func (d *day) page(name string, p *slacktest.Page) { d.pages[name] = p.HTML() }

// TestSlackDay is a day: a mention, a private summary, a draft, the spend, a
// refusal and the Home page of an admin, each as the person in question sees it.
func TestSlackDay(t *testing.T) {
	d := newDay(t)
	ana, ben, cleo := d.fake.User("U1"), d.fake.User("U2"), d.fake.User("U3")

	d.at("09:35", "#support, in the thread about the export. ana: @tierwise summarize this")
	ana.MentionIn("C2", d.root, "summarize this")
	idle(t, d.house)
	d.show(ana.Last("C2", d.root))
	has(t, "the answer in the thread", ben.Last("C2", d.root).Text, "roll back to 4.1", "read 5 of 5 messages")
	d.page("slack-thread", d.fake.NewPage().Conversation("# support · Thread", ana.See("C2", d.root)))

	d.at("09:40", "#support. ben: /summarize 24h")
	ben.Command("/summarize", "24h", "C2")
	idle(t, d.house)
	private := ben.Last("C2", "")
	d.show(private)
	if !private.Private {
		t.Error("the summary by command is not private")
	}
	d.page("slack-private", d.fake.NewPage().Conversation("# support", []slacktest.Seen{private}))

	d.at("09:50", "#support. ben: /draft tell Nordwind and Helios …")
	ben.Command("/draft", "tell Nordwind and Helios that the export works again since noon", "C2")
	idle(t, d.house)
	draft := ben.Last("C2", "")
	d.show(draft)
	d.page("slack-draft", d.fake.NewPage().Conversation("# support", []slacktest.Seen{draft}))
	d.say("       ben opens the Home page; the draft is kept there\n")
	page := homeOf(t, ben)
	has(t, "ben's page", page.Text, "Not sent yet", "in #support")
	hasNot(t, "ben's page", page.Text, "Workspace: $", "Set up")
	d.page("slack-member", d.fake.NewPage().View("Tierwise · Home of a member", page))

	d.at("10:05", "cleo, an admin: /ai-spend, then /ai-spend intent")
	cleo.Command("/ai-spend", "", "C1")
	idle(t, d.house)
	spend := cleo.Last("C1", "")
	d.show(spend)
	has(t, "the spend", spend.Text, "Workspace: $", "By tier", "the workspace this month")
	cleo.Command("/ai-spend", "intent", "C1")
	idle(t, d.house)
	table := cleo.Last("C1", "")
	d.show(table)
	d.page("slack-spend", d.fake.NewPage().Conversation("# general", []slacktest.Seen{spend, table}))

	d.refused()

	d.at("10:30", "cleo opens the Home page")
	home := homeOf(t, cleo)
	d.printed("Home", slacktest.Plain(home.Blocks))
	has(t, "the admin's page", home.Text, "step 1 of 5", "Waiting for a decision", "Workspace: $")
	d.page("slack-home", d.fake.NewPage().View("Tierwise · Home", home))
	cleo.PressView(home, "Owners and finance …")
	form, _ := cleo.View()
	d.page("slack-form", d.fake.NewPage().View("A form", form))
	d.keep()
}

// refused: somebody at their limit reads the arithmetic and asks for more.
func (d *day) refused() {
	ana := d.fake.User("U1")
	limit := usage.Limit{Scope: usage.User, ID: usage.AnyID, Window: usage.Day, Amount: money.USD / 10000, Then: usage.Refuse}
	if err := d.store.SetLimits(d.Context(), acme.Tenant(), []usage.Limit{limit}, nil); err != nil {
		d.Fatal(err)
	}
	d.at("10:15", "the limit of each person was lowered. ana: @tierwise compare our options …")
	ana.MentionIn("C2", d.root, "compare our options for the export query step by step with --tier standard")
	idle(d.T, d.house)
	no := ana.Last("C2", d.root)
	d.show(no)
	has(d.T, "the refusal", no.Text, "$")
	d.page("slack-refusal", d.fake.NewPage().Conversation("# support · Thread", []slacktest.Seen{no}))
	ana.PressLabel(no.Ref, "Ask for more")
	form, ok := ana.View()
	if !ok {
		d.Fatalf("no form under %q", no.Text)
	}
	ana.Submit(form, map[string]string{"amount": "0.25", "reason": "the export has to be back today"})
	idle(d.T, d.house)
}

// keep writes the pages where they were asked for, and sees that each is whole.
func (d *day) keep() {
	for name, page := range d.pages {
		hasNot(d.T, name, page, `class="unknown"`)
		has(d.T, name, page, "<h1>")
		if *pictures == "" {
			continue
		}
		if err := os.WriteFile(filepath.Join(*pictures, name+".html"), []byte(page), 0o644); err != nil {
			d.Fatal(err)
		}
	}
}
