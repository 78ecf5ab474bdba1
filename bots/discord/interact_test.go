package discord

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tierwise/tierwise/bots/bottest"
	"github.com/tierwise/tierwise/bots/discord/discordtest"
	"github.com/tierwise/tierwise/internal/chat"
)

func TestCommandsAreRegisteredOnlyWhenTheyChanged(t *testing.T) {
	door := bottest.NewRecorder()
	w := open(t, door, discordtest.Options{})
	names, writes := w.f.Commands()
	want := []string{"Classify", "Draft reply", "Summarize from here", "ai-config", "ai-spend", "classify", "draft", "summarize"}
	if diff := cmp.Diff(want, names); diff != "" || writes != 1 {
		t.Fatalf("%d writes, %s", writes, diff)
	}
	w.stop()
	w.tell = newTally()
	w.again(door)
	if _, writes := w.f.Commands(); writes != 1 {
		t.Errorf("a restart registered them again, %d writes", writes)
	}
}

func TestACommandIsAcceptedBeforeItIsAcknowledged(t *testing.T) {
	var w *town
	door := &lookingDoor{Recorder: bottest.NewRecorder()}
	w = open(t, door, discordtest.Options{})
	door.look = func(chat.Event) {
		if n := len(w.f.Requests("POST", "/interactions/{interaction_id}/{interaction_token}/callback")); n != 0 {
			t.Error("acknowledged before it was accepted")
		}
	}
	i := w.f.As(w.maya).Command(w.market, "summarize", map[string]string{"what": "7d"})
	w.settle()
	if got := w.f.Look(i).Answer; got != sayThinking {
		t.Errorf("answer %d", got)
	}
	w.say(door.Events()[0].ReplyTo, chat.Post{Job: "j1", Text: "Nothing new."})
	// The answer took the place of "thinking"; a second one stands beside it.
	w.say(door.Events()[0].ReplyTo, chat.Post{Job: "j2", Text: "Really nothing."})
	if got := w.texts(w.market, w.maya); !slices.Equal(got, []string{"Nothing new.", "Really nothing."}) {
		t.Errorf("maya sees %q", got)
	}
	if got := w.texts(w.market, w.omar); len(got) != 0 {
		t.Errorf("omar sees %q", got)
	}
	w.f.CheckManners(t)
}

// A worker can be faster than the acknowledgement; its answer must still take
// the place of "thinking", and not become a direct message.
func TestAnAnswerFasterThanTheAcknowledgement(t *testing.T) {
	var w *town
	done := make(chan error, 1)
	asked := make(chan struct{})
	door := &lookingDoor{Recorder: bottest.NewRecorder(), look: func(e chat.Event) {
		go func() {
			r, err := w.a.Opener().Open(context.Background(), e.ReplyTo)
			if err == nil {
				_, err = r.Put(context.Background(), chat.Post{Job: "j1", Text: "At once."})
			}
			done <- err
		}()
		<-asked // not accepted, so not acknowledged, before the answer was tried
	}}
	w = open(t, door, discordtest.Options{})
	var once sync.Once
	w.a.sleep = func(context.Context, time.Duration) error {
		once.Do(func() { close(asked) })
		time.Sleep(time.Millisecond) // the platform's clock stands still meanwhile
		return nil
	}
	w.f.As(w.maya).Command(w.market, "summarize", map[string]string{"what": "7d"})
	w.settle()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if got := w.texts(w.market, w.maya); !slices.Equal(got, []string{"At once."}) || len(w.texts(w.direct, w.maya)) != 0 {
		t.Errorf("maya sees %q", got)
	}
}

// lookingDoor looks at every event before it is accepted.
type lookingDoor struct {
	*bottest.Recorder
	look func(chat.Event)
}

func (d *lookingDoor) Accept(ctx context.Context, e chat.Event) error {
	d.look(e)
	return d.Recorder.Accept(ctx, e)
}

func TestAnotherReplicaAnswersACommand(t *testing.T) {
	door := bottest.NewRecorder()
	w := open(t, door, discordtest.Options{})
	w.f.As(w.maya).Command(w.market, "summarize", map[string]string{"what": "7d"})
	w.settle()
	to := door.Events()[0].ReplyTo
	w.stop()
	w.tell = newTally()
	w.again(door)
	for _, text := range []string{"one", "two"} {
		w.a.answered.drop(w.a.mustAddress(t, to).ID)
		w.say(to, chat.Post{Job: text, Text: text})
	}
	if got := w.texts(w.market, w.maya); !slices.Equal(got, []string{"one", "two"}) {
		t.Errorf("maya sees %q", got)
	}
}

func (a *Adapter) mustAddress(t *testing.T, to chat.ReplyTo) address {
	t.Helper()
	r, err := a.responder(t.Context(), to)
	if err != nil {
		t.Fatal(err)
	}
	return r.addr
}

func TestALateAnswerComesAsADirectMessage(t *testing.T) {
	for name, before := range map[string]func(w *town){
		"after 14 and a half minutes":           func(w *town) { w.f.Clock().Advance(tokenLife) },
		"where the acknowledgement was refused": nil,
	} {
		t.Run(name, func(t *testing.T) {
			door := bottest.NewRecorder()
			w := open(t, door, discordtest.Options{})
			if before == nil {
				w.f.FailCallback(codeUnknownInteraction)
			}
			w.f.As(w.maya).Command(w.market, "summarize", map[string]string{"what": "7d"})
			w.settle()
			if before != nil {
				before(w)
			}
			w.say(door.Events()[0].ReplyTo, chat.Post{Job: "j1", Text: "At last."})
			if got := w.texts(w.direct, w.maya); !slices.Equal(got, []string{"At last."}) {
				t.Errorf("maya is told %q", got)
			}
			if got := w.texts(w.market, w.omar); len(got) != 0 {
				t.Errorf("everybody sees %q", got)
			}
			w.f.CheckManners(t)
		})
	}
}

func TestAPrivateAnswerToAMentionIsADirectMessage(t *testing.T) {
	door := bottest.NewRecorder()
	w := open(t, door, discordtest.Options{})
	w.f.As(w.maya).Say(w.market, w.bot()+" what did I spend?")
	w.settle()
	to := door.Events()[0].ReplyTo
	ref := w.say(to, chat.Post{Job: "j1", Stage: chat.Placeholder, Text: "Thinking …", Private: true})
	w.say(to, chat.Post{Job: "j1", Ref: ref, Text: "$0.12", Private: true})
	if got := w.texts(w.direct, w.maya); !slices.Equal(got, []string{"$0.12"}) || len(w.texts(w.market, w.omar)) != 0 {
		t.Errorf("maya is told %q", got)
	}
}

func TestACommandWithoutWordsCanOpenAForm(t *testing.T) {
	door := bottest.NewRecorder()
	door.Answer(func(q chat.Question) chat.Answer {
		switch {
		case q.Kind == chat.OpenForm && q.Name == "draft":
			return chat.Answer{Form: &chat.Form{ID: "draft", Title: "Draft a message", Intro: "It stays private.", State: strings.Repeat("long ", 190),
				Fields: []chat.Field{{ID: "say", Label: "What should it say?", Kind: chat.LongField}, {ID: "tone", Label: "Tone", Kind: chat.MultiField, Optional: true,
					Choices: []chat.Choice{{Label: "Short", Value: "short"}, {Label: "Warm", Value: "warm"}}}}}}
		case q.Kind == chat.Autocomplete:
			return chat.Answer{Choices: []chat.Choice{{Label: "forecast of " + q.Field, Value: q.Value + "recast"}}}
		}
		return chat.Answer{}
	})
	w := open(t, door, discordtest.Options{})
	opened := w.f.As(w.maya).Command(w.market, "draft", nil)
	w.settle()
	w.f.As(w.maya).Submit(opened, map[string]string{"say": "we ship", "tone": "short\nwarm"})
	w.settle()
	e := door.Events()
	if len(e) != 1 || e[0].Kind != chat.Submit || e[0].Name != "draft" || e[0].State != strings.Repeat("long ", 190) {
		t.Fatalf("%d events", len(e))
	}
	if diff := cmp.Diff(map[string]string{"say": "we ship", "tone": "short\nwarm"}, e[0].Fields); diff != "" {
		t.Error(diff)
	}
	w.say(e[0].ReplyTo, chat.Post{Job: "j1", Text: "Draft: we ship."})
	typing := w.f.As(w.maya).Complete(w.market, "ai-spend", "view", "fo")
	w.settle()
	if diff := cmp.Diff([]discordtest.Choice{{Label: "forecast of view", Value: "forecast"}}, w.f.Look(typing).Choices); diff != "" {
		t.Error(diff)
	}
}

func TestButtonsSurviveARestartAndForgedOnesDoNothing(t *testing.T) {
	door := bottest.NewRecorder()
	w := open(t, door, discordtest.Options{})
	ref := w.say(chat.ReplyTo{Place: w.at(w.market, "")}, chat.Post{Job: "j1", Text: "Done.", Buttons: []chat.Button{{Name: "answer.up", Label: "👍", Value: "job|1"}}})
	w.stop()
	w.tell = newTally()
	w.again(door)
	w.f.As(w.maya).Press(w.market, ref.ID, "👍")
	w.settle()
	if e := door.Events(); len(e) != 1 || e[0].Name != "answer.up" || e[0].Value != "job|1" {
		t.Fatalf("%d events", len(e))
	}
	for _, id := range []string{"aAAAAAAAAAAanswer.up|job|1", "a", "answer.retract", strings.Repeat("x", 100)} {
		w.f.As(w.maya).PressID(w.market, ref.ID, id)
	}
	w.settle()
	if n := len(door.Events()); n != 1 {
		t.Errorf("forged ids made %d events", n-1)
	}
}

func TestMessageCommandsNeedNoContentIntent(t *testing.T) {
	door := bottest.NewRecorder()
	w := open(t, door, discordtest.Options{NoContent: true})
	if w.tell.of("discord.content_denied") != 1 {
		t.Error("the missing intent was not noted")
	}
	m := w.f.As(w.omar).Say(w.market, "the invoice export is broken")
	w.f.As(w.maya).MessageCommand(m, "Summarize from here")
	w.f.As(w.maya).Say(w.market, w.bot()+" is this a bug?")
	w.settle()
	e := door.Events()
	i := slices.IndexFunc(e, func(e chat.Event) bool { return e.Kind == chat.Shortcut })
	if len(e) != 2 || i < 0 || e[i].Name != "summarize_thread" || e[i].Target == nil || e[i].Target.Text != "the invoice export is broken" {
		t.Errorf("events %+v", e)
	}
	if m := mentionsOf(door); len(m) != 1 || m[0].Text != "is this a bug?" {
		t.Error("the mention was not understood")
	}
	h, err := w.a.history(t.Context(), chat.HistoryQuery{Place: w.at(w.market, "")})
	if err != nil || !h.Coverage.Hidden || h.Coverage.Complete() {
		t.Errorf("coverage %+v, %v", h.Coverage, err)
	}
}

func TestAFollowUpThatCannotBeReadIsExplainedOnce(t *testing.T) {
	door := bottest.NewRecorder()
	w := found(t, discordtest.Options{NoContent: true})
	w.connect(door, func(c *Config) {
		c.Owned = func(context.Context, chat.Place) (chat.Owned, error) { return chat.Owned{Owner: w.maya}, nil }
	})
	w.f.As(w.maya).Say(w.thread, "shorter please")
	w.f.As(w.maya).Say(w.thread, "shorter, I said")
	w.settle()
	if got := w.texts(w.thread, w.maya); len(door.Events()) != 0 || len(got) != 1 || !strings.Contains(got[0], "mention me") {
		t.Errorf("%d events, said %q", len(door.Events()), got)
	}
}

func TestMissingHistoryIsNoEmptyChannel(t *testing.T) {
	w := found(t, discordtest.Options{})
	w.f.Deny(w.market, discordtest.ReadHistory)
	w.connect(bottest.NewRecorder())
	h, err := w.a.history(t.Context(), chat.HistoryQuery{Place: w.at(w.market, "")})
	if err != nil || !h.Coverage.Hidden || len(h.Messages) != 0 {
		t.Errorf("%d messages, coverage %+v, %v", len(h.Messages), h.Coverage, err)
	}
	empty := w.f.AddChannel(w.guild, "quiet", 0)
	h, err = w.a.history(t.Context(), chat.HistoryQuery{Place: w.at(empty, "")})
	if err != nil || h.Coverage.Hidden || !h.Coverage.Complete() {
		t.Errorf("an empty channel: coverage %+v, %v", h.Coverage, err)
	}
}

func TestFromAMessageOnwards(t *testing.T) {
	w := open(t, bottest.NewRecorder(), discordtest.Options{})
	all := w.f.Messages(w.market, w.maya)
	from := all[len(all)-3]
	h, err := w.a.history(t.Context(), chat.HistoryQuery{Place: w.at(w.market, from.ID)})
	if err != nil || len(h.Messages) != 3 || h.Messages[0].ID != from.ID {
		t.Errorf("%d messages, %v", len(h.Messages), err)
	}
}

func TestOddComponentsHideNothing(t *testing.T) {
	door := bottest.NewRecorder()
	w := open(t, door, discordtest.Options{})
	w.f.StrangeComponents()
	m := w.f.As(w.maya).Say(w.market, w.bot()+" hello?")
	w.f.As(w.omar).MessageCommand(m, "Classify")
	w.settle()
	if n := len(door.Events()); n != 2 {
		t.Errorf("%d events", n)
	}
	h, err := w.a.history(t.Context(), chat.HistoryQuery{Place: w.at(w.thread, "")})
	if err != nil {
		t.Fatal(err)
	}
	if h, err = w.a.history(t.Context(), chat.HistoryQuery{Place: w.at(w.market, w.thread)}); err != nil || len(h.Messages) != threadLen {
		t.Errorf("%d messages, %v", len(h.Messages), err)
	}
}

// TestManyInteractionsLeaveNothingBehind: tokens and buckets of interactions
// must not pile up. One bucket for each would be about 5 MB.
func TestManyInteractionsLeaveNothingBehind(t *testing.T) {
	if testing.Short() {
		t.Skip("long")
	}
	w := open(t, droppingDoor{}, discordtest.Options{NoSpec: true})
	run := func(n int) {
		for i := range n {
			w.f.As(w.maya).Command(w.market, "summarize", map[string]string{"what": "24h"})
			if i%100 == 99 {
				w.settle()
				w.f.Forget()
			}
		}
		w.settle()
		w.f.Forget()
	}
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	w.a.answered.most = 500
	run(1000) // fills every bounded cache
	before := heap()
	run(5000)
	half := heap()
	run(5000)
	after := heap()
	t.Logf("heap %d KiB before, %d KiB and %d KiB after 5,000 and 10,000 interactions", before>>10, half>>10, after>>10)
	// What every interaction leaves behind grows in both halves; a buffer or a
	// connection that is kept from then on, in one.
	if grown := min(int64(half)-int64(before), int64(after)-int64(half)); grown > 512<<10 { // a hundred bytes for each
		t.Errorf("the heap grew by %d KiB with each 5,000", grown>>10)
	}
}

// droppingDoor accepts everything and keeps nothing.
type droppingDoor struct{}

func (droppingDoor) Accept(context.Context, chat.Event) error { return nil }

func (droppingDoor) Ask(context.Context, chat.Question) (chat.Answer, error) {
	return chat.Answer{}, nil
}

func TestSlowDiscordHoldsUpNobodyElse(t *testing.T) {
	door := bottest.NewRecorder()
	w := open(t, door, discordtest.Options{})
	for range 20 {
		w.f.As(w.maya).Command(w.market, "summarize", map[string]string{"what": "24h"})
	}
	w.settle()
	// The platform answers nobody until all twenty have asked.
	w.f.HoldUntil(20)
	done := make(chan error, 20)
	for _, e := range door.Events() {
		go func() {
			r, err := w.a.Opener().Open(context.Background(), e.ReplyTo)
			if err == nil {
				_, err = r.Put(context.Background(), chat.Post{Job: e.ID, Text: "done"})
			}
			done <- err
		}()
	}
	for range 20 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

func TestRateLimitsInEveryShape(t *testing.T) {
	for _, kind := range []string{"bucket", "global", "cloudflare"} {
		t.Run(kind, func(t *testing.T) {
			w := open(t, bottest.NewRecorder(), discordtest.Options{})
			r, _ := w.a.Opener().OpenPlace(t.Context(), w.at(w.market, ""))
			elsewhere, _ := w.a.Opener().OpenPlace(t.Context(), w.at(w.news, ""))
			w.a.sleep = func(context.Context, time.Duration) error { return errors.New("must not wait so long") }
			w.f.LimitNext(discordtest.Limit{After: time.Minute, Kind: kind})
			var limited *chat.RateLimited
			if _, err := r.Put(t.Context(), chat.Post{Job: "j1", Text: "x"}); !errors.As(err, &limited) || limited.After != time.Minute {
				t.Fatalf("put gave %v", err)
			}
			before := len(w.f.Requests("", ""))
			if _, err := r.Put(t.Context(), chat.Post{Job: "j1", Text: "x"}); !errors.As(err, &limited) {
				t.Errorf("the second put gave %v", err)
			}
			_, err := elsewhere.Put(t.Context(), chat.Post{Job: "j2", Text: "x"})
			asked := len(w.f.Requests("", "")) > before
			if global := kind != "bucket"; global == asked || global != errors.As(err, &limited) {
				t.Errorf("another channel: %v, asked %v", err, asked)
			}
			w.f.Clock().Advance(time.Minute)
			if _, err := r.Put(t.Context(), chat.Post{Job: "j1", Text: "x"}); err != nil {
				t.Errorf("after the wait: %v", err)
			}
		})
	}
}

func TestAServerErrorIsTriedOnceMoreUnderTheSameNonce(t *testing.T) {
	w := open(t, bottest.NewRecorder(), discordtest.Options{})
	w.f.FailNext(503)
	w.say(chat.ReplyTo{Place: w.at(w.market, "")}, chat.Post{Job: "j1", Text: "once"})
	w.f.FailNext(500, 502)
	r, _ := w.a.Opener().OpenPlace(t.Context(), w.at(w.market, ""))
	if _, err := r.Put(t.Context(), chat.Post{Job: "j2", Text: "twice"}); !errors.Is(err, chat.ErrUnknownResult) {
		t.Errorf("two failures gave %v", err)
	}
	if got := w.texts(w.market, w.omar); !slices.Equal(got, []string{"once"}) {
		t.Errorf("seen %q", got)
	}
}
