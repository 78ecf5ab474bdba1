package discord

import (
	"context"
	"runtime/debug"
	"sync"
	"time"
)

// lanes are bounded queues, one for each channel, so that what is said in a
// channel is handled in order and a flood in one channel delays no other.
// Interactions have no lane: they have a deadline and are handled at once.
type lanes struct {
	a     *Adapter
	slots chan struct{} // messages handled at once
	quick chan struct{} // interactions handled at once

	mu      sync.Mutex
	waiting map[string][]func(context.Context)
	wg      sync.WaitGroup
	ctx     context.Context // of the work under way; ends after the drain
	end     context.CancelFunc
}

// Bounds of the queues. What does not fit was not accepted; catching up after
// a flood is the platform's history.
const (
	laneMost   = 100
	laneSlots  = 64
	quickSlots = 256
)

func newLanes(a *Adapter) *lanes {
	ctx, end := context.WithCancel(context.Background())
	return &lanes{a: a, slots: make(chan struct{}, laneSlots), quick: make(chan struct{}, quickSlots), waiting: map[string][]func(context.Context){}, ctx: ctx, end: end}
}

// put queues work for a channel; false when its queue is full.
func (l *lanes) put(key string, do func(context.Context)) bool {
	ok := l.try(key, do)
	if !ok {
		l.a.count("discord.flood")
	}
	return ok
}

// wait queues work for a channel as soon as there is room.
func (l *lanes) wait(ctx context.Context, key string, do func(context.Context)) {
	for !l.try(key, do) {
		if sleepFor(ctx, 20*time.Millisecond) != nil {
			return
		}
	}
}

func (l *lanes) try(key string, do func(context.Context)) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	queue, busy := l.waiting[key]
	if len(queue) >= laneMost {
		return false
	}
	l.waiting[key] = append(queue, do)
	if !busy {
		l.wg.Go(func() { l.run(key) })
	}
	return true
}

// run empties one lane.
func (l *lanes) run(key string) {
	for {
		l.mu.Lock()
		queue := l.waiting[key]
		if len(queue) == 0 {
			delete(l.waiting, key)
			l.mu.Unlock()
			return
		}
		next := queue[0]
		l.waiting[key] = queue[1:]
		l.mu.Unlock()
		l.slots <- struct{}{}
		l.guard(next)
		<-l.slots
	}
}

// now does work at once; false when too much is under way.
func (l *lanes) now(do func(context.Context)) bool {
	select {
	case l.quick <- struct{}{}:
	default:
		l.a.count("discord.interactions_overflow")
		return false
	}
	l.wg.Go(func() {
		defer func() { <-l.quick }()
		l.guard(do)
	})
	return true
}

// guard keeps a panic to the work that caused it.
func (l *lanes) guard(do func(context.Context)) {
	defer l.a.recovered()
	do(l.ctx)
}

// idle waits until nothing is under way.
func (l *lanes) idle() { l.wg.Wait() }

// recovered stops a panic. Only where it happened is logged: the value could
// hold what a person wrote.
func (a *Adapter) recovered() {
	if v := recover(); v != nil {
		a.count("discord.panic")
		a.log.Error("discord: a payload could not be handled", "at", string(debug.Stack()))
	}
}
