package outage

import (
	"strings"
	"sync"
)

// Doubt is raised when the store's client meets a server that was not looked at
// yet: one that was started again, or another one that took its place. It may have
// an older state. Nothing that was asked of the store since the server before was
// looked at is believed then.
type Doubt struct {
	mu     sync.Mutex
	life   string           // of the servers that were looked at
	known  map[string]bool  // further runs that were met in that life
	met    map[string]int64 // runs that were not looked at: when they were met last
	count  int64
	raised bool
	wake   chan struct{} // has a value after it was raised
}

// NewDoubt returns a Doubt that is not raised.
func NewDoubt() *Doubt {
	return &Doubt{known: map[string]bool{}, met: map[string]int64{}, wake: make(chan struct{}, 1)}
}

// Met is told the run of the server behind each new connection before it is used.
func (d *Doubt) Met(run string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.known[run] || strings.Contains(d.life, run) {
		return
	}
	d.count++
	d.met[run], d.raised = d.count, true
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

// now returns how often it was raised, and whether it is.
func (d *Doubt) now() (count int64, raised bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.count, d.raised
}

// settle says that the servers were looked at after they had been met so often,
// and which life they are in.
func (d *Doubt) settle(count int64, life string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if life != d.life {
		d.life = life
		clear(d.known)
	}
	for run, n := range d.met {
		if n <= count {
			d.known[run] = true
			delete(d.met, run)
		}
	}
	d.raised = len(d.met) > 0
}
