package storetest

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/tierwise/tierwise/internal/job"
	"github.com/tierwise/tierwise/internal/money"
	"github.com/tierwise/tierwise/internal/token"
	"github.com/tierwise/tierwise/usage"
)

const (
	lab   = "lab"           // the workspace of the named tests
	lease = 2 * time.Minute // how long tickets last unless a test says otherwise
	ttl   = time.Hour       // how long holds last unless a test says otherwise
)

// failer is what a testing.T and a rapid.T have in common.
type failer interface {
	Helper()
	Fatalf(format string, args ...any)
}

// kit makes tests short: every call that must not fail, does not.
type kit struct {
	failer
	h      Harness
	s      Store
	ctx    context.Context
	tenant string
}

func newKit(t failer, h Harness) kit { return kit{t, h, h.Store, context.Background(), lab} }

func (k kit) must(err error) {
	k.Helper()
	if err != nil {
		k.Fatalf("unexpected error: %v", err)
	}
}

// is demands an error of a kind.
func (k kit) is(err, want error, what string) {
	k.Helper()
	if !errors.Is(err, want) {
		k.Fatalf("%s: error %v, want %v", what, err, want)
	}
}

// same demands that two printable values are equal.
func same[T comparable](k kit, what string, got, want T) {
	k.Helper()
	if got != want {
		k.Fatalf("%s: got %v, want %v", what, got, want)
	}
}

// accept enqueues a job without marks of its own that must be new.
func (k kit) accept(id string, lanes ...job.Lane) {
	k.Helper()
	first, err := k.s.Enqueue(k.ctx, job.Job{ID: id, Tenant: k.tenant, Marks: []string{"id:" + id}, Lanes: lanes, Event: []byte("event " + id)})
	k.must(err)
	same(k, "job "+id+" is new", first, true)
}

// claim takes up to max jobs without waiting.
func (k kit) claim(max int) []job.Ticket {
	k.Helper()
	return k.claimed(max).Given
}

// claimed is claim with what it found out beside.
func (k kit) claimed(max int) job.Claimed {
	k.Helper()
	c, err := k.s.Claim(k.ctx, "worker", max, lease, 0)
	k.must(err)
	return c
}

// gives demands that Claim gives exactly these jobs, in this order.
func (k kit) gives(max int, ids ...string) []job.Ticket {
	k.Helper()
	ts := k.claim(max)
	got := make([]string, len(ts))
	for i, t := range ts {
		got[i] = t.Job.ID
	}
	same(k, "claimed jobs", list(got), list(ids))
	return ts
}

func list(ids []string) string {
	s := ""
	for _, id := range ids {
		s += id + " "
	}
	return s
}

// one accepts a job and claims it.
func (k kit) one(id string) job.Ticket {
	k.Helper()
	k.accept(id)
	return k.gives(1, id)[0]
}

// done finishes a job without money.
func (k kit) done(t job.Ticket, posts ...job.Outgoing) {
	k.Helper()
	_, err := k.s.Settle(k.ctx, usage.Settlement{Tenant: t.Job.Tenant, Hold: t.Hold(), Finish: &job.Finish{Ticket: t, Posts: posts}})
	k.must(err)
}

// people are the scopes of every hold and entry the kit makes.
func people() []usage.Scope {
	return []usage.Scope{
		usage.WholeWorkspace(), {Kind: usage.Team, ID: "red"}, {Kind: usage.Channel, ID: "C1", Templates: []string{usage.AnyID}},
		{Kind: usage.User, ID: "ann", Templates: []string{"role:intern", usage.AnyID}}, {Kind: usage.Workflow, ID: "triage"},
	}
}

// windows are those of the store's clock in UTC.
func (k kit) windows() []usage.Window { return usage.Calendar{}.Windows(k.h.Now()) }

// request is a hold over people with steps 1, 2, … of the given amounts.
func (k kit) request(hold string, amounts ...money.Nano) usage.HoldRequest {
	r := usage.HoldRequest{Tenant: k.tenant, Hold: hold, Scopes: people(), Windows: k.windows(), TTL: ttl}
	for i, a := range amounts {
		r.Steps = append(r.Steps, usage.StepHold{N: i + 1, Amount: a})
	}
	return r
}

// hold asks for a hold and returns the answer.
func (k kit) hold(hold string, amounts ...money.Nano) usage.Held {
	k.Helper()
	held, err := k.s.Hold(k.ctx, k.request(hold, amounts...))
	k.must(err)
	return held
}

// granted asks for a hold that must be granted.
func (k kit) granted(hold string, amounts ...money.Nano) {
	k.Helper()
	if held := k.hold(hold, amounts...); !held.Granted {
		k.Fatalf("hold %s refused at %+v", hold, held.Refused)
	}
}

// refused asks for a hold that must be refused at a scope and window.
func (k kit) refused(scope usage.ScopeKind, w usage.WindowKind, hold string, amounts ...money.Nano) usage.Held {
	k.Helper()
	held := k.hold(hold, amounts...)
	if held.Granted || held.Refused.Scope.Kind != scope || held.Refused.Window != w {
		k.Fatalf("hold %s: granted %v, refused at %+v, want a refusal at %s per %s", hold, held.Granted, held.Refused, scope, w)
	}
	return held
}

// entry is an attempt of people with a cost.
func (k kit) entry(id string, cost money.Nano) usage.Entry {
	return usage.Entry{
		ID: id, Tenant: k.tenant, Job: "j", Purpose: "answer", Channel: "C1", Actor: "ann", Team: "red", Workflow: "triage", Intent: "ask",
		Tier: "economy", Provider: "p", Model: "p/m", Tokens: token.Count{Input: 100, Output: 20}, Cost: cost, Source: usage.Computed,
		Estimate: 50, Status: usage.OK,
	}
}

// provisional is what is booked when nobody settles an attempt.
func (k kit) provisional(id string, cost money.Nano) usage.Entry {
	e := k.entry(id, cost)
	e.Status, e.Source, e.Tokens, e.Estimate = usage.Uncertain, usage.Estimated, token.Count{Input: 100, Output: 50}, cost
	return e
}

// dispatch marks a step as sent, with its amount as the provisional cost.
func (k kit) dispatch(hold string, step int, amount money.Nano) error {
	return k.s.Dispatch(k.ctx, usage.DispatchRequest{
		Tenant: k.tenant, Hold: hold, Step: step, Provisional: k.provisional(attempt(hold, step), amount),
	})
}

// attempt is the entry id of a step, as job.Ticket.Attempt makes it.
func attempt(hold string, step int) string { return hold + "." + strconv.Itoa(step) }

// settlement is one attempt of a hold, without a finish.
func (k kit) settlement(hold string, step int, cost money.Nano) usage.Settlement {
	e := k.entry(attempt(hold, step), cost)
	return usage.Settlement{Tenant: k.tenant, Hold: hold, Step: step, Entry: &e, Fallback: k.windows()}
}

// settle books one attempt.
func (k kit) settle(hold string, step int, cost money.Nano) usage.Settled {
	k.Helper()
	got, err := k.s.Settle(k.ctx, k.settlement(hold, step, cost))
	k.must(err)
	return got
}

// limit puts one hard limit.
func (k kit) limit(s usage.ScopeKind, id string, w usage.WindowKind, amount money.Nano) {
	k.Helper()
	k.must(k.s.SetLimits(k.ctx, k.tenant, []usage.Limit{{Scope: s, ID: id, Window: w, Amount: amount, Then: usage.Refuse}}, nil))
}

// level reads where a scope of people stands now.
func (k kit) level(s usage.ScopeKind, w usage.WindowKind) usage.Level {
	k.Helper()
	for _, sc := range people() {
		if sc.Kind != s {
			continue
		}
		for _, win := range k.windows() {
			if win.Kind == w {
				got, err := k.s.Levels(k.ctx, k.tenant, []usage.Scope{sc}, []usage.Window{win})
				k.must(err)
				same(k, "number of levels", len(got), 1)
				return got[0]
			}
		}
	}
	k.Fatalf("no scope %s or window %s", s, w)
	return usage.Level{}
}

// stands demands settled and held of every scope in every current window.
func (k kit) stands(settled, held money.Nano) {
	k.Helper()
	for _, s := range usage.ScopeKinds() {
		for _, w := range usage.WindowKinds() {
			l := k.level(s, w)
			if l.Settled != settled || l.Held != held {
				k.Fatalf("%s per %s: settled %d held %d, want %d and %d", s, w, l.Settled, l.Held, settled, held)
			}
		}
	}
}

// entries reads all rows of all months.
func (k kit) entries() []usage.Entry {
	k.Helper()
	months, err := k.s.Months(k.ctx, k.tenant)
	k.must(err)
	var out []usage.Entry
	for _, m := range months {
		for cursor := ""; ; {
			page, next, err := k.s.Entries(k.ctx, k.tenant, m, cursor, 100)
			k.must(err)
			out = append(out, page...)
			if next == "" {
				break
			}
			cursor = next
		}
	}
	return out
}
