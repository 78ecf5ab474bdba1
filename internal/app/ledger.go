package app

import (
	"context"
	"errors"
	"log/slog"

	"github.com/tierwise/tierwise/internal/clock"
	"github.com/tierwise/tierwise/internal/config"
	"github.com/tierwise/tierwise/internal/fault"
	"github.com/tierwise/tierwise/internal/leaving"
	"github.com/tierwise/tierwise/internal/people"
	"github.com/tierwise/tierwise/internal/record"
	"github.com/tierwise/tierwise/internal/settings"
	"github.com/tierwise/tierwise/usage"
)

// Ledger is an opened store with what proves its books.
type Ledger struct {
	Store
	Archive *usage.Archive
	leaver  *leaving.Leaver
	names   *people.Directory
}

// OpenLedger opens the store of the configuration for reports, or for work on
// the books.
func OpenLedger(ctx context.Context, cfg config.Config, w Where, log *slog.Logger) (*Ledger, error) {
	s, err := sealer(cfg, w.Demo)
	if err != nil {
		return nil, err
	}
	store, err := OpenStore(ctx, cfg, w, log)
	if err != nil {
		return nil, err
	}
	l := &Ledger{Store: store, Archive: usage.NewArchive(store, s, clock.System{}), names: people.New(store, s, clock.System{})}
	l.leaver = leaving.New(leaving.Deps{
		Records: store, Books: store, Archive: l.Archive, Clock: clock.System{}, Files: closedMonths(cfg, w.Demo),
		Forget: []leaving.Forgetter{l.names, settings.New(store, cfg.Policy, clock.System{})},
	})
	return l, nil
}

// operator is who the command line acts as.
func operator(why string) leaving.By {
	return leaving.By{Who: "operator", Role: "operator", Why: why}
}

// Purge removes everything of a workspace, its books included, for good.
func (l *Ledger) Purge(ctx context.Context, tenant string) error { return l.leaver.Purge(ctx, tenant) }

// Erase removes a person, named by the platform's id: directory row, personal
// settings, and all drafts and requests of the workspace that cannot be told to
// be somebody else's. Ledger rows stay; nobody is behind their pseudonym then.
func (l *Ledger) Erase(ctx context.Context, tenant, id, why string) error {
	p, err := l.names.Pseudonym(ctx, tenant, id)
	if err != nil {
		return err
	}
	if _, err := l.names.PlatformID(ctx, tenant, p); errors.Is(err, record.ErrNotFound) {
		return fault.Newf(fault.NotFound, "Nobody with that id is known in %s.", tenant)
	}
	return l.leaver.Erase(ctx, tenant, leaving.Person{Pseudonym: p, ID: id}, operator(why))
}
