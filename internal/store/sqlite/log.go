package sqlite

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"time"
)

// The write-ahead log. SQLite moves it into the file by itself, and begins it
// anew when nobody reads from it. Where reports overlap, somebody always does,
// and then it would grow for as long as they go on. So a log above logKept is
// cut: the writer waits until those who read have read, while those who come
// read the file. How long it waits grows with the log, and no read lasts longer
// than readMost, so the log is bounded by what is written in that time.
const (
	// logKept is how large the log may stay, in bytes.
	logKept = 64 << 20
	// patience is how long callers of the writer wait for readers at most, for
	// every logKept bytes of the log.
	patience = 50 * time.Millisecond
	// patienceMost bounds that, and after a wait there is none for pauses times
	// as long: who reads for hours slows the writer down by a twentieth.
	patienceMost = 5 * time.Second
	pauses       = 20
	// readMost is how long one read may hold its snapshot.
	readMost = 30 * time.Second
)

// cut writes the log into the file, where secure_delete has overwritten what was
// removed, and leaves the log empty. A reader who still reads from the log when
// the wait is over keeps it; then it is tried again after later commits.
func (w *writer) cut(wait time.Duration) {
	ctx := context.Background()
	_, _ = w.conn.ExecContext(ctx, `PRAGMA busy_timeout = `+strconv.FormatInt(wait.Milliseconds(), 10))
	defer func() { _, _ = w.conn.ExecContext(ctx, `PRAGMA busy_timeout = `+strconv.Itoa(busyTimeout)) }()
	var busy, pages, moved int
	row := w.conn.QueryRowContext(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`)
	if err := row.Scan(&busy, &pages, &moved); err == nil && busy == 0 {
		w.uncut = false
	}
}

// trim cuts the log when it must be, or has become too large.
func (w *writer) trim() {
	size := int64(0)
	if info, err := os.Stat(w.store.path + "-wal"); err == nil {
		size = info.Size()
	}
	if !w.uncut && size <= w.logMost || time.Now().Before(w.cutAt) {
		return
	}
	wait := min(patience*time.Duration(1+size/w.logMost), patienceMost)
	w.cut(wait)
	w.cutAt = time.Now().Add(pauses * wait)
}

// logPragmas are the settings that go with this.
func logPragmas() []string {
	return []string{"wal_autocheckpoint(4000)", fmt.Sprintf("journal_size_limit(%d)", logKept)}
}
