package config_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tierwise/tierwise/internal/catalog"
	"github.com/tierwise/tierwise/internal/config"
)

// clean takes away every variable the test's surroundings could have set.
func clean(t *testing.T) {
	t.Helper()
	for _, kv := range os.Environ() {
		name, _, _ := strings.Cut(kv, "=")
		for _, ours := range []string{"TIERWISE_", "SLACK_", "DISCORD_", "REDIS_URL"} {
			if strings.HasPrefix(name, ours) {
				unset(t, name)
			}
		}
		if strings.Contains(name, "_API_KEY") || strings.HasSuffix(name, "_BASE_URL") {
			unset(t, name)
		}
	}
}

// unset takes a variable away until the test ends; Setenv brings it back.
func unset(t *testing.T, name string) {
	t.Helper()
	t.Setenv(name, "")
	if err := os.Unsetenv(name); err != nil {
		t.Fatal(err)
	}
}

func set(t *testing.T, vars ...string) {
	t.Helper()
	for i := 0; i < len(vars); i += 2 {
		t.Setenv(vars[i], vars[i+1])
	}
}

func TestNothingSetIsAUsableConfiguration(t *testing.T) {
	clean(t)
	set(t, "TIERWISE_ADDR", "", "TIERWISE_LOG_LEVEL", "") // as compose files pass on what is not set
	c, err := config.Load(config.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if c.Addr != "127.0.0.1:8787" || c.MetricsAddr != "127.0.0.1:8788" || c.DataDir != "./data" || c.LogLevel != "info" {
		t.Errorf("defaults %s %s %s %s", c.Addr, c.MetricsAddr, c.DataDir, c.LogLevel)
	}
	if !c.Playground() || c.HasSlack() || c.HasDiscord() || c.RedisURL.IsSet() {
		t.Error("without a platform the playground serves")
	}
}

func TestBadEnvironmentIsSaidInSentences(t *testing.T) {
	for _, c := range []struct {
		vars []string
		says string
	}{
		{[]string{"TIERWISE_ADDR", "8787"}, `TIERWISE_ADDR is "8787": use host:port, for example 127.0.0.1:8787.`},
		{[]string{"TIERWISE_ADDR", "localhost:99999"}, `TIERWISE_ADDR is "localhost:99999": the port is a number from 0 to 65535.`},
		{[]string{"TIERWISE_METRICS_ADDR", "127.0.0.1:8787"}, `TIERWISE_ADDR and TIERWISE_METRICS_ADDR are both "127.0.0.1:8787": metrics and health need a port of their own.`},
		{[]string{"TIERWISE_LOG_LEVEL", "loud"}, `TIERWISE_LOG_LEVEL is "loud": use debug, info, warn or error.`},
		{[]string{"TIERWISE_PLAYGROUND", "perhaps"}, `TIERWISE_PLAYGROUND is "perhaps": use true or false.`},
		{[]string{"TIERWISE_ADDR", "0.0.0.0:80", "TIERWISE_PLAYGROUND", "true"}, `TIERWISE_PLAYGROUND is true and TIERWISE_ADDR is "0.0.0.0:80", which other machines reach: set TIERWISE_ADMIN_TOKEN or listen on 127.0.0.1.`},
		{[]string{"TIERWISE_ADMIN_TOKEN", "hunter2"}, `TIERWISE_ADMIN_TOKEN is too short: use at least 16 characters, for example from "openssl rand -hex 24".`},
		{[]string{"TIERWISE_SECRT_KEY", "x"}, `TIERWISE_SECRT_KEY is not a variable of Tierwise; did you mean TIERWISE_SECRET_KEY?`},
		{[]string{"REDIS_URL", "redis://localhost:6379"}, `REDIS_URL is set and TIERWISE_SECRET_KEY is not: all replicas must seal with the same key; make one with "openssl rand -hex 32".`},
		{[]string{"REDIS_URL", "localhost:6379", "TIERWISE_SECRET_KEY", "k"}, `REDIS_URL is not a Redis address: use redis://host:6379/0, or rediss:// for TLS.`},
		{[]string{"TIERWISE_SECRET_KEY", "unfit"}, `TIERWISE_SECRET_KEY cannot be used: key 1 is short.`},
		{[]string{"SLACK_BOT_TOKEN", "xoxb-1"}, `SLACK_BOT_TOKEN is set, but neither SLACK_APP_TOKEN (Socket Mode) nor SLACK_SIGNING_SECRET (HTTP): set one of them.`},
		{[]string{"SLACK_APP_TOKEN", "xapp-1"}, `SLACK_APP_TOKEN is set and SLACK_BOT_TOKEN is not: Socket Mode needs both.`},
		{[]string{"SLACK_BOT_TOKEN", "xapp-1", "SLACK_APP_TOKEN", "xapp-1"}, `SLACK_BOT_TOKEN is another kind of token: it begins with xoxb- (page "OAuth & Permissions" of the app).`},
		{[]string{"SLACK_CLIENT_ID", "1.2", "SLACK_SIGNING_SECRET", "s"}, `SLACK_CLIENT_ID and SLACK_CLIENT_SECRET belong together: set both or none.`},
		{[]string{"DISCORD_TOKEN", "Bot abc"}, `DISCORD_TOKEN is the token alone, without the word Bot.`},
		{[]string{"DISCORD_TOKEN", "abc", "DISCORD_PUBLIC_KEY", "zz"}, `DISCORD_PUBLIC_KEY is not a public key: it is 64 hex digits (page "General Information" of the app).`},
		{[]string{"DISCORD_API_URL", "http://127.0.0.1:9/api"}, `DISCORD_API_URL is "http://127.0.0.1:9/api": use scheme://host without a path.`},
		{[]string{"TIERWISE_MODELS", "econmy=small"}, `TIERWISE_MODELS: "econmy" is not a tier; did you mean economy?`},
		{[]string{"TIERWISE_MODELS", "economy"}, `TIERWISE_MODELS: economy has no model: write economy=name.`},
		{[]string{"TIERWISE_MODELS", "economy=a,economy=b"}, `TIERWISE_MODELS: economy is there twice: a tier has one model.`},
		{[]string{"OPENAI_BASE_URL", "localhost:11434"}, `OPENAI_BASE_URL is not a web address: use https://host, or http:// on your own network.`},
		{[]string{"OPENAI_API_KEY", "a", "OPENAI_API_KEY_FILE", "/b"}, `OPENAI_API_KEY and OPENAI_API_KEY_FILE are both set: keep one of them.`},
		{[]string{"DISCORD_TOKEN_FILE", "/nowhere/token"}, `DISCORD_TOKEN_FILE names "/nowhere/token", which cannot be read (it does not exist): name a readable file that holds only the secret.`},
	} {
		t.Run(c.vars[0], func(t *testing.T) {
			clean(t)
			set(t, c.vars...)
			_, err := config.Load(config.Options{FitKey: func(k string) error {
				if k == "unfit" {
					return errors.New("key 1 is short")
				}
				return nil
			}})
			if got := config.Sentences(err); !slices.Equal(got, []string{c.says}) {
				t.Errorf("got  %q\nwant %q", got, c.says)
			}
		})
	}
}

func TestAllProblemsOfEnvironmentAndPolicyAreSaidTogether(t *testing.T) {
	clean(t)
	path := filepath.Join(t.TempDir(), "policy.yaml")
	if err := os.WriteFile(path, []byte("limits: {answer: -1, anwser: 2}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	set(t, "TIERWISE_CONFIG", path, "TIERWISE_ADDR", "x", "TIERWISE_LOG_LEVEL", "y", "SLACK_APP_TOKEN", "xapp-1", "TIERWISE_ADRR", "z")
	_, err := config.Load(config.Options{})
	if got := config.Sentences(err); len(got) != 6 {
		t.Errorf("%d problems, want 6: %q", len(got), got)
	}
}

func TestSecretsComeFromFilesAndKeysByTheCatalogsName(t *testing.T) {
	clean(t)
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	set(t, "SLACK_BOT_TOKEN_FILE", write("bot", "xoxb-from-file\n"), "SLACK_APP_TOKEN", "xapp-1",
		"OPENAI_API_KEY_FILE", write("key", "sk-from-file"), "ACME_TOKEN", "acme", "UNRELATED_TOKEN", "no",
		"TIERWISE_MODELS", "economy=small, standard=large", "TIERWISE_WORKSPACES", "T1, T2,*",
		"OPENAI_BASE_URL", "http://127.0.0.1:11434/v1", "ACME_AI_BASE_URL", "http://gpu.example.com/v1")
	c, err := config.Load(config.Options{KeyNames: []string{"ACME_TOKEN", "OPENAI_API_KEY"}})
	if err != nil {
		t.Fatal(err)
	}
	if c.SlackBotToken.Reveal() != "xoxb-from-file" || c.Key("OPENAI_API_KEY").Reveal() != "sk-from-file" || c.Key("ACME_TOKEN").Reveal() != "acme" {
		t.Error("a secret was not read")
	}
	if c.Key("UNRELATED_TOKEN").IsSet() {
		t.Error("a variable nobody named counts as a key")
	}
	if c.Models[catalog.Economy] != "small" || c.Models[catalog.Standard] != "large" {
		t.Errorf("models %v", c.Models)
	}
	if ids, all := c.Workspaces(); !all || !slices.Equal(ids, []string{"T1", "T2"}) {
		t.Errorf("workspaces %v %v", ids, all)
	}
	if c.BaseURL("openai") != "http://127.0.0.1:11434/v1" || c.BaseURL("acme-ai") != "http://gpu.example.com/v1" || c.BaseURL("groq") != "" {
		t.Error("base URLs")
	}
	if len(c.Warnings) != 1 || !strings.HasPrefix(c.Warnings[0], "ACME_AI_BASE_URL is plain http") {
		t.Errorf("warnings %q", c.Warnings)
	}
}

func TestPlaygroundIsNeverOpenToOthersWithoutAToken(t *testing.T) {
	for _, c := range []struct {
		addr, flag, token, slack string
		served                   bool
	}{
		{"127.0.0.1:1", "", "", "", true},
		{"[::1]:1", "", "", "", true},
		{"localhost:1", "", "", "xoxb-1", false},
		{"localhost:1", "true", "", "xoxb-1", true},
		{"localhost:1", "false", "", "", false},
		{":8787", "", "", "", false},
		{"0.0.0.0:8787", "", "0123456789abcdef", "", true},
	} {
		clean(t)
		set(t, "TIERWISE_ADDR", c.addr, "TIERWISE_PLAYGROUND", c.flag, "TIERWISE_ADMIN_TOKEN", c.token)
		if c.slack != "" {
			set(t, "SLACK_BOT_TOKEN", c.slack, "SLACK_APP_TOKEN", "xapp-1")
		} else {
			set(t, "SLACK_BOT_TOKEN", "", "SLACK_APP_TOKEN", "")
		}
		got, err := config.Load(config.Options{})
		if err != nil || got.Playground() != c.served {
			t.Errorf("%+v: served %v, %v", c, got.Playground(), err)
		}
	}
}

func TestNoSecretIsEverPrinted(t *testing.T) {
	clean(t)
	const canary = "canary-7f3a"
	set(t, "REDIS_URL", "redis://user:"+canary+"@redis:6379/0", "TIERWISE_SECRET_KEY", canary+canary+canary,
		"SLACK_BOT_TOKEN", "xoxb-"+canary, "SLACK_APP_TOKEN", "xapp-"+canary, "OPENAI_API_KEY", canary,
		"TIERWISE_ADMIN_TOKEN", canary+canary, "OTEL_EXPORTER_OTLP_HEADERS", "auth="+canary)
	c, err := config.Load(config.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s := config.NewSecret(canary)
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "secret", s, "config", c)
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "secret", s, "config", c)
	asJSON, err := json.Marshal(map[string]any{"s": s, "p": &s, "c": c})
	if err != nil {
		t.Fatal(err)
	}
	asText, _ := s.MarshalText()
	wrapped := struct{ hidden config.Secret }{s}
	for _, out := range []string{
		fmt.Sprintf("%v %s %q %+v %#v %x %d", s, s, s, s, s, s, s), fmt.Sprintf("%+v %#v", c, c), fmt.Sprintf("%+v %#v", &c, &s),
		fmt.Sprintf("%+v %#v", wrapped, wrapped), fmt.Sprint(c.Redacted()), log.String(), string(asJSON), string(asText), fmt.Errorf("x: %v", s).Error(),
	} {
		if strings.Contains(out, canary) || strings.Contains(out, fmt.Sprintf("%x", canary)) {
			t.Errorf("printed: %.300s", out)
		}
	}
	rows := map[string]config.Row{}
	for _, r := range c.Redacted() {
		rows[r.Name] = r
	}
	if rows["REDIS_URL"].Value != "redis://***@redis:6379/0" || rows["OPENAI_API_KEY"].Value != "***" || rows["TIERWISE_ADDR"].Origin != "default" || rows["DISCORD_TOKEN"].Value != "" || rows["SLACK_BOT_TOKEN"].Origin != "environment" {
		t.Errorf("table %+v", c.Redacted())
	}
}

func TestASecretEqualsOnlyItself(t *testing.T) {
	s := config.NewSecret("token")
	if !s.Equal("token") || s.Equal("tokem") || s.Equal("") || (config.Secret{}).Equal("") {
		t.Error("Equal")
	}
}

func TestNearest(t *testing.T) {
	known := []string{"economy", "standard", "frontier", "local"}
	for typed, want := range map[string]string{"econmy": "economy", "Standart": "standard", "lcoal": "local", "x": "", "zebra": "", "fronteir": "frontier", "": ""} {
		if got := config.Nearest(typed, known); got != want {
			t.Errorf("Nearest(%q) = %q, want %q", typed, got, want)
		}
	}
}
