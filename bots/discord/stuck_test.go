package discord

import (
	"bytes"
	"context"
	"net"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/tierwise/tierwise/bots/bottest"
	"github.com/tierwise/tierwise/bots/discord/discordtest"
)

// hears fails the test where the bot does not hear any more.
func (w *town) hears(door *bottest.Recorder, text string) {
	w.t.Helper()
	before := len(door.Events())
	w.f.As(w.maya).Say(w.market, w.bot()+" "+text)
	w.tell.wait("discord.accepted", before+1)
	if e := door.Events(); e[len(e)-1].Text != text {
		w.t.Errorf("heard %q", e[len(e)-1].Text)
	}
}

func TestOddFramesHurtNothing(t *testing.T) {
	door := bottest.NewRecorder()
	w := open(t, door, discordtest.Options{})
	w.f.Dispatch(w.guild, "GUILD_CREATE", nil)
	w.f.Dispatch(w.guild, "MESSAGE_CREATE", nil)
	for _, text := range []string{"", "{", "null", "[]", `{"op":"zero"}`, `{"op":0,"t":7,"s":"x","d":false}`, `{"op":10,"d":null}`, `{"op":11,"d":{}}`, `{"op":1,"d":[]}`} {
		w.f.Raw([]byte(text))
	}
	w.f.Binary([]byte{0x78, 0x9c, 0, 1})
	w.hears(door, "still there?")
	if log := w.f.Gateway(); !slices.Equal(log, []string{"identify"}) || w.tell.of("discord.panic") != 0 {
		t.Errorf("the gateway saw %q, %d panics", log, w.tell.of("discord.panic"))
	}
	w.tell.wait("discord.unreadable_frame", 6)
}

// TestAFrameTooLargeIsPassedOver: cutting the connection instead would bring the
// same frame back, for ever.
func TestAFrameTooLargeIsPassedOver(t *testing.T) {
	door := bottest.NewRecorder()
	w := open(t, door, discordtest.Options{})
	huge := append([]byte(`{"op":0,"t":"GUILD_CREATE","s":3,"d":"`), bytes.Repeat([]byte{'x'}, 16<<20)...)
	w.f.Raw(append(huge, `"}`...))
	w.hears(door, "still there?")
	if log := w.f.Gateway(); !slices.Equal(log, []string{"identify"}) || w.tell.of("discord.unreadable_frame") != 1 {
		t.Errorf("the gateway saw %q", log)
	}
}

func TestAStormOfReconnectsEndsInTheSameSession(t *testing.T) {
	door := bottest.NewRecorder()
	w := open(t, door, discordtest.Options{})
	w.f.ReconnectStorm(resumeTries - 1)
	w.f.Reconnect()
	w.tell.wait("discord.resumed", 1)
	w.hears(door, "still there?")
	if log := w.f.Gateway(); !slices.Equal(log, []string{"identify", "resume"}) {
		t.Errorf("the gateway saw %q", log)
	}
}

func TestAStormThatDoesNotEndEndsTheSession(t *testing.T) {
	door := bottest.NewRecorder()
	w := open(t, door, discordtest.Options{})
	w.f.ReconnectStorm(2 * resumeTries)
	w.f.Reconnect()
	w.tell.wait("discord.caught_up", 2)
	w.hears(door, "still there?")
	if log := w.f.Gateway(); !slices.Equal(log, []string{"identify", "identify"}) {
		t.Errorf("the gateway saw %q", log)
	}
}

func TestAZombieIsResumed(t *testing.T) {
	door := bottest.NewRecorder()
	w := open(t, door, discordtest.Options{Heartbeat: 200 * time.Millisecond})
	w.f.Mute()
	w.tell.wait("discord.watchdog", 1)
	w.tell.wait("discord.resumed", 1)
	w.hears(door, "still there?")
	if w.f.Beats() == 0 || slices.Contains(w.f.Gateway(), "ended") {
		t.Errorf("%d heartbeats, the gateway saw %q", w.f.Beats(), w.f.Gateway())
	}
}

func TestARefusedResumeBeginsAnew(t *testing.T) {
	door := bottest.NewRecorder()
	w := open(t, door, discordtest.Options{})
	w.hears(door, "first")
	w.f.RefuseResume()
	w.f.CutGateway()
	w.f.As(w.maya).Say(w.market, w.bot()+" in the gap")
	w.tell.wait("discord.accepted", 2)
	w.hears(door, "and then")
	if log := w.f.Gateway(); !slices.Equal(log, []string{"identify", "refused", "identify"}) {
		t.Errorf("the gateway saw %q", log)
	}
}

func TestAnAddressThatDoesNotAnswerIsNotKept(t *testing.T) {
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	for _, at := range []string{"ws://" + nobody, "https://" + nobody, "::"} {
		door := bottest.NewRecorder()
		w := found(t, discordtest.Options{})
		w.f.ResumeAt(at)
		w.connect(door)
		w.f.CutGateway()
		w.tell.wait("discord.resumed", 1)
		w.hears(door, "still there?")
		if log := w.f.Gateway(); !slices.Equal(log, []string{"identify", "resume"}) {
			t.Errorf("%s: the gateway saw %q", at, log)
		}
	}
}

// TestNothingGoesOnAfterTheRun: every goroutine of a connection ends with it,
// whatever state it is in.
func TestNothingGoesOnAfterTheRun(t *testing.T) {
	for name, stick := range map[string]func(f *discordtest.Fake){
		"in good order":  func(*discordtest.Fake) {},
		"while silent":   (*discordtest.Fake).NoHello,
		"in a storm":     func(f *discordtest.Fake) { f.ReconnectStorm(1000) },
		"while resuming": (*discordtest.Fake).CutGateway,
	} {
		t.Run(name, func(t *testing.T) {
			w := open(t, bottest.NewRecorder(), discordtest.Options{})
			stick(w.f)
			if name != "in good order" {
				w.f.CutGateway()
			}
			w.stop()
			stacks := make([]byte, 1<<20)
			stacks = stacks[:runtime.Stack(stacks, true)]
			for _, part := range []string{"discord.receiveAll", "discord.(*talk)", "discord.(*shard)", "discord.(*socket)"} {
				if bytes.Contains(stacks, []byte(part)) {
					t.Errorf("%s goes on", part)
				}
			}
			if w.a.Ready() == nil {
				t.Error("it calls itself ready")
			}
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			s := newShard(w.a, 0, 1)
			if err := s.run(ctx); err != nil {
				t.Errorf("a run that may not begin gave %v", err)
			}
		})
	}
}
