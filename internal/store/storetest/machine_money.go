package storetest

import (
	"slices"
	"time"

	"pgregory.net/rapid"

	"github.com/tierwise/tierwise/internal/job"
	"github.com/tierwise/tierwise/internal/money"
	"github.com/tierwise/tierwise/internal/token"
	"github.com/tierwise/tierwise/usage"
)

func (m *machine) holdSome(t *rapid.T) {
	r := m.request("", 0)
	r.TTL, r.Steps = time.Duration(rapid.IntRange(1, 90).Draw(t, "ttl minutes"))*time.Minute, nil
	r.Tenant, r.Hold = pick(t, "workspace", workspaces...), name("free", rapid.IntRange(1, 6).Draw(t, "free hold"))
	if len(m.m.tickets) > 0 && rapid.IntRange(0, 3).Draw(t, "for a job") > 0 {
		k, _ := m.ticket(t)
		r.Tenant, r.Hold = k.Job.Tenant, k.Hold()
	}
	for n := range rapid.IntRange(1, 3).Draw(t, "steps") {
		r.Steps = append(r.Steps, usage.StepHold{N: n + 1, Amount: money.Nano(rapid.IntRange(0, 60).Draw(t, "amount"))})
	}
	now := m.h.Now()
	known := m.m.holds[r.Tenant+"/"+r.Hold]
	if known != nil && known.closed && !now.Before(known.expires) {
		t.Skip("a store may have forgotten it")
	}
	got, err := m.s.Hold(m.ctx, r)
	m.must(err)
	if known != nil {
		same(m.kit, "known hold is granted", got.Granted, true)
		same(m.kit, "windows of a known hold", got.Windows, known.booked)
		return
	}
	in := inForce(r.Windows, now)
	same(m.kit, "windows of a hold", got.Windows, in)
	if over := m.m.fits(r, in, now); over != nil {
		same(m.kit, "granted above a limit", got.Granted, false)
		m.sameLevel(got.Refused, *over)
	} else {
		same(m.kit, "granted", got.Granted, true)
		h := &mHold{HoldRequest: r, booked: in, steps: map[int]*mStep{}, expires: now.Add(r.TTL)}
		for _, s := range r.Steps {
			h.steps[s.N] = &mStep{amount: s.Amount}
		}
		m.m.holds[r.Tenant+"/"+r.Hold], m.m.made = h, append(m.m.made, h)
	}
	m.sameLevels(got.Levels, m.limited(r.Tenant, r.Scopes, in, now))
}

// limited are the model's levels that have a limit.
func (m *machine) limited(tenant string, scopes []usage.Scope, in usage.Booked, now time.Time) (out []usage.Level) {
	for _, s := range scopes {
		for _, k := range usage.WindowKinds() {
			if l := m.m.level(tenant, s, k, in.Of(k), now); l.Limited {
				out = append(out, l)
			}
		}
	}
	return out
}

// anyHold draws one of the latest holds of the model.
func (m *machine) anyHold(t *rapid.T) *mHold {
	if len(m.m.made) == 0 {
		t.Skip("no hold yet")
	}
	back := rapid.IntRange(0, min(len(m.m.made)-1, 3)).Draw(t, "hold back")
	return m.m.made[len(m.m.made)-1-back]
}

func (m *machine) dispatchStep(t *rapid.T) {
	h, n := m.anyHold(t), rapid.IntRange(1, 3).Draw(t, "step")
	s := h.steps[n]
	r := usage.DispatchRequest{Tenant: h.Tenant, Hold: h.Hold, Step: n}
	if s == nil || h.closed {
		m.is(m.s.Dispatch(m.ctx, r), usage.ErrNoHold, "dispatch without a hold")
		return
	}
	if s.settled {
		t.Skip("nobody sends a settled step")
	}
	r.Provisional = m.provisional(attempt(h.Hold, n), s.amount)
	r.Provisional.Tenant = h.Tenant
	m.must(m.s.Dispatch(m.ctx, r))
	s.sent, s.provisional = true, r.Provisional
}

// attempt draws an entry for a step; now and then one of unknown result.
func (m *machine) attempt(t *rapid.T, tenant, hold string, n int) *usage.Entry {
	e := m.entry(attempt(hold, n), money.Nano(rapid.IntRange(0, 90).Draw(t, "cost")))
	e.Tenant = tenant
	e.Tokens = token.Count{Input: int64(rapid.IntRange(0, 300).Draw(t, "input")), Reasoning: 7}
	e.Status = pick(t, "status", usage.OK, usage.OK, usage.Failed, usage.Cancelled, usage.Uncertain)
	e.Source = pick(t, "source", usage.Computed, usage.FromProvider, usage.Unpriced)
	return &e
}

func (m *machine) settleStep(t *rapid.T) {
	h, n := m.anyHold(t), rapid.IntRange(1, 3).Draw(t, "step")
	for range rapid.IntRange(1, 3).Draw(t, "times") {
		m.book(usage.Settlement{Tenant: h.Tenant, Hold: h.Hold, Step: n, Fallback: m.windows(), Entry: m.attempt(t, h.Tenant, h.Hold, n)}, nil)
	}
}

// book settles in the store and in the model. j is the job that the finish, if
// there is one, may close.
func (m *machine) book(st usage.Settlement, j *mJob) {
	now := m.h.Now()
	got, err := m.s.Settle(m.ctx, st)
	if st.Finish != nil && j == nil {
		m.is(err, job.ErrLost, "finish with a worthless ticket")
	} else {
		m.must(err)
	}
	if st.Entry == nil {
		same(m.kit, "booked without an entry", got.Booked, false)
		return
	}
	want, isNew := m.expect(st, now)
	same(m.kit, "booked "+st.Entry.ID, got.Booked, isNew)
	m.sameEntry(got.Entry, want)
	h := m.m.holds[st.Tenant+"/"+st.Hold]
	if isNew {
		m.m.rows = append(m.m.rows, want)
		if h != nil && !h.closed && h.steps[st.Step] != nil {
			h.steps[st.Step].settled = true
		}
	}
	if h != nil && !h.closed && st.Finish == nil {
		m.sameLevels(got.Levels, m.limited(st.Tenant, h.Scopes, want.Windows, now))
	}
}

// expect is the row that must be booked, or was.
func (m *machine) expect(st usage.Settlement, now time.Time) (usage.Entry, bool) {
	e := *st.Entry
	if c := m.m.row(st.Tenant, e.ID+".c1"); c != nil {
		return *c, false
	}
	before := m.m.row(st.Tenant, e.ID)
	if before == nil {
		e.Windows = inForce(st.Fallback, now)
		if h := m.m.holds[st.Tenant+"/"+st.Hold]; h != nil && !h.closed {
			e.Windows = h.booked
		}
		return e, true
	}
	if before.Status != usage.Uncertain || e.Status == usage.Uncertain {
		return *before, false
	}
	e.Corrects, e.ID, e.Status = before.ID, before.ID+".c1", usage.Corrected
	e.Cost, e.Tokens, e.Windows = e.Cost-before.Cost, e.Tokens.Sub(before.Tokens), before.Windows
	return e, true
}

func (m *machine) sweep(*rapid.T) {
	now := m.h.Now()
	got, err := m.s.Sweep(m.ctx)
	m.must(err)
	var want usage.Swept
	for _, h := range m.m.holds {
		if h.closed || now.Before(h.expires) {
			continue
		}
		untouched := true
		for _, s := range h.steps {
			untouched = untouched && !s.sent && !s.settled
		}
		if untouched {
			want.Released++
		}
		want.Uncertain += m.m.closeHold(h.Tenant, h.Hold)
	}
	same(m.kit, "swept", got, want)
}

func (m *machine) posts(t *rapid.T) {
	most := rapid.IntRange(1, 5).Draw(t, "max")
	now := m.h.Now()
	got, err := m.s.Posts(m.ctx, "sender", most, 3*time.Minute, 0)
	m.must(err)
	for _, k := range got {
		i := slices.IndexFunc(m.m.posts, func(p *mPost) bool { return p.ID == k.Post.ID && !p.gone })
		if i < 0 || m.m.head(m.m.posts[i]) != m.m.posts[i] || now.Before(m.m.posts[i].until) {
			m.Fatalf("post %s was given and must not be", k.Post.ID)
		}
		p := m.m.posts[i]
		p.sent = p.sent || p.out
		p.try++
		p.out, p.until = true, now.Add(3*time.Minute)
		same(m.kit, "try of "+p.ID, k.Try, p.try)
		same(m.kit, "unknown result of "+p.ID, k.Sent, p.sent)
		m.m.given = append(m.m.given, k)
	}
	for _, p := range m.m.posts {
		if len(got) < most && !p.gone && m.m.head(p) == p && !now.Before(p.until) {
			m.Fatalf("post %s could be sent and was not given", p.ID)
		}
	}
}

func (m *machine) confirm(t *rapid.T) {
	if len(m.m.given) == 0 {
		t.Skip("no post yet")
	}
	k := m.m.given[len(m.m.given)-1-rapid.IntRange(0, min(len(m.m.given)-1, 4)).Draw(t, "post back")]
	i := slices.IndexFunc(m.m.posts, func(p *mPost) bool { return p.ID == k.Post.ID && !p.gone && p.out && p.try == k.Try })
	now := m.h.Now()
	if rapid.Bool().Draw(t, "confirm") {
		m.must(m.s.Confirm(m.ctx, k))
		if i >= 0 {
			m.m.posts[i].gone = true
		}
		return
	}
	known := rapid.Bool().Draw(t, "known")
	m.must(m.s.Postpone(m.ctx, k, time.Minute, known))
	if i >= 0 {
		p := m.m.posts[i]
		p.out, p.sent, p.until = false, !known, now.Add(time.Minute)
	}
}
