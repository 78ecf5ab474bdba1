// Package localchat is a small chat platform in memory: workspaces with
// members, channels, threads, private posts, buttons and forms. It promises
// what a real platform gives the bot (an Opener with Responders, a Directory,
// permalinks, history to the end) and what real platforms do wrong (lost
// results, rate limits, slowness, addresses that are gone) on demand, so that
// the terminal and the browser are full adapters and not toys. With a state
// file, what was said outlives the process; the file is readable by its owner
// only, and sealed where a Sealer is given. The package knows nothing of
// terminals or browsers, of models, or of money.
package localchat

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/clock"
)

// BotID is the member id of the bot in every workspace; BotName is its handle.
const (
	BotID   = "u-tierwise"
	BotName = "tierwise"
)

// Config is what a World needs. The zero value is a console platform that
// forgets everything at the end.
type Config struct {
	// Platform is chat.Console (default) or chat.Playground.
	Platform chat.Platform
	// Clock stamps messages and numbers them; nil is the machine's clock.
	Clock clock.Clock
	// State is the path of the file that keeps what is said; "" keeps nothing.
	// Only one World may use a file at a time; the caller sees to that.
	State string
	// Sealer seals what the state file keeps; nil leaves it in the clear.
	Sealer Sealer
	// Link is the beginning of permalinks; default "http://chat.localhost".
	Link string
}

// Source gives workspaces to begin with. born is the instant the World was
// first opened, also after a restart, so that relative dates stay put.
type Source func(born time.Time) ([]Seed, error)

// World is the whole platform. All methods are safe for concurrent use.
type World struct {
	platform chat.Platform
	clock    clock.Clock
	link     string
	born     time.Time

	mu       sync.Mutex
	spaces   []*space
	lastID   int64
	watchers map[int]func(Change)
	nextW    int
	lapses   []Lapse
	journal  *journal // nil without a state file
}

// Open makes a World from its sources and, when there is a state file, adds
// what was said in earlier runs. It fails when a source is malformed, when two
// workspaces share an id, or when the state file cannot be read or written.
func Open(cfg Config, sources ...Source) (*World, error) {
	w := &World{platform: cfg.Platform, clock: cfg.Clock, link: cfg.Link, watchers: map[int]func(Change){}}
	if w.platform == "" {
		w.platform = chat.Console
	}
	if w.clock == nil {
		w.clock = clock.System{}
	}
	if w.link == "" {
		w.link = "http://chat.localhost"
	}
	w.born = w.clock.Now()
	var said []entry
	if cfg.State != "" {
		cfg.Platform = w.platform
		j, entries, err := openJournal(cfg, w.born)
		if err != nil {
			return nil, err
		}
		w.journal, w.born, said = j, j.born, entries
	}
	for _, source := range sources {
		seeds, err := source(w.born)
		if err != nil {
			return nil, w.abandon(err)
		}
		for _, seed := range seeds {
			if err := w.plant(seed); err != nil {
				return nil, w.abandon(err)
			}
		}
	}
	for _, e := range said {
		w.apply(e)
	}
	return w, nil
}

func (w *World) abandon(err error) error {
	_ = w.Close() // the first error is the one that matters
	return err
}

// Close ends the use of the state file. Nothing is buffered, so nothing is
// lost without it.
func (w *World) Close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.journal == nil {
		return nil
	}
	j := w.journal
	w.journal = nil
	return j.close()
}

// Platform is the platform this World stands for.
func (w *World) Platform() chat.Platform { return w.platform }

// ChangeKind is what happened to a message.
type ChangeKind string

// The kinds of change.
const (
	Posted  ChangeKind = "posted"
	Changed ChangeKind = "changed"
	Gone    ChangeKind = "gone"
)

// Change is one thing that can be seen on the platform.
type Change struct {
	Kind    ChangeKind
	Place   chat.Place // channel or thread of the message
	Message Message    // a copy; for Gone the message as it was
}

// Watch calls see for every change from now on, in order, until stop is called.
// see runs while the World is locked: it must return at once and must not call
// the World.
func (w *World) Watch(see func(Change)) (stop func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	id := w.nextW
	w.nextW++
	w.watchers[id] = see
	return func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.watchers, id)
	}
}

func (w *World) tell(kind ChangeKind, workspace string, m *Message) {
	at := w.place(workspace, m.Ref.Channel, m.Ref.Thread)
	for i := range w.nextW {
		if see, ok := w.watchers[i]; ok {
			see(Change{Kind: kind, Place: at, Message: m.clone()})
		}
	}
}

func (w *World) place(workspace, channel, thread string) chat.Place {
	return chat.Place{Platform: w.platform, Workspace: workspace, Channel: channel, Thread: thread}
}

// newID numbers messages by the clock, so that an id is never used twice even
// when the state file is lost and the bot's own store is not.
func (w *World) newID() string {
	w.lastID = max(w.lastID+1, w.clock.Now().UnixMilli())
	return "m" + strconv.FormatInt(w.lastID, 36)
}

// idNumber reads a number that newID gave; 0 for any other id.
func idNumber(id string) int64 {
	n, err := strconv.ParseInt(strings.TrimPrefix(id, "m"), 36, 64)
	if err != nil || !strings.HasPrefix(id, "m") || n > maxIDNumber {
		return 0
	}
	return n
}

// maxIDNumber bounds what a damaged file can make of the next id: the year 3000.
const maxIDNumber = 32503680000000

// Permalink is the address of a message.
func (w *World) Permalink(workspace string, ref chat.Ref) string {
	return fmt.Sprintf("%s/%s/%s/%s", w.link, workspace, ref.Channel, ref.ID)
}
