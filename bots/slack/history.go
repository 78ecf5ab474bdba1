package slack

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tierwise/tierwise/internal/chat"
)

const (
	// pageSize is what is asked for at once; "no more than 200 at a time" is
	// advised. https://docs.slack.dev/apis/web-api/pagination, read 2026-11-23.
	pageSize = 200
	// shortPage is what apps that are distributed outside the Marketplace get
	// instead, once a minute.
	// https://docs.slack.dev/reference/methods/conversations.replies, read 2026-11-23.
	shortPage = 15
	// maxKept and maxPages bound what is read when nobody says how much.
	maxKept  = 3000
	maxPages = 60
)

// replies reads a page of a thread.
func (a *Adapter) replies(ctx context.Context, at chat.Place, args url.Values) (page, string, error) {
	args.Set("channel", at.Channel)
	args.Set("ts", at.Thread)
	var p page
	next, err := a.call(ctx, at.Workspace, call{method: convReplies, channel: at.Channel, args: args, patience: 10 * time.Second}, &p)
	return p, next, err
}

// reading collects a stretch of conversation: the root, where there is one,
// and the newest within the bound.
type reading struct {
	kept  []said
	most  int
	total int
	files int
	why   string
}

// add takes a message unless it is the platform's own.
func (r *reading) add(m said) {
	switch m.Subtype {
	case "", "file_share", "thread_broadcast", "bot_message", "me_message":
	default:
		return
	}
	r.total++
	r.files += len(m.Files)
	r.kept = append(r.kept, m)
}

// History reads a thread or a channel.
func (r *responder) History(ctx context.Context, q chat.HistoryQuery) (chat.History, error) {
	if q.Place.Workspace != r.to.Place.Workspace {
		return chat.History{}, fmt.Errorf("slack: history: another workspace: %w", chat.ErrNoAccess)
	}
	c, err := r.a.names.channel(ctx, q.Place.Workspace, q.Place.Channel)
	if err != nil {
		return chat.History{}, fmt.Errorf("slack: history: %w", err)
	}
	rd := &reading{most: maxKept}
	if q.Max > 0 {
		rd.most = min(q.Max, maxKept)
	}
	if q.Place.Thread != "" {
		err = r.a.readThread(ctx, q.Place, rd)
	} else {
		err = r.a.readChannel(ctx, q, rd)
	}
	if err != nil {
		return chat.History{}, fmt.Errorf("slack: history: %w", err)
	}
	return r.a.history(ctx, q, c, rd), nil
}

// readThread reads to the end. What was read before a fault is kept.
func (a *Adapter) readThread(ctx context.Context, at chat.Place, rd *reading) error {
	args := url.Values{"limit": {strconv.Itoa(pageSize)}}
	seen := map[string]bool{}
	expected := 0
	for n := 0; ; n++ {
		p, next, err := a.replies(ctx, at, args)
		if err != nil {
			if n == 0 {
				return err
			}
			rd.why = "Slack stopped answering half-way"
			break
		}
		for _, m := range p.Messages {
			if !seen[m.TS] { // some pages repeat the root
				seen[m.TS] = true
				rd.add(m)
				expected = max(expected, m.ReplyCount+1)
			}
		}
		if next == "" || n+1 == maxPages {
			if next != "" {
				rd.why = "the thread is longer than I read"
			}
			break
		}
		if p.Got <= shortPage {
			rd.why = "Slack gives this app only 15 messages at a time"
			break
		}
		args.Set("cursor", next)
	}
	if rd.why != "" {
		rd.total = max(rd.total, expected)
	}
	rd.bound()
	return nil
}

// bound keeps the first and the newest.
func (r *reading) bound() {
	slices.SortStableFunc(r.kept, func(a, b said) int { return strings.Compare(a.TS, b.TS) })
	if len(r.kept) <= r.most {
		return
	}
	first := r.kept[0]
	r.kept = append([]said{first}, r.kept[len(r.kept)-r.most+1:]...)
	if r.why == "" {
		r.why = "the first and the newest are kept, within the limit"
	}
}

// readChannel reads the newest of a channel within the query's bounds.
func (a *Adapter) readChannel(ctx context.Context, q chat.HistoryQuery, rd *reading) error {
	args := url.Values{"channel": {q.Place.Channel}, "limit": {strconv.Itoa(min(pageSize, max(rd.most, 20)))}, "inclusive": {"true"}}
	if !q.Since.IsZero() {
		args.Set("oldest", stamp(q.Since))
	}
	if q.From != "" {
		args.Set("oldest", q.From)
	}
	if !q.Until.IsZero() {
		args.Set("latest", stamp(q.Until))
	}
	for n := 0; ; n++ {
		var p page
		next, err := a.call(ctx, q.Place.Workspace, call{method: convHistory, channel: q.Place.Channel, args: args, patience: 10 * time.Second}, &p)
		if err != nil {
			if n == 0 {
				return err
			}
			rd.total, rd.why = -1, "Slack stopped answering half-way"
			break
		}
		for _, m := range p.Messages {
			rd.addBetween(m, q)
		}
		if next == "" {
			break
		}
		if len(rd.kept) >= rd.most || p.Got <= shortPage || n+1 == maxPages {
			rd.total, rd.why = -1, "newest kept within the limit"
			if p.Got <= shortPage && p.Got > 0 && rd.most > shortPage {
				rd.why = "Slack gives this app only 15 messages at a time"
			}
			break
		}
		args.Set("cursor", next)
	}
	slices.SortStableFunc(rd.kept, func(a, b said) int { return strings.Compare(a.TS, b.TS) })
	if len(rd.kept) > rd.most {
		rd.kept = rd.kept[len(rd.kept)-rd.most:]
		rd.why = or(rd.why, "newest kept within the limit")
	}
	return nil
}

// addBetween takes a message within the bounds; the platform's own bounds are
// rounded to microseconds.
func (r *reading) addBetween(m said, q chat.HistoryQuery) {
	at := when(m.TS)
	if !q.Since.IsZero() && at.Before(q.Since) || !q.Until.IsZero() && at.After(q.Until) {
		return
	}
	r.add(m)
}

// history resolves names and says how much was read.
func (a *Adapter) history(ctx context.Context, q chat.HistoryQuery, c conversation, rd *reading) chat.History {
	g, _ := a.installs.grant(ctx, q.Place.Workspace)
	h := chat.History{Channel: c.channel(q.Place.Workspace)}
	for _, m := range rd.kept {
		h.Messages = append(h.Messages, a.message(ctx, q.Place, g, m))
	}
	h.Coverage = chat.Coverage{Read: len(rd.kept), Total: rd.total, FilesSkipped: rd.files, Why: rd.why}
	if n := len(h.Messages); n > 0 {
		h.Coverage.From, h.Coverage.To = h.Messages[0].At, h.Messages[n-1].At
	}
	return h
}
