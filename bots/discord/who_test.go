package discord

import (
	"testing"
	"time"

	"github.com/tierwise/tierwise/bots/bottest"
	"github.com/tierwise/tierwise/bots/discord/discordtest"
	"github.com/tierwise/tierwise/internal/chat"
)

// TestEveryEventSaysSinceWhen: what moderators decide by is there whatever a
// person does, also where Discord leaves it out.
func TestEveryEventSaysSinceWhen(t *testing.T) {
	door := bottest.NewRecorder()
	w := open(t, door, discordtest.Options{})
	ref := w.say(chat.ReplyTo{Place: w.at(w.market, "")}, chat.Post{Job: "j1", Text: "Done.", Buttons: []chat.Button{{Name: "answer.up", Label: "👍", Value: "1"}}})
	maya := w.f.As(w.maya)
	maya.Say(w.market, w.bot()+" hello")
	m := maya.Say(w.market, "hello?")
	maya.Edit(m, w.bot()+" hello?")
	maya.Say(w.direct, "hello in private")
	maya.Command(w.market, "ai-spend", map[string]string{"view": "team"})
	maya.Command(w.direct, "ai-spend", map[string]string{"view": "team"})
	maya.MessageCommand(m, "Classify")
	maya.Press(w.market, ref.ID, "👍")
	w.settle()
	e := door.Events()
	if len(e) != 7 {
		t.Fatalf("%d events", len(e))
	}
	joined := w.f.Clock().Now().AddDate(0, -1, 0)
	for _, e := range e {
		since, created := time.Unix(e.Actor.Since, 0), time.Unix(e.Actor.Created, 0)
		if d := since.Sub(joined); d < -24*time.Hour || d > 24*time.Hour || !created.Equal(madeAt(w.maya).Truncate(time.Second)) {
			t.Errorf("%s at %v: since %v, created %v", e.Kind, e.Place, since, created)
		}
	}
}

// TestATimeOutCountsAtTheNextClick: rights are those of the moment. A click
// brings the person's with it, so a time-out given a moment ago is not
// overlooked for what was known before.
func TestATimeOutCountsAtTheNextClick(t *testing.T) {
	door := bottest.NewRecorder()
	w := open(t, door, discordtest.Options{})
	w.f.As(w.maya).Say(w.market, w.bot()+" draft a reply")
	w.settle()
	may := func() bool {
		t.Helper()
		acc, err := w.a.Opener().Directory().Access(t.Context(), w.at(w.market, ""), w.maya)
		if err != nil {
			t.Fatal(err)
		}
		return acc.Write
	}
	if !may() {
		t.Fatal("maya may not write")
	}
	w.f.TimeOut(w.guild, w.maya, w.f.Clock().Now().Add(time.Hour))
	w.f.As(w.maya).Command(w.market, "draft", map[string]string{"say": "hello"})
	w.settle()
	if may() {
		t.Error("who is in time-out may write")
	}
	w.f.Clock().Advance(time.Hour)
	if !may() {
		t.Error("a time-out does not end")
	}
}

// TestAnOverwriteCountsAtOnce: Discord announces what changes in a channel.
func TestAnOverwriteCountsAtOnce(t *testing.T) {
	w := open(t, bottest.NewRecorder(), discordtest.Options{})
	access := func() chat.Access {
		t.Helper()
		acc, err := w.a.Opener().Directory().Access(t.Context(), w.at(w.market, ""), w.maya)
		if err != nil {
			t.Fatal(err)
		}
		return acc
	}
	if a := access(); !a.Read || !a.Write {
		t.Fatalf("access %+v", a)
	}
	w.f.Forbid(w.market, w.maya, discordtest.SendMessages)
	w.settle()
	if a := access(); !a.Read || a.Write {
		t.Errorf("without the right to send: %+v", a)
	}
	w.f.Forbid(w.market, w.maya, discordtest.ViewChannel)
	w.settle()
	if a := access(); a.Read || a.Write {
		t.Errorf("without the right to look: %+v", a)
	}
}
