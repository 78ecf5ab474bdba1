package slack

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"github.com/tierwise/tierwise/internal/chat"
)

// putPrivate shows a post to the asker alone: by the response_url while it
// lasts, else as an ephemeral message. Only the private message a click came
// from can be replaced.
func (r *responder) putPrivate(ctx context.Context, p chat.Post) (chat.Ref, error) {
	if len(p.Files) > 0 {
		return r.putPrivateFiles(ctx, p)
	}
	if p.Ref.IsZero() && (p.Stage == chat.Placeholder || p.Stage == chat.Live) {
		// A new private message can never be replaced, and the one that was
		// clicked holds something the person wants to keep.
		return chat.Ref{}, fmt.Errorf("slack: a private first sign: %w", chat.ErrUnsupported)
	}
	if !p.Ref.IsZero() {
		if p.Ref.ID != r.ad.Original || p.Ref.ID == "" {
			return chat.Ref{}, fmt.Errorf("slack: replace a private post: %w", chat.ErrUnsupported)
		}
		err := r.whole(ctx, p)
		if malformed(err) && drawn(p) {
			return r.putDrawn(ctx, p)
		}
		return p.Ref, err
	}
	ref := chat.Ref{Channel: r.to.Place.Channel, Thread: r.pane(), ID: "private:" + p.Job}
	for i, m := range render(p) {
		ts, err := r.show(ctx, m)
		if malformed(err) && drawn(p) && i == 0 {
			return r.putDrawn(ctx, p)
		}
		if err != nil && i > 0 {
			return chat.Ref{}, partly(err)
		}
		if err != nil {
			return chat.Ref{}, err
		}
		if ts != "" && i == 0 {
			ref.ID = ts
		}
	}
	return ref, nil
}

// whole replaces a private message; what does not fit is left to the drafts.
func (r *responder) whole(ctx context.Context, p chat.Post) error {
	for i, m := range render(p) {
		if i == 0 {
			if err := r.respond(ctx, m, "replace_original"); err != nil {
				return err
			}
			continue
		}
		if _, err := r.show(ctx, m); err != nil {
			return partly(err)
		}
	}
	return nil
}

// show shows one message to the asker. Both ways are tried; a lost result ends
// it, because it may have been shown.
func (r *responder) show(ctx context.Context, m part) (ts string, err error) {
	gone := error(nil)
	if r.ad.URL != "" {
		gone = r.respond(ctx, m, "")
		if gone == nil || !errors.Is(gone, chat.ErrGone) {
			return "", gone
		}
	}
	ts, err = r.ephemeral(ctx, m)
	if err != nil && gone != nil && (errors.Is(err, chat.ErrNoAccess) || errors.Is(err, chat.ErrGone)) {
		return "", errors.Join(gone, err)
	}
	return ts, err
}

// pane is the thread a private message is shown in. Where what is answered
// stands in the channel itself, its thread is open for nobody, and a private
// message in it would not be seen.
func (r *responder) pane() string {
	if r.to.Message == r.to.Place.Thread {
		return ""
	}
	return r.to.Place.Thread
}

func (r *responder) ephemeral(ctx context.Context, m part) (string, error) {
	at := r.to.Place
	args := url.Values{"channel": {at.Channel}, "user": {r.to.To}, "text": {m.text}, "blocks": {blocksJSON(m.blocks)}}
	if thread := r.pane(); thread != "" {
		args.Set("thread_ts", thread)
	}
	var got struct {
		TS string `json:"message_ts"`
	}
	_, err := r.a.call(ctx, at.Workspace, call{method: chatPostEphemeral, channel: at.Channel, args: args, patience: 20 * time.Second}, &got)
	return got.TS, err
}

// removePrivate deletes the private message a click came from. Others cannot
// be deleted; they go when the person reloads.
func (r *responder) removePrivate(ctx context.Context, ref chat.Ref) error {
	if ref.ID != r.ad.Original || ref.ID == "" {
		return fmt.Errorf("slack: remove a private post: %w", chat.ErrUnsupported)
	}
	err := r.respond(ctx, part{}, "delete_original")
	if errors.Is(err, chat.ErrGone) {
		return nil
	}
	return err
}

// respond posts to the response_url. how is "", "replace_original" or
// "delete_original". It is our own because the library leaves out what it does
// not know and adds what is not wanted.
func (r *responder) respond(ctx context.Context, m part, how string) error {
	used, _ := r.a.uses.get(r.ad.URL)
	if r.ad.URL == "" || used >= min(r.ad.Uses, responseUses) || r.a.clock.Now().Unix() >= r.ad.Ends || !r.a.trusts(r.ad.URL) {
		return fmt.Errorf("slack: response_url: used up: %w", chat.ErrGone)
	}
	r.a.uses.put(r.ad.URL, used+1)
	body := map[string]any{}
	if how == "delete_original" {
		body["delete_original"] = true
	} else {
		body["text"], body["blocks"], body["response_type"] = m.text, m.blocks, "ephemeral"
		body["replace_original"] = how == "replace_original"
		body["unfurl_links"], body["unfurl_media"] = false, false
		if thread := r.pane(); thread != "" && how == "" {
			body["thread_ts"] = thread
		}
	}
	raw, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("slack: response_url: %w", err)
	}
	return r.a.answerURL(ctx, r.ad.URL, raw)
}

// trusts says whether an address is Slack's. It comes signed; an address
// elsewhere would still be none we post answers to.
func (a *Adapter) trusts(address string) bool {
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	if base, err := url.Parse(a.api.base); err == nil && u.Host == base.Host && u.Scheme == base.Scheme {
		return true
	}
	return u.Scheme == "https" && (u.Host == "hooks.slack.com" || u.Host == "hooks.slack-gov.com")
}

// answerURL posts to a response_url once. Its address is a secret: no error
// shows it.
func (a *Adapter) answerURL(ctx context.Context, address string, body []byte) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("slack: response_url: %w", chat.ErrGone)
	}
	req.Header.Set("Content-Type", "application/json; charset=utf-8")
	resp, err := a.api.http.Do(req)
	if err != nil {
		return responseCall.failed(err)
	}
	defer func() { _ = resp.Body.Close() }()
	said, err := io.ReadAll(io.LimitReader(resp.Body, 4096))
	switch {
	case resp.StatusCode == http.StatusTooManyRequests:
		return fmt.Errorf("slack: response_url: %w", &chat.RateLimited{After: retryAfter(resp.Header)})
	case resp.StatusCode == http.StatusNotFound || resp.StatusCode == http.StatusGone || resp.StatusCode == http.StatusForbidden:
		return fmt.Errorf("slack: response_url: %w", chat.ErrGone)
	case err != nil || resp.StatusCode >= 500:
		return responseCall.lost(fmt.Errorf("status %d", resp.StatusCode))
	case resp.StatusCode != http.StatusOK:
		return refuse("response_url", "invalid_blocks", "")
	}
	var r reply
	if json.Unmarshal(said, &r) == nil && r.Error != "" {
		return fmt.Errorf("slack: response_url: %w", chat.ErrGone)
	}
	return nil
}

// responseCall words the faults of a response_url like those of a write.
var responseCall = call{method: chatPostEphemeral}
