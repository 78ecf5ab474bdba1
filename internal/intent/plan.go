package intent

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/fault"
	"github.com/tierwise/tierwise/internal/step"
)

// Request is what is to be planned. Input is complete: messages read, names
// resolved, redacted.
type Request struct {
	Input step.Input
	// Budget is how many tokens of prompt fit one call; 0 means no bound.
	Budget int64
	// Count bounds the tokens of a text from above; nil counts a token per
	// three bytes.
	Count func(text string) int64
}

// maxSegments bounds what one request may fan out to. A conversation that needs
// more loses its middle, and the caller's coverage line says so.
const maxSegments = 24

// Plan makes the steps for an intent: one answer step, or for a summary of a
// conversation over the budget segment steps and a merge step. Errors are
// faults: BadInput when there is nothing to work on.
func Plan(i step.Intent, r Request) ([]step.Step, error) {
	switch i {
	case step.Summarize:
		return Summarize(r)
	case step.Draft:
		return Draft(r)
	case step.Classify:
		return Classify(r)
	case step.Ask:
		return Ask(r)
	}
	return nil, fmt.Errorf("intent: plan: unknown intent %q", i)
}

// Summarize plans a summary of Input.Messages or Input.Text. With segments, the
// last step is the merge: its prompt is filled with Merge when their answers
// are known; until then an estimate adds Σ MaxOutput of the segments to it.
func Summarize(r Request) ([]step.Step, error) {
	if len(r.Input.Messages) == 0 && strings.TrimSpace(r.Input.Text) == "" {
		return nil, fault.New(fault.BadInput, "There is nothing to summarize here: I found no messages in that range.")
	}
	words := Words(step.Summarize, r.Input)
	one := step.Step{N: 1, Purpose: step.Answer, Intent: step.Summarize, Input: r.Input, MaxOutput: outputFor(words)}
	if err := render(&one, words, nil); err != nil {
		return nil, err
	}
	if r.fits(one) || len(r.Input.Messages) < 2 {
		return []step.Step{one}, nil
	}
	return segments(r, words)
}

// Draft plans a draft. It needs an instruction or a conversation.
func Draft(r Request) ([]step.Step, error) {
	in := r.Input
	if strings.TrimSpace(in.Instruction+in.Text+in.Previous+in.Template) == "" && len(in.Messages) == 0 {
		return nil, fault.New(fault.BadInput, "Say what the draft is about, or ask for it in a thread.")
	}
	return r.answer(step.Draft)
}

// Classify plans a classification into Input.Labels.
func Classify(r Request) ([]step.Step, error) {
	if len(r.Input.Labels) < 2 {
		return nil, fault.New(fault.BadInput, "I need at least two labels: add --labels bug,question,idea, or ask an admin to set labels for this channel.")
	}
	if len(r.Input.Messages) == 0 && strings.TrimSpace(r.Input.Text) == "" {
		return nil, fault.New(fault.BadInput, "There is nothing to classify: give a text or a link, or ask in a thread.")
	}
	steps, err := r.answer(step.Classify)
	if err != nil {
		return nil, err
	}
	if steps[0].Schema, err = labelSchema(r.Input.Labels); err != nil {
		return nil, err
	}
	return steps, nil
}

// Ask plans an answer to Input.Instruction.
func Ask(r Request) ([]step.Step, error) {
	if strings.TrimSpace(r.Input.Instruction) == "" && len(r.Input.Messages) == 0 {
		return nil, fault.New(fault.BadInput, "Ask me something, or say \"help\" to see what I can do.")
	}
	return r.answer(step.Ask)
}

// answer makes the single answer step. A conversation over the budget keeps its
// first message and the newest ones.
func (r Request) answer(i step.Intent) ([]step.Step, error) {
	words := Words(i, r.Input)
	s := step.Step{N: 1, Purpose: step.Answer, Intent: i, Input: r.Input, MaxOutput: outputFor(words)}
	if err := render(&s, words, nil); err != nil {
		return nil, err
	}
	for try := 0; !r.fits(s) && len(s.Input.Messages) > 1 && try < 40; try++ {
		s.Input = newest(s.Input, len(s.Input.Messages)*3/4)
		if err := render(&s, words, nil); err != nil {
			return nil, err
		}
	}
	return []step.Step{s}, nil
}

// newest keeps the last n messages and says so in the coverage.
func newest(in step.Input, n int) step.Input {
	n = max(n, 1)
	cut := len(in.Messages) - n
	in.First = max(in.First, 1) + cut
	in.Messages = in.Messages[cut:]
	in.Coverage.Read = min(in.Coverage.Read, n)
	in.Coverage.Why = "newest messages kept within the model's limit"
	return in
}

func (r Request) count(text string) int64 {
	if r.Count != nil {
		return r.Count(text)
	}
	return int64(len(text)/3 + 1)
}

func (r Request) fits(s step.Step) bool {
	if r.Budget <= 0 {
		return true
	}
	var n int64
	for _, t := range s.Prompt {
		n += r.count(t.Text)
	}
	return n <= r.Budget
}

// Words is how long an answer should be at most, in words.
func Words(i step.Intent, in step.Input) int {
	if in.Words > 0 {
		return in.Words
	}
	switch i {
	case step.Summarize:
		switch n := len(in.Messages); {
		case n < 30:
			return 120
		case n < 200:
			return 200
		}
		return 300
	case step.Draft:
		return 150
	case step.Classify:
		return 20
	default:
		return 250
	}
}

// outputFor turns words into tokens, with room for other scripts, citations and
// markup.
func outputFor(words int) int64 { return int64(words)*3 + 120 }

// segments cuts the conversation into parts that fit and adds the merge.
func segments(r Request, words int) ([]step.Step, error) {
	base := r.Input
	base.Messages = nil
	probe := step.Step{Purpose: step.Segment, Intent: step.Summarize, Input: base}
	notes := max(words/2, 80)
	if err := render(&probe, notes, nil); err != nil {
		return nil, err
	}
	room := r.Budget - r.count(probe.Prompt[0].Text) - r.count(probe.Prompt[1].Text) - 64
	if room < 100 {
		return nil, errors.New("intent: plan: the budget does not hold the rules of the prompt")
	}
	var steps []step.Step
	for _, part := range split(r, room) {
		in := r.Input
		in.Messages, in.First, in.Words = part.messages, part.first, notes
		s := step.Step{N: len(steps) + 1, Purpose: step.Segment, Intent: step.Summarize, Input: in, MaxOutput: outputFor(notes)}
		if err := render(&s, notes, nil); err != nil {
			return nil, err
		}
		steps = append(steps, s)
	}
	whole := r.Input
	if lost := dropped(steps, len(whole.Messages)); lost > 0 {
		whole.Coverage.Read, whole.Coverage.Why = len(whole.Messages)-lost, "the middle of a very long conversation was left out"
	}
	merge := step.Step{N: len(steps) + 1, Purpose: step.Merge, Intent: step.Summarize, Input: whole, MaxOutput: outputFor(words)}
	if err := render(&merge, words, nil); err != nil {
		return nil, err
	}
	return append(steps, merge), nil
}

// dropped is how many of n messages are in none of the segments.
func dropped(segments []step.Step, n int) int {
	for _, s := range segments {
		n -= len(s.Input.Messages)
	}
	return n
}

type part struct {
	messages []chat.Message
	first    int
}

// split cuts messages into runs that fit the room. A single message over it is
// cut at the end of what fits. Too many parts lose those in the middle.
func split(r Request, room int64) []part {
	first := max(r.Input.First, 1)
	lines := numbered(r.Input.Messages, first)
	var parts []part
	var used int64
	start := 0
	for i, line := range lines {
		n := r.count(line) + 2
		if used+n > room && i > start {
			parts = append(parts, part{r.Input.Messages[start:i], first + start})
			start, used = i, 0
		}
		used += n
	}
	parts = append(parts, part{r.Input.Messages[start:], first + start})
	for k := range parts {
		if len(parts[k].messages) == 1 {
			parts[k].messages = []chat.Message{shorten(r, parts[k].messages[0], room)}
		}
	}
	if len(parts) > maxSegments {
		parts = append(parts[:maxSegments/2:maxSegments/2], parts[len(parts)-maxSegments/2:]...)
	}
	return parts
}

// shorten cuts one message's text until it fits.
func shorten(r Request, m chat.Message, room int64) chat.Message {
	for r.count(m.Text)+40 > room && len(m.Text) > 200 {
		m.Text = strings.ToValidUTF8(m.Text[:len(m.Text)*3/4], "") + " …"
	}
	return m
}

// Merge fills the merge step with the answers of the segments, in order.
func Merge(merge step.Step, parts []string) (step.Step, error) {
	if err := render(&merge, Words(step.Summarize, merge.Input), parts); err != nil {
		return step.Step{}, err
	}
	return merge, nil
}

// Repair makes the step that asks again after failed checks. n is its number.
func Repair(s step.Step, n int, answer string, failed []Finding) (step.Step, error) {
	text, err := fill("repair", failed)
	if err != nil {
		return step.Step{}, err
	}
	s.Prompt = append(append([]step.Turn{}, s.Prompt...),
		step.Turn{Role: "assistant", Text: answer}, step.Turn{Role: "user", Text: text})
	s.N, s.Purpose = n, step.Repair
	return s, nil
}

// Again makes the same call under another number and purpose: a Vote, an
// Escalation, a Shadow.
func Again(s step.Step, n int, why step.Purpose) step.Step {
	s.N, s.Purpose = n, why
	return s
}

// labelSchema is the JSON schema of a classify answer.
func labelSchema(labels []step.Label) ([]byte, error) {
	names := make([]string, 0, len(labels)+1)
	for _, l := range labels {
		names = append(names, oneLine(l.Name, 60))
	}
	name := map[string]any{"type": "string", "enum": names}
	b, err := json.Marshal(map[string]any{
		"type": "object", "additionalProperties": false, "required": []string{"label", "first", "second", "confidence"},
		"properties": map[string]any{
			"label": map[string]any{"type": "string", "enum": append(names[:len(names):len(names)], unsure)},
			"first": name, "second": name,
			"confidence": map[string]any{"type": "integer"},
		},
	})
	if err != nil {
		return nil, fmt.Errorf("intent: label schema: %w", err)
	}
	return b, nil
}
