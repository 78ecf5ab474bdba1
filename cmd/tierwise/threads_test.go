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

	"github.com/tierwise/tierwise/usage"
)

// sharedThreads is the file of real conversations beside the repository.
const sharedThreads = "../../../shared/data/threads-irc.jsonl"

// TestRealThreads loads real developer conversations as channels, has every one
// summarised and a draft made in ten of them, and lets the books prove it.
func TestRealThreads(t *testing.T) {
	channels, threads := channelsOf(t)
	dir := t.TempDir()
	policy := filepath.Join(dir, "policy.yaml")
	if err := os.WriteFile(policy, []byte("throttle:\n  per_minute: 600\nlimits:\n  person:\n    day: \"5\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("TIERWISE_CONFIG", policy)
	t.Setenv("TIERWISE_DATA_DIR", filepath.Join(dir, "data"))
	var lines strings.Builder
	drafts := 0
	for _, c := range channels {
		for n := range c.threads {
			fmt.Fprintf(&lines, "/join #%s\n/thread %d\n@tierwise summarize this\n", c.name, n+1)
			if drafts < 10 && n%4 == 0 {
				drafts++
				lines.WriteString("/draft a friendly reply to the last question\n")
			}
		}
	}
	var out, errs bytes.Buffer
	if code := run(t.Context(), []string{"chat", "--threads", sharedThreads}, streams{strings.NewReader(lines.String()), &out, &errs}); code != 0 {
		t.Fatalf("chat ended with %d: %s\n%s", code, errs.String(), tailOf(out.String()))
	}
	summaries := len(regexp.MustCompile(`(?m)^  \(read \d+ of \d+ messages?\)$`).FindAllString(out.String(), -1))
	offered := strings.Count(out.String(), "[1] Post  [2] Edit  [3] Discard")
	var proof bytes.Buffer
	code := run(t.Context(), []string{"ledger", "verify", "--demo", "--workspace", "console/irc", "--json"}, streams{strings.NewReader(""), &proof, &errs})
	var proofs []usage.Proof
	if err := json.Unmarshal(proof.Bytes(), &proofs); err != nil || code != 0 || len(proofs) != 1 {
		t.Fatalf("verify ended with %d, %v: %s", code, err, errs.String())
	}
	p := proofs[0]
	t.Logf("%d real threads in %d channels: %d summaries, %d drafts, %d entries, %s; %d sums compared, %d differences", threads, len(channels), summaries, offered, p.Entries, p.Cost, p.Checked, len(p.Differences))
	if summaries != threads || offered != drafts || drafts != 10 || p.Entries < int64(threads+drafts) || len(p.Differences) != 0 || p.Held != 0 {
		t.Error("not every thread was summarised, or the books do not agree")
	}
}

type channelCount struct {
	name    string
	threads int
}

// channelsOf counts the threads of each channel, in the order of the file.
func channelsOf(t *testing.T) (list []channelCount, total int) {
	t.Helper()
	f, err := os.Open(sharedThreads)
	if err != nil {
		t.Skip("../shared/data/threads-irc.jsonl is not here")
	}
	defer f.Close()
	at := map[string]int{}
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var row struct{ Channel, Source string }
		if err := json.Unmarshal(lines.Bytes(), &row); err != nil {
			t.Fatal(err)
		}
		name := row.Channel
		if name == "" {
			name = filepath.Base(row.Source)
		}
		if _, ok := at[name]; !ok {
			at[name] = len(list)
			list = append(list, channelCount{name: name})
		}
		list[at[name]].threads++
		total++
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return list, total
}

func tailOf(s string) string { return s[max(0, len(s)-2000):] }
