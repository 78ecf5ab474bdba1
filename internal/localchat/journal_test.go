package localchat

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/clock"
	"github.com/tierwise/tierwise/internal/seal"
)

func TestWhatWasSaidOutlivesTheProcess(t *testing.T) {
	state := filepath.Join(t.TempDir(), "local.jsonl")
	w := open(t, Config{State: state})
	desk := NewDesk(w, door{}, nil)
	asked, err := desk.Say(t.Context(), "u-maya", at("support", ""), "what now?")
	if err != nil {
		t.Fatal(err)
	}
	thread := at("support", asked.Ref.ID)
	public := speaker(t, w, chat.ReplyTo{Place: thread, To: "u-maya", Message: asked.Ref.ID})
	ref, err := public.Put(t.Context(), chat.Post{Job: "j1", Stage: chat.Placeholder, Text: "reading"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := public.Put(t.Context(), chat.Post{Job: "j1", Ref: ref, Stage: chat.Final, Text: "the answer", Buttons: []chat.Button{{Name: "b", Label: "B", Value: "v"}}}); err != nil {
		t.Fatal(err)
	}
	gone, err := public.Put(t.Context(), chat.Post{Job: "j2", Stage: chat.Final, Text: "retracted"})
	if err != nil {
		t.Fatal(err)
	}
	if err := public.Remove(t.Context(), gone); err != nil {
		t.Fatal(err)
	}
	private := speaker(t, w, chat.ReplyTo{Place: thread, Private: true, To: "u-maya"})
	if _, err := private.Put(t.Context(), chat.Post{Job: "j3", Stage: chat.Final, Text: "for you"}); err != nil {
		t.Fatal(err)
	}
	direct, err := w.Direct("kestrel", "u-omar")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := desk.Say(t.Context(), "u-omar", direct, "hello in private"); err != nil {
		t.Fatal(err)
	}
	before := map[chat.Place][]Message{thread: w.Read(thread, "u-maya"), direct: w.Read(direct, "u-omar")}

	// No Close: the process was killed. It starts again a day later.
	later := open(t, Config{State: state, Clock: clock.NewManual(opened.AddDate(0, 0, 1))})
	for place, want := range before {
		who := map[chat.Place]string{thread: "u-maya", direct: "u-omar"}[place]
		if diff := cmp.Diff(want, later.Read(place, who)); diff != "" {
			t.Errorf("%v: %s", place, diff)
		}
	}
	if diff := cmp.Diff(w.Read(at("oncall", ""), "u-maya"), later.Read(at("oncall", ""), "u-maya")); diff != "" {
		t.Errorf("the demo conversations moved: %s", diff)
	}
	if found, err := speaker(t, later, chat.ReplyTo{Place: thread}).Find(t.Context(), "j1"); err != nil || found != ref {
		t.Errorf("the post is found at %+v, %v", found, err)
	}
	if info, err := os.Stat(state); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("state file: %v, %v; want it for its owner only", info.Mode(), err)
	}
}

func TestIdsAreNeverUsedTwice(t *testing.T) {
	state := filepath.Join(t.TempDir(), "local.jsonl")
	seen := map[string]bool{}
	for run := range 3 { // the clock stands still, or runs backwards
		w := open(t, Config{State: state, Clock: clock.NewManual(opened.Add(-time.Duration(run) * time.Hour))})
		for range 5 {
			m, err := NewDesk(w, door{}, nil).Say(t.Context(), "u-maya", at("support", ""), "x")
			if err != nil {
				t.Fatal(err)
			}
			if seen[m.Ref.ID] {
				t.Fatalf("id %q is used twice", m.Ref.ID)
			}
			seen[m.Ref.ID] = true
		}
	}
}

func TestADamagedStateFile(t *testing.T) {
	state := filepath.Join(t.TempDir(), "local.jsonl")
	w := open(t, Config{State: state})
	for _, text := range []string{"one", "two"} {
		if _, err := NewDesk(w, door{}, nil).Say(t.Context(), "u-maya", at("support", ""), text); err != nil {
			t.Fatal(err)
		}
	}
	whole, err := os.ReadFile(state)
	if err != nil {
		t.Fatal(err)
	}
	said := func(content []byte) ([]string, error) {
		path := filepath.Join(t.TempDir(), "copy.jsonl")
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		w, err := Open(Config{State: path, Clock: clock.NewManual(opened)}, Demo)
		if err != nil {
			return nil, err
		}
		defer w.Close()
		if _, err := NewDesk(w, door{}, nil).Say(t.Context(), "u-maya", at("support", ""), "three"); err != nil {
			t.Fatal(err)
		}
		again, err := Open(Config{State: path, Clock: clock.NewManual(opened)}, Demo)
		if err != nil {
			return nil, err
		}
		defer again.Close()
		all := texts(again.Read(at("support", ""), "u-maya"))
		seeds := texts(open(t, Config{}).Read(at("support", ""), "u-maya"))
		return all[len(seeds):], nil
	}
	second := strings.LastIndex(strings.TrimSuffix(string(whole), "\n"), "\n") + 1
	for cut := second + 1; cut < len(whole); cut += 7 { // killed while writing
		got, err := said(whole[:cut])
		if err != nil || !cmp.Equal(got, []string{"one", "three"}) {
			t.Fatalf("cut at %d: %q, %v", cut, got, err)
		}
	}
	if got, err := said(whole); err != nil || !cmp.Equal(got, []string{"one", "two", "three"}) {
		t.Errorf("whole: %q, %v", got, err)
	}
	damaged := strings.Replace(string(whole), `"message"`, `"mess`, 1)
	if _, err := said([]byte(damaged)); err == nil || !strings.Contains(err.Error(), "line 2 is damaged") {
		t.Errorf("a damaged line gave %v", err)
	}
	if _, err := said([]byte("{\"something\":1}\n")); err == nil || !strings.Contains(err.Error(), "not a state file") {
		t.Errorf("another file gave %v", err)
	}
	if _, err := Open(Config{State: filepath.Join(t.TempDir(), "no", "such", "dir")}, Demo); err == nil {
		t.Error("a path that cannot be written was accepted")
	}
}

func TestTheStateFileDoesNotGrowWithEveryEdit(t *testing.T) {
	state := filepath.Join(t.TempDir(), "local.jsonl")
	w := open(t, Config{State: state})
	r := speaker(t, w, chat.ReplyTo{Place: at("support", "")})
	var refs []chat.Ref
	for i := range 3 {
		ref, err := r.Put(t.Context(), chat.Post{Job: fmt.Sprint(i), Stage: chat.Live, Text: "a"})
		if err != nil {
			t.Fatal(err)
		}
		refs = append(refs, ref)
	}
	for i := range 1200 {
		if _, err := r.Put(t.Context(), chat.Post{Job: "0", Ref: refs[0], Stage: chat.Live, Text: fmt.Sprintf("%d words", i)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.Remove(t.Context(), refs[1]); err != nil {
		t.Fatal(err)
	}
	want := w.Read(at("support", ""), "u-maya")
	before, err := os.Stat(state)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second time reads what the first one wrote
		again := open(t, Config{State: state})
		if diff := cmp.Diff(want, again.Read(at("support", ""), "u-maya")); diff != "" {
			t.Error(diff)
		}
		after, err := os.Stat(state)
		if err != nil || after.Size() > before.Size()/100 || after.Mode().Perm() != 0o600 {
			t.Errorf("the file has %d of %d bytes, mode %v, %v", after.Size(), before.Size(), after.Mode(), err)
		}
		if _, err := speaker(t, again, chat.ReplyTo{Place: at("support", "")}).Put(t.Context(), chat.Post{Job: "more", Text: "x"}); err != nil {
			t.Fatal(err)
		}
		want = again.Read(at("support", ""), "u-maya")
	}
}

func TestASealedStateFileShowsNothing(t *testing.T) {
	keys, _, err := seal.LoadOrCreate(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	sealer, err := seal.New(keys)
	if err != nil {
		t.Fatal(err)
	}
	cfg := Config{State: filepath.Join(t.TempDir(), "local.jsonl"), Sealer: sealer}
	w := open(t, cfg)
	if _, err := NewDesk(w, door{}, nil).Say(t.Context(), "u-maya", at("support", ""), "sentinel-person"); err != nil {
		t.Fatal(err)
	}
	if _, err := speaker(t, w, chat.ReplyTo{Place: at("support", "")}).Put(t.Context(), chat.Post{Job: "j", Stage: chat.Final, Text: "sentinel-bot"}); err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(cfg.State)
	if err != nil || strings.Contains(string(file), "sentinel") || strings.Contains(string(file), "maya") {
		t.Errorf("the file shows what was said (%v)", err)
	}
	again := open(t, cfg)
	if diff := cmp.Diff(w.Read(at("support", ""), "u-maya"), again.Read(at("support", ""), "u-maya")); diff != "" {
		t.Error(diff)
	}
	if _, err := Open(Config{State: cfg.State}, Demo); err == nil || !strings.Contains(err.Error(), "no key was given") {
		t.Errorf("without a key: %v", err)
	}
	other := Config{State: cfg.State, Sealer: sealer, Platform: chat.Playground}
	if _, err := Open(other, Demo); !errors.Is(err, seal.ErrSealed) {
		t.Errorf("as another platform: %v", err)
	}
}

func TestWhatCannotBeKeptIsNotShown(t *testing.T) {
	w := open(t, Config{State: filepath.Join(t.TempDir(), "local.jsonl")})
	r := speaker(t, w, chat.ReplyTo{Place: at("support", "")})
	before := len(w.Read(at("support", ""), "u-maya"))
	if err := w.journal.file.Close(); err != nil { // every write fails from now on
		t.Fatal(err)
	}
	if _, err := r.Put(t.Context(), chat.Post{Job: "j", Stage: chat.Final, Text: "x"}); !errors.Is(err, chat.ErrUnknownResult) {
		t.Errorf("put gave %v", err)
	}
	if _, err := NewDesk(w, door{}, nil).Say(t.Context(), "u-maya", at("support", ""), "x"); err == nil {
		t.Error("a message was taken that is not kept")
	}
	if after := len(w.Read(at("support", ""), "u-maya")); after != before {
		t.Errorf("%d messages are shown that were not kept", after-before)
	}
}
