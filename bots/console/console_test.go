package console_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/tierwise/tierwise/bots/console"
	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/fault"
	"github.com/tierwise/tierwise/internal/localchat"
)

func TestEveryLineIsAnsweredBeforeTheNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		world, b := demo(t)
		var late []chat.Event // accepted, answered only by idle
		b.answer = func(_ *bot, e chat.Event) []chat.Post { late = append(late, e); return nil }
		idle := func(ctx context.Context) error {
			time.Sleep(3 * time.Second) // the answer takes a while
			for _, e := range late {
				if err := b.post(ctx, e, chat.Post{Job: e.ID, Stage: chat.Final, Text: "answer to " + e.Text}); err != nil {
					return err
				}
			}
			late = nil
			return nil
		}
		var out bytes.Buffer
		c, err := console.New(console.Config{In: strings.NewReader("@tierwise one\n@tierwise two\n/ai-spend three"), Out: &out, World: world, Door: b, Idle: idle})
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		wantIn(t, out.String(), "maya: @tierwise one", "answer to one", "maya: @tierwise two", "answer to two", "(only visible to you): answer to three")
	})
}

func TestWhatCannotBeAnsweredFailsTheRun(t *testing.T) {
	world, b := demo(t)
	var out bytes.Buffer
	idle := func(context.Context) error { return fault.New(fault.Unavailable, "The store is not reachable.") }
	c, err := console.New(console.Config{In: strings.NewReader("@tierwise one"), Out: &out, World: world, Door: b, Idle: idle, Style: console.Style{Interactive: true}})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Run(t.Context()); err == nil {
		t.Error("the run succeeded")
	}
	wantIn(t, out.String(), "! The store is not reachable.")
}

func TestWhatCannotBeAcceptedIsSaidAndFailsTheRun(t *testing.T) {
	_, b := demo(t)
	b.refuse = errDown
	out, err := script(t, b, console.Style{}, "@tierwise one", "/summarize 24h", "just a message")
	if err == nil || err.Error() != "console: 2 lines failed" {
		t.Errorf("run gave %v", err)
	}
	wantIn(t, out, "maya: @tierwise one", "! Something went wrong on our side", "! Something went wrong on our side", "maya: just a message")
	if strings.Contains(out, "spool") {
		t.Error("the cause was shown to the person")
	}
}

func TestTypingMistakesFailAScriptButNotAPerson(t *testing.T) {
	for _, line := range []string{"/sumarise", "/frobnicate", "7", "⋯", "/press x", "/shortcut fly 1", "/shortcut classify 999", "/thread 99",
		"/join #nowhere", "/as nobody", "/as tierwise", "/workspace nowhere", "/edit 1", "/edit 2 not mine", "/stop", "/file x.csv", "/say", "/read x"} {
		_, b := demo(t)
		out, err := script(t, b, console.Style{}, line, "@tierwise still here?")
		if err == nil || err.Error() != "console: one line failed" {
			t.Errorf("%s: run gave %v", line, err)
		}
		wantIn(t, out, "\n! ", `heard "still here?"`)
		_, b = demo(t)
		if _, err := script(t, b, console.Style{Interactive: true}, line); err != nil {
			t.Errorf("%s: a person's run gave %v", line, err)
		}
	}
}

func TestTheNearestCommandIsOffered(t *testing.T) {
	for typed, want := range map[string]string{"/sumarize": "/summarize", "/aispend month": "/ai-spend", "/Thred": "/thread", "/classfy x": "/classify", "/usr/bin/true": ""} {
		_, b := demo(t)
		out, _ := script(t, b, console.Style{}, typed)
		if want != "" {
			wantIn(t, out, "Did you mean "+want+"?")
		} else if strings.Contains(out, "Did you mean") {
			t.Errorf("%s: %s", typed, out)
		}
	}
}

func TestNothingTypedIsLost(t *testing.T) {
	long := strings.Repeat("a long line with ü and 🦭, ", 40_000) // over 1 MB
	for name, c := range map[string]struct{ typed, want string }{
		"one megabyte":       {"@tierwise " + long, strings.TrimSpace(long)},
		"latin-1":            {"@tierwise caf\xe9 \xfc\xff", "café üÿ"},
		"cut utf-8":          {"@tierwise \xf0\x9f\xa6", "ð\u009f¦"},
		"crlf":               {"@tierwise hello\r", "hello"},
		"nul and escape":     {"@tierwise a\x00b\x1b[31mc", "a\x00b\x1b[31mc"},
		"spaces around":      {"  @tierwise  hello  ", "hello"},
		"mention at the end": {"what is open, @Tierwise", "what is open,"},
		"number as a text":   {"/say @tierwise 7", "7"},
		"command as a text":  {"/say /etc/hosts is wrong @tierwise", "/etc/hosts is wrong"},
	} {
		_, b := demo(t)
		if _, err := script(t, b, console.Style{}, c.typed); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if events := b.accepted(); len(events) != 1 || events[0].Text != c.want {
			t.Errorf("%s: %d events, text lost or changed", name, len(events))
		}
	}
}

func TestNoTextControlsTheTerminal(t *testing.T) {
	_, b := demo(t)
	evil := "\x1b]0;owned\a\x1b[2J\r\u202egnp.exe\u009b1m"
	b.answer = func(*bot, chat.Event) []chat.Post {
		return []chat.Post{{Stage: chat.Final, Text: evil, Footer: evil, Buttons: []chat.Button{{Name: "x", Label: evil}},
			Table: &chat.Table{Title: evil, Columns: []chat.Column{{Name: evil}}, Rows: [][]string{{evil}}},
			Chart: &chat.Chart{Title: evil, Labels: []string{evil}, Series: []chat.Series{{Name: evil, Values: []int64{1}}}},
			Files: []chat.File{{Name: evil, Alt: evil}}, Form: &chat.Form{Title: evil, Intro: evil, Fields: []chat.Field{{ID: "f", Label: evil, Hint: evil, Value: evil}}}}}
	}
	out, _ := script(t, b, console.Style{Echo: true}, "@tierwise "+evil, "/"+evil)
	for _, bad := range []string{"\x1b", "\a", "\r", "\u202e", "\u009b"} {
		if strings.Contains(out, bad) {
			t.Errorf("%q reached the terminal", bad)
		}
	}
	wantIn(t, out, `\x1b]0;owned\x07`)
}

// onItsWay answers with all three stages.
func onItsWay(b *bot, e chat.Event) []chat.Post {
	r, err := b.world.Opener().Open(context.Background(), e.ReplyTo)
	if err != nil {
		return nil
	}
	ref, err := r.Put(context.Background(), chat.Post{Job: "j", Stage: chat.Placeholder, Text: "reading 24 messages …"})
	if err != nil {
		return nil
	}
	for _, part := range []string{"half ", "of the answer"} {
		_ = r.Append(context.Background(), ref, part)
	}
	return []chat.Post{{Job: "j", Ref: ref, Stage: chat.Final, Text: "the whole answer", Footer: "economy · why?"}}
}

func TestAPipeShowsOnlyWhatIsFinished(t *testing.T) {
	_, b := demo(t)
	b.answer = onItsWay
	out, err := script(t, b, console.Style{}, "@tierwise hello")
	if err != nil {
		t.Fatal(err)
	}
	wantIn(t, out, "tierwise: the whole answer", "economy · why?")
	if strings.Contains(out, "reading") || strings.Contains(out, "half") || strings.ContainsAny(out, "\r\x1b") {
		t.Errorf("a pipe shows %q", out)
	}
}

func TestATerminalRewritesOneLine(t *testing.T) {
	_, b := demo(t)
	b.answer = onItsWay
	out, err := script(t, b, console.Style{Rewrite: true, Width: 60}, "@tierwise hello")
	if err != nil {
		t.Fatal(err)
	}
	wantIn(t, out, "\r\x1b[K[#incidents/1] tierwise: reading 24 messages …", "\r\x1b[K[#incidents/1] tierwise: half of the answer",
		"\r\x1b[K[#incidents/1] tierwise: the whole answer\n")
	if strings.Count(out, "\n") != 5 {
		t.Errorf("%d lines in %q, want two of greeting, question, answer, footer", strings.Count(out, "\n"), out)
	}
}

func TestWhatStaysUnfinishedIsShownAtTheEndOfTheLine(t *testing.T) {
	_, b := demo(t)
	b.answer = func(*bot, chat.Event) []chat.Post {
		return []chat.Post{{Stage: chat.Placeholder, Text: "waiting for lena", Buttons: []chat.Button{{Name: "stop", Label: "Stop"}}}}
	}
	out, err := script(t, b, console.Style{}, "@tierwise hello", "1")
	if err != nil {
		t.Fatal(err)
	}
	wantIn(t, out, "tierwise: waiting for lena", "[1] Stop")
	if e := b.accepted()[1]; e.Kind != chat.Click || e.Name != "stop" {
		t.Errorf("the button gave %s %q", e.Kind, e.Name)
	}
}

func TestColourOnlyWhereAskedFor(t *testing.T) {
	_, b := demo(t)
	plain, err := script(t, b, console.Style{}, "@tierwise hello")
	if err != nil {
		t.Fatal(err)
	}
	_, b = demo(t)
	colored, err := script(t, b, console.Style{Color: true}, "@tierwise hello")
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(plain, "\x1b") || !strings.Contains(colored, "\x1b[2m  economy · why?\x1b[0m") {
		t.Errorf("plain %q\ncoloured %q", plain, colored)
	}
	if s := console.DetectStyle(strings.NewReader(""), &bytes.Buffer{}, false); s != (console.Style{}) {
		t.Errorf("a pipe is taken for a terminal: %+v", s)
	}
}

func TestPrivatePostsReachWhoTheyAreFor(t *testing.T) {
	world, b := demo(t)
	b.answer = func(b *bot, e chat.Event) []chat.Post {
		if e.Kind != chat.Command {
			return (*bot).repeat(b, e)
		}
		// The owner of the budget is asked, privately, in the same place.
		to := e
		to.ReplyTo.To = "u-lena"
		if err := b.post(context.Background(), to, chat.Post{Job: "ask", Stage: chat.Final, Text: "maya asks for $2",
			Buttons: []chat.Button{{Name: "approve", Label: "Approve", Value: "r1"}}}); err != nil {
			return nil
		}
		return []chat.Post{{Stage: chat.Final, Text: "lena was asked"}}
	}
	out, err := script(t, b, console.Style{}, "/ai-config budget", "/as finance", "1")
	if err != nil {
		t.Fatal(err)
	}
	wantIn(t, out, "lena was asked", "You are lena", "(only visible to you): maya asks for $2", "[1] Approve", "pressed approve r1")
	if strings.Index(out, "asks for $2") < strings.Index(out, "You are lena") {
		t.Error("maya saw what only lena should see")
	}
	for _, m := range world.Read(chat.Place{Platform: chat.Console, Workspace: "kestrel", Channel: "incidents", Thread: "booking-outage"}, "u-lena") {
		if m.To == "u-maya" {
			t.Error("lena reads what only maya should see")
		}
	}
}

func TestAPersonFillsAFormFieldByField(t *testing.T) {
	_, b := demo(t)
	out, err := script(t, b, console.Style{Interactive: true}, "/ai-config", "-1", "soon", "2", "because", "$3", "", "", "/ai-config", "/cancel", "@tierwise go on")
	if err != nil {
		t.Fatal(err)
	}
	wantIn(t, out, "[form] Ask for more", "Amount — in dollars [$1]: ", "Until (1 Today, 2 This month): ", `! Until: "soon" is not one of the choices`,
		"! Amount: must be more than nothing", "Amount — in dollars [-1]: ", `form ask_more: $3 until month because "because"`, "The form is closed", `heard "go on"`)
}

func TestAButtonCanBePressedWhileAnAnswerIsOnItsWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		world, b := demo(t)
		b.answer = func(b *bot, e chat.Event) []chat.Post {
			switch e.Kind {
			case chat.Mention:
				return []chat.Post{{Job: "j", Stage: chat.Live, Text: "a long "}}
			case chat.Stop:
				return []chat.Post{{Stage: chat.Final, Text: "stopped " + fmt.Sprint(e.Message.ID != "")}}
			}
			return nil
		}
		idle := func(ctx context.Context) error { time.Sleep(10 * time.Second); return ctx.Err() }
		in, keys := io.Pipe()
		var out bytes.Buffer
		c, err := console.New(console.Config{In: in, Out: &out, World: world, Door: b, Idle: idle, Style: console.Style{Interactive: true}})
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			for _, l := range []string{"@tierwise hello\n", "held until later\n", "/stop\n"} {
				_, _ = io.WriteString(keys, l)
				time.Sleep(time.Second)
			}
			keys.Close()
		}()
		if err := c.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		wantIn(t, out.String(), "stopped true")
		all := world.Read(chat.Place{Platform: chat.Console, Workspace: "kestrel", Channel: "incidents", Thread: "booking-outage"}, "u-maya")
		if !slices.ContainsFunc(all, func(m localchat.Message) bool { return m.Text == "held until later" }) {
			t.Error("the held line was not posted")
		}
	})
}

func TestInputAndOutputThatFailAreReported(t *testing.T) {
	world, b := demo(t)
	broken := errors.New("input broke")
	c, err := console.New(console.Config{In: io.MultiReader(strings.NewReader("@tierwise hi\n"), iotest.ErrReader(broken)), Out: io.Discard, World: world, Door: b})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Run(t.Context()); !errors.Is(err, broken) || len(b.accepted()) != 1 {
		t.Errorf("run gave %v after %d events", err, len(b.accepted()))
	}
	c, err = console.New(console.Config{In: strings.NewReader("@tierwise hi\n"), Out: shut{}, World: world, Door: b})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Run(t.Context()); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("run gave %v", err)
	}
}

type shut struct{}

func (shut) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }

func TestNewNamesWhatIsMissing(t *testing.T) {
	world, b := demo(t)
	for _, cfg := range []console.Config{{}, {In: strings.NewReader(""), Out: io.Discard, World: world},
		{In: strings.NewReader(""), Out: io.Discard, World: world, Door: b, Workspace: "nowhere"}} {
		if _, err := console.New(cfg); err == nil {
			t.Errorf("%+v was accepted", cfg.Workspace)
		}
	}
}

func TestAFormMayComeAsAnAnswer(t *testing.T) {
	_, b := demo(t)
	b.answer = func(b *bot, e chat.Event) []chat.Post {
		if e.Kind != chat.Mention {
			return (*bot).repeat(b, e)
		}
		return []chat.Post{{Stage: chat.Final, Form: &chat.Form{ID: "edit_draft", Title: "Edit the draft", State: "d1",
			Fields: []chat.Field{{ID: "text", Label: "Text", Kind: chat.LongField, Value: "Dear Ruth"}}}}}
	}
	out, err := script(t, b, console.Style{}, "@tierwise draft a reply", "text=Dear Ruth,\\nthank you")
	if err != nil {
		t.Fatal(err)
	}
	wantIn(t, out, "[form] Edit the draft", "text: Text [Dear Ruth]", "form edit_draft")
	e := b.accepted()[1]
	if e.Kind != chat.Submit || e.State != "d1" || e.Fields["text"] != "Dear Ruth,\nthank you" || !e.ReplyTo.Private || e.Message.IsZero() {
		t.Errorf("submitted %+v", e)
	}
}

func TestAScriptsUnfinishedFormIsClosed(t *testing.T) {
	for name, lines := range map[string][]string{
		"followed by a line": {"/ai-config", "amount=$2", "@tierwise go on"},
		"at the end":         {"@tierwise go on", "/ai-config", "amount=$2"},
		"with a bad value":   {"@tierwise go on", "/ai-config", "until=1", "amount=-1"},
	} {
		_, b := demo(t)
		out, err := script(t, b, console.Style{}, lines...)
		if err == nil || err.Error() != "console: one line failed" {
			t.Errorf("%s: run gave %v", name, err)
		}
		wantIn(t, out, `heard "go on"`)
		cancelled := 0
		for _, e := range b.accepted() {
			if e.Kind == chat.Submit {
				t.Errorf("%s: it was handed in", name)
			}
			if e.Kind == chat.Cancelled && e.Name == "ask_more" {
				cancelled++
			}
		}
		if cancelled != 1 {
			t.Errorf("%s: %d cancelled events", name, cancelled)
		}
	}
}
