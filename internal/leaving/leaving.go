// Package leaving takes workspaces and people out of the store. A workspace
// that removes the bot loses tokens, names, content, settings and evidence at
// once; its ledger, budgets and journal rest for ninety days under pseudonyms,
// so that a reinstall goes on with the same counters, and are then purged. One
// person can be erased while the sums stay. Every step can be stopped anywhere
// and repeated. The package talks to no platform, revokes nothing there, and
// does not decide who may ask for any of it.
package leaving

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/tierwise/tierwise/internal/clock"
	"github.com/tierwise/tierwise/internal/journal"
	"github.com/tierwise/tierwise/internal/record"
	"github.com/tierwise/tierwise/usage"
)

// Rest is how long a removed workspace's books are kept.
const Rest = 90 * 24 * time.Hour

// markID is the only record of kind Left.
const markID = "at"

// Records is what leaving asks of a store for records and jobs.
type Records interface {
	Get(ctx context.Context, tenant string, kind record.Kind, id string) (record.Record, error)
	List(ctx context.Context, tenant string, kind record.Kind, prefix string) ([]record.Record, error)
	Write(ctx context.Context, tenant string, writes ...record.Write) error
	Wipe(ctx context.Context, tenant string, jobs bool, kinds ...record.Kind) error
}

// Books is what leaving asks of a store for money.
type Books interface {
	usage.Books
	usage.Limiter
}

// Purger is a store that can remove everything of a workspace in one step,
// down to the marks that only keep late repetitions out. Purge uses it when the
// store's Records have it.
type Purger interface {
	Purge(ctx context.Context, tenant string) error
}

// Forgetter removes what it keeps of one person; people.Directory and
// settings.Settings do.
type Forgetter interface {
	Forget(ctx context.Context, tenant, pseudonym string) error
}

// Deps are what a Leaver works with. Clock, Records, Books and Archive are
// required.
type Deps struct {
	Records Records
	Books   Books
	Archive *usage.Archive
	Clock   clock.Clock
	// Files is the directory of the files of closed months; "" when there is none.
	Files string
	// Forget are all that keep rows by pseudonym.
	Forget []Forgetter
	// Belongs tells whose a record is whose id does not say; see Erase.
	Belongs map[record.Kind]Belongs
}

// Leaver removes workspaces and people. It is safe for concurrent use.
type Leaver struct{ d Deps }

// New returns a Leaver.
func New(d Deps) *Leaver { return &Leaver{d} }

// By says who asked for it and why, for the journal.
type By struct {
	Who  string // a pseudonym, "operator" or "platform"
	Role string
	Why  string
}

// mark is the body of the Left record.
type mark struct {
	At time.Time `json:"at"`
}

// Leave takes a workspace's tokens, names, content, settings, evidence and
// jobs away, at once, and begins the rest of its books. Leaving again keeps the
// date of the first time. Other replicas may show cached names and settings for
// up to a minute.
func (l *Leaver) Leave(ctx context.Context, tenant string, by By) error {
	now := l.d.Clock.Now().UTC()
	body, err := json.Marshal(mark{now})
	if err != nil {
		return fmt.Errorf("leaving: leave: %w", err)
	}
	entry, err := l.journal(by, "workspace", "", "removed")
	if err != nil {
		return fmt.Errorf("leaving: leave: %w", err)
	}
	// The mark comes first: what a crash leaves behind, Tend removes.
	left := record.Write{Kind: Left, ID: markID, Body: body, Expect: 0}
	if err := l.d.Records.Write(ctx, tenant, left, entry); err != nil && !errors.Is(err, record.ErrConflict) {
		return fmt.Errorf("leaving: leave: %w", err)
	}
	return l.wipe(ctx, tenant)
}

func (l *Leaver) wipe(ctx context.Context, tenant string) error {
	if err := l.d.Records.Wipe(ctx, tenant, true, goes()...); err != nil {
		return fmt.Errorf("leaving: wipe: %w", err)
	}
	return nil
}

// Back ends the rest of a workspace that was installed again, and reports
// whether it had been removed. It must run before anything of the workspace is
// written, since Tend wipes what carries the mark.
func (l *Leaver) Back(ctx context.Context, tenant string, by By) (bool, error) {
	m, err := l.d.Records.Get(ctx, tenant, Left, markID)
	if errors.Is(err, record.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("leaving: back: %w", err)
	}
	entry, err := l.journal(by, "workspace", "removed", "installed again")
	if err != nil {
		return false, fmt.Errorf("leaving: back: %w", err)
	}
	gone := record.Write{Kind: Left, ID: markID, Expect: m.Version, Delete: true}
	if err := l.d.Records.Write(ctx, tenant, gone, entry); err != nil && !errors.Is(err, record.ErrConflict) {
		return false, fmt.Errorf("leaving: back: %w", err)
	}
	return true, nil
}

// Tend is for a daily job. It wipes removed workspaces again, since a turn that
// was running when they left may have written after it, and purges those whose
// rest is over, which it returns.
func (l *Leaver) Tend(ctx context.Context) (purged []string, err error) {
	tenants, err := l.d.Books.Tenants(ctx)
	if err != nil {
		return nil, fmt.Errorf("leaving: tend: %w", err)
	}
	var failed []error
	for _, t := range tenants {
		over, err := l.tend(ctx, t)
		if over && err == nil {
			purged = append(purged, t)
		}
		failed = append(failed, err)
	}
	return purged, errors.Join(failed...)
}

func (l *Leaver) tend(ctx context.Context, tenant string) (over bool, err error) {
	r, err := l.d.Records.Get(ctx, tenant, Left, markID)
	if errors.Is(err, record.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("leaving: tend: %w", err)
	}
	var m mark
	if err := json.Unmarshal(r.Body, &m); err != nil {
		return false, fmt.Errorf("leaving: tend %s: %w", tenant, err)
	}
	if l.d.Clock.Now().Before(m.At.Add(Rest)) {
		return false, l.wipe(ctx, tenant)
	}
	return true, l.Purge(ctx, tenant)
}

// Purge removes everything of a workspace for good: what Leave takes, and the
// ledger, its files, budgets, journal and the key of its pseudonyms. The mark
// that it was removed goes last, so that a purge that was stopped is taken up
// again by Tend.
func (l *Leaver) Purge(ctx context.Context, tenant string) error {
	if l.d.Files != "" {
		if err := os.RemoveAll(usage.FilesOf(l.d.Files, tenant)); err != nil {
			return fmt.Errorf("leaving: purge: %w", err)
		}
	}
	if p, ok := l.d.Records.(Purger); ok {
		if err := p.Purge(ctx, tenant); err != nil {
			return fmt.Errorf("leaving: purge: %w", err)
		}
		return nil
	}
	if err := l.clearBooks(ctx, tenant); err != nil {
		return fmt.Errorf("leaving: purge: %w", err)
	}
	if err := l.d.Records.Wipe(ctx, tenant, true, Kinds()...); err != nil {
		return fmt.Errorf("leaving: purge: %w", err)
	}
	return nil
}

// clearBooks empties the ledger and removes the limits.
func (l *Leaver) clearBooks(ctx context.Context, tenant string) error {
	if err := l.d.Archive.Clear(ctx, l.d.Books, tenant); err != nil {
		return err
	}
	limits, err := l.d.Books.Limits(ctx, tenant)
	if err != nil {
		return err
	}
	keys := make([]string, 0, len(limits))
	for _, limit := range limits {
		keys = append(keys, limit.Key())
	}
	return l.d.Books.SetLimits(ctx, tenant, nil, keys)
}

// journal makes the record of what was done.
func (l *Leaver) journal(by By, key, from, to string) (record.Write, error) {
	return journal.Write(journal.Entry{
		At: l.d.Clock.Now(), Who: by.Who, Role: by.Role, Subject: journal.Erasure, Key: key, From: from, To: to, Why: by.Why,
	})
}
