package config

import (
	"encoding/hex"
	"net"
	"net/url"
	"slices"
	"sort"
	"strings"

	"github.com/tierwise/tierwise/internal/catalog"
)

const minToken = 16 // characters of TIERWISE_ADMIN_TOKEN and TIERWISE_MEASURES_SECRET

// check looks at every value and at what belongs together.
func (c *Config) check(o Options, p *problems) {
	checkAddr("TIERWISE_ADDR", c.Addr, p)
	checkAddr("TIERWISE_METRICS_ADDR", c.MetricsAddr, p)
	if c.Addr == c.MetricsAddr && !strings.HasSuffix(c.Addr, ":0") {
		p.add("TIERWISE_ADDR and TIERWISE_METRICS_ADDR are both %q: metrics and health need a port of their own.", c.Addr)
	}
	if strings.TrimSpace(c.DataDir) == "" {
		p.add("TIERWISE_DATA_DIR is empty: name a directory or leave it unset.")
	}
	if levels := []string{"debug", "info", "warn", "error"}; !slices.Contains(levels, c.LogLevel) {
		p.add("TIERWISE_LOG_LEVEL is %q: use %s.", c.LogLevel, either(levels))
	}
	if _, said := parseSwitch(c.PlaygroundFlag); c.PlaygroundFlag != "" && !said {
		p.add("TIERWISE_PLAYGROUND is %q: use true or false.", c.PlaygroundFlag)
	}
	c.checkStore(o, p)
	c.checkTokens(p)
	c.checkSlack(p)
	c.checkDiscord(p)
	c.checkModels(p)
	c.checkBaseURLs(p)
}

func (c *Config) checkStore(o Options, p *problems) {
	if c.RedisURL.IsSet() {
		u, err := url.Parse(c.RedisURL.Reveal())
		if err != nil || !slices.Contains([]string{"redis", "rediss", "unix"}, u.Scheme) || u.Host == "" && u.Scheme != "unix" {
			p.add("REDIS_URL is not a Redis address: use redis://host:6379/0, or rediss:// for TLS.")
		}
		if !c.SecretKey.IsSet() {
			p.add("REDIS_URL is set and TIERWISE_SECRET_KEY is not: all replicas must seal with the same key; make one with \"openssl rand -hex 32\".")
		}
	}
	if c.SecretKey.IsSet() && o.FitKey != nil {
		if err := o.FitKey(c.SecretKey.Reveal()); err != nil {
			p.add("TIERWISE_SECRET_KEY cannot be used: %v.", err)
		}
	}
}

func (c *Config) checkTokens(p *problems) {
	for _, t := range []struct {
		name   string
		secret Secret
	}{{"TIERWISE_ADMIN_TOKEN", c.AdminToken}, {"TIERWISE_MEASURES_SECRET", c.MeasuresSecret}} {
		if t.secret.IsSet() && len(t.secret.Reveal()) < minToken {
			p.add("%s is too short: use at least %d characters, for example from \"openssl rand -hex 24\".", t.name, minToken)
		}
	}
	if wanted, _ := parseSwitch(c.PlaygroundFlag); wanted && c.exposed() && !c.AdminToken.IsSet() {
		p.add("TIERWISE_PLAYGROUND is true and TIERWISE_ADDR is %q, which other machines reach: set TIERWISE_ADMIN_TOKEN or listen on 127.0.0.1.", c.Addr)
	}
}

// checkSlack refuses tokens in each other's place and halves of a pair.
func (c *Config) checkSlack(p *problems) {
	bot, app := c.SlackBotToken.Reveal(), c.SlackAppToken.Reveal()
	if strings.HasPrefix(bot, "xapp-") || strings.HasPrefix(bot, "xoxp-") {
		p.add("SLACK_BOT_TOKEN is another kind of token: it begins with xoxb- (page \"OAuth & Permissions\" of the app).")
	}
	if strings.HasPrefix(app, "xox") {
		p.add("SLACK_APP_TOKEN is another kind of token: it begins with xapp- (page \"Basic Information\" of the app).")
	}
	if app != "" && bot == "" {
		p.add("SLACK_APP_TOKEN is set and SLACK_BOT_TOKEN is not: Socket Mode needs both.")
	}
	if bot != "" && app == "" && !c.SlackSigningSecret.IsSet() {
		p.add("SLACK_BOT_TOKEN is set, but neither SLACK_APP_TOKEN (Socket Mode) nor SLACK_SIGNING_SECRET (HTTP): set one of them.")
	}
	if (c.SlackClientID != "") != c.SlackClientSecret.IsSet() {
		p.add("SLACK_CLIENT_ID and SLACK_CLIENT_SECRET belong together: set both or none.")
	}
	if c.SlackClientID != "" && !c.SlackSigningSecret.IsSet() {
		p.add("SLACK_CLIENT_ID is set and SLACK_SIGNING_SECRET is not: installing into several workspaces needs HTTP.")
	}
	if c.SlackSigningSecret.IsSet() && bot == "" && c.SlackClientID == "" {
		p.add("SLACK_SIGNING_SECRET is set without a way to answer: set SLACK_BOT_TOKEN, or SLACK_CLIENT_ID and SLACK_CLIENT_SECRET.")
	}
	checkURL("SLACK_API_URL", c.SlackAPIURL, p)
}

func (c *Config) checkDiscord(p *problems) {
	if strings.HasPrefix(c.DiscordToken.Reveal(), "Bot ") {
		p.add("DISCORD_TOKEN is the token alone, without the word Bot.")
	}
	if c.DiscordPublicKey != "" {
		if b, err := hex.DecodeString(c.DiscordPublicKey); err != nil || len(b) != 32 {
			p.add("DISCORD_PUBLIC_KEY is not a public key: it is 64 hex digits (page \"General Information\" of the app).")
		}
		if !c.DiscordToken.IsSet() {
			p.add("DISCORD_PUBLIC_KEY is set and DISCORD_TOKEN is not: answering needs the token.")
		}
	}
	checkURL("DISCORD_API_URL", c.DiscordAPIURL, p)
	if u, err := url.Parse(c.DiscordAPIURL); err == nil && strings.Trim(u.Path, "/") != "" {
		p.add("DISCORD_API_URL is %q: use scheme://host without a path.", c.DiscordAPIURL)
	}
}

// checkModels reads TIERWISE_MODELS into Models.
func (c *Config) checkModels(p *problems) {
	if strings.TrimSpace(c.ModelList) == "" {
		return
	}
	c.Models = map[catalog.Tier]string{}
	for _, part := range strings.Split(c.ModelList, ",") {
		name, model, _ := strings.Cut(strings.TrimSpace(part), "=")
		name, model = strings.TrimSpace(name), strings.TrimSpace(model)
		tier, err := catalog.ParseTier(name)
		switch {
		case err != nil:
			p.add("TIERWISE_MODELS: %q is not a tier%s", name, didYouMean(name, tierNames()))
		case model == "":
			p.add("TIERWISE_MODELS: %s has no model: write %s=name.", name, name)
		case c.Models[tier] != "":
			p.add("TIERWISE_MODELS: %s is there twice: a tier has one model.", name)
		default:
			c.Models[tier] = model
		}
	}
}

func (c *Config) checkBaseURLs(p *problems) {
	var names []string
	for name := range c.environ {
		if strings.HasSuffix(name, "_BASE_URL") {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	for _, name := range names {
		raw := c.environ[name].Reveal()
		checkURL(name, raw, p)
		if plainText(raw) {
			c.Warnings = append(c.Warnings, name+" is plain http to another network: keys and conversations can be read on the way; use https.")
		}
	}
}

func checkAddr(name, addr string, p *problems) {
	if _, port, err := net.SplitHostPort(addr); err != nil || port == "" {
		p.add("%s is %q: use host:port, for example 127.0.0.1:8787.", name, addr)
	} else if _, err := net.LookupPort("tcp", port); err != nil {
		p.add("%s is %q: the port is a number from 0 to 65535.", name, addr)
	}
}

func checkURL(name, raw string, p *problems) {
	if raw == "" {
		return
	}
	u, err := url.Parse(raw)
	switch {
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		p.add("%s is not a web address: use https://host, or http:// on your own network.", name)
	case u.User != nil:
		p.add("%s has a password in it: use the key's own variable instead.", name)
	}
}

// plainText reports http to a host that is neither this machine nor a private
// network.
func plainText(raw string) bool {
	u, err := url.Parse(raw)
	if err != nil || u.Scheme != "http" {
		return false
	}
	host := u.Hostname()
	if ip := net.ParseIP(host); ip != nil {
		return !ip.IsLoopback() && !ip.IsPrivate()
	}
	return strings.Contains(host, ".") && !strings.HasSuffix(host, ".local") && !strings.HasSuffix(host, ".internal")
}

// parseSwitch reads on and off in the usual spellings.
func parseSwitch(s string) (on, said bool) {
	switch strings.ToLower(strings.TrimSpace(s)) {
	case "true", "on", "yes", "1":
		return true, true
	case "false", "off", "no", "0":
		return false, true
	}
	return false, false
}

func tierNames() []string {
	var out []string
	for _, t := range catalog.Tiers() {
		out = append(out, t.String())
	}
	return out
}
