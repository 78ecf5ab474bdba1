package config_test

import (
	"testing"
	"time"

	"github.com/tierwise/tierwise/internal/config"
)

func TestAnAgeIsKeptInItsShortestForm(t *testing.T) {
	for typed, want := range map[string]string{
		"0": "0", "0m": "0", "30m": "30m", "90m": "90m", "60m": "1h", "1H": "1h", "24h": "1d", " 7d ": "7d", "2w": "14d", "36h": "36h",
	} {
		a, err := config.ParseAge(typed)
		if err != nil || a.String() != want {
			t.Errorf("%q is kept as %q, %v; want %q", typed, a, err, want)
			continue
		}
		if again, err := config.ParseAge(a.String()); err != nil || again != a {
			t.Errorf("%q reads back as %v, %v", a, again, err)
		}
	}
	for _, typed := range []string{"", "7", "-1h", "1.5h", "1y", "d", "7 d", "999999w", "367d", "60s"} {
		if a, err := config.ParseAge(typed); err == nil {
			t.Errorf("%q is read as %v", typed, a)
		}
	}
}

func TestYoungAccountsWaitOnDiscordAndWhereNobodyKnowsThePlatform(t *testing.T) {
	access := config.DefaultPolicy().Access
	for platform, want := range map[string]config.PlatformAccess{
		"discord": {MinAccountAge: config.Age(7 * 24 * time.Hour), MinMemberAge: config.Age(time.Hour)},
		"irc":     {MinAccountAge: config.Age(7 * 24 * time.Hour), MinMemberAge: config.Age(time.Hour)},
		"slack":   {PostEdited: true}, "console": {PostEdited: true}, "playground": {PostEdited: true},
	} {
		got := access.Of(platform)
		if got.MinAccountAge != want.MinAccountAge || got.MinMemberAge != want.MinMemberAge || got.PostEdited != want.PostEdited {
			t.Errorf("%s: account %s, member %s, edited drafts posted %v", platform, got.MinAccountAge, got.MinMemberAge, got.PostEdited)
		}
	}
	p, err := config.ParsePolicy("policy.yaml", []byte("access:\n  discord:\n    min_account_age: 0\n    min_member_age: 2w\n"))
	if err != nil || p.Access.Discord.MinAccountAge != 0 || p.Access.Discord.MinMemberAge.String() != "14d" || p.Access.Slack.MinMemberAge != 0 {
		t.Errorf("%+v, %v", p.Access, err)
	}
	_, err = config.ParsePolicy("policy.yaml", []byte("access:\n  discord:\n    min_member_age: soon\n"))
	want := `policy.yaml line 3: access.discord.min_member_age takes 0 or an age such as 30m, 1h or 7d, a year at most, not "soon".`
	if got := config.Sentences(err); len(got) != 1 || got[0] != want {
		t.Errorf("got %q", got)
	}
}
