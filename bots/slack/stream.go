package slack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	slackgo "github.com/slack-go/slack"

	"github.com/tierwise/tierwise/internal/chat"
)

const (
	// flushChars and flushEvery bound the buffer before an append; the first
	// text is shown at once.
	flushChars = 256
	flushEvery = time.Second
)

// streams are the live posts this replica writes. Losing them loses no text:
// the final post replaces whatever was shown.
type streams struct {
	mu   sync.Mutex
	live map[string]*stream // by key of the post's first message
}

// forgotten is when a stream that nobody ended here is no more ours: its final
// text was put by another replica.
const forgotten = time.Hour

// stream is one live post, over one or several messages.
type stream struct {
	mu      sync.Mutex
	at      chat.Place
	job     string
	made    time.Time
	first   chat.Ref
	now     chat.Ref   // the message being written
	older   []chat.Ref // ended ones after the first
	began   time.Time  // of now
	length  int        // characters in now
	pending strings.Builder
	flushed time.Time
	ended   bool
}

func newStreams() *streams { return &streams{live: map[string]*stream{}} }

func (s *streams) get(key string) *stream {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.live[key]
}

func (s *streams) put(key string, one *stream) {
	s.mu.Lock()
	defer s.mu.Unlock()
	maps.DeleteFunc(s.live, func(_ string, old *stream) bool { return one.made.Sub(old.made) > forgotten })
	s.live[key] = one
}

func (s *streams) take(key string) *stream {
	s.mu.Lock()
	defer s.mu.Unlock()
	one := s.live[key]
	delete(s.live, key)
	return one
}

// in are the jobs written in a thread; with messages named, only theirs.
func (s *streams) in(team, channel, thread string, messages []string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var jobs []string
	for _, one := range s.live {
		if one.at.Workspace != team || one.at.Channel != channel {
			continue
		}
		if slices.Contains(messages, one.now.ID) || slices.Contains(messages, one.first.ID) || len(messages) == 0 && one.at.Thread == thread {
			jobs = append(jobs, one.job)
		}
	}
	slices.Sort(jobs)
	return jobs
}

// streamable says whether a live post may be tried here: it needs a thread and
// somebody to show it to, and a workspace that offers it.
func (r *responder) streamable() bool {
	_, off := r.a.noStream.get(r.to.Place.Workspace)
	return !off && !r.to.Private && r.to.Place.Thread != "" && r.to.To != ""
}

// startStream begins a live post. A placeholder is a grey line in it, with
// its buttons; both go when the final text comes.
func (r *responder) startStream(ctx context.Context, p chat.Post) (chat.Ref, error) {
	s := &stream{at: r.to.Place, job: p.Job, made: r.a.clock.Now()}
	var chunks []any
	if p.Stage == chat.Placeholder {
		chunks = append(chunks, slackgo.NewBlocksChunk(liveBlocks(p)...))
	} else {
		if p.Job != "" {
			chunks = append(chunks, slackgo.NewBlocksChunk(jobLine(p.Job, 0, "…")))
		}
		text := unlinked(inert(p.Text))
		chunks = append(chunks, slackgo.NewMarkdownTextChunk(clip(or(text, " "), streamText)))
		s.length = utf8.RuneCountInString(text)
	}
	if err := r.begin(ctx, s, chunks); err != nil {
		return chat.Ref{}, err
	}
	s.first = s.now
	r.a.streams.put(r.key(s.first), s)
	return s.first, nil
}

// liveBlocks is a placeholder inside a live post.
func liveBlocks(p chat.Post) []slackgo.Block {
	return append([]slackgo.Block{jobLine(p.Job, 0, or(p.Text, "…"))}, buttons(p.Buttons, nil)...)
}

// jobLine is a grey line whose block carries the job.
func jobLine(job string, n int, text string) slackgo.Block {
	id := jobBlock + job
	if n > 0 {
		id += "#" + strconv.Itoa(n)
	}
	if len(id) > maxBlockID {
		id = ""
	}
	return slackgo.NewContextBlock(id, plain(inert(text), maxContext))
}

// begin starts a message of a stream.
func (r *responder) begin(ctx context.Context, s *stream, chunks []any) error {
	raw, err := json.Marshal(chunks)
	if err != nil {
		return fmt.Errorf("slack: stream: %w", err)
	}
	at := r.to.Place
	args := url.Values{"channel": {at.Channel}, "thread_ts": {at.Thread}, "chunks": {string(raw)}, "recipient_user_id": {r.to.To}, "recipient_team_id": {r.recipientTeam(ctx)}}
	var got struct {
		Channel string `json:"channel"`
		TS      string `json:"ts"`
	}
	_, err = r.a.call(ctx, at.Workspace, call{method: chatStartStream, channel: at.Channel, args: args}, &got)
	switch code(err) {
	case "unknown_method", "method_deprecated", "feature_not_enabled", "not_allowed_token_type", "channel_type_not_supported":
		r.a.noStream.put(at.Workspace, struct{}{}) // not asked again for a while
	}
	if err != nil {
		return err
	}
	s.now = chat.Ref{Channel: or(got.Channel, at.Channel), Thread: at.Thread, ID: got.TS}
	s.began = r.a.clock.Now()
	return nil
}

// recipientTeam is the team of who the stream is shown to, which for people of other
// organisations is not ours.
func (r *responder) recipientTeam(ctx context.Context) string {
	if u, err := r.a.names.user(ctx, r.to.Place.Workspace, r.to.To); err == nil && u.Team != "" && u.Stranger {
		return u.Team
	}
	return r.to.Place.Workspace
}

// Append adds text to a live post. Where the post is not live here, the caller
// replaces it instead.
func (r *responder) Append(ctx context.Context, ref chat.Ref, text string) error {
	s := r.a.streams.get(r.key(ref))
	if s == nil {
		return fmt.Errorf("slack: append: %w", chat.ErrUnsupported)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return fmt.Errorf("slack: append: %w", chat.ErrUnsupported)
	}
	s.pending.WriteString(text)
	now := r.a.clock.Now()
	due := s.flushed.IsZero() || now.Sub(s.flushed) >= flushEvery || utf8.RuneCountInString(s.pending.String()) >= flushChars
	if !due || s.pending.Len() == 0 {
		return nil
	}
	return r.flush(ctx, s, now)
}

// flush appends what is pending, in a new message where the present one is
// nearly over. A busy method only makes the buffer grow.
func (r *responder) flush(ctx context.Context, s *stream, now time.Time) error {
	text := unlinked(inert(s.pending.String()))
	size := utf8.RuneCountInString(text)
	if now.Sub(s.began) >= streamLife || s.length+size > streamText {
		if err := r.roll(ctx, s); err != nil {
			s.ended = true
			return fmt.Errorf("slack: append: %w: %w", chat.ErrUnsupported, err)
		}
	}
	args := url.Values{"channel": {s.now.Channel}, "ts": {s.now.ID}, "markdown_text": {clip(text, streamText)}}
	_, err := r.a.call(ctx, s.at.Workspace, call{method: chatAppendStream, channel: s.at.Channel, args: args}, nil)
	var limited *chat.RateLimited
	switch {
	case errors.As(err, &limited):
		return nil
	case errors.Is(err, chat.ErrStopped):
		s.ended = true
		return err
	case err != nil:
		s.ended = true
		return fmt.Errorf("slack: append: %w: %w", chat.ErrUnsupported, err)
	}
	s.pending.Reset()
	s.length += size
	s.flushed = now
	return nil
}

// roll ends the present message and goes on in a new one.
func (r *responder) roll(ctx context.Context, s *stream) error {
	old := s.now
	r.stop(ctx, old)
	if old != s.first {
		s.older = append(s.older, old)
	}
	n := len(s.older) + 1
	s.length = 0
	return r.begin(ctx, s, []any{slackgo.NewBlocksChunk(jobLine(s.job, n, "continued …"))})
}

// endStream ends a post that is live here and returns its messages after the
// first. ours is false when somebody else ended it before.
func (r *responder) endStream(ctx context.Context, ref chat.Ref) (refs []chat.Ref, live, ours bool) {
	s := r.a.streams.take(r.key(ref))
	if s == nil {
		return nil, false, false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = true
	ours = r.stop(ctx, s.now)
	r.a.settled.put(r.key(ref), struct{}{}) // its sign ended with it
	refs = s.older
	if s.now != s.first {
		refs = append(refs, s.now)
	}
	return refs, true, ours
}

// stop ends one streamed message, reports whether it was still live, and sets
// the session back. That it has ended by itself, or by a person, is as good;
// the sign is then taken away by hand, because it would stay.
func (r *responder) stop(ctx context.Context, ref chat.Ref) bool {
	args := url.Values{"channel": {ref.Channel}, "ts": {ref.ID}, "session_status": {sessionIdle}}
	_, err := r.a.call(ctx, r.to.Place.Workspace, call{method: chatStopStream, channel: ref.Channel, args: args, patience: 10 * time.Second}, nil)
	if err != nil {
		r.a.count("slack.stream_not_stopped")
		r.a.idle(ctx, r.to.Place)
	}
	return err == nil
}

// unlinked keeps addresses in live text from being fetched for a preview: a
// stream takes no word against previews, and what a model writes could carry
// something out in an address. The final text has them whole.
func unlinked(s string) string { return strings.ReplaceAll(s, "://", ":"+zeroWidth+"//") }
