// Package config reads what an operator sets: the environment and the policy
// file. It promises that every problem is reported at once, each as a sentence
// that names the variable or the line and says what to do; that unknown
// variables and keys are pointed out with the nearest known one; and that a
// secret never prints. Without any setting it gives a usable configuration. It
// opens nothing but the files named, and it decides nothing: what a value means
// is the matter of the room that reads it.
package config

import (
	"net"
	"os"
	"reflect"
	"slices"
	"strings"

	"github.com/kelseyhightower/envconfig"

	"github.com/tierwise/tierwise/internal/catalog"
)

// Config is the environment, checked. Fields carry the variable's name; help
// is what doctor shows beside it.
type Config struct {
	RedisURL       Secret `envconfig:"REDIS_URL" help:"shared store for several replicas; without it one process keeps everything in the data directory"`
	PolicyFile     string `envconfig:"TIERWISE_CONFIG" help:"policy YAML; without it the built-in default serves"`
	Addr           string `envconfig:"TIERWISE_ADDR" default:"127.0.0.1:8787" help:"where webhooks and the playground listen"`
	MetricsAddr    string `envconfig:"TIERWISE_METRICS_ADDR" default:"127.0.0.1:8788" help:"where metrics and health listen"`
	DataDir        string `envconfig:"TIERWISE_DATA_DIR" default:"./data" help:"embedded store, spool and key file"`
	SecretKey      Secret `envconfig:"TIERWISE_SECRET_KEY" help:"seals content at rest; a list separated by commas, newest first"`
	AdminToken     Secret `envconfig:"TIERWISE_ADMIN_TOKEN" help:"opens the playground to other machines"`
	WorkspaceList  string `envconfig:"TIERWISE_WORKSPACES" help:"approved workspaces and guilds, separated by commas, or *"`
	MeasuresSecret Secret `envconfig:"TIERWISE_MEASURES_SECRET" help:"signs business measures sent to /v1/measures"`
	ModelList      string `envconfig:"TIERWISE_MODELS" help:"models of a custom endpoint: economy=name,standard=name"`
	LogLevel       string `envconfig:"TIERWISE_LOG_LEVEL" default:"info" help:"debug, info, warn or error"`
	PlaygroundFlag string `envconfig:"TIERWISE_PLAYGROUND" help:"true serves the playground beside a platform, false never"`

	SlackBotToken      Secret `envconfig:"SLACK_BOT_TOKEN" help:"bot token of one workspace (xoxb-…)"`
	SlackAppToken      Secret `envconfig:"SLACK_APP_TOKEN" help:"app token for Socket Mode (xapp-…)"`
	SlackSigningSecret Secret `envconfig:"SLACK_SIGNING_SECRET" help:"checks Slack's HTTP requests"`
	SlackClientID      string `envconfig:"SLACK_CLIENT_ID" help:"for installing into several workspaces"`
	SlackClientSecret  Secret `envconfig:"SLACK_CLIENT_SECRET" help:"for installing into several workspaces"`
	SlackAPIURL        string `envconfig:"SLACK_API_URL" help:"replaces https://slack.com/api/"`

	DiscordToken     Secret `envconfig:"DISCORD_TOKEN" help:"bot token"`
	DiscordPublicKey string `envconfig:"DISCORD_PUBLIC_KEY" help:"checks Discord's HTTP interactions"`
	DiscordAPIURL    string `envconfig:"DISCORD_API_URL" help:"scheme://host, replaces Discord's own"`

	// Policy is the policy file over the built-in default.
	Policy Policy `ignored:"true"`
	// Models are the model names of TIERWISE_MODELS by tier.
	Models map[catalog.Tier]string `ignored:"true"`
	// Warnings are sentences about settings that work and deserve a look.
	Warnings []string `ignored:"true"`

	keys    map[string]Secret // provider keys by variable
	environ map[string]Secret // everything else that was set, by variable
	origins map[string]string // "environment" or the file's path, by variable
}

// Options are what Load is told by its caller.
type Options struct {
	// KeyNames are the variables of provider keys that the catalog names.
	KeyNames []string
	// FitKey judges TIERWISE_SECRET_KEY (seal.Fit); its error completes a sentence and
	// must not show the key. Nil accepts any.
	FitKey func(list string) error
}

// Load reads environment and policy. The error joins all problems found, each
// a fault.Misconfigured; see Sentences.
func Load(o Options) (Config, error) {
	var c Config
	var p problems
	if err := envconfig.Process("", &c); err != nil {
		p.add("The environment cannot be read: %v.", err)
	}
	c.environ, c.origins, c.keys = environment(), map[string]string{}, map[string]Secret{}
	c.fillEmpty()
	c.readSecretFiles(&p)
	c.loadPolicy(&p)
	c.readKeys(c.keyNames(o.KeyNames), &p)
	c.check(o, &p)
	c.pointOutUnknown(&p)
	return c, p.err()
}

// keyNames are the variables of the catalog's provider keys and those that the
// policy names for its own providers.
func (c *Config) keyNames(known []string) []string {
	names := slices.Clone(known)
	for _, id := range sortedKeys(c.Policy.Providers) {
		if env := c.Policy.Providers[id].KeyEnv; env != "" && !slices.Contains(names, env) {
			names = append(names, env)
		}
	}
	return names
}

// fillEmpty gives a variable that is set to nothing its default: compose files
// pass on what is not set as the empty string.
func (c *Config) fillEmpty() {
	v := reflect.ValueOf(c).Elem()
	for i := range v.NumField() {
		if def := v.Type().Field(i).Tag.Get("default"); def != "" && v.Field(i).String() == "" {
			v.Field(i).SetString(def)
		}
	}
}

func environment() map[string]Secret {
	out := map[string]Secret{}
	for _, kv := range os.Environ() {
		name, value, _ := strings.Cut(kv, "=")
		out[name] = NewSecret(value)
	}
	return out
}

// loadPolicy reads the policy file; a file that cannot be used leaves the
// default, so that the remaining checks still run.
func (c *Config) loadPolicy(p *problems) {
	c.Policy = DefaultPolicy()
	if c.PolicyFile == "" {
		return
	}
	data, err := readSmall(c.PolicyFile)
	if err != nil {
		p.add("TIERWISE_CONFIG names %q, which cannot be read (%s): name a readable YAML file or leave it unset.", c.PolicyFile, reason(err))
		return
	}
	policy, err := ParsePolicy(c.PolicyFile, data)
	if err != nil {
		p.found = append(p.found, err)
		return
	}
	c.Policy = policy
}

// Key returns a provider's key by the variable the catalog names, also when it
// came from NAME_FILE.
func (c Config) Key(name string) Secret { return c.keys[name] }

// BaseURL returns where a provider is reached when the operator overrides it:
// <PROVIDER>_BASE_URL, else the policy; "" leaves the catalog's.
func (c Config) BaseURL(provider string) string {
	if u := c.environ[baseURLName(provider)].Reveal(); u != "" {
		return u
	}
	return c.Policy.Providers[provider].BaseURL
}

func baseURLName(provider string) string {
	return strings.ToUpper(strings.NewReplacer("-", "_", ".", "_").Replace(provider)) + "_BASE_URL"
}

// Env returns any other variable, such as the OTEL_ ones.
func (c Config) Env(name string) Secret { return c.environ[name] }

// Workspaces returns the approved workspace ids; all is set by *.
func (c Config) Workspaces() (ids []string, all bool) {
	for _, id := range strings.Split(c.WorkspaceList, ",") {
		switch id = strings.TrimSpace(id); id {
		case "":
		case "*":
			all = true
		default:
			ids = append(ids, id)
		}
	}
	return ids, all
}

// HasSlack reports whether a Slack transport is configured.
func (c Config) HasSlack() bool {
	return c.SlackBotToken.IsSet() || c.SlackSigningSecret.IsSet() || c.SlackAppToken.IsSet()
}

// HasDiscord reports whether Discord is configured.
func (c Config) HasDiscord() bool { return c.DiscordToken.IsSet() }

// Playground reports whether the playground is served: when no platform is
// configured or it is asked for, and never to other machines without an admin
// token.
func (c Config) Playground() bool {
	if c.exposed() && !c.AdminToken.IsSet() {
		return false
	}
	if wanted, said := parseSwitch(c.PlaygroundFlag); said {
		return wanted
	}
	return !c.HasSlack() && !c.HasDiscord()
}

// exposed reports whether Addr can be reached from other machines.
func (c Config) exposed() bool {
	host, _, err := net.SplitHostPort(c.Addr)
	if err != nil || host == "localhost" {
		return false
	}
	ip := net.ParseIP(host)
	return ip == nil || !ip.IsLoopback()
}
