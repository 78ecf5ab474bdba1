package settings

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/config"
	"github.com/tierwise/tierwise/internal/fault"
	"github.com/tierwise/tierwise/internal/journal"
	"github.com/tierwise/tierwise/internal/record"
)

const zoneKey = "zone"

const (
	// zonesKept is how long a zone that was left can still matter: the month in
	// which it was left ends in it, and a month that is short in the next zone
	// may follow.
	zonesKept = 70 * 24 * time.Hour
	// mostZones bounds the changes that are remembered at once.
	mostZones = 20
)

// zoneChange is the workspace's zone in force with the instant since when, and
// the zones before it that running windows may still need. It is kept beside
// what the workspace set, also while it set no zone of its own: the policy file
// of a replica says what is wanted, this says what holds, for all of them.
type zoneChange struct {
	Previous config.Zone `json:"previous,omitempty"` // "" when there was no change yet
	At       time.Time   `json:"at,omitzero"`
	Now      config.Zone `json:"now,omitempty"` // "" in a record of an earlier version
	Earlier  []zoneSpell `json:"earlier,omitempty"`
}

// zoneSpell is a zone before Previous, and when it was left.
type zoneSpell struct {
	Zone  config.Zone `json:"zone"`
	Until time.Time   `json:"until"`
}

// zoneInForce is the zone that holds: the one noted, else the workspace's own,
// else the policy's.
func (s *Settings) zoneInForce(d document) config.Zone {
	if d.Zone != nil && d.Zone.Now != "" {
		return d.Zone.Now
	}
	if own, ok := d.Values[zoneKey]; ok {
		return config.Zone(own.Value)
	}
	return s.policy.Defaults.Zone
}

// zoneOver puts the noted zone over what own value and policy say: this
// replica's policy file may be one that another replica's was newer than.
func (d document) zoneOver(values []*Value) {
	i := position[zoneKey]
	if d.Zone == nil || d.Zone.Now == "" || values[i].Value == string(d.Zone.Now) {
		return
	}
	values[i] = &Value{Key: zoneKey, Value: string(d.Zone.Now), Origin: Origin{Level: Policy}}
}

// changeZone notes a zone as the one in force; "" is the policy's. The change
// begins when every replica knows of it, and running windows end where they
// would have ended.
func (s *Settings) changeZone(d document, next config.Zone, now time.Time) (*zoneChange, error) {
	if next == "" {
		next = s.policy.Defaults.Zone
	}
	was, current := zoneChange{}, s.zoneInForce(d)
	if d.Zone != nil {
		was = *d.Zone
	}
	if current == next {
		was.Now = next
		return &was, nil
	}
	z := zoneChange{Previous: current, At: now.Add(2 * fresh), Now: next}
	if z.At.Before(was.At) {
		z.At = was.At
	}
	if was.Previous != "" {
		z.Earlier = append(slices.Clone(was.Earlier), zoneSpell{was.Previous, was.At})
	}
	z.Earlier = slices.DeleteFunc(z.Earlier, func(p zoneSpell) bool { return now.Sub(p.Until) > zonesKept })
	if len(z.Earlier) >= mostZones {
		return nil, fault.Newf(fault.BadInput, "The time zone was changed more than %d times within %d days, and budgets that were running then end in the old ones. It can be changed again later.",
			mostZones, int(zonesKept.Hours()/24))
	}
	return &z, nil
}

// NoteZone writes down the zone in force in a workspace where none is noted yet,
// so that a later change knows what it changes. It is to be called before money
// is booked there.
func (s *Settings) NoteZone(ctx context.Context, tenant string) error {
	return s.noteZone(ctx, tenant, false)
}

// AdoptZone brings the policy's zone into force in a workspace that set none of
// its own, and journals it. It is to be called once, when a process begins with
// a policy: replicas with two policies then agree on what holds, which is what
// the one that began last wants.
func (s *Settings) AdoptZone(ctx context.Context, tenant string) error {
	return s.noteZone(ctx, tenant, true)
}

func (s *Settings) noteZone(ctx context.Context, tenant string, adopt bool) error {
	at := Origin{Level: Workspace}
	for {
		d, err := s.read(ctx, tenant, at)
		if err != nil {
			return fmt.Errorf("settings: zone: %w", err)
		}
		was := s.zoneInForce(d)
		noted := d.Zone != nil && d.Zone.Now != ""
		_, own := d.Values[zoneKey]
		next := was
		if adopt && !own {
			next = s.policy.Defaults.Zone
		}
		if noted && next == was {
			return nil
		}
		now := s.clock.Now()
		if d.Zone, err = s.changeZone(d, next, now); err != nil {
			return err
		}
		if err = s.putZone(ctx, tenant, d, was, next, now); !errors.Is(err, record.ErrConflict) {
			return err
		}
	}
}

// putZone writes the workspace's level with its noted zone.
func (s *Settings) putZone(ctx context.Context, tenant string, d document, was, next config.Zone, now time.Time) error {
	at := Origin{Level: Workspace}
	body, err := json.Marshal(d)
	if err != nil {
		return fmt.Errorf("settings: encode: %w", err)
	}
	writes := []record.Write{{Kind: record.Setting, ID: at.id(), Body: body, Expect: d.version}}
	if was != next {
		e, err := journal.Write(journal.Entry{At: now, Who: "policy", Role: "operator", Subject: journal.Setting, Level: string(Workspace), Key: zoneKey,
			From: string(was), To: string(next), Why: "the policy file was changed"})
		if err != nil {
			return fmt.Errorf("settings: zone: %w", err)
		}
		writes = append(writes, e)
	}
	err = s.store.Write(ctx, tenant, writes...)
	s.docs.drop(cacheKey(tenant, at))
	if err != nil {
		return fmt.Errorf("settings: zone: %w", err)
	}
	return nil
}

// location returns a zone's location; a zone that is not known to this machine
// counts as UTC.
func location(z config.Zone) *time.Location {
	l, err := z.Location()
	if err != nil {
		return time.UTC
	}
	return l
}

// Zone is the workspace's time zone.
func (r Resolved) Zone() *time.Location { return location(config.Zone(r.value(zoneKey))) }

// PreviousZone is the zone in force before ZoneChanged; nil when there was no
// change. The caller builds the budget calendar from it, from Zone and from
// EarlierZones.
func (r Resolved) PreviousZone() *time.Location {
	if r.zone == nil || r.zone.Previous == "" {
		return nil
	}
	return location(r.zone.Previous)
}

// ZoneChanged is when the zone was changed; zero when never.
func (r Resolved) ZoneChanged() time.Time {
	if r.zone == nil {
		return time.Time{}
	}
	return r.zone.At
}

// EarlierZones calls each with the zones before PreviousZone, oldest first, and
// when each was left.
func (r Resolved) EarlierZones(each func(zone *time.Location, until time.Time)) {
	if r.zone == nil {
		return
	}
	for _, p := range r.zone.Earlier {
		each(location(p.Zone), p.Until)
	}
}

// classOf is the data class of a channel by its kind. An unknown kind counts
// as private.
func classOf(r Resolved) string {
	if r.Channel.Kind == chat.PublicChannel {
		return r.policy.Access.Of(string(r.Place.Platform)).PublicClass.String()
	}
	return r.value("private_class")
}
