package intake

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/job"
	"github.com/tierwise/tierwise/internal/turn"
)

// Openers gives the Opener of a platform; nil when there is none here.
type Openers func(chat.Platform) chat.Opener

// Undelivered keeps a reply that may not be sent again: a private one whose
// result is unknown, or one whose address is gone. It becomes a draft, so the
// person finds it. An error makes the poster try later.
type Undelivered func(ctx context.Context, r turn.Reply) error

// postTries is how often a post is tried before it is kept as undelivered;
// with the growing pauses between them about an hour goes by.
const postTries = 20

// Poster sends what is in the outbox.
type Poster struct {
	name   string
	outbox Outbox
	sealer Sealer
	open   Openers
	keep   Undelivered
	pace   Pace
	log    *slog.Logger
}

// NewPoster returns a poster. name is unique among all replicas.
func NewPoster(name string, o Outbox, s Sealer, open Openers, keep Undelivered, p Pace, log *slog.Logger) *Poster {
	return &Poster{name: name, outbox: o, sealer: s, open: open, keep: keep, pace: p, log: log}
}

// Run sends posts until ctx ends and the posts under way are sent.
func (p *Poster) Run(ctx context.Context) {
	work := context.WithoutCancel(ctx)
	var sending sync.WaitGroup
	defer sending.Wait()
	slots := make(chan struct{}, p.pace.Slots)
	for free := acquire(ctx, slots); free > 0; free = acquire(ctx, slots) {
		tickets, err := p.outbox.Posts(ctx, p.name, free, p.pace.Lease, p.pace.Wait)
		for range free - len(tickets) {
			<-slots
		}
		for _, t := range tickets {
			sending.Go(func() {
				defer func() { <-slots }()
				ctx, cancel := context.WithTimeout(work, p.pace.Lease)
				defer cancel()
				p.send(ctx, t)
			})
		}
		if err != nil && ctx.Err() == nil {
			p.log.Error("claiming posts failed", "err", err)
			pause(ctx, time.Second)
		}
	}
}

// send brings one post to its end: confirmed, kept as undelivered, or
// postponed.
func (p *Poster) send(ctx context.Context, t job.PostTicket) {
	log := p.log.With("post", t.Post.ID, "try", t.Try)
	r, err := unpack(p.sealer, t.Post)
	if err != nil {
		log.Error("post dropped: it cannot be opened", "err", err)
		p.confirm(ctx, log, t)
		return
	}
	err = p.put(ctx, t, r)
	var limited *chat.RateLimited
	switch {
	case err == nil:
		p.confirm(ctx, log, t)
	case errors.As(err, &limited):
		p.postpone(ctx, log, t, limited.After, true)
	case errors.Is(err, errKeep), errors.Is(err, chat.ErrGone), errors.Is(err, chat.ErrNoAccess), t.Try >= postTries:
		log.Warn("post kept as undelivered", "err", err)
		if err := p.keep(ctx, r); err != nil {
			log.Error("undelivered post not kept", "err", err)
			p.postpone(ctx, log, t, time.Minute, true)
			return
		}
		p.confirm(ctx, log, t)
	default:
		log.Warn("post will be tried again", "err", err)
		p.postpone(ctx, log, t, min(time.Second<<min(t.Try, 8), 5*time.Minute), !unknown(err))
	}
}

// unknown reports whether a failed try may have taken effect.
func unknown(err error) bool {
	return errors.Is(err, chat.ErrUnknownResult) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)
}

// errKeep: the post must not be sent again.
var errKeep = errors.New("intake: private post with unknown result")

// put speaks. A post that replaces a message can be repeated safely. A new one
// whose earlier try has an unknown result is looked up by its job first when it
// is public, and never repeated when it is private.
func (p *Poster) put(ctx context.Context, t job.PostTicket, r turn.Reply) error {
	resp, err := p.responder(ctx, r)
	if err != nil {
		return err
	}
	if t.Sent && r.Post.Ref.IsZero() {
		if r.To.Private {
			return errKeep
		}
		ref, err := resp.Find(ctx, r.Post.Job)
		switch {
		case err == nil:
			r.Post.Ref = ref
		case !errors.Is(err, chat.ErrNotFound):
			return err
		}
	}
	_, err = resp.Put(ctx, r.Post)
	return err
}

func (p *Poster) responder(ctx context.Context, r turn.Reply) (chat.Responder, error) {
	at := r.To.Place
	if r.At != nil {
		at = *r.At
	}
	o := p.open(at.Platform)
	if o == nil {
		return nil, chat.ErrGone
	}
	if r.At != nil {
		return o.OpenPlace(ctx, at)
	}
	return o.Open(ctx, r.To)
}

func (p *Poster) confirm(ctx context.Context, log *slog.Logger, t job.PostTicket) {
	if err := p.outbox.Confirm(context.WithoutCancel(ctx), t); err != nil {
		log.Error("post sent but not confirmed; it will be looked up", "err", err)
	}
}

func (p *Poster) postpone(ctx context.Context, log *slog.Logger, t job.PostTicket, after time.Duration, known bool) {
	if err := p.outbox.Postpone(context.WithoutCancel(ctx), t, after, known); err != nil {
		log.Error("post not postponed; its lease will run out", "err", err)
	}
}
