package config

import (
	_ "embed"
	"time"

	"github.com/tierwise/tierwise/internal/catalog"
	"github.com/tierwise/tierwise/internal/money"
)

//go:embed policy.yaml
var defaultPolicy []byte

// Policy is the operator's policy file: what holds in every workspace until an
// admin sets something else, and what no admin can change.
type Policy struct {
	Version   int                 `yaml:"version" min:"1" max:"1"`
	Defaults  Defaults            `yaml:"defaults"`
	Limits    Limits              `yaml:"limits"`
	Operator  Operator            `yaml:"operator"`
	Throttle  Throttle            `yaml:"throttle"`
	Access    Access              `yaml:"access"`
	Roles     Roles               `yaml:"roles"`
	Providers map[string]Provider `yaml:"providers"`
	Models    map[string]Model    `yaml:"models"`
	Teams     map[string]Team     `yaml:"teams"`
	Workflows map[string]Workflow `yaml:"workflows"`
	Schedule  Schedule            `yaml:"schedule"`
	Ledger    Ledger              `yaml:"ledger"`
}

// Defaults are the values of settings before anyone sets one; package settings
// explains each and says who may change it.
type Defaults struct {
	Tier         PerIntent[catalog.Tier] `yaml:"tier"`
	Verify       PerIntent[bool]         `yaml:"verify"`
	Ceiling      catalog.Tier            `yaml:"ceiling"`
	Fast         bool                    `yaml:"fast"`
	Language     Language                `yaml:"language"`
	Tone         string                  `yaml:"tone" oneof:"neutral friendly formal plain"`
	Length       string                  `yaml:"length" oneof:"short normal long"`
	Labels       []Label                 `yaml:"labels"`
	Footer       string                  `yaml:"footer" oneof:"off tier cost full"`
	FollowUps    bool                    `yaml:"followups"`
	Visibility   string                  `yaml:"visibility" oneof:"thread private"`
	PrivateClass catalog.Class           `yaml:"private_class"`
	Regions      []string                `yaml:"regions"`
	Deny         []string                `yaml:"deny"`
	Redact       []string                `yaml:"redact" oneof:"email phone card iban ip secret"`
	Zone         Zone                    `yaml:"zone"`
	SpendPeople  bool                    `yaml:"spend_people"`
	Audit        string                  `yaml:"audit" oneof:"monthly weekly off"`
}

// PerIntent is a value for each intent.
type PerIntent[T any] struct {
	Summarize T `yaml:"summarize"`
	Draft     T `yaml:"draft"`
	Classify  T `yaml:"classify"`
	Ask       T `yaml:"ask"`
}

// Label is one class of the default label set.
type Label struct {
	Name        string `yaml:"name"`
	Description string `yaml:"description"`
}

// Windows are amounts per calendar window; an absent one is no limit.
type Windows struct {
	Day   *money.Nano `yaml:"day"`
	Week  *money.Nano `yaml:"week"`
	Month *money.Nano `yaml:"month"`
}

// Limits are the limits in force before anyone sets one. Person, Channel and
// Team are templates: each one of its kind. Role is a template for the holders
// of a role or group.
type Limits struct {
	Workspace Windows            `yaml:"workspace"`
	Person    Windows            `yaml:"person"`
	Channel   Windows            `yaml:"channel"`
	Team      Windows            `yaml:"team"`
	Role      map[string]Windows `yaml:"role"`
	Answer    money.Nano         `yaml:"answer"`
	AtLimit   string             `yaml:"at_limit" oneof:"refuse lower_tier economy_only local_only warn"`
}

// Operator is what admins cannot change. Cap bounds the sum of all workspaces'
// limits; an absent window is no cap.
type Operator struct {
	Cap Windows `yaml:"cap"`
}

// Throttle bounds requests, not money.
type Throttle struct {
	PerMinute int `yaml:"per_minute" min:"1" max:"600"` // requests of one person
	Person    int `yaml:"person" min:"1" max:"100"`     // running at once for one person
	Channel   int `yaml:"channel" min:"1" max:"1000"`   // running at once in one channel
}

// Access is where the bot answers before an admin says otherwise, by platform.
type Access struct {
	Slack      PlatformAccess `yaml:"slack"`
	Discord    PlatformAccess `yaml:"discord"`
	Console    PlatformAccess `yaml:"console"`
	Playground PlatformAccess `yaml:"playground"`
}

// PlatformAccess is the access default of one platform.
type PlatformAccess struct {
	Channels      string        `yaml:"channels" oneof:"invited enabled"` // where invited, or only where enabled
	Guests        bool          `yaml:"guests"`
	Outsiders     bool          `yaml:"outsiders"`      // channels shared with other organisations
	PublicClass   catalog.Class `yaml:"public_class"`   // of public channels
	ChannelTotals bool          `yaml:"channel_totals"` // members see their channel's spend
	MinAccountAge Age           `yaml:"min_account_age"`
	MinMemberAge  Age           `yaml:"min_member_age"` // in the workspace
	PostEdited    bool          `yaml:"post_edited"`    // drafts that a person edited go into public channels
}

// Roles lists who holds a role, as user, usergroup or Discord role ids.
type Roles struct {
	Admin     []string `yaml:"admin"`
	Finance   []string `yaml:"finance"`
	Moderator []string `yaml:"moderator"`
}

// Provider is the operator's word on a provider; what is absent stays as the
// catalog has it. Clearance is an explicit decision and needs Why.
type Provider struct {
	Name         string         `yaml:"name"`
	BaseURL      string         `yaml:"base_url"`
	KeyEnv       string         `yaml:"key_env"`
	Profile      string         `yaml:"profile"`
	Region       string         `yaml:"region"`
	Off          bool           `yaml:"off"`
	AllowPrivate bool           `yaml:"allow_private"` // its address may be in a private network
	Clearance    *catalog.Class `yaml:"clearance"`
	Why          string         `yaml:"why"`
	Facts        Facts          `yaml:"facts"`
}

// Facts are what is known of a provider's handling of data, dated.
type Facts struct {
	TrainsOnData string `yaml:"trains_on_data" oneof:"no yes opt-out unknown"`
	Retention    string `yaml:"retention"`
	Source       string `yaml:"source"`
	Verified     Date   `yaml:"verified"`
}

// Model adds a model ("provider/model") or changes one of the catalog; what is
// absent stays as it is.
type Model struct {
	Wire      string            `yaml:"wire"`
	Tier      *catalog.Tier     `yaml:"tier"`
	Context   int64             `yaml:"context" min:"1"`
	MaxOutput int64             `yaml:"max_output" min:"1"`
	Abilities []catalog.Ability `yaml:"abilities" oneof:"json images files reasoning streaming"`
	Region    string            `yaml:"region"`
	Family    string            `yaml:"family"`
	Latency   string            `yaml:"latency" oneof:"fast normal slow"`
	Clearance *catalog.Class    `yaml:"clearance"`
	Off       bool              `yaml:"off"`
	Prices    []Price           `yaml:"prices"`
	WorstCase money.Nano        `yaml:"worst_case"` // of one call while unpriced
	Source    string            `yaml:"source"`
	Verified  Date              `yaml:"verified"`
}

// Price is a model's price from a day on, in USD per million tokens.
type Price struct {
	From         Date        `yaml:"from"`
	Announced    bool        `yaml:"announced"`
	Service      string      `yaml:"service" oneof:"flex priority batch"`
	Input        money.Pico  `yaml:"input"`
	Output       money.Pico  `yaml:"output"`
	CacheRead    *money.Pico `yaml:"cache_read"`
	CacheWrite5m *money.Pico `yaml:"cache_write_5m"`
	CacheWrite1h *money.Pico `yaml:"cache_write_1h"`
	Reasoning    *money.Pico `yaml:"reasoning"`
	Bands        []Band      `yaml:"bands"` // rates of long inputs
	Source       string      `yaml:"source"`
}

// Band is what every token of a request costs whose input is above a size in
// tokens. Bands stand in rising order.
type Band struct {
	Above        int64       `yaml:"above" min:"1"`
	Input        money.Pico  `yaml:"input"`
	Output       money.Pico  `yaml:"output"`
	CacheRead    *money.Pico `yaml:"cache_read"`
	CacheWrite5m *money.Pico `yaml:"cache_write_5m"`
	CacheWrite1h *money.Pico `yaml:"cache_write_1h"`
	Reasoning    *money.Pico `yaml:"reasoning"`
}

// Team is a cost centre, from a day on.
type Team struct {
	CostCenter string   `yaml:"cost_center"`
	Owners     []string `yaml:"owners"`   // user or group ids
	Channels   []string `yaml:"channels"` // channel ids
	People     []string `yaml:"people"`   // user or group ids
	From       Date     `yaml:"from"`
}

// Workflow is a card; see package settings.
type Workflow struct {
	Title    string   `yaml:"title"`
	Owner    string   `yaml:"owner"`
	Purpose  string   `yaml:"purpose"`
	Channels []string `yaml:"channels"`
	Intent   string   `yaml:"intent" oneof:"summarize draft classify ask"`
	Team     string   `yaml:"team"`
	Better   Better   `yaml:"better"`
	Baseline Baseline `yaml:"baseline"`
	Review   Date     `yaml:"review"`
	From     Date     `yaml:"from"`
}

// Better says what "better" means for a workflow. Target is a decimal number
// in Unit, kept as it was written.
type Better struct {
	Measure   string  `yaml:"measure" json:"measure,omitempty"`
	Unit      string  `yaml:"unit" json:"unit,omitempty"`
	Direction string  `yaml:"direction" oneof:"up down" json:"direction,omitempty"`
	Target    Decimal `yaml:"target" json:"target,omitempty"`
}

// Baseline is how the measure stood before.
type Baseline struct {
	From  Date    `yaml:"from" json:"from,omitzero"`
	To    Date    `yaml:"to" json:"to,omitzero"`
	Value Decimal `yaml:"value" json:"value,omitempty"`
	Count int64   `yaml:"count" min:"0" json:"count,omitempty"` // observations
}

// Schedule is when periodic work runs, in each workspace's zone.
type Schedule struct {
	Audit     TimeOfDay `yaml:"audit"`     // on the first day of a month or Monday
	Prices    TimeOfDay `yaml:"prices"`    // look for announced and outdated prices
	Reconcile TimeOfDay `yaml:"reconcile"` // compare with the providers' figures
	Close     TimeOfDay `yaml:"close"`     // close the month, on its second day
}

// Ledger is how long entries stay in the store.
type Ledger struct {
	// KeepMonths is how many months before the current one keep their entries;
	// older ones go to a file with a sealed checkpoint, and their sums stay.
	// 0 keeps everything.
	KeepMonths int `yaml:"keep_months" min:"0" max:"120"`
	// Durability is when a booking or an accepted event counts as stored in
	// Redis: "local" when the server's own fsync setting says so, "replicated"
	// when a replica has it, too. The embedded store always writes through.
	Durability string `yaml:"durability" oneof:"local replicated"`
}

// DefaultPolicy is the built-in policy.
func DefaultPolicy() Policy {
	var p Policy
	if err := decodePolicy("built-in policy", defaultPolicy, &p); err != nil {
		panic(err) // a test parses the same bytes
	}
	return p
}

// DefaultPolicyText is the built-in policy file with its comments.
func DefaultPolicyText() string { return string(defaultPolicy) }

// ParsePolicy reads a policy file over the built-in one: a key that is present
// replaces the default, a list as a whole, a map key by key. name stands in
// the sentences of the error, which joins all problems.
func ParsePolicy(name string, data []byte) (Policy, error) {
	p := DefaultPolicy()
	if err := decodePolicy(name, data, &p); err != nil {
		return Policy{}, err
	}
	return p, nil
}

// Limit is one amount as the ledger wants it; Scope, ID and Window are the
// words of package usage, which this leaf does not import.
type Limit struct {
	Scope, ID, Window string
	Amount            money.Nano
	Then              string
}

// List gives the limits in a fixed order, templates with the id "*" or
// "role:<name>".
func (l Limits) List() []Limit {
	var out []Limit
	add := func(scope, id string, w Windows) {
		for _, a := range []struct {
			window string
			amount *money.Nano
		}{{"day", w.Day}, {"week", w.Week}, {"month", w.Month}} {
			if a.amount != nil {
				out = append(out, Limit{scope, id, a.window, *a.amount, l.AtLimit})
			}
		}
	}
	add("workspace", "all", l.Workspace)
	add("user", "*", l.Person)
	for _, role := range sortedKeys(l.Role) {
		add("user", "role:"+role, l.Role[role])
	}
	add("channel", "*", l.Channel)
	add("team", "*", l.Team)
	return out
}

// Of returns the access defaults of a platform; an unknown one gets the
// strictest.
func (a Access) Of(platform string) PlatformAccess {
	switch platform {
	case "slack":
		return a.Slack
	case "console":
		return a.Console
	case "playground":
		return a.Playground
	case "discord":
		return a.Discord
	}
	return PlatformAccess{Channels: "enabled", MinAccountAge: a.Discord.MinAccountAge, MinMemberAge: a.Discord.MinMemberAge}
}

// Start is the first instant of the date in UTC; zero when it is not set.
func (d Date) Start() time.Time { return time.Time(d) }
