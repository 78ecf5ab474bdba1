package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/tierwise/tierwise/internal/fault"
)

// schema holds one file per version, "0001_store.sql" first. A file that has
// been released is never edited; a change is a further file.
//
//go:embed schema/*.sql
var schema embed.FS

type migration struct {
	version int
	sql     string
}

func migrations() ([]migration, error) {
	files, err := schema.ReadDir("schema")
	if err != nil {
		return nil, fmt.Errorf("sqlite: schema: %w", err)
	}
	var all []migration
	for _, f := range files {
		number, _, _ := strings.Cut(f.Name(), "_")
		version, err := strconv.Atoi(number)
		if err != nil || version != len(all)+1 {
			return nil, fmt.Errorf("sqlite: schema file %s is out of order", f.Name())
		}
		text, err := schema.ReadFile("schema/" + f.Name())
		if err != nil {
			return nil, fmt.Errorf("sqlite: schema: %w", err)
		}
		all = append(all, migration{version, string(text)})
	}
	return all, nil
}

// migrate applies, each in a transaction of its own, the migrations the file
// has not seen.
func migrate(ctx context.Context, conn *sql.Conn, now time.Time) error {
	all, err := migrations()
	if err != nil {
		return err
	}
	const table = `CREATE TABLE IF NOT EXISTS schema_version (version INTEGER PRIMARY KEY, applied INTEGER NOT NULL)`
	if _, err := conn.ExecContext(ctx, table); err != nil {
		return err
	}
	have, err := version(ctx, conn)
	if err != nil {
		return err
	}
	if have > len(all) {
		return tooNew(have, len(all))
	}
	for _, m := range all[have:] {
		if err := apply(ctx, conn, m, now); err != nil {
			return fmt.Errorf("schema %d: %w", m.version, err)
		}
	}
	return nil
}

func apply(ctx context.Context, conn *sql.Conn, m migration, now time.Time) error {
	t, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = t.Rollback() }() // after a commit it does nothing
	if _, err := t.ExecContext(ctx, m.sql); err != nil {
		return err
	}
	if _, err := t.ExecContext(ctx, `INSERT INTO schema_version VALUES (?, ?)`, m.version, nanos(now)); err != nil {
		return err
	}
	return t.Commit()
}

type rowQuerier interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

func version(ctx context.Context, q rowQuerier) (int, error) {
	var v int
	err := q.QueryRowContext(ctx, `SELECT coalesce(max(version), 0) FROM schema_version`).Scan(&v)
	return v, err
}

// checkVersion is migrate for a reader, who may not change anything.
func checkVersion(ctx context.Context, db *sql.DB) error {
	all, err := migrations()
	if err != nil {
		return err
	}
	var tables int
	if err := db.QueryRowContext(ctx, `SELECT count(*) FROM sqlite_schema WHERE name = 'schema_version'`).Scan(&tables); err != nil {
		return err
	}
	have := 0
	if tables > 0 {
		if have, err = version(ctx, db); err != nil {
			return err
		}
	}
	switch {
	case have > len(all):
		return tooNew(have, len(all))
	case have < len(all):
		say := fmt.Sprintf("The store has schema %d and this version reads schema %d. Run tierwise migrate, or start tierwise once.", have, len(all))
		return fault.Wrap(errors.New("sqlite: "+say), fault.Misconfigured, say)
	}
	return nil
}

func tooNew(have, known int) error {
	say := fmt.Sprintf("The store was written by a newer tierwise (schema %d, this version knows %d). Install that version again, or put back a backup made before.", have, known)
	return fault.Wrap(errors.New("sqlite: "+say), fault.Misconfigured, say)
}
