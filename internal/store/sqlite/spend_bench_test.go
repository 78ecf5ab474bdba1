package sqlite_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tierwise/tierwise/internal/store/sqlite"
	"github.com/tierwise/tierwise/internal/store/storetest"
)

// largeEnv makes BenchmarkSpend write real entries into the file: as many as it
// says, or 5 million when it is 1.
const largeEnv = "TIERWISE_BENCH_LARGE"

// BenchmarkSpend is /ai-spend over a quarter of 5 million entries (the bar is
// 20 ms). Their rows are loaded as sums, which ProveLoad shows to be what
// settling makes. With TIERWISE_BENCH_LARGE the entries lie in the file beside
// them, several GB that take minutes to write. Fewer entries make the same
// number of rows.
func BenchmarkSpend(b *testing.B) {
	path := filepath.Join(b.TempDir(), "tierwise.db")
	s := openFile(b, path)
	now := time.Now()
	q := storetest.FiveMillion(tenant, now)
	large, _ := strconv.Atoi(os.Getenv(largeEnv))
	if large > 1 {
		q.Times = max(1, large/q.Attempts)
	}
	limits(b, s)
	storetest.ProveLoad(b, s, now)
	rows := q.Load(b, s)
	name := "sums"
	if large > 0 {
		name = "sums+entries=" + strconv.Itoa(q.Attempts*q.Times)
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
		insertEntries(b, path, q)
		s = openFile(b, path)
	}
	b.Run(name, func(b *testing.B) { storetest.BenchSpend(b, s, q, rows) })
}

func openFile(b *testing.B, path string) *sqlite.Store {
	b.Helper()
	s, err := sqlite.Open(context.Background(), path, sqlite.Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := s.Close(); err != nil {
			b.Error(err)
		}
	})
	return s
}

// insertEntries writes every entry of a quarter into the file of a store that
// is closed, without its durability and with the indexes made at the end: the
// file is for reading. It says on the standard error how far it is.
func insertEntries(b *testing.B, path string, q storetest.Quarter) {
	b.Helper()
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=journal_mode(OFF)&_pragma=synchronous(OFF)&_pragma=locking_mode(EXCLUSIVE)&_pragma=cache_size(-262144)")
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	begun, total := time.Now(), q.Attempts*q.Times
	say := func(what string) {
		fmt.Fprintf(os.Stderr, "%s after %s\n", what, time.Since(begun).Round(time.Second))
	}
	indexes, err := withoutIndexes(db)
	if err != nil {
		b.Fatal(err)
	}
	const batch = 10_000 // attempts
	for from := 0; from < q.Attempts; from += batch {
		to := min(from+batch, q.Attempts)
		if err := insertBatch(db, q, from, to); err != nil {
			b.Fatal(err)
		}
		say(fmt.Sprintf("%d of %d entries", to*q.Times, total))
	}
	for _, create := range indexes {
		if _, err := db.Exec(create); err != nil {
			b.Fatal(err)
		}
		say("an index")
	}
	var n int
	if err := db.QueryRow(`SELECT count(*) FROM entries WHERE tenant = ?`, q.Tenant).Scan(&n); err != nil || n != total {
		b.Fatalf("%d entries of %d, %v", n, total, err)
	}
}

// withoutIndexes drops the indexes of the entries and says how to make them.
func withoutIndexes(db *sql.DB) (create []string, err error) {
	rows, err := db.Query(`SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND tbl_name = 'entries' AND sql IS NOT NULL`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var names []string
	for rows.Next() {
		var name, text string
		if err := rows.Scan(&name, &text); err != nil {
			return nil, err
		}
		names, create = append(names, name), append(create, text)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return nil, err
	}
	for _, name := range names {
		if _, err := db.Exec(`DROP INDEX ` + name); err != nil {
			return nil, err
		}
	}
	return create, nil
}

// insertBatch writes attempts, each of them Times times: rows that differ in
// their ids only.
func insertBatch(db *sql.DB, q storetest.Quarter, from, to int) error {
	tx, err := db.Begin()
	if err != nil {
		return err
	}
	defer tx.Rollback() // after Commit it does nothing
	insert, err := tx.Prepare(`INSERT INTO entries (tenant, month, id, cost, body) VALUES (?, ?, ?, ?, ?)`)
	if err != nil {
		return err
	}
	for n := from; n < to; n++ {
		e := q.Entry(n)
		body, err := json.Marshal(e)
		if err != nil {
			return err
		}
		head, rest, ok := strings.Cut(string(body), strconv.Quote(e.ID))
		if !ok {
			return fmt.Errorf("entry %s does not name itself", e.ID)
		}
		for i := range q.Times {
			id := e.ID + "." + strconv.Itoa(i)
			if _, err := insert.Exec(e.Tenant, e.Windows.Month, id, int64(e.Cost), head+strconv.Quote(id)+rest); err != nil {
				return err
			}
		}
	}
	return tx.Commit()
}
