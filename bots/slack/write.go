package slack

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"strconv"
	"time"

	slackgo "github.com/slack-go/slack"

	"github.com/tierwise/tierwise/internal/chat"
)

// post makes one message. thread, metadata and no unfurling go with it.
func (r *responder) post(ctx context.Context, p chat.Post, m part, n int) (chat.Ref, error) {
	at := r.to.Place
	args := url.Values{"channel": {at.Channel}, "text": {m.text}, "blocks": {blocksJSON(m.blocks)}, "unfurl_links": {"false"}, "unfurl_media": {"false"}}
	if at.Thread != "" {
		args.Set("thread_ts", at.Thread)
	}
	if p.Job != "" {
		args.Set("metadata", jobMetadata(p, n))
	}
	var got struct {
		Channel string `json:"channel"`
		TS      string `json:"ts"`
	}
	wait := patience(p.Stage)
	if p.Stage == chat.Live {
		wait = 2 * time.Second // a first sign is worth a moment
	}
	_, err := r.a.call(ctx, at.Workspace, call{method: chatPostMessage, channel: at.Channel, args: args, patience: wait}, &got)
	if err != nil {
		return chat.Ref{}, err
	}
	return chat.Ref{Channel: or(got.Channel, at.Channel), Thread: at.Thread, ID: got.TS}, nil
}

func (r *responder) update(ctx context.Context, p chat.Post, ref chat.Ref, m part, n int) error {
	args := url.Values{"channel": {ref.Channel}, "ts": {ref.ID}, "text": {m.text}, "blocks": {blocksJSON(m.blocks)}}
	if p.Job != "" {
		args.Set("metadata", jobMetadata(p, n))
	}
	change := func() error {
		_, err := r.a.call(ctx, r.to.Place.Workspace, call{method: chatUpdate, channel: ref.Channel, args: args, patience: patience(p.Stage)}, nil)
		return err
	}
	err := change()
	if code(err) == "streaming_state_conflict" { // still live, begun by another replica
		r.stop(ctx, ref)
		err = change()
	}
	return err
}

func (r *responder) delete(ctx context.Context, ref chat.Ref) error {
	args := url.Values{"channel": {ref.Channel}, "ts": {ref.ID}}
	_, err := r.a.call(ctx, r.to.Place.Workspace, call{method: chatDelete, channel: ref.Channel, args: args, patience: 20 * time.Second}, nil)
	if errors.Is(err, chat.ErrGone) && code(err) == "message_not_found" {
		return nil
	}
	return err
}

// jobMetadata carries a post's job, so that the post can be found, and whether
// it is still worked on, so that it can be stopped.
func jobMetadata(p chat.Post, n int) string {
	payload := map[string]any{"job": p.Job, "part": strconv.Itoa(n)}
	if p.Stage == chat.Placeholder || p.Stage == chat.Live {
		payload["open"] = true
	}
	raw, err := json.Marshal(slackgo.SlackMetadata{EventType: metadataType, EventPayload: payload})
	if err != nil {
		return ""
	}
	return string(raw)
}

const metadataType = "tierwise_post"
