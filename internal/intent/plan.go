package intent

import (
	"encoding/json"
	"fmt"
	"strings"

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
func Again(s *step.Step, n int, why step.Purpose) *step.Step {
	same := *s
	same.N, same.Purpose = n, why
	return &same
}

// labelSchema is the JSON schema of a classify answer.
func labelSchema(labels []step.Label) ([]byte, error) {
	names := make([]string, 0, len(labels)+1)
	for _, l := range labels {
		names = append(names, oneLine(l.Name, 60))
	}
	name := map[string]any{"type": "string", "enum": names}
	b, err := json.Marshal(map[string]any{
		"type": "object", "additionalProperties": false, "required": []string{"label", "first", "second", "confidence", "why"},
		"properties": map[string]any{
			"label": map[string]any{"type": "string", "enum": append(names[:len(names):len(names)], unsure)},
			"first": name, "second": name,
			"confidence": map[string]any{"type": "integer"},
			"why":        map[string]any{"type": "string"},
		},
	})
	if err != nil {
		return nil, fmt.Errorf("intent: label schema: %w", err)
	}
	return b, nil
}
