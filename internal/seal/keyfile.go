package seal

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// KeyFile is the name of the key file in the data directory.
const KeyFile = "secret.key"

// LoadOrCreate reads the key file of a data directory and makes one with a
// fresh random key when there is none. The file is readable by its owner only;
// one that others can read is refused. Two processes that start together get
// the same key. It returns the keys and whether the file was made just now, so
// that the operator can be told to keep a copy: what is sealed is lost without
// it.
func LoadOrCreate(dataDir string) (keys []Key, created bool, err error) {
	path := filepath.Join(dataDir, KeyFile)
	keys, err = load(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return keys, false, err
	}
	if err := os.MkdirAll(dataDir, 0o700); err != nil {
		return nil, false, fmt.Errorf("seal: data directory: %w", err)
	}
	created, err = create(dataDir, path)
	if err != nil {
		return nil, false, fmt.Errorf("seal: make key file: %w", err)
	}
	keys, err = load(path)
	return keys, created, err
}

func load(path string) ([]Key, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("seal: key file: %w", err)
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("seal: key file: %w", err)
	}
	if !info.Mode().IsRegular() || info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("seal: key file %s can be read by others: run \"chmod 600 %s\"", path, path)
	}
	if info.Size() > 64<<10 {
		return nil, fmt.Errorf("seal: key file %s is not a list of keys: it is larger than 64 KiB", path)
	}
	b := make([]byte, info.Size())
	if _, err := f.ReadAt(b, 0); err != nil {
		return nil, fmt.Errorf("seal: key file: %w", err)
	}
	keys, err := ParseKeys(string(b))
	if err != nil {
		return nil, fmt.Errorf("seal: key file %s: %w", path, err)
	}
	return keys, nil
}

// create writes the key to a file of its own first and then links it into
// place: the name appears only with its whole content, and only once.
func create(dir, path string) (bool, error) {
	tmp, err := os.CreateTemp(dir, KeyFile+".*") // mode 0600
	if err != nil {
		return false, err
	}
	defer func() { _ = os.Remove(tmp.Name()) }()
	var secret [32]byte
	_, _ = rand.Read(secret[:]) // never fails; see crypto/rand
	_, err = tmp.WriteString(hex.EncodeToString(secret[:]) + "\n")
	err = errors.Join(err, tmp.Sync(), tmp.Close())
	if err != nil {
		return false, err
	}
	if err := os.Link(tmp.Name(), path); err != nil {
		if errors.Is(err, fs.ErrExist) {
			return false, nil
		}
		return false, err
	}
	return true, syncDir(dir)
}

// syncDir makes a new name survive a power failure.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
