package intent

import (
	"errors"
	"strings"

	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/step"
)

// maxSegments bounds what one request may fan out to. A conversation that needs
// more loses its middle, and the coverage of the merge step says so.
const maxSegments = 24

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
