package discord

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/tierwise/tierwise/bots/bottest"
	"github.com/tierwise/tierwise/bots/discord/discordtest"
	"github.com/tierwise/tierwise/internal/chat"
)

// A fault in the handling of one message must not end the process or the lane.
func TestAPanicHurtsOneMessageOnly(t *testing.T) {
	door := &lookingDoor{Recorder: bottest.NewRecorder(), look: func(e chat.Event) {
		if strings.Contains(e.Text, "boom") {
			panic("text that must not be logged")
		}
	}}
	w := open(t, door, discordtest.Options{})
	w.f.As(w.maya).Say(w.market, w.bot()+" boom")
	w.f.As(w.maya).Say(w.market, w.bot()+" and this?")
	w.settle()
	if e := door.Events(); len(e) != 1 || e[0].Text != "and this?" || w.tell.of("discord.panic") != 1 {
		t.Errorf("%d events, %d panics", len(door.Events()), w.tell.of("discord.panic"))
	}
}

func TestMessagesOfAChannelKeepTheirOrder(t *testing.T) {
	door := bottest.NewRecorder()
	w := open(t, door, discordtest.Options{})
	const n = 80
	for i := range n {
		w.f.As(w.maya).Say(w.market, w.bot()+" "+strings.Repeat("x", i+1))
	}
	w.settle()
	for i, e := range door.Events() {
		if len(e.Text) != i+1 {
			t.Fatalf("message %d is number %d", i+1, len(e.Text))
		}
	}
	if len(door.Events()) != n {
		t.Errorf("%d of %d", len(door.Events()), n)
	}
}

// A store that fails for a moment loses nothing: the gateway does not deliver
// again, so handing over is tried again.
func TestAMomentWithoutAStoreLosesNothing(t *testing.T) {
	tries := 0
	door := bottest.NewRecorder()
	w := open(t, &failingDoor{Recorder: door, fail: func() error {
		if tries++; tries < acceptTries {
			return errors.New("for a moment")
		}
		return nil
	}}, discordtest.Options{})
	w.f.As(w.maya).Say(w.market, w.bot()+" hello?")
	w.settle()
	if len(door.Events()) != 1 || len(w.texts(w.market, w.maya)) != 0 {
		t.Errorf("%d events after %d tries", len(door.Events()), tries)
	}
}

type failingDoor struct {
	*bottest.Recorder
	fail func() error
}

func (d *failingDoor) Accept(ctx context.Context, e chat.Event) error {
	if err := d.fail(); err != nil {
		return err
	}
	return d.Recorder.Accept(ctx, e)
}

func TestWithoutLeasesKnownNothingIsCalledReady(t *testing.T) {
	w := found(t, discordtest.Options{})
	a, err := New(Config{Door: bottest.NewRecorder(), Token: w.token(), APIURL: w.f.URL(), Transport: w.f.Client().Transport, Count: w.tell.add, Leases: noLeases{},
		Owned:     func(context.Context, chat.Place) (chat.Owned, error) { return chat.Owned{}, nil },
		FollowUps: func(context.Context, chat.Place, chat.Channel) bool { return false }})
	if err != nil {
		t.Fatal(err)
	}
	a.pace = quickly()
	if a.Ready() == nil {
		t.Error("ready before it began")
	}
	if err := a.start(t.Context()); err != nil {
		t.Fatal(err)
	}
	a.hold(t.Context(), 0, nil, nil)
	if a.Ready() == nil || w.f.Connections() != 0 {
		t.Error("ready, or connected, without a lease")
	}
}

type noLeases struct{}

func (noLeases) Lease(context.Context, string, string, time.Duration) (bool, error) {
	return false, errors.New("no store")
}

// BenchmarkIgnored is the cost of a message that is not for us, which is what
// most messages of a large server are.
func BenchmarkIgnored(b *testing.B) {
	w := open(b, bottest.NewRecorder(), discordtest.Options{NoSpec: true})
	raw, err := json.Marshal(map[string]any{"id": "900000000000000001", "channel_id": w.market, "guild_id": w.guild, "type": 0, "content": strings.Repeat("just talking ", 20),
		"author": map[string]any{"id": w.maya, "username": "maya"}, "member": map[string]any{"roles": []string{"1", "2"}, "joined_at": "2026-01-01T00:00:00Z"},
		"mentions": []any{}, "mention_roles": []any{}, "attachments": []any{}, "embeds": []any{}, "components": []any{}, "timestamp": "2026-11-24T09:00:00.000000+00:00"})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		w.a.on("MESSAGE_CREATE", raw)
	}
}
