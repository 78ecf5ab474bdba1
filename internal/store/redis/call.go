package redis

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	goredis "github.com/redis/go-redis/v9"
)

// calls is how the scripts are called on the server of one store.
type calls struct {
	scripts map[string]script
	library library
	sha     map[string]*goredis.Script // for a server without functions
	without atomic.Bool                // functions are not used
	refused atomic.Bool                // because a server that has them refused ours

	mu     sync.Mutex
	taught atomic.Int64 // how often the server was given what it had not
}

func newCalls() (*calls, error) {
	all, err := readScripts()
	if err != nil {
		return nil, err
	}
	c := &calls{scripts: all, library: libraryOf(all)}
	c.speak(true)
	return c, nil
}

// speak makes the scripts as the server understands them when it takes no
// functions: with flags from Redis 7.0 on.
func (c *calls) speak(flags bool) {
	c.sha = make(map[string]*goredis.Script, len(c.scripts))
	for name, sc := range c.scripts {
		c.sha[name] = goredis.NewScript(sc.alone(flags))
	}
}

// send calls a script in a partition, once, on a client or in a pipeline.
func (c *calls) send(ctx context.Context, to goredis.Cmdable, name string, p int, args []any) *goredis.Cmd {
	if c.without.Load() {
		return c.sha[name].EvalSha(ctx, to, []string{rootKey(p)}, args...)
	}
	return to.FCall(ctx, c.library.function(name), []string{rootKey(p)}, args...)
}

// unknown reports that the server does not know the script: it was started
// again without its data, another release took it away, or it is a new master.
func unknown(err error) bool {
	return goredis.HasErrorPrefix(err, "NOSCRIPT") || goredis.HasErrorPrefix(err, "Function not found")
}

// prepare finds out how the server is called, and gives it every script, so
// that the first calls of hundreds of workers do not each bring the text along.
func (s *Store) prepare(ctx context.Context, info serverInfo) error {
	s.calls.speak(info.atLeast(7, 0))
	s.calls.without.Store(!info.atLeast(7, 0))
	err := s.teach(ctx, s.calls.taught.Load())
	if refused(err) && !s.calls.without.Load() {
		s.calls.without.Store(true)
		s.calls.refused.Store(true)
		s.warn(noFunctions)
		err = s.teach(ctx, s.calls.taught.Load())
	}
	if err != nil || s.calls.without.Load() {
		return err
	}
	return s.failed("function list", s.onMasters(ctx, s.calls.library.forgetOthers))
}

// noFunctions is found on a server that could run functions and does not let us.
var noFunctions = Finding{Say: "Redis does not take our functions, so that each operation costs it up to twice the time. Give the user of REDIS_URL the rights +function +fcall (they are in +@scripting) and start again."}

// teach gives the server the scripts, unless another caller has done so since
// the count was taken.
func (s *Store) teach(ctx context.Context, count int64) error {
	s.calls.mu.Lock()
	defer s.calls.mu.Unlock()
	if s.calls.taught.Load() != count {
		return nil
	}
	if !s.calls.without.Load() {
		if err := s.onMasters(ctx, s.calls.library.load); err != nil {
			return s.failed("function load", err)
		}
	} else {
		// Not in a pipeline: the client would take the empty answer of a call
		// not yet sent for the script's digest.
		for _, sc := range s.calls.sha {
			if err := sc.Load(ctx, s.client).Err(); err != nil {
				return s.failed("script load", err)
			}
		}
	}
	s.calls.taught.Add(1)
	return nil
}

// onMasters does something on every master of a Cluster, else on the server.
func (s *Store) onMasters(ctx context.Context, do func(context.Context, goredis.Cmdable) error) error {
	if c, ok := s.client.(*goredis.ClusterClient); ok {
		return c.ForEachMaster(ctx, func(ctx context.Context, node *goredis.Client) error { return do(ctx, node) })
	}
	return do(ctx, s.client)
}

// run calls a script in a partition, and once more when the server had to be
// given it first. The clock goes first into its arguments.
func (s *Store) run(ctx context.Context, p int, name string, args ...any) (any, error) {
	args = s.withClock(args)
	count := s.calls.taught.Load()
	v, err := s.calls.send(ctx, s.client, name, p, args).Result()
	if unknown(err) {
		if err := s.teach(ctx, count); err != nil {
			return nil, err
		}
		v, err = s.calls.send(ctx, s.client, name, p, args).Result()
	}
	return v, s.failed(name, err)
}

// runDurably is run for what must not be lost. With Replicated it asks, on the
// same connection, how many replicas have it, and returns ErrNotReplicated
// beside the answer when none has.
func (s *Store) runDurably(ctx context.Context, p int, name string, args ...any) (any, error) {
	if s.opt.Durability != Replicated {
		return s.run(ctx, p, name, args...)
	}
	node, err := s.nodeOf(ctx, p)
	if err != nil {
		return nil, s.failed(name, err)
	}
	args = s.withClock(args)
	count := s.calls.taught.Load()
	answer, replicas := s.sendAndWait(ctx, node, name, p, args)
	if unknown(answer.Err()) {
		if err := s.teach(ctx, count); err != nil {
			return nil, err
		}
		answer, replicas = s.sendAndWait(ctx, node, name, p, args)
	}
	if answer.Err() != nil {
		return nil, s.failed(name, answer.Err())
	}
	n, err := replicas.Int()
	alone := err != nil || n < 1
	s.missing.Store(alone)
	if alone {
		return answer.Val(), fmt.Errorf("redis: %s: %w", name, ErrNotReplicated)
	}
	return answer.Val(), nil
}

// sendAndWait sends a call and WAIT on one connection; both keep their error.
func (s *Store) sendAndWait(ctx context.Context, node goredis.Cmdable, name string, p int, args []any) (answer, replicas *goredis.Cmd) {
	pipe := node.Pipeline()
	answer = s.calls.send(ctx, pipe, name, p, args)
	replicas = pipe.Do(ctx, "wait", 1, s.patience().Milliseconds())
	_, _ = pipe.Exec(ctx)
	return answer, replicas
}

// brief is how long a replica is waited for after one was missing: as long as a
// healthy one needs, so that nobody waits for one that is gone.
const brief = 10 * time.Millisecond

// patience is how long the next call waits for a replica.
func (s *Store) patience() time.Duration {
	if s.missing.Load() {
		return min(brief, s.opt.ReplicaWait)
	}
	return s.opt.ReplicaWait
}

// batched is one script call of a batch.
type batched struct {
	p    int
	args []any
}

// runBatch runs one script in several partitions in one round trip. An answer
// is nil where it failed; the error is the first of them.
func (s *Store) runBatch(ctx context.Context, name string, calls []batched) ([]any, error) {
	out := make([]any, len(calls))
	cmds := make([]*goredis.Cmd, len(calls))
	count := s.calls.taught.Load()
	pipe := s.client.Pipeline()
	for i, c := range calls {
		calls[i].args = s.withClock(c.args)
		cmds[i] = s.calls.send(ctx, pipe, name, c.p, calls[i].args)
	}
	_, _ = pipe.Exec(ctx) // every command keeps its own error
	var errs error
	for i, cmd := range cmds {
		v, err := cmd.Result()
		if unknown(err) {
			if err = s.teach(ctx, count); err == nil {
				v, err = s.calls.send(ctx, s.client, name, calls[i].p, calls[i].args).Result()
			}
		}
		if err != nil {
			errs = errors.Join(errs, s.failed(name, err))
			continue
		}
		out[i] = v
	}
	return out, errs
}

func (s *Store) withClock(args []any) []any {
	return append([]any{s.clock()}, args...)
}
