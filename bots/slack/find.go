package slack

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tierwise/tierwise/internal/chat"
)

const (
	// findBack is how far back a post is looked for, and findPages how many
	// pages.
	findBack  = 48 * time.Hour
	findPages = 10
	// jobBlock marks the first block of a live post with its job: a stream
	// takes no metadata before it ends.
	jobBlock = "job:"
)

// Find looks for a post by its job among our newest messages of the place.
func (r *responder) Find(ctx context.Context, job string) (chat.Ref, error) {
	mine, err := r.newest(ctx)
	if err != nil {
		return chat.Ref{}, fmt.Errorf("slack: find: %w", err)
	}
	for _, m := range slices.Backward(mine) {
		if id, n := jobIn(m); id == job && n == 0 {
			return r.refOf(m), nil
		}
	}
	return chat.Ref{}, fmt.Errorf("slack: find: %w", chat.ErrNotFound)
}

func (r *responder) refOf(m said) chat.Ref {
	ref := chat.Ref{Channel: r.to.Place.Channel, ID: m.TS}
	if m.Thread != m.TS {
		ref.Thread = m.Thread
	}
	return ref
}

// following ends a post's stream, if it is live here, and returns the messages
// of the post after its first. They are remembered where they were made; where
// another replica spoke meanwhile they are read.
func (r *responder) following(ctx context.Context, p chat.Post) ([]chat.Ref, error) {
	refs, live, ours := r.endStream(ctx, p.Ref)
	if live && ours {
		return refs, nil
	}
	if have, ok := r.a.parts.get(r.key(p.Ref)); ok && !live {
		return have, nil
	}
	if p.Stage == chat.Live || p.Stage == chat.Placeholder {
		return refs, nil
	}
	return r.readFollowing(ctx, p)
}

// readFollowing finds the further messages of a post by its job.
func (r *responder) readFollowing(ctx context.Context, p chat.Post) ([]chat.Ref, error) {
	mine, err := r.newest(ctx)
	if err != nil {
		return nil, fmt.Errorf("slack: read the post: %w", err)
	}
	job := p.Job
	for _, m := range mine {
		if id, _ := jobIn(m); m.TS == p.Ref.ID && job == "" {
			job = id
		}
	}
	var have []said
	for _, m := range mine {
		if id, n := jobIn(m); id == job && job != "" && n > 0 {
			have = append(have, m)
		}
	}
	slices.SortFunc(have, func(a, b said) int { return strings.Compare(a.TS, b.TS) })
	var refs []chat.Ref
	for _, m := range have {
		refs = append(refs, r.refOf(m))
	}
	return refs, nil
}

// newest are our own newest messages of the place, oldest first.
func (r *responder) newest(ctx context.Context) ([]said, error) {
	at := r.to.Place
	g, err := r.a.installs.grant(ctx, at.Workspace)
	if err != nil {
		return nil, err
	}
	args := url.Values{"channel": {at.Channel}, "limit": {strconv.Itoa(pageSize)}, "include_all_metadata": {"true"}, "inclusive": {"true"},
		"oldest": {stamp(r.a.clock.Now().Add(-findBack))}}
	read := convHistory
	if at.Thread != "" {
		read = convReplies
		args.Set("ts", at.Thread)
	}
	var mine []said
	for range findPages {
		var p page
		next, err := r.a.call(ctx, at.Workspace, call{method: read, channel: at.Channel, args: args, patience: 10 * time.Second}, &p)
		if err != nil {
			return nil, err
		}
		for _, m := range p.Messages {
			if g.mine(m) {
				mine = append(mine, m)
			}
		}
		if next == "" {
			break
		}
		args.Set("cursor", next)
	}
	slices.SortFunc(mine, func(a, b said) int { return strings.Compare(a.TS, b.TS) })
	return mine, nil
}

// jobIn is the job a message of ours carries, and which part of it it is.
func jobIn(m said) (job string, part int) {
	if m.Metadata.Type == metadataType {
		job, _ = m.Metadata.Payload["job"].(string)
		n, _ := m.Metadata.Payload["part"].(string)
		part, _ = strconv.Atoi(n)
		return job, part
	}
	for _, raw := range m.Blocks {
		var b struct {
			ID string `json:"block_id"`
		}
		if json.Unmarshal(raw, &b) != nil {
			continue
		}
		if id, ok := strings.CutPrefix(b.ID, jobBlock); ok {
			id, n, _ := strings.Cut(id, "#")
			part, _ = strconv.Atoi(n)
			return id, part
		}
	}
	return "", 0
}
