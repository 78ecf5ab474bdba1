package slack

import (
	"fmt"
	"strings"
	"testing"

	"github.com/tierwise/tierwise/bots/bottest"
	"github.com/tierwise/tierwise/internal/chat"
)

// TestWhateverIsSaidFitsSlack: the fake holds every block against the limits.
func TestWhateverIsSaidFitsSlack(t *testing.T) {
	long := strings.Repeat("ä", 200)
	wide := &chat.Table{Title: long}
	for i := range 30 {
		wide.Columns = append(wide.Columns, chat.Column{Name: fmt.Sprintf("c%d", i), Number: i%2 == 0})
	}
	for range 500 {
		wide.Rows = append(wide.Rows, []string{"1", "", long})
	}
	busy := &chat.Chart{Title: long, Kind: "line", Unit: "nano-USD"}
	for range 90 {
		busy.Labels = append(busy.Labels, "the same long label of a day")
	}
	for range 9 {
		busy.Series = append(busy.Series, chat.Series{Values: []int64{1, 2, -3}})
	}
	var many []chat.Button
	for i := range 14 {
		many = append(many, chat.Button{Name: "classify.correct", Label: fmt.Sprintf("%d %s", i, long), Value: strings.Repeat("v", 80)})
	}
	tooMuch := chat.Button{Name: strings.Repeat("n", 100), Label: "x", Value: strings.Repeat("v", 80)}
	for name, p := range map[string]chat.Post{
		"nothing":            {},
		"blank":              {Text: " \n "},
		"a footer alone":     {Footer: long},
		"the most":           {Text: strings.Repeat("word ", 9000), Footer: strings.Repeat("f", 4000), Table: wide, Chart: busy, Buttons: many[:3], More: many, Sample: true},
		"an empty table":     {Table: &chat.Table{Columns: []chat.Column{{Name: ""}}}},
		"an empty chart":     {Chart: &chat.Chart{Labels: []string{""}, Series: []chat.Series{{}}}},
		"more than a menu":   {Text: "x", More: []chat.Button{tooMuch}},
		"only fences":        {Text: strings.Repeat("```\n", 6000)},
		"wide characters":    {Text: strings.Repeat("🦭", 9000)},
		"a button of colour": {Text: "x", Buttons: []chat.Button{{Name: "a", Label: "", Style: chat.Danger}, {Name: "a", Label: "a", Style: chat.Primary}}},
	} {
		t.Run(name, func(t *testing.T) {
			w := open(t, bottest.NewRecorder())
			for _, at := range []chat.ReplyTo{{Place: place("C1", "")}, {Place: place("C1", ""), Private: true, To: "U1"}} {
				p := p
				p.Job, p.Stage = "J/1", chat.Final
				put(t, answerTo(t, w, at), p)
			}
			w.adapter.publish(t.Context(), "T1", "U1", p)
			if home, ok := w.User("U1").Home(); !ok || home.Text == "" {
				t.Error("no home page")
			}
		})
	}
}

func TestOlderMarkup(t *testing.T) {
	for in, want := range map[string]string{
		"# Title":                "*Title*",
		"**bold** and *slanted*": "*bold* and _slanted_",
		"- one\n  * two":         "• one\n  • two",
		"~~gone~~":               "~gone~",
		"`**code**` **b**":       "`**code**` *b*",
		"```go\n**x** <y>\n```":  "```\n**x** &lt;y&gt;\n```",
		"<!channel> & <@U1>":     "&lt;!channel&gt; &amp; &lt;@U1&gt;",
		"2*3*4 is not slanted":   "2*3*4 is not slanted",
		"**$3.20** of **$20**":   "*$3.20* of *$20*",
	} {
		if got := mrkdwn(in); got != want {
			t.Errorf("%q is %q, want %q", in, got, want)
		}
	}
}

func TestButtonsGiveBackWhatTheyCarry(t *testing.T) {
	for _, p := range []pressable{{"answer.up", "J1", false}, {"ask.more", "a|b:c", true}, {"x", "", false}, {"classify.correct", "J|label: with | marks", false}} {
		if got, ok := readButton(action{ID: p.id(3), Value: p.value}); !ok || got != p {
			t.Errorf("a button: %+v, want %+v", got, p)
		}
		var menu action
		menu.ID, menu.Selected.Value = menuID(1), p.entry()
		if got, ok := readButton(menu); !ok || got != p {
			t.Errorf("a menu: %+v, want %+v", got, p)
		}
	}
	for _, id := range []string{"", "v", "tw:0:c:", "tw:", "other:0:c:x", "tw:menu"} {
		if got, ok := readButton(action{ID: id}); ok {
			t.Errorf("%q is read as %+v", id, got)
		}
	}
}

func BenchmarkRender(b *testing.B) {
	p := chat.Post{Job: "J/1", Text: strings.Repeat("A sentence of an answer, with [a link](https://x.io) and <@U1>.\n", 60), Footer: "economy · why?",
		Buttons: []chat.Button{{Name: "answer.up", Label: "👍", Value: "J"}}, More: []chat.Button{{Name: "answer.why", Label: "Why?", Value: "J"}}}
	for b.Loop() {
		for _, m := range render(p) {
			blocksJSON(m.blocks)
		}
	}
}
