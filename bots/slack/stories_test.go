package slack

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/tierwise/tierwise/bots/bottest"
	"github.com/tierwise/tierwise/bots/slack/slacktest"
	"github.com/tierwise/tierwise/internal/chat"
)

// one is the only accepted event of a kind.
func one(t *testing.T, door *bottest.Recorder, kind chat.EventKind) chat.Event {
	t.Helper()
	var of []chat.Event
	for _, e := range door.Events() {
		if e.Kind == kind {
			of = append(of, e)
		}
	}
	if len(of) != 1 {
		t.Fatalf("%d events of kind %s, want one", len(of), kind)
	}
	return of[0]
}

func answerTo(t *testing.T, w *world, to chat.ReplyTo) chat.Responder {
	t.Helper()
	r, err := w.adapter.Opener().Open(t.Context(), to)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func put(t *testing.T, r chat.Responder, p chat.Post) chat.Ref {
	t.Helper()
	ref, err := r.Put(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	return ref
}

// TestMentionAndLiveAnswer: a placeholder, text as it is written, the final
// text with its buttons, all in one message of the thread.
func TestMentionAndLiveAnswer(t *testing.T) {
	door := bottest.NewRecorder()
	w := open(t, door)
	d := w.User("U1").Mention("C1", "what is open?")
	e := one(t, door, chat.Mention)
	r := answerTo(t, w, e.ReplyTo)
	ref := put(t, r, chat.Post{Job: "J1/1", Stage: chat.Placeholder, Text: "Thinking …", Buttons: []chat.Button{{Name: "answer.stop", Label: "Stop", Value: "J1"}}})
	if m := w.User("U2").Last("C1", d.Message.TS); !m.Live || !strings.Contains(m.Text, "Thinking") || len(m.Controls) != 1 {
		t.Errorf("the first sign is %q, live %v, %d buttons", m.Text, m.Live, len(m.Controls))
	}
	for _, text := range []string{"Two things", " are open: the", " export and the invoice."} {
		if err := r.Append(t.Context(), ref, text); err != nil {
			t.Fatal(err)
		}
		w.now.Advance(flushEvery)
	}
	if m := w.User("U1").Last("C1", d.Message.TS); !strings.Contains(m.Text, "Two things are open: the export") {
		t.Errorf("the asker sees %q while it is written", m.Text)
	}
	put(t, r, chat.Post{Job: "J1/1", Ref: ref, Stage: chat.Final, Text: "Two things are open: the export and the invoice.", Footer: "economy · why?",
		Buttons: []chat.Button{{Name: "answer.up", Label: "👍", Value: "J1"}}, More: []chat.Button{{Name: "answer.retract", Label: "Retract", Value: "J1"}}})
	m := w.User("U2").Last("C1", d.Message.TS)
	if m.Live || m.TS != ref.ID || strings.Contains(m.Text, "Thinking") || !strings.Contains(m.Text, "economy · why?") || len(m.Controls) != 2 {
		t.Errorf("the final message: %+v", m)
	}
	if got := w.Status("C1", d.Message.TS).Session; got != "active" {
		t.Errorf("the session is left %q", got)
	}
}

// TestOneMentionInManyDeliveries: pairs in both orders, and eleven copies with
// ids of their own, share a mark, so the house answers once.
func TestOneMentionInManyDeliveries(t *testing.T) {
	for _, b := range []slacktest.Behaviour{{Pair: true}, {Pair: true, MessageFirst: true}, {Copies: 11}, {Pair: true, Copies: 11}} {
		door := bottest.NewRecorder()
		w := open(t, door)
		w.Behave(b)
		d := w.User("U1").Mention("C1", "once")
		if !d.Acked {
			t.Errorf("%+v: not acknowledged", b)
		}
		events := door.Events()
		if len(events) < 2 {
			t.Fatalf("%+v: %d deliveries reached the door, want several", b, len(events))
		}
		for _, e := range events {
			if got, want := e.Marks()[1], events[0].Marks()[1]; got != want || e.Place != events[0].Place {
				t.Errorf("%+v: marks %q and %q, places %v and %v", b, got, want, e.Place, events[0].Place)
			}
		}
	}
}

// TestSummarizePrivatelyAndShare: the click under the private summary carries
// who pressed and lets the private message be replaced; the summary is shared
// as a post of its own.
func TestSummarizePrivatelyAndShare(t *testing.T) {
	door := bottest.NewRecorder()
	w := open(t, door)
	w.User("U1").Command("/summarize", "24h in <#C2|support>", "C1")
	e := one(t, door, chat.Command)
	if e.Text != "24h in #support" || !e.ReplyTo.Private {
		t.Errorf("command %q, private %v", e.Text, e.ReplyTo.Private)
	}
	put(t, answerTo(t, w, e.ReplyTo), chat.Post{Job: "J2/1", Text: "**Decided**: ship it.", Private: true, Buttons: []chat.Button{{Name: "summary.share", Label: "Share", Value: "J2"}}})
	summary := w.User("U1").Last("C1", "")
	if !summary.Private {
		t.Fatal("the summary is not private")
	}
	w.User("U1").PressLabel(summary.Ref, "Share")
	click := one(t, door, chat.Click)
	if click.Name != "summary.share" || click.Value != "J2" || click.Actor.ID != "U1" || click.Message.ID != summary.TS {
		t.Errorf("click %+v", click)
	}
	r := answerTo(t, w, click.ReplyTo)
	if !r.Capabilities().EditEphemeral {
		t.Fatal("the private message a click came from cannot be replaced")
	}
	if _, err := r.Put(t.Context(), chat.Post{Job: "J3/0", Stage: chat.Placeholder, Text: "Thinking …", Private: true}); !errors.Is(err, chat.ErrUnsupported) {
		t.Errorf("a private first sign, which nothing could replace, gave %v", err)
	}
	shared, err := w.adapter.Opener().OpenPlace(t.Context(), click.Place)
	if err != nil {
		t.Fatal(err)
	}
	put(t, shared, chat.Post{Job: "J3/1", Text: "**Decided**: ship it.\n\n_by @ana with Tierwise_"})
	put(t, r, chat.Post{Job: "J3/2", Ref: click.Message, Text: "Shared.", Private: true})
	var mine []string
	for _, m := range w.User("U1").See("C1", "") {
		mine = append(mine, m.Text)
	}
	if got := strings.Join(mine, "|"); strings.Count(got, "ship it") != 1 || !strings.Contains(got, "Shared.") {
		t.Errorf("the asker sees %q", got)
	}
	if m := w.User("U2").Last("C1", ""); !strings.Contains(m.Text, "by @ana") || m.Private {
		t.Errorf("the others see %q", m.Text)
	}
}

// TestDraftEditAndPost: the form comes from the second door, opens within the
// trigger's life, and its text comes back with where it was opened.
func TestDraftEditAndPost(t *testing.T) {
	door := bottest.NewRecorder()
	door.Answer(func(q chat.Question) chat.Answer {
		if q.Kind == chat.OpenForm && q.Name == "draft.edit" {
			return chat.Answer{Form: &chat.Form{ID: "draft.edit", Title: "Edit the draft", Submit: "Save", State: q.Value,
				Fields: []chat.Field{{ID: "text", Label: "Draft", Kind: chat.LongField, Value: "Dear all"}}}}
		}
		return chat.Answer{}
	})
	w := open(t, door)
	on := w.User("U2").Say("C1", "who writes the mail?").Message
	w.User("U1").Shortcut(on, "draft_reply")
	e := one(t, door, chat.Shortcut)
	if e.Target == nil || e.Target.Author.Name != "ben" || e.Place.Thread != on.TS {
		t.Fatalf("shortcut %+v", e)
	}
	edit := chat.Button{Name: "draft.edit", Label: "Edit", Value: "J4", OpensForm: true}
	put(t, answerTo(t, w, e.ReplyTo), chat.Post{Job: "J4/1", Text: "Dear all", Private: true, Buttons: []chat.Button{edit}})
	draft := w.User("U1").Last("C1", "")
	w.User("U1").PressLabel(draft.Ref, "Edit")
	form, ok := w.User("U1").View()
	if !ok {
		t.Fatal("no form is open")
	}
	w.User("U1").Submit(form, map[string]string{"text": "Dear all, I write it."})
	sub := one(t, door, chat.Submit)
	if sub.Name != "draft.edit" || sub.State != "J4" || sub.Fields["text"] != "Dear all, I write it." || sub.Message.ID != draft.TS || sub.Place.Channel != "C1" {
		t.Errorf("submit %+v", sub)
	}
	// The way back to the private message survives the form.
	put(t, answerTo(t, w, sub.ReplyTo), chat.Post{Job: "J5/1", Ref: sub.Message, Text: "Dear all, I write it.", Private: true})
	if m := w.User("U1").Last("C1", ""); m.TS != draft.TS || !strings.Contains(m.Text, "I write it") {
		t.Errorf("the draft reads %q", m.Text)
	}
	if err := answerTo(t, w, sub.ReplyTo).Remove(t.Context(), sub.Message); err != nil {
		t.Error(err)
	}
	if m := w.User("U1").Last("C1", ""); m.TS == draft.TS {
		t.Error("the discarded draft is still there")
	}
}

// TestASlowFormIsPrecededByASmallOne, because a trigger dies after 3 s.
func TestASlowFormIsPrecededByASmallOne(t *testing.T) {
	door := bottest.NewRecorder()
	release := make(chan struct{})
	var w *world
	door.Answer(func(q chat.Question) chat.Answer {
		if q.Kind != chat.OpenForm {
			return chat.Answer{}
		}
		<-release
		return chat.Answer{Form: &chat.Form{ID: "f", Title: "Late", Fields: []chat.Field{{ID: "a", Label: "A", Kind: chat.TextField}}}}
	})
	w = open(t, door)
	w.User("U1").Mention("C1", "hello")
	r := answerTo(t, w, one(t, door, chat.Mention).ReplyTo)
	ref := put(t, r, chat.Post{Job: "J/1", Stage: chat.Final, Text: "x", Buttons: []chat.Button{{Name: "b", Label: "Open", OpensForm: true}}})
	go func() { // the answer comes once the small form is open
		for {
			if _, ok := w.User("U1").View(); ok {
				close(release)
				return
			}
		}
	}()
	w.User("U1").PressLabel(slacktest.Ref{Channel: "C1", TS: ref.ID, Thread: ref.Thread}, "Open")
	forms := w.User("U1").Forms()
	if len(forms) != 1 || forms[0].Title != "Late" || len(w.Requests("views.open")) != 1 || len(w.Requests("views.update")) != 1 {
		t.Errorf("forms %+v", forms)
	}
}

// TestAClickCarriesWhoPressed, whoever it is: judging is not ours.
func TestAClickCarriesWhoPressed(t *testing.T) {
	door := bottest.NewRecorder()
	w := open(t, door)
	w.User("U1").Mention("C1", "hello")
	ref := put(t, answerTo(t, w, one(t, door, chat.Mention).ReplyTo), chat.Post{Job: "J/1", Stage: chat.Final, Text: "x", Buttons: []chat.Button{{Name: "answer.retract", Label: "Retract", Value: "J"}}})
	w.User("U5").PressLabel(slacktest.Ref{Channel: "C1", TS: ref.ID, Thread: ref.Thread}, "Retract")
	if e := one(t, door, chat.Click); e.Actor.ID != "U5" || !e.Actor.Guest || e.ReplyTo.To != "U5" {
		t.Errorf("the click is by %+v", e.Actor)
	}
}

// TestTheStopButtonNamesTheJob, on the replica that writes and on any other.
func TestTheStopButtonNamesTheJob(t *testing.T) {
	for _, here := range []bool{true, false} {
		door := bottest.NewRecorder()
		w := open(t, door)
		d := w.User("U1").Mention("C1", "write a lot")
		r := answerTo(t, w, one(t, door, chat.Mention).ReplyTo)
		ref := put(t, r, chat.Post{Job: "J7/1", Stage: chat.Placeholder, Text: "Thinking …"})
		if !here {
			w.adapter.streams = newStreams()
		}
		w.User("U1").Stop("C1", d.Message.TS)
		if e := one(t, door, chat.Stop); e.Value != "J7" || e.Actor.ID != "U1" {
			t.Errorf("here %v: stop of %q by %q", here, e.Value, e.Actor.ID)
		}
		if here {
			if err := r.Append(t.Context(), ref, "more"); !errors.Is(err, chat.ErrStopped) {
				t.Errorf("appending after the stop gave %v", err)
			}
		}
		put(t, r, chat.Post{Job: "J7/1", Ref: ref, Stage: chat.Final, Text: "Stopped."})
		if m := w.User("U2").Last("C1", d.Message.TS); m.Live || !strings.Contains(m.Text, "Stopped.") {
			t.Errorf("here %v: the message reads %q", here, m.Text)
		}
		if got := w.Status("C1", d.Message.TS).Session; got != "active" {
			t.Errorf("here %v: the session is left %q", here, got)
		}
	}
}

// TestFollowUps: in a thread we answer in, who began needs no mention; two
// people talking do not hear from us.
func TestFollowUps(t *testing.T) {
	door := bottest.NewRecorder()
	w := open(t, door, func(c *Config) {
		c.Owned = func(context.Context, chat.Place) (chat.Owned, error) { return chat.Owned{Owner: "U1"}, nil }
	})
	root := w.Seed("C1", "", "U1", "an old question")
	w.User("U1").Reply("C1", root, "and what of the invoice?")
	w.User("U2").Reply("C1", root, "I wonder too")
	w.User("U1").Reply("C1", root, "<@U2> what do you think?")
	w.User("U1").Say("C1", "nothing for the bot")
	if e := one(t, door, chat.Mention); e.Text != "and what of the invoice?" || e.Place.Thread != root {
		t.Errorf("heard %+v", e)
	}
}

// TestAFileAndAGroupMessage: file_share is a message; in a group message we
// wait to be named.
func TestAFileAndAGroupMessage(t *testing.T) {
	door := bottest.NewRecorder()
	w := open(t, door)
	bot := w.Bot("T1").ID
	w.AddChannel(slacktest.Channel{ID: "G9", Team: "T1", Name: "mpdm-1", Kind: slacktest.MPIM, Members: []string{"U1", "U2", bot}})
	w.User("U1").Say("G9", "not for you")
	w.User("U1").Upload("G9", "", "q3.csv", "<@"+bot+"> what does it say?", []byte("a,b\n"))
	e := one(t, door, chat.Mention)
	if e.Channel.Kind != chat.GroupMessage || len(e.Files) != 1 || e.Files[0].Name != "q3.csv" || e.Text != "what does it say?" {
		t.Errorf("heard %+v", e)
	}
}

// TestInvitedIsToldWithWhoInvited, and others joining are not.
func TestInvitedIsToldWithWhoInvited(t *testing.T) {
	door := bottest.NewRecorder()
	w := open(t, door)
	w.AddChannel(slacktest.Channel{ID: "C9", Team: "T1", Name: "new", Members: []string{"U1"}})
	w.User("U1").Invite("C9", "U2")
	w.User("U1").Invite("C9", w.Bot("T1").ID)
	if e := one(t, door, chat.Joined); e.Actor.ID != "U1" || e.Place.Channel != "C9" || !e.ReplyTo.Private || e.ReplyTo.To != "U1" {
		t.Errorf("joined %+v", e)
	} else {
		put(t, answerTo(t, w, e.ReplyTo), chat.Post{Job: "G/1", Text: "Hello, I am Tierwise.", Private: true})
	}
	if m := w.User("U1").Last("C9", ""); !m.Private || len(w.User("U2").See("C9", "")) != 0 {
		t.Errorf("the greeting: %+v", m)
	}
}

// TestHomeAndPrompts: the page is asked for and published, with Slack's own
// table, or drawn as text where it is refused.
func TestHomeAndPrompts(t *testing.T) {
	page := &chat.Post{Text: "# Spend\n\n**$3.20** of $20", Table: &chat.Table{Title: "By team", Columns: []chat.Column{{Name: "Team"}, {Name: "Cost", Number: true}},
		Rows: [][]string{{"Support", "$2.00"}, {"Sales", "$1.20"}}}, Buttons: []chat.Button{{Name: "home.more", Label: "More", Value: "1"}}}
	door := bottest.NewRecorder()
	door.Answer(func(chat.Question) chat.Answer { return chat.Answer{Home: page} })
	w := open(t, door)
	w.User("U3").OpenHome()
	home, ok := w.User("U3").Home()
	if !ok || !strings.Contains(home.Text, "*$3.20* of $20") || !strings.Contains(home.Text, "Support") {
		t.Errorf("home %v: %q", ok, home.Text)
	}
	if q := door.Questions(chat.HomeView); len(q) != 1 || !q[0].Actor.Admin {
		t.Errorf("questions %+v", q)
	}
	w.User("U3").PressView(home, "More")
	if e := one(t, door, chat.Click); e.Name != "home.more" || e.Actor.ID != "U3" {
		t.Errorf("click %+v", e)
	}
	door.Answer(func(chat.Question) chat.Answer { return chat.Answer{Home: &chat.Post{Text: "done", Table: page.Table}} })
	put(t, answerTo(t, w, one(t, door, chat.Click).ReplyTo), chat.Post{Job: "H/1", Stage: chat.Final, Text: "Approved.", Private: true})
	if m := w.User("U3").Last(w.User("U3").Direct(), ""); m.Text != "Approved." {
		t.Errorf("a click on the page is answered %q", m.Text)
	}
	if home, _ := w.User("U3").Home(); !strings.Contains(home.Text, "done") {
		t.Error("the page was not shown anew")
	}
	w.Fail("views.publish", 1, slacktest.Code("invalid_blocks"))
	w.User("U2").OpenHome()
	if home, _ := w.User("U2").Home(); !strings.Contains(home.Text, "Support  $2.00") {
		t.Errorf("the drawn page: %q", home.Text)
	}
	w.User("U1").OpenMessages()
	if got := w.Prompts(w.User("U1").Direct()); len(got) == 0 || len(got) > 4 {
		t.Errorf("%d prompts", len(got))
	}
}

// TestNotAcceptedIsDeliveredAgain: no acknowledgement, then Slack's own retry
// is a first delivery.
func TestNotAcceptedIsDeliveredAgain(t *testing.T) {
	door := bottest.NewRecorder()
	w := open(t, door)
	door.Refuse(errors.New("down"))
	if d := w.User("U1").Mention("C1", "hello"); d.Acked || d.Status != 503 {
		t.Fatalf("acked %v with %d", d.Acked, d.Status)
	}
	door.Refuse(nil)
	w.now.Advance(time.Minute)
	retried := w.Retries()
	if len(retried) != 1 || !retried[0].Acked {
		t.Fatalf("retries %+v", retried)
	}
	one(t, door, chat.Mention)
	if w.counted("slack.not_accepted") != 1 {
		t.Error("the refusal was not counted")
	}
}
