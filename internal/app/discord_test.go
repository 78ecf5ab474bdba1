package app

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tierwise/tierwise/bots/discord/discordtest"
	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/clock"
	"github.com/tierwise/tierwise/internal/config"
	"github.com/tierwise/tierwise/internal/httpd"
	"github.com/tierwise/tierwise/internal/intake"
	"github.com/tierwise/tierwise/internal/record"
	"github.com/tierwise/tierwise/internal/seal"
	"github.com/tierwise/tierwise/internal/store/memory"
	"github.com/tierwise/tierwise/usage"
)

// discordTown is the whole house behind a fake Discord, with one server.
type discordTown struct {
	t                 *testing.T
	fake              *discordtest.Fake
	store             Store
	guild, ruth, maya string
	general           string
	house             *House
	stop              func()
	health            string // the address of the health answers
}

// newDiscordTown is a server that the bot was added to while it did not run.
func newDiscordTown(t *testing.T, opts discordtest.Options) *discordTown {
	t.Helper()
	now := clock.NewManual(time.Now().UTC().AddDate(0, -1, 0))
	opts.Clock = now
	fake := discordtest.New(t, opts)
	w := &discordTown{t: t, fake: fake, store: closing{memory.New(now)}, ruth: fake.AddUser("ruth", false), maya: fake.AddUser("maya", false)}
	w.guild = fake.AddGuild("Harbour", w.ruth)
	fake.Join(w.guild, w.maya)
	now.Advance(30 * 24 * time.Hour) // nobody is new any more
	w.general = fake.AddChannel(w.guild, "general", 0)
	fake.Added(w.guild, "")
	return w
}

// start builds a house on the town's store and runs it, a minute after whatever
// ran before, whose leases are over then.
func (w *discordTown) start() {
	w.t.Helper()
	w.fake.Clock().Advance(time.Minute)
	keys, err := seal.ParseKeys(strings.Repeat("0123456789abcdef", 4))
	if err != nil {
		w.t.Fatal(err)
	}
	s, err := seal.New(keys)
	if err != nil {
		w.t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	cfg := config.Config{Policy: config.DefaultPolicy(), WorkspaceList: "*", DiscordToken: config.NewSecret(discordtest.Token), DiscordAPIURL: w.fake.URL()}
	models, err := LoadModels(w.t.Context(), cfg, log)
	if err != nil {
		w.t.Fatal(err)
	}
	view, err := models.Sample(w.fake.Clock())
	if err != nil {
		w.t.Fatal(err)
	}
	w.house = Build(Parts{Config: cfg, Store: w.store, Models: view, Clock: w.fake.Clock(), Log: log, Pace: intake.DefaultPace(), Sealer: s})
	_, runs, err := w.house.platforms(cfg, s, log)
	if err != nil {
		w.t.Fatal(err)
	}
	health := httptest.NewServer(httpd.Health(w.house.ready))
	w.health = health.URL
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 2)
	go func() { w.house.Run(ctx); done <- nil }()
	go func() { done <- runs[0](ctx) }()
	var stopped bool
	w.stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		for range 2 {
			if err := <-done; err != nil {
				w.t.Errorf("a run ended with %v", err)
			}
		}
		health.Close()
	}
	w.t.Cleanup(w.stop)
}

// ready asks for /readyz.
func (w *discordTown) ready() (int, string) {
	w.t.Helper()
	r, err := http.Get(w.health + "/readyz")
	if err != nil {
		w.t.Fatal(err)
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return r.StatusCode, string(b)
}

// until asks until the answer is the wanted one; the test's own deadline ends
// an asking that is in vain.
func (w *discordTown) until(code int) {
	w.t.Helper()
	for {
		if got, _ := w.ready(); got == code {
			return
		}
	}
}

// TestReadyMeansThatDiscordIsHeard: the process is there all the time; /readyz
// follows the connection.
func TestReadyMeansThatDiscordIsHeard(t *testing.T) {
	w := newDiscordTown(t, discordtest.Options{Heartbeat: 300 * time.Millisecond})
	come, release := w.fake.HoldHello()
	w.start()
	<-come
	if code, why := w.ready(); code != http.StatusServiceUnavailable || !strings.Contains(why, "discord: shard 0: not connected") {
		t.Errorf("before Discord said a word: %d %q", code, why)
	}
	release()
	w.until(http.StatusOK)

	// Discord falls silent without ending the connection; what comes after it
	// waits too.
	come, release = w.fake.HoldHello()
	w.fake.Mute()
	<-come
	if code, why := w.ready(); code != http.StatusServiceUnavailable || !strings.Contains(why, "not connected") {
		t.Errorf("past the watchdog: %d %q", code, why)
	}
	release()
	w.until(http.StatusOK)
	if log := w.fake.Gateway(); !slices.Contains(log, "resume") || slices.Contains(log[1:], "identify") {
		t.Errorf("the gateway saw %q", log)
	}
	w.stop()
	if w.house.ready(t.Context()) == nil {
		t.Error("ready after the end")
	}
}

// says waits until a viewer sees the bot say something in a channel; the test's
// own deadline ends a wait that is in vain.
func (w *discordTown) says(channel, viewer, text string) {
	w.t.Helper()
	for {
		if err := w.house.Idle(w.t.Context()); err != nil {
			w.t.Fatal(err)
		}
		for _, m := range w.fake.Messages(channel, viewer) {
			if m.Author == w.fake.Bot().ID && strings.Contains(m.Content, text) {
				return
			}
		}
	}
}

// TestDiscordFromInviteToFarewell: added while nothing ran, greeted once with
// what to do, switched on, asked, restarted, and removed while nothing ran.
func TestDiscordFromInviteToFarewell(t *testing.T) {
	w := newDiscordTown(t, discordtest.Options{})
	greetings := func() int {
		n := 0
		for _, m := range w.fake.Messages(w.fake.Direct(w.ruth), w.ruth) {
			if strings.Contains(m.Content, "Thanks for inviting me") {
				n++
			}
		}
		return n
	}
	w.start()
	w.says(w.fake.Direct(w.ruth), w.ruth, "`/ai-config set enabled on`, said in a channel")
	maya, ruth := w.fake.As(w.maya), w.fake.As(w.ruth)
	maya.Command(w.general, "classify", map[string]string{"what": "The export fails"})
	w.says(w.general, w.maya, "I am not switched on in this channel")
	ruth.Command(w.general, "ai-config", map[string]string{"setting": "set enabled on"})
	w.says(w.general, w.ruth, "**enabled** for the channel")
	maya.Command(w.general, "classify", map[string]string{"what": "The export fails with error 502"})
	w.says(w.general, w.maya, "**bug**")

	w.stop()
	w.start()
	w.until(http.StatusOK)
	maya.Command(w.general, "classify", map[string]string{"what": "How do I export a list?"})
	w.says(w.general, w.maya, "**question**")
	if n := greetings(); n != 1 {
		t.Errorf("greeted %d times", n)
	}
	tenant := chat.Place{Platform: chat.Discord, Workspace: w.guild}.Tenant()
	set := func() int {
		list, err := w.store.List(t.Context(), tenant, record.Setting, "")
		if err != nil {
			t.Fatal(err)
		}
		return len(list)
	}
	if set() == 0 {
		t.Fatal("nothing was set")
	}
	w.stop()
	w.fake.Kick(w.guild, false)
	w.start()
	for set() > 0 { // the test's own deadline ends it
		if err := w.house.Idle(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	proof, err := usage.Verify(t.Context(), w.store, tenant)
	if err != nil || proof.Entries == 0 || len(proof.Differences) > 0 {
		t.Errorf("the books rest with %+v, %v", proof, err)
	}
}
