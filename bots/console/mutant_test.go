package console

import (
	"context"
	"crypto/rand"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/tierwise/tierwise/bots/bottest"
	"github.com/tierwise/tierwise/internal/chat"
)

// mutantVar names the fault to build into the adapter in a child process.
const mutantVar = "CONSOLE_TEST_MUTANT"

// mutant is an adapter with one fault, and the case that must catch it.
type mutant struct {
	caught string
	door   func(chat.Door) chat.Door
	opener func(chat.Opener) chat.Opener
}

func mutants() map[string]mutant {
	speak := func(change func(*faulty)) func(chat.Opener) chat.Opener {
		return func(o chat.Opener) chat.Opener { return faultyOpener{Opener: o, change: change} }
	}
	hear := func(change func(*chat.Event)) func(chat.Door) chat.Door {
		return func(d chat.Door) chat.Door { return faultyDoor{Door: d, change: change} }
	}
	return map[string]mutant{
		"answers private questions for all to see": {caught: "a_command_is_private", opener: speak(func(f *faulty) { f.loud = true })},
		"makes a new message for every stage":      {caught: "keeps_one_message", opener: speak(func(f *faulty) { f.put = func(p *chat.Post) { p.Ref = chat.Ref{} } })},
		"loses footers":                            {caught: "keeps_one_message", opener: speak(func(f *faulty) { f.put = func(p *chat.Post) { p.Footer = "" } })},
		"cuts long texts off":                      {caught: "a_long_text_is_split", opener: speak(func(f *faulty) { f.put = func(p *chat.Post) { p.Text = p.Text[:min(len(p.Text), 9000)] } })},
		"loses what is behind the dots":            {caught: "capabilities/buttons", opener: speak(func(f *faulty) { f.put = func(p *chat.Post) { p.Buttons = p.Buttons[:min(len(p.Buttons), 1)] } })},
		"takes a lost result for success":          {caught: "a_lost_result", opener: speak(func(f *faulty) { f.trusting = true })},
		"finds what was never posted":              {caught: "never_posted", opener: speak(func(f *faulty) { f.finds = true })},
		"claims to append and cannot":              {caught: "appending", opener: speak(func(f *faulty) { f.mute = true })},
		"reads all but the newest message":         {caught: "a_thread_is_read_to_the_end", opener: speak(func(f *faulty) { f.short = true })},
		"lets everybody in":                        {caught: "a_channel_the_asker_cannot_see", opener: speak(func(f *faulty) { f.open = true })},
		"acknowledges what nobody took":            {caught: "what_cannot_be_accepted", door: func(d chat.Door) chat.Door { return deafDoor{d} }},
		"makes commands public":                    {caught: "a_command_is_private", door: hear(func(e *chat.Event) { e.ReplyTo.Private = false })},
		"shortens the values of buttons":           {caught: "a_button_gives_back", door: hear(func(e *chat.Event) { e.Value = e.Value[:min(len(e.Value), 64)] })},
		"gives every delivery new ids": {caught: "a_second_delivery", door: hear(func(e *chat.Event) {
			e.ID, e.Message.ID = rand.Text(), rand.Text()
		})},
		"calls every channel inside": {caught: "a_channel_with_outsiders", door: hear(func(e *chat.Event) { e.Channel.Shared = chat.NotShared })},
		"loses the state of forms":   {caught: "a_form_handed_in", door: hear(func(e *chat.Event) { e.State = "" })},
		"leaves the mention in":      {caught: "a_mention_in_a_channel", door: hear(func(e *chat.Event) { e.Text = "@tierwise " + e.Text })},
	}
}

// TestTheSuiteCatchesFaults runs the conformance suite against faulty adapters,
// each in a child process, and wants the right case to fail.
func TestTheSuiteCatchesFaults(t *testing.T) {
	if os.Getenv(mutantVar) != "" {
		t.Skip("this is the child")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for name, m := range mutants() {
		cmd := exec.Command(self, "-test.run=^TestConformance$", "-test.v")
		cmd.Env = append(os.Environ(), mutantVar+"="+name)
		out, err := cmd.CombinedOutput()
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			t.Errorf("an adapter that %s passes (%v)", name, err)
			continue
		}
		caught := false
		for l := range strings.SplitSeq(string(out), "\n") {
			caught = caught || strings.Contains(l, "--- FAIL") && strings.Contains(l, m.caught)
		}
		if !caught {
			t.Errorf("an adapter that %s is not caught by %q", name, m.caught)
		}
	}
}

// mutateDoor and mutateHarness build the fault of this process in, if it has one.
func mutateDoor(d chat.Door) chat.Door {
	if m := mutants()[os.Getenv(mutantVar)]; m.door != nil {
		return m.door(d)
	}
	return d
}

func mutateHarness(h bottest.Harness) bottest.Harness {
	if m := mutants()[os.Getenv(mutantVar)]; m.opener != nil {
		h.Opener = m.opener(h.Opener)
	}
	return h
}

// deafDoor swallows refusals.
type deafDoor struct{ chat.Door }

func (d deafDoor) Accept(ctx context.Context, e chat.Event) error {
	_ = d.Door.Accept(ctx, e) // the fault
	return nil
}

// faultyDoor changes events on their way.
type faultyDoor struct {
	chat.Door
	change func(*chat.Event)
}

func (d faultyDoor) Accept(ctx context.Context, e chat.Event) error {
	d.change(&e)
	return d.Door.Accept(ctx, e)
}

// faultyOpener gives faulty responders and a faulty directory.
type faultyOpener struct {
	chat.Opener
	change func(*faulty)
}

func (o faultyOpener) faulty() *faulty {
	f := &faulty{}
	o.change(f)
	return f
}

func (o faultyOpener) Open(ctx context.Context, to chat.ReplyTo) (chat.Responder, error) {
	f := o.faulty()
	to.Private = to.Private && !f.loud
	r, err := o.Opener.Open(ctx, to)
	f.Responder = r
	return f, err
}

func (o faultyOpener) OpenPlace(ctx context.Context, at chat.Place) (chat.Responder, error) {
	f := o.faulty()
	r, err := o.Opener.OpenPlace(ctx, at)
	f.Responder = r
	return f, err
}

func (o faultyOpener) Directory() chat.Directory {
	if o.faulty().open {
		return openDirectory{o.Opener.Directory()}
	}
	return o.Opener.Directory()
}

type openDirectory struct{ chat.Directory }

func (d openDirectory) Access(ctx context.Context, at chat.Place, who string) (chat.Access, error) {
	a, err := d.Directory.Access(ctx, at, who)
	a.Read, a.Write = true, true
	return a, err
}

// faulty is a responder with one fault.
type faulty struct {
	chat.Responder
	put                                      func(*chat.Post)
	loud, trusting, finds, mute, short, open bool
}

func (f *faulty) Put(ctx context.Context, p chat.Post) (chat.Ref, error) {
	if f.put != nil {
		f.put(&p)
	}
	ref, err := f.Responder.Put(ctx, p)
	if f.trusting && errors.Is(err, chat.ErrUnknownResult) {
		return chat.Ref{Channel: "c-market", ID: "m"}, nil
	}
	return ref, err
}

func (f *faulty) Append(ctx context.Context, ref chat.Ref, text string) error {
	if f.mute {
		return chat.ErrUnsupported
	}
	return f.Responder.Append(ctx, ref, text)
}

func (f *faulty) Find(ctx context.Context, job string) (chat.Ref, error) {
	ref, err := f.Responder.Find(ctx, job)
	if f.finds && errors.Is(err, chat.ErrNotFound) {
		return chat.Ref{Channel: "c-market", ID: "m"}, nil
	}
	return ref, err
}

func (f *faulty) History(ctx context.Context, q chat.HistoryQuery) (chat.History, error) {
	h, err := f.Responder.History(ctx, q)
	if n := len(h.Messages); f.short && n > 0 {
		h.Messages = h.Messages[:n-1]
	}
	return h, err
}
