package redis

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	goredis "github.com/redis/go-redis/v9"
)

//go:embed scripts/*.lua scripts/lib/*.lua
var sources embed.FS

// The scripts, one for each operation. Each is described at its head.
const (
	enqueueScript   = "enqueue"
	claimScript     = "claim"
	beatScript      = "beat"
	returnScript    = "return"
	stopScript      = "stop"
	backlogScript   = "backlog"
	postsScript     = "posts"
	confirmScript   = "confirm"
	postponeScript  = "postpone"
	holdScript      = "hold"
	dispatchScript  = "dispatch"
	settleScript    = "settle"
	sweepScript     = "sweep"
	levelsScript    = "levels"
	limitsScript    = "limits"
	writeScript     = "write"
	recordsScript   = "records"
	wipeScript      = "wipe"
	tenantsScript   = "tenants"
	openHoldsScript = "openholds"
	rebuildScript   = "rebuild"
	dropScript      = "drop"
	markScript      = "mark"
	leaseScript     = "lease"
	takeScript      = "take"
	purgeScript     = "purge"

	unfinishedScript = "unfinished"
)

// scripts are the assembled scripts of one store, made on first use, because
// what a server understands is known only after it was asked.
type scripts struct {
	flags bool // the server understands "#!lua flags=…"

	mu   sync.Mutex
	made map[string]*goredis.Script
}

// get assembles a script from its file and the libraries it names.
func (s *scripts) get(name string) (*goredis.Script, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if sc := s.made[name]; sc != nil {
		return sc, nil
	}
	text, err := assemble(name, s.flags)
	if err != nil {
		return nil, err
	}
	sc := goredis.NewScript(text)
	s.made[name] = sc
	return sc, nil
}

// assemble puts the libraries that a script's "--@ use" line names before it.
// The flags line must stay first; servers before 7.0 would choke on it.
func assemble(name string, flags bool) (string, error) {
	text, err := read("scripts/" + name + ".lua")
	if err != nil {
		return "", err
	}
	var out strings.Builder
	if shebang, rest, ok := strings.Cut(text, "\n"); ok && strings.HasPrefix(shebang, "#!") {
		text = rest
		if flags {
			out.WriteString(shebang + "\n")
		}
	}
	for line := range strings.Lines(text) {
		libs, ok := strings.CutPrefix(strings.TrimSpace(line), "--@ use ")
		if !ok {
			continue
		}
		for lib := range strings.FieldsSeq(libs) {
			source, err := read("scripts/lib/" + lib + ".lua")
			if err != nil {
				return "", err
			}
			out.WriteString(source)
		}
	}
	out.WriteString(text)
	return out.String(), nil
}

func read(path string) (string, error) {
	b, err := sources.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("redis: script: %w", err)
	}
	return string(b), nil
}

// preload gives the server every script, so that the first calls of hundreds of
// workers do not each bring the text along. A server that forgot them since is told
// again; see run.
func (s *Store) preload(ctx context.Context) error {
	files, err := sources.ReadDir("scripts")
	if err != nil {
		return fmt.Errorf("redis: scripts: %w", err)
	}
	for _, f := range files {
		name, ok := strings.CutSuffix(f.Name(), ".lua")
		if !ok {
			continue // the folder of libraries
		}
		sc, err := s.scripts.get(name)
		if err != nil {
			return err
		}
		// Not in a pipeline: the client would take the empty answer of a call
		// not yet sent for the script's digest.
		if err := sc.Load(ctx, s.client).Err(); err != nil {
			return s.failed("script load", err)
		}
	}
	return nil
}

// run runs a script in a partition: EVALSHA, and EVAL once when the server does
// not know it yet. The clock goes first into its arguments.
func (s *Store) run(ctx context.Context, p int, name string, args ...any) (any, error) {
	sc, err := s.scripts.get(name)
	if err != nil {
		return nil, err
	}
	v, err := sc.Run(ctx, s.client, []string{rootKey(p)}, s.withClock(args)...).Result()
	return v, s.failed(name, err)
}

// runDurably is run for what must not be lost. With Replicated it asks, on the
// same connection, how many replicas have it, and returns ErrNotReplicated
// beside the answer when none has.
func (s *Store) runDurably(ctx context.Context, p int, name string, args ...any) (any, error) {
	if s.opt.Durability != Replicated {
		return s.run(ctx, p, name, args...)
	}
	sc, err := s.scripts.get(name)
	if err != nil {
		return nil, err
	}
	node, err := s.nodeOf(ctx, p)
	if err != nil {
		return nil, s.failed(name, err)
	}
	args = s.withClock(args)
	for _, known := range []bool{true, false} {
		pipe := node.Pipeline()
		var answer *goredis.Cmd
		if known {
			answer = sc.EvalSha(ctx, pipe, []string{rootKey(p)}, args...)
		} else {
			answer = sc.Eval(ctx, pipe, []string{rootKey(p)}, args...)
		}
		replicas := pipe.Do(ctx, "wait", 1, s.patience().Milliseconds())
		_, _ = pipe.Exec(ctx) // both commands keep their own error
		if known && goredis.HasErrorPrefix(answer.Err(), "NOSCRIPT") {
			continue
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
	return nil, s.failed(name, errors.New("script not accepted"))
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
	sc, err := s.scripts.get(name)
	if err != nil {
		return nil, err
	}
	out := make([]any, len(calls))
	cmds := make([]*goredis.Cmd, len(calls))
	pipe := s.client.Pipeline()
	for i, c := range calls {
		c.args = s.withClock(c.args)
		calls[i] = c
		cmds[i] = sc.EvalSha(ctx, pipe, []string{rootKey(c.p)}, c.args...)
	}
	_, _ = pipe.Exec(ctx) // every command keeps its own error
	for i, cmd := range cmds {
		v, e := cmd.Result()
		if goredis.HasErrorPrefix(e, "NOSCRIPT") {
			v, e = sc.Eval(ctx, s.client, []string{rootKey(calls[i].p)}, calls[i].args...).Result()
		}
		if e != nil {
			err = errors.Join(err, s.failed(name, e))
			continue
		}
		out[i] = v
	}
	return out, err
}

func (s *Store) withClock(args []any) []any {
	return append([]any{s.clock()}, args...)
}
