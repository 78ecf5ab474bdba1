package discord

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/tierwise/tierwise/internal/chat"
)

// outlet is a way to say something: a channel, a thread, a direct message, or
// an interaction's token. All of them speak with payload.
type outlet interface {
	// say makes a message; i is its number in the post.
	say(ctx context.Context, job string, i int, o outgoing) (chat.Ref, error)
	edit(ctx context.Context, ref chat.Ref, o outgoing) error
	erase(ctx context.Context, ref chat.Ref) error
	private() bool
}

// voice adds to an outlet what all of them share.
type voice struct{ outlet }

// all says the parts in order and returns those that were said.
func (v voice) all(ctx context.Context, job string, parts []outgoing, from int) ([]chat.Ref, error) {
	var refs []chat.Ref
	for i, o := range parts {
		ref, err := v.say(ctx, job, from+i, o)
		if err != nil {
			return refs, err
		}
		refs = append(refs, ref)
	}
	return refs, nil
}

// channel finds where a new post goes. What only the asker may see goes
// through the interaction's token while it lives, and as a direct message
// afterwards or where there was no interaction; never into the channel.
func (r *responder) channel(ctx context.Context, private bool) (voice, error) {
	if !private && !r.to.Private {
		return r.public(ctx)
	}
	if r.live() {
		return voice{&reply{r}}, nil
	}
	return r.directly(ctx)
}

func (r *responder) live() bool {
	return r.addr.Token != "" && r.a.clock.Now().Before(time.Unix(r.addr.Issued, 0).Add(tokenLife))
}

// directly speaks in the direct messages with the person of the address. The
// platform lets them be opened with nearly everybody; whether the person takes
// a word from us shows when it is said.
func (r *responder) directly(ctx context.Context) (voice, error) {
	if r.to.To == "" {
		return voice{}, chat.ErrGone
	}
	c, err := r.a.world.direct(ctx, r.to.To)
	switch {
	case errors.Is(err, chat.ErrNotFound), errors.Is(err, chat.ErrNoAccess), errors.Is(err, chat.ErrGone):
		return voice{}, errors.Join(chat.ErrGone, err)
	case errors.Is(err, chat.ErrUnknownResult):
		// Nothing was said yet, so this is no unknown post.
		return voice{}, fmt.Errorf("discord: direct: %w", unreachable(errors.New(err.Error())))
	case err != nil:
		return voice{}, err
	}
	return voice{&room{r: r, at: chat.Ref{Channel: c.ID}, whisper: true}}, nil
}

// beside is the outlet for more parts of a post that is there.
func (r *responder) beside(_ context.Context, p chat.Post) voice { return r.at(p.Ref) }

// at is the outlet that reaches a message which is there. The private answers
// of an interaction are in its channel and can be reached by its token alone.
func (r *responder) at(ref chat.Ref) voice {
	if r.addr.Token != "" && (r.to.Private && ref.Channel == r.to.Place.Channel || ref.ID == r.addr.Origin) {
		return voice{&reply{r}}
	}
	return voice{&room{r: r, at: chat.Ref{Channel: ref.Channel, Thread: ref.Thread}, whisper: r.to.Private}}
}

// public is the thread or channel of the address. The thread of a mention is
// made when the first word is said in it.
func (r *responder) public(ctx context.Context) (voice, error) {
	at := r.to.Place
	where := &room{r: r, at: chat.Ref{Channel: at.Channel, Thread: at.Thread}}
	if at.Thread == "" || at.Thread != r.to.Message {
		return voice{where}, nil
	}
	made, known := r.a.threads.get(at.Thread)
	if !known {
		var err error
		if made, err = r.makeThread(ctx, at); err != nil {
			return voice{}, err
		}
		r.a.threads.put(at.Thread, made)
	}
	if !made {
		where.at.Thread, where.answers = "", r.to.Message
	}
	return voice{where}, nil
}

// archiveAfter is when a quiet thread leaves the channel's list, in minutes.
const archiveAfter = 1440

// makeThread makes the thread of a message; false means that it cannot be made
// here and the answer belongs into the channel.
func (r *responder) makeThread(ctx context.Context, at chat.Place) (bool, error) {
	if _, ok := r.a.world.channels.get(at.Thread); ok {
		return true, nil
	}
	title := strings.Join(strings.Fields(r.addr.Title), " ")
	if title == "" {
		title = "Answer"
	}
	var c channel
	err := r.a.rest.do(ctx, call{method: http.MethodPost, route: "/channels/{}/messages/{}/threads", args: []string{at.Channel, at.Thread}, patience: lookUp, again: true,
		body: map[string]any{"name": clip(title, 90), "auto_archive_duration": archiveAfter}}, &c)
	var limited *chat.RateLimited
	switch {
	case err == nil:
		c.Guild = at.Workspace
		r.a.world.channels.put(c.ID, c)
		return true, nil
	case codeOf(err) == codeThreadExists:
		return true, nil
	case errors.As(err, &limited), ctx.Err() != nil:
		return false, err
	case errors.Is(err, chat.ErrUnknownResult):
		// Nothing was said yet, so this is no unknown post.
		return false, fmt.Errorf("discord: thread: %w", unreachable(errors.New(err.Error())))
	}
	r.a.count("discord.no_thread")
	return false, nil
}

// room speaks as the bot in a channel, thread or direct message.
type room struct {
	r       *responder
	at      chat.Ref
	answers string // message to reply to
	whisper bool   // only the asker sees it
}

func (c *room) private() bool { return c.whisper }

func (c *room) say(ctx context.Context, job string, i int, o outgoing) (chat.Ref, error) {
	nonce := nonceOf(job, i)
	body := payload(o, 0)
	body["nonce"], body["enforce_nonce"] = nonce, true
	if c.answers != "" && i == 0 {
		body["message_reference"] = map[string]any{"message_id": c.answers, "fail_if_not_exists": false}
	}
	var m message
	err := c.r.a.rest.do(ctx, call{method: http.MethodPost, route: "/channels/{}/messages", args: []string{apiChannelOf(c.at)}, body: body, files: o.files, patience: lookUp, nonced: true}, &m)
	if errors.Is(err, chat.ErrUnknownResult) {
		c.r.a.posts.lost(nonce)
	}
	if err != nil {
		return chat.Ref{}, err
	}
	ref := c.at
	ref.ID = m.ID
	if !c.whisper {
		c.r.a.posts.heard(nonce, ref)
	}
	return ref, nil
}

func (c *room) edit(ctx context.Context, ref chat.Ref, o outgoing) error {
	body := payload(o, 0)
	return c.r.a.rest.do(ctx, call{method: http.MethodPatch, route: "/channels/{}/messages/{}", args: []string{apiChannelOf(ref), ref.ID}, body: body, files: o.files, patience: lookUp}, nil)
}

func (c *room) erase(ctx context.Context, ref chat.Ref) error {
	return c.r.a.rest.do(ctx, call{method: http.MethodDelete, route: "/channels/{}/messages/{}", args: []string{apiChannelOf(ref), ref.ID}, patience: lookUp}, nil)
}

// reply speaks through an interaction's token: what it says only the asker
// sees, whatever the channel is.
type reply struct{ r *responder }

func (p *reply) private() bool { return p.r.to.Private }

const original = "@original"

func (p *reply) say(ctx context.Context, _ string, i int, o outgoing) (chat.Ref, error) {
	r := p.r
	if i == 0 && r.addr.Deferred {
		free, err := p.unanswered(ctx)
		if err != nil {
			return chat.Ref{}, err
		}
		if free {
			m, err := p.patch(ctx, original, o)
			if err == nil {
				r.a.answered.put(r.addr.ID, true)
			}
			return p.ref(m), err
		}
	}
	var m message
	err := r.a.rest.do(ctx, call{method: http.MethodPost, route: "/webhooks/{}/{}", args: []string{r.addr.App, r.addr.Token}, query: map[string][]string{"wait": {"true"}},
		body: payload(o, flagEphemeral), files: o.files, token: true}, &m)
	return p.ref(m), err
}

// unanswered reports whether the "thinking" of the acknowledgement still
// stands, so that the answer replaces it.
func (p *reply) unanswered(ctx context.Context) (bool, error) {
	r := p.r
	if used, ok := r.a.answered.get(r.addr.ID); ok {
		return !used, nil
	}
	var m message
	err := r.a.rest.do(ctx, call{method: http.MethodGet, route: "/webhooks/{}/{}/messages/{}", args: []string{r.addr.App, r.addr.Token, original}, token: true}, &m)
	if codeOf(err) == codeUnknownMessage {
		return false, nil
	}
	return m.Flags&flagLoading != 0, err
}

func (p *reply) ref(m message) chat.Ref {
	if m.ID == "" {
		return chat.Ref{}
	}
	at := p.r.to.Place
	return chat.Ref{Channel: at.Channel, Thread: at.Thread, ID: m.ID}
}

func (p *reply) name(ref chat.Ref) string {
	if ref.ID == p.r.addr.Origin {
		return original
	}
	return ref.ID
}

// edit reaches what the token made, and beyond that, as the bot, what is
// public.
func (p *reply) edit(ctx context.Context, ref chat.Ref, o outgoing) error {
	_, err := p.patch(ctx, p.name(ref), o)
	if codeOf(err) == codeUnknownMessage {
		return (&room{r: p.r}).edit(ctx, ref, o)
	}
	return err
}

func (p *reply) patch(ctx context.Context, id string, o outgoing) (message, error) {
	if !p.r.live() {
		return message{}, chat.ErrGone
	}
	var m message
	err := p.r.a.rest.do(ctx, call{method: http.MethodPatch, route: "/webhooks/{}/{}/messages/{}", args: []string{p.r.addr.App, p.r.addr.Token, id}, body: payload(o, 0), files: o.files, token: true}, &m)
	return m, err
}

func (p *reply) erase(ctx context.Context, ref chat.Ref) error {
	if !p.r.live() {
		return chat.ErrGone
	}
	err := p.r.a.rest.do(ctx, call{method: http.MethodDelete, route: "/webhooks/{}/{}/messages/{}", args: []string{p.r.addr.App, p.r.addr.Token, p.name(ref)}, token: true}, nil)
	if codeOf(err) == codeUnknownMessage {
		return (&room{r: p.r}).erase(ctx, ref)
	}
	return err
}
