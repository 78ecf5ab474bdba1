package discord

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tierwise/tierwise/bots/bottest"
	"github.com/tierwise/tierwise/bots/discord/discordtest"
	"github.com/tierwise/tierwise/internal/chat"
)

// mentionOf are the accepted mentions.
func mentionsOf(door *bottest.Recorder) []chat.Event {
	var list []chat.Event
	for _, e := range door.Events() {
		if e.Kind == chat.Mention {
			list = append(list, e)
		}
	}
	return list
}

// say speaks at an event's address and returns where.
func (w *town) say(to chat.ReplyTo, p chat.Post) chat.Ref {
	w.t.Helper()
	r, err := w.a.Opener().Open(context.Background(), to)
	if err != nil {
		w.t.Fatal(err)
	}
	ref, err := r.Put(context.Background(), p)
	if err != nil {
		w.t.Fatalf("put: %v", err)
	}
	w.settle()
	return ref
}

func (w *town) bot() string { return "<@" + w.f.Bot().ID + ">" }

func (w *town) texts(channel, viewer string) []string {
	var list []string
	for _, m := range w.f.Messages(channel, viewer) {
		if m.Author == w.f.Bot().ID {
			list = append(list, m.Content)
		}
	}
	return list
}

func TestAMentionGetsAThreadOfItsOwn(t *testing.T) {
	door := bottest.NewRecorder()
	w := open(t, door, discordtest.Options{})
	m := w.f.As(w.maya).Say(w.market, w.bot()+" why is the   export slow?")
	w.settle()
	e := door.Events()[0]
	w.say(e.ReplyTo, chat.Post{Job: "j1", Text: "Because of the index."})
	c, ok := w.f.Channel(m.ID)
	if !ok || c.Parent != w.market || c.Name != "why is the export slow?" {
		t.Fatalf("thread %+v", c)
	}
	if e.ReplyTo.Place != w.at(w.market, m.ID) {
		t.Errorf("answered at %v", e.ReplyTo.Place)
	}
	// Another replica, which knows nothing of the thread, answers there too.
	w.a.threads.drop(m.ID)
	w.a.world.channels.drop(m.ID)
	w.say(e.ReplyTo, chat.Post{Job: "j2", Text: "And of the disk."})
	if got := w.texts(m.ID, w.omar); len(got) != 2 {
		t.Errorf("the thread says %q", got)
	}
	w.f.CheckManners(t)
}

func TestWithoutTheRightToThreadsTheAnswerComesInTheChannel(t *testing.T) {
	door := bottest.NewRecorder()
	w := found(t, discordtest.Options{})
	w.f.Deny(w.market, discordtest.CreateThreads)
	w.connect(door)
	w.f.As(w.maya).Say(w.market, w.bot()+" hello?")
	w.settle()
	e := door.Events()[0]
	if e.ReplyTo.Place.Thread != "" {
		t.Errorf("answered at %v", e.ReplyTo.Place)
	}
	w.say(e.ReplyTo, chat.Post{Job: "j1", Text: "Hello."})
	if got := w.texts(w.market, w.omar); len(got) != 1 {
		t.Errorf("the channel says %q", got)
	}
}

func TestARightLostBeforeTheAnswerLeavesNoSilence(t *testing.T) {
	door := bottest.NewRecorder()
	w := open(t, door, discordtest.Options{})
	w.f.As(w.maya).Say(w.market, w.bot()+" hello?")
	w.settle()
	w.f.Deny(w.market, discordtest.CreateThreads)
	ref := w.say(door.Events()[0].ReplyTo, chat.Post{Job: "j1", Text: "Hello."})
	if got := w.texts(w.market, w.omar); len(got) != 1 || ref.Thread != "" {
		t.Errorf("the channel says %q, ref %+v", got, ref)
	}
}

func TestWhomTheBotHears(t *testing.T) {
	door := bottest.NewRecorder()
	owned := chat.Owned{}
	w := open(t, door, discordtest.Options{}, func(c *Config) {
		c.Owned = func(context.Context, chat.Place) (chat.Owned, error) { return owned, nil }
	})
	maya := w.f.As(w.maya)
	heard := func(name string, want int, act func()) {
		t.Helper()
		before := len(door.Events())
		act()
		w.settle()
		if got := len(door.Events()) - before; got != want {
			t.Errorf("%s: %d events, want %d", name, got, want)
		}
	}
	heard("our role", 1, func() { maya.Say(w.market, "<@&"+w.f.BotRole(w.guild)+"> hello") })
	if e := door.Events()[0]; e.Text != "hello" {
		t.Errorf("text %q", e.Text)
	}
	heard("our id in its old form", 1, func() { maya.Say(w.market, "<@!"+w.f.Bot().ID+"> hello") })
	if e := door.Events()[1]; e.Text != "hello" {
		t.Errorf("text %q", e.Text)
	}
	other := w.f.AddRole(w.guild, "ops", 0)
	heard("another role", 0, func() { maya.Say(w.market, "<@&"+other+"> hello") })
	heard("everyone", 0, func() { maya.Say(w.market, "@everyone hello") })
	post := w.say(chat.ReplyTo{Place: w.at(w.market, "")}, chat.Post{Job: "j1", Text: "An answer."})
	ours := w.f.Messages(w.market, w.maya)
	last := &ours[len(ours)-1]
	if last.ID != post.ID {
		t.Fatal("the post is not the last message")
	}
	heard("a reply to us", 1, func() { maya.Reply(last, "and then?") })
	heard("a reply to us that names a colleague", 0, func() { maya.Reply(last, "<@"+w.omar+"> what do you say?") })
	heard("a follow-up in a thread that is not ours", 0, func() { maya.Say(w.thread, "shorter") })
	owned = chat.Owned{Owner: w.maya}
	heard("a follow-up in our thread", 1, func() { maya.Say(w.thread, "shorter") })
	heard("a follow-up of somebody else", 0, func() { w.f.As(w.omar).Say(w.thread, "shorter") })
	heard("a webhook or system message", 0, func() {
		w.f.Dispatch(w.guild, "MESSAGE_CREATE", map[string]any{"id": "900000000000000001", "channel_id": w.market, "guild_id": w.guild, "type": 7, "content": w.bot(),
			"author": map[string]any{"id": w.maya, "username": "maya"}, "mentions": []any{map[string]any{"id": w.f.Bot().ID}}})
	})
}

func TestEventsSayWhoAndWhere(t *testing.T) {
	door := bottest.NewRecorder()
	w := found(t, discordtest.Options{})
	mods := w.f.AddRole(w.guild, "moderators", discordtest.ManageGuild)
	w.f.Join(w.guild, w.maya, mods)
	w.connect(door)
	w.f.As(w.maya).Say(w.thread, w.bot()+" look at <#"+w.market+"> please")
	w.f.As(w.maya).Command(w.thread, "ai-spend", map[string]string{"view": "team"})
	w.settle()
	for _, e := range door.Events() {
		if a := e.Actor; !a.Admin || !slices.Contains(a.Groups, mods) || a.Created == 0 || a.Since == 0 {
			t.Errorf("%s: actor %+v", e.Kind, a)
		}
		if e.Place != w.at(w.market, w.thread) || e.Channel.Place != w.at(w.market, "") {
			t.Errorf("%s: at %v in %v", e.Kind, e.Place, e.Channel.Place)
		}
	}
	if text := mentionsOf(door)[0].Text; text != "look at #market please" {
		t.Errorf("text %q", text)
	}
}

func TestDirectMessagesAreChargedToAServer(t *testing.T) {
	t.Run("the only one", func(t *testing.T) {
		door := bottest.NewRecorder()
		w := open(t, door, discordtest.Options{})
		w.f.As(w.maya).Say(w.direct, "what is open?")
		w.settle()
		if e := door.Events(); len(e) != 1 || e[0].Place != w.at(w.direct, "") {
			t.Errorf("%d events", len(e))
		}
	})
	t.Run("the one that was picked, and still after a restart", func(t *testing.T) {
		door, memory := bottest.NewRecorder(), &shelf{kept: map[string][]byte{}}
		w := found(t, discordtest.Options{})
		second := w.f.AddGuild("Lighthouse", w.maya)
		keep := func(c *Config) { c.Memory = memory }
		w.connect(door, keep)
		m := w.f.As(w.maya).Say(w.direct, "what is open?")
		w.settle()
		if len(door.Events()) != 0 {
			t.Fatal("charged to nobody knows whom")
		}
		asked := w.f.Messages(w.direct, w.maya)
		w.f.As(w.maya).Press(w.direct, asked[len(asked)-1].ID, "Lighthouse")
		w.settle()
		w.f.As(w.maya).Say(w.direct, "again: what is open?")
		w.settle()
		if e := door.Events(); len(e) != 1 || e[0].Place != place(second, w.direct, "") {
			t.Fatalf("%d events after %s", len(e), m.ID)
		}
		w.stop()
		w.tell = newTally()
		w.again(door, keep)
		w.f.As(w.maya).Say(w.direct, "once more")
		w.settle()
		if e := door.Events(); e[len(e)-1].Text != "once more" {
			t.Error("the choice was forgotten")
		}
		w.f.CheckManners(t)
	})
	t.Run("none", func(t *testing.T) {
		door := bottest.NewRecorder()
		w := found(t, discordtest.Options{})
		stranger := w.f.AddUser("stranger", false)
		dm := w.f.Direct(stranger)
		w.connect(door)
		w.f.As(stranger).Say(dm, "hello?")
		w.settle()
		if got := w.texts(dm, stranger); len(door.Events()) != 0 || len(got) != 1 || !strings.Contains(got[0], "server") {
			t.Errorf("%d events, said %q", len(door.Events()), got)
		}
	})
}

// shelf is a Memory that outlives an adapter.
type shelf struct {
	mu   sync.Mutex
	kept map[string][]byte
}

func (s *shelf) Remember(_ context.Context, tenant, key string, value []byte, _ time.Duration) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.kept[tenant+"/"+key] = value
	return nil
}

func (s *shelf) Recall(_ context.Context, tenant, key string) ([]byte, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v, ok := s.kept[tenant+"/"+key]
	return v, ok, nil
}

func (s *shelf) Recalls(_ context.Context, tenant, prefix string) (map[string][]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found := map[string][]byte{}
	for key, v := range s.kept {
		if rest, ok := strings.CutPrefix(key, tenant+"/"); ok && strings.HasPrefix(rest, prefix) {
			found[rest] = v
		}
	}
	return found, nil
}

func (s *shelf) Forget(_ context.Context, tenant, key string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.kept, tenant+"/"+key)
	return nil
}

func TestALostServerIsToldAndAnOutageIsNot(t *testing.T) {
	door := bottest.NewRecorder()
	w := open(t, door, discordtest.Options{})
	w.f.Kick(w.guild, true)
	w.settle()
	if n := len(door.Events()); n != 0 {
		t.Fatalf("an outage made %d events", n)
	}
	w.f.Kick(w.guild, false)
	w.settle()
	if e := door.Events(); len(e) != 1 || e[0].Kind != chat.Removed || e[0].Place.Workspace != w.guild {
		t.Errorf("events %+v", e)
	}
}

func TestAFailureIsSaid(t *testing.T) {
	door := bottest.NewRecorder()
	w := open(t, door, discordtest.Options{})
	door.Refuse(context.DeadlineExceeded)
	w.f.As(w.maya).Say(w.market, w.bot()+" hello?")
	i := w.f.As(w.maya).Command(w.market, "summarize", map[string]string{"what": "24h"})
	w.settle()
	if got := w.texts(w.market, w.maya); len(got) != 2 || got[0] != notTaken || got[1] != notTaken {
		t.Errorf("said %q", got)
	}
	if w.f.Look(i).Answer != sayMessage {
		t.Error("the command was acknowledged")
	}
}

func TestAFloodInOneChannelDelaysNoOther(t *testing.T) {
	release := make(chan struct{})
	door := &slowDoor{Recorder: bottest.NewRecorder(), release: release}
	w := open(t, door, discordtest.Options{})
	door.slow = w.market
	for range laneMost + 50 {
		w.f.As(w.maya).Say(w.market, w.bot()+" flood")
	}
	w.f.As(w.omar).Say(w.thread, w.bot()+" and here?")
	w.tell.wait("discord.event", w.f.Dispatched())
	w.tell.wait("discord.accepted", 1)
	if e := door.Events(); len(e) != 1 || e[0].Text != "and here?" {
		t.Errorf("%d events", len(e))
	}
	if w.tell.of("discord.flood") == 0 {
		t.Error("the queue has no bound")
	}
	close(release)
	w.settle()
}

// slowDoor does not accept from one channel until it is released.
type slowDoor struct {
	*bottest.Recorder
	slow    string
	release chan struct{}
}

func (d *slowDoor) Accept(ctx context.Context, e chat.Event) error {
	if e.Place.Channel == d.slow && e.Place.Thread == "" {
		<-d.release
	}
	return d.Recorder.Accept(ctx, e)
}
