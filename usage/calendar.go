package usage

import (
	"fmt"
	"slices"
	"time"
)

// Calendar places windows in a workspace's time zone. A change of zone begins
// with the next window of each kind: the one that is running ends where it
// would have ended, and the next is one of the zone that holds at that instant.
// So every instant is in just one window of each kind, and no id comes again
// once its window has ended, however often and however far the zone changes:
// where the new zone is still in a day that has ended, the running window goes
// on until that zone has left it.
type Calendar struct {
	Zone     *time.Location // in force; nil is UTC
	Previous *time.Location // in force before Changed; nil when there was none
	Changed  time.Time      // when the zone was changed; zero when never
	// Earlier are the zones before Previous, oldest first. One that was left
	// more than two months ago no longer matters.
	Earlier []Spell
}

// Spell is a zone that was in force until an instant.
type Spell struct {
	Zone  *time.Location
	Until time.Time
}

// Windows returns the day, week and month at now, in that order.
func (c Calendar) Windows(now time.Time) []Window {
	out := make([]Window, 0, 3)
	for _, k := range WindowKinds() {
		out = append(out, c.Window(k, now))
	}
	return out
}

// Window returns the window of one kind at now.
func (c Calendar) Window(k WindowKind, now time.Time) Window {
	id, end := c.running(k, now)
	next, _ := c.running(k, end)
	return Window{k, id, next, end}
}

// running walks through the spells to the window at t. A spell's last window is
// the one in which its zone was left, and after it comes the spell that holds
// then; one that began and ended within that window has none.
func (c Calendar) running(k WindowKind, t time.Time) (id string, end time.Time) {
	zone, ended := orUTC(c.Zone), ""
	if c.Previous != nil {
		left := append(slices.Clone(c.Earlier), Spell{c.Previous, c.Changed})
		for i := 0; i < len(left); {
			last, until := within(k, left[i].Until, orUTC(left[i].Zone), ended)
			if t.Before(until) {
				zone = orUTC(left[i].Zone)
				break
			}
			ended = last
			i++
			for i < len(left) && left[i].Until.Before(until) {
				i++
			}
		}
	}
	return within(k, t, zone, ended)
}

// within is the window of a zone at t, not before the one that has ended.
func within(k WindowKind, t time.Time, zone *time.Location, ended string) (id string, end time.Time) {
	local := t.In(zone)
	if id = idOf(k, local); id >= ended {
		return id, endOf(k, local)
	}
	first, err := (Calendar{Zone: zone}).Start(k, ended)
	if err != nil {
		return id, endOf(k, local) // not reached: idOf made the id
	}
	return ended, endOf(k, first)
}

// Start returns the first instant of the window with that id in the zone of
// the calendar. It is the inverse of the ids Window gives.
func (c Calendar) Start(k WindowKind, id string) (time.Time, error) {
	var first time.Time // midnight of its first day, in no particular zone
	var err error
	switch k {
	case Day:
		first, err = time.Parse(time.DateOnly, id)
	case Month:
		first, err = time.Parse("2006-01", id)
	default:
		var y, w int
		if _, err = fmt.Sscanf(id, "%d-W%d", &y, &w); err == nil {
			jan4 := time.Date(y, 1, 4, 0, 0, 0, 0, time.UTC) // always in week 1
			first = jan4.AddDate(0, 0, (w-1)*7-(int(jan4.Weekday())+6)%7)
		}
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("usage: window %q: %w", id, err)
	}
	if idOf(k, first) != id {
		return time.Time{}, fmt.Errorf("usage: there is no %s %q", k, id)
	}
	y, m, d := first.Date()
	return dayStart(y, m, d, orUTC(c.Zone)), nil
}
