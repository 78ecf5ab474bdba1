package sqlite_test

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tierwise/tierwise/internal/store/sqlite"
)

// A test binary started with this variable is not a test but a victim: it
// works on the store it names until it is killed.
const victimEnv = "TIERWISE_TEST_VICTIM"

func TestMain(m *testing.M) {
	if path := os.Getenv(victimEnv); path != "" {
		from, err := strconv.Atoi(os.Getenv(victimEnv + "_FROM"))
		if err == nil {
			err = victim(path, from)
		}
		fmt.Fprintln(os.Stderr, "victim:", err)
		os.Exit(3) // it should have been killed
	}
	os.Exit(m.Run())
}

// TestKill kills a working store with SIGKILL again and again, at random
// moments, and compares what had been acknowledged with what is there. The
// number of kills is TIERWISE_KILLS, 10 by default.
func TestKill(t *testing.T) {
	kills := 10
	if n, err := strconv.Atoi(os.Getenv("TIERWISE_KILLS")); err == nil {
		kills = n
	}
	if testing.Short() {
		kills = 2
	}
	path := filepath.Join(t.TempDir(), "data", "tierwise.db")
	acks := newAcks()
	for range kills {
		lines, end := start(t, path, acks.resume())
		acks.read(t, lines)
		end()
		check(t, path, acks)
	}
	open := acks.drain(t, path)
	lost, double := acks.compare(t, path)
	t.Logf("%d kills: %d acked (%d events, %d settled turns, %d posts confirmed; %d turns ended after the last kill), %d lost, %d double",
		kills, acks.total, len(acks.accepted), len(acks.settled), len(acks.confirmed), open, lost, double)
	if lost > 0 || double > 0 {
		t.Errorf("%d lost, %d double", lost, double)
	}
	if len(acks.settled) == 0 {
		t.Error("no turn was settled: the test proves nothing")
	}
}

// start runs a victim and kills it a random while after its first sign of life.
// end demands that it did not end by itself.
func start(t *testing.T, path string, from int) (acks *bufio.Scanner, end func()) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), victimEnv+"="+path, victimEnv+"_FROM="+strconv.Itoa(from))
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	if !lines.Scan() || lines.Text() != "ready" {
		t.Fatalf("the victim did not start: %q", lines.Text())
	}
	time.AfterFunc(time.Duration(30+rand.IntN(400))*time.Millisecond, func() { _ = cmd.Process.Kill() })
	return lines, func() {
		_ = cmd.Wait() // it says that the victim was killed
		if cmd.ProcessState.Exited() {
			t.Errorf("the victim ended by itself: %v", cmd.ProcessState)
		}
	}
}

// acks is what victims were told, and the first contradiction in it.
type acks struct {
	total     int
	accepted  map[int]bool    // events of which an Enqueue said "first"
	settled   map[string]bool // attempts of which a Settle with Finish said "booked"
	confirmed map[string]bool // posts whose Confirm returned
	given     map[string]bool // posts given to a sender
	double    []string
}

func newAcks() *acks {
	return &acks{accepted: map[int]bool{}, settled: map[string]bool{}, confirmed: map[string]bool{}, given: map[string]bool{}}
}

// resume is where the next victim begins: some way back, so that it submits
// events again that were acknowledged, as a platform does that missed the ack.
func (a *acks) resume() int { return max(0, len(a.accepted)-40) }

// read takes a victim's acknowledgements until its death.
func (a *acks) read(t *testing.T, lines *bufio.Scanner) {
	t.Helper()
	for lines.Scan() {
		what, id, ok := strings.Cut(lines.Text(), " ")
		if !ok || !strings.HasSuffix(id, ".") {
			continue // cut off by the kill
		}
		a.total++
		a.note(t, what, strings.TrimSuffix(id, "."))
	}
}

func (a *acks) note(t *testing.T, what, id string) {
	t.Helper()
	switch what {
	case "accepted":
		n, err := strconv.Atoi(id)
		if err != nil {
			t.Fatal(err)
		}
		a.once(a.accepted[n], "event "+id+" accepted twice")
		a.accepted[n] = true
	case "copy": // nothing was written; that it is there is compared at the end
	case "settled":
		a.once(a.settled[id], "attempt "+id+" booked twice")
		a.settled[id] = true
	case "given":
		a.once(a.confirmed[id], "post "+id+" given after it was confirmed")
		a.given[id] = true
	case "confirmed":
		a.confirmed[id] = true
	default:
		t.Fatalf("victim said %q", what)
	}
}

func (a *acks) once(before bool, what string) {
	if before {
		a.double = append(a.double, what)
	}
}

// check opens the store after a kill and looks at what must always hold: the
// file is whole, rollups equal entries, what is held equals the open holds.
func check(t *testing.T, path string, a *acks) {
	t.Helper()
	s, err := sqlite.Open(context.Background(), path, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	if err := s.Check(context.Background()); err != nil {
		t.Error(err)
	}
	books(t, s)
	if l := ledger(t, s); len(a.settled) > len(l.ok) {
		t.Errorf("%d attempts were settled, %d have an entry", len(a.settled), len(l.ok))
	}
}
