package settings_test

import (
	"slices"
	"testing"
	"time"

	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/config"
	"github.com/tierwise/tierwise/internal/fault"
	"github.com/tierwise/tierwise/internal/journal"
	"github.com/tierwise/tierwise/internal/record"
	"github.com/tierwise/tierwise/internal/settings"
)

const hour = config.Age(time.Hour)

// denial is a moderator's in channel C1.
func denial(person string, long config.Age) settings.DenialChange {
	return settings.DenialChange{Tenant: tenant, Level: settings.Channel, ID: "C1", Person: person, Standing: settings.Member, For: long,
		By: "p_mod", ByRole: settings.Moderator, Why: "test"}
}

func (r *room) denies(person string) bool {
	r.t.Helper()
	return !r.resolve(person).Access().Allows(person, chat.Actor{ID: "U-" + person})
}

func TestADenialEndsByItself(t *testing.T) {
	r := open(t, "", newShelf())
	r.clock.Advance(20 * time.Second)
	if _, err := r.Deny(t.Context(), denial("p_dora", hour)); err != nil {
		t.Fatal(err)
	}
	a, err := r.Deny(t.Context(), denial("p_eric", 0))
	if err != nil || a.New != "p_dora~2026-11-24T13:01Z,p_eric" || a.Origin.String() != "channel C1" {
		t.Fatalf("%+v, %v", a, err)
	}
	if !r.denies("p_dora") || !r.denies("p_eric") || r.denies("p_anna") {
		t.Error("denied are not the two who should be")
	}
	r.clock.Advance(time.Hour)
	if !r.denies("p_dora") {
		t.Error("it ended before its time")
	}
	r.clock.Advance(time.Minute)
	if r.denies("p_dora") || !r.denies("p_eric") {
		t.Error("one denial should have ended, the other not")
	}
	if v, _ := r.resolve("").Get("deny.people"); v.Value != "p_eric" {
		t.Errorf("the list still says %q", v.Value)
	}
	// What has ended leaves the record at the next change.
	if a, err = r.Deny(t.Context(), denial("p_frank", 0)); err != nil || a.New != "p_eric,p_frank" {
		t.Errorf("%+v, %v", a, err)
	}
}

func TestADenialIsChangedAndTakenBack(t *testing.T) {
	r := open(t, "", newShelf())
	for _, long := range []config.Age{hour, 2 * hour, 0} {
		if _, err := r.Deny(t.Context(), denial("p_dora", long)); err != nil {
			t.Fatal(err)
		}
		r.clock.Advance(time.Second)
	}
	if v, _ := r.resolve("").Get("deny.people"); v.Value != "p_dora" {
		t.Errorf("one person is listed as %q", v.Value)
	}
	a, err := r.Allow(t.Context(), denial("p_dora", 0))
	if err != nil || a.New != "" || r.denies("p_dora") {
		t.Errorf("%+v, %v", a, err)
	}
	if a, err = r.Allow(t.Context(), denial("p_dora", 0)); err != nil || a.Changed() {
		t.Errorf("allowing twice: %+v, %v", a, err)
	}
	entries, err := journal.New(r.shelf, r.clock).List(t.Context(), tenant, noon, 0)
	if err != nil || len(entries) != 4 {
		t.Fatalf("%d entries, %v", len(entries), err)
	}
	if e := entries[0]; e.Who != "p_mod" || e.Role != "moderator" || e.Key != "deny.people" || e.From != "p_dora" || e.To != "" || e.Why != "test" {
		t.Errorf("entry %+v", e)
	}
}

func TestAChannelAddsToWhomTheWorkspaceDenies(t *testing.T) {
	r := open(t, "", newShelf())
	r.set(settings.Workspace, "", "deny.people", "p_dora")
	r.set(settings.Workspace, "", "deny.groups", "G1")
	r.set(settings.Channel, "C1", "deny.people", "p_eric")
	r.set(settings.Channel, "C1", "deny.groups", "none")
	if !r.denies("p_dora") || !r.denies("p_eric") {
		t.Error("a channel's list took one of the workspace's away")
	}
	if r.resolve("").Access().Allows("p_anna", chat.Actor{Groups: []string{"G1"}}) {
		t.Error("a channel let a group in that the workspace denies")
	}
	if a, err := r.Allow(t.Context(), denial("p_dora", 0)); err != nil || a.Changed() || !r.denies("p_dora") {
		t.Errorf("allowing in a channel undid a denial in the workspace: %+v, %v", a, err)
	}
}

func TestOverWhomAModeratorDecides(t *testing.T) {
	for _, c := range []struct {
		name  string
		kind  fault.Kind
		wrong func(*settings.DenialChange)
	}{
		{"a member", "", func(*settings.DenialChange) {}},
		{"finance", "", func(c *settings.DenialChange) { c.Standing = settings.Finance }},
		{"an admin", fault.NotAllowed, func(c *settings.DenialChange) { c.Standing = settings.Admin }},
		{"another moderator", fault.NotAllowed, func(c *settings.DenialChange) { c.Standing = settings.Moderator }},
		{"himself", fault.NotAllowed, func(c *settings.DenialChange) { c.Person = c.By }},
		{"a channel's owner over a member", fault.NotAllowed, func(c *settings.DenialChange) { c.ByRole = settings.Owner }},
		{"finance over a member", fault.NotAllowed, func(c *settings.DenialChange) { c.ByRole = settings.Finance }},
		{"a member over a member", fault.NotAllowed, func(c *settings.DenialChange) { c.ByRole = settings.Member }},
		{"an admin over a moderator", "", func(c *settings.DenialChange) { c.ByRole, c.Standing = settings.Admin, settings.Moderator }},
		{"a person's own preferences", fault.BadInput, func(c *settings.DenialChange) { c.Level, c.ID = settings.Person, "p_dora" }},
		{"a channel without its id", fault.BadInput, func(c *settings.DenialChange) { c.ID = "" }},
		{"nobody", fault.BadInput, func(c *settings.DenialChange) { c.Person = "" }},
	} {
		for what, do := range map[string]func(*room, settings.DenialChange) (settings.Applied, error){
			"deny":  func(r *room, c settings.DenialChange) (settings.Applied, error) { return r.Deny(t.Context(), c) },
			"allow": func(r *room, c settings.DenialChange) (settings.Applied, error) { return r.Allow(t.Context(), c) },
		} {
			r := open(t, "", newShelf())
			change := denial("p_dora", 0)
			c.wrong(&change)
			_, err := do(r, change)
			if got := fault.KindOf(err); err != nil && got != c.kind || err == nil && c.kind != "" {
				t.Errorf("%s, %s: %v", what, c.name, err)
			}
			if c.kind != "" && len(r.shelf.records) != 0 {
				t.Errorf("%s, %s: something was written", what, c.name)
			}
		}
	}
	// The list itself is not a moderator's to write.
	r := open(t, "", newShelf())
	for _, level := range []settings.Level{settings.Workspace, settings.Channel} {
		c := settings.Change{Tenant: tenant, Level: level, ID: id(level), Key: "deny.people", Value: "none", By: "p_mod", ByRole: settings.Moderator}
		if _, err := r.Set(t.Context(), c); fault.KindOf(err) != fault.NotAllowed {
			t.Errorf("a moderator set the whole list: %v", err)
		}
	}
}

func TestAModeratorIsNobodyElse(t *testing.T) {
	r := open(t, "roles: {moderator: [G-mods]}\n", newShelf())
	r.set(settings.Workspace, "", "moderators", "p_mod")
	r.set(settings.Workspace, "", "finance", "p_both")
	r.set(settings.Workspace, "", "moderators", "p_mod,p_both")
	got := r.resolve("")
	for _, c := range []struct {
		person string
		actor  chat.Actor
		want   []settings.Role
	}{
		{"p_mod", chat.Actor{ID: "U1"}, []settings.Role{settings.Moderator, settings.Member}},
		{"p_x", chat.Actor{ID: "U2", Groups: []string{"G-mods"}}, []settings.Role{settings.Moderator, settings.Member}},
		{"p_both", chat.Actor{ID: "U3"}, []settings.Role{settings.Finance, settings.Moderator, settings.Member}},
		{"p_mod", chat.Actor{ID: "U1", Guest: true}, []settings.Role{settings.Member}},
		{"p_mod", chat.Actor{ID: "U1", External: true}, []settings.Role{settings.Member}},
		{"p_root", chat.Actor{ID: "U4", Admin: true}, []settings.Role{settings.Admin, settings.Member}},
	} {
		if held := got.Roles(c.person, c.actor); !slices.Equal(held, c.want) {
			t.Errorf("%s %+v: %v, want %v", c.person, c.actor, held, c.want)
		}
	}
	// Somebody with two roles acts in the one that may.
	both := chat.Actor{ID: "U3"}
	if role := got.RoleFor("paused", settings.Channel, "p_both", both); role != settings.Moderator {
		t.Errorf("pausing as %s", role)
	}
	if role := got.RoleFor("tone", settings.Channel, "p_both", both); role != settings.Finance {
		t.Errorf("refused as %s", role)
	}
}

func TestWhoPausesAChannel(t *testing.T) {
	for role, may := range map[settings.Role]bool{settings.Moderator: true, settings.Owner: true, settings.Admin: true, settings.Member: false, settings.Finance: false} {
		r := open(t, "", newShelf())
		other := open(t, "", r.shelf)
		other.resolve("") // a replica that has just read what held
		c := settings.Change{Tenant: tenant, Level: settings.Channel, ID: "C1", Key: "paused", Value: "on", By: "p_x", ByRole: role}
		if _, err := r.Set(t.Context(), c); (err == nil) != may {
			t.Errorf("%s: %v", role, err)
		}
		other.clock.Advance(2 * time.Second)
		if got := other.resolve("").Paused(); got != may {
			t.Errorf("%s: on another replica two seconds later paused is %v", role, got)
		}
	}
	if _, err := open(t, "", newShelf()).Set(t.Context(), change(settings.Workspace, "", "paused", "on")); fault.KindOf(err) != fault.BadInput {
		t.Errorf("a whole workspace paused: %v", err)
	}
}

func TestHowOldAnAccountMustBe(t *testing.T) {
	ago := func(d time.Duration) int64 { return noon.Add(-d).Unix() }
	const day = 24 * time.Hour
	discord := chat.Place{Platform: chat.Discord, Workspace: "T1", Channel: "C1"}
	for _, c := range []struct {
		name  string
		at    chat.Place
		actor chat.Actor
		ok    bool
		from  time.Time
	}{
		{"unknown where nothing is asked", inThread, chat.Actor{}, true, time.Time{}},
		{"unknown", discord, chat.Actor{}, false, time.Time{}},
		{"unknown joining", discord, chat.Actor{Created: ago(900 * day)}, false, time.Time{}},
		{"old enough", discord, chat.Actor{Created: ago(7 * day), Since: ago(time.Hour)}, true, noon},
		{"a young account", discord, chat.Actor{Created: ago(6 * day), Since: ago(2 * day)}, false, noon.Add(day)},
		{"a fresh member", discord, chat.Actor{Created: ago(900 * day), Since: ago(10 * time.Minute)}, false, noon.Add(50 * time.Minute)},
		{"both: the later counts", discord, chat.Actor{Created: ago(6 * day), Since: ago(time.Minute)}, false, noon.Add(day)},
	} {
		r := open(t, "", newShelf())
		from, ok := r.resolveAt(c.at, chat.Channel{}, "").Access().OldEnough(c.actor, noon)
		if ok != c.ok || !from.Equal(c.from) {
			t.Errorf("%s: %v from %v, want %v from %v", c.name, ok, from, c.ok, c.from)
		}
	}
	r := open(t, "", newShelf())
	r.set(settings.Workspace, "", "min_account_age", "0")
	r.set(settings.Channel, "C1", "min_member_age", "0")
	if _, ok := r.resolveAt(inThread, chat.Channel{}, "").Access().OldEnough(chat.Actor{}, noon); !ok {
		t.Error("an admin asked for nothing and the unknown are refused")
	}
}

func TestTheMostGenerousRoleOfAPersonSetsTheirRate(t *testing.T) {
	r := open(t, "throttle: {per_minute: 6}\n", newShelf())
	of := func(groups ...string) int { return r.resolve("").PerMinute(chat.Actor{Groups: groups}) }
	if of() != 6 || of("new") != 6 {
		t.Errorf("before anything is set: %d, %d", of(), of("new"))
	}
	r.set(settings.Workspace, "", "per_minute", "4")
	r.set(settings.Workspace, "", "per_minute.roles", "new:1, helper:5 ,regular:2")
	for _, c := range []struct {
		groups []string
		want   int
	}{{nil, 4}, {[]string{"other"}, 4}, {[]string{"new"}, 1}, {[]string{"new", "regular"}, 2}, {[]string{"helper", "new"}, 5}} {
		if got := of(c.groups...); got != c.want {
			t.Errorf("%v: %d a minute, want %d", c.groups, got, c.want)
		}
	}
	_, err := r.Set(t.Context(), change(settings.Workspace, "", "per_minute.roles", "helper:20"))
	want := "per_minute.roles can give at most 6 a minute here. To go above that, an admin first raises per_minute.most, for example: /ai-config set per_minute.most 20 because …"
	if got := fault.Sentence(err, ""); got != want {
		t.Errorf("got %q", got)
	}
	if _, err := r.Set(t.Context(), change(settings.Workspace, "", "per_minute", "7")); fault.KindOf(err) != fault.BadInput {
		t.Errorf("above the operator's number without a word: %v", err)
	}
	r.set(settings.Workspace, "", "per_minute.most", "20")
	r.set(settings.Workspace, "", "per_minute.roles", "helper:20,new:1")
	if of("helper") != 20 || of() != 4 {
		t.Errorf("after an admin's decision: %d, %d", of("helper"), of())
	}
	// The decision taken back, what was given shrinks with it.
	if _, err := r.Reset(t.Context(), change(settings.Workspace, "", "per_minute.most", "")); err != nil || of("helper") != 6 {
		t.Errorf("%d a minute, %v", of("helper"), err)
	}
	for _, typed := range []string{"0", "-1", "601", "2.5", "+3", "many"} {
		if _, err := r.Set(t.Context(), change(settings.Workspace, "", "per_minute", typed)); fault.KindOf(err) != fault.BadInput {
			t.Errorf("per_minute %q: %v", typed, err)
		}
	}
	for _, typed := range []string{"helper", "helper:", ":3", "helper:0", "a:b:c", "helper:3 x"} {
		if _, err := r.Set(t.Context(), change(settings.Workspace, "", "per_minute.roles", typed)); fault.KindOf(err) != fault.BadInput {
			t.Errorf("per_minute.roles %q: %v", typed, err)
		}
	}
}

func TestADenialIsReadAsItIsStored(t *testing.T) {
	s := newShelf()
	body := `{"values":{"deny.people":{"value":"p_dora~2026-11-24T13:00Z,p_eric","by":"p_root","at":"2026-11-24T11:00:00Z"}}}`
	if err := s.Write(t.Context(), tenant, record.Put(record.Setting, "workspace", []byte(body), 0)); err != nil {
		t.Fatal(err)
	}
	if r := open(t, "", s); !r.denies("p_dora") || !r.denies("p_eric") {
		t.Error("a stored denial is not in force")
	}
	for _, typed := range []string{"p_dora~soon", "~2026-11-24T13:00Z"} {
		if _, err := open(t, "", s).Set(t.Context(), change(settings.Workspace, "", "deny.people", typed)); fault.KindOf(err) != fault.BadInput {
			t.Errorf("%q: %v", typed, err)
		}
	}
}
