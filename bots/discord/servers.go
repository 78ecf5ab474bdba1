package discord

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync"
	"time"

	"github.com/tierwise/tierwise/internal/chat"
)

// servers are the servers that a shard hears, as this process and those before
// it knew them: with them a server we were added to is told from one that only
// comes back, and one we were removed from while nobody was connected is missed.
// What is announced before the memory was read waits for it.
type servers struct {
	s *shard

	mu    sync.Mutex
	known map[string]string // when we joined, as Discord writes it
	held  []func()          // waits for the memory, in order
	read  bool
}

func newServers(s *shard) *servers { return &servers{s: s, known: map[string]string{}} }

// added is what a GUILD_CREATE says of a server, as far as joining goes.
type added struct {
	ID          string `json:"id"`
	Owner       string `json:"owner_id"`
	System      string `json:"system_channel_id"`
	Joined      string `json:"joined_at"`
	Unavailable bool   `json:"unavailable"`
}

// greetWithin: who added us longer ago has found out how it works, and losing
// the memory must not write to the owners of every server there is.
const greetWithin = 14 * 24 * time.Hour

// serverKey is the key of a server in the memory. It names the app, because
// another app is in other servers.
func serverKey(app, guildID string) string { return "server/" + app + "/" + guildID }

// begin reads the memory, however long it takes to be readable.
func (l *servers) begin(ctx context.Context) {
	defer l.s.a.recovered()
	for {
		err := l.recall(ctx)
		if err == nil {
			break
		}
		l.s.a.log.Warn("discord: the servers known so far could not be read yet", "err", err)
		if sleepFor(ctx, l.s.a.pace.backMost) != nil {
			return
		}
	}
	for {
		l.mu.Lock()
		if len(l.held) == 0 {
			l.read = true
			l.mu.Unlock()
			l.s.a.count("discord.servers_known")
			return
		}
		next := l.held[0]
		l.held = l.held[1:]
		l.mu.Unlock()
		next()
	}
}

func (l *servers) recall(ctx context.Context) error {
	me, err := l.s.a.self(ctx)
	if err != nil {
		return err
	}
	prefix := serverKey(me.App, "")
	kept, err := l.s.a.memory.Recalls(ctx, recentTenant, prefix)
	if err != nil {
		return fmt.Errorf("discord: servers: %w", err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for key, joined := range kept {
		if id := strings.TrimPrefix(key, prefix); shardOf(id, l.s.total) == l.s.id {
			l.known[id] = string(joined)
		}
	}
	return nil
}

// then does something as soon as the memory was read, in order.
func (l *servers) then(do func()) {
	l.mu.Lock()
	if !l.read {
		l.held = append(l.held, do)
		l.mu.Unlock()
		return
	}
	l.mu.Unlock()
	do()
}

// on takes an event; it only looks and queues.
func (l *servers) on(f frame) {
	var g added
	if f.kind != "GUILD_CREATE" && f.kind != "GUILD_DELETE" || json.Unmarshal(f.data, &g) != nil || g.ID == "" || g.Unavailable {
		return // an unavailable server is an outage, neither an arrival nor a farewell
	}
	if f.kind == "GUILD_CREATE" {
		l.then(func() { l.here(g) })
		return
	}
	from := fmt.Sprintf("%s/%d", l.s.session.id, f.seq) // replaying it gives the same
	l.then(func() { l.left(g.ID, from) })
}

// here notes a server that is there, and tells the house of one that is new. A
// server we left and were added to again has another date.
func (l *servers) here(g added) {
	l.mu.Lock()
	before, known := l.known[g.ID]
	l.known[g.ID] = g.Joined
	l.mu.Unlock()
	if known && instant(before).Equal(instant(g.Joined)) {
		return
	}
	a := l.s.a
	a.lanes.put("guild/"+g.ID, func(ctx context.Context) {
		err := a.greeted(ctx, g)
		if err == nil {
			err = l.keep(ctx, g)
		}
		if err != nil {
			a.log.Error("discord: the addition to a server was not accepted", "err", err)
			l.drop(g.ID, g.Joined) // and looked at again when it is announced again
		}
	})
}

// greeted tells the house that we were added to a server. Who added us is not
// said, so its owner counts as the one to talk to, in private.
func (a *Adapter) greeted(ctx context.Context, g added) error {
	if !isID(g.Owner) || a.clock.Now().Sub(instant(g.Joined)) > greetWithin {
		return nil
	}
	at := place(g.ID, "", "")
	e := chat.Event{ID: fmt.Sprintf("added/%s/%s", g.ID, g.Joined), Kind: chat.Joined, Place: at, At: a.clock.Now(), Actor: chat.Actor{ID: g.Owner},
		Channel: chat.Channel{Place: at, Kind: chat.PrivateChannel, Shared: chat.NotShared}}
	if who, err := (directory{a}).Actor(ctx, g.ID, g.Owner); err == nil {
		e.Actor = who
	}
	if in, ch, err := a.world.placeOf(ctx, g.ID, g.System); err == nil && ch.Shared == chat.NotShared {
		e.Place, e.Channel = in, ch
	}
	e.ReplyTo = chat.ReplyTo{Place: e.Place, Private: true, To: g.Owner}
	return a.accept(ctx, e)
}

func (l *servers) keep(ctx context.Context, g added) error {
	me, err := l.s.a.self(ctx)
	if err != nil {
		return err
	}
	return l.s.a.memory.Remember(ctx, recentTenant, serverKey(me.App, g.ID), []byte(g.Joined), 0)
}

// drop takes a server off the list, unless we were added again meanwhile.
func (l *servers) drop(id, joined string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.known[id] == joined {
		delete(l.known, id)
	}
}

// left tells the house that we were removed from a server.
func (l *servers) left(id, from string) {
	l.mu.Lock()
	delete(l.known, id)
	l.mu.Unlock()
	l.s.a.lanes.put("guild/"+id, func(ctx context.Context) { l.removed(ctx, id, from) })
}

// removed hands the farewell over. It is forgotten only then: what was not taken
// is missed again when the next session begins.
func (l *servers) removed(ctx context.Context, id, from string) {
	a, at := l.s.a, place(id, "", "")
	err := a.accept(ctx, chat.Event{ID: "removed/" + id + "/" + from, Kind: chat.Removed, Place: at, At: a.clock.Now(), ReplyTo: chat.ReplyTo{Place: at}})
	var me chat.Identity
	if err == nil {
		me, err = a.self(ctx)
	}
	if err == nil {
		err = a.memory.Forget(ctx, recentTenant, serverKey(me.App, id))
	}
	if err != nil {
		a.log.Error("discord: the removal from a server was not accepted", "err", err)
		return
	}
	a.count("discord.server_left")
}

// present compares the servers a session begins with, those in an outage among
// them, with those that are known: which of ours is missing, we may have been
// removed from. Much hangs on it, so Discord is asked for each.
func (l *servers) present(ctx context.Context, list []guild) {
	l.mu.Lock()
	missing := maps.Clone(l.known)
	l.mu.Unlock()
	for _, g := range list {
		delete(missing, g.ID)
	}
	l.s.catches.Go(func() {
		defer l.s.a.recovered()
		for id, joined := range missing {
			if gone, err := l.gone(ctx, id); err != nil || !gone {
				l.s.a.log.Warn("discord: a server is missing from the session, and we are not known to be removed from it", "err", err)
				continue
			}
			l.drop(id, joined)
			l.removed(ctx, id, "meanwhile/"+joined)
		}
		l.s.a.count("discord.servers_compared")
	})
}

// gone asks Discord whether we are no member any more, until it answers. Only
// its own word for it counts: a page of its front, or a token that is not taken,
// says nothing.
func (l *servers) gone(ctx context.Context, id string) (bool, error) {
	for {
		err := l.s.a.rest.do(ctx, call{method: "GET", route: "/guilds/{}", args: []string{id}, patience: time.Minute}, nil)
		switch code := codeOf(err); {
		case err == nil:
			return false, nil
		case code == codeUnknownGuild || code == codeMissingAccess:
			return true, nil
		case statusOf(err) == 401 || ctx.Err() != nil:
			return false, err
		}
		if stop := l.s.a.sleep(ctx, l.s.a.pace.backMost); stop != nil {
			return false, errors.Join(err, stop)
		}
	}
}
