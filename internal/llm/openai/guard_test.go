package openai

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"testing"

	"github.com/tierwise/tierwise/internal/llm"
	"github.com/tierwise/tierwise/internal/llm/llmtest"
)

func TestAddresses(t *testing.T) {
	const public, private, loopback = 1, 2, 4
	for addr, allowed := range map[string]int{
		"8.8.8.8": public, "2606:4700::1": public, "64:ff9b::808:808": public,
		"10.1.2.3": private, "192.168.0.1": private, "172.16.0.1": private, "fd12::1": private, "100.64.0.9": private, "::ffff:10.0.0.1": private,
		"127.0.0.1": loopback, "::1": loopback, "::ffff:127.0.0.1": loopback,
		"169.254.169.254": 0, "::ffff:169.254.169.254": 0, "64:ff9b::a9fe:a9fe": 0, "2002:a9fe:a9fe::1": 0, "fd00:ec2::254": 0, "fe80::1": 0,
		"100.100.100.200": 0, "168.63.129.16": 0, "192.0.0.192": 0, "0.0.0.0": 0, "::": 0, "0.1.2.3": 0, "224.0.0.1": 0, "ff02::1": 0, "255.255.255.255": 0,
	} {
		for _, g := range []guard{{}, {private: true}, {loopback: true}, {private: true, loopback: true}} {
			want := allowed&public != 0 || allowed&private != 0 && g.private || allowed&loopback != 0 && g.loopback
			if err := g.check(netip.MustParseAddr(addr)); (err == nil) != want || err != nil && !errors.Is(err, errAddress) {
				t.Errorf("%+v: %s: %v", g, addr, err)
			}
		}
	}
}

func TestDiallerAsksTheGuard(t *testing.T) {
	srv := llmtest.New(t, llmtest.Answer("x").Reply())
	c := newClient(t, srv.URL, func(cfg *Config) { cfg.Transport = guard{}.transport() }) // as if the name were a public one
	got := run(t.Context(), c, ask())
	if !errors.Is(got.err, llm.ErrUnavailable) || !errors.Is(got.err, errAddress) {
		t.Errorf("an address on this machine was dialled: %v", got.err)
	}
	if n := len(srv.Asked()); n != 0 {
		t.Errorf("%d requests came through", n)
	}
}

func TestRedirectsDoNotCarryTheKeyAway(t *testing.T) {
	other := llmtest.New(t, llmtest.Answer("stolen").Reply())
	srv := llmtest.New(t, llmtest.Status(307, "", "Location", other.URL+"/chat/completions"))
	if got := run(t.Context(), newClient(t, srv.URL, nil), ask()); !errors.Is(got.err, errRedirect) {
		t.Errorf("%v", got.err)
	}
	if n := len(other.Asked()); n != 0 {
		t.Errorf("the other host was asked %d times", n)
	}
	same := llmtest.New(t, llmtest.Status(307, "", "Location", "/v2/chat/completions"), llmtest.Answer("moved").Reply())
	if got := run(t.Context(), newClient(t, same.URL, nil), ask()); got.err != nil || got.text != "moved" {
		t.Errorf("on the same host: %q, %v", got.text, got.err)
	}
}

// TestNothingSecretInErrorsAndLogs plants the key, the question and the answer
// in everything a provider sends.
func TestNothingSecretInErrorsAndLogs(t *testing.T) {
	const key, answer = "sk-test-sentinel-key-0123456789", "Under a baobab tree"
	var logs bytes.Buffer
	log := slog.New(slog.NewJSONHandler(&logs, nil))
	quote := fmt.Sprintf("key %s refused for %q after %q", key, question, answer)
	body := llmtest.Refusal(quote, "invalid_request_error", "x")
	broken := llmtest.Frames{llmtest.Text(answer), llmtest.Data(body)}
	replies := []llmtest.Reply{
		llmtest.Status(400, body), llmtest.Status(401, llmtest.Refusal("Incorrect key: "+key, "", "")), llmtest.Status(500, quote),
		llmtest.Status(422, `{"detail":[{"msg":"bad","input":"`+question+`"}]}`), broken.Reply(),
		llmtest.Status(429, llmtest.Refusal(quote, "", "")), llmtest.Status(400, llmtest.Refusal("maximum context length is 5 tokens: "+question, "", "")),
		llmtest.Frames{llmtest.Text(answer), llmtest.Data(question)}.Reply(),
		llmtest.Frames{llmtest.Text(answer), llmtest.Finish("stop"), llmtest.Used(`{"prompt_tokens":"` + question + `"}`), llmtest.Done()}.Reply(),
	}
	c := newClient(t, llmtest.New(t, replies...).URL, func(cfg *Config) { cfg.Log = log })
	for range replies {
		got := run(t.Context(), c, ask())
		log.Info("call", "error", got.err)
		fmt.Fprintf(&logs, "%v %+v\n", got.err, got.err)
	}
	cfg := Config{Key: key}
	fmt.Fprintf(&logs, "%v %+v %#v", cfg, cfg, cfg)
	log.Info("key", "key", cfg.Key)
	_ = json.NewEncoder(&logs).Encode(cfg.Key)
	for _, secret := range []string{key, "sentinel", "zebra", "baobab"} {
		if strings.Contains(logs.String(), secret) {
			t.Errorf("%q shows in:\n%s", secret, logs.String())
		}
	}
	if !strings.Contains(logs.String(), "invalid_request_error") {
		t.Error("the errors lost the provider's type, which is safe to log")
	}
}
