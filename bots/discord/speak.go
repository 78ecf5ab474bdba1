package discord

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/tierwise/tierwise/internal/chat"
)

// address is what a ReplyTo carries of ours. It is stored sealed.
type address struct {
	App      string `json:"app,omitempty"`
	ID       string `json:"id,omitempty"`    // of the interaction
	Token    string `json:"token,omitempty"` // of the interaction
	Issued   int64  `json:"issued,omitempty"`
	Deferred bool   `json:"deferred,omitempty"` // acknowledged with "thinking": the first answer replaces that
	Origin   string `json:"origin,omitempty"`   // the message whose button was pressed
	Title    string `json:"title,omitempty"`    // of a thread to be made
}

// tokenLife is how long an interaction's token is used; it lives for 15
// minutes. https://discord.com/developers/docs/interactions/receiving-and-responding, read 2026-11-23.
const tokenLife = 14*time.Minute + 30*time.Second

// responder speaks at one address.
type responder struct {
	a    *Adapter
	to   chat.ReplyTo
	addr address
}

// responder speaks at an address. A private one without a channel is the
// person's direct messages, which are opened when something is said.
func (a *Adapter) responder(ctx context.Context, to chat.ReplyTo) (*responder, error) {
	r := &responder{a: a, to: to}
	if len(to.Address) > 0 {
		if err := json.Unmarshal(to.Address, &r.addr); err != nil {
			return nil, fmt.Errorf("discord: open: the address cannot be read: %w", chat.ErrGone)
		}
	}
	if to.Place.Channel == "" && r.addr.Token == "" && !(to.Private && to.To != "") {
		return nil, fmt.Errorf("discord: open: no channel: %w", chat.ErrNoAccess)
	}
	return r, ctx.Err()
}

// Capabilities is what Discord can show. Private posts go through the
// interaction's token; where there is none they are a direct message, which is
// no post in the channel.
func (r *responder) Capabilities() chat.Capabilities {
	return chat.Capabilities{Threads: true, Ephemeral: r.addr.Token != "", Edit: true, EditEphemeral: true, MinEdit: minEdit, Buttons: 5, Forms: true,
		Files: true, MaxText: maxText, MaxParts: maxParts, Tables: true, Charts: true, Permalinks: true}
}

// Append is not offered: Discord has no streaming.
func (r *responder) Append(context.Context, chat.Ref, string) error { return chat.ErrUnsupported }

// Put makes the post, or replaces one with all its parts.
func (r *responder) Put(ctx context.Context, p chat.Post) (chat.Ref, error) {
	r.a.typing.stop(apiChannel(r.to.Place))
	r.a.typing.stop(r.to.Place.Channel)
	ref, err := r.put(ctx, p)
	if err != nil {
		return chat.Ref{}, fmt.Errorf("discord: put: %w", err)
	}
	return ref, nil
}

func (r *responder) put(ctx context.Context, p chat.Post) (chat.Ref, error) {
	parts, err := r.rendered(ctx, p)
	if err != nil {
		return chat.Ref{}, err
	}
	if !p.Ref.IsZero() {
		return p.Ref, r.replace(ctx, p, parts)
	}
	say, err := r.channel(ctx, p.Private)
	if err != nil {
		return chat.Ref{}, err
	}
	refs, err := say.all(ctx, p.Job, parts, 0)
	for len(refs) == 0 && unusable(err) && r.fresh() && r.a.sleep(ctx, freshPause) == nil {
		refs, err = say.all(ctx, p.Job, parts, 0)
	}
	if len(refs) == 0 && unusable(err) {
		// Discord takes no word by this token, though it is young: it never
		// saw the acknowledgement, or it has forgotten it.
		r.a.count("discord.token_lost")
		if say, err = r.directly(ctx); err == nil {
			refs, err = say.all(ctx, p.Job, parts, 0)
		}
	}
	if len(refs) == 0 {
		return chat.Ref{}, err
	}
	r.remember(ctx, refs)
	if err != nil && say.private() {
		err = fmt.Errorf("%w: %w", chat.ErrUnknownResult, err) // half of it is seen: it must not be sent again
	}
	return refs[0], err
}

// rendered are the messages of a post, without files where none may go.
func (r *responder) rendered(ctx context.Context, p chat.Post) ([]outgoing, error) {
	parts, err := r.a.render(ctx, r.to.Place.Tenant(), p, "")
	if err != nil || p.Private || r.to.Private || !slices.ContainsFunc(parts, func(o outgoing) bool { return len(o.files) > 0 }) {
		return parts, err
	}
	if barred := r.barred(ctx); barred != "" {
		return r.a.render(ctx, r.to.Place.Tenant(), p, barred)
	}
	return parts, nil
}

// barred says why no file may go where everybody sees it: neither the bot nor
// who asked may be without the right to attach. What is not known counts as no.
func (r *responder) barred(ctx context.Context) string {
	v, err := directory{r.a}.view(ctx, r.to.Place, r.to.To)
	switch {
	case err != nil || !v.bot.attach:
		return "I may not attach files here"
	case r.to.To != "" && !v.who.attach:
		return "whoever asked may not attach files here"
	}
	return ""
}

// freshFor: an event is accepted before it is acknowledged, so a quick answer
// can be earlier than the acknowledgement, which may take three seconds.
const (
	freshFor   = 4 * time.Second
	freshPause = 250 * time.Millisecond
)

func (r *responder) fresh() bool {
	return r.addr.Token != "" && r.a.clock.Now().Before(time.Unix(r.addr.Issued, 0).Add(freshFor))
}

// unusable reports whether an interaction's token is not accepted.
func unusable(err error) bool {
	switch codeOf(err) {
	case codeUnknownInteraction, codeUnknownWebhook, codeInvalidToken:
		return true
	}
	return false
}

// replace edits the parts that are there, adds what is missing and removes
// what is left over.
func (r *responder) replace(ctx context.Context, p chat.Post, parts []outgoing) error {
	old := r.parts(ctx, p.Ref)
	refs := make([]chat.Ref, 0, len(parts))
	for i, o := range parts[:min(len(parts), len(old))] {
		if err := r.edit(ctx, old[i], o); err != nil {
			return err
		}
		refs = append(refs, old[i])
	}
	var err error
	if len(parts) > len(old) {
		var more []chat.Ref
		more, err = r.beside(ctx, p).all(ctx, p.Job, parts[len(old):], len(old))
		refs = append(refs, more...)
	}
	for _, left := range old[min(len(old), len(parts)):] {
		if gone := r.erase(ctx, left); gone != nil && err == nil {
			err = gone
		}
	}
	if len(refs) > 1 || len(old) > 1 {
		r.remember(ctx, refs)
	}
	return err
}

// edit replaces one message, not more often than Discord likes.
func (r *responder) edit(ctx context.Context, ref chat.Ref, o outgoing) error {
	now := r.a.clock.Now()
	if last, ok := r.a.edits.get(ref.ID); ok {
		if d := last.Add(minEdit).Sub(now); d > 0 {
			if err := r.a.sleep(ctx, d); err != nil {
				return err
			}
		}
	}
	r.a.edits.put(ref.ID, r.a.clock.Now())
	return r.at(ref).edit(ctx, ref, o)
}

// Find looks for a public post by its job: among the posts we know of, then
// among the newest messages of the place.
func (r *responder) Find(ctx context.Context, job string) (chat.Ref, error) {
	if r.to.Private {
		return chat.Ref{}, fmt.Errorf("discord: find: %w", chat.ErrNotFound)
	}
	nonce := nonceOf(job, 0)
	if ref, ok := r.a.posts.find(ctx, nonce); ok {
		return ref, nil
	}
	me, err := r.a.self(ctx)
	if err != nil {
		return chat.Ref{}, fmt.Errorf("discord: find: %w", err)
	}
	at := r.to.Place
	if made, ok := r.a.threads.get(at.Thread); ok && !made {
		at.Thread = ""
	}
	page, err := r.a.page(ctx, apiChannel(at), nil)
	if err != nil && !errors.Is(err, chat.ErrGone) {
		return chat.Ref{}, fmt.Errorf("discord: find: %w", err)
	}
	for _, m := range page {
		if m.Author != nil && m.Author.ID == me.User && (string(m.Nonce) == nonce || markIn(m.Components) == markOf(job)) {
			return chat.Ref{Channel: at.Channel, Thread: at.Thread, ID: m.ID}, nil
		}
	}
	return chat.Ref{}, fmt.Errorf("discord: find: %w", chat.ErrNotFound)
}

// Remove deletes a post with all its parts.
func (r *responder) Remove(ctx context.Context, ref chat.Ref) error {
	for _, part := range r.parts(ctx, ref) {
		if err := r.erase(ctx, part); err != nil {
			return fmt.Errorf("discord: remove: %w", err)
		}
	}
	return nil
}

// erase deletes one message; one already gone is no error.
func (r *responder) erase(ctx context.Context, ref chat.Ref) error {
	err := r.at(ref).erase(ctx, ref)
	if codeOf(err) == codeUnknownMessage {
		return nil
	}
	return err
}

// partsLife is how long the messages of a long post are known together.
const partsLife = 72 * time.Hour

// remember keeps which messages a long post is made of. Where that fails the
// post stands, and only a later shortening leaves its end.
func (r *responder) remember(ctx context.Context, refs []chat.Ref) {
	b, err := json.Marshal(refs)
	if err == nil {
		err = r.a.memory.Remember(ctx, r.to.Place.Tenant(), "parts/"+refs[0].ID, b, partsLife)
	}
	if err != nil {
		r.a.log.Warn("discord: the parts of a post are not remembered", "err", err)
	}
}

// parts are the messages of the post that begins with ref.
func (r *responder) parts(ctx context.Context, ref chat.Ref) []chat.Ref {
	b, ok, err := r.a.memory.Recall(ctx, r.to.Place.Tenant(), "parts/"+ref.ID)
	var refs []chat.Ref
	if err != nil || !ok || json.Unmarshal(b, &refs) != nil || len(refs) == 0 {
		return []chat.Ref{ref}
	}
	return refs
}
