package storetest

import (
	"maps"
	"slices"
	"strconv"

	"pgregory.net/rapid"

	"github.com/tierwise/tierwise/internal/job"
	"github.com/tierwise/tierwise/usage"
)

// holdOf is the id of the hold of the delivery off from the ticket's.
func holdOf(k job.Ticket, off int) string { return k.Job.ID + "." + strconv.Itoa(k.Delivery+off) }

// check runs after every step: the queue, the open holds, and the books of the
// windows that are current.
func (m *machine) check(*rapid.T) {
	now := inForce(m.windows(), m.h.Now())
	m.seen[now.Day] = now
	m.checkQueue()
	m.checkHolds()
	m.checkBooks([]usage.Booked{now})
}

// allWindows are the windows that were current at some time or have rows.
func (m *machine) allWindows() []usage.Booked {
	for _, e := range m.m.rows {
		m.seen[e.Windows.Day] = e.Windows
	}
	return slices.Collect(maps.Values(m.seen))
}

// checkQueue demands that every job is in exactly one state and no lane is
// above its cap.
func (m *machine) checkQueue() {
	got, err := m.s.Backlog(m.ctx)
	m.must(err)
	open, running, lapsed, posts := 0, 0, 0, 0
	now := m.h.Now()
	for _, j := range m.m.jobs {
		if j.finished {
			continue
		}
		open++
		switch {
		case j.running && j.due(now):
			lapsed++
		case j.running:
			running++
		}
		for _, l := range j.Lanes {
			if n := m.m.inside(j.Tenant, l.Key); n > l.Cap {
				m.Fatalf("lane %s holds %d jobs, cap %d", l.Key, n, l.Cap)
			}
		}
	}
	for _, p := range m.m.posts {
		if !p.gone {
			posts++
		}
	}
	same(m.kit, "jobs in all states", got.Ready+got.Parked+got.Running+got.Waiting, open)
	same(m.kit, "posts", got.Outbox, posts)
	if got.Running < running || got.Running > running+lapsed {
		m.Fatalf("backlog says %d running, want %d and up to %d whose lease is over", got.Running, running, lapsed)
	}
	same(m.kit, "there is an oldest job", got.Oldest.IsZero(), open == 0)
}

// checkHolds demands that exactly the model's holds are open, with its sums.
func (m *machine) checkHolds() {
	for _, tenant := range workspaces {
		want := map[string]*mHold{}
		for _, h := range m.m.holds {
			if h.Tenant == tenant && !h.closed {
				want[h.Hold] = h
			}
		}
		got, err := m.s.OpenHolds(m.ctx, tenant)
		m.must(err)
		same(m.kit, "open holds", len(got), len(want))
		for _, o := range got {
			h := want[o.Hold]
			if h == nil || o.Held != h.open() || o.Windows != h.booked || len(o.Scopes) != len(h.Scopes) {
				m.Fatalf("open hold %+v, want %+v", o, h)
			}
		}
	}
}

// checkBooks demands that rows are the model's, that sums are those of the
// rows, and that counters are those of rows and open holds.
func (m *machine) checkBooks(windows []usage.Booked) {
	for _, tenant := range workspaces {
		k := m.kit
		k.tenant = tenant
		rows := k.entries()
		want := map[string]usage.Entry{}
		for _, e := range m.m.rows {
			if e.Tenant == tenant {
				want[e.ID] = e
			}
		}
		same(k, "rows", len(rows), len(want))
		for _, e := range rows {
			m.sameEntry(e, want[e.ID])
			delete(want, e.ID)
		}
		for _, b := range windows {
			for _, w := range usage.WindowKinds() {
				k.sums(rows, w, b.Of(w))
				m.counters(tenant, w, b.Of(w))
			}
		}
	}
}

// dims are all dimensions of a rollup.
func dims() []usage.Dim {
	var out []usage.Dim
	for _, k := range (usage.Entry{}).Keys() {
		out = append(out, k.Dim)
	}
	return out
}

// sums demands that the rollup of a window is the sum of the rows in it.
func (k kit) sums(rows []usage.Entry, w usage.WindowKind, id string) {
	k.Helper()
	want := map[usage.Key]usage.Cell{}
	for _, e := range rows {
		if e.Windows.Of(w) != id {
			continue
		}
		for _, key := range e.Keys() {
			want[key] = want[key].Add(usage.CellOf(e))
		}
	}
	got, err := k.s.Rollup(k.ctx, k.tenant, w, id, dims()...)
	k.must(err)
	if !maps.Equal(got, want) {
		k.Fatalf("rollup of %s %s is %v, its rows add up to %v", w, id, got, want)
	}
}

// counters demands that every scope stands where the model says.
func (m *machine) counters(tenant string, w usage.WindowKind, id string) {
	now := m.h.Now()
	got, err := m.s.Levels(m.ctx, tenant, people(), []usage.Window{{Kind: w, ID: id, Next: id, Boundary: now}})
	m.must(err)
	var want []usage.Level
	for _, s := range people() {
		want = append(want, m.m.level(tenant, s, w, id, now))
	}
	m.sameLevels(got, want)
	for _, l := range got {
		if l.Held < 0 {
			m.Fatalf("held is below zero: %+v", l)
		}
	}
}

func (m *machine) sameLevels(got, want []usage.Level) {
	m.Helper()
	if len(got) != len(want) {
		m.Fatalf("%d levels %+v, want %d %+v", len(got), got, len(want), want)
	}
	for i := range got {
		m.sameLevel(got[i], want[i])
	}
}

func (m *machine) sameLevel(got, want usage.Level) {
	m.Helper()
	if got.Scope.Key() != want.Scope.Key() || got.Window != want.Window || got.ID != want.ID || got.Settled != want.Settled ||
		got.Held != want.Held || got.Limited != want.Limited || got.Limit != want.Limit || got.Then != want.Then ||
		got.Extra != want.Extra || !got.ExtraUntil.Equal(want.ExtraUntil) {
		m.Fatalf("level %+v, want %+v", got, want)
	}
}

// sameEntry compares what the store may not change. It fills At.
func (k kit) sameEntry(got, want usage.Entry) {
	k.Helper()
	if got.At.IsZero() {
		k.Fatalf("entry %s has no time", got.ID)
	}
	if got.ID != want.ID || got.Tenant != want.Tenant || got.Cost != want.Cost || got.Tokens != want.Tokens || got.Status != want.Status ||
		got.Corrects != want.Corrects || got.Windows != want.Windows || got.Source != want.Source || got.Model != want.Model || got.Estimate != want.Estimate {
		k.Fatalf("entry %+v, want %+v", got, want)
	}
}
