package discord

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bwmarrin/discordgo"
	"github.com/gorilla/websocket"

	"github.com/tierwise/tierwise/internal/fault"
)

// shard supervises one gateway connection. The library may read and heartbeat;
// connecting again is decided here, because the library can wait for ever for
// a first word, reconnects for ever with a refused token, and comes back after
// it was closed.
type shard struct {
	a     *Adapter
	id    int
	total int
	end   context.CancelFunc

	ready atomic.Bool
	heard atomic.Int64 // last byte from Discord, Unix nanoseconds
	last  atomic.Int64 // last event, Unix nanoseconds of the adapter's clock

	mu      sync.Mutex
	session *discordgo.Session
	name    string        // the platform's id of the session
	lost    chan struct{} // closed when the present connection ends
	conn    net.Conn
	work    context.Context // of catching up; ends with the shard
	catches sync.WaitGroup
}

func newShard(a *Adapter, id, total int) *shard { return &shard{a: a, id: id, total: total} }

// intents are what we ask the gateway for. Only MESSAGE_CONTENT is privileged.
const (
	leastIntents   = discordgo.IntentGuilds | discordgo.IntentGuildMessages | discordgo.IntentDirectMessages
	contentIntents = leastIntents | discordgo.IntentMessageContent
)

// run keeps the shard connected until ctx ends or Discord refuses us for good.
func (s *shard) run(ctx context.Context) error {
	defer s.catches.Wait()
	s.work = ctx
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
		s.a.count("discord.reconnect")
		s.a.log.Warn("discord: connection ended", "shard", s.id, "err", err)
		if err == nil || time.Since(began) > time.Minute {
			wait = s.a.pace.back
		}
		if err != nil {
			// Up to half of the pause is chance, so that replicas do not come
			// back in step.
			if sleepFor(ctx, wait/2+mathrand.N(wait/2+1)) != nil {
				return nil
			}
			wait = min(2*wait, s.a.pace.backMost)
		}
	}
}

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

// connect opens a connection and stays until it ends. A nil error is a
// connection that was there and went away. The library's session is used again
// once, so that it resumes; when that fails the next one is new.
func (s *shard) connect(ctx context.Context) error {
	session, lost, fresh := s.prepare()
	if fresh && s.slot(ctx) != nil {
		return ctx.Err()
	}
	opened := make(chan error, 1)
	go func() {
		defer s.a.recovered()
		opened <- session.Open()
	}()
	patience := time.NewTimer(s.a.pace.open)
	defer patience.Stop()
	select {
	case err := <-opened:
		if err != nil {
			s.drop()
			return fmt.Errorf("discord: open: %w", err)
		}
	case <-patience.C:
		s.drop()
		return errors.New("discord: open: no word from Discord")
	case <-ctx.Done():
		s.drop()
		return ctx.Err()
	}
	return s.watch(ctx, lost)
}

// watch waits for the end of the connection, and makes an end of one that is
// silent.
func (s *shard) watch(ctx context.Context, lost <-chan struct{}) error {
	tick := time.NewTicker(s.a.pace.look)
	defer tick.Stop()
	opened := time.Now()
	for {
		select {
		case <-lost:
			return nil
		case <-ctx.Done():
			s.close()
			return nil
		case <-tick.C:
			silent := time.Since(time.Unix(0, s.heard.Load())) > s.a.pace.silence
			if silent || !s.ready.Load() && time.Since(opened) > s.a.pace.open {
				s.a.count("discord.watchdog")
				s.drop()
				return errors.New("discord: the connection was silent")
			}
		}
	}
}

// prepare gives the session to open and what tells of its end.
func (s *shard) prepare() (*discordgo.Session, <-chan struct{}, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	fresh := s.session == nil
	if fresh {
		s.session = s.newSession()
	}
	s.lost = make(chan struct{})
	return s.session, s.lost, fresh
}

// newSession is a session of the library with everything of its own switched
// off: no reconnecting, no state, no log, no retries.
func (s *shard) newSession() *discordgo.Session {
	session, _ := discordgo.New("Bot " + s.a.cfg.Token.Reveal()) // it cannot fail with a token
	session.ShouldReconnectOnError = false
	session.ShouldRetryOnRateLimit = false
	session.StateEnabled = false
	session.SyncEvents = true
	session.LogLevel = -1
	session.Client = &http.Client{Transport: redirect{to: s.a.cfg.APIURL, next: s.a.cfg.Transport}, Timeout: s.a.pace.open}
	session.Dialer = &websocket.Dialer{NetDialContext: s.dial, Proxy: http.ProxyFromEnvironment, HandshakeTimeout: s.a.pace.open}
	session.Identify.Intents = contentIntents
	if s.a.cfg.WithoutContent || s.a.hidden.Load() {
		session.Identify.Intents = leastIntents
	}
	session.Identify.Shard = &[2]int{s.id, s.total}
	session.AddHandler(func(from *discordgo.Session, e *discordgo.Event) { s.event(from, e) })
	session.AddHandler(func(from *discordgo.Session, _ *discordgo.Disconnect) { s.ended(from) })
	return session
}

// event takes one raw event of the present session.
func (s *shard) event(from *discordgo.Session, e *discordgo.Event) {
	s.mu.Lock()
	current, name := from == s.session, s.name
	s.mu.Unlock()
	if !current || e.Operation != 0 {
		return
	}
	switch e.Type {
	case "READY":
		s.begun(e.RawData)
	case "RESUMED":
		s.ready.Store(true)
	}
	s.last.Store(s.a.clock.Now().UnixNano())
	s.a.on(origin{name, e.Sequence}, e.Type, e.RawData)
}

// begun notes a new session. What happened between the last one and this was
// not delivered, so it is looked up.
func (s *shard) begun(raw json.RawMessage) {
	s.mu.Lock()
	s.name = field(raw, "session_id")
	s.mu.Unlock()
	s.ready.Store(true)
	var r struct {
		Guilds []guild `json:"guilds"`
	}
	if json.Unmarshal(raw, &r) != nil {
		s.a.count("discord.unreadable_ready")
	}
	since := time.Unix(0, s.last.Load())
	s.catches.Go(func() { s.a.catchUp(s.work, s.id, r.Guilds, since) })
}

func (s *shard) ended(from *discordgo.Session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if from != s.session {
		return
	}
	s.ready.Store(false)
	select {
	case <-s.lost:
	default:
		close(s.lost)
	}
}

// drop gives up the session without asking it, because it may be stuck: its
// connection is cut, and nothing it still says is listened to.
func (s *shard) drop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.session = nil
	if s.conn != nil {
		_ = s.conn.Close() // there is nobody left to tell
	}
}

// close ends the session in good order, or by force when that takes too long.
func (s *shard) close() {
	s.mu.Lock()
	session := s.session
	s.mu.Unlock()
	done := make(chan struct{})
	go func() {
		defer close(done)
		if session != nil {
			_ = session.Close() // the process ends; nothing depends on it
		}
	}()
	t := time.NewTimer(s.a.pace.part)
	defer t.Stop()
	select {
	case <-done:
	case <-t.C:
	}
	s.drop()
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
