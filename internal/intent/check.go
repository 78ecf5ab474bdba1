package intent

import (
	"strings"

	"github.com/tierwise/tierwise/internal/step"
)

// Report is what the checks say of an answer.
type Report struct {
	Pass   bool
	Failed []Finding
}

// Finding is one failed check. Code is fixed and may be logged and booked; Text
// is for the repair prompt and may quote the answer, so it is never logged.
type Finding struct {
	Code string
	Text string
}

// The codes of findings.
const (
	CodeEmpty        = "empty"
	CodeRefusal      = "refusal"
	CodeBoilerplate  = "boilerplate"
	CodeTooLong      = "length.long"
	CodeTooShort     = "length.short"
	CodeNumber       = "fact.number"
	CodeDate         = "fact.date"
	CodeLink         = "fact.link"
	CodeName         = "fact.name"
	CodeQuote        = "fact.quote"
	CodeCitation     = "citation.unknown"
	CodeNoCitation   = "citation.none"
	CodeCoverage     = "coverage.decisions"
	CodeLabel        = "label.unknown"
	CodePlaceholder  = "draft.placeholder"
	CodeLanguage     = "draft.language"
	CodeHedging      = "ask.hedging"
	CodeAsksBack     = "ask.asks_back"
	maxFindings      = 8
	citationsFrom    = 3 // messages from which on a summary must cite
	boilerplateLines = 2
)

// Check compares an answer with its step. It is pure, reads no model's opinion,
// and takes time linear in the conversation and the answer. An answer of the
// local tier needs no check: it is copied from the conversation.
func Check(s step.Step, answer string) Report {
	answer = strings.TrimSpace(answer)
	var c findings
	if answer == "" {
		c.add(CodeEmpty, "The answer is empty.")
		return c.report()
	}
	switch s.Intent {
	case step.Summarize:
		c.summary(s, answer)
	case step.Classify:
		if _, err := ParseLabel(answer, s.Input.Labels); err != nil {
			c.add(CodeLabel, "The answer is not one line of JSON whose label is one of the classes or \"unsure\".")
		}
	case step.Draft:
		c.draft(s, answer)
	default:
		c.ask(answer)
	}
	return c.report()
}

type findings []Finding

func (c *findings) add(code, text string) {
	if len(*c) < maxFindings {
		*c = append(*c, Finding{code, text})
	}
}

func (c findings) report() Report { return Report{Pass: len(c) == 0, Failed: c} }

func (c *findings) summary(s step.Step, answer string) {
	if refuses(answer) {
		c.add(CodeRefusal, "The answer refuses or speaks about being a model instead of summarizing.")
	}
	if prefaced(answer) {
		c.add(CodeBoilerplate, "Leave out the preface and closing remark.")
	}
	src := source(s.Input)
	c.length(s, answer, src.words)
	c.facts(src, answer)
	if s.Purpose != step.Segment {
		c.coverage(s.Input, answer)
	}
}

// length holds a summary to its band: not over its budget by half, not longer
// than what it summarizes, and not a stub.
func (c *findings) length(s step.Step, answer string, sourceWords int) {
	n := len(strings.Fields(answer))
	limit := Words(s.Intent, s.Input)
	if n > limit+limit/2+10 {
		c.add(CodeTooLong, "The answer is too long: at most "+itoa(limit)+" words.")
	} else if sourceWords > 80 && n > sourceWords {
		c.add(CodeTooLong, "The answer is longer than the conversation.")
	}
	if n < 4 || sourceWords > 200 && n < 12 {
		c.add(CodeTooShort, "The answer is too short to be a summary.")
	}
}

// coverage wants at least half of the decisions that the rules can see.
func (c *findings) coverage(in step.Input, answer string) {
	cited := map[int]bool{}
	for _, n := range citations(answer) {
		cited[n] = true
	}
	have := wordSet(answer)
	total, covered := 0, 0
	for i, m := range in.Messages {
		if !decides(m.Text) {
			continue
		}
		total++
		if cited[max(in.First, 1)+i] || overlap(m.Text, have) {
			covered++
		}
	}
	if total > 0 && covered*2 < total {
		c.add(CodeCoverage, "Decisions are missing: "+itoa(total-covered)+" of "+itoa(total)+" decisions in the conversation are not in the answer.")
	}
}

// overlap reports whether the set has two fifths of the text's content words.
func overlap(text string, have map[string]bool) bool {
	n, hit := 0, 0
	for w := range wordSet(text) {
		if len(w) < 4 {
			continue
		}
		n++
		if have[w] {
			hit++
		}
	}
	return n > 0 && hit*5 >= n*2
}

var decisionCues = []string{"we decided", "decided to", "we've decided", "agreed to", "we agree ", "agreed:", "decision:", "let's go with",
	"lets go with", "we'll go with", "we will go with", "going with", "final decision", "we're going to go with", "settled on"}

// decides reports whether a message states a decision in plain words. The cues
// are few on purpose: a false one would make a good summary fail.
func decides(text string) bool {
	low := strings.ToLower(text)
	if strings.HasSuffix(strings.TrimSpace(low), "?") {
		return false
	}
	for _, cue := range decisionCues {
		if strings.Contains(low, cue) {
			return true
		}
	}
	return false
}

func (c *findings) draft(s step.Step, answer string) {
	if refuses(answer) {
		c.add(CodeRefusal, "The answer refuses or speaks about being a model instead of writing the message.")
	}
	if prefaced(answer) {
		c.add(CodeBoilerplate, "Write only the message: no preface and no closing remark.")
	}
	if p := placeholder(answer); p != "" {
		c.add(CodePlaceholder, "The message has a placeholder, "+clip(p, 40)+". Leave out what is not known.")
	}
	limit := Words(s.Intent, s.Input)
	if n := len(strings.Fields(answer)); n > limit+limit/2+10 {
		c.add(CodeTooLong, "The message is too long: at most "+itoa(limit)+" words.")
	} else if n < 2 {
		c.add(CodeTooShort, "The message is too short.")
	}
	if otherLanguage(answer, s.Input.Language) {
		c.add(CodeLanguage, "The message is not in the language "+oneLine(s.Input.Language, 20)+".")
	}
}

func (c *findings) ask(answer string) {
	if refuses(answer) {
		c.add(CodeRefusal, "The answer refuses.")
	}
	if Hedging(answer) >= 2 {
		c.add(CodeHedging, "The answer hedges: say what is known and what is not.")
	}
	words := len(strings.Fields(answer))
	if words < 40 && strings.HasSuffix(answer, "?") && strings.Count(answer, ".") == 0 {
		c.add(CodeAsksBack, "The answer only asks back.")
	}
}
