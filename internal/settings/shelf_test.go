package settings_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/clock"
	"github.com/tierwise/tierwise/internal/config"
	"github.com/tierwise/tierwise/internal/record"
	"github.com/tierwise/tierwise/internal/settings"
)

const tenant = "slack/T1"

// shelf is a store of records in a map; it counts reads. before, when set,
// runs once ahead of the next write: somebody else's write fits in there.
type shelf struct {
	mu      sync.Mutex
	records map[string]record.Record
	reads   int
	down    error
	before  func()
}

func newShelf() *shelf { return &shelf{records: map[string]record.Record{}} }

func (s *shelf) Get(_ context.Context, tenant string, kind record.Kind, id string) (record.Record, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reads++
	if s.down != nil {
		return record.Record{}, s.down
	}
	r, ok := s.records[tenant+"|"+string(kind)+"|"+id]
	if !ok {
		return r, record.ErrNotFound
	}
	return r, nil
}

func (s *shelf) List(_ context.Context, tenant string, kind record.Kind, prefix string) ([]record.Record, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reads++
	var out []record.Record
	for k, r := range s.records {
		if strings.HasPrefix(k, tenant+"|"+string(kind)+"|"+prefix) {
			out = append(out, r)
		}
	}
	slices.SortFunc(out, func(a, b record.Record) int { return strings.Compare(a.ID, b.ID) })
	return out, s.down
}

func (s *shelf) Write(_ context.Context, tenant string, writes ...record.Write) error {
	if f := s.before; f != nil {
		s.before = nil
		f()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	key := func(w record.Write) string { return tenant + "|" + string(w.Kind) + "|" + w.ID }
	for _, w := range writes {
		if w.Expect != record.AnyVersion && w.Expect != s.records[key(w)].Version {
			return record.ErrConflict
		}
	}
	for _, w := range writes {
		if w.Delete {
			delete(s.records, key(w))
			continue
		}
		s.records[key(w)] = record.Record{Kind: w.Kind, ID: w.ID, Version: s.records[key(w)].Version + 1, Body: w.Body}
	}
	return nil
}

func (s *shelf) count(kind record.Kind) (n int) {
	for _, r := range s.records {
		if r.Kind == kind {
			n++
		}
	}
	return n
}

// room is one replica over a shelf.
type room struct {
	*settings.Settings
	t     testing.TB
	shelf *shelf
	clock *clock.Manual
}

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

func open(t testing.TB, policy string, s *shelf) *room {
	t.Helper()
	p, err := config.ParsePolicy("policy.yaml", []byte(policy))
	if err != nil {
		t.Fatal(config.Sentences(err))
	}
	c := clock.NewManual(noon)
	return &room{settings.New(s, p, c), t, s, c}
}

var (
	inThread = chat.Place{Platform: chat.Slack, Workspace: "T1", Channel: "C1", Thread: "171.2"}
	public   = chat.Channel{Place: inThread.InChannel(), Kind: chat.PublicChannel}
)

func (r *room) resolve(person string) settings.Resolved {
	r.t.Helper()
	return r.resolveAt(inThread, public, person)
}

func (r *room) resolveAt(p chat.Place, ch chat.Channel, person string) settings.Resolved {
	r.t.Helper()
	got, err := r.Resolve(r.t.Context(), p, ch, person)
	if err != nil {
		r.t.Fatal(err)
	}
	return got
}

// set sets a value as an admin, or as the person themselves.
func (r *room) set(level settings.Level, id, key, value string) settings.Applied {
	r.t.Helper()
	c := settings.Change{Tenant: tenant, Level: level, ID: id, Key: key, Value: value, By: "p_root", ByRole: settings.Admin, Why: "test"}
	if level == settings.Person {
		c.By, c.ByRole = id, settings.Member
	}
	a, err := r.Set(r.t.Context(), c)
	if err != nil {
		r.t.Fatalf("set %s %s %s=%s: %v", level, id, key, value, err)
	}
	return a
}
