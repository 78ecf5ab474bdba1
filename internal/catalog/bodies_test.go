package catalog_test

import (
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"testing"

	"github.com/tierwise/tierwise/internal/catalog"
)

// recorded is one usage body as a provider sent it, with what another project
// reads from it under each of its extractors.
type recorded struct {
	Body      json.RawMessage
	Extracted []struct {
		Extractors []struct {
			Provider string `json:"provider_id"`
			Flavor   string `json:"api_flavor"`
		}
		Usage map[string]int64
	}
}

// ours names our profile for an extractor of theirs. Left out are: extractors
// of providers for which the seed has no client (Bedrock, Azure, Cohere,
// Cerebras, the Hugging Face family, Perplexity and the like: most of them lay
// the same OpenAI bodies out once more, which the rows below cover); embeddings
// (we call none); "x-ai:default", an older layout of the same vendor; and
// "anthropic" layouts under clouds. Of those, Bedrock's and Cohere's own bodies
// are the only ones that no profile of ours is compared with.
var ours = map[string]string{
	"openai:chat": "openai-chat", "openai:responses": "openai-responses", "openrouter:chat": "openrouter",
	"anthropic:default": "anthropic", "anthropic:chat": "anthropic-compat", "google:default": "gemini",
	"x-ai:chat": "xai", "mistral:default": "mistral", "deepseek:chat": "deepseek", "groq:default": "groq",
}

func readRecorded(t *testing.T) []recorded {
	t.Helper()
	f, err := os.Open(sharedFile(t, "usage/provider-usages.json.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var rows []recorded
	if err := json.NewDecoder(z).Decode(&rows); err != nil {
		t.Fatal(err)
	}
	return rows
}

func TestBucketsOfRecordedBodiesAgreeWithAnotherCatalog(t *testing.T) {
	rows := readRecorded(t)
	compared, bodies := map[string]int{}, 0
	for i, row := range rows {
		hit := false
		for _, e := range row.Extracted {
			for _, x := range e.Extractors {
				profile, ok := ours[x.Provider+":"+x.Flavor]
				if !ok || foreign(profile, row.Body) {
					continue
				}
				hit = true
				compared[profile]++
				if diff := compare(profile, row.Body, e.Usage); diff != "" {
					t.Errorf("body %d as %s: %s\n%s", i, profile, diff, row.Body)
				}
			}
		}
		if hit {
			bodies++
		}
	}
	t.Logf("%d of %d bodies compared under at least one profile", bodies, len(rows))
	for _, p := range slices.Sorted(maps.Keys(compared)) {
		t.Logf("%-17s %3d comparisons", p, compared[p])
	}
	if bodies < 400 {
		t.Errorf("only %d bodies were compared", bodies)
	}
}

// foreign leaves out bodies that another API sent and that only happen to have
// the two field names an extractor requires: the details then have other names,
// and reading them by this profile means nothing. Their true API's row is
// compared.
func foreign(profile string, body []byte) bool {
	var doc struct {
		Usage map[string]json.RawMessage
	}
	if json.Unmarshal(body, &doc) != nil {
		return true
	}
	has := func(f string) bool { _, ok := doc.Usage[f]; return ok }
	switch profile {
	case "openai-responses":
		return has("cache_read_input_tokens")
	case "anthropic":
		return has("input_tokens_details")
	}
	return false
}

// compare holds the buckets of ReadUsage against the other catalog's figures,
// which count caches within input and reasoning within output.
func compare(profile string, body []byte, want map[string]int64) string {
	u, err := catalog.ReadUsage(profile, body)
	if err != nil {
		return err.Error()
	}
	c := u.Tokens
	for _, k := range []struct {
		name      string
		got, want int64
	}{
		{"input", c.In(), want["input_tokens"]},
		{"output", c.Out(), want["output_tokens"]},
		{"cache read", c.CacheRead, want["cache_read_tokens"]},
		{"cache write", c.CacheWrite5m + c.CacheWrite1h, want["cache_write_tokens"]},
		{"reasoning", c.Reasoning, want["output_reasoning_tokens"]},
	} {
		if k.got != k.want {
			return fmt.Sprintf("%s: %d, want %d", k.name, k.got, k.want)
		}
	}
	if h, ok := want["cache_write_1h_tokens"]; ok && c.CacheWrite1h != h {
		return fmt.Sprintf("cache write 1h: %d, want %d", c.CacheWrite1h, h)
	}
	return ""
}

// A server that copies the shape of OpenAI is read by the careful profile: it
// must agree with the plain one on every body whose total is input plus output.
func TestTheCompatibleProfileAgreesWhereTotalsAreWhole(t *testing.T) {
	n, thought := 0, 0
	for _, row := range readRecorded(t) {
		a, errA := catalog.ReadUsage("openai-chat", row.Body)
		if errA != nil {
			continue
		}
		b, errB := catalog.ReadUsage("openai-compatible", row.Body)
		if errB != nil {
			t.Fatalf("%v: %s", errB, row.Body)
		}
		if a.Tokens != b.Tokens {
			thought++
			if b.Tokens.Out() <= a.Tokens.Out() {
				t.Errorf("%+v and %+v: %s", a.Tokens, b.Tokens, row.Body)
			}
		}
		n++
	}
	t.Logf("%d bodies, %d with more in the total than in the parts", n, thought)
	if n == 0 {
		t.Error("no body was compared")
	}
}

func TestAbsentUsageIsNotZero(t *testing.T) {
	for _, body := range []string{`{}`, `{"usage":null}`, `{"usage":{}}`, `{"usage":{"queue_time":0.1}}`, `{"choices":[]}`} {
		if _, err := catalog.ReadUsage("openai-chat", []byte(body)); !errors.Is(err, catalog.ErrNoUsage) {
			t.Errorf("%s: %v", body, err)
		}
	}
	u, err := catalog.ReadUsage("openai-chat", []byte(`{"usage":{"prompt_tokens":0,"completion_tokens":0}}`))
	if err != nil || u.Tokens.Total() != 0 || u.Reported != nil {
		t.Errorf("an explicit zero is a usage: %+v %v", u, err)
	}
}

func TestContradictionsAreTypedErrors(t *testing.T) {
	for _, body := range []string{
		`{"usage":{"prompt_tokens":-1,"completion_tokens":2}}`,
		`{"usage":{"prompt_tokens":1.5,"completion_tokens":2}}`,
		`{"usage":{"prompt_tokens":"12","completion_tokens":2}}`,
		`{"usage":{"prompt_tokens":5,"completion_tokens":2,"prompt_tokens_details":{"cached_tokens":6}}}`,
		`{"usage":{"prompt_tokens":5,"completion_tokens":2,"completion_tokens_details":{"reasoning_tokens":3}}}`,
		`{"usage":{"prompt_tokens":5}}`,
		`{"usage":{"prompt_tokens":1e30,"completion_tokens":2}}`,
		`{"usage":{"prompt_tokens":9223372036854775807,"completion_tokens":2}}`,
		`[1]`, `<html>`, ``,
	} {
		if _, err := catalog.ReadUsage("openai-chat", []byte(body)); !errors.Is(err, catalog.ErrUsage) {
			t.Errorf("%s: %v", body, err)
		}
	}
	if _, err := catalog.ReadUsage("no such profile", []byte(`{"usage":{}}`)); !errors.Is(err, catalog.ErrUsage) {
		t.Error(err)
	}
}

func TestReportedCostIsExactAndCountsOwnKeys(t *testing.T) {
	for _, k := range []struct {
		usage string
		want  int64 // -1: none
	}{
		{`"cost":0.00219855`, 2_198_550},
		{`"cost":7e-05`, 70_000},
		{`"cost":0`, 0},
		{`"cost":null`, -1},
		{`"x":1`, -1},
		{`"cost":0.0000000005`, 0}, // half a nano-USD goes to the even neighbour
		{`"cost":0.0000000015`, 2},
		{`"cost":0,"is_byok":true,"cost_details":{"upstream_inference_cost":0.0002265}`, 226_500},
		{`"cost":0.00001,"is_byok":true,"cost_details":{"upstream_inference_cost":null}`, 10_000},
	} {
		u, err := catalog.ReadUsage("openrouter", []byte(`{"usage":{"prompt_tokens":1,"completion_tokens":1,`+k.usage+`}}`))
		switch {
		case err != nil:
			t.Errorf("%s: %v", k.usage, err)
		case k.want < 0 && u.Reported != nil, k.want >= 0 && (u.Reported == nil || int64(*u.Reported) != k.want):
			t.Errorf("%s: %v, want %d", k.usage, u.Reported, k.want)
		}
	}
	for _, bad := range []string{`"cost":-1`, `"cost":"free"`, `"cost":1e99`} {
		if _, err := catalog.ReadUsage("openrouter", []byte(`{"usage":{"prompt_tokens":1,"completion_tokens":1,`+bad+`}}`)); !errors.Is(err, catalog.ErrUsage) {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

func TestStreamsCarryUsageWhereVendorsPutIt(t *testing.T) {
	u, err := catalog.ReadUsage("groq", []byte(`{"model":"m","x_groq":{"usage":{"prompt_tokens":7,"completion_tokens":3}}}`))
	if err != nil || u.Tokens.In() != 7 || u.Tokens.Out() != 3 || u.Served != "m" {
		t.Errorf("%+v %v", u, err)
	}
	u, err = catalog.ReadUsage("gemini-compat", []byte(`{"service_tier":"priority","usage":{"prompt_tokens":10,"completion_tokens":5,"total_tokens":115}}`))
	if err != nil || u.Tokens.Output != 5 || u.Tokens.Reasoning != 100 || u.Service != "priority" {
		t.Errorf("thoughts that only the total shows are billed: %+v %v", u, err)
	}
	want := []string{"completion_tokens", "prompt_tokens", "total_tokens"}
	if !slices.Equal(u.Fields, want) {
		t.Errorf("fields %v, want %v", u.Fields, want)
	}
}

func FuzzReadUsage(f *testing.F) {
	f.Add("openai-chat", `{"usage":{"prompt_tokens":5,"completion_tokens":2}}`)
	f.Add("anthropic", `{"usage":{"input_tokens":5,"output_tokens":2,"cache_creation_input_tokens":3}}`)
	f.Add("gemini", `{"usageMetadata":{"promptTokenCount":1}}`)
	f.Fuzz(func(t *testing.T, profile, body string) {
		u, err := catalog.ReadUsage(profile, []byte(body))
		if err != nil {
			if !errors.Is(err, catalog.ErrUsage) && !errors.Is(err, catalog.ErrNoUsage) {
				t.Fatalf("untyped error %v", err)
			}
			return
		}
		if u.Tokens.Check() != nil || u.Tokens.Total() < 0 {
			t.Fatalf("%+v", u.Tokens)
		}
	})
}
