// Package openai calls models over the OpenAI chat wire, which nearly every
// provider and local server speaks. Requests are made of the types of
// sashabaranov/go-openai and sent through its client; their bodies are encoded
// here, because the library's messages cost three passes and carry no documents,
// and answers are read here, because its types drop fields that money depends on
// (cost, cache writes) and its reader bounds nothing. The package promises one
// typed error of package llm for every way a call can fail, the provider's usage
// or an honest estimate for every call that may have been billed, and an end of
// the upstream call as soon as the caller stops reading. It does not retry,
// choose models or know prices.
package openai

import (
	"context"
	"iter"
	"log/slog"
	"net/http"
	"sync"
	"time"

	goopenai "github.com/sashabaranov/go-openai"

	"github.com/tierwise/tierwise/internal/catalog"
	"github.com/tierwise/tierwise/internal/llm"
	"github.com/tierwise/tierwise/internal/step"
	"github.com/tierwise/tierwise/internal/token"
)

// Key is a provider's key. However it is printed, it does not show.
type Key string

// String hides the key.
func (Key) String() string { return "[key]" }

// GoString hides the key.
func (Key) GoString() string { return "[key]" }

// LogValue hides the key.
func (Key) LogValue() slog.Value { return slog.StringValue("[key]") }

// MarshalText hides the key.
func (Key) MarshalText() ([]byte, error) { return []byte("[key]"), nil }

// Extract reads a provider's usage by its profile from a document of the form
// {"usage": …} that holds the provider's own body untouched. catalog.ErrNoUsage
// means there is none in it.
type Extract func(profile string, body []byte) (catalog.Usage, error)

// Count gives an upper bound of the tokens of turns, images and files included, for a
// tokenizer family. It is asked only when the provider sent no usage.
type Count func(family string, turns []step.Turn) int64

// Limits bound one call. A zero field takes the value of DefaultLimits.
type Limits struct {
	First time.Duration // until the first event of the answer
	Idle  time.Duration // waiting for more of it
	Total time.Duration
	Bytes int64 // of the whole response body
	Line  int   // bytes of one line of the stream
}

// DefaultLimits are generous for an answer a person waits for.
var DefaultLimits = Limits{First: 60 * time.Second, Idle: 45 * time.Second, Total: 5 * time.Minute, Bytes: 16 << 20, Line: 1 << 20}

// Upper is the Count without a vocabulary: fast, never below, and generous.
func Upper(family string, turns []step.Turn) (n int64) {
	for _, t := range turns {
		n += token.UpperTurn(family, t.Text)
		for _, im := range t.Images {
			n += token.UpperImage(im.Width, im.Height)
		}
		for _, f := range t.Files {
			n += token.UpperFile(family, f.Type, f.Data) + token.UpperTurn(family, f.Name)
		}
	}
	return n
}

// Config is what a Client needs. Only Provider is required.
type Config struct {
	Provider catalog.Provider // id, base URL and profile are read
	Key      Key              // "" sends none
	Limits   Limits
	Extract  Extract      // nil is catalog.ReadUsage
	Count    Count        // nil is Upper
	Log      *slog.Logger // nil logs nothing
	// AllowPrivate lets the provider live in a private network.
	AllowPrivate bool
	// Transport replaces the guarded one; whoever sets it answers for where it
	// connects to.
	Transport http.RoundTripper
}

// Client calls one provider. It is safe for concurrent use.
type Client struct {
	id, profile string
	api         goopenai.ClientConfig // base URL and, unexported, the key
	http        *http.Client
	limits      Limits
	extract     Extract
	count       Count
	log         *slog.Logger
	key         Key
	scratch     sync.Pool // *scratch

	mu     sync.Mutex
	quirks map[string]quirk // by wire name of the model
}

// New returns a Client, or an error that names what is wrong with the
// configuration.
func New(cfg Config) (*Client, error) {
	u, loopback, err := parseBase(cfg.Provider.BaseURL)
	if err != nil {
		return nil, err
	}
	if cfg.Count == nil {
		cfg.Count = Upper
	}
	if cfg.Extract == nil {
		cfg.Extract = catalog.ReadUsage
	}
	if cfg.Transport == nil {
		cfg.Transport = guard{loopback: loopback, private: cfg.AllowPrivate}.transport()
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	api := goopenai.DefaultConfig(string(cfg.Key))
	api.BaseURL = u.String()
	return &Client{
		id: cfg.Provider.ID, profile: cfg.Provider.Profile,
		api:    api,
		http:   &http.Client{Transport: cfg.Transport, CheckRedirect: sameHost},
		limits: cfg.Limits.filled(), extract: cfg.Extract, count: cfg.Count, log: cfg.Log, key: cfg.Key,
		scratch: sync.Pool{New: func() any { return newScratch(api) }},
		quirks:  make(map[string]quirk),
	}, nil
}

func (l Limits) filled() Limits {
	d := DefaultLimits
	if l.First > 0 {
		d.First = l.First
	}
	if l.Idle > 0 {
		d.Idle = l.Idle
	}
	if l.Total > 0 {
		d.Total = l.Total
	}
	if l.Bytes > 0 {
		d.Bytes = l.Bytes
	}
	if l.Line > 0 {
		d.Line = l.Line
	}
	return d
}

// Stream implements llm.Client. Done.First is the time to the first visible
// text; a model that thinks first is slow to a reader too.
func (c *Client) Stream(ctx context.Context, r llm.Request) iter.Seq2[llm.Chunk, error] {
	return func(yield func(llm.Chunk, error) bool) {
		if err := c.sendable(r); err != nil {
			yield(llm.Chunk{}, err)
			return
		}
		a := c.begin(ctx, r)
		defer a.close()
		if err := a.send(); err != nil {
			yield(llm.Chunk{}, a.unsent(err))
			return
		}
		a.receive(yield)
	}
}
