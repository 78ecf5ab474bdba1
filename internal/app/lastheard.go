package app

import (
	"context"
	"encoding/json"
	"log/slog"
	"sync"
	"time"

	"github.com/tierwise/tierwise/bots/slack"
	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/clock"
	"github.com/tierwise/tierwise/internal/leaving"
	"github.com/tierwise/tierwise/internal/record"
)

const (
	// heardEvery is how often the marks are written, at most, once the first of
	// a kind is, and how often those of open connections are.
	heardEvery = time.Minute
	// linkLife is how long the mark of a replica's connections is kept.
	linkLife   = 24 * time.Hour
	linkPrefix = "link/"
)

// mark is the body of a record of kind Heard. Its id is the kind of delivery
// ("event", "press"), or "link/<replica>" for a replica's connections.
type mark struct {
	At    int64 `json:"at"`              // when it was so, in Unix seconds
	Up    int   `json:"up,omitempty"`    // connections that stood then
	Since int64 `json:"since,omitempty"` // when the newest of them opened
}

// markStore keeps the marks; every Store is one.
type markStore interface {
	List(ctx context.Context, tenant string, kind record.Kind, prefix string) ([]record.Record, error)
	Write(ctx context.Context, tenant string, writes ...record.Write) error
}

// lastHeard notes when Slack was last heard of, for `tierwise doctor`, which is
// another process. The first of a kind is written at once, because somebody may
// be setting Slack up and look; after that it writes at most once a minute
// however much is heard. It never delays a delivery, and never writes for a
// workspace that has left. It is the slack.Ear of a serving house.
type lastHeard struct {
	store markStore
	clock clock.Clock
	log   *slog.Logger
	name  string // this replica
	// home says which workspace the connections serve.
	home func(ctx context.Context) (string, error)

	mu    sync.Mutex
	heard map[string]map[string]int64 // what is not written yet: by workspace and kind
	known map[[2]string]bool          // what was heard before, of those
	link  mark
	moved bool // the link's mark is not written yet
	work  chan struct{}
	first chan struct{} // there is work that waits for no minute
}

var _ slack.Ear = (*lastHeard)(nil)

func newLastHeard(store markStore, c clock.Clock, name string, log *slog.Logger) *lastHeard {
	return &lastHeard{store: store, clock: c, name: name, log: log, heard: map[string]map[string]int64{}, known: map[[2]string]bool{},
		work: make(chan struct{}, 1), first: make(chan struct{}, 1)}
}

// Heard notes a delivery.
func (l *lastHeard) Heard(workspace, what string) {
	now := l.clock.Now().Unix()
	l.mu.Lock()
	if l.heard[workspace] == nil {
		l.heard[workspace] = map[string]int64{}
	}
	l.heard[workspace][what] = now
	first := !l.known[[2]string{workspace, what}]
	l.known[[2]string{workspace, what}] = true
	l.mu.Unlock()
	wake(l.work)
	if first {
		wake(l.first)
	}
}

// Connected notes a connection that opened or ended.
func (l *lastHeard) Connected(change int) {
	now := l.clock.Now().Unix()
	l.mu.Lock()
	l.link.Up += change
	if change > 0 {
		l.link.Since = now
	}
	l.moved = true
	l.mu.Unlock()
	wake(l.work)
}

func wake(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// Run writes what is noted until ctx ends; then it writes the rest, and that
// the connections are closed.
func (l *lastHeard) Run(ctx context.Context) error {
	pause := time.NewTimer(heardEvery)
	defer pause.Stop()
	for {
		select {
		case <-ctx.Done():
			l.last(ctx)
			return ctx.Err()
		case <-l.work:
			select {
			case <-l.first: // it is written now
			default:
			}
			if ctx.Err() == nil {
				l.write(ctx)
			}
		}
		pause.Reset(heardEvery)
		select {
		case <-ctx.Done():
		case <-l.first:
			wake(l.work)
		case <-pause.C:
			l.refresh()
		}
	}
}

// refresh has the mark of open connections written again, so that it does not
// look as if they were gone.
func (l *lastHeard) refresh() {
	l.mu.Lock()
	l.moved = l.moved || l.link.Up > 0
	again := l.moved
	l.mu.Unlock()
	if again {
		wake(l.work)
	}
}

func (l *lastHeard) last(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	l.mu.Lock()
	l.moved = l.moved || l.link.Up > 0
	l.link.Up = 0
	l.mu.Unlock()
	l.write(ctx)
}

// write stores what was noted since. A delivery that cannot be noted is left to
// the next one; how the connections stand is tried again.
func (l *lastHeard) write(ctx context.Context) {
	l.mu.Lock()
	heard, link, moved := l.heard, l.link, l.moved
	l.heard, l.moved = map[string]map[string]int64{}, false
	l.mu.Unlock()
	for workspace, kinds := range heard {
		var writes []record.Write
		for kind, at := range kinds {
			writes = append(writes, markWrite(kind, mark{At: at}, 0))
		}
		_ = l.put(ctx, workspace, writes...) // said there
	}
	if !moved {
		return
	}
	workspace, err := l.home(ctx)
	if err != nil {
		l.log.Warn("Slack did not say whose connections these are", "err", err)
	} else {
		link.At = l.clock.Now().Unix()
		err = l.put(ctx, workspace, markWrite(linkPrefix+l.name, link, linkLife))
	}
	if err != nil {
		l.mu.Lock()
		l.moved = true
		l.mu.Unlock()
	}
}

func (l *lastHeard) put(ctx context.Context, workspace string, writes ...record.Write) error {
	tenant := chat.Place{Platform: chat.Slack, Workspace: workspace}.Tenant()
	left, err := l.store.List(ctx, tenant, leaving.Left, "")
	if err == nil && len(left) == 0 {
		err = l.store.Write(ctx, tenant, writes...)
	}
	if err != nil {
		l.log.Warn("when a workspace was last heard of was not stored", "err", err)
	}
	return err
}

func markWrite(id string, m mark, ttl time.Duration) record.Write {
	raw, err := json.Marshal(m)
	if err != nil { // three integers
		raw = nil
	}
	return record.Put(record.Heard, id, raw, ttl)
}
