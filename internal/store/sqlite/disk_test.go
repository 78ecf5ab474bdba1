package sqlite_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/tierwise/tierwise/internal/fault"
	"github.com/tierwise/tierwise/internal/store/sqlite"
	"github.com/tierwise/tierwise/usage"
)

// smallDisk is a file system of its own with little room.
func smallDisk(t *testing.T, bytes int) string {
	t.Helper()
	dir := t.TempDir()
	err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size="+strconv.Itoa(bytes))
	if errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.EACCES) || errors.Is(err, syscall.ENODEV) {
		t.Skipf("a file system can be mounted by root only: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// On a disk that fills up while money is held and settled, whatever was
// acknowledged is booked whole, whatever was not is not booked at all, and with
// room again the same process goes on.
func TestDiskFillsUpWhileMoneyIsBooked(t *testing.T) {
	dir := smallDisk(t, 4<<20)
	ballast := filepath.Join(dir, "ballast")
	put(t, ballast, make([]byte, 2<<20))
	s, err := sqlite.Open(t.Context(), filepath.Join(dir, "tierwise.db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() }) // before the disk goes
	limits(t, s)
	settled := map[string]bool{}
	n := 0
	for ; err == nil && n < 20_000; n++ {
		if err = pair(s, n); err == nil {
			settled["h"+strconv.Itoa(n)+".1"] = true
		}
	}
	wantFault(t, err, fault.Unavailable, "tierwise.db is full", "make room")
	if len(settled) == 0 {
		t.Fatal("nothing was booked before the disk was full: the test proves nothing")
	}
	whole := func(when string) {
		t.Helper()
		books(t, s)
		l := ledger(t, s)
		for id := range settled {
			if !l.ok[id] {
				t.Errorf("%s: attempt %s was acknowledged and has no entry", when, id)
			}
		}
		if len(l.ok) != len(settled) {
			t.Errorf("%s: %d attempts were acknowledged, %d have an entry", when, len(settled), len(l.ok))
		}
	}
	whole("full")
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	for i := n - 1; i < n+20; i++ { // the one that failed is tried again
		if err := pair(s, i); err != nil {
			t.Fatalf("with room again: %v", err)
		}
		settled["h"+strconv.Itoa(i)+".1"] = true
	}
	whole("with room again")
	if open, err := s.OpenHolds(t.Context(), tenant); err != nil || len(open) != len(settled) {
		t.Errorf("%d holds for %d attempts, %v", len(open), len(settled), err)
	}
	if err := s.Check(t.Context()); err != nil {
		t.Error(err)
	}
}

// pair holds money for the n-th attempt and settles it.
func pair(s *sqlite.Store, n int) error {
	id := "h" + strconv.Itoa(n)
	if _, err := s.Hold(context.Background(), request(id, n)); err != nil {
		return err
	}
	e := entry(id+".1", n)
	_, err := s.Settle(context.Background(), usage.Settlement{Tenant: tenant, Hold: id, Step: 1, Entry: &e})
	return err
}

func TestAFileThatCannotBeWritten(t *testing.T) {
	if asNobody(t) {
		return
	}
	path := filepath.Join(t.TempDir(), "tierwise.db")
	s, err := sqlite.Open(t.Context(), path, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(s.Close(), os.Chmod(path, 0o400)); err != nil {
		t.Fatal(err)
	}
	_, err = sqlite.Open(t.Context(), path, sqlite.Options{})
	wantFault(t, err, fault.Misconfigured, path, "cannot be opened or written", "access")
	r, err := sqlite.OpenReadOnly(t.Context(), path, sqlite.Options{})
	if err != nil {
		t.Fatalf("reports only read: %v", err)
	}
	_ = r.Close()
}

// A writer in another process keeps the store to itself for as long as it
// lives, and no longer.
func TestAnotherProcessWrites(t *testing.T) {
	path := filepath.Join(t.TempDir(), "tierwise.db")
	lines, end := start(t, path, 0)
	_, err := sqlite.Open(t.Context(), path, sqlite.Options{})
	wantFault(t, err, fault.Misconfigured, path+".lock", "another tierwise is running", "REDIS_URL")
	for lines.Scan() { // until it is killed
	}
	end()
	s, err := sqlite.Open(t.Context(), path, sqlite.Options{})
	if err != nil {
		t.Fatalf("after its death: %v", err)
	}
	defer func() { _ = s.Close() }()
	books(t, s)
}

// What is damaged is left as it is, for whoever mends it.
func TestDamageIsNotWrittenOver(t *testing.T) {
	whole := func(t *testing.T) []byte {
		t.Helper()
		path := filepath.Join(t.TempDir(), "tierwise.db")
		s, err := sqlite.Open(t.Context(), path, sqlite.Options{})
		if err != nil {
			t.Fatal(err)
		}
		fill(t, s, 50)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}(t)
	for name, spoil := range map[string]func(b []byte) []byte{
		"another file":         func([]byte) []byte { return []byte(strings.Repeat("this is no database. ", 500)) },
		"its head is gone":     func(b []byte) []byte { copy(b, make([]byte, 100)); return b },
		"its schema is gone":   func(b []byte) []byte { copy(b[100:4096], bytes.Repeat([]byte{0xa5}, 4096)); return b },
		"only the first pages": func(b []byte) []byte { return b[:3*4096] },
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "tierwise.db")
			spoiled := spoil(bytes.Clone(whole))
			put(t, path, spoiled)
			_, err := sqlite.Open(t.Context(), path, sqlite.Options{})
			wantFault(t, err, fault.Misconfigured, path, "damaged", "backup")
			if now, err := os.ReadFile(path); err != nil || !bytes.Equal(now, spoiled) {
				t.Errorf("the file was changed (%v)", err)
			}
		})
	}
}
