package intake

import (
	"context"
	"sync"
	"time"
)

// flushTime bounds the last posting of a process that stops.
const flushTime = 10 * time.Second

// Run runs a worker and a poster until ctx ends, and then in the order that
// leaves nobody waiting: the worker's last jobs finish or are given back, and
// only then the poster sends what they said and stops. What cannot be sent now
// is for another replica, or for the next start.
func Run(ctx context.Context, w *Worker, p *Poster) {
	posting, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	var posts sync.WaitGroup
	posts.Go(func() { p.Run(posting) })
	w.Run(ctx)
	stop()
	posts.Wait()
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), flushTime)
	defer cancel()
	p.Flush(last)
}
