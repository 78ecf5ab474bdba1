package app

import (
	"errors"
	"io/fs"
	"os"
	"syscall"

	"github.com/tierwise/tierwise/internal/config"
	"github.com/tierwise/tierwise/internal/fault"
)

// makeDir makes the data directory, or says in a sentence why it cannot be
// used.
func makeDir(cfg config.Config, demo bool) error {
	err := os.MkdirAll(dir(cfg, demo), 0o700)
	if err == nil {
		return nil
	}
	why := "it cannot be made"
	switch {
	case errors.Is(err, fs.ErrPermission):
		why = "this user may not write there"
	case errors.Is(err, syscall.ENOTDIR):
		why = "there is a file of that name, or on the way to it"
	case errors.Is(err, syscall.ENOSPC):
		why = "the disk is full"
	case errors.Is(err, syscall.EROFS):
		why = "the disk can only be read"
	}
	return fault.Wrap(err, fault.Misconfigured, "The data directory "+cfg.DataDir+" cannot be used: "+why+". Set TIERWISE_DATA_DIR to a directory that this user may write to.")
}
