package slack

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/fault"
)

// maxAlt is the longest description of a file.
// https://docs.slack.dev/reference/methods/files.getUploadURLExternal, read 2026-11-23.
const maxAlt = 1000

// putWithFiles posts and attaches. The bytes are handed over before anything
// is seen, so that a refused file costs no half post; the files are shared
// after the text, into its thread.
func (r *responder) putWithFiles(ctx context.Context, p chat.Post) (chat.Ref, error) {
	ids, err := r.hand(ctx, p.Files)
	if err != nil {
		return chat.Ref{}, err
	}
	p.Files = nil
	return r.attached(ctx, p, ids)
}

// attached posts and shares files that were handed over.
func (r *responder) attached(ctx context.Context, p chat.Post, ids []map[string]string) (chat.Ref, error) {
	ref, err := r.putPublic(ctx, p)
	if err != nil {
		return ref, err
	}
	if err := r.share(ctx, ids, ref.Channel, or(r.to.Place.Thread, ref.Thread)); err != nil {
		return ref, r.withoutFile(ctx, p, ref, err)
	}
	return ref, nil
}

// putPrivateFiles sends files where only the asker sees them: a message of
// Slack's own kind for one person takes none, so they go to the direct
// messages, and the private post says so.
func (r *responder) putPrivateFiles(ctx context.Context, p chat.Post) (chat.Ref, error) {
	ids, err := r.hand(ctx, p.Files)
	if err != nil {
		return chat.Ref{}, err
	}
	p.Files = nil
	return r.attachedPrivately(ctx, p, ids)
}

// attachedPrivately shares files that were handed over in the direct messages,
// and then says so.
func (r *responder) attachedPrivately(ctx context.Context, p chat.Post, ids []map[string]string) (chat.Ref, error) {
	direct, err := r.a.responder(ctx, chat.ReplyTo{Place: chat.Place{Platform: chat.Slack, Workspace: r.to.Place.Workspace}, Private: true, To: r.to.To})
	if err != nil {
		return chat.Ref{}, err
	}
	ref, err := direct.fresh(ctx, chat.Post{Job: p.Job, Stage: chat.Final, Text: "Here is the file you asked for."})
	if err != nil {
		return chat.Ref{}, err
	}
	if err := r.share(ctx, ids, ref.Channel, ref.ID); err != nil {
		return chat.Ref{}, partly(err)
	}
	p.Footer = strings.TrimPrefix(p.Footer+" · The file is in our direct messages.", " · ")
	return r.putPrivate(ctx, p)
}

// hand gives the bytes of files to Slack, where nobody sees them yet.
func (r *responder) hand(ctx context.Context, all []chat.File) ([]map[string]string, error) {
	var ids []map[string]string
	for _, f := range all {
		args := url.Values{"filename": {or(f.Name, "file")}, "length": {strconv.Itoa(len(f.Data))}}
		if f.Alt != "" {
			args.Set("alt_txt", clip(f.Alt, maxAlt))
		}
		var got struct {
			URL string `json:"upload_url"`
			ID  string `json:"file_id"`
		}
		if _, err := r.a.call(ctx, r.to.Place.Workspace, call{method: filesGetURL, args: args, patience: 10 * time.Second}, &got); err != nil {
			return nil, err
		}
		if err := r.a.bytes(ctx, got.URL, f.Data); err != nil {
			return nil, err
		}
		ids = append(ids, map[string]string{"id": got.ID, "title": or(f.Name, "file")})
	}
	return ids, nil
}

// bytes posts a file's bytes to the address Slack gave.
func (a *Adapter) bytes(ctx context.Context, address string, data []byte) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(data))
	if err != nil {
		return errors.New("slack: upload: not an address")
	}
	req.Header.Set("Content-Type", "application/octet-stream")
	resp, err := a.api.http.Do(req)
	if err != nil {
		return fmt.Errorf("slack: upload: %w", unreachable(errors.New("no answer")))
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("slack: upload: %w", unreachable(fmt.Errorf("status %d", resp.StatusCode)))
	}
	return nil
}

// share makes handed files visible in a channel, in a thread where there is one.
func (r *responder) share(ctx context.Context, ids []map[string]string, channel, thread string) error {
	raw, err := json.Marshal(ids)
	if err != nil {
		return fmt.Errorf("slack: share: %w", err)
	}
	args := url.Values{"files": {string(raw)}, "channel_id": {channel}}
	if thread != "" {
		args.Set("thread_ts", thread)
	}
	_, err = r.a.call(ctx, r.to.Place.Workspace, call{method: filesComplete, channel: channel, args: args, patience: 10 * time.Second}, nil)
	return err
}

// withoutFile says under the post that its file is missing. The post itself
// stands, so it is not put again.
func (r *responder) withoutFile(ctx context.Context, p chat.Post, ref chat.Ref, cause error) error {
	r.a.count("slack.file_lost")
	r.a.log.Warn("a file was not shared", "err", cause)
	p.Ref = ref
	p.Text += "\n\n_" + fault.Sentence(cause, "file") + "_"
	_, err := r.putPublic(ctx, p)
	return err
}
