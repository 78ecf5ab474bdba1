package intake_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/clock"
	"github.com/tierwise/tierwise/internal/intake"
	"github.com/tierwise/tierwise/internal/job"
	"github.com/tierwise/tierwise/internal/seal"
	"github.com/tierwise/tierwise/internal/store/memory"
	"github.com/tierwise/tierwise/internal/turn"
	"github.com/tierwise/tierwise/usage"
)

const tenant = "console/lab"

// handler is an intake.Handler made of two functions.
type handler struct {
	run    func(context.Context, *turn.Delivery) (turn.Result, error)
	giveUp func(context.Context, *turn.Delivery) turn.Result
}

func (h handler) Handle(ctx context.Context, d *turn.Delivery) (turn.Result, error) {
	return h.run(ctx, d)
}

func (h handler) GiveUp(ctx context.Context, d *turn.Delivery) turn.Result {
	if h.giveUp == nil {
		return turn.Say(d.Event.ReplyTo, chat.Post{Text: "gave up on " + d.Event.Text})
	}
	return h.giveUp(ctx, d)
}

// echo answers an event with its own text.
func echo(_ context.Context, d *turn.Delivery) (turn.Result, error) {
	return turn.Say(d.Event.ReplyTo, chat.Post{Text: "re: " + d.Event.Text}), nil
}

// world is a store, a platform and what was kept as undelivered.
type world struct {
	t        testing.TB
	store    *memory.Store
	queue    intake.Queue
	closer   intake.Closer
	teller   intake.Teller
	sealer   *seal.Sealer
	door     *intake.Door
	platform *platform
	pace     intake.Pace
	logs     *bytes.Buffer
	log      *slog.Logger

	mu      sync.Mutex
	kept    []turn.Reply
	keepErr error
}

func newWorld(t testing.TB) *world {
	keys, err := seal.ParseKeys("0123456789abcdef0123456789abcdef0123456789abcdef")
	if err != nil {
		t.Fatal(err)
	}
	sealer, err := seal.New(keys)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, store: memory.New(clock.System{}), sealer: sealer, platform: newPlatform(), pace: intake.DefaultPace(), logs: &bytes.Buffer{}}
	w.queue, w.closer = w.store, w.store
	w.log = slog.New(slog.NewTextHandler(&lockedWriter{w: w.logs}, nil))
	w.door = intake.NewDoor(w.store, sealer, nil, nil, intake.Caps{Person: 8, Channel: 8})
	return w
}

// lockedWriter lets many goroutines log into one buffer.
type lockedWriter struct {
	mu sync.Mutex
	w  *bytes.Buffer
}

func (l *lockedWriter) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(b)
}

// Keep and GaveUp make the world the place of what could not be sent.
func (w *world) Keep(_ context.Context, r turn.Reply) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.keepErr != nil {
		return w.keepErr
	}
	w.kept = append(w.kept, r)
	return nil
}

func (w *world) GaveUp(_ context.Context, _, post string) (bool, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.ContainsFunc(w.kept, func(r turn.Reply) bool { return !r.To.Private && r.Post.Job == post }), nil
}

func (w *world) undelivered() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.kept)
}

// work runs a worker and returns how to stop it; stopping waits for its end.
func (w *world) work(name string, run func(context.Context, *turn.Delivery) (turn.Result, error)) (stop func()) {
	return w.workWith(name, w.queue, handler{run: run})
}

func (w *world) workWith(name string, q intake.Queue, h intake.Handler) (stop func()) {
	worker := intake.NewWorker(name, q, w.closer, w.sealer, h, w.teller, w.pace, w.log)
	return begin(worker.Run)
}

// post runs a poster and returns how to stop it.
func (w *world) post(name string) (stop func()) {
	return begin(w.poster(name).Run)
}

func (w *world) poster(name string) *intake.Poster {
	open := func(p chat.Platform) chat.Opener {
		if p != chat.Console {
			return nil
		}
		return w.platform
	}
	return intake.NewPoster(name, w.store, w.sealer, open, w, w.pace, w.log)
}

func begin(run func(context.Context)) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); run(ctx) }()
	return func() { cancel(); <-done }
}

// mention is an event said in a thread.
func mention(id, thread, text string) chat.Event {
	at := chat.Place{Platform: chat.Console, Workspace: "lab", Channel: "C1", Thread: thread}
	return chat.Event{
		ID: id, Kind: chat.Mention, Place: at, Actor: chat.Actor{ID: "U-" + id}, Message: chat.Ref{Channel: "C1", ID: "m-" + id},
		Text: text, ReplyTo: chat.ReplyTo{Place: at, To: "U-" + id},
	}
}

// whisper is a command, answered privately.
func whisper(id, text string) chat.Event {
	e := mention(id, "", text)
	e.Kind, e.ReplyTo.Private = chat.Command, true
	return e
}

func (w *world) accept(es ...chat.Event) {
	w.t.Helper()
	for _, e := range es {
		if err := w.door.Accept(context.Background(), e); err != nil {
			w.t.Fatal(err)
		}
	}
}

// idle fails the test unless nothing is left in the store.
func (w *world) idle() {
	w.t.Helper()
	b, err := w.store.Backlog(context.Background())
	if err != nil {
		w.t.Fatal(err)
	}
	if b.Ready+b.Parked+b.Running+b.Waiting+b.Outbox != 0 {
		w.t.Errorf("not idle: %+v", b)
	}
}

// outgoing puts replies into the outbox, as a finished job does.
func (w *world) outgoing(job1 string, rs ...turn.Reply) {
	w.t.Helper()
	ctx := context.Background()
	if _, err := w.store.Enqueue(ctx, job.Job{ID: job1, Tenant: tenant, Marks: []string{job1}}); err != nil {
		w.t.Fatal(err)
	}
	claim, err := w.store.Claim(ctx, "maker", 1, time.Minute, 0)
	ts := claim.Given
	if err != nil || len(ts) != 1 {
		w.t.Fatalf("claimed %d jobs, %v", len(ts), err)
	}
	f := &job.Finish{Ticket: ts[0]}
	for i, r := range rs {
		if r.Post.Job == "" {
			r.Post.Job = fmt.Sprintf("%s/%d", job1, i+1)
		}
		o, err := intake.Pack(w.sealer, tenant, r)
		if err != nil {
			w.t.Fatal(err)
		}
		f.Posts = append(f.Posts, o)
	}
	if _, err := w.store.Settle(ctx, usage.Settlement{Tenant: tenant, Finish: f}); err != nil {
		w.t.Fatal(err)
	}
}

func reply(e chat.Event, text string) turn.Reply {
	return turn.Say(e.ReplyTo, chat.Post{Text: text}).Replies[0]
}

// platform is a chat platform that makes two messages of two Puts, as real ones
// do, and misbehaves as told.
type platform struct {
	mu       sync.Mutex
	messages map[chat.Ref]chat.Post
	order    []string // texts in the order they appeared
	puts     []time.Time
	finds    int
	n        int
	onPut    func(n int, p chat.Post) fate // n counts Puts from 1
	onFind   func(n int) error
}

// fate is what becomes of one Put.
type fate struct {
	swallow bool  // the message is not made
	err     error // what the caller is told
	hang    bool  // the caller is told nothing until its time is over
	panics  bool
}

func newPlatform() *platform {
	return &platform{messages: map[chat.Ref]chat.Post{}, onPut: func(int, chat.Post) fate { return fate{} }, onFind: func(int) error { return nil }}
}

func (p *platform) Open(context.Context, chat.ReplyTo) (chat.Responder, error) {
	return responder{p}, nil
}
func (p *platform) OpenPlace(context.Context, chat.Place) (chat.Responder, error) {
	return responder{p}, nil
}
func (p *platform) Directory() chat.Directory { return nil }

type responder struct{ p *platform }

func (responder) Capabilities() chat.Capabilities { return chat.Capabilities{} }
func (responder) History(context.Context, chat.HistoryQuery) (chat.History, error) {
	return chat.History{}, chat.ErrUnsupported
}
func (responder) Append(context.Context, chat.Ref, string) error { return chat.ErrUnsupported }
func (responder) Remove(context.Context, chat.Ref) error         { return chat.ErrUnsupported }

func (r responder) Put(ctx context.Context, post chat.Post) (chat.Ref, error) {
	p := r.p
	p.mu.Lock()
	p.puts = append(p.puts, time.Now())
	f := p.onPut(len(p.puts), post)
	ref := post.Ref
	if !f.swallow {
		if ref.IsZero() {
			p.n++
			ref = chat.Ref{Channel: "C1", ID: fmt.Sprint(p.n)}
			p.order = append(p.order, post.Text)
		}
		p.messages[ref] = post
	}
	p.mu.Unlock()
	if f.hang {
		<-ctx.Done()
		return chat.Ref{}, fmt.Errorf("put: %w", ctx.Err())
	}
	if f.panics {
		panic("adapter")
	}
	return ref, f.err
}

func (r responder) Find(_ context.Context, id string) (chat.Ref, error) {
	p := r.p
	p.mu.Lock()
	defer p.mu.Unlock()
	p.finds++
	if err := p.onFind(p.finds); err != nil {
		return chat.Ref{}, err
	}
	for ref, post := range p.messages {
		if post.Job == id {
			return ref, nil
		}
	}
	return chat.Ref{}, chat.ErrNotFound
}

// said lists the texts of new messages in order.
func (p *platform) said() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.order...)
}

func (w *world) says(want ...string) {
	w.t.Helper()
	got := w.platform.said()
	a, _ := json.Marshal(got)
	b, _ := json.Marshal(want)
	if len(got)+len(want) > 0 && !bytes.Equal(a, b) {
		w.t.Errorf("said %s, want %s", a, b)
	}
}

var errSome = errors.New("some failure")
