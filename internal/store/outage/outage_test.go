package outage_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tierwise/tierwise/internal/clock"
	"github.com/tierwise/tierwise/internal/fault"
	"github.com/tierwise/tierwise/internal/job"
	"github.com/tierwise/tierwise/internal/record"
	"github.com/tierwise/tierwise/internal/store/memory"
	"github.com/tierwise/tierwise/internal/store/outage"
	"github.com/tierwise/tierwise/internal/store/sqlite/spool"
	"github.com/tierwise/tierwise/usage"
)

var (
	errCut  = errors.New("connection cut")
	errOnly = errors.New("done, and only here")

	says = outage.Errors{
		Down:        func(err error) bool { return errors.Is(err, errCut) },
		Unconfirmed: func(err error) bool { return errors.Is(err, errOnly) },
	}
)

// line is a memory store behind a line that can be cut: before a call reaches
// it, or after it has taken effect.
type line struct {
	*memory.Store
	before, after atomic.Bool
	cancelled     atomic.Bool  // calls find their context cancelled
	alone         atomic.Bool  // calls are done and not confirmed
	missing       atomic.Int64 // others have to come yet: for how long they are waited for
}

func (l *line) cut(do func()) error {
	if l.cancelled.Load() {
		return context.Canceled
	}
	if l.before.Load() {
		return errCut
	}
	do()
	if l.after.Load() {
		return errCut
	}
	return nil
}

// only joins what the store says with that nobody else has it.
func (l *line) only(err error) error {
	if l.alone.Load() {
		return errors.Join(err, errOnly)
	}
	return err
}

func (l *line) Enqueue(ctx context.Context, j job.Job) (first bool, err error) {
	if cut := l.cut(func() { first, err = l.Store.Enqueue(ctx, j) }); cut != nil {
		return false, cut
	}
	return first, l.only(err)
}

func (l *line) Hold(ctx context.Context, r usage.HoldRequest) (h usage.Held, err error) {
	if cut := l.cut(func() { h, err = l.Store.Hold(ctx, r) }); cut != nil {
		return usage.Held{}, cut
	}
	return h, err
}

func (l *line) Settle(ctx context.Context, s usage.Settlement) (out usage.Settled, err error) {
	if cut := l.cut(func() { out, err = l.Store.Settle(ctx, s) }); cut != nil {
		return usage.Settled{}, cut
	}
	return out, l.only(err)
}

func (l *line) Dispatch(ctx context.Context, r usage.DispatchRequest) (err error) {
	if cut := l.cut(func() { err = l.Store.Dispatch(ctx, r) }); cut != nil {
		return cut
	}
	return err
}

func (l *line) Confirm(ctx context.Context, t job.PostTicket) (err error) {
	if cut := l.cut(func() { err = l.Store.Confirm(ctx, t) }); cut != nil {
		return cut
	}
	return err
}

func (l *line) Restore(ctx context.Context, p job.Past) (lost bool, err error) {
	if cut := l.cut(func() { lost, err = l.Store.Restore(ctx, p) }); cut != nil {
		return false, cut
	}
	return lost, err
}

// Tide and Note keep what was noted in the store, so that it goes back with it.
func (l *line) Tide(ctx context.Context, name string) (had int64, life string, err error) {
	err = l.cut(func() {
		if r, e := l.Get(ctx, "tides", record.Memory, name); e == nil {
			had, _ = strconv.ParseInt(string(r.Body), 10, 64)
		}
	})
	return had, fmt.Sprintf("%p", l.Store), err
}

func (l *line) Note(ctx context.Context, name string, n int64, _ bool) (err error) {
	if cut := l.cut(func() {
		err = l.Write(ctx, "tides", record.Put(record.Memory, name, []byte(strconv.FormatInt(n, 10)), 0))
	}); cut != nil {
		return cut
	}
	return err
}

func (l *line) Meet(context.Context, string, ...string) (time.Duration, error) {
	return time.Duration(l.missing.Load()), l.cut(func() {})
}

func (l *line) Reach(context.Context) error { return l.cut(func() {}) }

type world struct {
	line  *line
	front *outage.Front
	spool *spool.Spool
	clock *clock.Manual
}

func open(t *testing.T) *world {
	t.Helper()
	c := clock.NewManual(time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC))
	sp, err := spool.Open(t.Context(), t.TempDir(), "a", c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sp.Close() })
	l := &line{Store: memory.New(c)}
	return &world{l, front(l, sp, c, slog.New(slog.DiscardHandler)), sp, c}
}

func front(s outage.Store, sp *spool.Spool, c clock.Clock, log *slog.Logger) *outage.Front {
	return outage.New(outage.Parts{Store: s, Spool: sp, Name: "a", Says: says, Clock: c, Log: log})
}

const tenant = "slack/T1"

func (w *world) settlement(n int) usage.Settlement {
	e := usage.Entry{
		ID: fmt.Sprintf("job%d.1.1", n), Tenant: tenant, Purpose: "answer", Channel: "C1", Actor: "p_1", Team: "unassigned", Workflow: "ask",
		Intent: "ask", Tier: "economy", Provider: "p", Model: "p/m", Cost: 100, Estimate: 200, Source: usage.Computed, Status: usage.OK,
	}
	return usage.Settlement{Tenant: tenant, Hold: fmt.Sprintf("job%d.1", n), Step: 1, Entry: &e, Fallback: usage.Calendar{}.Windows(w.clock.Now())}
}

func (w *world) proof(t *testing.T) usage.Proof {
	t.Helper()
	p, err := usage.Verify(t.Context(), w.line.Store, tenant)
	if err != nil || len(p.Differences) > 0 {
		t.Fatalf("books %+v, %v", p, err)
	}
	return p
}

// TestNothingIsLostOrDoubleOverAnOutage: calls of many goroutines while the
// line is cut before and after the effect; afterwards every settlement is
// booked once and the spool is empty.
func TestNothingIsLostOrDoubleOverAnOutage(t *testing.T) {
	w := open(t)
	var wg sync.WaitGroup
	for n := range 300 {
		switch n {
		case 50:
			wg.Wait()
			w.line.after.Store(true)
		case 150:
			wg.Wait()
			w.line.after.Store(false)
			w.line.before.Store(true)
			w.clock.Advance(3 * time.Second)
		}
		wg.Go(func() {
			if _, err := w.front.Settle(t.Context(), w.settlement(n)); err != nil {
				t.Errorf("settlement %d: %v", n, err)
			}
		})
	}
	wg.Wait()
	if st := w.front.Status(); st.State != outage.Down || st.Settlements < 150 || st.Oldest.IsZero() {
		t.Errorf("status during the outage %+v", st)
	}
	if err := w.front.Tend(t.Context()); !errors.Is(err, errCut) {
		t.Errorf("tending while cut: %v", err)
	}
	w.line.before.Store(false)
	if err := w.front.Tend(t.Context()); err != nil {
		t.Fatal(err)
	}
	if st := w.front.Status(); st.State != outage.OK || st.Jobs+st.Settlements != 0 || !st.Since.IsZero() {
		t.Errorf("status afterwards %+v", st)
	}
	if p := w.proof(t); p.Entries != 300 || p.Cost != 30_000 {
		t.Errorf("%d entries, %d; want 300, 30000", p.Entries, p.Cost)
	}
}

func TestHoldsFailClosedWithASentence(t *testing.T) {
	w := open(t)
	w.line.before.Store(true)
	hold := usage.HoldRequest{Tenant: tenant, Hold: "h", Scopes: []usage.Scope{usage.WholeWorkspace()}, Windows: usage.Calendar{}.Windows(w.clock.Now()), Steps: []usage.StepHold{{N: 1, Amount: 5}}, TTL: time.Minute}
	for range 2 { // the second time without asking the store
		if _, err := w.front.Hold(t.Context(), hold); fault.KindOf(err) != fault.Unavailable {
			t.Errorf("hold during an outage: %v", err)
		}
		w.clock.Advance(3 * time.Second)
	}
	w.line.before.Store(false)
	if err := w.front.Tend(t.Context()); err != nil {
		t.Fatal(err)
	}
	if h, err := w.front.Hold(t.Context(), hold); err != nil || !h.Granted {
		t.Errorf("hold afterwards %+v, %v", h, err)
	}
}

// TestARolledBackStoreIsHealed: the store comes back without what it had
// acknowledged in the last minutes; it is booked again, and once.
func TestARolledBackStoreIsHealed(t *testing.T) {
	w := open(t)
	for n := range 20 {
		if _, err := w.front.Settle(t.Context(), w.settlement(n)); err != nil {
			t.Fatal(err)
		}
	}
	w.line.before.Store(true)
	_, _ = w.front.Hold(t.Context(), usage.HoldRequest{}) // the outage is noticed
	w.line.Store = memory.New(w.clock)                    // an older state: here, none at all
	w.line.before.Store(false)
	if err := w.front.Tend(t.Context()); err != nil {
		t.Fatal(err)
	}
	if p := w.proof(t); p.Entries != 20 {
		t.Errorf("%d entries after healing, want 20", p.Entries)
	}
}

// TestJobsKeptDuringAnOutageComeInOnce: the same event spooled twice, and known
// to the store already, is one job.
func TestJobsKeptDuringAnOutageComeInOnce(t *testing.T) {
	w := open(t)
	j := job.Job{ID: "01A", Tenant: tenant, Marks: []string{"id:mention:1"}, Event: []byte("sealed")}
	w.line.after.Store(true)
	if _, err := w.line.Enqueue(t.Context(), j); !errors.Is(err, errCut) {
		t.Fatal(err)
	}
	for _, id := range []string{"01A", "01B"} {
		j.ID = id
		if err := w.spool.Keep(t.Context(), j); err != nil {
			t.Fatal(err)
		}
	}
	w.line.after.Store(false)
	if err := w.front.Tend(t.Context()); err != nil {
		t.Fatal(err)
	}
	b, err := w.line.Backlog(t.Context())
	if err != nil || b.Ready != 1 {
		t.Errorf("backlog %+v, %v; want one job", b, err)
	}
}
