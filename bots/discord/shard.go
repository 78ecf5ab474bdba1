package discord

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bwmarrin/discordgo"
	"github.com/gorilla/websocket"

	"github.com/tierwise/tierwise/internal/fault"
)

// shard keeps one gateway session over as many connections as it takes. The
// gateway is spoken by our own hand: the library's reader can wait for ever for
// a first word, reconnects for ever with a refused token, ends a session when
// it only means to resume it, and leaves goroutines behind.
type shard struct {
	a     *Adapter
	id    int
	total int
	end   context.CancelFunc

	ready atomic.Bool
	heard atomic.Int64 // last word from Discord, Unix nanoseconds

	// What follows belongs to the goroutine of run.
	session session
	failed  int       // connections in a row on which the session did not come back
	last    time.Time // of the last event, by the adapter's clock

	servers *servers
	catches sync.WaitGroup // what a session sets going beside it
}

// session is what it takes to go on where a connection ended.
type session struct {
	id  string // "" is no session: the next one is new
	url string // where to resume; "" where new sessions begin
	seq int64  // of the last event that was handled
}

func newShard(a *Adapter, id, total int) *shard {
	s := &shard{a: a, id: id, total: total}
	s.servers = newServers(s)
	return s
}

// intents are what we ask the gateway for. Only MESSAGE_CONTENT is privileged.
const (
	leastIntents   = discordgo.IntentGuilds | discordgo.IntentGuildMessages | discordgo.IntentDirectMessages
	contentIntents = leastIntents | discordgo.IntentMessageContent
)

// steady is how long a connection must have lasted for its end to be an
// accident: it is followed at once by the next one.
const steady = time.Minute

// run keeps the shard connected until ctx ends or Discord refuses us for good.
// Nothing of it goes on after it returned.
func (s *shard) run(ctx context.Context) error {
	defer s.catches.Wait()
	s.catches.Go(func() { s.servers.begin(ctx) })
	wait := s.a.pace.back
	for {
		began := time.Now()
		err := s.connect(ctx)
		s.ready.Store(false)
		if ctx.Err() != nil {
			return nil
		}
		if fatal := s.fatal(err); fatal != nil {
			return fatal
		}
		s.judge(err)
		if time.Since(began) > steady {
			wait = s.a.pace.back
			continue
		}
		if sleepFor(ctx, s.pause(err, wait)) != nil {
			return nil
		}
		wait = min(2*wait, s.a.pace.backMost)
	}
}

// pause is how long to wait. Up to half of it is chance, so that replicas do
// not come back in step. After a refused session Discord asks for one to five
// seconds. https://discord.com/developers/docs/events/gateway#resuming, read 2026-11-23.
func (s *shard) pause(err error, wait time.Duration) time.Duration {
	d := wait/2 + mathrand.N(wait/2+1)
	if errors.Is(err, errInvalid) {
		d = max(d, s.a.pace.back+mathrand.N(4*s.a.pace.back+1))
	}
	return d
}

// resumeTries is how often a session may fail to come back before a new one is
// begun; what was missed then is looked up.
const resumeTries = 3

// judge notes how a connection ended and whether its session can go on.
func (s *shard) judge(err error) {
	s.a.count("discord.reconnect")
	s.a.log.Warn("discord: connection ended", "shard", s.id, "err", err)
	var timeout net.Error
	if errors.Is(err, errZombie) || errors.Is(err, errNoWord) || errors.As(err, &timeout) && timeout.Timeout() {
		s.a.count("discord.watchdog")
	}
	var c *websocket.CloseError
	if errors.As(err, &c) && (c.Code == closeNotKnown || c.Code == closeNoSession || c.Code == closeBadSeq || c.Code == closeTimedOut) || s.failed >= resumeTries {
		s.session, s.failed = session{}, 0
	}
}

// Close codes after which a session is no more.
const (
	closeNotKnown  = 4003
	closeNoSession = 4006
	closeBadSeq    = 4007
	closeTimedOut  = 4009
)

// Close codes after which connecting again is of no use.
// https://discord.com/developers/docs/topics/opcodes-and-status-codes, read 2026-11-23.
const (
	closeBadToken      = 4004
	closeBadShard      = 4010
	closeShardsNeeded  = 4011
	closeBadVersion    = 4012
	closeBadIntents    = 4013
	closeNoSuchIntents = 4014
)

// fatal is the error to end with. A privileged intent that is not granted is
// done without: what needs no message content goes on.
func (s *shard) fatal(err error) error {
	var c *websocket.CloseError
	if !errors.As(err, &c) {
		return nil
	}
	switch c.Code {
	case closeBadToken:
		return fault.Wrap(err, fault.Misconfigured, "Discord does not accept DISCORD_TOKEN: copy the token again from the page \"Bot\" of the app.")
	case closeNoSuchIntents:
		if !s.a.cfg.WithoutContent && s.a.hidden.CompareAndSwap(false, true) {
			s.a.count("discord.content_denied")
			s.a.log.Error("discord: the intent MESSAGE_CONTENT is not switched on (Developer Portal, page Bot); channels cannot be summarized until it is")
			return nil
		}
		return fault.Wrap(err, fault.Misconfigured, "Discord refuses the bot's intents: see the table in docs/discord.md and the page \"Bot\" of the app.")
	case closeBadShard, closeShardsNeeded, closeBadVersion, closeBadIntents:
		return fault.Wrap(err, fault.Misconfigured, fmt.Sprintf("Discord refuses the connection (close code %d): a newer version of Tierwise or more shards are needed.", c.Code))
	}
	return nil
}

// connect opens a connection and stays until it ends, which always has a
// reason.
func (s *shard) connect(ctx context.Context) error {
	if s.session.id == "" {
		if err := s.slot(ctx); err != nil {
			return err
		}
	}
	w, err := s.dial(ctx)
	if err != nil {
		return err
	}
	s.heard.Store(time.Now().UnixNano())
	s.failed++ // taken back when the session is there
	return s.converse(ctx, w)
}

// dial connects to where the session is resumed, or where sessions begin. An
// address that does not answer is not used again: the next try asks for it.
func (s *shard) dial(ctx context.Context) (*socket, error) {
	at, plain := s.session.url, strings.HasPrefix(s.a.cfg.APIURL, "http:")
	if at == "" {
		var err error
		if at, err = s.a.gateway(ctx); err != nil {
			return nil, err
		}
	}
	address, err := socketURL(at, plain)
	if err == nil {
		var w *socket
		if w, err = openSocket(ctx, address, s.a.pace); err == nil {
			return w, nil
		}
	}
	if s.session.url == "" {
		s.a.shards.moved(at)
	}
	s.session.url = ""
	return nil, err
}

// event takes one dispatched event.
func (s *shard) event(ctx context.Context, f frame) {
	switch f.kind {
	case "READY":
		s.begun(ctx, f.data)
	case "RESUMED":
		s.back("discord.resumed")
	}
	if f.seq > 0 {
		s.session.seq = f.seq
	}
	s.last = s.a.clock.Now()
	s.a.on(f.kind, f.data)
	s.servers.on(f)
	s.a.count("discord.event") // everything it leads to is queued
}

// begun notes a new session. What happened between the last one and this was
// not delivered, so it is looked up. A session without a name cannot be
// resumed, and is good for as long as it lasts.
func (s *shard) begun(ctx context.Context, raw json.RawMessage) {
	s.session = session{id: field(raw, "session_id"), url: field(raw, "resume_gateway_url")}
	s.back("discord.begun")
	var r struct {
		Guilds []guild `json:"guilds"`
	}
	err := json.Unmarshal(raw, &r)
	if err != nil || s.session.id == "" {
		s.a.count("discord.unreadable_ready")
	}
	if err == nil && r.Guilds != nil {
		s.servers.then(func() { s.servers.present(ctx, r.Guilds) })
	}
	since := s.last
	s.catches.Go(func() { s.a.catchUp(ctx, s.id, r.Guilds, since) })
}

func (s *shard) back(how string) {
	s.failed = 0
	s.ready.Store(true)
	s.a.count(how)
}

func (s *shard) healthy() error {
	switch {
	case !s.ready.Load():
		return errors.New("not connected")
	case time.Since(time.Unix(0, s.heard.Load())) > s.a.pace.silence:
		return errors.New("nothing heard for too long")
	}
	return nil
}
