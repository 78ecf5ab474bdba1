package discord

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"time"
)

// A new session begins with what happens from now on. What was said in the
// gap is read from where it can be for us: the channels and threads we were
// asked in lately, and the threads we made. Reading something twice is
// harmless, because an event is accepted once.

// Bounds of catching up.
const (
	catchLeast    = 5 * time.Minute // looked back after a start
	catchMost     = 6 * time.Hour
	catchOverlap  = 30 * time.Second
	catchGuilds   = 200
	catchChannels = 500
	catchPages    = 5
)

// catchUp reads what was missed since an instant; zero is a start, where only
// the last minutes are looked at.
func (a *Adapter) catchUp(ctx context.Context, shard int, guilds []guild, since time.Time) {
	defer a.recovered()
	now := a.clock.Now()
	if since.IsZero() {
		since = now.Add(-catchLeast)
	}
	since = since.Add(-catchOverlap)
	if oldest := now.Add(-catchMost); since.Before(oldest) {
		since = oldest
	}
	a.recall(ctx, shard)
	read := map[string]bool{}
	for _, id := range a.recent.keys() {
		if guildID, ok := a.recent.get(id); ok && a.shardOf(guildID) == shard && len(read) < catchChannels {
			read[id] = true
			a.catchChannel(ctx, guildID, id, since)
		}
	}
	for _, g := range guilds[:min(len(guilds), catchGuilds)] {
		for _, t := range a.madeThreads(ctx, g.ID, since) {
			if !read[t] && len(read) < catchChannels {
				read[t] = true
				a.catchChannel(ctx, g.ID, t, since)
			}
		}
	}
	a.count("discord.caught_up")
}

// madeThreads are the active threads that we made and where something was said
// since an instant.
func (a *Adapter) madeThreads(ctx context.Context, guildID string, since time.Time) []string {
	me, err := a.self(ctx)
	if err != nil {
		return nil
	}
	var list struct {
		Threads []channel `json:"threads"`
	}
	err = a.rest.do(ctx, call{method: http.MethodGet, route: "/guilds/{}/threads/active", args: []string{guildID}, patience: time.Minute}, &list)
	if err != nil {
		a.log.Warn("discord: the threads of a server could not be listed", "err", err)
		return nil
	}
	var ids []string
	for _, t := range list.Threads {
		if t.Guild == "" {
			t.Guild = guildID
		}
		a.world.channels.put(t.ID, t)
		if t.Owner == me.User && later(t.Last, idAt(since)) {
			ids = append(ids, t.ID)
		}
	}
	return ids
}

// catchChannel hears what was said in one channel, oldest first.
func (a *Adapter) catchChannel(ctx context.Context, guildID, id string, since time.Time) {
	after := idAt(since)
	for range catchPages {
		page, err := a.page(ctx, id, url.Values{"after": {after}, "limit": {"100"}})
		if err != nil {
			a.log.Warn("discord: a channel could not be caught up", "err", err)
			return
		}
		slices.SortFunc(page, func(x, y message) int {
			if later(x.ID, y.ID) {
				return 1
			}
			return -1
		})
		for _, m := range page {
			a.caught(ctx, guildID, m)
		}
		if len(page) < pageSize {
			return
		}
		after = page[len(page)-1].ID
	}
}

func (a *Adapter) caught(ctx context.Context, guildID string, m message) {
	m.Guild = guildID
	if a.ours(m) || m.Author == nil || m.Author.Bot || m.Webhook != "" || !m.spoken() || !a.maybe(m) {
		return
	}
	if _, known := a.named.get(m.ID); known {
		return
	}
	a.lanes.wait(ctx, m.Channel, func(ctx context.Context) { a.hear(ctx, m, false) })
}
