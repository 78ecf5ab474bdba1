package openai

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tierwise/tierwise/internal/llm"
	"github.com/tierwise/tierwise/internal/llm/llmtest"
)

// BenchmarkOverhead is our cost per call beside a bare net/http client that
// encodes the same request from plain structs, sends it under the same headers
// over the same kind of transport, and throws the answer away unread. The two
// call the same server on loopback turn by turn, each going first every other
// time, and the figure is the median of the differences of the pairs: what
// disturbs the machine for longer than a call disturbs both. The answer comes in
// 40 pieces, the prompt has 4 KB. Allocations are those of the whole process,
// the server's included, which are the same for both.
func BenchmarkOverhead(b *testing.B) {
	body := []byte(strings.Join(llmtest.Answer(slices.Repeat([]string{" some words"}, 40)...), ""))
	srv := llmtest.New(b, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = w.Write(body)
	})
	c := newClient(b, srv.URL, func(cfg *Config) { cfg.Count = nil })
	r := ask()
	r.Step.Prompt[0].Text = strings.Repeat("a line of the conversation, ", 150)
	ours := func() {
		for chunk, err := range c.Stream(b.Context(), r) {
			if err != nil {
				b.Fatal(err)
			}
			if chunk.Done != nil && chunk.Done.Tokens != used {
				b.Fatalf("%+v", chunk.Done)
			}
		}
	}
	bare := bareCall(b, srv.URL+"/chat/completions", r)
	timed := func(call func()) time.Duration {
		start := time.Now()
		call()
		return time.Since(start)
	}
	bare()
	ours()
	var bares, all, differences []time.Duration
	for n := 0; b.Loop(); n++ {
		var x, y time.Duration
		if n%2 == 0 {
			x, y = timed(bare), timed(ours)
		} else {
			y, x = timed(ours), timed(bare)
		}
		bares, all, differences = append(bares, x), append(all, y), append(differences, y-x)
	}
	slices.Sort(bares)
	slices.Sort(all)
	slices.Sort(differences)
	median := func(d []time.Duration) float64 { return float64(d[len(d)/2].Nanoseconds()) / 1e3 }
	bareAllocs, ourAllocs := allocs(bare), allocs(ours)
	b.ReportMetric(median(bares), "bare-µs")
	b.ReportMetric(median(all), "ours-µs")
	b.ReportMetric(median(differences), "extra-µs")
	b.ReportMetric(bareAllocs, "bare-allocs")
	b.ReportMetric(ourAllocs, "ours-allocs")
	b.ReportMetric(ourAllocs-bareAllocs, "extra-allocs")
}

// bareCall is a call as a program without this package would make it.
func bareCall(b *testing.B, address string, r llm.Request) func() {
	type turn struct {
		Role    string `json:"role"`
		Content string `json:"content"`
	}
	type request struct {
		Model    string          `json:"model"`
		Messages []turn          `json:"messages"`
		Limit    int             `json:"max_completion_tokens"`
		Stream   bool            `json:"stream"`
		Options  map[string]bool `json:"stream_options"`
	}
	client := &http.Client{Transport: guard{loopback: true}.transport()}
	return func() {
		sent, err := json.Marshal(request{r.Model.Wire, []turn{{"user", r.Step.Prompt[0].Text}}, 256, true, map[string]bool{"include_usage": true}})
		if err != nil {
			b.Fatal(err)
		}
		req, err := http.NewRequestWithContext(b.Context(), http.MethodPost, address, bytes.NewReader(sent))
		if err != nil {
			b.Fatal(err)
		}
		for _, h := range [][2]string{
			{"Content-Type", "application/json"}, {"Accept", "text/event-stream"}, {"Cache-Control", "no-cache"},
			{"Connection", "keep-alive"}, {"Authorization", "Bearer sk-test-sentinel-key-0123456789"},
		} {
			req.Header.Set(h[0], h[1])
		}
		resp, err := client.Do(req)
		if err != nil {
			b.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, resp.Body)
		_ = resp.Body.Close()
	}
}

// allocs is the number of allocations of one call, the server's included.
func allocs(call func()) float64 {
	const n = 200
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range n {
		call()
	}
	runtime.ReadMemStats(&after)
	return float64(after.Mallocs-before.Mallocs) / n
}

// BenchmarkPiece is the reading of one chunk of a stream: one that follows its
// like, and one that does not.
func BenchmarkPiece(b *testing.B) {
	text := []byte(strings.TrimSpace(strings.TrimPrefix(llmtest.Text(" some words"), "data: ")))
	for _, bc := range []struct {
		name  string
		clear bool
	}{{"again", false}, {"first", true}} {
		b.Run(bc.name, func(b *testing.B) {
			var p piece
			b.ReportAllocs()
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				if bc.clear {
					p.head = p.head[:0]
				}
				if !p.parse(text) {
					b.Fatal("refused")
				}
			}
		})
	}
}

// BenchmarkStream is a whole call without a network: what the processor does
// for an answer in 40 pieces.
func BenchmarkStream(b *testing.B) {
	body := []byte(strings.Join(llmtest.Answer(slices.Repeat([]string{" some words"}, 40)...), ""))
	c := newClient(b, "https://models.example.com/v1", func(cfg *Config) { cfg.Transport = still(body) })
	r := ask()
	b.ReportAllocs()
	for b.Loop() {
		for _, err := range c.Stream(b.Context(), r) {
			if err != nil {
				b.Fatal(err)
			}
		}
	}
}

// still answers at once with its bytes.
type still []byte

func (s still) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: 200, Header: http.Header{}, Request: r, Body: io.NopCloser(bytes.NewReader(s))}, nil
}

var _ llm.Client = (*Client)(nil)
