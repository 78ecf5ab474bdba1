package admin

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/fault"
	"github.com/tierwise/tierwise/internal/record"
	"github.com/tierwise/tierwise/internal/turn"
)

// setupStep is one of the first things an admin decides. What holds already is
// safe, so that skipping a step is an answer, too.
type setupStep struct {
	id, title string
	about     string   // what it is for
	fields    []string // of its form; see setupField
}

// setupSteps are the first steps in the order they are offered.
var setupSteps = []setupStep{
	{"people", "Owners and finance", "who else changes settings, who sees what it costs, who owns a channel.", []string{"finance", "admins", ownerChannel, "owner"}},
	{"budget", "Budget", "what may be spent at most.", []string{limitField + "workspace.month", limitField + "workspace.day", limitField + "person.day"}},
	{"channels", "Channels", "where I answer, and for whom.", []string{"enabled", "guests"}},
	{"class", "Private chats", "how sensitive private channels and direct messages are. Only models cleared for it read them; the local tier always is.", []string{"private_class"}},
	{"reports", "Reports", "where the audit, budget warnings, requests and changes are told.", []string{"reports.channel", "audit"}},
}

// skipping says what holds when a step is skipped.
func (a *Admin) skipping(ctx context.Context, t turn.Task, id string) string {
	now := func(key string) string {
		v, _ := t.Settings.Get(key)
		return a.shown(ctx, t, key, v.Value)
	}
	switch id {
	case "people":
		if now("admins") == "none" && now("finance") == "none" {
			return "the platform's own admins alone."
		}
		return fmt.Sprintf("the platform's own admins, besides them %s; finance: %s.", now("admins"), now("finance"))
	case "budget":
		return "the budgets below."
	case "channels":
		return map[string]string{"on": "wherever I am invited", "off": "only where an admin switches me on"}[now("enabled")] +
			map[string]string{"on": ", for guests, too.", "off": ", not for guests."}[now("guests")]
	case "class":
		return now("private_class") + "."
	}
	if now("reports.channel") == "none" {
		return "in no channel, but to the admins and finance you list, in direct messages."
	}
	return "in " + now("reports.channel") + "."
}

func stepNamed(id string) (setupStep, bool) {
	i := slices.IndexFunc(setupSteps, func(s setupStep) bool { return s.id == id })
	if i < 0 {
		return setupStep{}, false
	}
	return setupSteps[i], true
}

// dismissedSetup is the record that ends the steps before they are through.
const dismissedSetup = "dismissed"

// setupMark is what is kept of a step.
type setupMark struct {
	How string `json:"how"` // "set", "skipped" or "dismissed"
	By  string `json:"by"`  // pseudonym
}

func markSetup(id, how string, t turn.Task) (record.Write, error) {
	b, err := json.Marshal(setupMark{How: how, By: t.Caller.ID})
	if err != nil {
		return record.Write{}, fmt.Errorf("admin: setup: %w", err)
	}
	return record.Put(record.Setup, id, b, 0), nil
}

// setupSection offers an admin the next step until all are taken or skipped, or
// somebody dismissed them.
func (a *Admin) setupSection(ctx context.Context, t turn.Task) ([]chat.Section, error) {
	if !t.Caller.Roles.Admin {
		return nil, nil
	}
	list, err := a.Records.List(ctx, t.Event.Place.Tenant(), record.Setup, "")
	if err != nil {
		return nil, fmt.Errorf("admin: setup: %w", err)
	}
	done := map[string]bool{}
	for _, r := range list {
		done[r.ID] = true
	}
	next := slices.IndexFunc(setupSteps, func(s setupStep) bool { return !done[s.id] })
	if next < 0 || done[dismissedSetup] {
		return nil, nil
	}
	var b strings.Builder
	fmt.Fprintf(&b, "**Set up in two minutes: step %d of %d**", next+1, len(setupSteps))
	for i, s := range setupSteps {
		switch {
		case done[s.id]:
			b.WriteString("\n✓ " + s.title)
		case i == next:
			fmt.Fprintf(&b, "\n→ **%s**: %s _If you skip it:_ %s", s.title, s.about, a.skipping(ctx, t, s.id))
		default:
			b.WriteString("\n○ " + s.title)
		}
	}
	s := setupSteps[next]
	return []chat.Section{{Text: b.String(), Buttons: []chat.Button{
		{Name: "setup.step", Label: s.title + " …", Value: s.id, Style: chat.Primary, OpensForm: true},
		{Name: "setup.skip", Label: "Skip", Value: s.id},
		{Name: "setup.dismiss", Label: "Dismiss all steps", Value: s.id},
	}}}, nil
}

// setup serves the buttons and forms of the first steps, for admins only.
func (a *Admin) setup(ctx context.Context, t turn.Task) (said, error) {
	if err := setsUp(t); err != nil {
		return said{}, err
	}
	id, how := t.Event.Value, "skipped"
	var all said
	switch t.Event.Name {
	case "setup.step":
		id, how = t.Event.State, "set"
	case "setup.dismiss":
		id, how = dismissedSetup, "dismissed"
	}
	s, ok := stepNamed(id)
	if !ok && id != dismissedSetup {
		return said{}, fault.New(fault.BadInput, "That step is from an older version. Open my Home page again.")
	}
	if how == "set" {
		var err error
		if all, ok, err = a.applyStep(ctx, t, s); err != nil || !ok {
			return all, err
		}
	}
	w, err := markSetup(id, how, t)
	all.writes = append(all.writes, w)
	return all, err
}

func setsUp(t turn.Task) error {
	if !t.Caller.Roles.Admin {
		return fault.New(fault.NotAllowed, "Only an admin can set this up.")
	}
	return nil
}

// applyStep sets what the form of a step changed. ok is false when something
// could not be set; the step then stays open and the person reads why.
func (a *Admin) applyStep(ctx context.Context, t turn.Task, s setupStep) (all said, ok bool, err error) {
	var lines []string
	ok = true
	for _, id := range s.fields {
		one, changed, err := a.applyField(ctx, t, id)
		if err != nil {
			if k := fault.KindOf(err); k == fault.Internal || k == fault.Unavailable {
				return all, false, err
			}
			one.post.Text, changed, ok = fault.Sentence(err, fault.NewRef()), true, false
		}
		if !changed {
			continue
		}
		lines = append(lines, one.post.Text)
		for _, r := range one.replies {
			r.Post.Job = t.PostID(2 + len(all.replies))
			all.replies = append(all.replies, r)
		}
	}
	all.post.Text = strings.Join(lines, "\n")
	return all, ok, nil
}
