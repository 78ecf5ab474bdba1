package leaving

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/tierwise/tierwise/internal/record"
)

// Person is somebody under both names.
type Person struct {
	Pseudonym string // as the ledger and the records' ids know them
	ID        string // as the platform knows them
}

// Belongs reports whether a record is of a person: their draft, their request,
// a thread they began. It opens what is sealed. A record it cannot read counts
// as theirs.
type Belongs func(tenant string, r record.Record, p Person) (bool, error)

// personal are the kinds that can hold something of one person. What is only
// named by pseudonym (ledger rows, outcomes, the journal) stays: without the
// directory row nobody is behind it.
var personal = []record.Kind{record.Draft, record.Unsent, record.Request, record.Thread, record.Example}

// Erase removes a person: the directory row, own settings, drafts, requests,
// examples and threads. A record is theirs when its id names them, or when
// Belongs says so; of a kind for which nobody can say, all records go, since
// they are short-lived and too much is better than too little. The journal says
// that somebody was erased, and not who. Erasing again is no error.
func (l *Leaver) Erase(ctx context.Context, tenant string, p Person, by By) error {
	for _, f := range l.d.Forget {
		if err := f.Forget(ctx, tenant, p.Pseudonym); err != nil {
			return fmt.Errorf("leaving: erase: %w", err)
		}
	}
	entry, err := l.journal(by, "person", "", "erased")
	if err != nil {
		return fmt.Errorf("leaving: erase: %w", err)
	}
	writes := []record.Write{entry, record.Remove(record.Person, p.Pseudonym), record.Remove(record.Setting, "person/"+p.Pseudonym)}
	for _, k := range personal {
		records, err := l.d.Records.List(ctx, tenant, k, "")
		if err != nil {
			return fmt.Errorf("leaving: erase: %w", err)
		}
		for _, r := range records {
			if l.belongs(tenant, r, p) {
				writes = append(writes, record.Remove(r.Kind, r.ID))
			}
		}
	}
	if err := l.d.Records.Write(ctx, tenant, writes...); err != nil {
		return fmt.Errorf("leaving: erase: %w", err)
	}
	return nil
}

func (l *Leaver) belongs(tenant string, r record.Record, p Person) bool {
	segments := strings.Split(r.ID, "/")
	if slices.Contains(segments, p.Pseudonym) || p.ID != "" && slices.Contains(segments, p.ID) {
		return true
	}
	switch {
	case r.Kind == record.Unsent:
		return false // its id names whose it is
	case r.Kind == record.Example && l.d.Belongs[r.Kind] == nil:
		return false // examples of a channel are nobody's own
	}
	ask := l.d.Belongs[r.Kind]
	if ask == nil {
		return true
	}
	theirs, err := ask(tenant, r, p)
	return theirs || err != nil
}
