package usage

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"time"

	"github.com/tierwise/tierwise/internal/money"
	"github.com/tierwise/tierwise/internal/record"
)

// ErrCheckpoint: a checkpoint, the sums beside it or its file is not what was
// sealed. The error says which.
var ErrCheckpoint = errors.New("usage: checkpoint does not hold")

// Checkpoint stands for entries of a closed month that are no longer in the
// store. It is kept as a sealed record; the sums of every day, week and month
// it covers are kept beside it and bound to it by their hash.
type Checkpoint struct {
	Tenant string `json:"tenant"`
	Month  string `json:"month"`
	// Part is 1 for the month as it was closed. What is booked into the month
	// later (a correction of an old call) makes further parts.
	Part    int   `json:"part"`
	Entries int64 `json:"entries"`
	// Total is the sum of the entries. Every entry stands in one row of each
	// dimension, so this is the total of all of them.
	Total Cell `json:"total"`
	// First and Last are the ids of the first and last entry.
	First string `json:"first"`
	Last  string `json:"last"`
	// File is the name of the export and SHA256 the hash of its bytes, in hex.
	File   string `json:"file"`
	SHA256 string `json:"sha256"`
	// Sums is the hash of the sums beside the checkpoint, in hex.
	Sums string    `json:"sums"`
	Made time.Time `json:"made"`
}

// Name is how people and errors name the checkpoint: "2026-08", "2026-08 part 2".
func (c Checkpoint) Name() string {
	if c.Part > 1 {
		return c.Month + " part " + strconv.Itoa(c.Part)
	}
	return c.Month
}

// Cost is the money of all its entries.
func (c Checkpoint) Cost() money.Nano { return c.Total.Cost }

// Record ids of kind record.Closing begin with these.
const (
	headPrefix = "head/"
	sumsPrefix = "sums/"
)

func headID(month string, part int) string {
	return fmt.Sprintf("%s%s/%04d", headPrefix, month, part)
}

// sumsID is under the hash of the sums, so that two processes that close the
// same month at once never write over what the other has sealed.
func (c Checkpoint) sumsID() string {
	return fmt.Sprintf("%s%s/%04d/%s/", sumsPrefix, c.Month, c.Part, c.Sums)
}

// sumRow is one row of a window as it is written, one JSON array a line.
type sumRow struct {
	key  Key
	cell Cell
}

// MarshalJSON writes [dim, value, [numbers]].
func (r sumRow) MarshalJSON() ([]byte, error) {
	return json.Marshal([]any{r.key.Dim, r.key.Value, r.cell.Values()})
}

// UnmarshalJSON reads what MarshalJSON writes.
func (r *sumRow) UnmarshalJSON(b []byte) error {
	var v []int64
	if err := json.Unmarshal(b, &[]any{&r.key.Dim, &r.key.Value, &v}); err != nil {
		return err
	}
	r.cell = CellFrom(v)
	return nil
}

// sums writes books as text in one fixed order, a window at a time: the texts
// by window name, and the hash of them all.
func (b *books) sums() (texts map[string][]byte, hash string, err error) {
	texts = map[string][]byte{}
	for _, k := range WindowKinds() {
		for id, rows := range b.rows[k] {
			if texts[string(k)+"/"+id], err = windowText(rows); err != nil {
				return nil, "", err
			}
		}
	}
	return texts, hashOf(texts), nil
}

func windowText(rows map[Key]*Cell) ([]byte, error) {
	list := make([]sumRow, 0, len(rows))
	for key, c := range rows {
		list = append(list, sumRow{key, *c})
	}
	slices.SortFunc(list, func(a, b sumRow) int {
		return cmp.Or(cmp.Compare(a.key.Dim, b.key.Dim), cmp.Compare(a.key.Value, b.key.Value))
	})
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	for _, r := range list {
		if err := enc.Encode(r); err != nil {
			return nil, fmt.Errorf("usage: sums: %w", err)
		}
	}
	return out.Bytes(), nil
}

func hashOf(texts map[string][]byte) string {
	h := sha256.New()
	for _, name := range sortedNames(texts) {
		fmt.Fprintf(h, "%s %d\n", name, len(texts[name]))
		h.Write(texts[name])
	}
	return hex.EncodeToString(h.Sum(nil))
}

// addText reads the rows of one window back into b.
func (b *books) addText(k WindowKind, id string, text []byte) error {
	rows := b.window(k, id)
	dec := json.NewDecoder(bytes.NewReader(text))
	for {
		var r sumRow
		err := dec.Decode(&r)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%w: %w", ErrCheckpoint, err)
		}
		grow(rows, r.key, r.cell)
	}
}

// sumsWrites are the records of the sums, packed, one a window.
func (c Checkpoint) sumsWrites(texts map[string][]byte) ([]record.Write, error) {
	var out []record.Write
	for _, name := range sortedNames(texts) {
		var packed bytes.Buffer
		z := gzip.NewWriter(&packed)
		_, err := z.Write(texts[name])
		if err = errors.Join(err, z.Close()); err != nil {
			return nil, fmt.Errorf("usage: pack sums: %w", err)
		}
		out = append(out, record.Put(record.Closing, c.sumsID()+name, packed.Bytes(), 0))
	}
	return out, nil
}

// maxSums bounds the sums of one window when they are unpacked.
const maxSums = 64 << 20

func unpack(body []byte) ([]byte, error) {
	z, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrCheckpoint, err)
	}
	text, err := io.ReadAll(io.LimitReader(z, maxSums))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrCheckpoint, err)
	}
	return text, nil
}
