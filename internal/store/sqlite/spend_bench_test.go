package sqlite_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/tierwise/tierwise/internal/store/sqlite"
	"github.com/tierwise/tierwise/internal/store/storetest"
)

// BenchmarkSpend is /ai-spend over a quarter of 5 million entries (the bar is
// 20 ms). Their rows are loaded as sums, which ProveLoad shows to be what
// settling makes. With TIERWISE_BENCH_LARGE=1 the 5 million entries lie in the
// file beside them, several GB that take minutes to write.
func BenchmarkSpend(b *testing.B) {
	path := filepath.Join(b.TempDir(), "tierwise.db")
	s := openFile(b, path)
	now := time.Now()
	q := storetest.FiveMillion(tenant, now)
	limits(b, s)
	storetest.ProveLoad(b, s, now)
	rows := q.Load(b, s)
	name := "sums"
	if os.Getenv("TIERWISE_BENCH_LARGE") == "1" {
		name = "sums+entries"
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
// is closed, without its durability: the file is for reading.
func insertEntries(b *testing.B, path string, q storetest.Quarter) {
	b.Helper()
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=synchronous(OFF)&_pragma=cache_size(-262144)")
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	const batch = 100_000
	for from := 0; from < q.Attempts*q.Times; from += batch {
		if err := insertBatch(db, q, from, min(from+batch, q.Attempts*q.Times)); err != nil {
			b.Fatal(err)
		}
	}
}

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
		e := q.Entry(n / q.Times)
		e.ID += "." + strconv.Itoa(n%q.Times)
		body, err := json.Marshal(e)
		if err != nil {
			return err
		}
		if _, err := insert.Exec(e.Tenant, e.Windows.Month, e.ID, int64(e.Cost), string(body)); err != nil {
			return err
		}
	}
	return tx.Commit()
}
