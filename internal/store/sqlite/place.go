package sqlite

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/gofrs/flock"
	driver "modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"

	"github.com/tierwise/tierwise/internal/fault"
)

// prepare makes the directory and the file, so that both have tight
// permissions from the first moment. SQLite gives its side files the
// permissions of the main one. The file is only created, never opened again:
// closing a second handle would drop the locks SQLite holds in this process.
func prepare(path string) error {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return misplaced(err, "The data directory %s cannot be used. Point TIERWISE_DATA_DIR at a directory this user can write.", dir)
	}
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		return misplaced(nil, "%s is a directory, but the store is a file of that name. Move it away or choose another TIERWISE_DATA_DIR.", path)
	case err == nil:
		return nil
	case !errors.Is(err, fs.ErrNotExist):
		return misplaced(err, "The store file %s cannot be reached. Give this user access to %s.", path, dir)
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return misplaced(err, "The store file %s cannot be created. Make its directory writable for this user.", path)
	}
	return f.Close()
}

// readable says what is wrong with a file that is to be read only.
func readable(path string) error {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return misplaced(err, "There is no store at %s yet. Start tierwise once, or point TIERWISE_DATA_DIR at its data.", path)
	case err != nil:
		return misplaced(err, "The store file %s cannot be reached. Give this user access to its directory.", path)
	case info.IsDir():
		return misplaced(nil, "%s is a directory, but the store is a file of that name.", path)
	}
	return nil
}

// lockFile takes the lock that makes this process the only writer. The lock
// goes with the process, so a killed one never leaves it behind.
func lockFile(path string) (*flock.Flock, error) {
	name := path + ".lock"
	lock := flock.New(name, flock.SetPermissions(0o600))
	got, err := lock.TryLock()
	if err != nil {
		return nil, misplaced(err, "The lock file %s cannot be made. Make its directory writable for this user.", name)
	}
	if !got {
		return nil, misplaced(nil, "%s is locked: another tierwise is running on this data directory. Stop it first, or set REDIS_URL to run more than one replica.", name)
	}
	return lock, nil
}

func misplaced(cause error, say string, args ...any) error {
	f := fault.Newf(fault.Misconfigured, say, args...)
	f.Err = fmt.Errorf("sqlite: %s", f.Say)
	if cause != nil {
		f.Err = fmt.Errorf("sqlite: %s: %w", f.Say, cause)
	}
	return f
}

func damaged(path string, err error) error {
	return fault.Wrap(err, fault.Misconfigured, "The store file "+path+" is damaged. Stop tierwise, put back a backup of it, and run doctor.")
}

// diagnose turns what SQLite reports into a fault that says what to do. Errors
// that are not SQLite's stay as they are.
func diagnose(path string, err error) error {
	var e *driver.Error
	if errors.Is(err, errLong) {
		return fault.Wrap(err, fault.Unavailable, "The report took too long and was ended. Ask for less, or try again when the machine is less busy.")
	}
	if !errors.As(err, &e) {
		if errors.Is(err, syscall.ENOSPC) {
			return full(path, err)
		}
		return err
	}
	switch e.Code() & 0xff {
	case lib.SQLITE_FULL:
		return full(path, err)
	case lib.SQLITE_CORRUPT, lib.SQLITE_NOTADB:
		return damaged(path, err)
	case lib.SQLITE_CANTOPEN, lib.SQLITE_PERM, lib.SQLITE_READONLY, lib.SQLITE_AUTH:
		return fault.Wrap(err, fault.Misconfigured, "The store file "+path+" cannot be opened or written. Give this user read and write access to it and its directory.")
	case lib.SQLITE_BUSY, lib.SQLITE_LOCKED:
		return fault.Wrap(err, fault.Unavailable, "The store file "+path+" is held by another program. Close that program and try again.")
	case lib.SQLITE_IOERR:
		return fault.Wrap(err, fault.Unavailable, "The disk that holds "+path+" reports errors. Nothing was changed; check the disk.")
	}
	return err
}

func full(path string, err error) error {
	return fault.Wrap(err, fault.Unavailable, "The disk that holds "+path+" is full. Nothing was changed; make room and try again.")
}
