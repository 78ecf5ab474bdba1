package localchat

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/tierwise/tierwise/internal/chat"
)

// Sealer keeps the conversations unreadable in the state file; internal/seal
// has one. A blob opens only for the tenant and purpose it was sealed for.
type Sealer interface {
	Seal(tenant, purpose string, plain []byte) []byte
	Open(tenant, purpose string, blob []byte) ([]byte, error)
}

// purpose is what the lines of the state file are sealed for.
const purpose = "localchat"

// entry is one line of the state file: the first says when the World was born,
// every other one is a message as it now is, or one that is gone.
type entry struct {
	Born      time.Time `json:"born,omitzero"`
	Workspace string    `json:"workspace,omitempty"`
	Message   *Message  `json:"message,omitempty"`
	Gone      *chat.Ref `json:"gone,omitempty"`
	// Sealed holds the rest of the line where there is a Sealer.
	Sealed []byte `json:"sealed,omitempty"`
}

// journal appends entries to the state file. A nil journal keeps nothing.
type journal struct {
	file     *os.File
	platform chat.Platform
	sealer   Sealer // nil writes in the clear
	born     time.Time
	size     int64 // length of the whole lines
}

// openJournal reads the entries of a state file, or begins one. A last line cut
// by a crash is dropped; any other unreadable line is an error, because what
// follows it would be shown as the whole conversation.
func openJournal(cfg Config, now time.Time) (*journal, []entry, error) {
	path := cfg.State
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, nil, fmt.Errorf("localchat: open state: %w", err)
	}
	j := &journal{file: file, platform: cfg.Platform, sealer: cfg.Sealer, born: now}
	entries, err := j.read()
	if kept := newest(entries); err == nil && len(entries) > compactFrom && len(kept) < len(entries)/2 {
		entries = kept
		if err = j.rewrite(path, kept); err == nil {
			file = j.file
		}
	}
	if err == nil && len(entries) == 0 {
		err = j.write(entry{Born: now})
	}
	if err == nil {
		err = file.Truncate(j.size)
	}
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("localchat: state file %s: %w", path, err), file.Close())
	}
	return j, entries, nil
}

// compactFrom is how many entries a state file has before it is worth writing
// it anew without the ones that were replaced.
const compactFrom = 1000

// newest keeps the last entry of each message, where its first one was, so that
// messages and threads keep their order.
func newest(entries []entry) []entry {
	type key struct{ workspace, channel, id string }
	at := map[key]int{}
	var kept []entry
	for _, e := range entries {
		k := key{workspace: e.Workspace}
		switch {
		case e.Message != nil:
			k.channel, k.id = e.Message.Ref.Channel, e.Message.Ref.ID
		case e.Gone != nil:
			k.channel, k.id = e.Gone.Channel, e.Gone.ID
		}
		if i, ok := at[k]; ok {
			kept[i] = e
			continue
		}
		at[k] = len(kept)
		kept = append(kept, e)
	}
	return kept
}

// rewrite replaces the state file as a whole: a crash leaves the old one or the
// new one.
func (j *journal) rewrite(path string, entries []entry) error {
	file, err := os.OpenFile(path+".new", os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	fresh := &journal{file: file, platform: j.platform, sealer: j.sealer, born: j.born}
	for _, e := range entries {
		if err := fresh.write(e); err != nil {
			return errors.Join(err, file.Close())
		}
	}
	if err := errors.Join(file.Sync(), os.Rename(path+".new", path)); err != nil {
		return errors.Join(err, file.Close())
	}
	old := j.file
	*j = *fresh
	return old.Close()
}

func (j *journal) read() ([]entry, error) {
	var entries []entry
	in := bufio.NewReader(j.file)
	for n := 1; ; n++ {
		line, err := in.ReadBytes('\n')
		if err == io.EOF {
			return entries, nil
		}
		if err != nil {
			return nil, err
		}
		var e entry
		if err := json.Unmarshal(bytes.TrimSpace(line), &e); err != nil {
			return nil, fmt.Errorf("line %d is damaged; move the file away to begin anew", n)
		}
		if n == 1 {
			if e.Born.IsZero() {
				return nil, errors.New("not a state file of this program")
			}
			j.born = e.Born
		}
		if e, err = j.unsealed(e); err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		j.size += int64(len(line))
		entries = append(entries, e)
	}
}

// write adds a whole line or nothing: after a failed write the file is cut
// back, so a full disk leaves no half line behind.
func (j *journal) write(e entry) error {
	if j == nil {
		return nil
	}
	line, err := json.Marshal(e)
	if err == nil && j.sealer != nil && e.Born.IsZero() {
		line, err = json.Marshal(entry{Workspace: e.Workspace, Sealed: j.sealer.Seal(j.tenant(e), purpose, line)})
	}
	if err != nil {
		return fmt.Errorf("%w: encode: %w", chat.ErrUnknownResult, err)
	}
	line = append(line, '\n')
	if _, err := j.file.WriteAt(line, j.size); err != nil {
		_ = j.file.Truncate(j.size) // the write's error is the one to report
		return fmt.Errorf("%w: write state: %w", chat.ErrUnknownResult, err)
	}
	j.size += int64(len(line))
	return nil
}

// tenant is the workspace of a line, as the Sealer knows it.
func (j *journal) tenant(e entry) string {
	return chat.Place{Platform: j.platform, Workspace: e.Workspace}.Tenant()
}

// unsealed is a line as it was before it was sealed; a line in the clear, from
// a time without a Sealer, stays as it is.
func (j *journal) unsealed(e entry) (entry, error) {
	if e.Sealed == nil {
		return e, nil
	}
	if j.sealer == nil {
		return entry{}, errors.New("the file is sealed and no key was given")
	}
	plain, err := j.sealer.Open(j.tenant(e), purpose, e.Sealed)
	if err != nil {
		return entry{}, err
	}
	var open entry
	if err := json.Unmarshal(plain, &open); err != nil {
		return entry{}, errors.New("what was sealed is damaged")
	}
	return open, nil
}

func (j *journal) close() error { return j.file.Close() }

// apply repeats an entry at start. What belongs to a workspace or channel that
// is not there this time is passed over and stays in the file.
func (w *World) apply(e entry) {
	s := w.space(e.Workspace)
	if s == nil {
		return
	}
	var r *room
	switch {
	case e.Message != nil:
		r = s.revive(e.Message.Ref.Channel)
	case e.Gone != nil:
		r = s.revive(e.Gone.Channel)
	}
	switch {
	case r == nil:
	case e.Message != nil:
		w.lastID = max(w.lastID, idNumber(e.Message.Ref.ID))
		r.add(e.Message)
	default:
		r.drop(e.Gone.ID)
	}
}

// revive finds a room, also a direct one that nobody opened yet in this run.
func (s *space) revive(id string) *room {
	if member, ok := strings.CutPrefix(id, directPrefix); ok && s.member(member) != nil {
		return s.direct(member)
	}
	return s.room(id)
}
