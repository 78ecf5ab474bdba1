package usage_test

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/tierwise/tierwise/internal/money"
	"github.com/tierwise/tierwise/usage"
)

// far are zones more than a day apart; between them a day can come again.
var far = append([]string{"Pacific/Kiritimati", "Pacific/Pago_Pago"}, zones...)

// stretch is the time of one window.
type stretch struct {
	id         string
	begin, end time.Time
}

// failing is what walk needs of a test.
type failing interface {
	Helper()
	Fatalf(format string, args ...any)
}

// walk goes from window to window between two instants and fails when one does
// not follow the one before: in between there is a gap, an overlap, an id that
// was used before, or another answer for another instant of the same window.
func walk(t failing, cal usage.Calendar, k usage.WindowKind, from, to time.Time) (out []stretch) {
	t.Helper()
	seen := map[string]bool{}
	for at := from; at.Before(to); {
		w := cal.Window(k, at)
		if !w.Boundary.After(at) {
			t.Fatalf("%s %s ends at %s, which is not after %s", k, w.ID, w.Boundary.UTC(), at.UTC())
		}
		for _, in := range []time.Time{at.Add(w.Boundary.Sub(at) / 3), w.Boundary.Add(-1)} {
			if same := cal.Window(k, in); same.ID != w.ID || !same.Boundary.Equal(w.Boundary) || same.Next != w.Next {
				t.Fatalf("%s %s until %s then %s, but at %s it is %s until %s then %s", k, w.ID, w.Boundary.UTC(), w.Next, in.UTC(), same.ID, same.Boundary.UTC(), same.Next)
			}
		}
		switch last := len(out) - 1; {
		case last >= 0 && out[last].id == w.ID:
			out[last].end = w.Boundary // the window goes on under another zone
		case seen[w.ID] || last >= 0 && w.ID < out[last].id:
			t.Fatalf("%s %s begins at %s and was used before", k, w.ID, at.UTC())
		default:
			out = append(out, stretch{w.ID, at, w.Boundary})
		}
		seen[w.ID] = true
		if after := cal.Window(k, w.Boundary); after.ID != w.Next {
			t.Fatalf("%s %s is followed by %s, want %s", k, w.ID, after.ID, w.Next)
		}
		at = w.Boundary
	}
	return out
}

// TestNoZoneChangeOpensAWindowTwice, or a limit could be spent twice: random
// zones, changed up to five times, at random instants and at edges.
func TestNoZoneChangeOpensAWindowTwice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := func() *time.Location { return zone(t, rapid.SampledFrom(far).Draw(t, "zone")) }
		first := draw()
		at := instant(t, first)
		from := at.Add(-100 * time.Hour)
		left := []usage.Spell{{Zone: first, Until: at}}
		for range rapid.IntRange(0, 4).Draw(t, "further changes") {
			at = at.Add(time.Duration(rapid.Int64Range(0, int64(10*24*time.Hour)).Draw(t, "after")))
			left = append(left, usage.Spell{Zone: draw(), Until: at})
		}
		last := len(left) - 1
		cal := usage.Calendar{Zone: draw(), Previous: left[last].Zone, Changed: left[last].Until, Earlier: left[:last]}
		for _, k := range usage.WindowKinds() {
			walk(t, cal, k, from, at.Add(70*24*time.Hour))
		}
	})
}

// TestZoneChangesAtTheEdges: both ways over both changes of clocks, at the end
// of months, in the middle of every window, twice in one, back again, and
// between zones more than a day apart. Money that is booked every ten minutes
// adds up over the windows to what was booked, and a change that is made later
// moves nothing that was booked before.
func TestZoneChangesAtTheEdges(t *testing.T) {
	utc := func(text string) time.Time {
		at, err := time.Parse("2006-01-02 15:04", text)
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	for _, c := range []struct {
		name    string
		zones   []string // from the first to the one in force
		changed []string // when each was left
		days    string   // ids and lengths in hours around the changes
	}{
		{"Auckland to Los Angeles, mid-day", []string{"Pacific/Auckland", "America/Los_Angeles"}, []string{"2026-11-24 02:00"}, "24:45 25:24"},
		{"Los Angeles to Auckland, mid-day", []string{"America/Los_Angeles", "Pacific/Auckland"}, []string{"2026-11-24 20:00"}, "24:24 25:3 26:24"},
		{"into the day of 23 hours", []string{"UTC", "Europe/Berlin"}, []string{"2026-03-28 12:00"}, "28:24 29:22 30:24"},
		{"out of the day of 23 hours", []string{"Europe/Berlin", "UTC"}, []string{"2026-03-29 01:30"}, "29:25 30:24"},
		{"into the day of 25 hours", []string{"UTC", "Europe/Berlin"}, []string{"2026-10-24 12:00"}, "24:24 25:23 26:24"},
		{"out of the day of 25 hours", []string{"Europe/Berlin", "UTC"}, []string{"2026-10-25 01:30"}, "25:26 26:24"},
		{"at the end of a month", []string{"UTC", "America/Los_Angeles"}, []string{"2026-11-30 23:59"}, "30:32 01:24"},
		{"at midnight itself", []string{"UTC", "Asia/Tokyo"}, []string{"2026-11-24 00:00"}, "24:24 25:15 26:24"},
		{"twice in a day", []string{"UTC", "America/Los_Angeles", "Asia/Tokyo"}, []string{"2026-11-24 10:00", "2026-11-24 11:00"}, "24:24 25:15 26:24"},
		{"twice in a week", []string{"UTC", "America/Los_Angeles", "Asia/Tokyo"}, []string{"2026-11-24 10:00", "2026-11-26 10:00"}, "24:32 25:24 26:24 27:7 28:24"},
		{"back on the same day", []string{"UTC", "Asia/Tokyo", "UTC"}, []string{"2026-11-24 10:00", "2026-11-24 10:05"}, "24:24 25:24"},
		{"back the next day", []string{"UTC", "Asia/Tokyo", "UTC"}, []string{"2026-11-24 10:00", "2026-11-25 10:00"}, "24:24 25:24 26:24"},
		{"west by more than a day", []string{"Pacific/Kiritimati", "Pacific/Pago_Pago"}, []string{"2026-11-24 00:00"}, "24:49 25:24"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var left []usage.Spell
			for i, at := range c.changed {
				left = append(left, usage.Spell{Zone: zone(t, c.zones[i]), Until: utc(at)})
			}
			full := calendarOf(zone(t, c.zones[len(left)]), left)
			from, to := left[0].Until.Add(-40*24*time.Hour), left[len(left)-1].Until.Add(50*24*time.Hour)
			for _, k := range usage.WindowKinds() {
				walk(t, full, k, from, to)
			}
			if got := lengths(walk(t, full, usage.Day, left[0].Until.Add(-50*time.Hour), to), c.days); got != c.days {
				t.Errorf("days %s, want %s", got, c.days)
			}
			addUp(t, c.zones, left, from, to)
		})
	}
}

// calendarOf is a calendar after some changes.
func calendarOf(now *time.Location, left []usage.Spell) usage.Calendar {
	c := usage.Calendar{Zone: now}
	if n := len(left); n > 0 {
		c.Previous, c.Changed, c.Earlier = left[n-1].Zone, left[n-1].Until, left[:n-1]
	}
	return c
}

// lengths writes days as "<day>:<hours>", as many as want has, from its first.
func lengths(days []stretch, want string) (out string) {
	i := slices.IndexFunc(days, func(s stretch) bool { return s.id[8:] == want[:2] })
	for ; i >= 0 && i < len(days) && len(out) < len(want); i++ {
		if out != "" {
			out += " "
		}
		out += days[i].id[8:] + ":" + days[i].end.Sub(days[i].begin).String()
		out = out[:len(out)-len("h0m0s")]
	}
	return out
}

// addUp books one nano every ten minutes by the calendar as it was known then and
// compares the sums with the windows of the calendar that knows all changes.
func addUp(t *testing.T, names []string, left []usage.Spell, from, to time.Time) {
	t.Helper()
	booked, whole := map[string]money.Nano{}, map[string]money.Nano{}
	full := calendarOf(zone(t, names[len(left)]), left)
	var entries money.Nano
	for at := from; at.Before(to); at = at.Add(10 * time.Minute) {
		known := 0
		for known < len(left) && !at.Before(left[known].Until) {
			known++
		}
		then := calendarOf(zone(t, names[known]), left[:known])
		entries++
		for _, k := range usage.WindowKinds() {
			booked[string(k)+then.Window(k, at).At(at)]++
			whole[string(k)+full.Window(k, at).ID]++
		}
	}
	var sum money.Nano
	for id, n := range booked {
		if whole[id] != n {
			t.Errorf("%s has %d by the calendars of the time and %d by the one of today", id, n, whole[id])
		}
		sum += n
	}
	if sum != 3*entries {
		t.Errorf("Σ over windows %d, want %d", sum, 3*entries)
	}
}
