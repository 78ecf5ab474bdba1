// Package slack is Slack as a chat platform: it turns events, commands, clicks
// and forms that arrive by HTTP or Socket Mode into chat's plain words, and
// what the house says into messages, streams, private answers, views and
// files. It promises that nothing is acknowledged before it is accepted, that
// an odd payload is acknowledged and counted but never breaks anything, that a
// lost answer of Slack is reported as unknown and never repeated blindly, and
// that no message text and no token reaches a log or an error. It does not
// decide who may do what, keeps no conversation, and knows no intent, model or
// money. The Slack library's types stay inside it; it is used for Block Kit,
// views and Socket Mode, while the calls of the Web API are the package's own,
// because a library that rejects a whole answer for one odd field turns a
// message that was sent into an error.
package slack

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/clock"
	"github.com/tierwise/tierwise/internal/config"
)

// Config is what an Adapter is made from. Door, Owned and FollowUps are
// required, and either a bot token or an install store.
type Config struct {
	Door chat.Door
	// Owned says what is known of a thread; an error counts as "not ours".
	Owned func(ctx context.Context, at chat.Place) (chat.Owned, error)
	// FollowUps is the channel's switch for answering without a new mention.
	FollowUps func(ctx context.Context, at chat.Place, c chat.Channel) bool

	// Store and Sealer keep the installations of several workspaces; nil where
	// BotToken serves one. Leases let one replica renew a token at a time.
	Store  Store
	Sealer Sealer
	Leases Leases

	BotToken      config.Secret
	AppToken      config.Secret // Socket Mode
	SigningSecret config.Secret // HTTP
	ClientID      string
	ClientSecret  config.Secret

	APIURL string // "" is https://slack.com/api/
	// PublicURL is where people reach us, for the way back from Slack's
	// consent page; "" takes it from the request.
	PublicURL   string
	Connections int // of Socket Mode; 0 is 2
	Replica     string

	Clock     clock.Clock       // nil is the machine's
	Log       *slog.Logger      // nil drops everything
	Transport http.RoundTripper // nil is http.DefaultTransport
	// Count is told of every kind of thing worth counting, such as
	// "slack.ignored"; nil counts nothing.
	Count func(what string)
	// Ear is told what comes from Slack; nil tells nobody.
	Ear Ear
}

// Adapter is Slack. It is safe for concurrent use.
type Adapter struct {
	cfg       Config
	clock     clock.Clock
	log       *slog.Logger
	count     func(string)
	api       *api
	installs  *installs
	names     *names
	streams   *streams
	parts     *cache[[]chat.Ref] // messages of a post beyond its first, by ref
	uses      *cache[int]        // uses of response_urls on this replica
	nonces    *cache[struct{}]   // signed requests seen
	states    *cache[string]     // installations under way
	noStream  *cache[struct{}]   // workspaces where streaming is not offered
	signs     *signs
	settled   *cache[struct{}] // posts whose "working" sign is away, by ref
	noSession *cache[struct{}] // workspaces without agents' sessions
	directs   *cache[string]   // direct conversations by "team/person"
	// prompted is which prompts stand in a direct conversation, prompting that
	// they were set just now.
	prompted  *cache[string]
	prompting *cache[struct{}]
}

// officialAPI is where the Web API lives.
const officialAPI = "https://slack.com/api/"

// New returns an Adapter, or says what is missing.
func New(cfg Config) (*Adapter, error) {
	switch {
	case cfg.Door == nil || cfg.Owned == nil || cfg.FollowUps == nil:
		return nil, errors.New("slack: Door, Owned and FollowUps are required")
	case !cfg.BotToken.IsSet() && cfg.ClientID == "":
		return nil, errors.New("slack: a bot token or a client id is required")
	case cfg.ClientID != "" && (cfg.Store == nil || cfg.Sealer == nil || cfg.Leases == nil):
		return nil, errors.New("slack: installing into several workspaces needs a store, a sealer and leases")
	case cfg.AppToken.IsSet() && !cfg.BotToken.IsSet():
		return nil, errors.New("slack: Socket Mode needs a bot token beside the app token")
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
	if cfg.Ear == nil {
		cfg.Ear = deaf{}
	}
	if cfg.Connections == 0 {
		cfg.Connections = 2
	}
	if cfg.APIURL == "" {
		cfg.APIURL = officialAPI
	}
	return build(cfg), nil
}

func build(cfg Config) *Adapter {
	client := &http.Client{Transport: cfg.Transport, Timeout: 30 * time.Second}
	a := &Adapter{
		cfg: cfg, clock: cfg.Clock, log: cfg.Log, count: cfg.Count,
		api:      &api{base: strings.TrimSuffix(cfg.APIURL, "/") + "/", http: client, limit: newLimiter(cfg.Clock, sleepFor)},
		streams:  newStreams(),
		parts:    newCache[[]chat.Ref](cfg.Clock, time.Hour, 10_000),
		uses:     newCache[int](cfg.Clock, responseLife, 10_000),
		nonces:   newCache[struct{}](cfg.Clock, 2*signatureAge, 100_000),
		states:   newCache[string](cfg.Clock, stateLife, 1000),
		noStream: newCache[struct{}](cfg.Clock, time.Hour, 1000),
		signs:    newSigns(), settled: newCache[struct{}](cfg.Clock, time.Hour, 50_000), noSession: newCache[struct{}](cfg.Clock, time.Hour, 1000),
		directs:  newCache[string](cfg.Clock, time.Hour, 50_000),
		prompted: newCache[string](cfg.Clock, 10*time.Minute, 50_000), prompting: newCache[struct{}](cfg.Clock, promptPause, 50_000),
	}
	a.installs = &installs{cfg: cfg, api: a.api, tokens: newCache[grant](cfg.Clock, time.Minute, 10_000), known: newCache[grant](cfg.Clock, time.Hour, 10_000)}
	a.names = newNames(a)
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

// call makes a call with the workspace's token. Where the token turns out to
// have expired it is renewed once.
func (a *Adapter) call(ctx context.Context, team string, c call, out any) (cursor string, err error) {
	for try := range 2 {
		g, err := a.installs.grant(ctx, team)
		if err != nil {
			return "", err
		}
		c.team, c.token = team, g.Token.Reveal()
		cursor, err = a.api.do(ctx, c, out)
		var r *refusal
		if try == 0 && errors.As(err, &r) && r.code == "token_expired" {
			a.installs.tokens.drop(team)
			continue
		}
		return cursor, err
	}
	return "", err
}
