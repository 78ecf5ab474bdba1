package discord

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/tierwise/tierwise/internal/fault"
)

// shardSet is which shards this process holds.
type shardSet struct {
	mu       sync.Mutex
	total    int
	parallel int    // identifies allowed at once
	url      string // where sessions begin; "" is to be asked for
	held     map[int]*shard
	fatal    error
	leases   error // why the leases are not known at present
	started  bool
}

// pace is every wait of the gateway, so that a test can shorten them.
type pace struct {
	open     time.Duration // for a connection to become ready
	silence  time.Duration // without a word until a connection counts as dead
	identify time.Duration // between two identifies
	back     time.Duration // first pause after a failed connection
	backMost time.Duration
	lease    time.Duration // a shard is leased for so long
	part     time.Duration // for a connection to be closed in good order
}

// usual is the pace in production. A heartbeat comes every 41 seconds;
// identifies are 5 seconds apart and a thousand a day, which the longest pause
// keeps.
// https://discord.com/developers/docs/events/gateway, read 2026-11-23.
func usual() pace {
	return pace{open: 20 * time.Second, silence: 90 * time.Second, identify: 5500 * time.Millisecond, back: time.Second, backMost: 2 * time.Minute, lease: 30 * time.Second, part: 3 * time.Second}
}

// Run connects to Discord and hears until ctx ends. It registers the commands
// where they changed, holds as many shards as its leases let it, and returns
// an error only for what no waiting mends: a token or intents that Discord does
// not accept.
func (a *Adapter) Run(ctx context.Context) error {
	if err := a.start(ctx); err != nil {
		return fmt.Errorf("discord: start: %w", err)
	}
	defer a.lanes.end()
	var wg sync.WaitGroup
	run, stop := context.WithCancel(ctx)
	defer stop()
	for run.Err() == nil {
		for id := range a.shards.total {
			a.hold(run, id, &wg, stop)
		}
		if sleepFor(run, a.pace.lease/3) != nil {
			break
		}
	}
	wg.Wait()
	a.typing.stopAll()
	a.lanes.idle()
	a.shards.mu.Lock()
	defer a.shards.mu.Unlock()
	a.shards.started = false
	return a.shards.fatal
}

// start finds out who we are and how many shards there are. A Discord that
// cannot be reached is waited for.
func (a *Adapter) start(ctx context.Context) error {
	for wait := a.pace.back; ; wait = min(2*wait, a.pace.backMost) {
		err := a.prepare(ctx)
		switch {
		case err == nil:
			return nil
		case statusOf(err) == http.StatusUnauthorized:
			return fault.Wrap(err, fault.Misconfigured, "Discord does not accept DISCORD_TOKEN: copy the token again from the page \"Bot\" of the app.")
		}
		a.log.Error("discord: cannot start yet", "err", err)
		if sleepFor(ctx, wait) != nil {
			return nil
		}
	}
}

func (a *Adapter) prepare(ctx context.Context) error {
	if _, err := a.self(ctx); err != nil {
		return err
	}
	g, err := a.welcome(ctx)
	if err != nil {
		return err
	}
	if g.Limit.Remaining == 0 && g.Limit.Reset > 0 {
		return fmt.Errorf("discord: no connection may be begun for %s", time.Duration(g.Limit.Reset)*time.Millisecond)
	}
	if err := a.register(ctx); err != nil {
		a.log.Error("discord: the commands were not registered", "err", err)
		a.count("discord.commands_failed")
	}
	s := &a.shards
	s.mu.Lock()
	defer s.mu.Unlock()
	s.total, s.parallel, s.held, s.url, s.started = max(a.cfg.Shards, 1), max(g.Limit.Parallel, 1), map[int]*shard{}, g.URL, true
	if a.cfg.Shards == 0 {
		s.total = max(g.Shards, 1)
	}
	return nil
}

// welcome is what the gateway says of itself.
type welcome struct {
	URL    string `json:"url"`
	Shards int    `json:"shards"`
	Limit  struct {
		Parallel  int   `json:"max_concurrency"`
		Remaining int   `json:"remaining"`
		Reset     int64 `json:"reset_after"`
	} `json:"session_start_limit"`
}

func (a *Adapter) welcome(ctx context.Context) (welcome, error) {
	var g welcome
	err := a.rest.do(ctx, call{method: http.MethodGet, route: "/gateway/bot"}, &g)
	return g, err
}

// gateway is where sessions begin: asked for once, and again after it moved.
func (a *Adapter) gateway(ctx context.Context) (string, error) {
	s := &a.shards
	s.mu.Lock()
	at := s.url
	s.mu.Unlock()
	if at != "" {
		return at, nil
	}
	g, err := a.welcome(ctx)
	if err != nil {
		return "", err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.url = g.URL
	return g.URL, nil
}

// moved notes that nobody answers at an address.
func (s *shardSet) moved(from string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.url == from {
		s.url = ""
	}
}

// hold takes or renews the lease of a shard, and runs the shard while it has
// it.
func (a *Adapter) hold(ctx context.Context, id int, wg *sync.WaitGroup, stop context.CancelFunc) {
	name := fmt.Sprintf("discord/shard/%d/%d", id, a.shards.total)
	ours := true
	var err error
	if a.cfg.Leases != nil {
		if ours, err = a.cfg.Leases.Lease(ctx, name, a.cfg.Replica, a.pace.lease); err != nil {
			// A store that is down must not silence a shard that runs; whether
			// another replica runs it too does no harm, because events are
			// accepted once.
			a.log.Warn("discord: the lease of a shard is not known", "err", err)
			ours = a.shards.running(id)
		}
	}
	a.shards.mu.Lock()
	defer a.shards.mu.Unlock()
	a.shards.leases = err
	s := a.shards.held[id]
	switch {
	case ours && s == nil && ctx.Err() == nil:
		s = newShard(a, id, a.shards.total)
		running, end := context.WithCancel(ctx)
		s.end = end
		a.shards.held[id] = s
		wg.Go(func() { a.runShard(running, s, name, stop) })
	case !ours && s != nil:
		a.log.Warn("discord: another replica took a shard", "shard", id)
		s.end()
	}
}

func (s *shardSet) running(id int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.held[id] != nil
}

func (a *Adapter) runShard(ctx context.Context, s *shard, lease string, stop context.CancelFunc) {
	err := s.run(ctx)
	a.shards.mu.Lock()
	delete(a.shards.held, s.id)
	if err != nil && a.shards.fatal == nil {
		a.shards.fatal = err
	}
	a.shards.mu.Unlock()
	if a.cfg.Leases != nil {
		// Given up at once, so that another replica need not wait for its end.
		if _, err := a.cfg.Leases.Lease(context.WithoutCancel(ctx), lease, a.cfg.Replica, 0); err != nil {
			a.log.Warn("discord: the lease of a shard was not given up", "err", err)
		}
	}
	if err != nil {
		stop()
	}
}

// Ready says whether the adapter hears: every shard it holds is connected and
// has heard from Discord lately. It looks at the connections, not at the
// process.
func (a *Adapter) Ready() error {
	a.shards.mu.Lock()
	defer a.shards.mu.Unlock()
	switch {
	case a.shards.fatal != nil:
		return a.shards.fatal
	case !a.shards.started:
		return errors.New("discord: not connected")
	}
	for id, s := range a.shards.held {
		if err := s.healthy(); err != nil {
			return fmt.Errorf("discord: shard %s: %w", strconv.Itoa(id), err)
		}
	}
	switch {
	case len(a.shards.held) > 0:
		return nil
	case a.cfg.Leases == nil:
		return errors.New("discord: no shard is connected")
	case a.shards.leases != nil:
		return fmt.Errorf("discord: the leases of shards are not known: %w", a.shards.leases)
	}
	return nil // other replicas hold them all
}
