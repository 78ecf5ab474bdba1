package admin_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/config"
	. "github.com/tierwise/tierwise/internal/gate/gatetest"
	"github.com/tierwise/tierwise/internal/localchat"
	"github.com/tierwise/tierwise/internal/money"
	"github.com/tierwise/tierwise/internal/turn"
	"github.com/tierwise/tierwise/usage"
)

// tables are the tables of docs/permissions.md by heading: rows of cells, the
// first being the head.
func tables(t *testing.T) map[string][][]string {
	t.Helper()
	page, err := os.ReadFile("../../docs/permissions.md")
	if err != nil {
		t.Fatal(err)
	}
	out, heading := map[string][][]string{}, ""
	for line := range strings.Lines(string(page)) {
		line = strings.TrimSpace(line)
		if h, ok := strings.CutPrefix(line, "## "); ok {
			heading = h
		}
		if !strings.HasPrefix(line, "|") || strings.HasPrefix(line, "|---") {
			continue
		}
		var cells []string
		for _, c := range strings.Split(strings.Trim(line, "|"), "|") {
			cells = append(cells, strings.Trim(strings.TrimSpace(c), "`"))
		}
		out[heading] = append(out[heading], cells)
	}
	return out
}

// who stands for a column of the tables, and where.
var columns = map[string]struct {
	who string
	at  chat.Place
}{
	"asker": {Anna, In(General)}, "member": {Anna, In(General)}, "guest": {Gus, In(General)}, "outsider": {Eve, In(Shared)},
	"channel owner": {Olga, In(General)}, "moderator": {Mod, In(General)}, "workflow owner": {Ben, In(General)}, "finance": {Fin, In(General)}, "admin": {Ada, In(General)},
}

// house is a workspace in which somebody called Dora, and all others, spent
// something in several channels.
func house(t *testing.T) *House {
	t.Helper()
	h := New(t, func(p *config.Policy) {
		p.Workflows = map[string]config.Workflow{"triage": {Title: "triage", Owner: Ben, Intent: "classify"}}
	})
	h.Set(General, "guests", "on")
	h.Set(Shared, "outsiders", "on")
	h.Set(General, "owner", h.ID(Olga))
	h.Set("", "moderators", h.ID(Mod))
	dora, err := h.People.See(t.Context(), In("").Tenant(), chat.Actor{ID: "u-dora", Name: "dora"})
	if err != nil {
		t.Fatal(err)
	}
	for i, channel := range []string{General, Read, Secret} {
		book(h, fmt.Sprintf("d%d", i), channel, dora, "triage", 1_000_000)
	}
	for i, who := range []string{Anna, Ben, Olga, Mod, Fin, Ada, Gus} {
		book(h, fmt.Sprintf("p%d", i), General, h.ID(who), "ask", 2_000_000)
	}
	book(h, "e", Shared, h.ID(Eve), "ask", 1_000_000)
	w, err := turn.Receipt{Job: "R1", By: dora, Place: In(General), Private: true, Workflow: "triage", Team: "unassigned", Tier: "economy", Model: Eco}.Write()
	if err == nil {
		err = h.Store.Write(t.Context(), In("").Tenant(), w)
	}
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func book(h *House, id, channel, person, workflow string, cost money.Nano) {
	h.T.Helper()
	e := usage.Entry{ID: id + ".1", Tenant: In("").Tenant(), Job: id, Channel: channel, Actor: person, Team: "unassigned", Workflow: workflow, Intent: "ask", Tier: "economy",
		Model: Eco, Cost: cost, Status: usage.OK, Source: usage.Computed, Purpose: "answer"}
	if _, err := h.Guard.Settle(h.T.Context(), usage.Settlement{Tenant: e.Tenant, Hold: id, Entry: &e, Fallback: usage.Calendar{}.Windows(time.Now())}); err != nil {
		h.T.Fatal(err)
	}
}

// text is all a person reads of a post.
func text(m localchat.Message) string {
	out := []string{m.Post.Text}
	if tbl := m.Post.Table; tbl != nil {
		for _, c := range tbl.Columns {
			out = append(out, c.Name)
		}
		for _, r := range tbl.Rows {
			out = append(out, strings.Join(r, " "))
		}
	}
	for _, f := range m.Post.Files {
		out = append(out, string(f.Data))
	}
	return strings.ReplaceAll(strings.Join(out, "\n"), "`", "")
}

func TestThePermissionsPage(t *testing.T) {
	rows := tables(t)["Commands"]
	if len(rows) < 30 {
		t.Fatalf("%d rows", len(rows))
	}
	head := rows[0]
	for _, r := range rows[1:] {
		for i := 4; i < len(head); i++ {
			if _, known := columns[head[i]]; !known {
				t.Fatalf("no column %q", head[i])
			}
			if r[i] != "yes" && r[i] != "no" {
				t.Errorf("%s, %s: %q is neither yes nor no", r[0], head[i], r[i])
			}
		}
		// A command that changes something needs a workspace of its own each time.
		groups := [][]int{nil}
		for i := 4; i < len(head); i++ {
			if last := len(groups) - 1; changes(r[1]) {
				groups = append(groups, []int{i})
			} else {
				groups[last] = append(groups[last], i)
			}
		}
		t.Run(r[0], func(t *testing.T) {
			for _, cells := range groups {
				synctest.Test(t, func(t *testing.T) { row(t, head, r, cells) })
			}
		})
	}
}

func changes(command string) bool {
	for _, verb := range []string{"pause", "resume", "deny ", "allow "} {
		if strings.Contains(command, "config "+verb) {
			return true
		}
	}
	return strings.Contains(command, " set ") || strings.Contains(command, " me ") || strings.Contains(command, "config budget ")
}

// row checks some cells of a row in one workspace.
func row(t *testing.T, head, r []string, cells []int) {
	if len(cells) == 0 {
		return
	}
	command, with, shows := r[1], r[2], r[3]
	h := house(t)
	if key, value, ok := strings.Cut(with, " "); ok {
		h.Ask(Ada, In(General), "ai-config", "set "+level(key)+" "+key+" "+value)
		time.Sleep(2 * time.Second)
	}
	name, args, _ := strings.Cut(strings.TrimPrefix(command, "/"), " ")
	for _, i := range cells {
		c := columns[head[i]]
		got := text(h.Ask(c.who, c.at, name, args))
		if yes := strings.Contains(got, shows); yes != (r[i] == "yes") {
			t.Errorf("%s: the page says %s; the answer is:\n%s", head[i], r[i], got)
		}
	}
}

// level is where a setting of the page is changed.
func level(key string) string {
	if key == "spend.people" {
		return "workspace"
	}
	return "channel"
}

func TestTheButtonsOfThePermissionsPage(t *testing.T) {
	rows := tables(t)["Buttons"]
	if len(rows) < 9 {
		t.Fatalf("%d rows", len(rows))
	}
	head := rows[0]
	for _, r := range rows[1:] {
		for i := 2; i < len(head); i++ {
			t.Run(r[0]+"/"+head[i], func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					h := house(t)
					who := columns[head[i]].who
					if head[i] == "member" {
						who = Ben // the asker is Anna
					}
					if may := pressed(h, who, r[1]); may != (r[i] == "yes") {
						t.Errorf("the page says %s for %s", r[i], who)
					}
				})
			})
		}
	}
}

// pressed lets Anna ask, somebody press a button of the answer or of her request
// for more, and reports whether it was done.
func pressed(h *House, who, button string) bool {
	h.T.Helper()
	switch button {
	case "Ask for more", "Approve", "Approve less", "Decline":
		h.Limit(usage.Limit{Scope: usage.Channel, ID: General, Window: usage.Day, Amount: 1_000_000, Then: usage.LowerTier})
	}
	h.Say(Anna, In(General, Thread), "@tierwise who rolls back?")
	m := h.Last(In(General), Anna)
	for _, p := range h.Posts(In(General), Anna) { // the channel is told that its limit is used up, too
		if _, ok := Button(p, "Ask for more"); ok {
			m = p
		}
	}
	if button == "Ask for more" {
		b, _ := Button(m, button)
		ans, err := h.Door.Ask(h.T.Context(), chat.Question{Kind: chat.OpenForm, Name: b.Name, Value: b.Value, Place: In(General), Actor: chat.Actor{ID: who}, Channel: channel()})
		return err == nil && ans.Form != nil
	}
	if strings.HasPrefix(button, "Appr") || button == "Decline" {
		h.Submit(Anna, h.Press(Anna, m, "Ask for more"), map[string]string{"amount": "0.50"})
		for _, p := range h.Posts(In(General), who) {
			if _, ok := Button(p, "Decline"); ok {
				m = p
			}
		}
	}
	before := len(h.Posts(In(General), who))
	o := h.Press(who, m, button)
	if o.Form != nil || o.Say != "" {
		return o.Form != nil
	}
	for _, p := range h.Posts(In(General), who)[before:] {
		if strings.HasPrefix(p.Post.Text, "Only ") {
			return false
		}
	}
	return true
}

func channel() chat.Channel {
	return chat.Channel{Place: In(General), Name: "general", Kind: chat.PublicChannel, Shared: chat.NotShared}
}
