package storetest

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tierwise/tierwise/internal/job"
	"github.com/tierwise/tierwise/internal/money"
	"github.com/tierwise/tierwise/internal/record"
	"github.com/tierwise/tierwise/usage"
)

// leaver is what every store offers beside the contract, for a workspace that
// is purged and for a copy into another store.
type leaver interface {
	Purge(ctx context.Context, tenant string) error
	Unfinished(ctx context.Context) ([]job.Ticket, []job.PostTicket, error)
}

func leaveTests() []scenario {
	return []scenario{
		{"what is unfinished is listed whole, in order", unfinished},
		{"a purge leaves nothing of a workspace, and all of the others", purges},
	}
}

func (k kit) leaver() leaver {
	k.Helper()
	l, ok := k.s.(leaver)
	if !ok {
		k.Fatalf("%T has no Purge and Unfinished", k.s)
	}
	return l
}

func unfinished(t *testing.T, h Harness) {
	k := newKit(t, h)
	lane := job.Lane{Key: "thread:1", Cap: 1}
	k.accept("tried", lane)
	j := k.gives(1, "tried")[0]
	_, err := k.s.Beat(k.ctx, j, lease, []byte("note"))
	k.must(err)
	k.must(k.s.Return(k.ctx, j, time.Hour, "later"))
	k.accept("behind", lane)
	k.done(k.one("poster"), job.Outgoing{ID: "poster/1", Tenant: lab, Lane: "C1", Body: []byte("one")}, job.Outgoing{ID: "poster/2", Tenant: lab, Lane: "C1", Private: true, Body: []byte("two")})
	given, err := k.s.Posts(k.ctx, "p", 4, lease, 0)
	k.must(err)
	same(k, "posts given", len(given), 1)
	k.accept("fresh")
	for range 2 { // it changes nothing
		jobs, posts, err := k.leaver().Unfinished(k.ctx)
		k.must(err)
		var got []string
		for _, j := range jobs {
			got = append(got, fmt.Sprint(j.Job.ID, " ", j.Job.Tenant, " ", j.Delivery, " ", string(j.Note), " ", j.Cause, " ", j.Job.Lanes, " ", j.Job.Marks, " ", string(j.Job.Event), " ", j.Job.At.IsZero()))
		}
		for _, p := range posts {
			got = append(got, fmt.Sprint(p.Post.ID, " ", p.Post.Lane, " ", p.Post.Private, " ", string(p.Post.Body), " ", p.Try, " ", p.Sent))
		}
		same(k, "unfinished", strings.Join(got, "\n"), strings.Join([]string{
			"tried lab 1 note later [{thread:1 1}] [id:tried] event tried false",
			"behind lab 0   [{thread:1 1}] [id:behind] event behind false",
			"fresh lab 0   [] [id:fresh] event fresh false",
			"poster/1 C1 false one 1 true",
			"poster/2 C1 true two 0 false",
		}, "\n"))
	}
}

// fill leaves something of every kind in a workspace.
func (k kit) fill() {
	k.Helper()
	k.limit(usage.User, usage.AnyID, usage.Day, 1000)
	k.granted("open", 5)
	k.settle("h1", 1, 3)
	k.must(k.s.Write(k.ctx, k.tenant, record.Put(record.Setting, "s", []byte("b"), 0), record.Put(record.Draft, "d", []byte("b"), time.Hour)))
	_, err := k.s.Mark(k.ctx, k.tenant, "mark", time.Hour)
	k.must(err)
	_, _, _, err = k.s.Take(k.ctx, k.tenant, "rate", "id", 1, time.Hour)
	k.must(err)
	k.done(k.one("posts"), job.Outgoing{ID: "posts/1", Tenant: k.tenant, Lane: "C", Body: []byte("x")}, job.Outgoing{ID: "posts/2", Tenant: k.tenant, Lane: "C", Body: []byte("x")})
	k.accept("running", job.Lane{Key: "channel", Cap: 1})
	k.gives(1, "running")
	k.accept("parked", job.Lane{Key: "channel", Cap: 1})
	k.gives(1)
}

// purges fills three workspaces, of which one's name begins like another's, and
// purges one. Everything can be done there anew, as for the first time.
func purges(t *testing.T, h Harness) {
	k := newKit(t, h)
	names := []string{lab, "lab2", "la*"}
	for _, name := range names {
		k.tenant = name
		k.fill()
	}
	k.must(k.leaver().Purge(k.ctx, lab))
	k.must(k.leaver().Purge(k.ctx, lab)) // of one that is not there
	left, err := k.s.Tenants(k.ctx)
	k.must(err)
	same(k, "workspaces", strings.Join(left, " "), "la* lab2")
	for _, name := range names {
		k.tenant = name
		holds, err := k.s.OpenHolds(k.ctx, name)
		k.must(err)
		limits, err := k.s.Limits(k.ctx, name)
		k.must(err)
		gone := name == lab
		same(k, name+": open holds", len(holds) == 0, gone)
		same(k, name+": limits", len(limits) == 0, gone)
		same(k, name+": rows", len(k.entries()) == 0, gone)
		day := k.level(usage.Workspace, usage.Day)
		same(k, name+": held and settled", day.Held+day.Settled, map[bool]money.Nano{true: 0, false: 8}[gone])
	}
	jobs, posts, err := k.leaver().Unfinished(k.ctx)
	k.must(err)
	same(k, "jobs and posts of the others", len(jobs)+len(posts), 8)
	k.tenant = lab
	k.fill()
	same(k, "a settlement of before is new", len(k.entries()), 1)
	h.Advance(2 * ttl)
	swept, err := k.s.Sweep(k.ctx)
	k.must(err)
	same(k, "swept", swept, usage.Swept{Released: len(names)})
}
