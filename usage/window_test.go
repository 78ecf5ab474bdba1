package usage_test

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/tierwise/tierwise/usage"
)

// zones are places whose clocks do all that clocks do: changes at two, at one
// and at midnight in both directions, by half an hour, on the southern half,
// and none. They lie less than a day apart.
var zones = []string{
	"UTC", "Europe/Berlin", "America/New_York", "America/Santiago", "America/Havana", "Asia/Beirut", "Africa/Cairo",
	"Australia/Lord_Howe", "Pacific/Auckland", "Asia/Kolkata", "America/St_Johns", "Asia/Tokyo", "America/Los_Angeles",
}

func zone(tb interface {
	Helper()
	Skip(args ...any)
}, name string) *time.Location {
	tb.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		tb.Skip("no time zone data:", err)
	}
	return z
}

// instant draws one from 2020 to 2035, often near the edge of a local day or a
// change of clocks.
func instant(t *rapid.T, z *time.Location) time.Time {
	day := rapid.Int64Range(18262, 23741).Draw(t, "day")
	at := time.Unix(day*86400+rapid.Int64Range(0, 86399).Draw(t, "second"), rapid.Int64Range(0, 999_999_999).Draw(t, "nano"))
	near := time.Duration(rapid.Int64Range(-60, 60).Draw(t, "half hours")) * 30 * time.Minute
	switch rapid.IntRange(0, 2).Draw(t, "near") {
	case 1: // the edge of a day
		l := at.In(z)
		at = time.Date(l.Year(), l.Month(), l.Day(), 0, 0, 0, 0, z).Add(near / 20)
	case 2: // a change of clocks
		if _, change := at.In(z).ZoneBounds(); !change.IsZero() {
			at = change.Add(near)
		}
	}
	return at.UTC()
}

// named is the id that a calendar on the wall gives.
func named(k usage.WindowKind, local time.Time) string {
	switch k {
	case usage.Day:
		return local.Format(time.DateOnly)
	case usage.Month:
		return local.Format("2006-01")
	}
	// The week belongs to the year of its Thursday.
	y, m, d := local.Date()
	thursday := time.Date(y, m, d+3-(int(local.Weekday())+6)%7, 0, 0, 0, 0, time.UTC)
	return fmt.Sprintf("%04d-W%02d", thursday.Year(), (thursday.YearDay()-1)/7+1)
}

func TestWindowsTileTime(t *testing.T) {
	for _, name := range zones {
		z := zone(t, name)
		t.Run(name, rapid.MakeCheck(func(t *rapid.T) {
			cal, now := usage.Calendar{Zone: z}, instant(t, z)
			for _, w := range cal.Windows(now) {
				if want := named(w.Kind, now.In(z)); w.ID != want || w.At(now) != want {
					t.Fatalf("%s is in %s %s, want %s", now.In(z), w.Kind, w.ID, want)
				}
				if !now.Before(w.Boundary) {
					t.Fatalf("the boundary %s of %s is not after %s", w.Boundary, w.ID, now.In(z))
				}
				if first, last := named(w.Kind, w.Boundary), named(w.Kind, w.Boundary.Add(-1)); first != w.Next || last != w.ID {
					t.Fatalf("at the boundary %s %s becomes %s, want %s to %s", w.Boundary, last, first, w.ID, w.Next)
				}
				if w.At(w.Boundary) != w.Next || w.At(w.Boundary.Add(-1)) != w.ID {
					t.Fatal("At differs at the boundary")
				}
				if after := cal.Window(w.Kind, w.Boundary); after.ID != w.Next || cal.Window(w.Kind, w.Boundary.Add(-1)).Boundary != w.Boundary {
					t.Fatalf("after %s comes %s, want %s", w.ID, after.ID, w.Next)
				}
				start, err := cal.Start(w.Kind, w.ID)
				if err != nil || start.After(now) || cal.Window(w.Kind, start).ID != w.ID || cal.Window(w.Kind, start.Add(-1)).Next != w.ID {
					t.Fatalf("%s begins at %s, %v", w.ID, start, err)
				}
				if next, err := cal.Start(w.Kind, w.Next); err != nil || !next.Equal(w.Boundary) {
					t.Fatalf("%s begins at %s, %v; want %s", w.Next, next, err, w.Boundary)
				}
			}
		}))
	}
}

func TestLengthsOfDaysAtTheChangeOfClocks(t *testing.T) {
	for _, c := range []struct {
		zone, day string
		hours     float64
		begins    string // UTC
	}{
		{"Europe/Berlin", "2026-03-29", 23, "2026-03-28T23:00:00Z"},
		{"Europe/Berlin", "2026-10-25", 25, "2026-10-24T22:00:00Z"},
		{"America/New_York", "2026-03-08", 23, "2026-03-08T05:00:00Z"},
		{"America/New_York", "2026-11-01", 25, "2026-11-01T04:00:00Z"},
		{"America/Santiago", "2026-09-06", 23, "2026-09-06T04:00:00Z"}, // begins at one o'clock
		{"America/Santiago", "2026-04-04", 25, "2026-04-04T03:00:00Z"}, // 23 o'clock comes twice
		{"America/Havana", "2026-11-01", 25, "2026-11-01T04:00:00Z"},   // midnight comes twice
		{"Australia/Lord_Howe", "2026-10-04", 23.5, "2026-10-03T13:30:00Z"},
		{"UTC", "2028-02-29", 24, "2028-02-29T00:00:00Z"},
	} {
		cal := usage.Calendar{Zone: zone(t, c.zone)}
		start, err := cal.Start(usage.Day, c.day)
		if err != nil {
			t.Fatal(err)
		}
		if got := start.UTC().Format(time.RFC3339); got != c.begins {
			t.Errorf("%s in %s begins %s, want %s", c.day, c.zone, got, c.begins)
		}
		w := cal.Window(usage.Day, start)
		if got := w.Boundary.Sub(start).Hours(); got != c.hours || w.ID != c.day {
			t.Errorf("%s in %s lasts %v hours, want %v", w.ID, c.zone, got, c.hours)
		}
	}
}

func TestNamesAtTheTurnOfMonthAndYear(t *testing.T) {
	for _, c := range []struct{ at, day, week, month, next string }{
		{"2026-12-31T23:59:59Z", "2026-12-31", "2026-W53", "2026-12", "2027-01-01 2027-W01 2027-01"},
		{"2027-01-01T00:00:00Z", "2027-01-01", "2026-W53", "2027-01", "2027-01-02 2027-W01 2027-02"},
		{"2027-01-03T23:59:59Z", "2027-01-03", "2026-W53", "2027-01", "2027-01-04 2027-W01 2027-02"},
		{"2024-12-30T00:00:00Z", "2024-12-30", "2025-W01", "2024-12", "2024-12-31 2025-W02 2025-01"},
		{"2028-02-28T12:00:00Z", "2028-02-28", "2028-W09", "2028-02", "2028-02-29 2028-W10 2028-03"},
		{"2026-01-31T12:00:00Z", "2026-01-31", "2026-W05", "2026-01", "2026-02-01 2026-W06 2026-02"},
	} {
		at, err := time.Parse(time.RFC3339, c.at)
		if err != nil {
			t.Fatal(err)
		}
		w := usage.Calendar{}.Windows(at)
		if w[0].ID != c.day || w[1].ID != c.week || w[2].ID != c.month {
			t.Errorf("%s is in %s %s %s, want %s %s %s", c.at, w[0].ID, w[1].ID, w[2].ID, c.day, c.week, c.month)
		}
		if got := w[0].Next + " " + w[1].Next + " " + w[2].Next; got != c.next {
			t.Errorf("%s is followed by %s, want %s", c.at, got, c.next)
		}
	}
	for _, bad := range []struct {
		k  usage.WindowKind
		id string
	}{{usage.Day, "2026-11"}, {usage.Month, "2026-11-01"}, {usage.Week, "2026-11"}, {usage.Week, "2026-W54"}, {usage.Week, "2025-W53"}, {usage.Week, "2026-W0"}, {usage.Day, ""}, {usage.Week, "2026-W12x"}} {
		if at, err := (usage.Calendar{}).Start(bad.k, bad.id); err == nil {
			t.Errorf("%s %q begins at %s, want an error", bad.k, bad.id, at)
		}
	}
}

func TestAChangeOfZoneBeginsWithTheNextWindow(t *testing.T) {
	berlin, tokyo, angeles := zone(t, "Europe/Berlin"), zone(t, "Asia/Tokyo"), zone(t, "America/Los_Angeles")
	changed := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC) // a Tuesday
	for _, c := range []struct {
		name     string
		from, to *time.Location
		kind     usage.WindowKind
		id, next string
		boundary string // UTC: where the running window would have ended
		then     string // UTC: where the next one ends
	}{
		{"east, day", berlin, tokyo, usage.Day, "2026-11-24", "2026-11-25", "2026-11-24T23:00:00Z", "2026-11-25T15:00:00Z"},
		{"west, day", berlin, angeles, usage.Day, "2026-11-24", "2026-11-24", "2026-11-24T23:00:00Z", "2026-11-25T08:00:00Z"},
		{"east, week", berlin, tokyo, usage.Week, "2026-W48", "2026-W49", "2026-11-29T23:00:00Z", "2026-12-06T15:00:00Z"},
		{"west, week", berlin, angeles, usage.Week, "2026-W48", "2026-W48", "2026-11-29T23:00:00Z", "2026-11-30T08:00:00Z"},
		{"east, month", berlin, tokyo, usage.Month, "2026-11", "2026-12", "2026-11-30T23:00:00Z", "2026-12-31T15:00:00Z"},
		{"west, month", berlin, angeles, usage.Month, "2026-11", "2026-11", "2026-11-30T23:00:00Z", "2026-12-01T08:00:00Z"},
	} {
		cal := usage.Calendar{Zone: c.to, Previous: c.from, Changed: changed}
		w := cal.Window(c.kind, changed)
		if w.ID != c.id || w.Next != c.next || w.Boundary.UTC().Format(time.RFC3339) != c.boundary {
			t.Errorf("%s: %s then %s at %s, want %s then %s at %s", c.name, w.ID, w.Next, w.Boundary.UTC().Format(time.RFC3339), c.id, c.next, c.boundary)
		}
		after := cal.Window(c.kind, w.Boundary)
		if after.ID != c.next || after.Boundary.UTC().Format(time.RFC3339) != c.then {
			t.Errorf("%s: after it %s until %s, want %s until %s", c.name, after.ID, after.Boundary.UTC().Format(time.RFC3339), c.next, c.then)
		}
	}
}
