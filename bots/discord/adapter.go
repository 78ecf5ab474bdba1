// Package discord is Discord as a chat platform: it turns gateway messages,
// commands, buttons and forms into chat's plain words, and what the house says
// into messages, threads, private answers and forms. It promises that a
// message for the bot is handed to the door before anything else happens to
// it, that an interaction is acknowledged only after it was accepted, that no
// request leaves without allowed_mentions set to nobody, that an odd payload
// never stops anything but itself, and that no text and no token reaches a log
// or an error. It does not decide who may do what, keeps no conversation, and
// knows no intent, model or money. Gateway and REST are the package's own; of
// the Discord library only its tables are used, because it puts all answers to
// interactions into one queue, keeps their tokens for ever, fails a whole page
// for one unknown component, and leaves goroutines behind.
package discord

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/clock"
	"github.com/tierwise/tierwise/internal/config"
)

// Leases let one replica do a thing at a time: hold a shard, or identify.
type Leases interface {
	// Lease takes, renews (same holder) or, with ttl 0, gives up a named lease
	// and reports whether the holder has it now.
	Lease(ctx context.Context, name, holder string, ttl time.Duration) (bool, error)
}

// Memory keeps small values over restarts and for other replicas: a form's
// state that does not fit into its id, the messages of a long post, the server
// a person's direct messages are charged to, the servers the bot is in. Values
// can hold what a person typed, so an implementation that stores them seals them.
type Memory interface {
	// Remember keeps a value for a while; ttl 0 is until it is forgotten.
	Remember(ctx context.Context, tenant, key string, value []byte, ttl time.Duration) error
	// Recall reports whether the value is there.
	Recall(ctx context.Context, tenant, key string) (value []byte, ok bool, err error)
	// Recalls gives all values whose key begins with a prefix, by key.
	Recalls(ctx context.Context, tenant, prefix string) (map[string][]byte, error)
	// Forget drops a value; one that is not there is no error.
	Forget(ctx context.Context, tenant, key string) error
}

// Config is what an Adapter is made from. Door, Owned, FollowUps and Token are
// required.
type Config struct {
	Door chat.Door
	// Owned says what is known of a thread; an error counts as "not ours".
	Owned func(ctx context.Context, at chat.Place) (chat.Owned, error)
	// FollowUps is the channel's switch for answering without a new mention.
	FollowUps func(ctx context.Context, at chat.Place, c chat.Channel) bool

	Token config.Secret
	// APIURL is scheme://host and replaces the official one; "" keeps it.
	APIURL string
	// Key signs the ids of buttons and forms, so that they can be read after a
	// restart and by other replicas. Without one a new key is made, and old
	// buttons stop working when the process ends.
	Key []byte

	Leases  Leases // nil: this process holds every shard
	Memory  Memory // nil: this process remembers
	Shards  int    // 0 takes what Discord recommends
	Replica string // name of this process in leases; "" makes one
	// Approved says whether the operator lets a server use the bot. Only Diagnose
	// asks; nil approves every server.
	Approved func(guild string) bool
	// WithoutContent leaves out the privileged MESSAGE_CONTENT intent.
	WithoutContent bool

	Clock     clock.Clock       // nil is the machine's
	Log       *slog.Logger      // nil drops everything
	Transport http.RoundTripper // nil is http.DefaultTransport
	// Count is told of every kind of thing worth counting, such as
	// "discord.ignored"; nil counts nothing.
	Count func(what string)
}

// Adapter is Discord. It is safe for concurrent use.
type Adapter struct {
	cfg    Config
	clock  clock.Clock
	log    *slog.Logger
	count  func(string)
	sleep  func(ctx context.Context, d time.Duration) error
	rest   *rest
	world  *world
	lanes  *lanes
	typing *typing
	ids    signer
	memory Memory

	meMu sync.Mutex
	me   chat.Identity

	named    *cache[struct{}]  // messages that named us already
	posts    *echoes           // our own messages by nonce
	edits    *cache[time.Time] // when a message was last edited
	threads  *cache[bool]      // threads made for a mention: true exists, false cannot be made
	answered *cache[bool]      // interactions whose first answer was used
	recent   *cache[string]    // guilds heard of lately, for catching up

	hidden atomic.Bool // MESSAGE_CONTENT was refused
	shards shardSet
	slots  slots
	pace   pace
}

// officialAPI is where the REST API lives.
const officialAPI = "https://discord.com"

// New returns an Adapter, or says what is missing. It makes no call.
func New(cfg Config) (*Adapter, error) {
	switch {
	case cfg.Door == nil || cfg.Owned == nil || cfg.FollowUps == nil:
		return nil, errors.New("discord: Door, Owned and FollowUps are required")
	case !cfg.Token.IsSet():
		return nil, errors.New("discord: a bot token is required")
	case len(cfg.Key) > 0 && len(cfg.Key) < 16:
		return nil, errors.New("discord: the key for button ids is shorter than 16 bytes")
	}
	if cfg.Clock == nil {
		cfg.Clock = clock.System{}
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Count == nil {
		cfg.Count = func(string) {}
	}
	if cfg.APIURL == "" {
		cfg.APIURL = officialAPI
	}
	if cfg.Replica == "" {
		cfg.Replica = "discord-" + rand.Text()[:8]
	}
	if len(cfg.Key) == 0 {
		cfg.Key = []byte(rand.Text())
	}
	return build(cfg), nil
}

func build(cfg Config) *Adapter {
	a := &Adapter{
		cfg: cfg, clock: cfg.Clock, log: cfg.Log, count: cfg.Count, sleep: sleepFor, ids: signer{key: cfg.Key}, memory: cfg.Memory, pace: usual(), slots: slots{next: map[string]time.Time{}},
		named:    newCache[struct{}](cfg.Clock, 24*time.Hour, 20_000),
		posts:    newEchoes(newCache[chat.Ref](cfg.Clock, time.Hour, 10_000)),
		edits:    newCache[time.Time](cfg.Clock, time.Minute, 10_000),
		threads:  newCache[bool](cfg.Clock, time.Hour, 10_000),
		answered: newCache[bool](cfg.Clock, tokenLife, 10_000),
		recent:   newCache[string](cfg.Clock, 24*time.Hour, 2500),
	}
	if a.memory == nil {
		a.memory = newOwnMemory(cfg.Clock)
	}
	a.rest = newRest(cfg.APIURL, cfg.Token, cfg.Transport, cfg.Clock, cfg.Count)
	a.rest.sleep = func(ctx context.Context, d time.Duration) error { return a.sleep(ctx, d) }
	a.world = newWorld(a)
	a.lanes = newLanes(a)
	a.typing = newTyping(a)
	return a
}

// Opener gives responders and the directory.
func (a *Adapter) Opener() chat.Opener { return opener{a} }

type opener struct{ a *Adapter }

// Open returns the responder of an address; it works on any replica.
func (o opener) Open(ctx context.Context, to chat.ReplyTo) (chat.Responder, error) {
	return o.a.responder(ctx, to)
}

// OpenPlace returns a responder for what nobody asked for just now.
func (o opener) OpenPlace(ctx context.Context, at chat.Place) (chat.Responder, error) {
	return o.a.responder(ctx, chat.ReplyTo{Place: at})
}

// Directory looks people and channels up.
func (o opener) Directory() chat.Directory { return directory(o) }

// identity is who we are in a guild: the bot's user and its managed role.
func (a *Adapter) identity(ctx context.Context, guild string) (chat.Identity, error) {
	me, err := a.self(ctx)
	if err != nil || guild == "" {
		return me, err
	}
	g, err := a.world.guild(ctx, guild)
	if err != nil {
		return me, err
	}
	for _, r := range g.Roles {
		if r.Tags != nil && r.Tags.BotID == me.User {
			me.Roles = append(me.Roles, r.ID)
		}
	}
	return me, nil
}

// self is the bot's user and app, asked for once.
func (a *Adapter) self(ctx context.Context) (chat.Identity, error) {
	a.meMu.Lock()
	defer a.meMu.Unlock()
	if a.me.User != "" {
		return a.me, nil
	}
	var u user
	if err := a.rest.do(ctx, call{method: "GET", route: "/users/@me"}, &u); err != nil {
		return chat.Identity{}, err
	}
	var app struct {
		ID string `json:"id"`
	}
	if err := a.rest.do(ctx, call{method: "GET", route: "/applications/@me"}, &app); err != nil {
		return chat.Identity{}, err
	}
	a.me = chat.Identity{User: u.ID, App: app.ID, Name: u.label()}
	return a.me, nil
}

// sleepFor is the machine's own sleep.
func sleepFor(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// place is a spot in a guild.
func place(guild, channel, thread string) chat.Place {
	return chat.Place{Platform: chat.Discord, Workspace: guild, Channel: channel, Thread: thread}
}

// apiChannel is the channel id the API wants for a place: a thread is a
// channel of its own.
func apiChannel(at chat.Place) string {
	if at.Thread != "" {
		return at.Thread
	}
	return at.Channel
}

func apiChannelOf(r chat.Ref) string {
	if r.Thread != "" {
		return r.Thread
	}
	return r.Channel
}

// host is the base without a slash at its end.
func host(url string) string { return strings.TrimSuffix(url, "/") }
