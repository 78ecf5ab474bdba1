// Package admin serves what steers Tierwise from inside the chat: /ai-spend,
// /ai-config, help, and the requests for more budget. It shows sums from
// rollups only, each to whoever may see it by the rules of docs/permissions.md,
// and changes settings and limits with a journal entry in the same step. Roles
// are judged at every command and every click anew. It calls no model and books
// nothing.
package admin

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/clock"
	"github.com/tierwise/tierwise/internal/config"
	"github.com/tierwise/tierwise/internal/fault"
	"github.com/tierwise/tierwise/internal/intent"
	"github.com/tierwise/tierwise/internal/record"
	"github.com/tierwise/tierwise/internal/settings"
	"github.com/tierwise/tierwise/internal/turn"
	"github.com/tierwise/tierwise/usage"
)

// Books is what the room reads of the ledger, and the limits it may set.
type Books interface {
	usage.Reader
	usage.RowReader
	usage.Limiter
}

// Records is what the room asks of the store of records.
type Records interface {
	Get(ctx context.Context, tenant string, kind record.Kind, id string) (record.Record, error)
	List(ctx context.Context, tenant string, kind record.Kind, prefix string) ([]record.Record, error)
	Write(ctx context.Context, tenant string, writes ...record.Write) error
}

// Denials changes whom the bot does not answer.
type Denials interface {
	Deny(ctx context.Context, c settings.DenialChange) (settings.Applied, error)
	Allow(ctx context.Context, c settings.DenialChange) (settings.Applied, error)
}

// Settings is what the room asks of the settings.
type Settings interface {
	Denials
	Resolve(ctx context.Context, at chat.Place, ch chat.Channel, person string) (settings.Resolved, error)
	Set(ctx context.Context, c settings.Change) (settings.Applied, error)
	Reset(ctx context.Context, c settings.Change) (settings.Applied, error)
	Teams(ctx context.Context, tenant string) ([]settings.Team, error)
	OwnedChannels(ctx context.Context, tenant, person string, actor chat.Actor) ([]string, error)
}

// People turns people into pseudonyms, and those into names for who may see them.
type People interface {
	See(ctx context.Context, tenant string, a chat.Actor) (string, error)
	Name(ctx context.Context, tenant, pseudonym string) (string, bool)
	PlatformID(ctx context.Context, tenant, pseudonym string) (string, error)
}

// Sealer seals requests, which hold a reason in somebody's words.
type Sealer interface {
	Seal(tenant, purpose string, plain []byte) []byte
	Open(tenant, purpose string, sealed []byte) ([]byte, error)
}

// Drafts lists what a person has not sent yet, the newest first. actor is the
// platform's id.
type Drafts interface {
	Drafts(ctx context.Context, tenant, actor string, most int) ([]turn.Draft, error)
}

// Deps is what the room needs.
type Deps struct {
	Books    Books
	Records  Records
	Settings Settings
	People   People
	Sealer   Sealer
	Drafts   Drafts
	Openers  func(chat.Platform) chat.Opener
	// Accept hands an event to the front door: an approved request comes in
	// again as its asker's.
	Accept func(ctx context.Context, e chat.Event) error
	Policy config.Policy
	Sample bool // the figures are sample money
	// Delayed tells since when bookings wait outside the store; zero when none
	// does. Nil where they cannot.
	Delayed func() time.Time
	Clock   clock.Clock
	Log     *slog.Logger
}

// Admin is the room.
type Admin struct{ Deps }

// New returns an Admin.
func New(d Deps) *Admin { return &Admin{d} }

// Serve runs a command, a button or a form; see gate.Room.
func (a *Admin) Serve(ctx context.Context, t *turn.Task) (turn.Result, error) {
	post, err := a.serve(ctx, *t)
	if err == nil {
		return a.reply(*t, post), nil
	}
	var f *fault.Fault
	if !errors.As(err, &f) || f.Kind == fault.Unavailable {
		return turn.Result{}, err
	}
	ref := fault.NewRef()
	a.Log.Info("a command ended in an error", "job", t.Ticket.Job.ID, "ref", ref, "kind", f.Kind)
	return a.reply(*t, said{post: chat.Post{Text: fault.Sentence(err, ref)}}), nil
}

// said is a post with what goes along: further posts and records.
type said struct {
	post    chat.Post
	replies []turn.Reply
	writes  []record.Write
	silent  bool
	money   bool // the post shows sums of the ledger
}

// reply answers the asker alone: figures and settings are nobody else's matter,
// also when they were asked for in a thread.
func (a *Admin) reply(t turn.Task, s said) turn.Result {
	r := turn.Result{Replies: s.replies, Writes: s.writes}
	if s.silent {
		return r
	}
	to := t.Event.ReplyTo
	to.Private, to.To = true, t.Event.Actor.ID
	s.post.Job, s.post.Stage, s.post.Private, s.post.Sample = t.PostID(1), chat.Final, true, s.money && a.Sample
	r.Replies = append([]turn.Reply{{To: to, Post: s.post}}, r.Replies...)
	return r
}

func (a *Admin) serve(ctx context.Context, t turn.Task) (said, error) {
	e := t.Event
	switch e.Kind {
	case chat.Mention:
		return a.mention(ctx, t)
	case chat.Command:
		return a.command(ctx, t, e.Name, e.Text)
	case chat.Joined:
		return said{post: chat.Post{Text: greet(t)}}, nil
	case chat.Click, chat.Submit:
		return a.pressed(ctx, t)
	}
	return said{silent: true}, nil
}

// mention: spend, config and help asked for in a thread.
func (a *Admin) mention(ctx context.Context, t turn.Task) (said, error) {
	switch t.Wish.Command {
	case intent.Spend:
		return a.spend(ctx, t, HeardSpend(t.Wish.Instruction))
	case intent.Config:
		r, err := HeardConfig(t.Wish.Instruction)
		if err != nil { // said in their own words: show what holds
			r = ConfigRequest{Verb: "list"}
		}
		return a.config(ctx, t, r)
	}
	return said{post: chat.Post{Text: help}}, nil
}

func (a *Admin) command(ctx context.Context, t turn.Task, name, args string) (said, error) {
	switch name {
	case "ai-spend":
		if asksHelp(args) {
			return said{post: chat.Post{Text: spendHelp()}}, nil
		}
		q, err := ParseSpend(args)
		if err != nil {
			return said{}, err
		}
		return a.spend(ctx, t, q)
	case "ai-config":
		if asksHelp(args) {
			return said{post: chat.Post{Text: configHelp()}}, nil
		}
		c, err := ParseConfig(args)
		if err != nil {
			return said{}, err
		}
		return a.config(ctx, t, c)
	case "help":
		return said{post: chat.Post{Text: help}}, nil
	}
	if near := config.Nearest(name, []string{"summarize", "draft", "classify", "ai-spend", "ai-config", "help"}); near != "" {
		return said{}, fault.Newf(fault.BadInput, "I don't know /%s. Did you mean /%s?", name, near)
	}
	return said{}, fault.New(fault.BadInput, "I don't know that command. Say \"help\" to see what I can do.")
}

const help = "**What I can do**\n" +
	"- Mention me in a thread: \"summarize this\", \"draft a reply\", \"is this a bug or a question?\", or ask anything.\n" +
	"- `/summarize [24h | 7d | since monday | link]`, `/draft <what to say>`, `/classify <text | link> [--labels a,b]`: only you see the answer until you share it.\n" +
	"- `/ai-spend [view] [today|week|month]`: what it cost; `/ai-spend help` lists the views.\n" +
	"- `/ai-config [get|set|reset|explain|budget]`: settings; `/ai-config me …` for your own; `/ai-config help` lists the words.\n" +
	"- Add `--tier economy|standard|frontier`, `--for <workflow>` or `--lang de` to any request."

// greet says what the bot is for and, where it begins switched off, how to
// switch it on.
func greet(t turn.Task) string {
	if t.Settings.Access().Enabled {
		return "Thanks for inviting me. Mention me in a thread to summarize, draft, classify or ask. I read only conversations I was invited to, and only when asked. `/ai-spend` shows what it costs, `help` shows the rest."
	}
	return "Thanks for inviting me. I answer nowhere until an admin switches me on: `/ai-config set enabled on`, said in a channel, does it there. " +
		"Then people mention me in it to summarize, draft, classify or ask. I read only what the person who asks can read, and only when asked. " +
		"`/ai-config` shows what holds, such as how old an account must be, `/ai-spend budget` what may be spent, and a direct message with `help` the rest."
}
