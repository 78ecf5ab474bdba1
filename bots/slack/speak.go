package slack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/tierwise/tierwise/internal/chat"
)

// responder speaks and reads at one address. It holds nothing that another
// replica would miss.
type responder struct {
	a  *Adapter
	to chat.ReplyTo
	ad address
}

// responder returns the responder of an address. It fails where we are not
// installed, and where a direct conversation is meant that cannot be opened.
func (a *Adapter) responder(ctx context.Context, to chat.ReplyTo) (*responder, error) {
	if to.Place.Platform != chat.Slack || to.Place.Workspace == "" {
		return nil, fmt.Errorf("slack: open: %w", chat.ErrGone)
	}
	r := &responder{a: a, to: to}
	if len(to.Address) > 0 {
		if err := json.Unmarshal(to.Address, &r.ad); err != nil {
			return nil, fmt.Errorf("slack: open: address is not ours: %w", chat.ErrGone)
		}
	}
	// What was pressed on the Home page is answered in the direct messages, like
	// everything that is for one person and has no channel.
	if to.Private && to.Place.Channel == "" && to.To != "" {
		channel, err := a.direct(ctx, to.Place.Workspace, to.To)
		if err != nil {
			return nil, err
		}
		r.to.Place.Channel, r.to.Place.Thread, r.to.Private = channel, "", false
		return r, nil
	}
	// What is said in a direct message is private already; a plain message stays
	// when the person reloads, and can be replaced.
	if to.Private && r.ad.URL == "" && strings.HasPrefix(to.Place.Channel, "D") {
		r.to.Private = false
	}
	return r, nil
}

// Capabilities is what Slack can do here.
func (r *responder) Capabilities() chat.Capabilities {
	private := r.to.Private
	return chat.Capabilities{
		Threads: true, Ephemeral: true, Edit: true, EditEphemeral: r.ad.Original != "", Append: !private && r.streamable(), MinEdit: minEdit,
		Buttons: 3, Forms: true, Files: true, MaxText: maxText, Tables: true, Charts: true, Permalinks: true,
	}
}

// patience is how long a post may wait for a free slot: the final one as long
// as it takes, one that will be replaced soon not at all.
func patience(s chat.Stage) time.Duration {
	switch s {
	case chat.Live:
		return 0
	case chat.Placeholder:
		return 2 * time.Second
	}
	return 20 * time.Second
}

// Put makes a post or replaces one.
func (r *responder) Put(ctx context.Context, p chat.Post) (chat.Ref, error) {
	if r.to.Place.Channel == "" {
		return chat.Ref{}, fmt.Errorf("slack: put: no channel: %w", chat.ErrGone)
	}
	switch {
	case r.to.Private:
		return r.putPrivate(ctx, p)
	case r.ad.Home:
		defer r.a.showHome(ctx, r.to.Place.Workspace, r.to.To)
		if p.Text == "" && len(p.Files) == 0 && !drawn(p) {
			return chat.Ref{}, nil
		}
	}
	if len(p.Files) > 0 {
		return r.putWithFiles(ctx, p)
	}
	return r.putPublic(ctx, p)
}

// putPublic puts a post and keeps the sign beside its thread: it stands while
// an ordinary message stands for the answer, and goes with the final text, also
// where that cannot be put.
func (r *responder) putPublic(ctx context.Context, p chat.Post) (chat.Ref, error) {
	ref, err := r.putOut(ctx, p)
	switch {
	case p.Stage != chat.Placeholder && p.Stage != chat.Live:
		r.over(ctx, p.Ref)
	case err == nil && r.a.streams.get(r.key(ref)) == nil:
		r.working(ctx, jobOf(p.Job))
	}
	return ref, err
}

func (r *responder) putOut(ctx context.Context, p chat.Post) (chat.Ref, error) {
	if p.Ref.IsZero() {
		if p.Stage != chat.Final && p.Stage != "" && r.streamable() {
			ref, err := r.startStream(ctx, p)
			if err == nil || errors.Is(err, chat.ErrUnknownResult) || errors.Is(err, chat.ErrGone) || errors.Is(err, chat.ErrNoAccess) {
				return ref, err
			}
		}
		return r.fresh(ctx, p)
	}
	return r.replace(ctx, p)
}

// fresh posts a new message, or several where the text is long.
func (r *responder) fresh(ctx context.Context, p chat.Post) (chat.Ref, error) {
	parts := render(p)
	ref, err := r.post(ctx, p, parts[0], 0)
	if malformed(err) && drawn(p) {
		return r.putDrawn(ctx, p)
	}
	if err != nil {
		return chat.Ref{}, err
	}
	return ref, partly(r.rest(ctx, p, ref, parts, nil))
}

// partly is the error of a post whose beginning is there already: whatever the
// reason, the post must be looked up, not put again.
func partly(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("slack: only a part of the post is there: %w (%v)", chat.ErrUnknownResult, err)
}

// malformed reports that Slack did not like how blocks were built.
func malformed(err error) bool {
	var r *refusal
	if !errors.As(err, &r) {
		return false
	}
	switch r.code {
	case "invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "msg_blocks_too_many", "invalid_arguments", "view_too_large":
		return true
	}
	return false
}

// rest brings the messages after the first into the state parts say. have are
// those there already. A fault in the middle loses nothing: the post is found
// by its first message and put again.
func (r *responder) rest(ctx context.Context, p chat.Post, ref chat.Ref, parts []part, have []chat.Ref) error {
	key := r.key(ref)
	var refs []chat.Ref
	for i := 1; i < len(parts); i++ {
		if i-1 < len(have) {
			err := r.update(ctx, p, have[i-1], parts[i], i)
			if err == nil {
				refs = append(refs, have[i-1])
				continue
			}
			if code(err) != "message_not_found" {
				return err
			}
		}
		next, err := r.post(ctx, p, parts[i], i)
		if err != nil {
			r.a.parts.drop(key) // what is there is read again
			return err
		}
		refs = append(refs, next)
	}
	for _, old := range have[min(len(have), max(0, len(parts)-1)):] {
		if err := r.delete(ctx, old); err != nil {
			return err
		}
	}
	r.a.parts.put(key, refs)
	return nil
}

func (r *responder) key(ref chat.Ref) string {
	return r.to.Place.Workspace + "/" + ref.Channel + "/" + ref.ID
}

// replace puts new content into the message a post has.
func (r *responder) replace(ctx context.Context, p chat.Post) (chat.Ref, error) {
	have, err := r.following(ctx, p)
	if err != nil {
		return chat.Ref{}, err
	}
	parts := render(p)
	if p.Stage == chat.Live {
		parts = parts[:1] // the rest comes with the final text
	}
	err = r.update(ctx, p, p.Ref, parts[0], 0)
	if malformed(err) && drawn(p) {
		return r.putDrawn(ctx, p)
	}
	if code(err) == "block_mismatch" {
		return r.instead(ctx, p)
	}
	if err != nil {
		return chat.Ref{}, err
	}
	if p.Stage == chat.Live {
		if len(have) > 0 {
			r.a.parts.put(r.key(p.Ref), have)
		}
		return p.Ref, nil
	}
	return p.Ref, r.rest(ctx, p, p.Ref, parts, have)
}

// instead posts anew where Slack does not let a message be replaced, and takes
// the old one away.
func (r *responder) instead(ctx context.Context, p chat.Post) (chat.Ref, error) {
	old := p.Ref
	p.Ref = chat.Ref{}
	ref, err := r.fresh(ctx, p)
	if err == nil {
		_ = r.delete(ctx, old) // the answer stands; the old sign is only untidy
	}
	return ref, err
}

// code is the platform's code of an error; "" when it has none.
func code(err error) string {
	var r *refusal
	if errors.As(err, &r) {
		return r.code
	}
	return ""
}

// Remove deletes a post with all its messages.
func (r *responder) Remove(ctx context.Context, ref chat.Ref) error {
	if r.to.Private {
		return r.removePrivate(ctx, ref)
	}
	defer r.over(ctx, ref)
	have, err := r.following(ctx, chat.Post{Ref: ref})
	if err != nil {
		return err
	}
	for _, one := range append(have, ref) {
		if err := r.delete(ctx, one); err != nil {
			return err
		}
	}
	r.a.parts.drop(r.key(ref))
	return nil
}
