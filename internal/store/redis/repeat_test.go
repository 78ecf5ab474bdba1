package redis

import (
	"bufio"
	"context"
	"fmt"
	"maps"
	"net"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	goredis "github.com/redis/go-redis/v9"

	"github.com/tierwise/tierwise/internal/store/redis/redistest"
)

// repeater sends every script a second time, as the client does when an answer
// was lost, and compares the whole state and the answers.
type repeater struct {
	t     *testing.T
	plain *goredis.Client // without this hook
	names map[string]string
	seen  map[string]int
}

func (r *repeater) DialHook(next goredis.DialHook) goredis.DialHook { return next }

func (r *repeater) ProcessHook(next goredis.ProcessHook) goredis.ProcessHook {
	return func(ctx context.Context, cmd goredis.Cmder) error {
		err := next(ctx, cmd)
		r.again(ctx, cmd)
		return err
	}
}

func (r *repeater) ProcessPipelineHook(next goredis.ProcessPipelineHook) goredis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []goredis.Cmder) error {
		err := next(ctx, cmds)
		for _, cmd := range cmds {
			r.again(ctx, cmd)
		}
		return err
	}
}

func (r *repeater) again(ctx context.Context, cmd goredis.Cmder) {
	script, ok := cmd.(*goredis.Cmd)
	if !ok || cmd.Name() != "fcall" && cmd.Name() != "evalsha" || script.Err() != nil {
		return
	}
	name := r.names[fmt.Sprint(cmd.Args()[1])]
	r.seen[name]++
	before := dump(r.t, r.plain)
	second, err := r.plain.Do(ctx, cmd.Args()...).Result()
	if err != nil {
		r.t.Errorf("%s, sent again: %v", name, err)
	}
	if diff := cmp.Diff(before, dump(r.t, r.plain)); diff != "" {
		r.t.Errorf("%s, sent again, changed the state (-once +twice):\n%s", name, diff)
	}
	if first := script.Val(); !sameAnswer(name, first, second) {
		r.t.Errorf("%s answered %q, and sent again %q", name, first, second)
	}
}

// sameAnswer compares answers. A hold that is sent again is a known one: same
// verdict for the caller, told from the levels that are there now.
func sameAnswer(name string, a, b any) bool {
	if name == holdScript {
		first, second := a.([]any), b.([]any)
		return (first[0] == "refused") == (second[0] == "refused") && first[1] == second[1]
	}
	return cmp.Equal(a, b)
}

// dump is every key with its value.
func dump(t *testing.T, c *goredis.Client) map[string]string {
	t.Helper()
	ctx, out := context.Background(), map[string]string{}
	keys, err := c.Keys(ctx, "*").Result()
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range keys {
		var v any
		var err error
		switch kind := c.Type(ctx, k).Val(); kind {
		case "string":
			v, err = c.Get(ctx, k).Result()
		case "hash":
			v, err = c.HGetAll(ctx, k).Result()
		case "zset":
			v, err = c.ZRangeWithScores(ctx, k, 0, -1).Result()
		case "set":
			var members []string
			members, err = c.SMembers(ctx, k).Result()
			slices.Sort(members)
			v = members
		case "list":
			v, err = c.LRange(ctx, k, 0, -1).Result()
		case "stream":
			v, err = c.XRange(ctx, k, "-", "+").Result()
		default:
			t.Fatalf("key %s has the unexpected type %s", k, kind)
		}
		if err != nil {
			t.Fatal(err)
		}
		out[k] = fmt.Sprintf("%q", v)
	}
	return out
}

// TestEveryScriptTwiceIsOnce is the generic proof of idempotency: whatever the
// client's own retries send again changes nothing and is answered alike, called
// as functions and, on a server that takes none, as scripts.
func TestEveryScriptTwiceIsOnce(t *testing.T) {
	server := redistest.Start(t, redistest.Off)
	for _, called := range []string{"fcall", "evalsha"} {
		t.Run(called, func(t *testing.T) {
			server.Flush(t)
			s, at := frozen(t, server)
			if called == "evalsha" {
				withoutFunctions(t, s)
			}
			r := &repeater{t, plain(t, server), map[string]string{}, map[string]int{}}
			for name := range s.calls.scripts {
				r.names[s.calls.library.function(name)] = name
				r.names[s.calls.sha[name].Hash()] = name
			}
			s.client.(*goredis.Client).AddHook(r)
			everything(t, s, at)
			for name := range s.calls.scripts {
				if r.seen[name] == 0 {
					t.Errorf("the scenario never runs %s", name)
				}
			}
			t.Logf("%d scripts sent twice, %d times in all", len(r.seen), sum(r.seen))
		})
	}
}

// withoutFunctions has a store call its scripts as on a server without
// functions.
func withoutFunctions(t *testing.T, s *Store) {
	t.Helper()
	s.calls.without.Store(true)
	if err := s.teach(context.Background(), s.calls.taught.Load()); err != nil {
		t.Fatal(err)
	}
}

func sum(m map[string]int) (n int) {
	for v := range maps.Values(m) {
		n += v
	}
	return n
}

// TestEveryScriptKeepsToOneSlot watches, by MONITOR, each command that each
// script sends, and demands the partition of the script's only declared key.
func TestEveryScriptKeepsToOneSlot(t *testing.T) {
	server := redistest.Start(t, redistest.Off)
	s, at := frozen(t, server)
	c, err := net.Dial("unix", server.Socket)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	lines := bufio.NewReaderSize(c, 1<<20)
	if _, err := c.Write([]byte("MONITOR\r\n")); err != nil {
		t.Fatal(err)
	}
	if ok, err := lines.ReadString('\n'); err != nil || ok != "+OK\r\n" {
		t.Fatal(ok, err)
	}
	everything(t, s, at)
	if err := s.client.Echo(context.Background(), "the end").Err(); err != nil {
		t.Fatal(err)
	}
	declared := regexp.MustCompile(`"(?i:fcall)" ".*?" "1" "(tw:\{\d+\}:)"`)
	inside := regexp.MustCompile(`lua\] "([A-Z]+)"(?: "((?:[^"\\]|\\.)*)")?`)
	root, commands := "", 0
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(line, `"the end"`) {
			break
		}
		if m := declared.FindStringSubmatch(line); m != nil {
			root = m[1]
		}
		m := inside.FindStringSubmatch(line)
		if m == nil || m[1] == "TIME" {
			continue
		}
		commands++
		if !strings.HasPrefix(m[2], root) {
			t.Errorf("%s %s: not under the declared root %s", m[1], m[2], root)
		}
	}
	if commands < 500 {
		t.Fatalf("only %d commands were seen", commands)
	}
	t.Logf("%d commands sent by scripts, all in the slot of their script", commands)
}
