package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// sharedThreads are real conversations of developers, which are not part of this
// repository.
const sharedThreads = "data/threads-irc.jsonl"

// shared finds a file beside the repository, or skips.
func shared(t *testing.T, name string) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		if dir == filepath.Dir(dir) {
			t.Fatal("no go.mod above the test")
		}
	}
	path := filepath.Join(dir, "..", "shared", name)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("%s is not beside this repository", name)
	}
	return path
}

// thread is one loaded conversation: the channel it is in and its number there.
type thread struct {
	channel  string
	number   int
	messages int
}

// TestRealThreads loads real conversations as channels, has every one of them
// summarised and a reply drafted in ten, each as its own person, and holds the
// answers against what was there: how much was read, and the books.
func TestRealThreads(t *testing.T) {
	path := shared(t, sharedThreads)
	threads := threadsIn(t, path)
	dir := furnished(t)
	policy := filepath.Join(t.TempDir(), "policy.yaml")
	if err := os.WriteFile(policy, []byte("throttle:\n  per_minute: 600\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var lines strings.Builder
	drafts := 0
	for i, th := range threads {
		fmt.Fprintf(&lines, "/join #%s\n/thread %d\n@tierwise summarize this\n", th.channel, th.number)
		if i%(len(threads)/10) == 0 && drafts < 10 {
			lines.WriteString("/shortcut draft 1\n")
			drafts++
		}
	}
	r := tierwise(t, dir, lines.String(), []string{"TIERWISE_CONFIG=" + policy}, "chat", "--threads", path)
	if r.code != 0 {
		t.Fatalf("exit code %d: %s", r.code, shortened(r.err+r.out))
	}
	noTrace(t, r.err)
	summaries := regexp.MustCompile(`(?m)^\[#[^\]]*\] tierwise: Key messages$`).FindAllString(r.out, -1)
	read := regexp.MustCompile(`\(read ([0-9]+) of ([0-9]+) messages\)`).FindAllStringSubmatch(r.out, -1)
	posts := strings.Count(r.out, "[1] Post  [2] Edit  [3] Discard")
	if len(summaries) != len(threads) || len(read) != len(threads) || posts != 10 {
		t.Errorf("%d threads: %d summaries, %d say how much was read, %d drafts (want 10)", len(threads), len(summaries), len(read), posts)
	}
	for i := range min(len(read), len(threads)) {
		if want := fmt.Sprint(threads[i].messages); read[i][1] != want || read[i][2] != want {
			t.Errorf("thread %d: read %s of %s, it has %s messages", i+1, read[i][1], read[i][2], want)
		}
	}
	verified(t, dir)
	v := tierwise(t, dir, "", nil, "ledger", "verify", "--workspace", "console/irc")
	t.Logf("%d threads with %d messages: %d summarised, %d drafts; %s", len(threads), total(threads), len(summaries), posts, strings.TrimSpace(v.out))
}

// threadsIn lists the conversations of a file in its order, numbered within
// their channel.
func threadsIn(t *testing.T, path string) []thread {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var out []thread
	count := map[string]int{}
	lines := bufio.NewScanner(bytes.NewReader(data))
	lines.Buffer(nil, 8<<20)
	for lines.Scan() {
		var row struct {
			Source, Channel string
			Messages        []json.RawMessage
		}
		if err := json.Unmarshal(lines.Bytes(), &row); err != nil {
			t.Fatal(err)
		}
		name := strings.Trim(row.Channel, "#")
		if name == "" {
			name = filepath.Base(strings.TrimRight(row.Source, "/"))
		}
		count[name]++
		out = append(out, thread{name, count[name], len(row.Messages)})
	}
	return out
}

func total(all []thread) (n int) {
	for _, th := range all {
		n += th.messages
	}
	return n
}
