package usage

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strconv"

	"github.com/tierwise/tierwise/internal/record"
)

// Books is what closing asks of a store.
type Books interface {
	Reader
	Keeper
}

// ErrLate: the sums of a month that was just closed have more entries than its
// checkpoints and rows together. A store that keeps the promise of Drop cannot
// get there; Verify shows the difference.
var ErrLate = errors.New("usage: booked while the month was closed")

// digest is what a checkpoint says about a run of entries.
type digest struct {
	books       *books
	total       Cell
	sum         hash.Hash
	first, last string
}

func newDigest() *digest { return &digest{books: newBooks(), sum: sha256.New()} }

func (d *digest) add(e Entry) {
	if d.first == "" {
		d.first = e.ID
	}
	d.last = e.ID
	d.total = d.total.Add(CellOf(e))
	d.books.add(e)
}

func (d *digest) hash() string { return hex.EncodeToString(d.sum.Sum(nil)) }

// digestFile reads an export again.
func digestFile(file io.Reader) (*digest, error) {
	d := newDigest()
	dec := json.NewDecoder(io.TeeReader(file, d.sum))
	for {
		var e Entry
		err := dec.Decode(&e)
		if errors.Is(err, io.EOF) {
			return d, nil
		}
		if err != nil {
			return nil, err
		}
		d.add(e)
	}
}

// FilesOf is the directory of a workspace's files under that of all.
func FilesOf(dir, tenant string) string { return filepath.Join(dir, url.PathEscape(tenant)) }

// Close exports the entries of a month into a file under dir (one directory a
// workspace, one entry a line, in the order they were booked), seals a
// checkpoint over them and only then removes them. It returns the checkpoints
// that were made. Closing again does what is left to do: after a crash at any
// point it goes on, and entries booked since, which stay in the store until
// then, make a further part. dir must survive: the files are the entries.
func (a *Archive) Close(ctx context.Context, b Books, tenant, month, dir string) ([]Checkpoint, error) {
	var made []Checkpoint
	for {
		c, fresh, err := a.seals(ctx, b, tenant, month, dir)
		if err != nil {
			return made, fmt.Errorf("usage: close %s: %w", month, err)
		}
		if !fresh {
			break
		}
		made = append(made, c)
	}
	heads, err := a.heads(ctx, tenant, month)
	if err != nil || len(heads) == 0 {
		return made, err
	}
	if err := b.Drop(ctx, tenant, month, heads[len(heads)-1].Last); err != nil {
		return made, fmt.Errorf("usage: close %s: %w", month, err)
	}
	return made, a.complete(ctx, b, tenant, month)
}

// seals makes a checkpoint of the entries that no checkpoint covers; fresh is
// false when there are none.
func (a *Archive) seals(ctx context.Context, r Reader, tenant, month, dir string) (c Checkpoint, fresh bool, err error) {
	heads, err := a.heads(ctx, tenant, month)
	if err != nil {
		return c, false, err
	}
	c = Checkpoint{Tenant: tenant, Month: month, Part: len(heads) + 1}
	last := ""
	if len(heads) > 0 {
		last = heads[len(heads)-1].Last
	}
	rest, err := live(ctx, r, tenant, month, last)
	if err != nil || rest.entries == 0 {
		return c, false, err
	}
	c.File = month + ".ndjson"
	if c.Part > 1 {
		c.File = month + "." + strconv.Itoa(c.Part) + ".ndjson"
	}
	d, err := exportAfter(ctx, r, tenant, month, last, filepath.Join(FilesOf(dir, tenant), c.File))
	if err != nil {
		return c, false, err
	}
	c.Entries, c.Total, c.SHA256, c.First, c.Last = d.total.Entries, d.total, d.hash(), d.first, d.last
	return c, true, a.keep(ctx, &c, d.books)
}

// keep stores the sums, a window at a time, and then the checkpoint, which
// makes them count.
func (a *Archive) keep(ctx context.Context, c *Checkpoint, b *books) error {
	texts, hash, err := b.sums()
	if err != nil {
		return err
	}
	c.Sums, c.Made = hash, a.clock.Now().UTC()
	writes, err := c.sumsWrites(texts)
	if err != nil {
		return err
	}
	for _, w := range writes {
		if err := a.records.Write(ctx, c.Tenant, w); err != nil {
			return fmt.Errorf("keep sums: %w", err)
		}
	}
	plain, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("encode checkpoint: %w", err)
	}
	head := record.Write{Kind: record.Closing, ID: headID(c.Month, c.Part), Body: a.seal.Seal(c.Tenant, sealPurpose, plain), Expect: 0}
	if err := a.records.Write(ctx, c.Tenant, head); err != nil {
		return fmt.Errorf("keep checkpoint %s: %w", c.Name(), err)
	}
	return nil
}

// complete holds the month's total against checkpoints and rows after Drop.
func (a *Archive) complete(ctx context.Context, r Reader, tenant, month string) error {
	heads, err := a.heads(ctx, tenant, month)
	if err != nil {
		return err
	}
	last, want := "", Cell{}
	for _, h := range heads {
		last, want = h.Last, want.Add(h.Total)
	}
	rest, err := live(ctx, r, tenant, month, last)
	if err != nil {
		return err
	}
	total := Key{ByTotal, "all"}
	kept, err := r.Rollup(ctx, tenant, Month, month, ByTotal)
	if err != nil {
		return fmt.Errorf("usage: close %s: %w", month, err)
	}
	if c := rest.rows[Month][month][total]; c != nil {
		want = want.Add(*c)
	}
	if late := kept[total].Entries - want.Entries; late > 0 {
		return fmt.Errorf("%w: %s, entries: %d", ErrLate, month, late)
	}
	return nil
}

// exportAfter writes the entries after the one with the id last, or all when
// it is not there, and gives the file its name only when it is whole and on
// disk.
func exportAfter(ctx context.Context, r Reader, tenant, month, last, path string) (*digest, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("export: %w", err)
	}
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*") // mode 0600
	if err != nil {
		return nil, fmt.Errorf("export: %w", err)
	}
	defer func() { _ = os.Remove(f.Name()) }() // after the rename it is gone already
	d, err := writeAfter(ctx, r, tenant, month, last, f)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err == nil {
		err = syncDir(filepath.Dir(path))
	}
	if err != nil {
		return nil, fmt.Errorf("export: %w", err)
	}
	return d, nil
}

func writeAfter(ctx context.Context, r Reader, tenant, month, last string, f *os.File) (*digest, error) {
	buffered := bufio.NewWriter(f)
	d := newDigest()
	enc := json.NewEncoder(io.MultiWriter(buffered, d.sum))
	err := EachEntry(ctx, r, tenant, month, func(e Entry) error {
		if last != "" && e.ID == last { // all before it is in the file of an earlier part
			d = newDigest()
			buffered.Reset(f)
			enc = json.NewEncoder(io.MultiWriter(buffered, d.sum))
			_, err := f.Seek(0, io.SeekStart)
			return errors.Join(err, f.Truncate(0))
		}
		d.add(e)
		return enc.Encode(e)
	})
	return d, errors.Join(err, buffered.Flush())
}

// syncDir makes a new name survive a power failure.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
