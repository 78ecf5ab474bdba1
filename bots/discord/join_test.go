package discord

import (
	"testing"
	"time"

	"github.com/tierwise/tierwise/bots/bottest"
	"github.com/tierwise/tierwise/bots/discord/discordtest"
	"github.com/tierwise/tierwise/internal/chat"
)

func TestBeingAddedIsToldOnce(t *testing.T) {
	door := bottest.NewRecorder()
	w := open(t, door, discordtest.Options{})
	told := func(want int) []chat.Event {
		t.Helper()
		w.settle()
		e := door.Events()
		if len(e) != want {
			t.Fatalf("%d events, want %d", len(e), want)
		}
		return e
	}
	told(0) // the guilds a connection begins with are nothing new
	w.f.Kick(w.guild, true)
	w.f.Back(w.guild)
	told(0) // nor is one after its outage

	owner := w.f.AddUser("nora", false)
	second := w.f.AddGuild("Lighthouse", owner)
	lobby := w.f.AddChannel(second, "lobby", 0)
	w.f.Added(second, lobby)
	e := told(1)[0]
	if e.Kind != chat.Joined || e.Place != place(second, lobby, "") || e.Channel.Name != "lobby" || e.Actor.ID != owner || !e.Actor.Admin {
		t.Errorf("told %+v", e)
	}
	ref := w.say(e.ReplyTo, chat.Post{Job: "j1", Text: "Thanks for inviting me.", Private: true})
	if dm := w.f.Direct(owner); ref.Channel != dm || len(w.texts(dm, owner)) != 1 || len(w.texts(lobby, w.maya)) != 0 {
		t.Errorf("greeted at %+v", ref)
	}

	w.f.CutGateway()
	w.tell.wait("discord.resumed", 1)
	w.f.Back(second)
	told(1)
	w.f.ForgetSessions()
	w.f.CutGateway()
	w.tell.wait("discord.caught_up", 2)
	told(1) // a new connection begins with it

	w.f.Kick(second, false)
	told(2)
	w.f.Clock().Advance(time.Minute)
	w.f.Added(second, "")
	again := told(3)[2]
	if again.Kind != chat.Joined || again.ID == e.ID || again.Place != place(second, "", "") || again.Channel.Shared != chat.NotShared {
		t.Errorf("told %+v", again)
	}
	w.say(again.ReplyTo, chat.Post{Job: "j2", Text: "Hello again.", Private: true})
	if got := w.texts(w.f.Direct(owner), owner); len(got) != 2 {
		t.Errorf("nora is told %q", got)
	}
}

// A READY that cannot be read must not greet every server there is.
func TestAnUnreadableListOfServersGreetsNobody(t *testing.T) {
	s := lonely(t, nil)
	s.begun(t.Context(), []byte(`{"session_id":"s1","guilds":7}`))
	s.catches.Wait()
	for raw, want := range map[string]bool{
		`{"id":"700000000000000001","owner_id":"700000000000000002","joined_at":"2025-01-01T00:00:00Z"}`: false,
		`{"id":"700000000000000003","owner_id":"700000000000000002"}`:                                    false,
		`{"id":"700000000000000004","joined_at":"` + s.a.clock.Now().Format(time.RFC3339) + `"}`:         true,
		`null`: false, `{"id":null}`: false, `7`: false,
	} {
		if _, ok := s.joins("GUILD_CREATE", []byte(raw)); ok != want {
			t.Errorf("%s counts as being added: %v", raw, ok)
		}
	}
}
