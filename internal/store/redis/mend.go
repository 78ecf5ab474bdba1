package redis

import (
	"context"
	"strings"
	"time"

	goredis "github.com/redis/go-redis/v9"
)

// mendedLife is how long it is remembered which runs of a server were mended.
const mendedLife = 90 * 24 * time.Hour

// mend has a server that was started again rewrite its append-only file.
//
// A server that dies while it writes leaves half a transaction at the end of
// the file. With aof-load-truncated yes, the default, Redis (and Valkey before
// August 2026) drops the last half-written command but keeps the MULTI and the
// commands before it, does not apply them, and goes on appending. The next start
// applies them with the transaction that came after: an attempt whose settle was
// repeated is then booked twice. A rewrite of the file drops the half.
//
// Until the rewrite is done a second crash can still do harm; only
// redis-check-aof --fix before the start, with aof-load-truncated no, leaves no
// gap. Check says so. What cannot be mended is told by Options.Warn.
func (s *Store) mend(ctx context.Context) error {
	if c, ok := s.client.(*goredis.ClusterClient); ok {
		return s.failed("mend", c.ForEachMaster(ctx, func(ctx context.Context, node *goredis.Client) error {
			return s.mendNode(ctx, node)
		}))
	}
	return s.failed("mend", s.mendNode(ctx, s.client))
}

func (s *Store) mendNode(ctx context.Context, node goredis.Cmdable) error {
	text, err := node.Info(ctx).Result()
	if err != nil {
		return err
	}
	info := parseInfo(text)
	run := info["run_id"]
	if _, known := s.mended.Load(run); known || info["aof_enabled"] != "1" {
		return nil
	}
	done, err := s.client.SIsMember(ctx, mendedKey(), run).Result()
	if err != nil {
		return err
	}
	if !done {
		// A rewrite that is going on already began after the start, which will do.
		if err := node.BgRewriteAOF(ctx).Err(); err != nil && !strings.Contains(err.Error(), "already in progress") {
			if !refused(err) {
				return err
			}
			s.warn(Finding{Say: "Redis was started again and does not let us rewrite its append-only file. If it had crashed, run BGREWRITEAOF by hand, or half a transaction may be applied at its next start."})
		} else if err := s.client.SAdd(ctx, mendedKey(), run).Err(); err != nil {
			return err
		}
		if err := s.client.Expire(ctx, mendedKey(), mendedLife).Err(); err != nil {
			return err
		}
	}
	s.mended.Store(run, true)
	return nil
}

// warn tells a finding to who asked for them.
func (s *Store) warn(f Finding) {
	if s.opt.Warn != nil {
		s.opt.Warn(f)
	}
}
