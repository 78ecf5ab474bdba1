package spool_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tierwise/tierwise/internal/clock"
	"github.com/tierwise/tierwise/internal/job"
	"github.com/tierwise/tierwise/internal/money"
	"github.com/tierwise/tierwise/internal/record"
	"github.com/tierwise/tierwise/internal/store/sqlite/spool"
	"github.com/tierwise/tierwise/usage"
)

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

func open(t testing.TB, dir, instance string) *spool.Spool {
	t.Helper()
	s, err := spool.Open(t.Context(), dir, instance, clock.NewManual(noon))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func aJob(n int) job.Job {
	return job.Job{ID: fmt.Sprint("j", n), Tenant: "slack/T1", Marks: []string{fmt.Sprint("m", n)}, Lanes: []job.Lane{{Key: "thread:C1/7", Cap: 1}}, Event: []byte{1, byte(n)}}
}

func aSettlement(n int) usage.Settlement {
	reported := money.Nano(n)
	e := usage.Entry{ID: fmt.Sprintf("j%d.1.1", n), Tenant: "slack/T1", Cost: money.Nano(n), Reported: &reported, Status: usage.OK, Reasons: []string{"a", "b"}}
	return usage.Settlement{
		Tenant: "slack/T1", Hold: fmt.Sprintf("j%d.1", n), Step: 1, Entry: &e, Fallback: usage.Calendar{}.Windows(noon),
		Finish: &job.Finish{
			Ticket: job.Ticket{Job: aJob(n), Delivery: 1, Worker: "w", Until: noon, Note: []byte("note")},
			Posts:  []job.Outgoing{{ID: "p", Tenant: "slack/T1", Lane: "C1/7", Body: []byte("sealed")}},
			Writes: []record.Write{record.Put(record.Draft, "d", []byte("sealed"), time.Hour)},
		},
	}
}

func keep(t *testing.T, s *spool.Spool, what ...any) {
	t.Helper()
	for _, w := range what {
		var err error
		switch v := w.(type) {
		case job.Job:
			err = s.Keep(t.Context(), v)
		case usage.Settlement:
			err = s.KeepSettlement(t.Context(), v)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// sink is a store that takes what it is given, or does what it is told.
type sink struct {
	jobs        []job.Job
	settlements []usage.Settlement
	order       []string
	refuse      map[string]bool
	unconfirmed bool // it takes everything and confirms nothing
	fail        map[string]error
}

func (k *sink) into() spool.Into {
	say := func(id string) (spool.Outcome, error) {
		if err := k.fail[id]; err != nil {
			return spool.Refused, err
		}
		if k.refuse[id] {
			return spool.Refused, nil
		}
		if k.unconfirmed {
			return spool.Unconfirmed, nil
		}
		k.order = append(k.order, id)
		return spool.Done, nil
	}
	return spool.Into{
		Job: func(_ context.Context, j job.Job, _ time.Time) (spool.Outcome, error) {
			k.jobs = append(k.jobs, j)
			return say(j.ID)
		},
		Settle: func(_ context.Context, s usage.Settlement) (spool.Outcome, error) {
			k.settlements = append(k.settlements, s)
			return say(s.Entry.ID)
		},
	}
}

func drain(t *testing.T, s *spool.Spool, k *sink, done, stuck int) {
	t.Helper()
	d, st, err := s.Drain(t.Context(), k.into())
	if err != nil || d != done || st != stuck {
		t.Errorf("drained %d, stuck %d, %v; want %d and %d", d, st, err, done, stuck)
	}
}

func pending(t *testing.T, s *spool.Spool, jobs, settlements int) {
	t.Helper()
	j, st, oldest := s.Pending()
	if j != jobs || st != settlements || oldest.IsZero() != (jobs+settlements == 0) {
		t.Errorf("pending %d jobs, %d settlements, oldest %v; want %d and %d", j, st, oldest, jobs, settlements)
	}
}

func TestWhatIsKeptComesBackWholeInOrderAndOnce(t *testing.T) {
	s := open(t, t.TempDir(), "a")
	keep(t, s, aJob(1), aSettlement(1), aJob(2), aJob(1), aSettlement(2), aSettlement(1))
	pending(t, s, 2, 2)
	var k sink
	drain(t, s, &k, 4, 0)
	if want := []string{"j1.1.1", "j2.1.1", "j1", "j2"}; !slices.Equal(k.order, want) {
		t.Errorf("order %q, want %q", k.order, want)
	}
	if d := cmp.Diff([]usage.Settlement{aSettlement(1), aSettlement(2)}, k.settlements); d != "" {
		t.Errorf("settlements changed on the way:\n%s", d)
	}
	if d := cmp.Diff([]job.Job{aJob(1), aJob(2)}, k.jobs); d != "" {
		t.Errorf("jobs changed on the way:\n%s", d)
	}
	pending(t, s, 0, 0)
	drain(t, s, &k, 0, 0)
}

func TestAProvisionalRowAndTheRealOneAreBothKept(t *testing.T) {
	s := open(t, t.TempDir(), "a")
	p := aSettlement(1)
	e := *p.Entry
	e.Status = usage.Uncertain
	p.Entry, p.Finish = &e, nil
	keep(t, s, p, aSettlement(1))
	pending(t, s, 0, 2)
}

func TestDrainStopsWhenTheStoreIsGoneAndGoesOnLater(t *testing.T) {
	s := open(t, t.TempDir(), "a")
	for n := range 600 { // more than two batches
		keep(t, s, aJob(n))
	}
	gone := errors.New("gone")
	k := sink{fail: map[string]error{"j300": gone}}
	if done, _, err := s.Drain(t.Context(), k.into()); !errors.Is(err, gone) || done != 300 {
		t.Errorf("drained %d, %v", done, err)
	}
	pending(t, s, 300, 0)
	k.fail = nil
	drain(t, s, &k, 300, 0)
	for n, id := range k.order {
		if id != fmt.Sprint("j", n) {
			t.Fatalf("place %d has %s", n, id)
		}
	}
	pending(t, s, 0, 0)
}

func TestWhatTheStoreRefusesStaysAndHoldsNothingUp(t *testing.T) {
	s := open(t, t.TempDir(), "a")
	keep(t, s, aJob(1), aJob(2), aJob(3))
	k := sink{refuse: map[string]bool{"j1": true}}
	drain(t, s, &k, 2, 1)
	pending(t, s, 1, 0)
	k.refuse = nil
	drain(t, s, &k, 1, 0)
}

// TestWhatIsNotConfirmedStaysUntilItIs: what the store did and does not confirm
// is kept, also over a restart, is not counted as undone, and each Drain asks
// once whether it confirms again.
func TestWhatIsNotConfirmedStaysUntilItIs(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, "a")
	keep(t, s, aJob(1), aSettlement(1))
	if err := errors.Join(s.KeepDone(t.Context(), aJob(2)), s.KeepSettlementDone(t.Context(), aSettlement(2))); err != nil {
		t.Fatal(err)
	}
	k := sink{unconfirmed: true}
	drain(t, s, &k, 0, 0)
	if n := s.Unconfirmed(); n != 4 || len(k.jobs) != 2 || len(k.settlements) != 2 {
		t.Errorf("%d unconfirmed after %d jobs and %d settlements were offered", n, len(k.jobs), len(k.settlements))
	}
	if jobs, settlements, oldest := s.Pending(); jobs+settlements != 0 || oldest.IsZero() {
		t.Errorf("pending %d jobs, %d settlements since %v", jobs, settlements, oldest)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, dir, "a")
	drain(t, s, &k, 0, 0)
	if len(k.jobs) != 3 || len(k.settlements) != 3 {
		t.Errorf("the second time %d jobs and %d settlements were offered, want one of each", len(k.jobs)-2, len(k.settlements)-2)
	}
	k.unconfirmed = false
	drain(t, s, &k, 4, 0)
	if n := s.Unconfirmed(); n != 0 {
		t.Errorf("%d unconfirmed at the end", n)
	}
	pending(t, s, 0, 0)
}

func TestOneProcessHasAnInstance(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, "host/1/x")
	if _, err := spool.Open(t.Context(), dir, "host/1/x", clock.System{}); !errors.Is(err, spool.ErrInUse) {
		t.Errorf("opened twice: %v", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.Keep(t.Context(), aJob(1)); !errors.Is(err, spool.ErrClosed) {
		t.Errorf("kept after close: %v", err)
	}
	if left, err := filepath.Glob(filepath.Join(dir, "*")); err != nil || len(left) != 0 {
		t.Errorf("an empty spool leaves %q, %v", left, err)
	}
}

func TestWhatDeadInstancesLeftIsTakenOver(t *testing.T) {
	dir := t.TempDir()
	alive, dead := open(t, dir, "alive"), open(t, dir, "dead")
	keep(t, alive, aJob(1))
	keep(t, dead, aJob(2), aSettlement(2))
	if err := dead.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "spool-damaged.db"), make([]byte, 5000), 0o600); err != nil {
		t.Fatal(err)
	}
	s := open(t, dir, "new")
	pending(t, s, 1, 1)
	pending(t, alive, 1, 0)
	var k sink
	done, _, err := s.Drain(t.Context(), k.into())
	if done != 2 || err == nil {
		t.Errorf("drained %d, %v; want 2 and a word about the damaged file", done, err)
	}
	if _, err := os.Stat(filepath.Join(dir, "spool-dead.db")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the file that was taken over: %v", err)
	}
}

func TestFilesAreForTheirOwnerOnly(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	s := open(t, dir, "a")
	keep(t, s, aJob(1))
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(files) < 2 {
		t.Fatalf("%q, %v", files, err)
	}
	for _, f := range append(files, dir) {
		if info, err := os.Stat(f); err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s: %v, %v", filepath.Base(f), info.Mode(), err)
		}
	}
}

func TestManyCallersAtOnceWhileItDrains(t *testing.T) {
	s := open(t, t.TempDir(), "a")
	var callers sync.WaitGroup
	for c := range 16 {
		callers.Go(func() {
			for n := range 50 {
				if err := s.Keep(t.Context(), aJob(c*50+n)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	done := make(chan struct{})
	go func() { callers.Wait(); close(done) }()
	var k sink
	for over := false; !over; {
		select {
		case <-done:
			over = true
		default:
		}
		if _, _, err := s.Drain(t.Context(), k.into()); err != nil {
			t.Fatal(err)
		}
	}
	slices.Sort(k.order)
	if n := len(slices.Compact(k.order)); n != 800 || len(k.jobs) != 800 {
		t.Errorf("%d jobs, %d different ones; want 800", len(k.jobs), n)
	}
	pending(t, s, 0, 0)
}

// BenchmarkKeep is an accepted event on its way to the disk.
func BenchmarkKeep(b *testing.B) {
	for _, callers := range []int{1, 64} {
		b.Run(fmt.Sprint(callers, " callers"), func(b *testing.B) {
			s, err := spool.Open(b.Context(), b.TempDir(), "a", clock.System{})
			if err != nil {
				b.Fatal(err)
			}
			defer func() { _ = s.Close() }()
			var mu sync.Mutex
			n := 0
			b.SetParallelism(max(1, callers/2))
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					mu.Lock()
					n++
					j := aJob(n)
					mu.Unlock()
					j.Event = make([]byte, 1024)
					if err := s.Keep(context.Background(), j); err != nil {
						b.Error(err)
					}
				}
			})
		})
	}
}
