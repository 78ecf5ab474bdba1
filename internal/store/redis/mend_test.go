package redis

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/tierwise/tierwise/internal/store/redis/redistest"
)

// half is a transaction of which the end was never written.
const half = "*1\r\n$5\r\nMULTI\r\n*3\r\n$6\r\nINCRBY\r\n$5\r\nmoney\r\n$1\r\n7\r\n*3\r\n$3\r\nSET\r\n$4\r\nmark\r\n$1\r\n1\r\n*3\r\n$3\r\nSET\r\n$4\r\nro"

// TestHalfATransactionIsNotAppliedLater crashes a server with Redis' default
// settings in the middle of a write, opens the store on it, repeats the write,
// and crashes it again: without mend the half is applied at the second start.
func TestHalfATransactionIsNotAppliedLater(t *testing.T) {
	server := redistest.Start(t, redistest.Always, "--aof-load-truncated", "yes")
	ctx := context.Background()
	if err := plain(t, server).Set(ctx, "before", "1", 0).Err(); err != nil {
		t.Fatal(err)
	}
	server.Kill()
	log, err := os.OpenFile(server.Log(t), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := log.WriteString(half); err != nil {
		t.Fatal(err)
	}
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	if err := server.RunAsIs(); err != nil {
		t.Fatal(err)
	}
	var told []string
	s := mustOpen(t, server.URL(), Options{Warn: func(f Finding) { told = append(told, f.Say) }})
	if len(told) != 1 || !strings.Contains(told[0], "aof-load-truncated no") {
		t.Errorf("told %q, want the one about aof-load-truncated", told)
	}
	if err := s.client.Eval(ctx, "redis.call('INCRBY','money','7') redis.call('SET','mark','1')", nil).Err(); err != nil && err.Error() != "redis: nil" {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(5 * time.Millisecond) { // a real server, a real clock
		info, err := s.info(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if info["aof_rewrite_in_progress"] == "0" && info["aof_rewrite_scheduled"] == "0" {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the rewrite does not end")
		}
	}
	server.Kill()
	if err := server.RunAsIs(); err != nil {
		t.Fatal(err)
	}
	if got := plain(t, server).Get(ctx, "money").Val(); got != "7" {
		t.Fatalf("money is %s after the second start, was 7", got)
	}
}
