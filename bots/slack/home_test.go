package slack

import (
	"fmt"
	"strings"
	"testing"

	"github.com/tierwise/tierwise/bots/bottest"
	"github.com/tierwise/tierwise/bots/slack/slacktest"
	"github.com/tierwise/tierwise/internal/chat"
)

// longPage has so many sections with buttons of their own.
func longPage(sections int) *chat.Post {
	p := &chat.Post{Text: "**Spend**"}
	for i := range sections {
		p.Sections = append(p.Sections, chat.Section{Text: fmt.Sprintf("Draft %d", i), Buttons: []chat.Button{
			{Name: "draft.post", Label: "Post", Value: fmt.Sprint(i), Style: chat.Primary}, {Name: "draft.discard", Label: "Discard", Value: fmt.Sprint(i)}},
			More: []chat.Button{{Name: "draft.redo", Label: "Redo", Value: fmt.Sprint(i)}}})
	}
	return p
}

// TestAPageOfSections: each has its own buttons; what is too long for Slack is
// cut at a section, and the page says so; a refused chart in a section is text.
func TestAPageOfSections(t *testing.T) {
	door := bottest.NewRecorder()
	w := open(t, door)
	door.Answer(func(chat.Question) chat.Answer { return chat.Answer{Home: longPage(3)} })
	w.User("U1").OpenHome()
	home, _ := w.User("U1").Home()
	if strings.Count(fmt.Sprint(home.Blocks), "divider") != 3 || strings.Contains(home.Text, "more than this page") {
		t.Errorf("the page: %v", home.Blocks)
	}
	discard := 0
	for _, c := range home.Controls {
		if c.Label == "Discard" {
			if discard++; c.Value == "1" {
				w.User("U1").ChooseView(home, c.ActionID, c.Value)
			}
		}
	}
	if e := one(t, door, chat.Click); discard != 3 || e.Name != "draft.discard" || e.Value != "1" || e.Channel.Shared != chat.NotShared || e.Channel.Kind != chat.DirectMessage {
		t.Errorf("%d buttons, click %+v", discard, e)
	}

	door.Answer(func(chat.Question) chat.Answer { return chat.Answer{Home: longPage(80)} })
	w.User("U1").OpenHome()
	home, _ = w.User("U1").Home()
	if n := len(home.Blocks); n > maxHomeBlocks || n < maxHomeBlocks-3 || !strings.Contains(home.Text, "more than this page can show") {
		t.Errorf("%d blocks, end %v", n, home.Blocks[n-1])
	}

	chart := &chat.Post{Text: "x", Sections: []chat.Section{{Chart: &chat.Chart{Title: "Cost a day", Kind: "bar", Unit: "nano-USD", Labels: []string{"11-24"}, Series: []chat.Series{{Name: "cost", Values: []int64{7}}}}}}}
	door.Answer(func(chat.Question) chat.Answer { return chat.Answer{Home: chart} })
	w.Fail("views.publish", 1, slacktest.Code("invalid_blocks"))
	w.User("U1").OpenHome()
	if home, _ = w.User("U1").Home(); !strings.Contains(home.Text, "Cost a day") || strings.Contains(fmt.Sprint(home.Blocks), "data_visualization") {
		t.Errorf("the drawn page: %q", home.Text)
	}
}

// TestNothingToSayShowsThePageAnew: no message is sent for it.
func TestNothingToSayShowsThePageAnew(t *testing.T) {
	door := bottest.NewRecorder()
	w := open(t, door)
	door.Answer(func(chat.Question) chat.Answer { return chat.Answer{Home: &chat.Post{Text: "the page"}} })
	to := chat.ReplyTo{Place: chat.Place{Platform: chat.Slack, Workspace: "T1"}, Private: true, To: "U1", Address: []byte(`{"home":true}`)}
	put(t, answerTo(t, w, to), chat.Post{Job: "J1/1", Stage: chat.Final, Private: true})
	if home, ok := w.User("U1").Home(); !ok || home.Text != "the page" {
		t.Errorf("the page is %q", home.Text)
	}
	if n := len(w.Requests("chat.postMessage")); n != 0 {
		t.Errorf("%d messages were sent", n)
	}
}
