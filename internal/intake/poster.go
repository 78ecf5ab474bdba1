package intake

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/job"
	"github.com/tierwise/tierwise/internal/turn"
)

// Openers gives the Opener of a platform; nil when there is none here.
type Openers func(chat.Platform) chat.Opener

// Undelivered is where replies go that may not be sent again: a private one whose
// result is unknown, or one whose address is gone.
type Undelivered interface {
	// Keep makes a draft of a private one, so that the person finds it, and
	// remembers of a public one that it was given up. An error makes the poster
	// try later.
	Keep(ctx context.Context, r turn.Reply) error
	// GaveUp reports whether a public post was given up.
	GaveUp(ctx context.Context, tenant, post string) (bool, error)
}

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
				p.send(work, t)
			})
		}
		if err != nil && ctx.Err() == nil {
			p.log.Error("claiming posts failed", "err", err)
			pause(ctx, time.Second)
		}
	}
}

// Flush sends what can be sent now, and returns when nothing more can or ctx
// has ended. It is for a process that stops: its last jobs have just been
// answered.
func (p *Poster) Flush(ctx context.Context) {
	for ctx.Err() == nil && p.pass(ctx) > 0 {
	}
}

// pass sends one claim of posts and returns how many there were.
func (p *Poster) pass(ctx context.Context) int {
	tickets, err := p.outbox.Posts(ctx, p.name, p.pace.Slots, p.pace.Lease, 0)
	if err != nil && ctx.Err() == nil {
		p.log.Error("claiming posts failed", "err", err)
	}
	var sending sync.WaitGroup
	for _, t := range tickets {
		sending.Go(func() { p.send(context.WithoutCancel(ctx), t) })
	}
	sending.Wait()
	return len(tickets)
}

// send brings one post to its end: confirmed, kept as undelivered, or
// postponed. Speaking has three quarters of the lease, so that the answer is
// told to the store before anybody else is given the post.
func (p *Poster) send(ctx context.Context, t job.PostTicket) {
	ctx, cancel := context.WithTimeout(ctx, p.pace.Lease*3/4)
	defer cancel()
	log := p.log.With("post", t.Post.ID, "try", t.Try)
	r, err := unpack(p.sealer, t.Post)
	if err != nil {
		log.Error("post dropped: it cannot be opened", "err", err)
		p.confirm(ctx, log, t)
		return
	}
	tried := p.put(ctx, log, t, r)
	var limited *chat.RateLimited
	switch {
	case tried.err == nil:
		p.confirm(ctx, log, t)
	case errors.As(tried.err, &limited):
		p.postpone(ctx, log, t, limited.After, tried)
	case hopeless(tried.err), t.Try >= postTries:
		log.Warn("post kept as undelivered", "err", tried.err)
		if err := p.keep.Keep(ctx, r); err != nil {
			log.Error("undelivered post not kept", "err", err)
			p.postpone(ctx, log, t, time.Minute, tried)
			return
		}
		p.confirm(ctx, log, t)
	default:
		log.Warn("post will be tried again", "err", tried.err)
		p.postpone(ctx, log, t, min(time.Second<<min(t.Try, 8), 5*time.Minute), tried)
	}
}

// outcome is what one try came to. silent says that the post is certainly not
// on the platform: neither this try nor an earlier one put it there.
type outcome struct {
	err    error
	silent bool
}

// hopeless reports whether trying again cannot help or must not be done.
func hopeless(err error) bool {
	for _, e := range []error{errKeep, chat.ErrGone, chat.ErrNoAccess, chat.ErrUnsupported} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// unknown reports whether a failed try may have taken effect.
func unknown(err error) bool {
	return errors.Is(err, chat.ErrUnknownResult) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)
}

var (
	// errKeep: the post must not be sent again.
	errKeep = errors.New("intake: private post with unknown result")
	// errNoOpener: another replica may speak on this platform.
	errNoOpener = errors.New("intake: the platform is not connected here")
	// errPosting stands for a panic in an adapter, which may have spoken.
	errPosting = fmt.Errorf("intake: panic in an adapter: %w", chat.ErrUnknownResult)
)

// put speaks. A post that replaces a message can be repeated safely. A new one
// that answers everybody is looked up first (see answersAll), and one that is
// said at a place when an earlier try has an unknown result; a private one is
// never repeated then. Until the look-up has said that nothing is there, an
// earlier try stays unknown.
func (p *Poster) put(ctx context.Context, log *slog.Logger, t job.PostTicket, r turn.Reply) (out outcome) {
	out.silent = !t.Sent
	defer func() {
		if recover() != nil {
			log.Error("panic in an adapter", "stack", string(debug.Stack()))
			out = outcome{err: errPosting}
		}
	}()
	resp, err := p.responder(ctx, r)
	if err != nil {
		out.err = err
		return out
	}
	if out.err = p.speaksTrue(ctx, t.Post.Tenant, &r); out.err != nil {
		return out
	}
	if r.Post.Ref.IsZero() && (t.Sent || answersAll(r)) {
		if r.To.Private {
			out.err = errKeep
			return out
		}
		ref, err := resp.Find(ctx, r.Post.Job)
		switch {
		case err == nil:
			r.Post.Ref = ref
		case errors.Is(err, chat.ErrNotFound):
			out.silent = true
		default:
			out.err = err
			return out
		}
	}
	_, out.err = resp.Put(ctx, r.Post)
	out.silent = out.silent && !unknown(out.err)
	return out
}

// speaksTrue changes what a reply says of a post that was given up.
func (p *Poster) speaksTrue(ctx context.Context, tenant string, r *turn.Reply) error {
	if r.After == "" {
		return nil
	}
	lost, err := p.keep.GaveUp(ctx, tenant, r.After)
	if lost {
		r.Post.Text = r.Otherwise
	}
	return err
}

// answersAll reports whether a reply answers everybody in its thread. Such a
// reply without a message to replace is looked up even before its first try: it
// has none because nobody knows whether the placeholder of this or an earlier
// delivery is there, which would then stay beside the answer for ever.
func answersAll(r turn.Reply) bool { return !r.To.Private && r.At == nil }

func (p *Poster) responder(ctx context.Context, r turn.Reply) (chat.Responder, error) {
	at := r.To.Place
	if r.At != nil {
		at = *r.At
	}
	o := p.open(at.Platform)
	if o == nil {
		return nil, errNoOpener
	}
	if r.At != nil {
		return o.OpenPlace(ctx, at)
	}
	return o.Open(ctx, r.To)
}

// reportTime is how long telling the store what became of a post may take,
// after the time for speaking is over.
func (p *Poster) reportTime() time.Duration { return p.pace.Lease / 4 }

// confirm tries twice: a post that is sent and not confirmed would be looked
// up, and a private one kept as a draft beside what the person has read.
func (p *Poster) confirm(ctx context.Context, log *slog.Logger, t job.PostTicket) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), p.reportTime())
	defer cancel()
	err := p.outbox.Confirm(ctx, t)
	if err != nil {
		pause(ctx, p.reportTime()/4)
		err = p.outbox.Confirm(ctx, t)
	}
	if err != nil {
		log.Error("post sent but not confirmed; it will be looked up", "err", err)
	}
}

func (p *Poster) postpone(ctx context.Context, log *slog.Logger, t job.PostTicket, after time.Duration, o outcome) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), p.reportTime())
	defer cancel()
	if err := p.outbox.Postpone(ctx, t, after, o.silent); err != nil {
		log.Error("post not postponed; its lease will run out", "err", err)
	}
}
