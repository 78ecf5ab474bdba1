package redis

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/oklog/ulid/v2"
	goredis "github.com/redis/go-redis/v9"
)

// Durability says when a write counts as done.
type Durability string

// The kinds of durability. Local is what the server's own fsync setting gives;
// Replicated adds that one replica has the write, for Enqueue and Settle.
const (
	Local      Durability = "local"
	Replicated Durability = "replicated"
)

// Options are what can be chosen. The zero value is Local with the client's own
// pool.
type Options struct {
	Durability  Durability    // "" is Local
	ReplicaWait time.Duration // how long Replicated waits for a replica, at most a second; 0 is half of one
	PoolSize    int           // connections to each node; 0 is ten for each processor
	// Warn is told each Finding that does not forbid to start; nil drops them.
	Warn func(Finding)
	// Met is told the run id of the server behind each new connection, before the
	// connection is used; nil is not told.
	Met func(run string)
	// Offset is added to the server's clock. It is for tests, which move time
	// with it; nil is none.
	Offset func() time.Duration
}

// Store is a store in Redis. It is safe for concurrent use. Its errors match
// ErrDown when the server was not reached or could not work.
type Store struct {
	client goredis.UniversalClient
	calls  *calls
	opt    Options
	clock  func() string // first argument of every script
	split  bool          // Cluster: one blocking connection for each partition

	instance string // begins every nonce
	nonces   atomic.Int64
	turn     atomic.Int64 // where the next Claim and Posts begin
	missing  atomic.Bool  // the last write that waited for a replica found none
	mended   sync.Map     // runs of servers whose log needs no rewrite: run id → true
	waiters  sync.WaitGroup
}

// Open connects to Redis, checks that it is fit to hold money and jobs, and
// brings its schema up to date. The URL is redis:// or rediss:// (TLS) or
// unix://; with ?addr=host:port&addr=… it names a Cluster, with ?master_name=…
// a Sentinel group. Errors: ErrDown when it cannot be reached, ErrUnfit when a
// finding forbids to start, ErrSchema when a newer release wrote it.
func Open(ctx context.Context, rawURL string, opt Options) (*Store, error) {
	quiet()
	client, err := connect(rawURL, opt)
	if err != nil {
		return nil, err
	}
	calls, err := newCalls()
	if err != nil {
		return nil, errors.Join(err, client.Close())
	}
	s := newStore(client, calls, opt)
	if err := s.start(ctx); err != nil {
		return nil, errors.Join(err, client.Close())
	}
	return s, nil
}

func newStore(client goredis.UniversalClient, calls *calls, opt Options) *Store {
	if opt.Durability == "" {
		opt.Durability = Local
	}
	if opt.ReplicaWait <= 0 {
		opt.ReplicaWait = time.Second / 2
	}
	opt.ReplicaWait = min(opt.ReplicaWait, time.Second) // else the client gives up the connection first
	if opt.Offset == nil {
		opt.Offset = func() time.Duration { return 0 }
	}
	_, cluster := client.(*goredis.ClusterClient)
	return &Store{
		client: client, calls: calls, opt: opt, split: cluster, instance: ulid.Make().String(),
		clock: func() string { return strconv.FormatInt(opt.Offset().Microseconds(), 10) },
	}
}

// start asks the server what it is, refuses an unfit one, and migrates.
func (s *Store) start(ctx context.Context) error {
	info, err := s.info(ctx)
	if err != nil {
		return err
	}
	findings, err := s.Check(ctx)
	if err != nil {
		return err
	}
	for _, f := range findings {
		if f.Refuse {
			err = errors.Join(err, fmt.Errorf("%w: %s", ErrUnfit, f.Say))
		} else {
			s.warn(f)
		}
	}
	if err != nil {
		return err
	}
	if err := s.mend(ctx); err != nil {
		return err
	}
	if err := s.prepare(ctx, info); err != nil {
		return err
	}
	return s.migrate(ctx, migrations)
}

// Close gives the connections back. Claims and posts that wait return ErrDown.
func (s *Store) Close() error {
	err := s.client.Close()
	s.waiters.Wait()
	if err != nil {
		return fmt.Errorf("redis: close: %w", err)
	}
	return nil
}

// dials is how often one attempt of a command dials. The attempts themselves
// are three more; dialling five times in each would tell a caller after seconds
// that nobody is there, who has a spool to write to.
const dials = 1

// connect reads the URL. Its error never repeats the URL, which may hold a
// password.
func connect(rawURL string, opt Options) (goredis.UniversalClient, error) {
	u, err := url.Parse(rawURL)
	if err != nil {
		return nil, errBadURL
	}
	q := u.Query()
	switch {
	case q.Has("master_name"):
		o, err := goredis.ParseFailoverURL(rawURL)
		if err != nil {
			return nil, errBadURL
		}
		o.ContextTimeoutEnabled, o.DialerRetries, o.OnConnect = true, dials, greeter(opt.Met)
		o.PoolSize = orKept(opt.PoolSize, o.PoolSize)
		return goredis.NewFailoverClient(o), nil
	case q.Has("addr"):
		o, err := goredis.ParseClusterURL(rawURL)
		if err != nil {
			return nil, errBadURL
		}
		o.ContextTimeoutEnabled, o.DialerRetries, o.OnConnect = true, dials, greeter(opt.Met)
		o.PoolSize = orKept(opt.PoolSize, o.PoolSize)
		return goredis.NewClusterClient(o), nil
	default:
		o, err := goredis.ParseURL(rawURL)
		if err != nil {
			return nil, errBadURL
		}
		o.ContextTimeoutEnabled, o.DialerRetries, o.OnConnect = true, dials, greeter(opt.Met)
		o.PoolSize = orKept(opt.PoolSize, o.PoolSize)
		return goredis.NewClient(o), nil
	}
}

// greeter tells who is behind a new connection.
func greeter(met func(run string)) func(context.Context, *goredis.Conn) error {
	if met == nil {
		return nil
	}
	return func(ctx context.Context, c *goredis.Conn) error {
		text, err := c.Info(ctx, "server").Result()
		if err != nil && !refused(err) {
			return err // the command that wanted the connection gets it
		}
		if run := parseInfo(text)["run_id"]; run != "" {
			met(run)
		}
		return nil
	}
}

func orKept(asked, kept int) int {
	if asked > 0 {
		return asked
	}
	return kept
}

// quiet stops the client from printing each failed dial past our own log. It can
// only be told for the whole process; whatever it prints we return as an error.
var quiet = sync.OnceFunc(func() { goredis.SetLogger(silence{}) })

type silence struct{}

// Printf drops the line.
func (silence) Printf(context.Context, string, ...any) {}

// nodeOf returns the client of the node that holds a partition.
func (s *Store) nodeOf(ctx context.Context, p int) (goredis.UniversalClient, error) {
	if c, ok := s.client.(*goredis.ClusterClient); ok {
		return c.MasterForKey(ctx, rootKey(p))
	}
	return s.client, nil
}

// nonce names one operation, so that a script knows its own retries.
func (s *Store) nonce() string {
	return s.instance + strconv.FormatInt(s.nonces.Add(1), 36)
}
