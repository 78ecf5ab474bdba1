package slacktest

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/tierwise/tierwise/internal/clock"
)

// The credentials of the one app the fake knows, unless Config says otherwise.
const (
	AppID         = "A0TIERWISE"
	SigningSecret = "slacktest-signing-secret"
	ClientID      = "1111.2222"
	ClientSecret  = "slacktest-client-secret"
	AppToken      = "xapp-1-A0TIERWISE-1-slacktest"
)

// Config is what a Fake is made from. Every field has a usable zero value.
type Config struct {
	Clock         clock.Clock   // nil: the machine's
	SigningSecret string        // "": SigningSecret
	Events        []string      // bot events subscribed to ("message.im"); nil: all
	SpecDir       string        // folder of the method reference; "": ../shared/spec/slack beside go.mod
	Lenient       bool          // violations are listed, but do not fail the test
	AckWait       time.Duration // real time an acknowledgement may take; 0: 3 s, as at Slack
	Rotate        bool          // installs get tokens that expire after 12 h
	Listen        string        // address of the server; "": any free loopback port
}

// Fake is one Slack. It is safe for concurrent use. Close it, unless it was
// made with a test, which closes it at its end.
type Fake struct {
	cfg    Config
	tb     testing.TB
	spec   *spec
	server *httptest.Server
	client *http.Client

	mu         sync.Mutex
	state      state
	behaviour  Behaviour
	endpoints  Endpoints
	faults     map[string][]*pendingFault
	log        []Request
	violations []string
	notes      []string
	retries    []*retry
	sockets    sockets
	background sync.WaitGroup
}

// New starts a fake Slack without any workspace. tb may be nil, for a
// demonstration; with one, every violation of Slack's rules is an error of that
// test and the fake is closed at its end.
func New(tb testing.TB, cfg Config) *Fake {
	if cfg.Clock == nil {
		cfg.Clock = clock.System{}
	}
	if cfg.SigningSecret == "" {
		cfg.SigningSecret = SigningSecret
	}
	if cfg.AckWait == 0 {
		cfg.AckWait = 3 * time.Second
	}
	f := &Fake{cfg: cfg, tb: tb, state: newState(), faults: map[string][]*pendingFault{}}
	f.client = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	var err error
	if f.spec, err = loadSpec(cfg.SpecDir); err != nil {
		f.notes = append(f.notes, "requests are not checked against the method reference: "+err.Error())
	}
	f.server = startServer(cfg.Listen, f.routes())
	if tb != nil {
		tb.Cleanup(f.Close)
	}
	return f
}

// startServer serves at addr, or at a free port when addr is empty or taken.
func startServer(addr string, h http.Handler) *httptest.Server {
	server := httptest.NewUnstartedServer(h)
	if addr != "" {
		if l, err := net.Listen("tcp", addr); err == nil {
			server.Listener.Close()
			server.Listener = l
		}
	}
	server.Start()
	return server
}

func (f *Fake) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/api/{method}", f.serveAPI)
	mux.HandleFunc("POST /upload/{id}", f.serveUpload)
	mux.HandleFunc("GET /files/{id}/{name}", f.serveFile)
	mux.HandleFunc("POST /response/{id}", f.serveResponseURL)
	mux.HandleFunc("GET /oauth/v2/authorize", f.serveAuthorize)
	mux.HandleFunc("GET /socket", f.serveSocket)
	return mux
}

// Close ends all connections and waits for what is under way.
func (f *Fake) Close() {
	f.DropSockets()
	f.client.CloseIdleConnections()
	f.server.CloseClientConnections()
	f.server.Close()
	f.background.Wait()
}

// URL is the address of the fake, without a path: "http://127.0.0.1:4321".
func (f *Fake) URL() string { return f.server.URL }

// API is the address Web API methods are appended to; it ends in a slash.
func (f *Fake) API() string { return f.server.URL + "/api/" }

// Violations lists every request so far that broke a rule of Slack, as
// "method: what is wrong".
func (f *Fake) Violations() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.violations)
}

// Notes says what the fake could not do, such as checking without a reference.
func (f *Fake) Notes() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.notes)
}

// violate records a broken rule. f.mu is held.
func (f *Fake) violate(method, format string, args ...any) {
	v := method + ": " + fmt.Sprintf(format, args...)
	f.violations = append(f.violations, v)
	if f.tb != nil && !f.cfg.Lenient {
		f.tb.Errorf("slacktest: the app broke a rule of Slack: %s", v)
	}
}

// lock takes f.mu and returns its release, which may be called twice: a story
// that ends in the middle must not leave the fake locked.
func (f *Fake) lock() (unlock func()) {
	f.mu.Lock()
	return sync.OnceFunc(f.mu.Unlock)
}

func (f *Fake) now() time.Time { return f.cfg.Clock.Now() }

// Request is one call of the Web API, as it came.
type Request struct {
	Method string
	Team   string // of the token; "" without a valid one
	Args   map[string]string
	At     time.Time
	Error  string // the error code it was answered with; "" when ok
	Header http.Header
}

// Requests are the calls of a method so far, or of all methods for "".
func (f *Fake) Requests(method string) []Request {
	f.mu.Lock()
	defer f.mu.Unlock()
	var all []Request
	for _, r := range f.log {
		if method == "" || r.Method == method {
			all = append(all, r)
		}
	}
	return all
}
