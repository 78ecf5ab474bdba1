package settings_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/tierwise/tierwise/internal/fault"
	"github.com/tierwise/tierwise/internal/record"
	"github.com/tierwise/tierwise/internal/settings"
)

const (
	inUTC    = "defaults: {zone: UTC}"
	inTokyo  = "defaults: {zone: Asia/Tokyo}"
	inBerlin = "defaults: {zone: Europe/Berlin}"
)

// began is another process on the same shelf with its own policy, at the
// clock of the first.
func (r *room) began(policy string) *room {
	r.t.Helper()
	next := open(r.t, policy, r.shelf)
	next.clock.Set(r.clock.Now())
	if err := next.AdoptZone(r.t.Context(), tenant); err != nil {
		r.t.Fatal(err)
	}
	return next
}

// zones writes what holds, what held before and until when, and what held before
// that, oldest first.
func (r *room) zones() string {
	r.t.Helper()
	s := r.resolve("")
	out := []string{s.Zone().String()}
	if p := s.PreviousZone(); p != nil {
		out = append(out, p.String()+" until "+s.ZoneChanged().Format("02 15:04:05"))
	}
	s.EarlierZones(func(z *time.Location, until time.Time) {
		out = append(out, z.String()+" until "+until.Format("02 15:04:05"))
	})
	return strings.Join(out, ", ")
}

func (r *room) wantZones(what, want string) {
	r.t.Helper()
	if got := r.zones(); got != want {
		r.t.Errorf("%s: %s, want %s", what, got, want)
	}
}

func TestAZoneChangeKeepsWhatRunningWindowsNeed(t *testing.T) {
	r := open(t, "", newShelf())
	r.wantZones("before any change", "UTC")
	r.set(settings.Workspace, "", "zone", "Europe/Warsaw")
	r.wantZones("changed; every replica knows of it when it begins", "Europe/Warsaw, UTC until 24 12:00:02")
	r.set(settings.Workspace, "", "zone", "Europe/Berlin")
	r.wantZones("a slip is mended", "Europe/Berlin, Europe/Warsaw until 24 12:00:02, UTC until 24 12:00:02")
	r.clock.Advance(24 * time.Hour)
	r.set(settings.Workspace, "", "zone", "Asia/Tokyo")
	r.wantZones("changed on the next day, while the month runs in UTC", "Asia/Tokyo, Europe/Berlin until 25 12:00:02, UTC until 24 12:00:02, Europe/Warsaw until 24 12:00:02")
	r.clock.Advance(80 * 24 * time.Hour)
	r.set(settings.Workspace, "", "zone", "UTC")
	r.wantZones("what no window needs any more is forgotten", "UTC, Asia/Tokyo until 13 12:00:02")
}

func TestZonesCannotBeChangedWithoutEnd(t *testing.T) {
	r := open(t, "", newShelf())
	var err error
	for i := 0; err == nil && i < 100; i++ {
		r.clock.Advance(time.Minute)
		_, err = r.Set(t.Context(), change(settings.Workspace, "", "zone", []string{"UTC", "Asia/Tokyo"}[(i+1)%2]))
	}
	if want := "The time zone was changed more than 20 times within 70 days"; !strings.HasPrefix(fault.Sentence(err, ""), want) {
		t.Errorf("got %q, want %q", fault.Sentence(err, ""), want)
	}
	r.clock.Advance(71 * 24 * time.Hour)
	r.set(settings.Workspace, "", "zone", "Europe/Berlin")
}

// TestAZoneOfThePolicyFileIsAChangeLikeAnyOther: it is in force from an instant
// on, for all replicas, whatever their own files say.
func TestAZoneOfThePolicyFileIsAChangeLikeAnyOther(t *testing.T) {
	old := open(t, inUTC, newShelf())
	if err := old.NoteZone(t.Context(), tenant); err != nil {
		t.Fatal(err)
	}
	old.wantZones("noted before the first booking", "UTC")
	old.clock.Advance(time.Hour)
	fresh := old.began(inTokyo)
	fresh.wantZones("the new file", "Asia/Tokyo, UTC until 24 13:00:02")
	old.clock.Advance(2 * time.Second)
	old.wantZones("a replica with the old file", "Asia/Tokyo, UTC until 24 13:00:02")
	if v, _ := old.resolve("").Get("zone"); v.Origin.Level != settings.Policy || v.Value != "Asia/Tokyo" {
		t.Errorf("explained as %+v", v)
	}
	if err := old.NoteZone(t.Context(), tenant); err != nil {
		t.Fatal(err)
	}
	old.wantZones("noted again by the old one", "Asia/Tokyo, UTC until 24 13:00:02")

	fresh.clock.Advance(time.Hour)
	fresh.began(inTokyo).wantZones("a restart with the same file changes nothing", "Asia/Tokyo, UTC until 24 13:00:02")
	fresh.began(inUTC).wantZones("changed back on the same day", "UTC, Asia/Tokyo until 24 14:00:02, UTC until 24 13:00:02")

	var journal []string
	for key, rec := range fresh.shelf.records {
		if strings.Contains(key, "|journal|") {
			journal = append(journal, string(rec.Body))
		}
	}
	if len(journal) != 2 || !strings.Contains(strings.Join(journal, " "), `"Asia/Tokyo"`) {
		t.Errorf("journal %q", journal)
	}
}

// TestAWorkspaceWithItsOwnZoneIgnoresThePolicys until it gives its own up.
func TestAWorkspaceWithItsOwnZoneIgnoresThePolicys(t *testing.T) {
	r := open(t, inUTC, newShelf())
	r.set(settings.Workspace, "", "zone", "Europe/Berlin")
	r.clock.Advance(time.Hour)
	r = r.began(inTokyo)
	r.wantZones("its own", "Europe/Berlin, UTC until 24 12:00:02")
	if v, _ := r.resolve("").Get("zone"); v.Origin.Level != settings.Workspace {
		t.Errorf("explained as %+v", v)
	}
	if _, err := r.Reset(t.Context(), change(settings.Workspace, "", "zone", "")); err != nil {
		t.Fatal(err)
	}
	r.wantZones("given up", "Asia/Tokyo, Europe/Berlin until 24 13:00:02, UTC until 24 12:00:02")
	r.began(inBerlin).wantZones("and now the policy's counts", "Europe/Berlin, Asia/Tokyo until 24 13:00:02, UTC until 24 12:00:02, Europe/Berlin until 24 13:00:02")
}

// TestNotingAZoneLosesNoOtherChange: somebody sets something in between.
func TestNotingAZoneLosesNoOtherChange(t *testing.T) {
	r := open(t, inUTC, newShelf())
	other := open(t, inUTC, r.shelf)
	r.shelf.before = func() { other.set(settings.Workspace, "", "tone", "formal") }
	if err := r.NoteZone(t.Context(), tenant); err != nil {
		t.Fatal(err)
	}
	r.clock.Advance(2 * time.Second)
	if s := r.resolve(""); s.Tone() != "formal" || s.Zone() != time.UTC {
		t.Errorf("tone %s, zone %s", s.Tone(), s.Zone())
	}
	r.shelf.down = errors.New("down")
	if err := r.AdoptZone(t.Context(), tenant); err == nil || errors.Is(err, record.ErrConflict) {
		t.Errorf("a store that is down: %v", err)
	}
}
