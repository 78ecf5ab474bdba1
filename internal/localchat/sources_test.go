package localchat

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/tierwise/tierwise/internal/chat"
)

func TestDemoIsWorthPlayingIn(t *testing.T) {
	seeds, err := Demo(opened)
	if err != nil {
		t.Fatal(err)
	}
	if len(seeds) != 2 {
		t.Fatalf("%d workspaces, want 2", len(seeds))
	}
	threads, recent := 0, 0
	for _, s := range seeds {
		roles := map[string]bool{}
		for _, m := range s.Members {
			roles["admin"] = roles["admin"] || m.Admin
			roles["guest"] = roles["guest"] || m.Guest
			roles["finance"] = roles["finance"] || len(m.Groups) > 0
		}
		if len(roles) != 3 || !roles["admin"] || !roles["guest"] || !roles["finance"] {
			t.Errorf("%s has roles %v", s.ID, roles)
		}
		for _, c := range s.Channels {
			for _, th := range c.Threads {
				n := len(th.Lines)
				if s.ID == "kestrel" {
					threads++
					if n < 8 || n > 40 {
						t.Errorf("thread %s has %d messages, want 8 to 40", th.ID, n)
					}
				}
				for i, l := range th.Lines {
					if l.At.After(opened) || i > 0 && l.At.Before(th.Lines[i-1].At) {
						t.Errorf("thread %s: message %d at %v is out of order", th.ID, i+1, l.At)
					}
					if strings.ContainsAny(l.Text, "{}") {
						t.Errorf("thread %s: message %d has a mark left in it", th.ID, i+1)
					}
					if opened.Sub(l.At) < 24*time.Hour {
						recent++
					}
				}
			}
		}
	}
	if threads < 6 || threads > 12 || recent < 40 {
		t.Errorf("%d threads, %d messages of the last day", threads, recent)
	}
	t.Logf("%d threads in kestrel, %d messages within a day", threads, recent)
}

func TestLoadThreadsReadsRealConversations(t *testing.T) {
	f := shared(t, "data/threads-irc.jsonl")
	w, err := Open(Config{}, Threads(f))
	if err != nil {
		t.Fatal(err)
	}
	threads, messages := 0, 0
	for _, c := range w.Channels("irc", "u-you") {
		r, err := w.Opener().OpenPlace(t.Context(), c.Place)
		if err != nil {
			t.Fatal(err)
		}
		for i, root := range w.Threads(c.Place) {
			threads++
			place := c.Place
			place.Thread = root.Ref.ID
			h, err := r.History(t.Context(), chat.HistoryQuery{Place: place})
			if err != nil || !h.Coverage.Complete() || len(h.Messages) < 2 {
				t.Fatalf("%v: %d messages, %+v, %v", place, len(h.Messages), h.Coverage, err)
			}
			messages += len(h.Messages)
			if n := w.ThreadNumber(place); n != i+1 {
				t.Errorf("thread %v has number %d, want %d", place, n, i+1)
			}
		}
	}
	if threads != 182 || len(w.Channels("irc", "u-you")) != 5 {
		t.Errorf("%d threads in %d channels, want 182 in 5", threads, len(w.Channels("irc", "u-you")))
	}
	t.Logf("%d threads, %d messages, %d people", threads, messages, len(w.Workspaces()[0].Members))
}

// shared opens a file of the data folder beside the repository.
func shared(t *testing.T, name string) *os.File {
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
			t.Fatal("no go.mod above the package")
		}
	}
	f, err := os.Open(filepath.Join(dir, "..", "shared", name))
	if errors.Is(err, os.ErrNotExist) {
		t.Skipf("../shared/%s is not here", name)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func TestLoadThreadsNamesTheBadLine(t *testing.T) {
	good := `{"thread_id":"t1","source":"a/b/","messages":[{"ts":"1545915274.001196","user":"bruno","text":"hi"},{"ts":"1545915275","user":"pavel","text":"ho"}]}`
	for name, c := range map[string]struct{ in, want string }{
		"no JSON":        {good + "\nhello\n", "line 2: not a JSON object"},
		"HTML":           {"<html>", "line 1: not a JSON object"},
		"no messages":    {`{"thread_id":"t"}`, "line 1: thread_id or messages missing"},
		"no id":          {strings.Replace(good, "t1", "", 1), "line 1: thread_id or messages missing"},
		"no user":        {strings.Replace(good, "pavel", "", 1), "line 1: message 2: user missing"},
		"no time":        {strings.Replace(good, "1545915275", "yesterday", 1), "line 1: message 2: ts is not a Unix time"},
		"negative time":  {strings.Replace(good, "1545915275", "-5", 1), "line 1: message 2: ts is not a Unix time"},
		"an empty file":  {"\n\n", "no conversation in the file"},
		"the same twice": {good + "\n" + good, "id used twice"},
	} {
		if _, err := Open(Config{}, Threads(strings.NewReader(c.in))); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	seed, err := LoadThreads(strings.NewReader(good)) // no line end
	if err != nil || seed.Channels[0].Name != "b" || seed.Channels[0].Threads[0].Lines[0].At.Nanosecond() != 1196000 {
		t.Errorf("%+v, %v", seed.Channels, err)
	}
}

func FuzzLoadThreads(f *testing.F) {
	f.Add(`{"thread_id":"t1","source":"a","channel":"c","messages":[{"ts":"1.5","user":"b","text":"@b hi"}]}`)
	f.Add("{\"thread_id\":\"t1\",\"messages\":[{\"ts\":\"9\",\"user\":\"\\u0000x\",\"text\":\"\xff\"}]}")
	f.Fuzz(func(t *testing.T, in string) {
		w, err := Open(Config{}, Threads(strings.NewReader(in)))
		if err != nil {
			return
		}
		for _, c := range w.Channels("irc", "u-you") {
			for _, m := range w.Read(c.Place, "u-you") {
				if _, ok := w.Member("irc", m.Author); !ok || m.Ref.ID == "" {
					t.Errorf("message %q of nobody", m.Ref.ID)
				}
			}
		}
	})
}

func TestWithoutBot(t *testing.T) {
	for said, want := range map[string]string{
		"@tierwise summarize this": "summarize this", "@Tierwise: hello": "hello", "hello @tierwise": "hello", "please, @tierwise, do": "please, do",
		"ask@tierwise.example": "ask@tierwise.example", "@tierwise2 hi": "@tierwise2 hi", "@tierwise": "", "@omar and @tierwise both": "@omar and both", "@@tierwise x": "@ x",
	} {
		if got := withoutBot(said); got != want {
			t.Errorf("%q became %q, want %q", said, got, want)
		}
	}
}

func TestTwoWorkspacesOfOneIdAreRefused(t *testing.T) {
	if _, err := Open(Config{}, Demo, Demo); err == nil || !regexp.MustCompile("kestrel.*twice").MatchString(err.Error()) {
		t.Errorf("open gave %v", err)
	}
	if _, err := Open(Config{}, func(time.Time) ([]Seed, error) { return nil, errors.New("no file") }); err == nil {
		t.Error("a source that fails was passed over")
	}
}
