// Package discordtest is a Discord that runs in the test's process: REST and
// gateway over loopback, with servers, channels, threads, members, rights,
// messages, interactions with their deadlines on a clock the test moves, and
// registered commands. It promises that every request and every answer is held
// against Discord's published OpenAPI description where that is at hand, that
// it refuses what Discord would refuse, and that it fails on demand the way
// Discord fails. It is no complete Discord: only routes and events that the
// adapter uses exist, and a request to any other route is a problem of the
// test.
package discordtest

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/tierwise/tierwise/internal/clock"
)

// Token is the bot's token.
const Token = "MTA.fake.token-of-the-bot"

// Options choose what the fake offers.
type Options struct {
	Clock *clock.Manual // nil: a clock of its own
	// Shards is what the gateway recommends; 0 is 1.
	Shards int
	// NoContent refuses the privileged intent MESSAGE_CONTENT.
	NoContent bool
	// NoSpec checks nothing against the published description, for long runs.
	NoSpec bool
	// Heartbeat is the interval told to clients; 0 is Discord's own.
	Heartbeat time.Duration
}

// Fake is one Discord. Its methods are safe for concurrent use.
type Fake struct {
	t     testing.TB
	opts  Options
	clock *clock.Manual
	spec  *spec
	srv   *httptest.Server

	mu           sync.Mutex
	lastID       uint64
	bot          User
	app          string
	appFlags     int
	public       bool
	users        map[string]User
	guilds       map[string]*Guild
	order        []string // guild ids in order
	channels     map[string]*Channel
	messages     map[string][]*Message // by channel, oldest first
	interactions map[string]*Interaction
	byToken      map[string]*Interaction
	commands     []map[string]any
	puts         int // how often commands were written
	requests     []Request
	problems     []string
	faults       faults
	gateway      gateway
}

// New starts a Discord. It is stopped, and its problems are reported, when the
// test ends.
func New(t testing.TB, opts Options) *Fake {
	t.Helper()
	if opts.Clock == nil {
		opts.Clock = clock.NewManual(time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC))
	}
	opts.Shards = max(opts.Shards, 1)
	if opts.Heartbeat == 0 {
		opts.Heartbeat = 41250 * time.Millisecond
	}
	f := &Fake{t: t, opts: opts, clock: opts.Clock, users: map[string]User{}, guilds: map[string]*Guild{}, channels: map[string]*Channel{},
		messages: map[string][]*Message{}, interactions: map[string]*Interaction{}, byToken: map[string]*Interaction{}}
	if !opts.NoSpec {
		f.spec = loadSpec(t)
	}
	f.app, f.appFlags = f.id(), 1<<19
	f.bot = User{ID: f.id(), Name: "tierwise", Bot: true}
	f.users[f.bot.ID] = f.bot
	f.gateway.sessions = map[string]*session{}
	f.srv = httptest.NewServer(f.routes())
	f.srv.Client().Transport.(*http.Transport).MaxIdleConnsPerHost = 100 // many interactions at once dial no new connection each
	t.Cleanup(func() {
		f.srv.CloseClientConnections()
		f.CutGateway()
		f.srv.Close()
		for _, p := range f.Problems() {
			t.Error("discordtest: " + p)
		}
	})
	return f
}

// URL is scheme://host of the REST API.
func (f *Fake) URL() string { return f.srv.URL }

// Client reaches the fake; its connections are closed with it.
func (f *Fake) Client() *http.Client { return f.srv.Client() }

// Bot is the bot's user.
func (f *Fake) Bot() User { return f.bot }

// Clock is the clock of the platform.
func (f *Fake) Clock() *clock.Manual { return f.clock }

// epoch is the first instant of an id, in Unix milliseconds.
const epoch = 1420070400000

// id makes a new id; f.mu is held or f is not yet shared. Ids grow with time
// and never repeat.
func (f *Fake) id() string {
	n := uint64(max(f.clock.Now().UnixMilli()-epoch, 0)) << 22
	f.lastID = max(n, f.lastID+1)
	return strconv.FormatUint(f.lastID, 10)
}

// problem notes something the adapter, or the fake itself, did wrong.
func (f *Fake) problem(format string, args ...any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.note(format, args...)
}

func (f *Fake) note(format string, args ...any) {
	if len(f.problems) < 50 {
		f.problems = append(f.problems, fmt.Sprintf(format, args...))
	}
}

// Problems are what was wrong so far. A test that provokes one takes it with
// this and ends with none.
func (f *Fake) Problems() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	p := f.problems
	f.problems = nil
	return p
}

// Request is one REST call as it arrived.
type Request struct {
	Method string
	Route  string // as the description has it: "/channels/{channel_id}/messages"
	Path   string
	Status int
	Body   map[string]any // nil where the body was no object
	Files  []string
}

// Requests are all calls so far whose route is given, or all.
func (f *Fake) Requests(method, route string) []Request {
	f.mu.Lock()
	defer f.mu.Unlock()
	var list []Request
	for _, r := range f.requests {
		if route == "" || r.Method == method && r.Route == route {
			list = append(list, r)
		}
	}
	return list
}
