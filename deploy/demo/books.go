package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// nano is an amount in nano-dollars.
type nano int64

// parse reads dollars with at most nine decimals, exactly.
func parse(dollars string) (nano, error) {
	whole, fraction, _ := strings.Cut(dollars, ".")
	if len(fraction) > 9 {
		return 0, fmt.Errorf("%q has more than nine decimals", dollars)
	}
	n, err := strconv.ParseInt(whole+fraction+strings.Repeat("0", 9-len(fraction)), 10, 64)
	return nano(n), err
}

// sums are what a report says of one thing.
type sums struct {
	Cost    nano  `json:"cost"`
	Answers int64 `json:"answers"`
	Entries int64 `json:"entries"`
}

// books are the reports of one workspace.
type books struct {
	spend struct {
		Workspace string                     `json:"workspace"`
		Month     string                     `json:"month"`
		Total     sums                       `json:"total"`
		By        map[string]map[string]sums `json:"by"`
	}
	months      map[string]nano // by ledger verify
	held        nano
	checked     int
	differences int

	rows    int // exported entries of the month, and their sums
	sum     nano
	channel map[string]nano
}

func readBooks(dir string) (books, error) {
	b := books{months: map[string]nano{}, channel: map[string]nano{}}
	return b, errors.Join(b.readSpend(dir), b.readProof(dir), b.readEntries(dir))
}

func readJSON(dir, name string, into any) error {
	data, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		return err
	}
	if err := json.Unmarshal(data, into); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

func (b *books) readSpend(dir string) error {
	all := []json.RawMessage{}
	if err := readJSON(dir, "spend.json", &all); err != nil {
		return err
	}
	for _, one := range all {
		if err := json.Unmarshal(one, &b.spend); err != nil {
			return fmt.Errorf("spend.json: %w", err)
		}
		if b.spend.Workspace == tenant {
			return nil
		}
		b.spend.By = nil
	}
	return fmt.Errorf("spend.json: no workspace %s", tenant)
}

func (b *books) readProof(dir string) error {
	var all []struct {
		Tenant string `json:"tenant"`
		Held   nano   `json:"held"`
		Months []struct {
			Month string `json:"month"`
			Cost  nano   `json:"cost"`
		} `json:"months"`
		Checked     int               `json:"checked"`
		Differences []json.RawMessage `json:"differences"`
	}
	if err := readJSON(dir, "verify.json", &all); err != nil {
		return err
	}
	for _, p := range all {
		b.differences += len(p.Differences)
		b.held += p.Held
		b.checked += p.Checked
		if p.Tenant != tenant {
			continue
		}
		for _, m := range p.Months {
			b.months[m.Month] = m.Cost
		}
	}
	return nil
}

// readEntries sums the exported entries, which are those of this month.
func (b *books) readEntries(dir string) error {
	f, err := os.Open(filepath.Join(dir, "entries.jsonl"))
	if err != nil {
		return err
	}
	defer f.Close() // read only
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var e struct {
			Tenant  string `json:"tenant"`
			Channel string `json:"channel"`
			Cost    nano   `json:"cost"`
		}
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			return fmt.Errorf("entries.jsonl: %w", err)
		}
		if e.Tenant != tenant {
			continue
		}
		b.rows++
		b.sum += e.Cost
		b.channel[e.Channel] += e.Cost
	}
	return lines.Err()
}

// personLike is the amount of the person whose amount is the one shown; 0 when
// nobody's is. Reports know people by pseudonym only.
func (b books) personLike(amount nano) nano {
	for _, s := range b.spend.By["user"] {
		if s.Cost == amount {
			return s.Cost
		}
	}
	return 0
}
