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
// encodes the same request from plain structs and throws the answer away
// unread. Both call the same server on loopback, turn by turn in one run;
// medians are compared, and the fastest tenths, which a busy machine disturbs
// least. The answer comes in 40 pieces, the prompt has 4 KB.
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
	ours()
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
	plain := &http.Client{Transport: guard{loopback: true}.transport()}
	bare := func() {
		sent, err := json.Marshal(request{r.Model.Wire, []turn{{"user", r.Step.Prompt[0].Text}}, 256, true, map[string]bool{"include_usage": true}})
		if err != nil {
			b.Fatal(err)
		}
		req, err := http.NewRequestWithContext(b.Context(), http.MethodPost, srv.URL+"/chat/completions", bytes.NewReader(sent))
		if err != nil {
			b.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		resp, err := plain.Do(req)
		if err != nil {
			b.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, resp.Body)
		_ = resp.Body.Close()
	}
	bare()
	var bareTimes, ourTimes []time.Duration
	for b.Loop() {
		start := time.Now()
		bare()
		middle := time.Now()
		ours()
		bareTimes, ourTimes = append(bareTimes, middle.Sub(start)), append(ourTimes, time.Since(middle))
	}
	slices.Sort(bareTimes)
	slices.Sort(ourTimes)
	at := func(d []time.Duration, tenth int) float64 { return float64(d[len(d)*tenth/10].Nanoseconds()) / 1e3 }
	bareAllocs, ourAllocs := allocs(bare), allocs(ours)
	b.ReportMetric(at(bareTimes, 5), "bare-µs")
	b.ReportMetric(at(ourTimes, 5), "ours-µs")
	b.ReportMetric(at(ourTimes, 5)-at(bareTimes, 5), "extra-µs")
	b.ReportMetric(at(ourTimes, 1)-at(bareTimes, 1), "extra-p10-µs")
	b.ReportMetric(ourAllocs-bareAllocs, "extra-allocs")
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
