package settings

import (
	"time"

	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/config"
	"github.com/tierwise/tierwise/internal/fault"
)

const zoneKey = "zone"

// zoneChange is the last change of the workspace's zone: windows that were
// running at At end in Previous.
type zoneChange struct {
	Previous config.Zone `json:"previous"`
	At       time.Time   `json:"at"`
}

// changeZone notes the zone that is left, so that running windows end where
// they would have ended. Only one change can be remembered, so that a second
// one has to wait until the windows of the first have ended; on the same day a
// slip can still be mended, because no window has ended in between.
func (s *Settings) changeZone(d document, next string, now time.Time) (*zoneChange, error) {
	current := s.policy.Defaults.Zone
	if own, ok := d.Values[zoneKey]; ok {
		current = config.Zone(own.Value)
	}
	if next == "" {
		next = string(s.policy.Defaults.Zone)
	}
	if string(current) == next {
		return d.Zone, nil
	}
	if d.Zone == nil {
		return &zoneChange{Previous: current, At: now}, nil
	}
	before := location(d.Zone.Previous)
	day, all := windowEnds(d.Zone.At.In(before))
	switch {
	case now.Before(day):
		return d.Zone, nil
	case now.Before(all):
		return nil, fault.Newf(fault.BadInput, "The time zone was changed on %s, and budgets that were running then end in the old one. It can be changed again from %s on.",
			d.Zone.At.In(before).Format(time.DateOnly), all.Format("2006-01-02 15:04"))
	}
	return &zoneChange{Previous: current, At: now}, nil
}

// windowEnds returns when the day, and when the last of day, ISO week and
// month, that t is in will have ended in t's zone.
func windowEnds(t time.Time) (day, all time.Time) {
	y, m, d := t.Date()
	midnight := func(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, t.Location()) }
	day = midnight(y, m, d+1)
	all = midnight(y, m, d+7-(int(t.Weekday())+6)%7)
	if month := midnight(y, m+1, 1); month.After(all) {
		all = month
	}
	return day, all
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
// change. The caller builds the budget calendar from the three.
func (r Resolved) PreviousZone() *time.Location {
	if r.zone == nil {
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

// classOf is the data class of a channel by its kind. An unknown kind counts
// as private.
func classOf(r Resolved) string {
	if r.Channel.Kind == chat.PublicChannel {
		return r.policy.Access.Of(string(r.Place.Platform)).PublicClass.String()
	}
	return r.value("private_class")
}
