package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tierwise/tierwise/internal/llm/llmtest"
)

// TestWrongSetups runs the command with settings, files and flags that cannot
// be used. Each is refused with a sentence that names the thing and says what
// to do, and leaves no ledger behind.
func TestWrongSetups(t *testing.T) {
	files := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(files, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	prices := "models:\n  openai/other:\n    tier: economy\n    context: 8000\n    max_output: 1000\n    source: https://example.com\n    verified: 2026-01-01\n    prices:\n      - from: 2026-01-01\n        input: \"%s\"\n        output: \"2\"\n"
	cases := []struct {
		name string
		env  []string
		args []string
		code int
		says []string
	}{
		{"an unknown flag", nil, []string{"chat", "--thread", "x"}, 2, []string{"unknown flag --thread", "did you mean --threads?"}},
		{"an unknown policy key", []string{"TIERWISE_CONFIG=" + write("key.yaml", "limitz:\n  workspace:\n    day: \"2\"\n")}, nil, 1, []string{"key.yaml line 1", `unknown key "limitz"`, "did you mean limits?"}},
		{"a policy value of the wrong type", []string{"TIERWISE_CONFIG=" + write("type.yaml", "limits:\n  workspace:\n    day: [2]\n")}, nil, 1, []string{"type.yaml line 3", "limits.workspace.day", "not a list"}},
		{"a negative price", []string{"TIERWISE_CONFIG=" + write("price.yaml", fmt.Sprintf(prices, "-1"))}, nil, 1, []string{"price.yaml line 10", "cannot be negative"}},
		{"a policy that is not there", []string{"TIERWISE_CONFIG=" + filepath.Join(files, "none.yaml")}, nil, 1, []string{"none.yaml", "cannot be read"}},
		{"a model of an unknown provider", []string{"TIERWISE_CONFIG=" + write("model.yaml", "models:\n  nowhere/gpt-x:\n    tier: economy\n")}, nil, 1, []string{"The models in the policy", `provider "nowhere" is not in the catalog`}},
		{"a denied model that does not exist", []string{"TIERWISE_CONFIG=" + write("deny.yaml", "defaults:\n  deny: [openai/gpt-0]\n")}, nil, 1, []string{`denies "openai/gpt-0"`, "models list"}},
		{"two problems at once", []string{"TIERWISE_LOG_LEVEL=loud", "OPENAI_API_KEY_FILE=" + filepath.Join(files, "nokey")}, nil, 1, []string{"TIERWISE_LOG_LEVEL", "OPENAI_API_KEY_FILE", "it does not exist"}},
		{"an unknown variable", []string{"TIERWISE_DATADIR=/tmp"}, nil, 1, []string{"TIERWISE_DATADIR", "TIERWISE_DATA_DIR"}},
		{"a data directory that is a file", []string{"TIERWISE_DATA_DIR=" + write("afile", "")}, nil, 1, []string{"afile", "there is a file of that name"}},
		{"a data directory that cannot be made", []string{"TIERWISE_DATA_DIR=/proc/nowhere/data"}, nil, 1, []string{"/proc/nowhere/data", "cannot be used", "TIERWISE_DATA_DIR"}},
		{"threads that are not there", nil, []string{"chat", "--threads", filepath.Join(files, "none.jsonl")}, 2, []string{"none.jsonl", "cannot be read"}},
		{"threads of another form", nil, []string{"chat", "--threads", write("bad.jsonl", "{\"thread_id\":\"a\"}\n")}, 2, []string{"bad.jsonl", "line 1"}},
		{"a workspace nobody knows", nil, []string{"chat", "--workspace", "nowhere"}, 1, []string{"nowhere"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "data")
			args := c.args
			if args == nil {
				args = []string{"chat"}
			}
			r := tierwise(t, dir, "@tierwise hello\n", c.env, args...)
			if r.code != c.code {
				t.Errorf("exit code %d, want %d", r.code, c.code)
			}
			wantAll(t, r.err, c.says...)
			noTrace(t, r.err)
			if strings.Contains(r.out, "tierwise:") || strings.Count(r.err, "\n") > 4 {
				t.Errorf("said too much:\n%s%s", r.out, r.err)
			}
		})
	}
}

// TestOddConversations feeds the whole bot what people and their programs
// paste: each line is handled, the books stay right.
func TestOddConversations(t *testing.T) {
	files := t.TempDir()
	long := filepath.Join(files, "long.jsonl")
	if err := os.WriteFile(long, []byte(longThread(5000)), 0o600); err != nil {
		t.Fatal(err)
	}
	cases := []struct {
		name  string
		lines string
		args  []string
		want  []string
	}{
		{"an empty thread", "/thread new\n/summarize 1m\n", []string{"chat", "--workspace", "alder"}, []string{"only visible to you"}},
		{"a thread of 5,000 messages", "@tierwise summarize this\n", []string{"chat", "--threads", long}, []string{"Key messages", "of 5000 messages"}},
		{"bytes that are not UTF-8", "@tierwise classify caf\xe9 cr\xe8me \xff\xfe is broken\n", []string{"chat", "--echo"}, []string{"café", "why?"}},
		{"a message of 100 KB", "@tierwise classify " + strings.Repeat("the export fails with error 502. ", 3200) + "\n", []string{"chat"}, []string{"why?"}},
		{"a command of 100 KB", "/draft " + strings.Repeat("tell them that it works again and again. ", 2500) + "\n", []string{"chat"}, []string{"only visible to you"}},
		{"control characters", "@tierwise what is \x1b[31mred\x1b[0m and \x00 nothing\n", []string{"chat"}, []string{"tierwise: "}},
		{"other writing and marks", "@tierwise draft قل لهم إن التصدير يعمل مرة أخرى 🎉 e\u0301\u202e\n", []string{"chat"}, []string{"[1] "}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir := furnished(t)
			r := tierwise(t, dir, c.lines, nil, c.args...)
			if r.code != 0 {
				t.Errorf("exit code %d: %s", r.code, r.err)
			}
			wantAll(t, r.out, c.want...)
			noTrace(t, r.out+r.err)
			if strings.ContainsAny(r.out, "\x1b\x00\u202e") {
				t.Error("a control character reached the terminal")
			}
			verified(t, dir)
		})
	}
}

// longThread is one conversation of n messages in the form of a threads file.
func longThread(n int) string {
	var b strings.Builder
	b.WriteString(`{"thread_id":"long","source":"test","channel":"long","messages":[`)
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"ts":"%d.0","user":"u%d","text":"message %d: build %d of release %d failed with error %d"}`, 1_700_000_000+i*30, i%9, i, i*7, i%13, 500+i%5)
	}
	b.WriteString("]}\n")
	return b.String()
}

// TestProvidersThatMisbehave connects a provider whose answers are no answers.
// The person gets a sentence without any of the provider's words, the attempt
// has its row, and the books verify.
func TestProvidersThatMisbehave(t *testing.T) {
	models := llmtest.Models("model-a")
	cases := []struct {
		name    string
		replies []llmtest.Reply
		code    int
		want    string
	}{
		{"a page instead of its models", []llmtest.Reply{llmtest.Page(200)}, 1, "OPENAI_BASE_URL"},
		{"a page instead of an answer", []llmtest.Reply{models, llmtest.Page(200)}, 0, "(reference r-"},
		{"a page with 502", []llmtest.Reply{models, llmtest.Page(502)}, 0, "(reference r-"},
		{"nothing at all", nil, 1, "nothing listens there"},
		{"a key it does not take", []llmtest.Reply{models, llmtest.Status(401, llmtest.Refusal("Incorrect API key provided: sk-SECRETWORD", "invalid_request_error", "invalid_api_key"))}, 0, "refuses our key"},
		{"a model it does not know", []llmtest.Reply{models, llmtest.Status(404, llmtest.Refusal("The model SECRETWORD does not exist", "invalid_request_error", "model_not_found"))}, 0, "does not know the configured model"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			url := "http://127.0.0.1:1/v1" // nobody listens on port 1
			if len(c.replies) > 0 {
				url = llmtest.New(t, c.replies...).URL
			}
			dir := filepath.Join(t.TempDir(), "data")
			env := []string{"OPENAI_BASE_URL=" + url, "OPENAI_API_KEY=sk-test-key-of-nobody-000000"}
			r := tierwise(t, dir, "@tierwise summarize this\n", env, "chat")
			if r.code != c.code {
				t.Errorf("exit code %d, want %d", r.code, c.code)
			}
			wantAll(t, r.out+r.err, c.want)
			noTrace(t, r.out+r.err)
			for _, word := range []string{"SECRETWORD", "Just a moment", "DOCTYPE", "sk-test"} {
				if strings.Contains(r.out+r.err, word) {
					t.Errorf("%q was shown", word)
				}
			}
			if c.code == 0 {
				verified(t, dir)
			}
		})
	}
}

// TestFullDisk lets the command write only so much. A first start leaves no
// half-made ledger; a conversation is told, loses nothing it was told is there,
// and goes on when there is room.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skip("needs a shell to limit the size of files")
	}
	dir := filepath.Join(t.TempDir(), "data")
	lines := "@tierwise summarize this\n/summarize 24h\n"
	r := limited(t, dir, 600, lines)
	if r.code != 1 {
		t.Errorf("exit code %d, want 1", r.code)
	}
	wantAll(t, r.err, "The disk that holds")
	if n := strings.Count(r.err, "The disk"); n != 1 {
		t.Errorf("the disk is mentioned %d times:\n%s", n, r.err)
	}
	if left, err := filepath.Glob(filepath.Join(dir, "demo", "*.db*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %q (%v)", left, err)
	}
	if r := tierwise(t, dir, "@tierwise summarize this\n", nil, "chat"); r.code != 0 {
		t.Fatalf("with room: %d, %s", r.code, r.err)
	}
	r = limited(t, dir, 128, lines)
	if r.code != 1 {
		t.Errorf("exit code %d, want 1:\n%s", r.code, r.out)
	}
	wantAll(t, r.out, "! The disk that holds")
	r = tierwise(t, dir, "/ai-spend\n", nil, "chat")
	if r.code != 0 || !strings.Contains(r.out, "AI spend") {
		t.Errorf("with room again: %d, %s", r.code, r.err)
	}
	verified(t, dir)
}

// limited runs a chat that may not write files of more than so many blocks of
// 512 bytes.
func limited(t *testing.T, dir string, blocks int, lines string) result {
	t.Helper()
	cmd := process(t.Context(), dir)
	cmd.Path, cmd.Args = "/bin/sh", []string{"sh", "-c", fmt.Sprintf("ulimit -f %d; exec %q chat", blocks, os.Args[0])}
	var out, said bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(lines), &out, &said
	return result{exitCode(cmd.Run()), out.String(), said.String()}
}

// TestOneWriterManyReaders keeps a chat open: a second one is refused with the
// reason, reports work beside it, and the first one goes on undisturbed.
func TestOneWriterManyReaders(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	first := process(t.Context(), dir, "chat")
	typing, err := first.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out := &growing{grown: make(chan struct{}, 1)}
	first.Stdout = out
	if err := first.Start(); err != nil {
		t.Fatal(err)
	}
	say(t, typing, "@tierwise summarize this\n")
	out.until(t, "economy · why?")

	second := tierwise(t, dir, "@tierwise hello\n", nil, "chat")
	if second.code != 1 {
		t.Errorf("exit code %d, want 1", second.code)
	}
	wantAll(t, second.err, "another")
	noTrace(t, second.err)
	for _, report := range [][]string{{"spend", "--json"}, {"ledger", "verify"}, {"export", "csv"}, {"doctor"}} {
		if r := tierwise(t, dir, "", nil, report...); r.code != 0 || r.out == "" {
			t.Errorf("%v beside a running chat: %d, %s", report, r.code, r.err)
		}
	}
	say(t, typing, "/summarize 24h\n")
	out.until(t, "only visible to you): Key messages")
	if err := typing.Close(); err != nil {
		t.Fatal(err)
	}
	if err := first.Wait(); err != nil {
		t.Errorf("the first chat: %v", err)
	}
	verified(t, dir)
}

func say(t *testing.T, w io.Writer, line string) {
	t.Helper()
	if _, err := io.WriteString(w, line); err != nil {
		t.Fatal(err)
	}
}

// patience is how long a process may take to say something.
const patience = 30 * time.Second

func verified(t *testing.T, dir string) {
	t.Helper()
	r := tierwise(t, dir, "", nil, "ledger", "verify")
	if r.code != 0 || !strings.Contains(r.out, " 0 differences") || !strings.Contains(r.out, "$0.00 held") {
		t.Errorf("ledger verify: %d\n%s%s", r.code, r.out, r.err)
	}
}

func wantAll(t *testing.T, text string, wanted ...string) {
	t.Helper()
	for _, w := range wanted {
		if !strings.Contains(text, w) {
			t.Errorf("want %q in:\n%s", w, shortened(text))
		}
	}
}

// noTrace: nothing that only a programmer can read.
func noTrace(t *testing.T, text string) {
	t.Helper()
	for _, word := range []string{"panic", "goroutine ", ".go:", "0x", "%!"} {
		if strings.Contains(text, word) {
			t.Errorf("%q in:\n%s", word, shortened(text))
		}
	}
}

func shortened(s string) string {
	if len(s) > 2000 {
		return s[:1000] + " … " + s[len(s)-1000:]
	}
	return s
}
