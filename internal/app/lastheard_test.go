package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tierwise/tierwise/bots/slack"
	"github.com/tierwise/tierwise/bots/slack/slacktest"
	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/clock"
	"github.com/tierwise/tierwise/internal/config"
	"github.com/tierwise/tierwise/internal/leaving"
	"github.com/tierwise/tierwise/internal/record"
	"github.com/tierwise/tierwise/internal/store/memory"
)

// marks is a store that counts what is written and tells of it.
type marks struct {
	markStore
	mu     sync.Mutex
	writes map[string]int // by tenant and id
	wrote  chan struct{}
}

func newMarks(s markStore) *marks {
	return &marks{markStore: s, writes: map[string]int{}, wrote: make(chan struct{}, 100)}
}

// Write counts.
func (m *marks) Write(ctx context.Context, tenant string, writes ...record.Write) error {
	err := m.markStore.Write(ctx, tenant, writes...)
	m.mu.Lock()
	for _, w := range writes {
		m.writes[tenant+" "+w.ID]++
	}
	m.mu.Unlock()
	m.wrote <- struct{}{}
	return err
}

func (m *marks) count() map[string]int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return maps.Clone(m.writes)
}

// TestWhatIsHeardIsWrittenOnceAMinute, the first at once; open connections are
// noted again and again, and their end at the end. A workspace that has left
// gets no mark.
func TestWhatIsHeardIsWrittenOnceAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := memory.New(clock.System{})
		if err := store.Write(t.Context(), "slack/T9", record.Put(leaving.Left, "at", []byte("{}"), 0)); err != nil {
			t.Fatal(err)
		}
		m := newMarks(store)
		l := newLastHeard(m, clock.System{}, "r1", slog.New(slog.DiscardHandler))
		l.home = func(context.Context) (string, error) { return "T1", nil }
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- l.Run(ctx) }()
		step := func(what string, want map[string]int) {
			t.Helper()
			synctest.Wait()
			if got := m.count(); !maps.Equal(got, want) {
				t.Errorf("%s: written %v, want %v", what, got, want)
			}
		}
		l.Heard("T1", slack.HeardEvent)
		l.Heard("T9", slack.HeardEvent)
		step("the first", map[string]int{"slack/T1 event": 1})
		for range 500 {
			l.Heard("T1", slack.HeardEvent)
			l.Heard("T9", slack.HeardEvent)
		}
		l.Connected(1)
		l.Connected(1)
		time.Sleep(heardEvery / 2)
		step("within a minute", map[string]int{"slack/T1 event": 1})
		time.Sleep(heardEvery)
		step("after a minute", map[string]int{"slack/T1 event": 2, "slack/T1 link/r1": 1})
		l.Heard("T1", slack.HeardPress)
		step("the first press, at once", map[string]int{"slack/T1 event": 2, "slack/T1 link/r1": 1, "slack/T1 press": 1})
		time.Sleep(10 * heardEvery)
		step("ten quiet minutes later", map[string]int{"slack/T1 event": 2, "slack/T1 link/r1": 11, "slack/T1 press": 1})
		h, err := lastHeardOf(t.Context(), store, "slack/T1", time.Now())
		if err != nil || h.link.Up != 2 || time.Since(h.event) < 10*heardEvery || h.press.IsZero() {
			t.Errorf("read %+v, %v", h, err)
		}
		l.Heard("T1", slack.HeardPress)
		stop()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("run ended with %v", err)
		}
		h, err = lastHeardOf(t.Context(), store, "slack/T1", time.Now())
		if err != nil || h.link.Up != 0 || h.link.At == 0 || h.press.IsZero() {
			t.Errorf("after the end: %+v, %v", h, err)
		}
	})
}

// TestDoctorSaysWhenSlackWasHeard, and what to do where it was not.
func TestDoctorSaysWhenSlackWasHeard(t *testing.T) {
	now := time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)
	before := func(d time.Duration) int64 { return now.Add(-d).Unix() }
	for name, c := range map[string]struct {
		marks  map[string]mark
		socket bool
		want   []string
	}{
		"all is well": {map[string]mark{"event": {At: before(3 * time.Minute)}, "link/a": {At: before(time.Minute), Up: 2, Since: before(80 * time.Second)}}, true,
			[]string{"last event 3 minutes ago | \n", "Socket Mode: 2 connections, the newest opened 1 minute ago | \n"}},
		"two replicas, one killed": {map[string]mark{"event": {At: before(time.Hour)}, "link/a": {At: before(20 * time.Second), Up: 1, Since: before(20 * time.Second)}, "link/b": {At: before(4 * time.Minute), Up: 2, Since: before(9 * time.Hour)}}, true,
			[]string{"last event 1 hour ago", "Socket Mode: 1 connection, the newest opened 20 s ago | \n"}},
		"stopped": {map[string]mark{"event": {At: before(5 * time.Hour)}, "link/a": {At: before(2 * time.Hour), Since: before(9 * time.Hour)}}, true,
			[]string{"last event 5 hours ago", "Socket Mode: no connection now, the last one was seen 2 hours ago | Is `tierwise serve` running"}},
		"never, by HTTP":   {nil, false, []string{"no event was ever received | Is `tierwise serve` running, and was the bot mentioned?", "Request URL verified", "app_mention"}},
		"never, by socket": {nil, true, []string{"no event was ever received", "Event Subscriptions must be on and have", "Socket Mode: no connection within the last day | Start"}},
		"commands alone": {map[string]mark{"press": {At: before(49 * time.Hour)}}, false,
			[]string{"no event was ever received, though a command or button was, 2 days ago | Event Subscriptions must be on, with its Request URL verified"}},
		"a long silence": {map[string]mark{"event": {At: before(8 * 24 * time.Hour)}}, false,
			[]string{"last event 8 days ago | When a mention stays without an answer: is `tierwise serve` running? Event Subscriptions"}},
	} {
		store := memory.New(clock.NewManual(now))
		for id, m := range c.marks {
			if err := store.Write(t.Context(), "slack/T1", markWrite(id, m, 0)); err != nil {
				t.Fatal(err)
			}
		}
		said := ""
		for _, f := range heardFound(t.Context(), store, "T1", c.socket, now) {
			said += fmt.Sprintf("%s | %s\n", f.Say, f.Mend)
		}
		has(t, name, said, c.want...)
		if !c.socket {
			hasNot(t, name, said, "Socket Mode")
		}
	}
}

// TestDoctorBesideAServer: what comes over Socket Mode is on the disk a moment
// later, where another process reads it.
func TestDoctorBesideAServer(t *testing.T) {
	fake := slacktest.New(t, slacktest.Config{})
	log := slog.New(slog.DiscardHandler)
	cfg := config.Config{SlackBotToken: config.NewSecret(fake.Sample()), SlackAppToken: config.NewSecret(slacktest.AppToken), SlackAPIURL: fake.API(), DataDir: t.TempDir()}
	store, err := OpenStore(t.Context(), cfg, Where{Clock: clock.System{}}, log)
	if err != nil {
		t.Fatal(err)
	}
	m := newMarks(store)
	l := newLastHeard(m, clock.System{}, "r1", log)
	ear := telling{l, make(chan int, 100)}
	a, err := slack.New(slack.Config{Door: openDoor{}, BotToken: cfg.SlackBotToken, AppToken: cfg.SlackAppToken, APIURL: cfg.SlackAPIURL, Ear: ear,
		Owned:     func(context.Context, chat.Place) (chat.Owned, error) { return chat.Owned{}, nil },
		FollowUps: func(context.Context, chat.Place, chat.Channel) bool { return false }})
	if err != nil {
		t.Fatal(err)
	}
	l.home = a.Workspace
	fake.ConnectTo(slacktest.Endpoints{})
	ctx, stop := context.WithCancel(context.Background())
	var all sync.WaitGroup
	all.Go(func() { _ = a.Run(ctx) })
	<-ear.changes
	<-ear.changes
	if d := fake.User("U1").Mention("C1", "hello"); !d.Acked {
		t.Fatal("the mention was not acknowledged")
	}
	all.Go(func() { _ = l.Run(ctx) }) // from here on: the first write has it all
	<-m.wrote                         // the event
	<-m.wrote                         // the connections
	said := func() string {
		var b strings.Builder
		for _, f := range CheckSlack(t.Context(), cfg, log) {
			b.WriteString(f.Say + "\n")
		}
		return b.String()
	}
	has(t, "while it serves", said(), "last event ", " s ago", "Socket Mode: 2 connections")
	stop()
	all.Wait()
	has(t, "after it", said(), "last event ", "Socket Mode: no connection now")
	if ids := slices.Sorted(maps.Keys(m.count())); !slices.Equal(ids, []string{"slack/T1 event", "slack/T1 link/r1"}) {
		t.Errorf("written: %v", ids)
	}
	if err := store.Close(); err != nil {
		t.Error(err)
	}
}

// telling is an Ear that tells the test of connections.
type telling struct {
	*lastHeard
	changes chan int
}

// Connected notes it and tells.
func (e telling) Connected(change int) {
	e.lastHeard.Connected(change)
	e.changes <- change
}

// openDoor takes everything.
type openDoor struct{ closedDoor }

// Accept takes it.
func (openDoor) Accept(context.Context, chat.Event) error { return nil }
