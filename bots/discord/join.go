package discord

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/tierwise/tierwise/internal/chat"
)

// added is what a GUILD_CREATE says of a guild, as far as joining goes.
type added struct {
	ID          string `json:"id"`
	Owner       string `json:"owner_id"`
	System      string `json:"system_channel_id"`
	Joined      string `json:"joined_at"`
	Unavailable bool   `json:"unavailable"`
}

// joinedLately: Discord announces every guild after a connection began, and
// again after its outage. One that the session did not begin with is new only
// if we joined it not long ago, so that a READY that could not be read greets
// nobody twice.
const joinedLately = time.Hour

// joins keeps the session's list of guilds, and says whether an event is the
// bot's being added to one. A guild added while nobody was connected is in the
// list of the next session and is not told of.
func (s *shard) joins(kind string, raw json.RawMessage) (added, bool) {
	var g added
	if kind != "GUILD_CREATE" && kind != "GUILD_DELETE" || json.Unmarshal(raw, &g) != nil || g.ID == "" || g.Unavailable {
		return g, false
	}
	if kind == "GUILD_DELETE" {
		delete(s.guilds, g.ID)
		return g, false
	}
	known := s.guilds[g.ID]
	s.guilds[g.ID] = true
	return g, !known && s.a.clock.Now().Sub(instant(g.Joined)) < joinedLately
}

// onAdded tells the house that we were added to a guild. Who added us is not
// said, so the guild's owner counts as the one to talk to, in private.
func (a *Adapter) onAdded(g added) {
	if !isID(g.Owner) {
		return // nobody to tell
	}
	a.lanes.put("guild/"+g.ID, func(ctx context.Context) {
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
		if err := a.accept(ctx, e); err != nil {
			a.log.Error("discord: the addition to a server was not accepted", "err", err)
		}
	})
}
