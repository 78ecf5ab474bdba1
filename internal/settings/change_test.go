package settings_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/tierwise/tierwise/internal/fault"
	"github.com/tierwise/tierwise/internal/journal"
	"github.com/tierwise/tierwise/internal/record"
	"github.com/tierwise/tierwise/internal/settings"
)

func change(level settings.Level, id, key, value string) settings.Change {
	return settings.Change{Tenant: tenant, Level: level, ID: id, Key: key, Value: value, By: "p_root", ByRole: settings.Admin}
}

func TestBadChangesAreSaidInSentencesAndWriteNothing(t *testing.T) {
	r := open(t, "", newShelf())
	ws := settings.Workspace
	for _, c := range []struct {
		change settings.Change
		kind   fault.Kind
		says   string
	}{
		{change(ws, "", "cieling", "local"), fault.BadInput, `There is no setting "cieling". Did you mean ceiling?`},
		{change(ws, "", "colour", "red"), fault.BadInput, `There is no setting "colour". /ai-config lists all of them.`},
		{change(ws, "", "ceiling", "standart"), fault.BadInput, `ceiling takes local, economy, standard or frontier, not "standart". Did you mean standard?`},
		{change(ws, "", "ceiling", "huge"), fault.BadInput, `ceiling takes local, economy, standard or frontier, not "huge".`},
		{change(ws, "", "followups", "sometimes"), fault.BadInput, `followups takes on or off, not "sometimes".`},
		{change(ws, "", "answer_cap", "-1"), fault.BadInput, `answer_cap takes an amount that is not negative, such as 0.25, not "-1".`},
		{change(ws, "", "answer_cap", "a lot"), fault.BadInput, `answer_cap takes an amount in dollars such as 0.25, not "a lot".`},
		{change(ws, "", "answer_cap", "0"), fault.BadInput, `answer_cap takes more than 0 (to spend nothing here set the ceiling to local), not "0".`},
		{change(ws, "", "answer_cap", "5000"), fault.BadInput, `answer_cap takes at most $1000.00, not "5000".`},
		{change(ws, "", "zone", "Mars/Olympus"), fault.BadInput, `zone takes a time zone such as Europe/Warsaw, not "Mars/Olympus".`},
		{change(ws, "", "language", "German please"), fault.BadInput, `language takes auto or a language such as de or pt-BR, not "German please".`},
		{change(ws, "", "redact", "email, faces"), fault.BadInput, `redact takes none or a list of email, phone, card, iban, ip or secret, not "email, faces".`},
		{change(ws, "", "regions", ""), fault.BadInput, `regions takes none or a list such as a, b, not "".`},
		{change(ws, "", "labels", "bug"), fault.BadInput, `labels takes 2 to 30 labels, such as: bug: something is broken; question; other, not "bug".`},
		{change(ws, "", "labels", "bug; Bug"), fault.BadInput, `labels takes each label once; Bug is there twice, not "bug; Bug".`},
		{change(settings.Channel, "C1", "zone", "UTC"), fault.BadInput, `zone cannot be set for a channel; it can be set for the workspace.`},
		{change(ws, "", "pin", "local"), fault.BadInput, `pin cannot be set for the workspace; it can be set for a channel or a thread.`},
		{change(settings.Policy, "", "tone", "plain"), fault.BadInput, `tone cannot be set for that level; it can be set for the workspace, a channel or a thread.`},
		{change(settings.Channel, "", "tone", "plain"), fault.BadInput, `To set tone for a channel, say which one.`},
		{settings.Change{Tenant: tenant, Level: ws, Key: "ceiling", Value: "local", By: "p_x", ByRole: settings.Owner}, fault.NotAllowed, `Only an admin can change ceiling for the workspace.`},
		{settings.Change{Tenant: tenant, Level: settings.Channel, ID: "C1", Key: "tone", Value: "plain", By: "p_x", ByRole: settings.Member}, fault.NotAllowed, `Only the channel's owner or an admin can change tone for a channel.`},
		{settings.Change{Tenant: tenant, Level: settings.Person, ID: "p_anna", Key: "length", Value: "long", By: "p_x", ByRole: settings.Admin}, fault.NotAllowed, `Only the person alone can change length for a person.`},
		{settings.Change{Tenant: tenant, Level: ws, Key: "tone", Value: "plain", By: "p_x", ByRole: settings.Finance}, fault.NotAllowed, `Only an admin can change tone for the workspace.`},
		{settings.Change{Tenant: tenant, Level: ws, Key: "tone", Value: "plain", ByRole: settings.Admin}, fault.NotAllowed, `Only an admin can change tone for the workspace.`},
	} {
		_, err := r.Set(t.Context(), c.change)
		if got := fault.Sentence(err, "r-1"); got != c.says || fault.KindOf(err) != c.kind {
			t.Errorf("%s=%s:\n got %s %q\nwant %s %q", c.change.Key, c.change.Value, fault.KindOf(err), got, c.kind, c.says)
		}
	}
	if len(r.shelf.records) != 0 {
		t.Errorf("%d records were written by refused changes", len(r.shelf.records))
	}
}

func TestValuesAreStoredInOneForm(t *testing.T) {
	r := open(t, "", newShelf())
	for _, c := range []struct{ key, typed, stored string }{
		{"ceiling", " Economy ", "economy"},
		{"fast", "YES", "on"},
		{"answer_cap", "$0.250", "0.25"},
		{"regions", "eu  us,eu", "eu,us"},
		{"regions", "any", "none"},
		{"labels", "bug: it broke ;question;  other", "bug: it broke; question; other"},
		{"labels", "bug, question", "bug; question"},
		{"redact", "Email, IBAN", "email,iban"},
	} {
		if a := r.set(settings.Workspace, "", c.key, c.typed); a.New != c.stored {
			t.Errorf("%s %q is stored as %q, want %q", c.key, c.typed, a.New, c.stored)
		}
	}
	for _, d := range settings.Registry() { // whatever holds before can be set again
		v, _ := open(t, "", newShelf()).resolve("").Get(d.Key)
		if a, err := open(t, "", newShelf()).Set(t.Context(), change(d.Grants[0].Level, id(d.Grants[0].Level), d.Key, v.Value)); err != nil || a.New != v.Value {
			t.Errorf("%s: the default %q cannot be set: %q, %v", d.Key, v.Value, a.New, err)
		}
	}
}

func id(l settings.Level) string {
	return map[settings.Level]string{settings.Channel: "C1", settings.Thread: "C1/171.2", settings.Person: "p_root"}[l]
}

func TestWhoMayChangeWhatOnWhichLevel(t *testing.T) {
	roles := []settings.Role{settings.Operator, settings.Admin, settings.Finance, settings.Owner, settings.Moderator, settings.Member}
	want := map[settings.Who]string{settings.Admins: "oa----", settings.Owners: "oa-w--", settings.Moderators: "oa-wd-", settings.Members: "oafwdm", settings.Self: "------"}
	for _, d := range settings.Registry() {
		for _, g := range d.Grants {
			got := ""
			for i, role := range roles {
				c := change(g.Level, id(g.Level), d.Key, "none")
				c.By, c.ByRole = "p_other", role
				if _, err := open(t, "", newShelf()).Reset(t.Context(), c); fault.KindOf(err) == fault.NotAllowed {
					got += "-"
				} else {
					got += string("oafwdm"[i])
				}
			}
			if got != want[g.Who] {
				t.Errorf("%s on %s (%s): %s, want %s", d.Key, g.Level, g.Who, got, want[g.Who])
			}
		}
	}
}

func TestOfTwoWritersOneIsToldAndRepeatsCleanly(t *testing.T) {
	s := newShelf()
	a, b := open(t, "", s), open(t, "", s)
	s.before = func() { b.set(settings.Workspace, "", "language", "fr") }
	_, err := a.Set(t.Context(), change(settings.Workspace, "", "language", "de"))
	if fault.KindOf(err) != fault.Conflict || !errors.Is(err, record.ErrConflict) {
		t.Fatalf("the slower writer: %v", err)
	}
	if n := s.count(record.Journal); n != 1 {
		t.Errorf("%d journal entries after one change and one refusal", n)
	}
	a.set(settings.Workspace, "", "language", "de")
	got := a.resolve("")
	if got.Language() != "de" || s.count(record.Journal) != 2 {
		t.Errorf("language %s, %d entries", got.Language(), s.count(record.Journal))
	}
}

func TestWritersOfDifferentKeysDoNotDisturbEachOther(t *testing.T) {
	s := newShelf()
	a, b := open(t, "", s), open(t, "", s)
	s.before = func() { b.set(settings.Workspace, "", "tone", "formal") }
	a.set(settings.Workspace, "", "language", "de")
	got := a.resolve("")
	if got.Tone() != "formal" || got.Language() != "de" || s.count(record.Journal) != 2 {
		t.Errorf("tone %s, language %s, %d entries; want both changes", got.Tone(), got.Language(), s.count(record.Journal))
	}
}

func TestEveryChangeIsInTheJournalAndOnlyChanges(t *testing.T) {
	r := open(t, "", newShelf())
	r.set(settings.Channel, "C1", "ceiling", "economy")
	r.clock.Advance(time.Minute)
	if a := r.set(settings.Channel, "C1", "ceiling", "economy"); a.Changed() {
		t.Error("the same value again counts as a change")
	}
	r.set(settings.Channel, "C1", "ceiling", "local")
	entries, err := journal.New(r.shelf, r.clock).List(t.Context(), tenant, noon, 0)
	if err != nil || len(entries) != 2 {
		t.Fatalf("%d entries, %v", len(entries), err)
	}
	e := entries[0]
	e.ID, e.At = "", time.Time{}
	want := journal.Entry{Who: "p_root", Role: "admin", Subject: journal.Setting, Level: "channel", Place: "C1", Key: "ceiling", From: "economy", To: "local", Why: "test"}
	if e != want {
		t.Errorf("entry %+v, want %+v", e, want)
	}
	v, _ := r.resolve("").Get("ceiling")
	if v.By != "p_root" || !v.At.Equal(noon.Add(time.Minute)) {
		t.Errorf("explain says by %q at %v", v.By, v.At)
	}
}

func TestRecordsAreNamedByIdsOnly(t *testing.T) {
	r := open(t, "", newShelf())
	r.set(settings.Channel, "C1", "tone", "plain")
	r.set(settings.Thread, "C1/171.2", "tone", "formal")
	renamed := public
	renamed.Name = "a-new-name"
	if got := r.resolveAt(inThread.InChannel(), renamed, "").Tone(); got != "plain" {
		t.Errorf("after renaming the channel: %q", got)
	}
	for key := range r.shelf.records {
		if strings.Contains(key, "|setting|") && !strings.HasSuffix(key, "channel/C1") && !strings.HasSuffix(key, "thread/C1/171.2") {
			t.Errorf("record %s", key)
		}
	}
}
