package slack

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/tierwise/tierwise/internal/chat"
)

// nameTime bounds look-ups before an acknowledgement; a name that is not known
// in time is left general.
const nameTime = 600 * time.Millisecond

// event takes one delivery of the Events API. An error means that it was for
// us and could not be accepted; everything else is done with.
func (a *Adapter) event(ctx context.Context, body []byte) error {
	e, in, ok := readEnvelope(body)
	if !ok {
		if e.Type == "app_rate_limited" {
			a.count("slack.app_rate_limited")
			a.log.Warn("Slack holds events back: more than 30,000 an hour", "team", e.Team)
			return nil
		}
		a.odd("an event that cannot be read")
		return nil
	}
	if e.workspace() == "" {
		a.odd("an event of no workspace")
		return nil
	}
	if out, err := a.orgWide(ctx, e.workspace(), len(e.Authorized) > 0 && e.Authorized[0].Org); out || err != nil {
		return err
	}
	a.cfg.Ear.Heard(e.workspace(), HeardEvent)
	handle, known := handlers[in.Type]
	if !known {
		a.count("slack.ignored")
		return nil
	}
	return handle(a, ctx, e, in)
}

// handlers are the events we act on; the manifest subscribes to each.
var handlers = map[string]func(*Adapter, context.Context, envelope, inner) error{
	"app_mention":           (*Adapter).heard,
	"message":               (*Adapter).heard,
	"app_home_opened":       (*Adapter).homeOpened,
	"app_context_changed":   (*Adapter).contextChanged,
	"agent_session_stopped": (*Adapter).stopped,
	"member_joined_channel": (*Adapter).joined,
	"app_uninstalled":       (*Adapter).uninstalled,
	"tokens_revoked":        (*Adapter).revoked,
	"user_change":           (*Adapter).personChanged,
	"channel_rename":        (*Adapter).channelChanged,
	"group_rename":          (*Adapter).channelChanged,
	"channel_archive":       (*Adapter).channelChanged,
	"channel_unarchive":     (*Adapter).channelChanged,
	"channel_shared":        (*Adapter).channelChanged,
	"channel_unshared":      (*Adapter).channelChanged,
	"member_left_channel":   (*Adapter).channelChanged,
	// Roles may hang on user groups.
	"subteam_updated":         (*Adapter).groupsChanged,
	"subteam_members_changed": (*Adapter).groupsChanged,
}

// accept hands an event to the house.
func (a *Adapter) accept(ctx context.Context, e chat.Event) error {
	if err := a.cfg.Door.Accept(ctx, e); err != nil {
		return fmt.Errorf("%w: %w", errNotDurable, err)
	}
	a.count("slack.accepted")
	return nil
}

// heard decides whether a message is for us, and accepts it.
func (a *Adapter) heard(ctx context.Context, e envelope, in inner) error {
	m, edit, before := in.said, false, ""
	switch in.Subtype {
	case "", "file_share", "thread_broadcast":
	case "message_changed":
		m = said{}
		if !loose(in.Message, &m) || m.TS == "" {
			return nil
		}
		var old said
		loose(in.Previous, &old)
		edit, before = true, old.Text
		// Slack reports unfurls and replies to a thread as changes, too.
		if m.Text == before || m.Subtype != "" && m.Subtype != "file_share" && m.Subtype != "thread_broadcast" {
			return nil
		}
	default:
		return nil
	}
	channel := string(in.Channel)
	if channel == "" || m.TS == "" || m.User == "" || m.BotID != "" || in.BotID != "" || m.User == "USLACK" || m.User == "USLACKBOT" {
		return nil
	}
	return a.addressed(ctx, e, in, m, edit, before)
}

// addressed asks the pure decision and fills the event in.
func (a *Adapter) addressed(ctx context.Context, e envelope, in inner, m said, edit bool, before string) error {
	team := e.workspace()
	me, err := a.me(ctx, e)
	if err != nil {
		if errors.Is(err, chat.ErrGone) {
			return nil // not installed here (any more)
		}
		return fmt.Errorf("%w: %w", errNotDurable, err)
	}
	at := chat.Place{Platform: chat.Slack, Workspace: team, Channel: string(in.Channel), Thread: m.Thread}
	people, groups := mentions(m.Text)
	earlier, _ := mentions(before)
	h := chat.Heard{Author: chat.Actor{ID: m.User, Self: m.User == me.User}, Direct: in.ChannelType == "im", Mentions: people, MentionRoles: groups,
		Edit: edit, WasMentioned: slices.Contains(earlier, me.User), Thread: m.Thread}
	owned, followUps := a.follow(ctx, at, h, me)
	if chat.AddressOf(h, me, owned, followUps) == chat.NotForUs {
		a.count("slack.not_for_us")
		return nil
	}
	looking, cancel := context.WithTimeout(ctx, nameTime)
	defer cancel()
	event := a.mention(looking, e, in, m, at, me)
	if event.Actor.Bot {
		a.count("slack.not_for_us")
		return nil
	}
	return a.accept(ctx, event)
}

// me is who we are in the event's workspace; the event itself says it.
func (a *Adapter) me(ctx context.Context, e envelope) (chat.Identity, error) {
	for _, who := range e.Authorized {
		if who.Bot && who.User != "" && who.Team == e.workspace() {
			return chat.Identity{User: who.User, App: e.App}, nil
		}
	}
	g, err := a.installs.grant(ctx, e.workspace())
	return g.Me, err
}

// follow asks about the thread only where the answer can matter.
func (a *Adapter) follow(ctx context.Context, at chat.Place, h chat.Heard, me chat.Identity) (chat.Owned, bool) {
	if at.Thread == "" || h.Direct || h.Edit || len(h.Mentions) > 0 || h.Author.ID == me.User {
		return chat.Owned{}, false
	}
	owned, err := a.cfg.Owned(ctx, at)
	if err != nil || owned.Owner != h.Author.ID || owned.Stopped {
		return chat.Owned{}, false
	}
	return owned, a.cfg.FollowUps(ctx, at, chat.Channel{Place: at.InChannel()})
}

// mention is the event of a message for us. Answers go into a thread: the
// message's own, or one that begins at it.
func (a *Adapter) mention(ctx context.Context, e envelope, in inner, m said, at chat.Place, me chat.Identity) chat.Event {
	team := e.workspace()
	to := at
	to.Thread = or(m.Thread, m.TS)
	event := chat.Event{
		ID: or(e.ID, "ts:"+at.Channel+":"+m.TS), Kind: chat.Mention, Place: to, Actor: a.actor(ctx, e, in, m.User), At: when(m.TS),
		Channel: a.channelOf(ctx, e, in), Message: chat.Ref{Channel: at.Channel, Thread: m.Thread, ID: m.TS},
		Text: a.names.readable(ctx, team, m.Text, me.User), Files: files(m.Files),
		ReplyTo: chat.ReplyTo{Place: to, To: m.User, Message: m.TS},
	}
	if in.ChannelType == "im" {
		event.Viewing = a.viewing(ctx, team, at.Channel, in.AppContext)
	}
	return event
}

// actor is who did it. What the platform says in the event is kept where the
// person cannot be looked up: then they count as external.
func (a *Adapter) actor(ctx context.Context, e envelope, in inner, id string) chat.Actor {
	team := e.workspace()
	u, err := a.names.user(ctx, team, id)
	if err != nil {
		return chat.Actor{ID: id, Name: "someone", External: true}
	}
	actor := u.actor(team)
	actor.Groups = a.names.groupsOf(ctx, team, id)
	actor.External = actor.External || in.UserTeam != "" && in.UserTeam != team
	return actor
}

// channelOf is the channel of an event. Without a look-up outsiders are assumed;
// where the look-up does not say whether there are any, the event's word counts.
func (a *Adapter) channelOf(ctx context.Context, e envelope, in inner) chat.Channel {
	out := a.channelNamed(ctx, e.workspace(), string(in.Channel), in.ChannelType)
	switch {
	case e.ExtShared == nil:
	case *e.ExtShared:
		out.Shared = chat.WithOutsiders
	case out.Shared == chat.SharedUnknown && out.Name != "":
		out.Shared = chat.NotShared
	}
	return out
}

func (a *Adapter) channelNamed(ctx context.Context, team, id, kind string) chat.Channel {
	if c, err := a.names.channel(ctx, team, id); err == nil {
		return c.channel(team)
	}
	out := chat.Channel{Place: chat.Place{Platform: chat.Slack, Workspace: team, Channel: id}}
	switch kind {
	case "im":
		out.Kind, out.Shared = chat.DirectMessage, chat.NotShared
	case "mpim":
		out.Kind = chat.GroupMessage
	case "group":
		out.Kind = chat.PrivateChannel
	case "channel":
		out.Kind = chat.PublicChannel
	}
	return out
}

// joined: we were invited to a channel; who invited is told.
func (a *Adapter) joined(ctx context.Context, e envelope, in inner) error {
	team := e.workspace()
	a.names.channels.drop(team + "/" + string(in.Channel))
	a.names.members.drop(team + "/" + string(in.Channel) + "/" + in.User)
	me, err := a.me(ctx, e)
	if err != nil || in.User != me.User || in.Inviter == "" {
		return nil
	}
	looking, cancel := context.WithTimeout(ctx, nameTime)
	defer cancel()
	at := chat.Place{Platform: chat.Slack, Workspace: team, Channel: string(in.Channel)}
	return a.accept(ctx, chat.Event{ID: e.ID, Kind: chat.Joined, Place: at, Actor: a.actor(looking, e, in, in.Inviter), At: a.clock.Now(),
		Channel: a.channelOf(looking, e, in), ReplyTo: chat.ReplyTo{Place: at, Private: true, To: in.Inviter}})
}
