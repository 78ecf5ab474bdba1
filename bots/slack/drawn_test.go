package slack

import (
	"bytes"
	"fmt"
	"image/png"
	"strings"
	"testing"

	"github.com/tierwise/tierwise/bots/bottest"
	"github.com/tierwise/tierwise/bots/slack/slacktest"
	"github.com/tierwise/tierwise/internal/chat"
)

// figures is a post with a table and a chart of money.
func figures(kind string) chat.Post {
	return chat.Post{Job: "J/1", Stage: chat.Final, Text: "Spend", Table: &chat.Table{Title: "By team", Columns: []chat.Column{{Name: "Team"}, {Name: "Cost", Number: true}},
		Rows: [][]string{{"Support", "$2.00"}, {"Sales", "$11.20"}}}, Chart: &chat.Chart{Title: "Cost a day", Kind: kind, Unit: "nano-USD", Labels: []string{"Mon", "Tue"},
		Series: []chat.Series{{Name: "cost", Values: []int64{30_000_000, 4_200_000}}}}}
}

// TestChartsAndTablesAreSlacksOwn where Slack takes them.
func TestChartsAndTablesAreSlacksOwn(t *testing.T) {
	for _, kind := range []string{"bar", "line"} {
		w := open(t, bottest.NewRecorder())
		put(t, answerTo(t, w, chat.ReplyTo{Place: place("C1", "")}), figures(kind))
		blocks := fmt.Sprint(w.User("U1").Last("C1", "").Blocks)
		if !strings.Contains(blocks, "data_visualization") || !strings.Contains(blocks, "type:"+kind) || !strings.Contains(blocks, "data_table") || len(w.Uploads()) != 0 {
			t.Errorf("%s: %s", kind, blocks)
		}
	}
}

// everywhere a post with figures may go, and where its picture is then seen.
var everywhere = map[string]struct {
	to  chat.ReplyTo
	dm  bool // the picture is in the direct messages
	via string
}{
	"a channel":  {chat.ReplyTo{Place: place("C1", "")}, false, "chat.postMessage"},
	"privately":  {chat.ReplyTo{Place: place("C1", ""), Private: true, To: "U1"}, true, "chat.postEphemeral"},
	"one person": {chat.ReplyTo{Place: place("", ""), Private: true, To: "U1"}, true, "chat.postMessage"},
}

// TestDrawnWhereSlackRefuses its own table and chart: as text with the numbers,
// and the chart as a picture with words, seen by nobody else than the answer.
func TestDrawnWhereSlackRefuses(t *testing.T) {
	for name, c := range everywhere {
		w := open(t, bottest.NewRecorder())
		w.Fail(c.via, 1, slacktest.Code("invalid_blocks"))
		put(t, answerTo(t, w, c.to), figures("line"))
		direct := w.User("U1").Direct()
		at := "C1"
		if c.to.Place.Channel == "" {
			at = direct
		}
		said := strings.Join(texts(w.User("U1").See(at, "")), "\n")
		for _, want := range []string{"Sales    $11.20", "Mon  $0.03", "Tue  $0.0042"} {
			if !strings.Contains(said, want) {
				t.Errorf("%s: %q lacks %q", name, said, want)
			}
		}
		up := w.Uploads()
		if len(up) != 1 || !up[0].Done || up[0].Kind != "image/png" || !strings.Contains(up[0].Alt, "Cost a day in US$, Mon $0.03, Tue $0.0042") {
			t.Fatalf("%s: uploaded %+v", name, up)
		}
		if _, err := png.Decode(bytes.NewReader(up[0].Data)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if seen := pictures(w, "U1", map[bool]string{true: direct, false: "C1"}[c.dm]); seen != 1 {
			t.Errorf("%s: the asker sees %d pictures", name, seen)
		}
		if seen := pictures(w, "U2", "C1"); seen != map[bool]int{true: 0, false: 1}[c.dm] {
			t.Errorf("%s: somebody else sees %d pictures", name, seen)
		}
	}
}

func texts(all []slacktest.Seen) []string {
	var out []string
	for _, m := range all {
		out = append(out, m.Text)
	}
	return out
}

// pictures counts what a person sees of chart.png in a channel and its threads.
func pictures(w *world, person, channel string) int {
	seen := map[string]int{}
	for _, m := range w.User(person).See(channel, "") {
		for _, s := range append(w.User(person).See(channel, m.TS), m) {
			seen[s.TS] = strings.Count(strings.Join(s.Files, " "), "chart.png")
		}
	}
	n := 0
	for _, one := range seen {
		n += one
	}
	return n
}

// TestAPictureThatCannotBeHandedOver costs the answer nothing.
func TestAPictureThatCannotBeHandedOver(t *testing.T) {
	for name, c := range everywhere {
		w := open(t, bottest.NewRecorder())
		w.Fail(c.via, 1, slacktest.Code("invalid_blocks"))
		w.Fail("files.getUploadURLExternal", 1, slacktest.MissingScope("files:write", "chat:write"))
		put(t, answerTo(t, w, c.to), figures("bar"))
		at := or(c.to.Place.Channel, w.User("U1").Direct())
		if m := w.User("U1").Last(at, ""); !strings.Contains(m.Text, "Mon  $0.03") || len(w.Uploads()) != 0 {
			t.Errorf("%s: %q, %d uploads", name, m.Text, len(w.Uploads()))
		}
	}
}

// TestAReplacedPostIsDrawnToo: a public answer and the private message a click
// came from keep their place.
func TestAReplacedPostIsDrawnToo(t *testing.T) {
	w, r, d := asked(t)
	ref := put(t, r, chat.Post{Job: "J/1", Stage: chat.Placeholder, Text: "Adding up …"})
	w.Fail("chat.update", 1, slacktest.Code("invalid_blocks"))
	p := figures("bar")
	p.Ref = ref
	if got := put(t, r, p); got != ref {
		t.Errorf("it moved from %+v to %+v", ref, got)
	}
	var at slacktest.Seen
	for _, m := range w.User("U2").See("C1", d.Message.TS) {
		if m.TS == ref.ID {
			at = m
		}
	}
	if !strings.Contains(at.Text, "Mon  $0.03") || len(w.Uploads()) != 1 {
		t.Errorf("the answer reads %q, %d uploads", at.Text, len(w.Uploads()))
	}

	door := bottest.NewRecorder()
	w = open(t, door)
	put(t, answerTo(t, w, chat.ReplyTo{Place: place("C1", ""), Private: true, To: "U1"}),
		chat.Post{Job: "S/1", Text: "Spend", Private: true, Buttons: []chat.Button{{Name: "spend.trend", Label: "Trend", Value: "1"}}})
	shown := w.User("U1").Last("C1", "")
	w.User("U1").PressLabel(shown.Ref, "Trend")
	click := one(t, door, chat.Click)
	w.Fail("response_url", 1, slacktest.HTTPStatus(400))
	p = figures("bar")
	p.Ref, p.Private = click.Message, true
	put(t, answerTo(t, w, click.ReplyTo), p)
	if m := w.User("U1").Last("C1", ""); m.TS != shown.TS || !strings.Contains(m.Text, "Mon  $0.03") || !strings.Contains(m.Text, "in our direct messages") {
		t.Errorf("the private message reads %q", m.Text)
	}
}
