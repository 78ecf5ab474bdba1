// Package journal is the record of what people changed: settings, limits,
// pauses and decisions, with who, in which role, when, from what, to what and
// why. Entries are appended in the same batch as the change itself, so that
// neither exists without the other, and are never edited or deleted by hand.
// The journal holds no message content and no names: people are pseudonyms.
// It does not decide who may change what and announces nothing.
package journal

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/oklog/ulid/v2"

	"github.com/tierwise/tierwise/internal/clock"
	"github.com/tierwise/tierwise/internal/record"
)

// Subject is the sort of thing that was changed.
type Subject string

// The subjects of an entry.
const (
	Setting  Subject = "setting"
	Limit    Subject = "limit"
	Pause    Subject = "pause"
	Decision Subject = "decision" // clearances, approvals, applied proposals
	Team     Subject = "team"
	Workflow Subject = "workflow"
	Erasure  Subject = "erasure"
)

// Entry is one change.
type Entry struct {
	ID      string    `json:"id"` // given by Write; time-ordered
	At      time.Time `json:"at"`
	Who     string    `json:"who"`  // a pseudonym, or "operator" for the command line
	Role    string    `json:"role"` // the role it was done in
	Subject Subject   `json:"subject"`
	// Level and Place say where it holds: "channel" and "C1".
	Level string `json:"level,omitempty"`
	Place string `json:"place,omitempty"`
	Key   string `json:"key"`            // "ceiling", "user:*:day"
	From  string `json:"from,omitempty"` // as a person reads it; "" was not set
	To    string `json:"to,omitempty"`   // "" is no longer set
	Why   string `json:"why,omitempty"`
}

// maxValue bounds From, To and Why in characters: the journal is for settings,
// and a text that long is not one.
const maxValue = 1000

// ErrIncomplete reports an entry that does not say who changed what, or when.
var ErrIncomplete = errors.New("journal: incomplete entry")

// Write makes the record of an entry, to be stored in the same batch as the
// change. The entry's ID is ignored; every call makes a new one.
func Write(e Entry) (record.Write, error) {
	if e.At.IsZero() || e.Who == "" || e.Role == "" || e.Subject == "" || e.Key == "" {
		return record.Write{}, ErrIncomplete
	}
	e.At = e.At.UTC()
	e.From, e.To, e.Why = clip(e.From), clip(e.To), clip(e.Why)
	u, err := ulid.New(ulid.Timestamp(e.At), rand.Reader)
	if err != nil {
		return record.Write{}, fmt.Errorf("journal: id: %w", err)
	}
	e.ID = month(e.At) + "/" + u.String()
	body, err := json.Marshal(e)
	if err != nil {
		return record.Write{}, fmt.Errorf("journal: encode: %w", err)
	}
	return record.Write{Kind: record.Journal, ID: e.ID, Body: body, Expect: 0}, nil
}

// Reader is what the journal asks of a store.
type Reader interface {
	List(ctx context.Context, tenant string, kind record.Kind, prefix string) ([]record.Record, error)
}

// Journal reads the entries of a workspace.
type Journal struct {
	store Reader
	clock clock.Clock
}

// New returns a Journal over a store.
func New(store Reader, c clock.Clock) *Journal { return &Journal{store: store, clock: c} }

// List returns up to max entries not older than since, the newest first. A
// zero since means from the beginning; max 0 means all.
func (j *Journal) List(ctx context.Context, tenant string, since time.Time, max int) ([]Entry, error) {
	if since.IsZero() {
		return j.page(ctx, tenant, "", since, max)
	}
	var out []Entry
	first := monthStart(since)
	// One month ahead is read too: the writer's clock may be ahead of ours.
	for m := monthStart(j.clock.Now()).AddDate(0, 1, 0); !m.Before(first); m = m.AddDate(0, -1, 0) {
		page, err := j.page(ctx, tenant, month(m)+"/", since, max)
		if err != nil {
			return nil, err
		}
		out = append(out, page...)
		if max > 0 && len(out) >= max {
			return out[:max], nil
		}
	}
	return out, nil
}

// page reads the entries under one prefix, newest first.
func (j *Journal) page(ctx context.Context, tenant, prefix string, since time.Time, max int) ([]Entry, error) {
	records, err := j.store.List(ctx, tenant, record.Journal, prefix)
	if err != nil {
		return nil, fmt.Errorf("journal: list: %w", err)
	}
	var out []Entry
	for _, r := range records {
		var e Entry
		if err := json.Unmarshal(r.Body, &e); err != nil {
			return nil, fmt.Errorf("journal: entry %s: %w", r.ID, err)
		}
		if !e.At.Before(since) {
			out = append(out, e)
		}
	}
	slices.SortFunc(out, func(a, b Entry) int {
		return cmp.Or(b.At.Compare(a.At), cmp.Compare(b.ID, a.ID))
	})
	if max > 0 && len(out) > max {
		out = out[:max]
	}
	return out, nil
}

func month(t time.Time) string { return t.UTC().Format("2006-01") }

func monthStart(t time.Time) time.Time {
	y, m, _ := t.UTC().Date()
	return time.Date(y, m, 1, 0, 0, 0, 0, time.UTC)
}

func clip(s string) string {
	r := []rune(s)
	if len(r) <= maxValue {
		return s
	}
	return string(r[:maxValue-1]) + "…"
}
