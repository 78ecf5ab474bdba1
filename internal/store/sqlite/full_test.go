package sqlite

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tierwise/tierwise/internal/clock"
	"github.com/tierwise/tierwise/internal/fault"
	"github.com/tierwise/tierwise/internal/job"
	"github.com/tierwise/tierwise/internal/record"
)

func openAt(t *testing.T, clk clock.Clock) *Store {
	t.Helper()
	s, err := Open(t.Context(), filepath.Join(t.TempDir(), "tierwise.db"), Options{Clock: clk})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// limitPages makes the disk full, or gives it room again.
func limitPages(t *testing.T, s *Store, spare int) {
	t.Helper()
	_, err := write(t.Context(), s, "limit pages", func(tx *tx) (struct{}, error) {
		var pages, bound int
		if err := tx.row(`PRAGMA page_count`).Scan(&pages); err != nil {
			return struct{}{}, err
		}
		return struct{}{}, tx.row(fmt.Sprintf(`PRAGMA max_page_count = %d`, pages+spare)).Scan(&bound)
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestFullDisk(t *testing.T) {
	s := openAt(t, clock.System{})
	limitPages(t, s, 20)
	big := make([]byte, 10_000)
	written := 0
	var err error
	for ; err == nil && written < 100; written++ {
		// Two records in one write: a half-written one would show.
		id := strconv.Itoa(written)
		err = s.Write(t.Context(), "T", record.Put(record.Draft, "a"+id, big, 0), record.Put(record.Draft, "b"+id, big, 0))
	}
	written--
	if fault.KindOf(err) != fault.Unavailable {
		t.Fatalf("full disk: %v", err)
	}
	var f *fault.Fault
	if !errors.As(err, &f) || !strings.Contains(f.Say, s.path+" is full") || !strings.Contains(f.Say, "make room") {
		t.Errorf("it says %q", err)
	}
	for _, kind := range []string{"a", "b"} {
		rs, err := s.List(t.Context(), "T", record.Draft, kind)
		if err != nil || len(rs) != written {
			t.Errorf("%d of %d records %s, %v", len(rs), written, kind, err)
		}
	}
	limitPages(t, s, 10_000)
	if err := s.Write(t.Context(), "T", record.Put(record.Draft, "after", big, 0)); err != nil {
		t.Errorf("with room again: %v", err)
	}
	if err := s.Check(t.Context()); err != nil {
		t.Error(err)
	}
}

// On a full disk the callers of one batch share its fate only where they must:
// what needs no room is done.
func TestFullDiskFailsOnlyWhatNeedsRoom(t *testing.T) {
	s := openAt(t, clock.System{})
	if err := s.Write(t.Context(), "T", record.Put(record.Draft, "small", []byte("0"), 0)); err != nil {
		t.Fatal(err)
	}
	limitPages(t, s, 2)
	release := s.stall(t)
	var wg sync.WaitGroup
	var small, big error
	wg.Go(func() { small = s.Write(context.Background(), "T", record.Put(record.Draft, "small", []byte("1"), 0)) })
	wg.Go(func() {
		big = s.Write(context.Background(), "T", record.Put(record.Draft, "big", make([]byte, 100_000), 0))
	})
	s.queued(t, 2)
	release()
	wg.Wait()
	if small != nil || fault.KindOf(big) != fault.Unavailable {
		t.Errorf("small: %v, big: %v", small, big)
	}
	r, err := s.Get(t.Context(), "T", record.Draft, "small")
	if err != nil || string(r.Body) != "1" || r.Version != 2 {
		t.Errorf("small is %q version %d, %v", r.Body, r.Version, err)
	}
}

// stall holds the writer up until release is called, so that a batch gathers.
func (s *Store) stall(t *testing.T) (release func()) {
	t.Helper()
	begun, end, done := make(chan struct{}), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		_, err := write(context.Background(), s, "stall", func(*tx) (struct{}, error) {
			close(begun)
			<-end
			return struct{}{}, nil
		})
		if err != nil {
			t.Error(err)
		}
	}()
	<-begun
	return func() { close(end); <-done }
}

// queued waits until n operations wait for the writer.
func (s *Store) queued(t *testing.T, n int) {
	t.Helper()
	for have := -1; have < n; {
		s.writes.mu.Lock()
		have = len(s.writes.queue)
		s.writes.mu.Unlock()
		if t.Context().Err() != nil {
			t.Fatal("the operations never came")
		}
		time.Sleep(time.Millisecond)
	}
}

// One operation that fails after it has written takes neither its batch nor
// its own half with it.
func TestFailureHalfWayLeavesTheBatch(t *testing.T) {
	s := openAt(t, clock.System{})
	release := s.stall(t)
	var wg sync.WaitGroup
	errs := make([]error, 3)
	for i := range errs {
		wg.Go(func() {
			id := strconv.Itoa(i)
			_, errs[i] = write(context.Background(), s, "test", func(tx *tx) (struct{}, error) {
				if err := tx.count(counterKey{"T", "day", "d", "all"}, 1, 0); err != nil {
					return struct{}{}, err
				}
				if _, err := tx.enqueue(job.Job{ID: "j" + id, Tenant: "T"}, "[]"); err != nil {
					return struct{}{}, err
				}
				if i == 1 {
					return struct{}{}, errors.New("half-way")
				}
				return struct{}{}, nil
			})
		})
	}
	s.queued(t, 3)
	release()
	wg.Wait()
	if errs[0] != nil || errs[1] == nil || errs[2] != nil {
		t.Errorf("errors %v", errs)
	}
	var jobs, counted int
	if err := s.row(t.Context(), `SELECT (SELECT count(*) FROM jobs), settled FROM counters`).Scan(&jobs, &counted); err != nil {
		t.Fatal(err)
	}
	if jobs != 2 || counted != 2 {
		t.Errorf("%d jobs and a counter of %d, want 2 and 2", jobs, counted)
	}
}

func TestExpiredRowsAreRemoved(t *testing.T) {
	clk := clock.NewManual(time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC))
	s := openAt(t, clk)
	for i := range 3 {
		id := strconv.Itoa(i)
		if _, err := s.Enqueue(t.Context(), job.Job{ID: id, Tenant: "T", Marks: []string{id}}); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Mark(t.Context(), "T", id, time.Hour); err != nil {
			t.Fatal(err)
		}
		if err := s.Write(t.Context(), "T", record.Put(record.Draft, id, nil, time.Hour), record.Put(record.Card, id, nil, 0)); err != nil {
			t.Fatal(err)
		}
	}
	clk.Advance(26 * time.Hour)
	_, err := write(t.Context(), s, "purge", func(tx *tx) (bool, error) { return tx.purge() })
	if err != nil {
		t.Fatal(err)
	}
	var seen, marks, records int
	err = s.row(t.Context(), `SELECT (SELECT count(*) FROM seen), (SELECT count(*) FROM marks), (SELECT count(*) FROM records)`).Scan(&seen, &marks, &records)
	if err != nil || seen != 0 || marks != 0 || records != 3 {
		t.Errorf("%d event marks, %d marks, %d records, %v", seen, marks, records, err)
	}
}

// Close answers whatever was handed in before it.
func TestCloseDrains(t *testing.T) {
	path := filepath.Join(t.TempDir(), "tierwise.db")
	s, err := Open(t.Context(), path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	release := s.stall(t)
	const n = 40
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			id := strconv.Itoa(i)
			if _, err := s.Enqueue(context.Background(), job.Job{ID: id, Tenant: "T", Marks: []string{id}}); err != nil {
				t.Errorf("job %s: %v", id, err)
			}
		})
	}
	s.queued(t, n)
	wg.Go(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	<-s.closing
	release()
	wg.Wait()
	s, err = Open(t.Context(), path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	if b, err := s.Backlog(t.Context()); err != nil || b.Ready != n {
		t.Errorf("%d jobs of %d, %v", b.Ready, n, err)
	}
}

// A caller who leaves before the writer has come to his operation leaves no
// trace.
func TestWithdrawnBeforeItRan(t *testing.T) {
	s := openAt(t, clock.System{})
	release := s.stall(t)
	ctx, cancel := context.WithCancel(t.Context())
	gone := make(chan error, 1)
	go func() {
		_, err := s.Enqueue(ctx, job.Job{ID: "j", Tenant: "T"})
		gone <- err
	}()
	s.queued(t, 1)
	cancel()
	if err := <-gone; !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	release()
	if b, err := s.Backlog(t.Context()); err != nil || b.Ready != 0 {
		t.Errorf("%d jobs, %v", b.Ready, err)
	}
}
