package spool_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"testing"

	"github.com/tierwise/tierwise/internal/clock"
	"github.com/tierwise/tierwise/internal/store/sqlite/spool"
)

// victimDir names the directory a victim works in; set in the child only.
const victimDir = "SPOOL_VICTIM_DIR"

// TestMain runs the tests, or in the child of a kill test the process that gets
// killed.
func TestMain(m *testing.M) {
	if dir := os.Getenv(victimDir); dir != "" {
		keepOn(dir)
		return
	}
	os.Exit(m.Run())
}

// keepOn keeps jobs from eight goroutines and says of each, after it is
// confirmed, that it is.
func keepOn(dir string) {
	s, err := spool.Open(context.Background(), dir, fmt.Sprint("victim-", os.Getpid()), clock.System{})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	var all sync.WaitGroup
	var mu sync.Mutex
	for c := range 8 {
		all.Go(func() {
			for n := 0; ; n++ {
				j := aJob(n)
				j.ID = fmt.Sprint(os.Getpid(), ".", c, ".", n)
				if err := s.Keep(context.Background(), j); err != nil {
					return
				}
				mu.Lock()
				fmt.Println("kept", j.ID)
				mu.Unlock()
			}
		})
	}
	all.Wait()
}

func TestWhatWasConfirmedOutlivesKillMinus9(t *testing.T) {
	if testing.Short() {
		t.Skip("kills processes")
	}
	dir, confirmed := t.TempDir(), map[string]bool{}
	const rounds = 12
	for round := range rounds {
		for _, id := range victim(t, dir, 40+20*round) {
			confirmed[id] = true
		}
	}
	s := open(t, dir, "survivor")
	var k sink
	if _, _, err := s.Drain(t.Context(), k.into()); err != nil {
		t.Fatal(err)
	}
	got := map[string]int{}
	for _, id := range k.order {
		got[id]++
	}
	lost, double := 0, 0
	for id := range confirmed {
		if got[id] == 0 {
			lost++
		}
	}
	for _, n := range got {
		if n > 1 {
			double++
		}
	}
	t.Logf("%d kill -9: %d confirmed, %d lost, %d double", rounds, len(confirmed), lost, double)
	if lost+double > 0 || len(confirmed) < rounds*40 {
		t.Error("lost or double")
	}
}

// victim runs a child until it has confirmed some jobs and kills it.
func victim(t *testing.T, dir string, enough int) (ids []string) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), victimDir+"="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	killed := false
	for lines := bufio.NewScanner(out); lines.Scan(); {
		var id string
		if _, err := fmt.Sscanf(lines.Text(), "kept %s", &id); err == nil {
			ids = append(ids, id)
		}
		if len(ids) >= enough && !killed {
			killed = true
			if err := cmd.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	_ = cmd.Wait() // reports the signal
	if !killed {
		t.Fatalf("the victim ended by itself after %d", len(ids))
	}
	return ids
}
