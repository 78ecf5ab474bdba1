package settings

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/tierwise/tierwise/internal/config"
	"github.com/tierwise/tierwise/internal/fault"
	"github.com/tierwise/tierwise/internal/journal"
	"github.com/tierwise/tierwise/internal/record"
)

// Change is a wish to set a value.
type Change struct {
	Tenant string
	Level  Level
	// ID is the channel, "<channel>/<thread>" or pseudonym; "" for the workspace.
	ID    string
	Key   string
	Value string
	// By is the pseudonym of who changes it, and ByRole in which role.
	By     string
	ByRole Role
	Why    string
}

// Applied is what a change did. Old and New are the values on that level; an
// empty one is "not set there". Origin is the level it was set on.
type Applied struct {
	Key      string
	Old, New string
	Origin   Origin
}

// Changed reports whether anything is different now.
func (a Applied) Changed() bool { return a.Old != a.New }

// Set checks a change and writes it together with its journal entry. Errors
// are faults with a sentence: BadInput, NotAllowed, or Conflict (wrapping
// record.ErrConflict) when somebody else changed the same key on that level in
// between; nothing is written then, and the caller may try again.
func (s *Settings) Set(ctx context.Context, c Change) (Applied, error) {
	def, err := c.check()
	if err != nil {
		return Applied{}, err
	}
	value, err := def.parse(c.Value)
	if err != nil {
		return Applied{}, def.badValue(c.Value, err)
	}
	return s.apply(ctx, c, func(string) (string, error) { return value, nil })
}

// Reset takes a value away, so that what holds above applies again. The rules
// are those of Set.
func (s *Settings) Reset(ctx context.Context, c Change) (Applied, error) {
	if _, err := c.check(); err != nil {
		return Applied{}, err
	}
	return s.apply(ctx, c, func(string) (string, error) { return "", nil })
}

// apply writes what becomes of the old value on the change's level; "" takes it
// away. Whoever wrote another key there in between changed nothing that this
// change is about, so it is made anew over theirs.
func (s *Settings) apply(ctx context.Context, c Change, become func(old string) (string, error)) (Applied, error) {
	at := Origin{c.Level, c.ID}
	d, err := s.read(ctx, c.Tenant, at) // not from the cache: the version must be the stored one
	if err != nil {
		return Applied{}, fmt.Errorf("settings: set: %w", err)
	}
	for seen := d.Values[c.Key].Value; ; {
		applied, lost := s.applyTo(ctx, d, c, become)
		if !errors.Is(lost, record.ErrConflict) {
			return applied, lost
		}
		if d, err = s.read(ctx, c.Tenant, at); err != nil {
			return Applied{}, fmt.Errorf("settings: set: %w", err)
		}
		if d.Values[c.Key].Value != seen {
			return Applied{}, lost
		}
	}
}

// applyTo makes a change to a level as it was read.
func (s *Settings) applyTo(ctx context.Context, d document, c Change, become func(old string) (string, error)) (Applied, error) {
	at, now := Origin{c.Level, c.ID}, s.clock.Now()
	old := d.Values[c.Key].Value
	value, err := become(old)
	if err == nil {
		err = s.rateFits(d, c.Key, value)
	}
	if err != nil {
		return Applied{}, err
	}
	applied := Applied{Key: c.Key, Old: old, New: value, Origin: at}
	if old == value {
		return applied, nil
	}
	next := d.with(c.Key, nil)
	if value != "" {
		next = d.with(c.Key, &setValue{Value: value, By: c.By, At: now})
	}
	if c.Key == zoneKey {
		if next.Zone, err = s.changeZone(d, config.Zone(value), now); err != nil {
			return Applied{}, err
		}
	}
	body, err := json.Marshal(next)
	if err != nil {
		return Applied{}, fmt.Errorf("settings: encode: %w", err)
	}
	entry, err := journal.Write(journal.Entry{At: now, Who: c.By, Role: string(c.ByRole), Subject: journal.Setting,
		Level: string(c.Level), Place: c.ID, Key: c.Key, From: old, To: value, Why: c.Why})
	if err != nil {
		return Applied{}, fmt.Errorf("settings: set: %w", err)
	}
	w := record.Write{Kind: record.Setting, ID: at.id(), Body: body, Expect: d.version}
	if err := s.write(ctx, c.Tenant, w, entry); err != nil {
		s.docs.drop(cacheKey(c.Tenant, at))
		return Applied{}, err
	}
	next.version = d.version + 1
	s.docs.put(cacheKey(c.Tenant, at), next)
	return applied, nil
}

// write stores a change with its journal entry and turns a lost race into a
// sentence.
func (s *Settings) write(ctx context.Context, tenant string, writes ...record.Write) error {
	err := s.store.Write(ctx, tenant, writes...)
	if errors.Is(err, record.ErrConflict) {
		return fault.Wrap(err, fault.Conflict, "Somebody else changed settings here at the same moment. Please look again and repeat your change.")
	}
	if err != nil {
		return fmt.Errorf("settings: write: %w", err)
	}
	return nil
}

// check finds the definition and says what does not fit: key, level, place or
// role.
func (c Change) check() (Definition, error) {
	def, ok := Lookup(c.Key)
	if !ok {
		if near := config.Nearest(c.Key, Keys()); near != "" {
			return def, fault.Newf(fault.BadInput, "There is no setting %q. Did you mean %s?", clipped(c.Key), near)
		}
		return def, fault.Newf(fault.BadInput, "There is no setting %q. /ai-config lists all of them.", clipped(c.Key))
	}
	who := def.who(c.Level)
	if who == Nobody {
		return def, fault.Newf(fault.BadInput, "%s cannot be set for %s; it can be set for %s.", def.Key, levelWord(c.Level), def.levelWords())
	}
	if (c.ID == "") != (c.Level == Workspace) || c.Level == Thread && !strings.Contains(c.ID, "/") || strings.ContainsAny(c.ID, "\x00\n") {
		return def, fault.Newf(fault.BadInput, "To set %s for %s, say which one.", def.Key, levelWord(c.Level))
	}
	if c.By == "" || !who.may(c.ByRole, c.Level == Person && c.ID == c.By) {
		return def, fault.Newf(fault.NotAllowed, "Only %s can change %s for %s.", circle(who), def.Key, levelWord(c.Level))
	}
	return def, nil
}

func (d Definition) badValue(typed string, why error) error {
	say := fmt.Sprintf("%s takes %s, not %q.", d.Key, why, clipped(typed))
	if near := config.Nearest(typed, d.Words); near != "" {
		say += " Did you mean " + near + "?"
	}
	return fault.New(fault.BadInput, say)
}

func (d Definition) levelWords() string {
	var out []string
	for _, l := range Levels() {
		if slices.ContainsFunc(d.Grants, func(g Grant) bool { return g.Level == l }) {
			out = append(out, levelWord(l))
		}
	}
	return either(out)
}

func levelWord(l Level) string {
	switch l {
	case Workspace:
		return "the workspace"
	case Channel:
		return "a channel"
	case Thread:
		return "a thread"
	case Person:
		return "a person"
	}
	return "that level"
}

func circle(w Who) string {
	if w == Members {
		return "somebody in this conversation"
	}
	return string(w)
}

// clipped keeps what a person typed short inside a sentence.
func clipped(s string) string {
	if r := []rune(s); len(r) > 60 {
		return string(r[:60]) + "…"
	}
	return s
}
