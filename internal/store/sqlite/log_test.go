package sqlite

import (
	"context"
	"database/sql"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tierwise/tierwise/internal/clock"
	"github.com/tierwise/tierwise/internal/fault"
	"github.com/tierwise/tierwise/internal/record"
)

// smallLog makes a store cut its log at a size that a test can write.
func smallLog(t *testing.T, s *Store, most int64) {
	t.Helper()
	_, err := write(t.Context(), s, "test", func(tx *tx) (struct{}, error) { tx.w.logMost = most; return struct{}{}, nil })
	if err != nil {
		t.Fatal(err)
	}
}

// writeSome writes the same records again and again, and has the writer look
// after the log with each as if some time had passed.
func writeSome(t *testing.T, s *Store, times int) {
	t.Helper()
	body := make([]byte, 20_000)
	for i := range times {
		_, err := write(t.Context(), s, "test", func(tx *tx) (struct{}, error) {
			tx.w.purgeAt, tx.w.cutAt = time.Time{}, time.Time{}
			return struct{}{}, tx.writeRecords("T", []record.Write{record.Put(record.Draft, strconv.Itoa(i%10), body, 0)})
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// logSize is the size of the log after all that was begun has been done.
func logSize(t *testing.T, s *Store) int64 {
	t.Helper()
	writeSome(t, s, 1) // its batch begins when the look after the one before is over
	info, err := os.Stat(s.path + "-wal")
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}

// snapshot begins to read as a program beside tierwise does, and goes on until
// end is called.
func snapshot(t *testing.T, db *sql.DB) (end func()) {
	t.Helper()
	tx, err := db.BeginTx(context.Background(), &sql.TxOptions{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	var n int
	if err := tx.QueryRow(`SELECT count(*) FROM records`).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return func() { _ = tx.Rollback() }
}

func beside(t *testing.T, s *Store) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", dsn(s.path, readerSettings()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// While somebody reads one snapshot the log must keep what he reads, and grows.
// The writer goes on meanwhile, and cuts the log when he has read.
func TestLogIsCutWhenALongReaderHasRead(t *testing.T) {
	s := openAt(t, clock.System{})
	const most = 200_000
	writeSome(t, s, 10)
	end := snapshot(t, beside(t, s))
	smallLog(t, s, 1<<40)
	writeSome(t, s, 40)
	smallLog(t, s, most)
	if size := logSize(t, s); size < 2*most {
		t.Fatalf("the log has %d bytes: it did not grow, and the test proves nothing", size)
	}
	end()
	writeSome(t, s, 1)
	if size := logSize(t, s); size > most {
		t.Errorf("the log still has %d bytes", size)
	}
}

// Readers that overlap leave no moment without one. The log is cut all the
// same: it must not grow for as long as they go on.
func TestLogIsCutUnderReadersThatOverlap(t *testing.T) {
	s := openAt(t, clock.System{})
	const most = 200_000
	writeSome(t, s, 10)
	db := beside(t, s)
	var readers sync.WaitGroup
	stop := make(chan struct{})
	turn := make(chan func(), 1) // holds the end of the snapshot that is being read
	turn <- snapshot(t, db)
	readers.Go(func() {
		for {
			select {
			case <-stop:
				(<-turn)()
				return
			case end := <-turn:
				turn <- snapshot(t, db) // the next has begun before the last one ends
				end()
			}
		}
	})
	defer readers.Wait()
	defer close(stop)
	smallLog(t, s, 1<<40)
	writeSome(t, s, 40)
	if size := logSize(t, s); size < 2*most {
		t.Skipf("the log has %d bytes: SQLite found a moment to begin it anew", size)
	}
	smallLog(t, s, most)
	for range 200 {
		if logSize(t, s) < most {
			return
		}
	}
	t.Errorf("the log has %d bytes after 200 looks at it", logSize(t, s))
}

// No read of ours keeps its snapshot for ever.
func TestAReadThatDoesNotEndIsEnded(t *testing.T) {
	s := openAt(t, clock.System{})
	s.most = 20 * time.Millisecond
	var n int
	err := s.row(t.Context(), `WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT count(*) FROM c`).Scan(&n)
	if err = s.failed("test", err); fault.KindOf(err) != fault.Unavailable || !strings.Contains(err.Error(), errLong.Error()) {
		t.Errorf("error %v", err)
	}
	end := snapshot(t, beside(t, s))
	end()
	smallLog(t, s, 1)
	writeSome(t, s, 1)
	if err := s.Check(t.Context()); err != nil {
		t.Error(err)
	}
}
