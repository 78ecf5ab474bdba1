package discord

import (
	"context"
	"errors"
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

// A READY that cannot be read must not greet every server there is, and must not
// bury one.
func TestAnUnreadableListOfServersChangesNothing(t *testing.T) {
	door := bottest.NewRecorder()
	w := open(t, door, discordtest.Options{})
	s := w.a.shards.held[0]
	for _, raw := range []string{`{"session_id":"s1","guilds":7}`, `{"session_id":"s1","guilds":null}`, `{"session_id":"s1"}`} {
		s.begun(t.Context(), []byte(raw))
	}
	for _, data := range []string{`{"id":"700000000000000001","owner_id":"700000000000000002","joined_at":"2025-01-01T00:00:00Z"}`, `{"id":"700000000000000003","owner_id":"700000000000000002"}`, `null`, `{"id":null}`, `7`} {
		s.servers.on(frame{kind: "GUILD_CREATE", data: []byte(data)})
	}
	s.catches.Wait()
	w.settle()
	if e := door.Events(); len(e) != 0 {
		t.Errorf("told %+v", e)
	}
}

// away stops the adapter, lets things happen at Discord, and starts another one
// that remembers what the first one did.
func (w *town) away(door chat.Door, memory Memory, meanwhile func(), change ...func(*Config)) {
	w.t.Helper()
	w.stop()
	meanwhile()
	w.tell = newTally()
	w.again(door, append(change, func(c *Config) { c.Memory = memory })...)
	w.tell.wait("discord.servers_compared", 1)
	w.settle()
}

// TestWhatHappenedWhileNobodyWasConnected: being added and being removed are
// told exactly once also when they happened between two processes, and neither
// is told of an outage, a restart or a reconnect.
func TestWhatHappenedWhileNobodyWasConnected(t *testing.T) {
	door, memory := bottest.NewRecorder(), &shelf{kept: map[string][]byte{}}
	w := open(t, door, discordtest.Options{}, func(c *Config) { c.Memory = memory })
	var told []chat.Event
	want := func(when string, kinds ...chat.EventKind) {
		t.Helper()
		told = door.Events()[len(told):]
		if len(told) != len(kinds) {
			t.Fatalf("%s: %d events, want %d", when, len(told), len(kinds))
		}
		for i, k := range kinds {
			if told[i].Kind != k {
				t.Errorf("%s: told of %s, want %s", when, told[i].Kind, k)
			}
		}
		told = door.Events()
	}
	want("the first start, in a server we have been in for a year")
	var second string
	owner := w.f.AddUser("nora", false)
	w.away(door, memory, func() {
		second = w.f.AddGuild("Lighthouse", owner)
		w.f.Added(second, "")
	})
	want("added meanwhile", chat.Joined)
	if e := told[0]; e.Place.Workspace != second || e.ReplyTo.To != owner || !e.ReplyTo.Private {
		t.Errorf("told %+v", e)
	}
	w.away(door, memory, func() {})
	want("a restart")
	w.f.ForgetSessions()
	w.f.CutGateway()
	w.tell.wait("discord.servers_compared", 2)
	w.settle()
	want("a new session")

	w.away(door, memory, func() { w.f.Kick(second, true) })
	want("an outage that began meanwhile")
	w.f.Back(second)
	w.settle()
	want("its end")

	w.away(door, memory, func() { w.f.Kick(second, false) })
	want("removed meanwhile", chat.Removed)
	if e := told[len(told)-1]; e.Place != place(second, "", "") {
		t.Errorf("told %+v", e)
	}
	w.away(door, memory, func() {})
	want("a restart after it")
	w.away(door, memory, func() {
		w.f.Clock().Advance(time.Hour)
		w.f.Added(second, "")
	})
	want("added once more", chat.Joined)
	w.away(door, memory, func() {
		w.f.Kick(second, false)
		w.f.Clock().Advance(time.Hour)
		w.f.Added(second, "")
	})
	want("removed and added", chat.Joined)
}

// TestAServerIsBuriedOnDiscordsWordOnly: content is wiped with it, so an answer
// that is none, or a token that is not taken, changes nothing.
func TestAServerIsBuriedOnDiscordsWordOnly(t *testing.T) {
	for name, c := range map[string]struct {
		at   func(w *town)
		gone bool
	}{
		"it is there after all": {func(*town) {}, false},
		"the front refuses":     {func(w *town) { w.f.FailReads(403) }, false},
		"the token is refused":  {func(w *town) { w.f.FailReads(401) }, false},
		"no answer":             {func(w *town) { w.f.FailReads(503) }, false},
		"we are no member":      {func(w *town) { w.f.Kick(w.guild, false) }, true},
	} {
		t.Run(name, func(t *testing.T) {
			w := open(t, bottest.NewRecorder(), discordtest.Options{})
			w.stop()
			c.at(w)
			waits := 0
			w.a.sleep = func(context.Context, time.Duration) error {
				if waits++; waits > 3 {
					return errors.New("enough")
				}
				return nil
			}
			if gone, err := newShard(w.a, 0, 1).servers.gone(t.Context(), w.guild); gone != c.gone || gone && err != nil {
				t.Errorf("gone %v, %v", gone, err)
			}
		})
	}
}

// TestAFarewellThatWasNotTakenIsToldAgain: neither a greeting nor a farewell is
// noted before it was accepted.
func TestAFarewellThatWasNotTakenIsToldAgain(t *testing.T) {
	door, memory := bottest.NewRecorder(), &shelf{kept: map[string][]byte{}}
	w := open(t, door, discordtest.Options{}, func(c *Config) { c.Memory = memory })
	door.Refuse(errors.New("no store"))
	w.f.Kick(w.guild, false)
	second := w.f.AddGuild("Lighthouse", w.omar)
	w.f.Added(second, "")
	w.settle()
	if n := len(door.Events()); n != 0 {
		t.Fatalf("%d events", n)
	}
	door.Refuse(nil)
	w.away(door, memory, func() {})
	kinds := map[chat.EventKind]string{}
	for _, e := range door.Events() {
		kinds[e.Kind] = e.Place.Workspace
	}
	if len(door.Events()) != 2 || kinds[chat.Removed] != w.guild || kinds[chat.Joined] != second {
		t.Errorf("told %v", kinds)
	}
}
