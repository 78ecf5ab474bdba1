package assistant

import (
	"context"
	"errors"
	"fmt"

	"github.com/tierwise/tierwise/internal/catalog"
	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/fault"
	"github.com/tierwise/tierwise/internal/intent"
	"github.com/tierwise/tierwise/internal/money"
	"github.com/tierwise/tierwise/internal/redact"
	"github.com/tierwise/tierwise/internal/step"
	"github.com/tierwise/tierwise/internal/token"
	"github.com/tierwise/tierwise/internal/turn"
	"github.com/tierwise/tierwise/router"
	"github.com/tierwise/tierwise/usage"
)

// work is one turn under way.
type work struct {
	a      *Assistant
	t      *turn.Task
	want   *want
	resp   chat.Responder
	class  catalog.Class
	charge charge
	input  step.Input
	hidden *redact.Turn // what was taken out of the input, to be put back
	steps  []step.Step  // of the intent's plan
	thread threadState  // of the thread the answer goes to
	source string       // what was read, when that is another channel's

	request  router.Request
	decision router.Decision
	holdID   string
	windows  []usage.Window
	levels   []usage.Level
	held     []usage.StepHold
	sizes    map[sizeKey]int64
	spare    *catalog.Model // to walk to when the chosen one fails; nil when there is none
	onSpare  bool           // the spare is asked, because it answered last

	last    *usage.Settlement // the booking that waits
	spent   money.Nano
	post    chat.Ref // the placeholder, once it is there
	placing *placing // the placeholder under way
	seen    bool     // somebody read some of the answer already
	note    string   // one line for the person: another workflow was taken, …
}

// charge is where the entries are booked.
type charge struct{ workflow, team string }

// turn runs a task that may call a model.
func (a *Assistant) turn(ctx context.Context, t *turn.Task) (turn.Result, error) {
	if t.Wish.Command == intent.Unfollow {
		return a.unfollow(ctx, t)
	}
	if last, err := a.wantsLast(t); last || err != nil {
		return a.last(ctx, t, err)
	}
	asked, err := a.wanted(ctx, t)
	if err != nil {
		return a.failed(ctx, t, nil, err)
	}
	return a.run(ctx, t, asked)
}

// run answers a want. It is also where a button or an approval comes in again.
func (a *Assistant) run(ctx context.Context, t *turn.Task, asked *want) (turn.Result, error) {
	w := &work{a: a, t: t, want: asked, holdID: t.Ticket.Hold(), post: t.Placeholder}
	err := w.read(ctx)
	if err == nil {
		err = w.decide(ctx)
	}
	var out *answer
	if err == nil {
		out, err = w.answer(ctx)
	}
	if err != nil {
		return a.failed(ctx, t, w, err)
	}
	return w.result(out)
}

// read finds out whether the asker may see the conversation, reads it, takes
// out what must not leave, and plans the intent's steps.
func (w *work) read(ctx context.Context) error {
	e, s := &w.t.Event, &w.t.Settings
	opener := w.a.Openers(e.Place.Platform)
	var err error
	if w.resp, err = opener.Open(ctx, w.address()); err != nil {
		return unspeakable(err)
	}
	w.class = s.Class()
	w.input = step.Input{
		Instruction: w.want.Instruction, Text: w.want.Text, Language: or(w.want.Flags.Language, s.Language()), Tone: or(w.want.Flags.Tone, s.Tone()),
		Template: w.want.Flags.Template, Words: w.want.Flags.Words, Asker: e.Actor.Name, Previous: w.want.Previous, Now: w.a.Clock.Now().In(s.Zone()),
	}
	if w.want.Intent == step.Classify {
		w.input.Labels = labels(w.want.Flags, s.Labels())
	}
	if err := w.conversation(ctx, opener); err != nil {
		return err
	}
	w.length(s.Length())
	if err := w.redact(s.Redact()); err != nil {
		return err
	}
	w.steps, err = intent.Plan(w.want.Intent, intent.Request{Input: w.input, Budget: w.room(), Count: w.count})
	w.chargeTo()
	return err
}

// unspeakable words that the bot cannot speak where it was asked. The sentence
// goes to the person's drafts; trying again would not help.
func unspeakable(err error) error {
	if errors.Is(err, chat.ErrNoAccess) || errors.Is(err, chat.ErrGone) {
		return fault.Wrap(err, fault.NotAllowed, "I was not invited to that channel, so I cannot answer there. Invite me, then ask again.")
	}
	return fmt.Errorf("assistant: open: %w", err)
}

// length turns the setting into a bound, where the person gave none.
func (w *work) length(setting string) {
	if w.input.Words > 0 || w.want.Intent == step.Classify {
		return
	}
	switch usual := intent.Words(w.want.Intent, w.input); setting {
	case "short":
		w.input.Words = usual / 2
	case "long":
		w.input.Words = usual * 2
	}
}

// redact takes out what the settings name. It is put back into the answer.
func (w *work) redact(names []string) error {
	kinds, err := redact.ParseKinds(names)
	if err != nil {
		return fmt.Errorf("assistant: redact: %w", err)
	}
	w.hidden = redact.NewTurn(kinds...)
	w.input.Messages = w.hidden.Messages(w.input.Messages)
	w.input.Text, w.input.Instruction = w.hidden.Text(w.input.Text), w.hidden.Text(w.input.Instruction)
	w.input.Previous = w.hidden.Text(w.input.Previous)
	return nil
}

func labels(f intent.Flags, set []step.Label) []step.Label {
	if len(f.Labels) == 0 {
		return set
	}
	out := intent.LabelSet(f.Labels)
	for i := range out {
		for _, known := range set {
			if known.Name == out[i].Name {
				out[i] = known
			}
		}
	}
	return out
}

// reserve is kept free in a model's window for the answer and the rules.
const reserve = 4000

// room is how many tokens of conversation one call can take on the largest
// model that may answer; 0 when only the local tier is there, which takes any
// length.
func (w *work) room() int64 {
	var most int64
	for _, m := range w.a.Models.Ready() {
		if m.Tier > catalog.Local && m.Tier <= w.t.Settings.Ceiling() {
			most = max(most, m.Context)
		}
	}
	if most == 0 {
		return 0
	}
	return max(most-reserve, 1000)
}

func (w *work) count(text string) int64 {
	var n int64
	for _, f := range w.a.Models.families() {
		n = max(n, token.Upper(f, text))
	}
	return n
}

func or(s, other string) string {
	if s == "" {
		return other
	}
	return s
}
