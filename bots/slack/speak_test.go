package slack

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tierwise/tierwise/bots/bottest"
	"github.com/tierwise/tierwise/bots/slack/slacktest"
	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/fault"
)

// asked is a world with a mention, and the responder for it.
func asked(t *testing.T) (*world, chat.Responder, slacktest.Delivery) {
	t.Helper()
	door := bottest.NewRecorder()
	w := open(t, door)
	d := w.User("U1").Mention("C1", "what is open?")
	return w, answerTo(t, w, one(t, door, chat.Mention).ReplyTo), d
}

// TestALongStreamGoesOnInANewMessage, after four minutes or 11,000 characters,
// and the final text is cut over the messages that are there.
func TestALongStreamGoesOnInANewMessage(t *testing.T) {
	w, r, d := asked(t)
	ref := put(t, r, chat.Post{Job: "J1/1", Stage: chat.Placeholder, Text: "Thinking …"})
	var all strings.Builder
	say := func(text string) {
		t.Helper()
		all.WriteString(text)
		if err := r.Append(t.Context(), ref, text); err != nil {
			t.Fatal(err)
		}
		w.now.Advance(flushEvery)
	}
	say("short. ")
	w.now.Advance(streamLife)
	say("after four minutes. ")
	for range 40 {
		say(strings.Repeat("word ", 60))
	}
	if n := len(w.Requests("chat.startStream")); n != 3 {
		t.Errorf("%d streams were started, want 3", n)
	}
	put(t, r, chat.Post{Job: "J1/1", Ref: ref, Stage: chat.Final, Text: all.String(), Footer: "economy"})
	var mine []slacktest.Seen
	for _, m := range w.User("U2").See("C1", d.Message.TS) {
		if m.BotID != "" {
			mine = append(mine, m)
		}
	}
	if len(mine) != 2 || mine[0].TS != ref.ID || mine[0].Live || mine[1].Live || !strings.HasSuffix(mine[1].Text, "economy") {
		t.Fatalf("%d messages are left, want the text in two", len(mine))
	}
	if got := strings.Count(mine[0].Text+mine[1].Text, "word"); got != 40*60 {
		t.Errorf("%d words are left", got)
	}
	// Short again, on a replica that knows nothing of it.
	w.adapter.parts.drop("T1/C1/" + ref.ID)
	put(t, r, chat.Post{Job: "J1/1", Ref: ref, Stage: chat.Final, Text: "In short."})
	if m := w.User("U2").Last("C1", d.Message.TS); m.TS != ref.ID || m.Text != "In short." {
		t.Errorf("after shortening the last message reads %q", m.Text)
	}
}

// TestManyStreamsBecomePosts: beyond twenty a minute the first sign is an
// ordinary message, which is replaced at intervals.
func TestManyStreamsBecomePosts(t *testing.T) {
	w, r, _ := asked(t)
	w.Behave(slacktest.Behaviour{Tiers: true})
	for i := range 24 {
		job := fmt.Sprintf("J%d/1", i)
		ref := put(t, r, chat.Post{Job: job, Stage: chat.Placeholder, Text: "Thinking …"})
		err := r.Append(t.Context(), ref, "text")
		if errors.Is(err, chat.ErrUnsupported) && i < 20 {
			t.Errorf("stream %d was refused: %v", i, err)
		}
		if i >= 20 {
			if !errors.Is(err, chat.ErrUnsupported) {
				t.Errorf("post %d was appended to: %v", i, err)
			}
			if _, err := r.Put(t.Context(), chat.Post{Job: job, Ref: ref, Stage: chat.Live, Text: "text so far"}); err != nil {
				t.Error(err)
			}
		}
		put(t, r, chat.Post{Job: job, Ref: ref, Stage: chat.Final, Text: "done"})
	}
	for _, c := range w.Requests("") {
		if c.Error == "ratelimited" {
			t.Errorf("the limiter let %s run into the limit", c.Method)
		}
	}
}

// TestRateLimitsAreHonoured, also those that come with a 200.
func TestRateLimitsAreHonoured(t *testing.T) {
	w, r, _ := asked(t)
	for name, f := range map[string]slacktest.Fault{"429": slacktest.RateLimited(30 * time.Second), "200": slacktest.SoftRateLimited()} {
		w.Fail("chat.postMessage", 1, f)
		_, err := r.Put(t.Context(), chat.Post{Job: name, Stage: chat.Final, Text: "x"})
		var limited *chat.RateLimited
		if !errors.As(err, &limited) || name == "429" && limited.After != 30*time.Second {
			t.Fatalf("%s gave %v", name, err)
		}
		before := w.now.Now()
		_, err = r.Put(t.Context(), chat.Post{Job: name, Stage: chat.Final, Text: "x"})
		switch {
		case limited.After > patience(chat.Final) && !errors.As(err, &limited):
			t.Errorf("%s: a wait too long gave %v", name, err)
		case limited.After <= patience(chat.Final) && (err != nil || w.now.Now().Sub(before) < limited.After):
			t.Errorf("%s: posted after %v, %v", name, w.now.Now().Sub(before), err)
		}
		w.now.Advance(time.Minute)
	}
}

// TestPostsInAChannelArePaced, and other channels are not held back.
func TestPostsInAChannelArePaced(t *testing.T) {
	w, _, _ := asked(t)
	w.Behave(slacktest.Behaviour{Tiers: true})
	busy, err := w.adapter.Opener().OpenPlace(t.Context(), place("C1", ""))
	if err != nil {
		t.Fatal(err)
	}
	before := w.now.Now()
	for i := range 20 {
		put(t, busy, chat.Post{Job: fmt.Sprint(i), Text: "x"})
	}
	if took := w.now.Now().Sub(before); took < 10*time.Second || took > 20*time.Second {
		t.Errorf("twenty posts took %v, want ten in ten seconds", took)
	}
	other, err := w.adapter.Opener().OpenPlace(t.Context(), place("C2", ""))
	if err != nil {
		t.Fatal(err)
	}
	before = w.now.Now()
	put(t, other, chat.Post{Job: "other", Text: "x"})
	if w.now.Now() != before {
		t.Error("another channel waited too")
	}
}

// TestWhatMayHaveHappenedIsNotAnError: cut, unreadable and failing answers of a
// write are unknown; nothing is unknown where no connection was made.
func TestWhatMayHaveHappenedIsNotAnError(t *testing.T) {
	w, r, _ := asked(t)
	for name, f := range map[string]slacktest.Fault{"cut after": slacktest.CutAfter(), "cut before": slacktest.CutBefore(), "half an answer": slacktest.BadJSON(),
		"a page": slacktest.HTML(), "503": slacktest.HTTPStatus(503)} {
		w.Fail("chat.postMessage", 1, f)
		if _, err := r.Put(t.Context(), chat.Post{Job: name, Stage: chat.Final, Text: "x"}); !errors.Is(err, chat.ErrUnknownResult) {
			t.Errorf("%s gave %v", name, err)
		}
		w.now.Advance(time.Minute)
	}
	w.adapter.api.base = "http://127.0.0.1:1/api/"
	_, err := r.Put(t.Context(), chat.Post{Job: "nowhere", Stage: chat.Final, Text: "x"})
	if errors.Is(err, chat.ErrUnknownResult) || fault.KindOf(err) != fault.Unavailable {
		t.Errorf("no connection gave %v", err)
	}
}

// TestAHalfPostIsNotPutAgain: when a later message of a post is refused, the
// post is to be looked up and completed, whatever the reason was.
func TestAHalfPostIsNotPutAgain(t *testing.T) {
	w, r, d := asked(t)
	for i := range postsInSpan - 1 {
		put(t, r, chat.Post{Job: fmt.Sprint(i), Stage: chat.Final, Text: "x"})
	}
	calm := w.adapter.api.limit.sleep
	w.adapter.api.limit.sleep = func(ctx context.Context, d time.Duration) error {
		w.Fail("chat.postMessage", 1, slacktest.RateLimited(time.Minute))
		return calm(ctx, d)
	}
	long := chat.Post{Job: "L/1", Stage: chat.Final, Text: strings.Repeat("word ", maxText/2)}
	_, err := r.Put(t.Context(), long)
	var limited *chat.RateLimited
	if !errors.Is(err, chat.ErrUnknownResult) || errors.As(err, &limited) {
		t.Fatalf("half a post gave %v", err)
	}
	w.adapter.api.limit.sleep = calm
	w.now.Advance(2 * time.Minute)
	ref, err := r.Find(t.Context(), "L/1")
	if err != nil {
		t.Fatal(err)
	}
	long.Ref = ref
	put(t, r, long)
	words := 0
	for _, m := range w.User("U2").See("C1", d.Message.TS) {
		words += strings.Count(m.Text, "word")
	}
	if words != maxText/2 {
		t.Errorf("%d words are seen, want %d", words, maxText/2)
	}
}

// TestALostFirstSignIsFound: a live post takes no metadata, so its job is in
// its first block.
func TestALostFirstSignIsFound(t *testing.T) {
	w, r, d := asked(t)
	w.Fail("chat.startStream", 1, slacktest.CutAfter())
	_, err := r.Put(t.Context(), chat.Post{Job: "J9/1", Stage: chat.Placeholder, Text: "Thinking …"})
	if !errors.Is(err, chat.ErrUnknownResult) {
		t.Fatalf("put gave %v", err)
	}
	ref, err := r.Find(t.Context(), "J9/1")
	if err != nil {
		t.Fatal(err)
	}
	put(t, r, chat.Post{Job: "J9/1", Ref: ref, Stage: chat.Final, Text: "done"})
	if m := w.User("U2").Last("C1", d.Message.TS); m.Live || m.Text != "done" || len(w.User("U2").See("C1", d.Message.TS)) != 2 {
		t.Errorf("the thread ends with %q", m.Text)
	}
}

// TestAPrivateAnswerOutlivesItsAddress: after five uses or half an hour it
// comes as an ephemeral message.
func TestAPrivateAnswerOutlivesItsAddress(t *testing.T) {
	door := bottest.NewRecorder()
	w := open(t, door)
	w.User("U1").Command("/summarize", "24h", "C1")
	r := answerTo(t, w, one(t, door, chat.Command).ReplyTo)
	for i := range 7 {
		put(t, r, chat.Post{Job: fmt.Sprint(i), Text: fmt.Sprintf("answer %d", i), Private: true})
	}
	if n := len(w.Requests("response_url")); n != responseUses {
		t.Errorf("the address was used %d times", n)
	}
	w.now.Advance(responseLife)
	put(t, r, chat.Post{Job: "late", Text: "answer late", Private: true})
	if n := len(w.Requests("chat.postEphemeral")); n != 3 {
		t.Errorf("%d ephemeral messages, want 3", n)
	}
	if n := len(w.User("U1").See("C1", "")); n != 8 {
		t.Errorf("the asker sees %d answers", n)
	}
	if n := len(w.User("U2").See("C1", "")); n != 0 {
		t.Errorf("somebody else sees %d answers", n)
	}
}

// TestAPrivateExportGoesToTheDirectMessages, because an ephemeral message
// takes no file.
func TestAPrivateExportGoesToTheDirectMessages(t *testing.T) {
	door := bottest.NewRecorder()
	w := open(t, door)
	w.User("U1").Command("/ai-spend", "export", "C1")
	r := answerTo(t, w, one(t, door, chat.Command).ReplyTo)
	put(t, r, chat.Post{Job: "E/1", Text: "Your export.", Private: true, Files: []chat.File{{Name: "spend.csv", Alt: "spend by day", Data: []byte("day,usd\n")}}})
	direct := w.User("U1").Direct()
	var files []string
	for _, m := range w.User("U1").See(direct, "") {
		for _, s := range append(w.User("U1").See(direct, m.TS), m) {
			files = append(files, s.Files...)
		}
	}
	if !strings.Contains(strings.Join(files, " "), "spend.csv") {
		t.Errorf("files in the direct messages: %q", files)
	}
	if m := w.User("U1").Last("C1", ""); !m.Private || !strings.Contains(m.Text, "direct messages") {
		t.Errorf("the private post reads %q", m.Text)
	}
}

// TestNothingSecretIsLoggedOrReturned over a day of faults.
func TestNothingSecretIsLoggedOrReturned(t *testing.T) {
	door := bottest.NewRecorder()
	w := open(t, door)
	token := w.Token("T1")
	d := w.User("U1").Mention("C1", "walrus secret")
	r := answerTo(t, w, one(t, door, chat.Mention).ReplyTo)
	w.User("U1").Command("/summarize", "walrus", "C1")
	private := answerTo(t, w, one(t, door, chat.Command).ReplyTo)
	for _, f := range []slacktest.Fault{slacktest.CutAfter(), slacktest.HTTPStatus(500), slacktest.Code("invalid_blocks"), slacktest.HTML(), slacktest.MissingScope("files:write", "chat:write"), slacktest.RateLimited(time.Second)} {
		w.Fail("*", 1, f)
		w.Fail("response_url", 1, f)
		for _, speaker := range []chat.Responder{r, private} {
			_, err := speaker.Put(context.WithoutCancel(t.Context()), chat.Post{Job: "J/1", Stage: chat.Final, Text: "walrus answer"})
			if text := fmt.Sprintf("%v %+v %#v", err, err, err); strings.Contains(text, "walrus") || strings.Contains(text, token) || strings.Contains(text, "/response/") || strings.Contains(text, "127.0.0.1") {
				t.Errorf("an error shows too much: %v", err)
			}
		}
		w.now.Advance(time.Minute)
		w.Heal()
	}
	w.Raw([]byte(`{"type":"event_callback","team_id":"T1","event":"walrus"}`))
	w.mu.Lock()
	logged := w.logs.String()
	w.mu.Unlock()
	for _, secret := range []string{"walrus", token, slacktest.SigningSecret, "/response/", d.Message.TS} {
		if strings.Contains(logged, secret) {
			t.Errorf("the log shows %q", secret)
		}
	}
}
