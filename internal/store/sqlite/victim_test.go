package sqlite_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/tierwise/tierwise/internal/clock"
	"github.com/tierwise/tierwise/internal/job"
	"github.com/tierwise/tierwise/internal/record"
	"github.com/tierwise/tierwise/internal/store/sqlite"
	"github.com/tierwise/tierwise/usage"
)

// victimLease is short, so that what a killed victim held is given to the next.
const victimLease = 200 * time.Millisecond

// say prints one acknowledgement. A line is one write, and its full stop shows
// that it is whole.
func say(what, id string) {
	_, _ = fmt.Fprintf(os.Stdout, "%s %s.\n", what, id)
}

// victim accepts events and runs turns in several goroutines until something
// fails. What it is told by the store it says at once.
func victim(path string, from int) error {
	s, err := sqlite.Open(context.Background(), path, sqlite.Options{})
	if err != nil {
		return err
	}
	fmt.Println("ready")
	failed := make(chan error)
	const writers = 4
	for i := range writers {
		go func() { failed <- accept(s, from+i, writers) }()
		go func() { failed <- work(s) }()
	}
	go func() { failed <- send(s) }()
	return <-failed
}

// accept submits every event twice, as platforms do.
func accept(s *sqlite.Store, from, step int) error {
	for n := from; ; n += step {
		for range 2 {
			first, err := s.Enqueue(context.Background(), event(n))
			if err != nil {
				return err
			}
			if first {
				say("accepted", strconv.Itoa(n))
			} else {
				say("copy", strconv.Itoa(n))
			}
		}
		time.Sleep(2 * time.Millisecond) // leave the workers some of the time
	}
}

func work(s *sqlite.Store) error {
	for {
		claim, err := s.Claim(context.Background(), "w", 4, victimLease, time.Second)
		if err != nil {
			return err
		}
		for _, k := range claim.Given {
			attempt, err := runTurn(s, k)
			if errors.Is(err, job.ErrLost) || errors.Is(err, usage.ErrNoHold) {
				continue // too slow: another delivery has begun
			}
			if err != nil {
				return err
			}
			say("settled", attempt)
		}
	}
}

// runTurn holds, dispatches, settles and finishes one job. The receipt may not
// be there yet: a job that is finished a second time fails loudly.
func runTurn(s *sqlite.Store, k job.Ticket) (attempt string, err error) {
	ctx, n := context.Background(), number(k.Job.ID)
	if _, err := s.Hold(ctx, request(k.Hold(), n)); err != nil {
		return "", err
	}
	attempt = k.Attempt(1)
	e := entry(attempt, n)
	e.Job = k.Job.ID
	p := e
	p.Status, p.Source, p.Cost = usage.Uncertain, usage.Estimated, p.Estimate
	if err := s.Dispatch(ctx, usage.DispatchRequest{Tenant: tenant, Hold: k.Hold(), Step: 1, Provisional: p}); err != nil {
		return "", err
	}
	got, err := s.Settle(ctx, usage.Settlement{
		Tenant: tenant, Hold: k.Hold(), Step: 1, Entry: &e, Fallback: usage.Calendar{}.Windows(time.Now()),
		Finish: &job.Finish{
			Ticket: k,
			Posts:  []job.Outgoing{{ID: k.Job.ID + "/1", Tenant: tenant, Lane: "thread", Body: []byte("sealed")}},
			Writes: []record.Write{{Kind: record.Receipt, ID: k.Job.ID, Body: []byte(attempt)}},
		},
	})
	if err == nil && !got.Booked {
		err = fmt.Errorf("attempt %s was booked before its turn ended", attempt)
	}
	return attempt, err
}

func send(s *sqlite.Store) error {
	for {
		ps, err := s.Posts(context.Background(), "s", 16, victimLease, time.Second)
		if err != nil {
			return err
		}
		for _, p := range ps {
			say("given", p.Post.ID)
			if err := s.Confirm(context.Background(), p); err != nil {
				return err
			}
			say("confirmed", p.Post.ID)
		}
	}
}

func number(jobID string) int {
	n, _ := strconv.Atoi(jobID[1:])
	return n
}

// later is the machine's clock an hour on, when every lease has run out.
type later struct{}

func (later) Now() time.Time { return clock.System{}.Now().Add(time.Hour) }

// drain ends what the last victim left and returns how many turns that were.
func (a *acks) drain(t *testing.T, path string) (turns int) {
	t.Helper()
	s, err := sqlite.Open(context.Background(), path, sqlite.Options{Clock: later{}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	for {
		claim, err := s.Claim(context.Background(), "drain", 100, time.Hour, 0)
		if err != nil {
			t.Fatal(err)
		}
		if len(claim.Given) == 0 {
			break
		}
		for _, k := range claim.Given {
			attempt, err := runTurn(s, k)
			if err != nil {
				t.Fatal(err)
			}
			a.note(t, "settled", attempt)
			turns++
		}
	}
	for {
		ps, err := s.Posts(context.Background(), "drain", 100, time.Hour, 0)
		if err != nil {
			t.Fatal(err)
		}
		if len(ps) == 0 {
			return turns
		}
		for _, p := range ps {
			a.note(t, "given", p.Post.ID)
			if err := s.Confirm(context.Background(), p); err != nil {
				t.Fatal(err)
			}
			a.note(t, "confirmed", p.Post.ID)
		}
	}
}

// compare counts, after all is drained, what was acknowledged and is not
// there, and what is there more than once.
func (a *acks) compare(t *testing.T, path string) (lost, double int) {
	t.Helper()
	s, err := sqlite.Open(context.Background(), path, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	books(t, s)
	l := ledger(t, s)
	for n := range a.accepted {
		id := "j" + strconv.Itoa(n)
		r, err := s.Get(context.Background(), tenant, record.Receipt, id)
		if err != nil || !l.ok[string(r.Body)] || !a.given[id+"/1"] {
			t.Logf("event %d: receipt %q (%v), its entry %v, its post given %v", n, r.Body, err, l.ok[string(r.Body)], a.given[id+"/1"])
			lost++
		}
		if err == nil && r.Version != 1 {
			t.Logf("event %d was finished %d times", n, r.Version)
			double++
		}
	}
	for attempt := range a.settled {
		if !l.ok[attempt] {
			t.Logf("attempt %s was settled and has no entry", attempt)
			lost++
		}
	}
	for _, what := range append(a.double, l.twice...) {
		t.Log(what)
		double++
	}
	return lost, double
}

// rows is the ledger by attempt. A job may have several: a worker that was too
// slow has really made its call, and so has the one after it.
type rows struct {
	ok    map[string]bool
	twice []string
}

func ledger(t *testing.T, s *sqlite.Store) rows {
	t.Helper()
	l := rows{ok: map[string]bool{}}
	seen := map[string]bool{}
	for _, e := range all(t, s) {
		if seen[e.ID] {
			l.twice = append(l.twice, "entry "+e.ID+" is there twice")
		}
		seen[e.ID] = true
		if e.Status == usage.OK {
			l.ok[e.ID] = true
		}
	}
	return l
}

// all reads every entry of the tenant.
func all(t *testing.T, s *sqlite.Store) (out []usage.Entry) {
	t.Helper()
	months, err := s.Months(context.Background(), tenant)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range months {
		for cursor, more := "", true; more; more = cursor != "" {
			var page []usage.Entry
			if page, cursor, err = s.Entries(context.Background(), tenant, m, cursor, 1000); err != nil {
				t.Fatal(err)
			}
			out = append(out, page...)
		}
	}
	return out
}
