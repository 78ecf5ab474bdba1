package intake_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/intake"
	"github.com/tierwise/tierwise/internal/job"
	"github.com/tierwise/tierwise/internal/record"
	"github.com/tierwise/tierwise/internal/turn"
	"github.com/tierwise/tierwise/usage"
)

func TestAcceptedEventIsAnsweredOnceThoughItCameTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.work("w1", echo)()
		defer w.post("p1")()
		twin := mention("Ev1", "7", "hello")
		twin.ID = "Ev2" // platforms send one mention as two events
		w.accept(mention("Ev1", "7", "hello"), mention("Ev1", "7", "hello"), twin)
		time.Sleep(time.Minute)
		w.says("re: hello")
		w.idle()
	})
}

func TestHeartbeatKeepsALongJob(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		var runs atomic.Int32
		slow := func(ctx context.Context, d *turn.Delivery) (turn.Result, error) {
			runs.Add(1)
			time.Sleep(10 * time.Minute)
			return echo(ctx, d)
		}
		defer w.work("w1", slow)()
		defer w.work("w2", slow)()
		defer w.post("p1")()
		w.accept(mention("1", "7", "long"))
		time.Sleep(time.Hour)
		if n := runs.Load(); n != 1 {
			t.Errorf("ran %d times", n)
		}
		w.says("re: long")
	})
}

func TestDeadWorkerIsReplacedAndItsLateEndOnlyBooks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, w := t.Context(), newWorld(t)
		w.accept(mention("1", "7", "hello"))
		claim, err := w.store.Claim(ctx, "dead", 1, w.pace.Lease, 0)
		dead := claim.Given
		if err != nil || len(dead) != 1 {
			t.Fatalf("claimed %d, %v", len(dead), err)
		}
		w.dispatch(dead[0], 1, 500)
		died := time.Now()
		var taken atomic.Int64
		defer w.work("alive", func(ctx context.Context, d *turn.Delivery) (turn.Result, error) {
			taken.Store(int64(time.Since(died)))
			return echo(ctx, d)
		})()
		defer w.post("p1")()
		time.Sleep(time.Minute)
		if after := time.Duration(taken.Load()); after == 0 || after > 15*time.Second {
			t.Errorf("taken over after %v, at most 15s allowed", after)
		} else {
			t.Logf("a dead worker's job runs again after %v of simulated time", after)
		}
		late := w.settlement(dead[0], 1, 320)
		late.Finish = &job.Finish{Ticket: dead[0], Posts: []job.Outgoing{{ID: "late", Tenant: tenant}}}
		if _, err := w.store.Settle(ctx, late); !errors.Is(err, job.ErrLost) {
			t.Errorf("late end: %v, want ErrLost", err)
		}
		time.Sleep(time.Minute)
		w.says("re: hello")
		w.books(320, 2) // the uncertain row and its correction
	})
}

func TestWorkerCutOffFromTheStoreBooksWhatItUsed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		slow := func(ctx context.Context, d *turn.Delivery) (turn.Result, error) {
			w.dispatch(d.Ticket, 1, 500)
			time.Sleep(30 * time.Second)
			r, err := echo(ctx, d)
			last := w.settlement(d.Ticket, 1, 100)
			r.Last = &last
			return r, err
		}
		defer w.workWith("cut", deafQueue{w.store, new(atomic.Bool)}, handler{run: slow})()
		w.accept(mention("1", "7", "hello"))
		synctest.Wait()
		defer w.work("w2", slow)()
		defer w.post("p1")()
		time.Sleep(5 * time.Minute)
		w.says("re: hello")
		w.books(200, 3) // uncertain 500, its correction to 100, and the second run's 100
		w.idle()
	})
}

func TestSilentStoreEndsAJobAfterSomeLeases(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		var cause atomic.Value
		defer w.workWith("cut", deafQueue{w.store, new(atomic.Bool)}, handler{run: func(ctx context.Context, d *turn.Delivery) (turn.Result, error) {
			begun := time.Now()
			<-ctx.Done()
			cause.CompareAndSwap(nil, fmt.Sprint(context.Cause(ctx), " after ", time.Since(begun).Round(time.Second)))
			return turn.Result{}, ctx.Err()
		}})()
		w.accept(mention("1", "7", "hello"))
		time.Sleep(2 * time.Minute)
		if got := cause.Load(); got != "job: ticket lost after 1m1s" {
			t.Errorf("the job ended with %v", got)
		}
	})
}

func TestPanicCostsOneDelivery(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.work("w1", func(ctx context.Context, d *turn.Delivery) (turn.Result, error) {
			if d.Ticket.Delivery < 3 {
				panic("secret words: " + d.Event.Text)
			}
			return echo(ctx, d)
		})()
		defer w.post("p1")()
		w.accept(mention("1", "7", "xyzzy"))
		time.Sleep(time.Minute)
		synctest.Wait()
		w.says("re: xyzzy")
		if strings.Contains(w.logs.String(), "xyzzy") {
			t.Error("a panic's words are in the log")
		}
	})
}

func TestFailingJobIsGivenUpVisiblyAndFree(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		var mu sync.Mutex
		var at []time.Time
		defer w.work("w1", func(context.Context, *turn.Delivery) (turn.Result, error) {
			mu.Lock()
			defer mu.Unlock()
			at = append(at, time.Now())
			return turn.Result{}, errSome
		})()
		defer w.post("p1")()
		e := mention("1", "7", "hopeless")
		w.accept(e, mention("2", "7", "hopeless too"))
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		w.says("gave up on hopeless", "gave up on hopeless too")
		if len(at) != 10 {
			t.Fatalf("tried %d times, want 5 for each", len(at))
		}
		for i := 2; i < 5; i++ {
			if at[i].Sub(at[i-1]) <= at[i-1].Sub(at[i-2]) {
				t.Errorf("pause %d does not grow: %v", i, at)
			}
		}
		w.books(0, 0)
		dead, err := w.store.List(t.Context(), tenant, record.Dead, "")
		if err != nil || len(dead) != 2 {
			t.Fatalf("%d records of dead jobs, %v", len(dead), err)
		}
		var d intake.Dead
		if err := json.Unmarshal(dead[0].Body, &d); err != nil || d.Deliveries != 5 || d.Cause != "internal" || d.Accepted.IsZero() {
			t.Errorf("record of a dead job: %+v, %v", d, err)
		}
		w.idle()
	})
}

func TestGivingUpThatPanicsStillTellsThePerson(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.workWith("w1", w.store, handler{
			run:    func(context.Context, *turn.Delivery) (turn.Result, error) { panic("first") },
			giveUp: func(context.Context, *turn.Delivery) turn.Result { panic("again") },
		})()
		defer w.post("p1")()
		w.accept(mention("1", "7", "hello"))
		time.Sleep(10 * time.Minute)
		if said := w.platform.said(); len(said) != 1 || !strings.Contains(said[0], "reference") {
			t.Errorf("said %q", said)
		}
		w.idle()
	})
}

func TestEventThatCannotBeOpenedIsBuried(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		defer w.work("w1", echo)()
		if _, err := w.store.Enqueue(t.Context(), job.Job{ID: "j1", Tenant: tenant, Marks: []string{"m"}, Event: []byte("not sealed")}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		if _, err := w.store.Get(t.Context(), tenant, record.Dead, "j1"); err != nil {
			t.Errorf("no record of the dead job: %v", err)
		}
		w.idle()
	})
}

func TestThreadKeepsItsOrderUnderRetries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		moody := func(ctx context.Context, d *turn.Delivery) (turn.Result, error) {
			if d.Event.Text == "one" && d.Ticket.Delivery < 3 {
				return turn.Result{}, errSome
			}
			return echo(ctx, d)
		}
		defer w.work("w1", moody)()
		defer w.work("w2", moody)()
		defer w.post("p1")()
		w.accept(mention("1", "7", "one"), mention("2", "7", "two"), mention("3", "7", "three"), mention("4", "8", "elsewhere"))
		time.Sleep(time.Minute)
		w.says("re: elsewhere", "re: one", "re: two", "re: three")
	})
}

func TestStopReachesARunningJobWithinASecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		ids := make(chan string, 1)
		ended := make(chan time.Time, 1)
		defer w.work("w1", func(ctx context.Context, d *turn.Delivery) (turn.Result, error) {
			ids <- d.Ticket.Job.ID
			<-ctx.Done()
			ended <- time.Now()
			time.Sleep(w.pace.Lease * 2) // closing is slow; the ticket must live on
			return turn.Say(d.Event.ReplyTo, chat.Post{Text: context.Cause(ctx).Error()}), nil
		})()
		defer w.post("p1")()
		w.accept(mention("1", "7", "endless"))
		id := <-ids
		defer w.work("w2", echo)() // would answer if the ticket did not live on
		stopped := time.Now()
		if err := w.store.Stop(t.Context(), tenant, id); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		select {
		case at := <-ended:
			t.Logf("stopped after %v of simulated time", at.Sub(stopped))
		default:
			t.Fatal("not stopped after a second")
		}
		time.Sleep(time.Minute)
		w.says(turn.ErrStop.Error())
	})
}

func TestDrainLetsRunningJobsFinishAndSendsTheirAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		worker := intake.NewWorker("w1", w.store, w.store, w.sealer, handler{run: func(ctx context.Context, d *turn.Delivery) (turn.Result, error) {
			time.Sleep(15 * time.Second)
			return echo(ctx, d)
		}}, nil, w.pace, w.log)
		stop := begin(func(ctx context.Context) { intake.Run(ctx, worker, w.poster("p1")) })
		w.accept(mention("1", "7", "running"))
		synctest.Wait()
		begun := time.Now()
		stop()
		if took := time.Since(begun); took > 15*time.Second {
			t.Errorf("drained in %v", took)
		}
		w.says("re: running")
		w.idle()
		w.accept(mention("2", "7", "late")) // nobody is here to take it
		time.Sleep(time.Minute)
		w.says("re: running")
	})
}

func TestAfterTheGraceJobsAreGivenBackAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		stop := w.work("w1", func(ctx context.Context, d *turn.Delivery) (turn.Result, error) {
			w.dispatch(d.Ticket, 1, 500)
			<-ctx.Done()
			r := turn.Say(d.Event.ReplyTo, chat.Post{Text: "the provider failed"}) // how a cut call looks to a handler
			last := w.settlement(d.Ticket, 1, 70)
			r.Last = &last
			return r, nil
		})
		defer w.post("p1")()
		w.accept(mention("1", "7", "hello"))
		synctest.Wait()
		begun := time.Now()
		stop()
		if took := time.Since(begun); took != w.pace.Grace {
			t.Errorf("drained in %v, grace is %v", took, w.pace.Grace)
		}
		defer w.work("w2", echo)()
		synctest.Wait()
		w.says("re: hello")
		w.books(70, 1)
	})
}

func TestClosingOutlivesAStoreThatIsAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		back := time.Now().Add(20 * time.Second)
		w.closer = closer(func(ctx context.Context, s usage.Settlement) (usage.Settled, error) {
			if time.Now().Before(back) {
				return usage.Settled{}, errSome
			}
			return w.store.Settle(ctx, s)
		})
		var runs atomic.Int32
		defer w.work("w1", func(ctx context.Context, d *turn.Delivery) (turn.Result, error) {
			runs.Add(1)
			return echo(ctx, d)
		})()
		defer w.post("p1")()
		w.accept(mention("1", "7", "hello"))
		time.Sleep(time.Minute)
		w.says("re: hello")
		if n := runs.Load(); n != 1 {
			t.Errorf("ran %d times", n)
		}
		w.idle()
	})
}

func TestRecordConflictCostsTheRecordNotTheAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		if err := w.store.Write(t.Context(), tenant, record.Put(record.Thread, "taken", []byte("theirs"), 0)); err != nil {
			t.Fatal(err)
		}
		defer w.work("w1", func(ctx context.Context, d *turn.Delivery) (turn.Result, error) {
			r, err := echo(ctx, d)
			r.Writes = []record.Write{{Kind: record.Thread, ID: "taken", Body: []byte("ours")}, record.Put(record.Receipt, "why", []byte("because"), 0)}
			return r, err
		})()
		defer w.post("p1")()
		w.accept(mention("1", "7", "hello"))
		time.Sleep(time.Second)
		w.says("re: hello")
		if r, err := w.store.Get(t.Context(), tenant, record.Thread, "taken"); err != nil || string(r.Body) != "theirs" {
			t.Errorf("record in conflict: %q, %v", r.Body, err)
		}
		if _, err := w.store.Get(t.Context(), tenant, record.Receipt, "why"); err != nil {
			t.Errorf("a write that could not conflict is lost: %v", err)
		}
	})
}

// deafQueue gives one job and then nothing gets through to the store.
type deafQueue struct {
	intake.Queue
	given *atomic.Bool
}

func (q deafQueue) Claim(ctx context.Context, name string, most int, lease, wait time.Duration) (job.Claimed, error) {
	if q.given.Load() {
		<-ctx.Done()
		return job.Claimed{}, ctx.Err()
	}
	c, err := q.Queue.Claim(ctx, name, most, lease, wait)
	q.given.Store(len(c.Given) > 0)
	return c, err
}

func (deafQueue) Beat(ctx context.Context, _ job.Ticket, _ time.Duration, _ []byte) (job.Beat, error) {
	<-ctx.Done()
	return job.Beat{}, ctx.Err()
}

type closer func(context.Context, usage.Settlement) (usage.Settled, error)

func (c closer) Settle(ctx context.Context, s usage.Settlement) (usage.Settled, error) {
	return c(ctx, s)
}
