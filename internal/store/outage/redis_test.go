package outage_test

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tierwise/tierwise/internal/clock"
	"github.com/tierwise/tierwise/internal/store/outage"
	"github.com/tierwise/tierwise/internal/store/redis"
	"github.com/tierwise/tierwise/internal/store/redis/redistest"
	"github.com/tierwise/tierwise/internal/store/sqlite/spool"
	"github.com/tierwise/tierwise/usage"
)

// The ways a line between the bot and Redis goes wrong.
const (
	passes int32 = iota
	resets       // connections are reset and refused
	hangs        // half-open: nothing arrives and nothing is said
	mutes        // requests take effect and their answers are lost
)

// wire is a TCP line to a server that can be made to misbehave.
type wire struct {
	listener net.Listener
	target   string
	mode     atomic.Int32
	mu       sync.Mutex
	open     map[net.Conn]bool
}

func newWire(t *testing.T, target string) *wire {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{listener: l, target: target, open: map[net.Conn]bool{}}
	t.Cleanup(func() { _ = l.Close(); w.cut() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go w.serve(c)
		}
	}()
	return w
}

func (w *wire) serve(c net.Conn) {
	if w.mode.Load() == resets {
		_ = c.Close()
		return
	}
	up, err := net.Dial("tcp", w.target)
	if err != nil {
		_ = c.Close()
		return
	}
	w.mu.Lock()
	w.open[c], w.open[up] = true, true
	w.mu.Unlock()
	go w.copy(up, c, hangs)
	w.copy(c, up, hangs, mutes)
}

// copy forwards until the end, dropping what arrives in one of the modes.
func (w *wire) copy(to, from net.Conn, drop ...int32) {
	buf := make([]byte, 32<<10)
	for {
		n, err := from.Read(buf)
		if n > 0 {
			dropped := false
			for _, m := range drop {
				dropped = dropped || w.mode.Load() == m
			}
			if !dropped {
				if _, err := to.Write(buf[:n]); err != nil {
					break
				}
			}
		}
		if err != nil {
			break
		}
	}
	_ = to.Close()
	_ = from.Close()
}

func (w *wire) cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for c := range w.open {
		_ = c.Close()
		delete(w.open, c)
	}
}

// set changes the mode; connections that were open before end, except in the
// modes that are about connections that stay.
func (w *wire) set(mode int32) {
	w.mode.Store(mode)
	if mode == resets || mode == passes {
		w.cut()
	}
}

type reach struct{ *redis.Store }

func (r reach) Reach(ctx context.Context) error {
	_, err := r.Check(ctx)
	return err
}

// ofRedis reads errors as the house does.
var ofRedis = outage.Errors{
	Down: func(err error) bool {
		return errors.Is(err, redis.ErrDown) || errors.Is(err, context.DeadlineExceeded)
	},
	Unconfirmed: func(err error) bool { return errors.Is(err, redis.ErrNotReplicated) },
}

// TestFaultsBetweenBotAndRedis: sixteen callers settle while the line to a real
// Redis is reset, hangs half-open and loses answers; each settlement has its
// deadline. Afterwards the spool has drained to zero and every settlement is
// booked once.
func TestFaultsBetweenBotAndRedis(t *testing.T) {
	server := redistest.Start(t, "everysec")
	w := newWire(t, server.Addr)
	store, err := redis.Open(t.Context(), "redis://"+w.listener.Addr().String(), redis.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	sp, err := spool.Open(t.Context(), t.TempDir(), "a", clock.System{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = sp.Close() }()
	front := outage.New(outage.Parts{Store: reach{store}, Spool: sp, Name: "a", Says: ofRedis, Clock: clock.System{}, Log: slog.New(slog.DiscardHandler)})
	world := &world{clock: clock.NewManual(time.Now().UTC())}
	const callers, each = 16, 10
	total, most := 0, 0
	for _, mode := range []int32{passes, resets, hangs, mutes, passes} {
		w.set(mode)
		var wg sync.WaitGroup
		for c := range callers {
			wg.Go(func() {
				for k := range each {
					ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
					if _, err := front.Settle(ctx, world.settlement(total+c*each+k)); err != nil {
						t.Errorf("mode %d: %v", mode, err)
					}
					cancel()
				}
			})
		}
		wg.Wait()
		total += callers * each
		_, waiting, _ := sp.Pending()
		most = max(most, waiting)
	}
	for range 200 {
		if front.Tend(t.Context()) == nil {
			break
		}
	}
	jobs, left, _ := sp.Pending()
	p, err := usage.Verify(t.Context(), store, tenant)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d settlements over reset, half-open and mute lines: at most %d waited, %d left, %d booked, %d differences", total, most, jobs+left, p.Entries, len(p.Differences))
	if jobs+left != 0 || p.Entries != int64(total) || len(p.Differences) != 0 || most == 0 {
		t.Error("something was lost, double, or never waited")
	}
}

// TestReplicaKilled: sixteen callers settle against a primary of which the only
// replica is killed half-way. They are answered, holds of money are granted
// meanwhile, and what no replica has waits in the spool; when a replica is back
// the spool drains to zero and every settlement is booked once, on both.
func TestReplicaKilled(t *testing.T) {
	primary := redistest.Start(t, redistest.EverySec)
	replica := primary.Replica(t)
	store, err := redis.Open(t.Context(), primary.URL(), redis.Options{Durability: redis.Replicated})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	sp, err := spool.Open(t.Context(), t.TempDir(), "a", clock.System{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = sp.Close() }()
	front := outage.New(outage.Parts{Store: reach{store}, Spool: sp, Name: "a", Says: ofRedis, Clock: clock.System{}, Log: slog.New(slog.DiscardHandler)})
	world := &world{clock: clock.NewManual(time.Now().UTC())}
	const callers, each = 16, 10
	settleAll := func(from int) {
		var wg sync.WaitGroup
		for c := range callers {
			wg.Go(func() {
				for k := range each {
					if out, err := front.Settle(t.Context(), world.settlement(from+c*each+k)); err != nil || !out.Booked {
						t.Errorf("settled %+v, %v", out, err)
					}
				}
			})
		}
		wg.Wait()
	}
	settleAll(0)
	replica.Kill()
	settleAll(callers * each)
	waiting := front.Status()
	if waiting.State != outage.OK || waiting.Unconfirmed < callers*each || waiting.Settlements != 0 || waiting.Oldest.IsZero() {
		t.Errorf("without a replica: %+v; want OK and all of them unconfirmed", waiting)
	}
	s := world.settlement(1)
	hold := usage.HoldRequest{Tenant: tenant, Hold: "h", Scopes: s.Entry.Scopes(), Windows: usage.Calendar{}.Windows(time.Now()), Steps: []usage.StepHold{{N: 1, Amount: 5}}, TTL: time.Millisecond}
	if h, err := front.Hold(t.Context(), hold); err != nil || !h.Granted || !front.Ready(t.Context(), time.Second) {
		t.Errorf("a hold without a replica: %+v, %v", h, err)
	}
	if err := replica.Run(); err != nil {
		t.Fatal(err)
	}
	for front.Status().Unconfirmed > 0 { // a replica copies everything before it confirms anything
		if err := front.Tend(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	p, err := usage.Verify(t.Context(), store, tenant)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d settlements, replica killed half-way: %d waited, %d left, %d booked, %d differences", 2*callers*each, waiting.Unconfirmed, front.Status().Unconfirmed, p.Entries, len(p.Differences))
	if p.Entries != 2*callers*each || len(p.Differences) != 0 || !front.Status().Oldest.IsZero() {
		t.Error("something was lost or double")
	}
}
