package redis

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Finding is something about the server that an operator should know.
type Finding struct {
	// Refuse forbids to start; otherwise it is a warning.
	Refuse bool
	// Say is one or two sentences: what is so, what can happen, what to do.
	Say string
}

// maxClockGap is how far the server's clock may be from ours unremarked.
const maxClockGap = 2 * time.Second

// serverInfo is what INFO says, by field.
type serverInfo map[string]string

// Check looks at the server: its role, version, eviction, persistence, clock,
// and whether it takes a write. It is run by Open and can be run at any time.
// An error means that the server could not be asked.
func (s *Store) Check(ctx context.Context) ([]Finding, error) {
	info, err := s.info(ctx)
	if err != nil {
		return nil, err
	}
	out := info.findings()
	if s.opt.Durability == Replicated && info["connected_slaves"] == "0" {
		out = append(out, Finding{Say: "The policy asks for ledger.durability replicated and no replica is connected to Redis: what is accepted and booked waits in the spool of each instance besides, until one has it. Connect a replica, or set ledger.durability local."})
	}
	if s.calls.refused.Load() {
		out = append(out, noFunctions)
	}
	// A managed service may hide its configuration; then this is not known.
	if conf, err := s.client.ConfigGet(ctx, "aof-load-truncated").Result(); err == nil && info["aof_enabled"] == "1" && conf["aof-load-truncated"] == "yes" {
		out = append(out, Finding{Say: "aof-load-truncated is yes: two crashes of Redis shortly after each other can book one attempt twice. Set aof-load-truncated no and run redis-check-aof --fix before each start."})
	}
	before := time.Now()
	server, err := s.client.Time(ctx).Result()
	if err != nil {
		return nil, s.failed("check", err)
	}
	middle := before.Add(time.Since(before) / 2)
	if gap := server.Sub(middle).Abs(); gap > maxClockGap {
		out = append(out, Finding{Say: fmt.Sprintf("The clock of Redis and the clock of this machine are %s apart. Money is booked by the clock of Redis; run NTP on both.", gap.Round(time.Second))})
	}
	if slices.ContainsFunc(out, func(f Finding) bool { return f.Refuse }) {
		return out, nil // reason enough; a replica would not take the probe anyway
	}
	if err := s.probe(ctx); err != nil {
		if !refused(err) {
			return nil, s.failed("check", err)
		}
		out = append(out, Finding{Refuse: true, Say: "Redis does not take a write, a read and a delete of a key that begins with tw:. Give the user of REDIS_URL the rights ~tw:* +@all -@dangerous +info, and see that Redis is not out of memory."})
	}
	return out, nil
}

// findings judges what INFO says.
func (i serverInfo) findings() []Finding {
	var out []Finding
	refuse := func(say string) { out = append(out, Finding{Refuse: true, Say: say}) }
	warn := func(say string) { out = append(out, Finding{Say: say}) }
	if role := i["role"]; role != "" && role != "master" {
		refuse("REDIS_URL names a replica, which takes no writes. Name the master, or the Sentinel group with ?master_name=.")
	}
	if !i.atLeast(6, 2) {
		refuse("Redis " + i.version() + " is too old. Use Redis 6.2 or newer, better 7.0, or Valkey.")
	} else if !i.atLeast(7, 0) {
		warn("Redis " + i.version() + " cannot book spend when it is out of memory. Redis 7.0 and Valkey can.")
	}
	if policy := i["maxmemory_policy"]; policy != "" && policy != "noeviction" {
		refuse("maxmemory-policy is " + policy + ": Redis may throw budgets and jobs away. Set maxmemory-policy noeviction.")
	}
	if i["aof_enabled"] == "0" {
		warn("The append-only file is off: a restart of Redis loses accepted requests and spend since the last snapshot. Set appendonly yes, and appendfsync always for none lost.")
	}
	if i["aof_enabled"] == "1" && i["aof_last_write_status"] == "err" {
		warn("Redis could not write its append-only file. Look at its disk.")
	}
	if i["rdb_last_bgsave_status"] == "err" {
		warn("The last snapshot of Redis failed. Look at its disk and memory.")
	}
	return out
}

// info asks the server about itself. In a Cluster one node answers for all.
func (s *Store) info(ctx context.Context) (serverInfo, error) {
	text, err := s.client.Info(ctx).Result()
	if err != nil {
		return nil, s.failed("info", err)
	}
	return parseInfo(text), nil
}

func parseInfo(text string) serverInfo {
	i := serverInfo{}
	for line := range strings.Lines(text) {
		if k, v, ok := strings.Cut(strings.TrimSpace(line), ":"); ok {
			i[k] = v
		}
	}
	return i
}

// version is the Redis version; Valkey gives there the one it is compatible
// with.
func (i serverInfo) version() string { return i["redis_version"] }

func (i serverInfo) atLeast(major, minor int) bool {
	a, rest, _ := strings.Cut(i.version(), ".")
	b, _, _ := strings.Cut(rest, ".")
	x, errA := strconv.Atoi(a)
	y, errB := strconv.Atoi(b)
	return errA == nil && errB == nil && (x > major || x == major && y >= minor)
}

// probe writes, reads and deletes a key.
func (s *Store) probe(ctx context.Context) error {
	key := probeKey(s.nonce())
	if err := s.client.Set(ctx, key, "1", time.Minute).Err(); err != nil {
		return err
	}
	if err := s.client.Get(ctx, key).Err(); err != nil {
		return err
	}
	return s.client.Del(ctx, key).Err()
}
