package schedule_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	_ "time/tzdata" // the zones of the tests, wherever they run

	"github.com/tierwise/tierwise/internal/clock"
	"github.com/tierwise/tierwise/internal/schedule"
	"github.com/tierwise/tierwise/internal/store/memory"
)

// diary writes down when work was done.
type diary struct {
	mu  sync.Mutex
	at  []time.Time
	err func(n int) error // what the n-th run says, from 1
}

func (d *diary) do(context.Context) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.at = append(d.at, time.Now())
	if d.err != nil {
		return d.err(len(d.at))
	}
	return nil
}

func (d *diary) runs() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.at)
}

// replicas runs works on two replicas over one store until stop.
func replicas(l schedule.Leases, c clock.Clock, ws ...schedule.Work) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var all sync.WaitGroup
	for i := range 2 {
		all.Go(func() {
			schedule.Run(ctx, l, fmt.Sprint("replica", i), c, 5*time.Second, slog.New(slog.DiscardHandler), ws...)
		})
	}
	return func() { cancel(); all.Wait() }
}

func store() *memory.Store { return memory.New(clock.System{}) }

func daily(do func(context.Context) error) schedule.Work {
	return schedule.Work{Name: "report", Period: schedule.Daily, Keep: 48 * time.Hour, Limit: time.Minute, Do: do}
}

func TestOncePerPeriodOverTwoReplicas(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var day, ten diary
		stop := replicas(store(), clock.System{}, daily(day.do),
			schedule.Work{Name: "sweep", Period: schedule.Every(10 * time.Second), Keep: time.Minute, Limit: 30 * time.Second, Do: ten.do})
		defer stop()
		time.Sleep(3*24*time.Hour - time.Second)
		if day.runs() != 3 {
			t.Errorf("three days had %d daily runs", day.runs())
		}
		if want := 3 * 24 * 360; ten.runs() != want {
			t.Errorf("%d runs every ten seconds, want %d", ten.runs(), want)
		}
	})
}

func TestRestartDoesNotRepeatAPeriod(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d diary
		s := store()
		for range 5 {
			stop := replicas(s, clock.System{}, daily(d.do))
			time.Sleep(time.Hour)
			stop()
		}
		if d.runs() != 1 {
			t.Errorf("%d runs in one day", d.runs())
		}
	})
}

func TestFailureIsRetriedWithGrowingPauses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := diary{err: func(n int) error {
			if n == 3 {
				panic("words of a conversation")
			}
			if n < 6 {
				return errors.New("not now")
			}
			return nil
		}}
		defer replicas(store(), clock.System{}, daily(d.do))()
		time.Sleep(20 * time.Hour)
		if d.runs() != 6 {
			t.Fatalf("%d runs, want five failures and a success", d.runs())
		}
		for i := 1; i < len(d.at); i++ {
			if pause := d.at[i].Sub(d.at[i-1]); pause < 15*time.Second || pause > 16*time.Minute {
				t.Errorf("pause %d was %v", i, pause)
			}
		}
	})
}

func TestCrashIsRetriedWhenItsLeaseRunsOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d diary
		s := store()
		if ok, err := s.Lease(t.Context(), "work:report:"+schedule.Daily(time.Now()), "crashed#1", time.Minute); !ok || err != nil {
			t.Fatal(ok, err)
		}
		begun := time.Now()
		defer replicas(s, clock.System{}, daily(d.do))()
		time.Sleep(time.Hour)
		if d.runs() != 1 {
			t.Fatalf("%d runs", d.runs())
		}
		if after := d.at[0].Sub(begun); after < time.Minute || after > 66*time.Second {
			t.Errorf("retried after %v", after)
		}
	})
}

func TestStoppedWorkBeginsElsewhereAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := store()
		stop := replicas(s, clock.System{}, daily(func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }))
		synctest.Wait()
		stop()
		var d diary
		defer replicas(s, clock.System{}, daily(d.do))()
		time.Sleep(time.Second)
		if d.runs() != 1 {
			t.Errorf("%d runs", d.runs())
		}
	})
}

func TestSlowWorkHoldsNothingElseUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var quick diary
		slow := schedule.Work{Name: "slow", Period: schedule.Daily, Keep: 48 * time.Hour, Limit: time.Hour, Do: func(ctx context.Context) error {
			<-ctx.Done() // as long as it may
			return nil
		}}
		defer replicas(store(), clock.System{}, slow, schedule.Work{Name: "quick", Period: schedule.Every(time.Minute), Keep: 5 * time.Minute, Limit: time.Minute, Do: quick.do})()
		time.Sleep(30*time.Minute - time.Second)
		if quick.runs() != 30 {
			t.Errorf("%d runs in half an hour beside slow work", quick.runs())
		}
	})
}

func TestClockThatJumpsRepeatsNoPeriod(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d diary
		c := clock.NewManual(time.Date(2026, 11, 24, 23, 0, 0, 0, time.UTC))
		defer replicas(store(), c, daily(d.do))()
		for i, jump := range []time.Duration{2 * time.Hour, -2 * time.Hour, 2 * time.Hour, -3 * time.Hour, 25 * time.Hour} {
			time.Sleep(time.Minute)
			if want := []int{1, 2, 2, 2, 2}[i]; d.runs() != want {
				t.Errorf("before jump %d: %d runs, want %d", i, d.runs(), want)
			}
			c.Advance(jump)
		}
		time.Sleep(time.Minute)
		if d.runs() != 2 { // 24th and 25th; the last jump ends on the 25th
			t.Errorf("%d runs at the end", d.runs())
		}
		c.Advance(24 * time.Hour)
		time.Sleep(time.Minute)
		if d.runs() != 3 {
			t.Errorf("%d runs after the next day began", d.runs())
		}
	})
}

func TestPeriodsOfAZoneAtBothChangesOfTheClock(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for name, noon := range map[string]time.Time{
		"spring, a day of 23 hours": time.Date(2026, 3, 28, 12, 0, 0, 0, berlin),
		"autumn, a day of 25 hours": time.Date(2026, 10, 24, 12, 0, 0, 0, berlin),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				time.Sleep(time.Until(noon))
				var days, months diary
				defer replicas(store(), clock.System{},
					schedule.Work{Name: "day", Period: schedule.DailyIn(berlin), Keep: 48 * time.Hour, Limit: time.Minute, Do: days.do},
					schedule.Work{Name: "month", Period: schedule.MonthlyIn(berlin), Keep: 40 * 24 * time.Hour, Limit: time.Minute, Do: months.do})()
				time.Sleep(time.Until(noon.AddDate(0, 0, 10)))
				if days.runs() != 11 || months.runs() != 2 {
					t.Errorf("%d days and %d months, want 11 and 2", days.runs(), months.runs())
				}
				for _, at := range days.at[1:] {
					if h, m, _ := at.In(berlin).Clock(); h != 0 || m != 0 {
						t.Errorf("a day began at %v", at.In(berlin))
					}
				}
			})
		})
	}
}
