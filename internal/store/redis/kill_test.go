package redis_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tierwise/tierwise/internal/job"
	"github.com/tierwise/tierwise/internal/money"
	"github.com/tierwise/tierwise/internal/store/redis"
	"github.com/tierwise/tierwise/internal/store/redis/redistest"
	"github.com/tierwise/tierwise/usage"
)

// killRun is what the writers of the kill test know: what was acknowledged to
// them, which must all be in the store afterwards.
type killRun struct {
	t    *testing.T
	s    *redis.Store
	stop atomic.Bool
	past atomic.Int64 // moves the store's clock past the lifetime of holds

	accepted sync.Map // job id → true
	settled  sync.Map // entry id → true
	repeated atomic.Int64
	down     atomic.Int64
}

// TestNothingIsLostOrDoubledByKills kills redis-server (appendfsync always)
// again and again under writers that enqueue, claim, hold, dispatch, settle and
// finish. Afterwards every acknowledged job is finished, every acknowledged
// entry is there once, and the sums equal the entries. TIERWISE_KILLS raises
// the number of kills.
func TestNothingIsLostOrDoubledByKills(t *testing.T) {
	if testing.Short() {
		t.Skip("kills a server again and again")
	}
	kills := fromEnv("TIERWISE_KILLS", 10)
	server := redistest.Start(t, redistest.Always)
	run := &killRun{t: t}
	run.s = open(t, server, redis.Options{PoolSize: 24, Offset: func() time.Duration { return time.Duration(run.past.Load()) }})
	defaults(t, run.s, "W")
	var writers sync.WaitGroup
	for w := range 16 {
		writers.Go(func() { run.write(w) })
	}
	for n := range kills {
		before := run.down.Load()
		run.until(func() bool { return count(&run.settled) >= 50*(n+1) })
		server.Kill()
		run.until(func() bool { return run.down.Load() > before }) // the writers noticed
		if err := server.Run(); err != nil {
			t.Fatal(err)
		}
	}
	run.stop.Store(true)
	writers.Wait()
	run.drain()
	run.closeHolds()
	run.verify(kills)
}

// until waits for the writers to get somewhere.
func (r *killRun) until(done func() bool) {
	deadline := time.Now().Add(time.Minute)
	for !done() {
		if time.Now().After(deadline) {
			r.t.Fatal("the writers do not get on")
		}
		time.Sleep(time.Millisecond) // a real server, a real clock
	}
}

// persist repeats an operation, as callers do, until the server answered.
func (r *killRun) persist(op func(ctx context.Context) error) error {
	for {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		err := op(ctx)
		cancel()
		if !errors.Is(err, redis.ErrDown) {
			return err
		}
		r.down.Add(1)
	}
}

func (r *killRun) write(w int) {
	for n := 0; !r.stop.Load(); n++ {
		id := fmt.Sprintf("j%02d-%05d", w, n)
		err := r.persist(func(ctx context.Context) error {
			_, err := r.s.Enqueue(ctx, job.Job{
				ID: id, Tenant: "W", Marks: []string{id}, Event: []byte("sealed"),
				Lanes: []job.Lane{{Key: "thread:" + strconv.Itoa(n%40), Cap: 1}, {Key: "channel:C", Cap: 12}},
			})
			return err
		})
		if err != nil {
			r.t.Errorf("enqueue: %v", err)
			return
		}
		r.accepted.Store(id, true)
		r.work(w)
	}
}

// work claims a job and takes it to its end; it reports whether there was one.
func (r *killRun) work(w int) bool {
	var tickets []job.Ticket
	err := r.persist(func(ctx context.Context) (err error) {
		claim, err := r.s.Claim(ctx, "w"+strconv.Itoa(w), 1, time.Second, 0)
		tickets = claim.Given
		return err
	})
	if err != nil {
		r.t.Errorf("claim: %v", err)
	}
	for _, k := range tickets {
		if k.Delivery > 1 {
			r.repeated.Add(1)
		}
		if err := r.turn(k, w); err != nil && !errors.Is(err, job.ErrLost) && !errors.Is(err, usage.ErrNoHold) {
			r.t.Errorf("%s: %v", k.Job.ID, err)
		}
	}
	return len(tickets) > 0
}

func (r *killRun) turn(k job.Ticket, w int) error {
	err := r.persist(func(ctx context.Context) error {
		held, err := r.s.Hold(ctx, usage.HoldRequest{
			Tenant: "W", Hold: k.Hold(), Scopes: turnScopes(w), Windows: usage.Calendar{}.Windows(time.Now()),
			Steps: []usage.StepHold{{N: 1, Amount: 10}, {N: 2, Amount: 10}}, TTL: time.Minute,
		})
		if err == nil && !held.Granted {
			return errors.New("hold refused")
		}
		return err
	})
	if err != nil {
		return err
	}
	e := attempt("W", k.Attempt(1), w, 7)
	e.Job, e.Estimate = k.Job.ID, 10
	unsure := e
	unsure.Cost, unsure.Status, unsure.Source = e.Estimate, usage.Uncertain, usage.Estimated
	err = r.persist(func(ctx context.Context) error {
		return r.s.Dispatch(ctx, usage.DispatchRequest{Tenant: "W", Hold: k.Hold(), Step: 1, Provisional: unsure})
	})
	if err != nil {
		return err
	}
	err = r.persist(func(ctx context.Context) error {
		_, err := r.s.Settle(ctx, usage.Settlement{Tenant: "W", Hold: k.Hold(), Step: 1, Entry: &e, Finish: &job.Finish{Ticket: k}})
		return err
	})
	if err == nil || errors.Is(err, job.ErrLost) {
		r.settled.Store(e.ID, true)
	}
	return err
}

// drain works off what is left, waiting for the leases of lost claims.
func (r *killRun) drain() {
	r.until(func() bool {
		for r.work(0) {
		}
		b, err := r.s.Backlog(context.Background())
		if err != nil {
			r.t.Fatal(err)
		}
		return b.Ready+b.Parked+b.Running+b.Waiting == 0
	})
}

// closeHolds demands that what is held is what open holds say, and that Sweep
// frees it when their lifetime is over. Holds can be open: a worker that was
// slower than its lease took one for a delivery that had been given again.
func (r *killRun) closeHolds() {
	ctx := context.Background()
	holds, err := r.s.OpenHolds(ctx, "W")
	if err != nil {
		r.t.Fatal(err)
	}
	var sum money.Nano
	for _, h := range holds {
		sum += h.Held
	}
	levels, err := r.s.Levels(ctx, "W", []usage.Scope{usage.WholeWorkspace()}, usage.Calendar{}.Windows(time.Now()))
	if err != nil || levels[2].Held != sum {
		r.t.Errorf("held %d, open holds %d (%v)", levels[2].Held, sum, err)
	}
	r.past.Store(int64(2 * time.Minute))
	swept, err := r.s.Sweep(ctx)
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Logf("%d holds of late workers held %d until their lifetime was over; then %d steps were booked as uncertain", len(holds), sum, swept.Uncertain)
}

func (r *killRun) verify(kills int) {
	ctx := context.Background()
	month := usage.Calendar{}.Windows(time.Now())[2].ID
	rows, next, err := r.s.Entries(ctx, "W", month, "", 1_000_000)
	if err != nil || next != "" {
		r.t.Fatal(err, next)
	}
	seen, jobs, double := map[string]bool{}, map[string]bool{}, 0
	var cost money.Nano
	for _, e := range rows {
		if seen[e.ID] {
			double++
		}
		seen[e.ID], jobs[e.Job] = true, true
		cost += e.Cost
	}
	lost := 0
	for _, of := range []struct {
		acked *sync.Map
		found map[string]bool
	}{{&r.accepted, jobs}, {&r.settled, seen}} {
		of.acked.Range(func(id, _ any) bool {
			if !of.found[id.(string)] {
				lost++
			}
			return true
		})
	}
	total, err := r.s.Rollup(ctx, "W", usage.Month, month, usage.ByTotal)
	if err != nil {
		r.t.Fatal(err)
	}
	cell := total[usage.Key{Dim: usage.ByTotal, Value: "all"}]
	levels, err := r.s.Levels(ctx, "W", []usage.Scope{usage.WholeWorkspace()}, usage.Calendar{}.Windows(time.Now()))
	if err != nil {
		r.t.Fatal(err)
	}
	if lost != 0 || double != 0 || cell.Cost != cost || cell.Entries != int64(len(rows)) || levels[2].Settled != cost || levels[2].Held != 0 {
		r.t.Errorf("lost %d, double %d; entries %d sum %d, rollup %d sum %d, settled %d, held %d",
			lost, double, len(rows), cost, cell.Entries, cell.Cost, levels[2].Settled, levels[2].Held)
	}
	r.t.Logf("fsync always, %d kills of redis-server, 16 writers: %d jobs accepted, %d entries acknowledged, %d rows; lost %d, double %d; %d deliveries were repeated, %d calls found the server down",
		kills, count(&r.accepted), count(&r.settled), len(rows), lost, double, r.repeated.Load(), r.down.Load())
}

func count(m *sync.Map) (n int) {
	m.Range(func(any, any) bool { n++; return true })
	return n
}
