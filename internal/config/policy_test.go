package config_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tierwise/tierwise/internal/catalog"
	"github.com/tierwise/tierwise/internal/config"
	"github.com/tierwise/tierwise/internal/fault"
	"github.com/tierwise/tierwise/internal/money"
)

func parse(t *testing.T, text string) config.Policy {
	t.Helper()
	p, err := config.ParsePolicy("policy.yaml", []byte(text))
	if err != nil {
		t.Fatalf("%v", config.Sentences(err))
	}
	return p
}

func TestTheBuiltInPolicyHasTheLimitsOfTheFirstScreen(t *testing.T) {
	got := config.DefaultPolicy().Limits
	want := []config.Limit{
		{Scope: "workspace", ID: "all", Window: "day", Amount: 2 * money.USD, Then: "lower_tier"},
		{Scope: "workspace", ID: "all", Window: "month", Amount: 20 * money.USD, Then: "lower_tier"},
		{Scope: "user", ID: "*", Window: "day", Amount: money.USD / 2, Then: "lower_tier"},
	}
	if !slices.Equal(got.List(), want) || got.Answer != money.USD/4 {
		t.Errorf("limits %v, answer %v", got.List(), got.Answer)
	}
	p := config.DefaultPolicy()
	if p.Access.Of("slack").Channels != "invited" || p.Access.Of("discord").Channels != "enabled" || p.Access.Of("irc").Channels != "enabled" {
		t.Errorf("access %+v", p.Access)
	}
	if (p.Throttle != config.Throttle{PerMinute: 6, Person: 2, Channel: 10}) {
		t.Errorf("throttle %+v", p.Throttle)
	}
}

func TestTheBuiltInFileNamesEveryKeyOfTheTopLevels(t *testing.T) {
	text := config.DefaultPolicyText()
	if _, err := config.ParsePolicy("policy.yaml", []byte(text)); err != nil {
		t.Fatal(config.Sentences(err))
	}
	for _, key := range []string{"defaults:", "limits:", "operator:", "throttle:", "access:", "roles:", "providers:", "models:", "teams:", "workflows:", "schedule:"} {
		if !strings.Contains(text, "\n"+key) {
			t.Errorf("%s is missing", key)
		}
	}
}

// The examples in comments are what people copy: they must parse.
func TestTheExamplesInTheBuiltInFileParse(t *testing.T) {
	var out, example []string
	for _, line := range strings.Split(config.DefaultPolicyText(), "\n") {
		if strings.HasPrefix(line, "#   ") {
			example = append(example, strings.TrimPrefix(line, "# "))
		} else if section, ok := strings.CutSuffix(line, " {}"); ok && !strings.HasPrefix(line, " ") {
			out = append(append(out, section), example...)
			example = nil
		}
	}
	p := parse(t, strings.Join(out, "\n"))
	m := p.Models["acme/small-1"]
	if len(m.Prices) != 1 || m.Prices[0].Input != 100_000 || *m.Prices[0].CacheRead != 10_000 || m.WorstCase != money.USD/20 || *m.Tier != catalog.Economy {
		t.Errorf("model %+v", m)
	}
	if pr := p.Providers["openai"]; *pr.Clearance != catalog.Confidential || pr.Facts.Verified.String() != "2026-11-01" {
		t.Errorf("provider %+v", pr)
	}
	if p.Teams["support"].CostCenter != "4100" || p.Workflows["ticket-triage"].Better.Target != "5" || p.Workflows["ticket-triage"].Baseline.Count != 310 {
		t.Errorf("team and workflow %+v %+v", p.Teams, p.Workflows)
	}
}

func TestAFileReplacesOnlyWhatItNames(t *testing.T) {
	p := parse(t, "defaults:\n  tier: {ask: standard}\n  regions: [eu]\n  followups: off\nlimits:\n  workspace: {day: none, week: 10}\n  role:\n    intern: {day: 0.1}\n")
	if p.Defaults.Tier.Ask != catalog.Standard || p.Defaults.Tier.Draft != catalog.Economy || p.Defaults.FollowUps || !slices.Equal(p.Defaults.Regions, []string{"eu"}) {
		t.Errorf("defaults %+v", p.Defaults)
	}
	w := p.Limits.Workspace
	if w.Day != nil || *w.Week != 10*money.USD || *w.Month != 20*money.USD || *p.Limits.Role["intern"].Day != money.USD/10 {
		t.Errorf("limits %+v", p.Limits)
	}
	for _, nothing := range []string{"", "# only a comment\n", "---\n", "defaults:\n"} {
		if q := parse(t, nothing); q.Limits.Answer != money.USD/4 {
			t.Errorf("%q lost the defaults", nothing)
		}
	}
}

func TestBadPolicyIsSaidInSentences(t *testing.T) {
	for _, c := range []struct{ text, says string }{
		{"limts:\n  answer: 1\n", `policy.yaml line 1: unknown key "limts"; did you mean limits?`},
		{"limits:\n  person:\n    dya: 1\n", `policy.yaml line 3: unknown key "dya" in limits.person; did you mean day?`},
		{"throttle:\n  bananas: 3\n", `policy.yaml line 2: unknown key "bananas" in throttle; use per_minute, person or channel.`},
		{"limits:\n  workspace:\n    day: -2\n", `policy.yaml line 3: limits.workspace.day cannot be negative: -2.`},
		{"limits:\n  answer: [1]\n", `policy.yaml line 2: limits.answer takes an amount in dollars such as "0.50", not a list.`},
		{"limits:\n  answer: lots\n", `policy.yaml line 2: limits.answer takes an amount in dollars such as "0.50", not "lots".`},
		{"limits:\n  answer: 1e3\n", `policy.yaml line 2: limits.answer takes an amount in dollars such as "0.50", not "1e3".`},
		{"limits: 5\n", `policy.yaml line 1: limits takes keys with values, not "5".`},
		{"defaults:\n  ceiling: standart\n", `policy.yaml line 2: defaults.ceiling takes local, economy, standard or frontier, not "standart"; did you mean standard?`},
		{"defaults:\n  tier:\n    ask: huge\n", `policy.yaml line 3: defaults.tier.ask takes local, economy, standard or frontier, not "huge".`},
		{"defaults:\n  zone: Europe/Warszawa\n", `policy.yaml line 2: defaults.zone takes a time zone such as Europe/Warsaw, not "Europe/Warszawa".`},
		{"defaults:\n  private_class: secret\n", `policy.yaml line 2: defaults.private_class takes public, internal, confidential or restricted, not "secret".`},
		{"defaults:\n  followups: maybe\n", `policy.yaml line 2: defaults.followups takes true or false, not "maybe".`},
		{"defaults:\n  deny: openai\n", `policy.yaml line 2: defaults.deny takes a list such as [a, b], not "openai".`},
		{"defaults:\n  footer: prices\n", `policy.yaml line 2: defaults.footer takes off, tier, cost or full, not "prices".`},
		{"defaults:\n  ceiling: economy\n  tier: {draft: standard}\n", `policy.yaml line 3: defaults.tier.draft is above defaults.ceiling, which is economy.`},
		{"throttle:\n  per_minute: 0\n", `policy.yaml line 2: throttle.per_minute is 0; the least is 1.`},
		{"throttle:\n  per_minute: 1.5\n", `policy.yaml line 2: throttle.per_minute takes a whole number, not "1.5".`},
		{"models:\n  small:\n    tier: economy\n", `policy.yaml line 2: models.small: a model is named provider/model.`},
		{"models:\n  a/b:\n    prices:\n      - input: -0.1\n", `policy.yaml line 4: models.a/b.prices[1].input cannot be negative: -0.1.`},
		{"models:\n  a/b:\n    prices:\n      - {input: 1, output: 2}\n", `policy.yaml line 2: models.a/b.prices[1] has no from: say from which day it is in force.`},
		{"models:\n  a/b:\n    context: none of your business\n", `policy.yaml line 3: models.a/b.context takes a whole number, not "none of your business".`},
		{"providers:\n  openai:\n    clearance: restricted\n", `policy.yaml line 2: providers.openai.clearance is a decision: say why beside it (why: "…").`},
		{"providers:\n  openai:\n    base_url: api.example.com\n", `policy.yaml line 2: providers.openai.base_url is not a web address: use https://host, or http:// on your own network.`},
		{"providers:\n  openai:\n    key_env: sk-0123456789\n", `policy.yaml line 2: providers.openai.key_env takes the name of a variable such as ACME_API_KEY; the key itself does not belong in this file.`},
		{"teams:\n  support: {}\nworkflows:\n  triage:\n    team: suport\n", `policy.yaml line 5: workflows.triage.team is "suport", which is not one of the teams; did you mean support?`},
		{"teams:\n  a: {channels: [C1]}\n  b: {people: [C1]}\n", `policy.yaml line 3: teams.b lists C1, which is in a already: it can be in one team.`},
		{"operator:\n  cap: {month: 10}\n", `policy.yaml line 2: operator.cap.month is below limits.workspace.month: one workspace alone would pass it.`},
		{"limits:\n  answer: 0\n", `policy.yaml line 2: limits.answer must be more than 0; to spend nothing set defaults.ceiling to local.`},
		{"version: 2\n", `policy.yaml line 1: version is 2; the most is 1.`},
		{"limits: {answer: 1}\nlimits: {answer: 2}\n", `policy.yaml line 2: limits is there twice; the first is on line 1.`},
		{"a: &x 1\nb: *x\n", `policy.yaml line 1: unknown key "a"; use version, defaults, limits, operator, throttle, access, roles, providers, models, teams, workflows, schedule or ledger.`},
		{"limits: &x {answer: 1}\n", `policy.yaml line 1: limits uses an anchor or alias; write the value out.`},
		{"limits:\n\tanswer: 1\n", `policy.yaml line 2: this is not YAML: check indentation, colons and quotes there.`},
		{"version: 1\n---\nversion: 1\n", `policy.yaml holds a second document after ---: keep one.`},
		{"\xff\xfe", `policy.yaml is not UTF-8 text.`},
		{"- a\n", `policy.yaml line 1: the file takes keys with values, not a list.`},
		{"schedule:\n  audit: noon\n", `policy.yaml line 2: schedule.audit takes a time of day such as 09:00, not "noon".`},
		{"defaults:\n  labels: [{name: only}]\n", `policy.yaml line 2: defaults.labels: one label is no choice; list two or more.`},
		{"roles:\n  finance: [[U1]]\n", `policy.yaml line 2: roles.finance[1] takes text, not a list; put it in quotes.`},
	} {
		_, err := config.ParsePolicy("policy.yaml", []byte(c.text))
		got := config.Sentences(err)
		if len(got) == 0 || got[0] != c.says {
			t.Errorf("%q:\n got %q\nwant %q", c.text, got, c.says)
		}
		if fault.KindOf(err) != fault.Misconfigured {
			t.Errorf("%q: kind %v", c.text, fault.KindOf(err))
		}
	}
}

func TestAllProblemsOfAPolicyAreSaidTogether(t *testing.T) {
	_, err := config.ParsePolicy("policy.yaml", []byte("limits:\n  answr: 1\n  workspace: {day: -1}\ndefaults:\n  ceiling: top\nthrottle: []\n"))
	if got := config.Sentences(err); len(got) != 4 {
		t.Errorf("%d problems, want 4: %q", len(got), got)
	}
}

func TestPolicyFileThatCannotBeReadNamesTheVariable(t *testing.T) {
	clean(t)
	path := filepath.Join(t.TempDir(), "nowhere.yaml")
	t.Setenv("TIERWISE_CONFIG", path)
	_, err := config.Load(config.Options{})
	want := `TIERWISE_CONFIG names "` + path + `", which cannot be read (it does not exist): name a readable YAML file or leave it unset.`
	if got := config.Sentences(err); !slices.Equal(got, []string{want}) {
		t.Errorf("got %q", got)
	}
	if err := os.WriteFile(path, []byte("limits: {answer: 1}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := config.Load(config.Options{})
	if err != nil || c.Policy.Limits.Answer != money.USD {
		t.Errorf("%v, %v", c.Policy.Limits.Answer, err)
	}
}

// FuzzPolicy: whatever the file holds, there is a policy or there are sentences
// with a line, and never a panic.
func FuzzPolicy(f *testing.F) {
	f.Add([]byte(config.DefaultPolicyText()))
	f.Add([]byte("limits:\n  workspace: {day: -1}\n"))
	f.Add([]byte("a: &a [*a]\n<<: *a\n"))
	f.Add([]byte("? {a: b}\n: c\n"))
	f.Add([]byte("models: {a/b: {prices: [{from: 2026-01-01, input: 99999999999}]}}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := config.ParsePolicy("p", data)
		if err != nil {
			var known *fault.Fault
			if !errors.As(err, &known) || len(config.Sentences(err)) == 0 {
				t.Fatalf("an error without a sentence: %v", err)
			}
			return
		}
		if p.Limits.Answer < 0 || p.Throttle.PerMinute < 1 || p.Version != 1 {
			t.Fatalf("accepted %+v", p)
		}
	})
}
