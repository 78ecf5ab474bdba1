// Package settings knows every setting: its type and default, on which levels
// it may be set, who may change it, and what holds in a given place. A value is
// resolved from the built-in default over the operator's policy, workspace,
// channel and thread to the person, and carries where it came from. A change is
// checked, written with a version check and journalled in the same batch; every
// replica sees it within two seconds. Teams and workflow cards live here too,
// because they decide where a request's cost belongs. The package holds no
// money, speaks to nobody and does not ask the platform who is an admin: the
// role arrives with the change.
package settings

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/clock"
	"github.com/tierwise/tierwise/internal/config"
	"github.com/tierwise/tierwise/internal/record"
)

// Store is what settings ask of a store of records.
type Store interface {
	Get(ctx context.Context, tenant string, kind record.Kind, id string) (record.Record, error)
	List(ctx context.Context, tenant string, kind record.Kind, prefix string) ([]record.Record, error)
	Write(ctx context.Context, tenant string, writes ...record.Write) error
}

// Settings resolves and changes settings. It is safe for concurrent use.
type Settings struct {
	store  Store
	clock  clock.Clock
	policy config.Policy
	base   map[chat.Platform][]*Value // default and policy values, by registry position
	docs   *cache[document]
	cards  *cache[*cards]
}

// New returns Settings over a store and the operator's policy.
func New(store Store, policy config.Policy, c clock.Clock) *Settings {
	s := &Settings{store: store, clock: c, policy: policy, base: map[chat.Platform][]*Value{}, docs: newCache[document](c), cards: newCache[*cards](c)}
	builtIn := config.DefaultPolicy()
	for _, p := range []chat.Platform{chat.Slack, chat.Discord, chat.Console, chat.Playground} {
		s.base[p] = baseValues(builtIn, policy, p)
	}
	return s
}

// baseValues are the values before anybody set one in chat.
func baseValues(builtIn, policy config.Policy, p chat.Platform) []*Value {
	out := make([]*Value, len(registry))
	for i, d := range registry {
		v := &Value{Key: d.Key, Value: d.fallback(builtIn, p), Origin: Origin{Level: Default}}
		if own := d.fallback(policy, p); own != v.Value {
			v.Value, v.Origin.Level = own, Policy
		}
		out[i] = v
	}
	return out
}

// Resolve returns what holds at a place for a person (a pseudonym; "" for
// nobody in particular). ch is what the platform said of the channel. It takes
// at most one round trip to the store, and none within a second of the last.
func (s *Settings) Resolve(ctx context.Context, place chat.Place, ch chat.Channel, person string) (Resolved, error) {
	levels := []Origin{{Level: Workspace}}
	if place.Channel != "" {
		levels = append(levels, Origin{Channel, place.Channel})
	}
	if place.Thread != "" {
		levels = append(levels, Origin{Thread, place.Channel + "/" + place.Thread})
	}
	if person != "" {
		levels = append(levels, Origin{Person, person})
	}
	docs, crds, err := s.fetch(ctx, place.Tenant(), levels)
	if err != nil {
		return Resolved{}, fmt.Errorf("settings: resolve: %w", err)
	}
	r := Resolved{Place: place, Channel: ch, Person: person, policy: &s.policy, cards: crds, zone: docs[0].Zone}
	base, ok := s.base[place.Platform]
	if !ok {
		base = s.base[chat.Discord] // the strictest
	}
	r.values = slices.Clone(base)
	now := s.clock.Now()
	for i, at := range levels {
		overlay(r.values, docs[i], at, now)
	}
	docs[0].zoneOver(r.values)
	return r, nil
}

// overlay puts what a level sets over what holds above it at an instant. The
// values themselves are shared by all who resolve, and never changed.
func overlay(values []*Value, d document, at Origin, now time.Time) {
	for key, own := range d.Values {
		i, ok := position[key]
		if !ok || registry[i].who(at.Level) == Nobody {
			continue // from a later version, or no longer settable there
		}
		if canonical, err := registry[i].parse(own.Value); err != nil || canonical != own.Value {
			continue // no longer allowed: what holds above applies
		}
		if registry[i].narrow && at.Level == Person && !registry[i].narrower(values[i].Value, own.Value) {
			continue
		}
		text := own.Value
		if registry[i].timed {
			text = inForce(text, now)
		}
		if registry[i].adds {
			text = union(values[i].Value, text)
		}
		values[i] = &Value{Key: key, Value: text, Origin: at, By: own.By, At: own.At}
	}
}

// fetch reads all levels and the cards at once, each from the cache if it can.
func (s *Settings) fetch(ctx context.Context, tenant string, levels []Origin) ([]document, *cards, error) {
	docs, errs := make([]document, len(levels)), make([]error, len(levels)+1)
	var crds *cards
	var wg sync.WaitGroup
	for i, at := range levels {
		if d, ok := s.docs.get(cacheKey(tenant, at)); ok {
			docs[i] = d
			continue
		}
		wg.Go(func() { docs[i], errs[i] = s.read(ctx, tenant, at) })
	}
	var ok bool
	if crds, ok = s.cards.get(tenant); !ok {
		crds, errs[len(levels)] = s.readCards(ctx, tenant)
	}
	wg.Wait()
	return docs, crds, errors.Join(errs...)
}

// Forget deletes a person's own preferences.
func (s *Settings) Forget(ctx context.Context, tenant, person string) error {
	at := Origin{Person, person}
	if err := s.store.Write(ctx, tenant, record.Remove(record.Setting, at.id())); err != nil {
		return fmt.Errorf("settings: forget: %w", err)
	}
	s.docs.put(cacheKey(tenant, at), document{})
	return nil
}

// Value is a setting's value with where it came from. By and At are who set it
// and when; empty for defaults and policy.
type Value struct {
	Key    string
	Value  string
	Origin Origin
	By     string
	At     time.Time
}
