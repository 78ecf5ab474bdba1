package discord

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/tierwise/tierwise/internal/chat"
)

// interaction is a command, a button, a form or a completion, as the gateway
// delivers it. Its token is used and stored only inside sealed addresses.
type interaction struct {
	ID      string          `json:"id"`
	App     string          `json:"application_id"`
	Type    int             `json:"type"`
	Token   string          `json:"token"`
	Guild   string          `json:"guild_id"`
	Channel string          `json:"channel_id"`
	Where   *channel        `json:"channel"`
	Member  *member         `json:"member"`
	User    *user           `json:"user"`
	Locale  string          `json:"locale"`
	Message *message        `json:"message"`
	Data    interactionData `json:"data"`
}

type interactionData struct {
	Name       string          `json:"name"`
	Type       int             `json:"type"`
	Target     string          `json:"target_id"`
	Options    []commandOption `json:"options"`
	CustomID   string          `json:"custom_id"`
	Values     []string        `json:"values"`
	Components json.RawMessage `json:"components"`
	Resolved   struct {
		Messages map[string]message `json:"messages"`
	} `json:"resolved"`
}

type commandOption struct {
	Name    string          `json:"name"`
	Value   json.RawMessage `json:"value"`
	Focused bool            `json:"focused"`
	Options []commandOption `json:"options"`
}

// Kinds of interaction and of answer to one.
// https://discord.com/developers/docs/interactions/receiving-and-responding, read 2026-11-23.
const (
	askCommand   = 2
	askComponent = 3
	askComplete  = 4
	askForm      = 5

	sayMessage  = 4
	sayThinking = 5 // a message follows; the person sees "thinking"
	sayNothing  = 6 // nothing changes for now
	sayChoices  = 8
	sayForm     = 9

	messageCommand = 3
)

// answerTime is how long everything before the acknowledgement may take; the
// platform gives three seconds.
const answerTime = 2500 * time.Millisecond

func (a *Adapter) interact(ctx context.Context, i interaction) {
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	e, ok, err := a.event(ctx, i)
	if err != nil {
		a.log.Error("discord: an interaction was not understood", "err", err)
		a.count("discord.not_understood")
		a.tell(ctx, i, notTaken)
		return
	}
	if !ok {
		return
	}
	switch i.Type {
	case askCommand:
		a.command(ctx, i, e)
	case askComponent:
		a.press(ctx, i, e)
	case askComplete:
		a.complete(ctx, i, e)
	case askForm:
		a.submit(ctx, i, e)
	default:
		a.count("discord.ignored")
	}
}

// event fills in who, where and the address, which all kinds share. ok is
// false when the person was told why not.
func (a *Adapter) event(ctx context.Context, i interaction) (chat.Event, bool, error) {
	who, guildID := i.actor(), i.Guild
	if guildID == "" {
		home, choices, err := a.home(ctx, who.ID)
		if err != nil {
			return chat.Event{}, false, err
		}
		if home == "" && (i.Type != askComponent || len(choices) == 0) {
			a.tell(ctx, i, "Your direct messages are not charged to a server yet. Write me a message, and I will ask which one it is.")
			return chat.Event{}, false, nil
		}
		guildID = home
	}
	if i.Where != nil && i.Where.ID != "" {
		a.seenChannel(i)
	}
	if i.Member != nil {
		a.world.members.put(guildID+"/"+who.ID, *i.Member)
	} else if m, err := (directory{a}).Actor(ctx, guildID, who.ID); err == nil {
		m.Locale, who = who.Locale, m // a direct message says nothing of the server it is charged to
	}
	at, ch, err := a.whereOf(ctx, guildID, i)
	if err != nil {
		return chat.Event{}, false, err
	}
	e := chat.Event{ID: i.ID, Place: at, Channel: ch, Actor: who, At: madeAt(i.ID), ReplyTo: chat.ReplyTo{Place: at, Private: true, To: who.ID}}
	if i.Message != nil {
		e.Message = chat.Ref{Channel: at.Channel, Thread: at.Thread, ID: i.Message.ID}
		e.ReplyTo.Message = i.Message.ID
	}
	return e, true, nil
}

// whereOf is the place of an interaction. People can run commands where the bot
// sees nothing; then what the interaction says of the channel is all there is,
// and the channel counts as private.
func (a *Adapter) whereOf(ctx context.Context, guildID string, i interaction) (chat.Place, chat.Channel, error) {
	if guildID == "" { // a server is being chosen
		return place("", i.Channel, ""), chat.Channel{}, nil
	}
	at, ch, err := a.world.placeOf(ctx, guildID, i.Channel)
	if err == nil || i.Where == nil || !errors.Is(err, chat.ErrNoAccess) && !errors.Is(err, chat.ErrGone) {
		return at, ch, err
	}
	at = place(guildID, i.Channel, "")
	if i.Where.isThread() {
		at = place(guildID, i.Where.Parent, i.Channel)
	}
	return at, chat.Channel{Place: at.InChannel(), Name: i.Where.Name, Kind: chat.PrivateChannel, Shared: chat.NotShared}, nil
}

// seenChannel learns a direct-message channel from an interaction; those are
// not announced. Other channels are known, or looked up with their overwrites,
// which an interaction leaves out.
func (a *Adapter) seenChannel(i interaction) {
	if i.Where.Type != directChannel {
		return
	}
	if _, ok := a.world.channels.get(i.Where.ID); !ok {
		c := *i.Where
		if len(c.Recipients) == 0 && i.User != nil {
			c.Recipients = []user{*i.User}
		}
		a.world.channels.put(c.ID, c)
	}
}

// actor is who acted; its rights are those Discord computed for the channel.
func (i interaction) actor() chat.Actor {
	if i.Member != nil {
		out := i.Member.actor(i.Locale)
		out.Admin = bits(i.Member.Permissions)&(permAdmin|permManageGuild) != 0
		return out
	}
	if i.User == nil {
		return chat.Actor{}
	}
	return member{User: *i.User}.actor(i.Locale)
}

// command runs a slash command or a command on a message. A slash command
// without a word may open a form.
func (a *Adapter) command(ctx context.Context, i interaction, e chat.Event) {
	e.Kind, e.Name = chat.Command, i.Data.Name
	if i.Data.Type == messageCommand {
		a.shortcut(ctx, i, e)
		return
	}
	e.Text, e.Fields = a.options(ctx, e.Place.Workspace, e.Name, i.Data.Options)
	if e.Text == "" {
		answer, err := a.cfg.Door.Ask(ctx, question(e, chat.OpenForm))
		if err == nil && answer.Form != nil {
			a.open(ctx, i, e.Place.Tenant(), answer.Form)
			return
		}
	}
	a.take(ctx, i, e, true)
}

// options are a command's typed options: their values in order, and by name.
func (a *Adapter) options(ctx context.Context, guildID, command string, list []commandOption) (string, map[string]string) {
	var words []string
	fields := map[string]string{}
	for _, o := range list {
		if len(o.Options) > 0 {
			text, more := a.options(ctx, guildID, command, o.Options)
			words = append(words, o.Name, text)
			for k, v := range more {
				fields[k] = v
			}
			continue
		}
		var s string
		if json.Unmarshal(o.Value, &s) != nil {
			s = string(o.Value)
		}
		s = a.words(ctx, guildID, command, strings.TrimSpace(s))
		words = append(words, s)
		fields[o.Name] = s
	}
	return strings.TrimSpace(strings.Join(words, " ")), fields
}

// shortcut is a command on a message. Its target comes with it, so it works
// without the privileged intent.
func (a *Adapter) shortcut(ctx context.Context, i interaction, e chat.Event) {
	e.Kind, e.Name = chat.Shortcut, shortcutOf(i.Data.Name)
	target := i.Data.Resolved.Messages[i.Data.Target]
	if target.ID == "" || e.Name == "" {
		a.tell(ctx, i, "I could not read that message. Please try another one.")
		return
	}
	if target.Channel == "" {
		target.Channel = i.Channel
	}
	me, err := a.self(ctx)
	if err != nil {
		a.tell(ctx, i, notTaken)
		return
	}
	read := a.read(ctx, e.Place.Workspace, target, me)
	read.Thread = e.Place.Thread
	e.Target, e.Message = &read, chat.Ref{Channel: e.Place.Channel, Thread: e.Place.Thread, ID: target.ID}
	e.ReplyTo.Message = target.ID
	a.take(ctx, i, e, true)
}

// press handles a button, or a choice from the menu behind "⋯".
func (a *Adapter) press(ctx context.Context, i interaction, e chat.Event) {
	id := i.Data.CustomID
	if kind, _, _, ok := a.ids.read(id); ok && kind == idMenu && len(i.Data.Values) == 1 {
		id = i.Data.Values[0]
	}
	kind, name, value, ok := a.meant(ctx, e.Place.Tenant(), id)
	switch {
	case !ok:
		a.count("discord.unknown_button")
		a.tell(ctx, i, "That button is from an older version or too old. Please ask again.")
	case name == homeButton:
		a.tell(ctx, i, a.choose(ctx, e.Actor.ID, value))
	case kind == idCorrect:
		a.correct(ctx, i, e.Place.Tenant(), value)
	default:
		e.Kind, e.Name, e.Value = chat.Click, name, value
		if strings.ToUpper(kind) == kind {
			a.ask(ctx, i, e)
			return
		}
		a.take(ctx, i, e, false)
	}
}

// ask opens the form of a button.
func (a *Adapter) ask(ctx context.Context, i interaction, e chat.Event) {
	answer, err := a.cfg.Door.Ask(ctx, question(e, chat.OpenForm))
	switch {
	case err != nil:
		a.log.Error("discord: a form could not be asked for", "err", err)
		a.tell(ctx, i, notTaken)
	case answer.Form != nil:
		a.open(ctx, i, e.Place.Tenant(), answer.Form)
	case answer.Say != "":
		a.tell(ctx, i, answer.Say)
	default:
		a.tell(ctx, i, "There is nothing to fill in here any more. Please ask again.")
	}
}
