package discord

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/tierwise/tierwise/internal/chat"
)

// Bounds of reading. Discord gives at most 100 messages a call.
// https://discord.com/developers/docs/resources/message#get-channel-messages, read 2026-11-23.
const (
	pageSize   = 100
	historyMax = 1000
)

// reading is one History under way.
type reading struct {
	a      *Adapter
	q      chat.HistoryQuery
	max    int
	id     string // channel the API reads
	from   string // first message id, "" when there is no bound
	msgs   []message
	root   *message
	more   bool // there is more than was kept
	spoken int  // messages of people
	empty  int  // those without any content
	direct bool
}

// History reads a thread or channel, newest page first, and gives it oldest
// first. A place whose thread does not exist names a message: it is read with
// what follows it.
func (r *responder) History(ctx context.Context, q chat.HistoryQuery) (chat.History, error) {
	h, err := r.a.history(ctx, q)
	if err != nil {
		return chat.History{}, fmt.Errorf("discord: history: %w", err)
	}
	return h, nil
}

func (a *Adapter) history(ctx context.Context, q chat.HistoryQuery) (chat.History, error) {
	read := &reading{a: a, q: q, max: q.Max, id: apiChannel(q.Place), from: q.From}
	if read.max <= 0 {
		read.max = historyMax
	}
	parent, err := a.world.channel(ctx, q.Place.Channel)
	if err != nil {
		return chat.History{}, err
	}
	read.direct = parent.Type == directChannel
	out := chat.History{Channel: a.world.describe(ctx, q.Place.Workspace, parent)}
	if q.Place.Thread != "" {
		if err := read.thread(ctx); err != nil {
			return chat.History{}, err
		}
	}
	if err := read.pages(ctx); err != nil {
		return chat.History{}, err
	}
	if out.Messages, err = read.messages(ctx); err != nil {
		return chat.History{}, err
	}
	out.Coverage = read.coverage(ctx, parent, out.Messages)
	return out, nil
}

// thread finds the root of a thread, which is the message in the channel that
// it was made from, or the thread's first message where there is none.
func (r *reading) thread(ctx context.Context) error {
	_, err := r.a.world.channel(ctx, r.q.Place.Thread)
	if errors.Is(err, chat.ErrGone) {
		r.id, r.from = r.q.Place.Channel, r.q.Place.Thread
		return nil
	}
	if err != nil {
		return err
	}
	var m message
	err = r.a.rest.do(ctx, call{method: "GET", route: "/channels/{}/messages/{}", args: []string{r.q.Place.Channel, r.q.Place.Thread}, patience: lookUp}, &m)
	switch {
	case err == nil:
		r.root = &m
		return nil
	case errors.Is(err, chat.ErrGone), errors.Is(err, chat.ErrNoAccess), errors.Is(err, chat.ErrUnsupported):
	default:
		return err
	}
	first, err := r.a.page(ctx, r.id, url.Values{"after": {"0"}, "limit": {"1"}})
	if err == nil && len(first) == 1 {
		r.root = &first[0]
	}
	return err
}

// pages reads backwards until the bound, the beginning, or the maximum.
func (r *reading) pages(ctx context.Context) error {
	before := ""
	if !r.q.Until.IsZero() {
		before = idAt(r.q.Until.Add(time.Millisecond))
	}
	for {
		q := url.Values{"limit": {strconv.Itoa(pageSize)}}
		if before != "" {
			q.Set("before", before)
		}
		page, err := r.a.page(ctx, r.id, q)
		if err != nil {
			return err
		}
		for _, m := range page {
			if r.old(m) {
				return nil
			}
			if r.skip(m) {
				continue
			}
			if len(r.msgs) == r.max {
				r.more = true
				return nil
			}
			r.msgs = append(r.msgs, m)
		}
		if len(page) < pageSize {
			return nil
		}
		before = page[len(page)-1].ID
	}
}

func (r *reading) old(m message) bool {
	if r.from != "" && later(r.from, m.ID) {
		return true
	}
	return !r.q.Since.IsZero() && instant(m.At).Before(r.q.Since)
}

// skip leaves out what no person said, the root where it is read on its own,
// and what only one person sees.
func (r *reading) skip(m message) bool {
	switch {
	case m.Flags&flagEphemeral != 0:
		return true
	case !r.q.Until.IsZero() && instant(m.At).After(r.q.Until):
		return true
	case m.Type == threadStarter:
		return true
	case r.root != nil && m.ID == r.root.ID:
		return true
	case m.Type == plainMessage, m.Type == replyMessage, m.Type == commandReply, m.Type == contextReply:
		return false
	}
	return true
}

// page is one page of messages; a message that cannot be read is left out, the
// others are not.
func (a *Adapter) page(ctx context.Context, id string, q url.Values) ([]message, error) {
	var raw []json.RawMessage
	if err := a.rest.do(ctx, call{method: "GET", route: "/channels/{}/messages", args: []string{id}, query: q, patience: 10 * time.Second}, &raw); err != nil {
		return nil, err
	}
	out := make([]message, 0, len(raw))
	for _, b := range raw {
		var m message
		if err := json.Unmarshal(b, &m); err != nil || m.ID == "" {
			a.count("discord.unreadable_message")
			m = message{ID: field(b, "id"), Type: -1}
		}
		out = append(out, m)
	}
	return out, nil
}

// messages puts the root and the newest in order, with names in their text.
func (r *reading) messages(ctx context.Context) ([]chat.Message, error) {
	me, err := r.a.identity(ctx, r.q.Place.Workspace)
	if err != nil {
		return nil, err
	}
	keep := r.msgs
	if r.root != nil && r.rootCounts() {
		if len(keep) == r.max && r.max > 1 {
			keep, r.more = keep[:r.max-1], true
		}
		keep = append(slices.Clone(keep), *r.root)
	}
	slices.Reverse(keep)
	out := make([]chat.Message, 0, len(keep))
	for _, m := range keep {
		if m.Type == threadStarter && m.Referenced != nil {
			m = *m.Referenced
		}
		c := r.a.read(ctx, r.q.Place.Workspace, m, me)
		if r.direct {
			c.Permalink = permalink("@me", m.Channel, m.ID)
		}
		c.Thread = r.q.Place.Thread
		if !c.Author.Self && !c.Author.Bot {
			r.spoken++
			if c.Text == "" && len(c.Files) == 0 {
				r.empty++
			}
		}
		out = append(out, c)
	}
	return out, nil
}

func (r *reading) rootCounts() bool {
	at := instant(r.root.At)
	return (r.q.Since.IsZero() || !at.Before(r.q.Since)) && (r.q.Until.IsZero() || !at.After(r.q.Until))
}

// coverage says what was read. Nothing at all where the channel has messages,
// or only empty ones, means that the platform hides them.
func (r *reading) coverage(ctx context.Context, parent channel, out []chat.Message) chat.Coverage {
	c := chat.Coverage{Read: len(out), Total: len(out)}
	if r.more {
		c.Total, c.Why = -1, "the newest were kept, older ones are left out"
	}
	for _, m := range out {
		c.FilesSkipped += len(m.Files)
	}
	if len(out) > 0 {
		c.From, c.To = out[0].At, out[len(out)-1].At
	}
	switch {
	case r.withheld():
		c.Hidden, c.Why = true, "the bot may not see message contents here"
	case len(out) == 0 && r.blind(ctx, parent):
		c.Hidden, c.Why = true, "the bot may not read the history here"
	}
	return c
}

// withheld reports whether contents are hidden from us. People do write
// messages without text, but not most of theirs; where the intent is known to
// be missing, one is enough, because then only messages that name us are shown.
func (r *reading) withheld() bool {
	if r.a.cfg.WithoutContent || r.a.hidden.Load() {
		return r.empty > 0
	}
	return r.empty*2 > r.spoken
}

// blind reports whether we lack the permission to read history, for which the
// platform answers with an empty list instead of an error.
func (r *reading) blind(ctx context.Context, parent channel) bool {
	if parent.Type == directChannel {
		return false
	}
	me, err := r.a.self(ctx)
	if err != nil {
		return true
	}
	may, err := directory{r.a}.rights(ctx, r.q.Place, parent, channel{}, me.User)
	return err != nil || !may.read
}
