package usage

import (
	"fmt"
	"time"
)

// WindowKind is the length of a budget window.
type WindowKind string

// The windows: calendar days, ISO weeks (from Monday) and calendar months, all
// in the workspace's zone.
const (
	Day   WindowKind = "day"
	Week  WindowKind = "week"
	Month WindowKind = "month"
)

// WindowKinds lists the windows from short to long.
func WindowKinds() []WindowKind { return []WindowKind{Day, Week, Month} }

// Window names two adjacent windows of one kind. The store books into ID when
// its own clock is before Boundary and into Next otherwise, so that a caller's
// clock never decides where money goes and nothing ever has to be reset.
type Window struct {
	Kind     WindowKind `json:"kind"`
	ID       string     `json:"id"`       // "2026-11-24", "2026-W48", "2026-11"
	Next     string     `json:"next"`     // the id of the window that follows
	Boundary time.Time  `json:"boundary"` // the first instant of Next
}

// At returns the id that is in force at t.
func (w Window) At(t time.Time) string {
	if t.Before(w.Boundary) {
		return w.ID
	}
	return w.Next
}

func orUTC(l *time.Location) *time.Location {
	if l == nil {
		return time.UTC
	}
	return l
}

func idOf(k WindowKind, t time.Time) string {
	switch k {
	case Day:
		return t.Format("2006-01-02")
	case Week:
		y, w := t.ISOWeek()
		return fmt.Sprintf("%04d-W%02d", y, w)
	default:
		return t.Format("2006-01")
	}
}

// endOf returns the first instant after the window that t is in, in t's zone.
func endOf(k WindowKind, t time.Time) time.Time {
	y, m, d := t.Date()
	switch k {
	case Day:
		return dayStart(y, m, d+1, t.Location())
	case Week:
		return dayStart(y, m, d+7-(int(t.Weekday())+6)%7, t.Location())
	default:
		return dayStart(y, m+1, 1, t.Location())
	}
}

// dayStart returns the first instant of a local day. That is not always what
// time.Date makes of its midnight: where clocks go forward at midnight there is
// none, and time.Date answers with the day before; where they go back to it
// there are two.
func dayStart(y int, m time.Month, d int, z *time.Location) time.Time {
	wall := time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	midnight := func(like time.Time) time.Time {
		_, east := like.Zone()
		return wall.Add(-time.Duration(east) * time.Second).In(z)
	}
	noon := time.Date(y, m, d, 12, 0, 0, 0, z)
	change, _ := noon.ZoneBounds() // the last one before noon; zero when there was none
	if change.IsZero() {
		return midnight(noon)
	}
	if first := midnight(change.Add(-1)); first.Before(change) {
		return first // the day began by the old clock
	}
	if change.After(midnight(noon)) {
		return change // midnight was left out
	}
	return midnight(noon)
}
