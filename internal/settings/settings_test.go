package settings_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/tierwise/tierwise/internal/catalog"
	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/money"
	"github.com/tierwise/tierwise/internal/record"
	"github.com/tierwise/tierwise/internal/settings"
	"github.com/tierwise/tierwise/internal/step"
)

func TestTheNarrowestLevelWinsAndSaysWhereItCameFrom(t *testing.T) {
	r := open(t, "", newShelf())
	check := func(want, origin string) {
		t.Helper()
		got, _ := r.resolve("p_anna").Get("language")
		if got.Value != want || got.Origin.String() != origin {
			t.Errorf("language %q from %q, want %q from %q", got.Value, got.Origin, want, origin)
		}
	}
	check("auto", "default")
	r.set(settings.Workspace, "", "language", "en")
	check("en", "workspace")
	r.set(settings.Channel, "C1", "language", "de")
	check("de", "channel C1")
	r.set(settings.Thread, "C1/171.2", "language", "pl")
	check("pl", "thread C1/171.2")
	r.set(settings.Person, "p_anna", "language", "fr")
	check("fr", "person p_anna")

	if got := r.resolve("p_bert").Language(); got != "pl" {
		t.Errorf("another person in the thread: %q", got)
	}
	if got := r.resolveAt(inThread.InChannel(), public, "").Language(); got != "de" {
		t.Errorf("the channel itself: %q", got)
	}
	elsewhere := chat.Place{Platform: chat.Slack, Workspace: "T1", Channel: "C2"}
	if got := r.resolveAt(elsewhere, chat.Channel{}, "").Language(); got != "en" {
		t.Errorf("another channel: %q", got)
	}
	other := chat.Place{Platform: chat.Slack, Workspace: "T2", Channel: "C1"}
	if got := r.resolveAt(other, chat.Channel{}, "p_anna").Language(); got != "" {
		t.Errorf("another workspace: %q", got)
	}
}

func TestThePolicyIsALevelOfItsOwn(t *testing.T) {
	r := open(t, "defaults: {ceiling: standard, tier: {ask: standard}}\n", newShelf()).resolve("")
	if r.Origin("ceiling") != "policy" || r.Origin("tier.ask") != "policy" || r.Origin("tier.draft") != "default" {
		t.Errorf("origins %s %s %s", r.Origin("ceiling"), r.Origin("tier.ask"), r.Origin("tier.draft"))
	}
	if r.Ceiling() != catalog.Standard || r.Tier(step.Ask) != catalog.Standard {
		t.Error("policy values are not in force")
	}
}

func TestResettingBringsBackWhatHoldsAbove(t *testing.T) {
	r := open(t, "", newShelf())
	r.set(settings.Workspace, "", "tone", "formal")
	r.set(settings.Channel, "C1", "tone", "plain")
	a, err := r.Reset(t.Context(), settings.Change{Tenant: tenant, Level: settings.Channel, ID: "C1", Key: "tone", By: "p_root", ByRole: settings.Admin})
	if err != nil || a.Old != "plain" || a.New != "" || !a.Changed() {
		t.Fatalf("%+v, %v", a, err)
	}
	if got := r.resolve("").Tone(); got != "formal" {
		t.Errorf("tone %q", got)
	}
}

func TestAPersonCanShowLessAndNeverMore(t *testing.T) {
	r := open(t, "", newShelf())
	r.set(settings.Person, "p_anna", "footer", "full")
	if got := r.resolve("p_anna").Footer(); got != settings.FooterTier {
		t.Errorf("a person turned the cost on for everybody: %q", got)
	}
	r.set(settings.Workspace, "", "footer", "cost")
	r.set(settings.Person, "p_bert", "footer", "off")
	if got := r.resolve("p_bert").Footer(); got != settings.FooterOff {
		t.Errorf("footer %q", got)
	}
	r.set(settings.Person, "p_bert", "visibility", "private")
	r.set(settings.Person, "p_bert", "followups", "off")
	if b := r.resolve("p_bert"); !b.PrivateAnswers() || b.FollowUps() {
		t.Error("own preferences are not in force")
	}
	r.set(settings.Channel, "C1", "visibility", "private")
	r.set(settings.Channel, "C1", "followups", "off")
	r.set(settings.Person, "p_bert", "visibility", "thread")
	r.set(settings.Person, "p_bert", "followups", "on")
	if b := r.resolve("p_bert"); !b.PrivateAnswers() || b.FollowUps() {
		t.Error("a person opened what the channel closed")
	}
}

func TestClassGoesByTheChannelUnlessAnAdminSaysOtherwise(t *testing.T) {
	r := open(t, "", newShelf())
	discord := chat.Place{Platform: chat.Discord, Workspace: "G1", Channel: "C1"}
	for _, c := range []struct {
		place chat.Place
		kind  chat.ChannelKind
		want  catalog.Class
	}{
		{inThread, chat.PublicChannel, catalog.Internal},
		{inThread, chat.PrivateChannel, catalog.Confidential},
		{inThread, chat.DirectMessage, catalog.Confidential},
		{inThread, chat.GroupMessage, catalog.Confidential},
		{inThread, chat.UnknownChannel, catalog.Confidential},
		{discord, chat.PublicChannel, catalog.Public},
		{discord, chat.PrivateChannel, catalog.Confidential},
	} {
		if got := r.resolveAt(c.place, chat.Channel{Kind: c.kind}, "").Class(); got != c.want {
			t.Errorf("%s %q: %v, want %v", c.place.Platform, c.kind, got, c.want)
		}
	}
	r.set(settings.Workspace, "", "private_class", "restricted")
	r.set(settings.Channel, "C1", "class", "public")
	if got := r.resolve("").Class(); got != catalog.Public {
		t.Errorf("set by an admin: %v", got)
	}
	other := chat.Place{Platform: chat.Slack, Workspace: "T1", Channel: "C9"}
	if got := r.resolveAt(other, chat.Channel{Kind: chat.DirectMessage}, "").Class(); got != catalog.Restricted {
		t.Errorf("private_class: %v", got)
	}
}

func TestPinsAndStartsStayUnderTheCeiling(t *testing.T) {
	r := open(t, "", newShelf())
	if pin, by := r.resolve("").Pin(); pin != nil || by != "" {
		t.Errorf("pin %v by %q before anyone set one", pin, by)
	}
	r.set(settings.Channel, "C1", "pin", "frontier")
	if pin, by := r.resolve("").Pin(); *pin != catalog.Frontier || by != "channel pin" {
		t.Errorf("pin %v by %q", *pin, by)
	}
	r.set(settings.Workspace, "", "ceiling", "economy")
	r.set(settings.Workspace, "", "tier.ask", "standard")
	got := r.resolve("")
	if pin, _ := got.Pin(); *pin != catalog.Economy || got.Tier(step.Ask) != catalog.Economy || got.TierOrigin(step.Ask) != "workspace" {
		t.Errorf("pin %v, ask %v from %s", *pin, got.Tier(step.Ask), got.TierOrigin(step.Ask))
	}
	r.set(settings.Thread, "C1/171.2", "pin", "none")
	if pin, _ := r.resolve("").Pin(); pin != nil {
		t.Error("a thread cannot take the channel's pin off")
	}
}

func TestAccessDefaultsFollowThePlatform(t *testing.T) {
	r := open(t, "", newShelf())
	guild := chat.Place{Platform: chat.Discord, Workspace: "G1", Channel: "C1"}
	if !r.resolve("").Access().Enabled || r.resolveAt(guild, chat.Channel{}, "").Access().Enabled {
		t.Error("Slack answers where invited, Discord only where enabled")
	}
	irc := chat.Place{Platform: "irc", Workspace: "x", Channel: "y"}
	if r.resolveAt(irc, chat.Channel{}, "").Access().Enabled {
		t.Error("an unknown platform is on")
	}
	r.set(settings.Workspace, "", "deny.categories", "K1, K2")
	r.set(settings.Workspace, "", "allow.categories", "K3")
	in := func(category string) settings.Access {
		return r.resolveAt(inThread, chat.Channel{Category: category}, "").Access()
	}
	if in("K2").Enabled || !in("K3").Enabled || in("K2").EnabledFrom.Level != settings.Workspace {
		t.Error("categories do not decide")
	}
	r.set(settings.Channel, "C1", "enabled", "on")
	if !in("K2").Enabled {
		t.Error("a channel that was switched on by itself stays on")
	}
}

func TestDenyWinsAndAllowListsClose(t *testing.T) {
	anna := chat.Actor{ID: "U1", Groups: []string{"S1"}}
	for _, c := range []struct {
		access settings.Access
		want   bool
	}{
		{settings.Access{}, true},
		{settings.Access{AllowPeople: []string{"p_anna"}}, true},
		{settings.Access{AllowPeople: []string{"U1"}}, true},
		{settings.Access{AllowPeople: []string{"U2"}}, false},
		{settings.Access{AllowPeople: []string{"U2"}, AllowGroups: []string{"S1"}}, true},
		{settings.Access{AllowPeople: []string{"U1"}, DenyGroups: []string{"S1"}}, false},
		{settings.Access{DenyPeople: []settings.Denial{{Who: "p_anna"}}}, false},
	} {
		if got := c.access.Allows("p_anna", anna); got != c.want {
			t.Errorf("%+v: %v", c.access, got)
		}
	}
}

func TestRolesComeFromThePlatformThenTheLists(t *testing.T) {
	r := open(t, "roles: {finance: [S-fin], admin: [U-root]}\n", newShelf())
	r.set(settings.Workspace, "", "admins", "p_lead")
	r.set(settings.Channel, "C1", "owner", "p_bert,S-own")
	got := r.resolve("")
	for _, c := range []struct {
		person string
		actor  chat.Actor
		want   settings.Role
	}{
		{"p_x", chat.Actor{ID: "U1", Admin: true}, settings.Admin},
		{"p_x", chat.Actor{ID: "U-root"}, settings.Admin},
		{"p_lead", chat.Actor{ID: "U2"}, settings.Admin},
		{"p_lead", chat.Actor{ID: "U2", Guest: true}, settings.Member},
		{"p_x", chat.Actor{ID: "U3", External: true, Admin: true}, settings.Member},
		{"p_x", chat.Actor{ID: "U4", Groups: []string{"S-fin"}}, settings.Finance},
		{"p_bert", chat.Actor{ID: "U5"}, settings.Owner},
		{"p_x", chat.Actor{ID: "U6", Groups: []string{"S-own"}}, settings.Owner},
		{"p_x", chat.Actor{ID: "U7"}, settings.Member},
		{"", chat.Actor{}, settings.Member},
	} {
		if role := got.RoleOf(c.person, c.actor); role != c.want {
			t.Errorf("%s %+v: %s, want %s", c.person, c.actor, role, c.want)
		}
	}
	if !slices.Equal(got.AdminList(), []string{"U-root", "p_lead"}) || !slices.Equal(got.FinanceList(), []string{"S-fin"}) {
		t.Errorf("lists %v %v", got.AdminList(), got.FinanceList())
	}
}

func TestOtherReplicasSeeAChangeWithinTwoSeconds(t *testing.T) {
	s := newShelf()
	a, b := open(t, "", s), open(t, "", s)
	b.resolve("")
	a.set(settings.Workspace, "", "tone", "formal")
	if got := a.resolve("").Tone(); got != "formal" {
		t.Errorf("the writer itself: %q", got)
	}
	b.clock.Advance(2 * time.Second)
	if got := b.resolve("").Tone(); got != "formal" {
		t.Errorf("the other replica after two seconds: %q", got)
	}
}

func TestWithinASecondNothingIsReadAgain(t *testing.T) {
	r := open(t, "", newShelf())
	r.resolve("p_anna")
	first := r.shelf.reads
	r.clock.Advance(999 * time.Millisecond)
	r.resolve("p_anna")
	if r.shelf.reads != first || first != 5 {
		t.Errorf("%d reads first (want workspace, channel, thread, person, cards), %d more", first, r.shelf.reads-first)
	}
}

func TestAStoreThatIsDownIsAnErrorNotTheDefaults(t *testing.T) {
	r := open(t, "", newShelf())
	r.shelf.down = errors.New("connection refused")
	if _, err := r.Resolve(t.Context(), inThread, public, ""); !errors.Is(err, r.shelf.down) {
		t.Errorf("%v: defaults would open what an admin closed", err)
	}
}

func TestStoredValuesThatNoLongerFitAreIgnored(t *testing.T) {
	s := newShelf()
	body := `{"values":{"gone.key":{"value":"x"},"tone":{"value":"sarcastic"},"footer":{"value":"cost"},"pin":{"value":"local"}}}`
	if err := s.Write(t.Context(), tenant, record.Put(record.Setting, "workspace", []byte(body), 0)); err != nil {
		t.Fatal(err)
	}
	r := open(t, "", s).resolve("")
	if pin, _ := r.Pin(); r.Tone() != "neutral" || r.Footer() != settings.FooterCost || pin != nil {
		t.Errorf("tone %s, footer %s, pin %v", r.Tone(), r.Footer(), pin)
	}
}

func TestForgettingAPersonDropsTheirPreferences(t *testing.T) {
	r := open(t, "", newShelf())
	r.set(settings.Person, "p_anna", "length", "long")
	if err := r.Forget(t.Context(), tenant, "p_anna"); err != nil {
		t.Fatal(err)
	}
	if got := r.resolve("p_anna").Length(); got != "normal" || r.shelf.count(record.Setting) != 0 {
		t.Errorf("length %q, %d records", got, r.shelf.count(record.Setting))
	}
}

// Every key of the registry must reach somebody: changing it changes what some
// getter answers.
func TestEveryKeyIsReadByAGetter(t *testing.T) {
	values := map[settings.Kind]string{
		settings.TierKind: "local", settings.PinKind: "local", settings.ClassKind: "restricted", settings.MoneyKind: "0.07", settings.LanguageKind: "sv",
		settings.ZoneKind: "Asia/Tokyo", settings.ListKind: "zz", settings.LabelsKind: "yes; no", settings.ChannelKind: "C77",
		settings.AgeKind: "5d", settings.NumberKind: "3", settings.RatesKind: "zz:3",
	}
	category := chat.Channel{Kind: chat.PrivateChannel, Category: "zz"}
	for _, d := range settings.Registry() {
		r := open(t, "", newShelf())
		before := r.resolveAt(inThread, category, "p_anna")
		if d.Key == "allow.categories" { // what it allows must be off before
			r.set(settings.Workspace, "", "enabled", "off")
			before = r.resolveAt(inThread, category, "p_anna")
		}
		old, _ := before.Get(d.Key)
		value := values[d.Kind]
		switch {
		case d.Kind == settings.SwitchKind || d.Kind == settings.WordKind:
			value = d.Words[0]
			if value == old.Value {
				value = d.Words[1]
			}
		case d.Key == "redact":
			value = "phone"
		}
		g := d.Grants[0]
		r.set(g.Level, map[settings.Level]string{settings.Channel: "C1", settings.Thread: "C1/171.2", settings.Person: "p_anna"}[g.Level], d.Key, value)
		if after := r.resolveAt(inThread, category, "p_anna"); answers(before) == answers(after) {
			t.Errorf("%s: set from %q to %q and no getter tells the difference", d.Key, old.Value, value)
		}
	}
}

func TestTheAnswerCapIsExactMoney(t *testing.T) {
	r := open(t, "", newShelf())
	if r.resolve("").AnswerCap() != money.USD/4 {
		t.Error("default cap")
	}
	r.set(settings.Channel, "C1", "answer_cap", "$0.000000001")
	if got := r.resolve("").AnswerCap(); got != 1 {
		t.Errorf("cap %d nano", got)
	}
}

func BenchmarkResolve(b *testing.B) {
	r := open(b, "", newShelf())
	ctx := b.Context()
	for b.Loop() {
		if _, err := r.Resolve(ctx, inThread, public, "p_anna"); err != nil {
			b.Fatal(err)
		}
	}
}
