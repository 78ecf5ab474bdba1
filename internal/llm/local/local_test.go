package local

import (
	"encoding/json"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/tierwise/tierwise/internal/catalog"
	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/llm"
	"github.com/tierwise/tierwise/internal/step"
)

// thread makes messages of lines "anna: text".
func thread(lines ...string) []chat.Message {
	var out []chat.Message
	for i, l := range lines {
		name, text, _ := strings.Cut(l, ": ")
		out = append(out, chat.Message{ID: strconv.Itoa(i + 1), Author: chat.Actor{ID: "U" + name, Name: name}, Text: text})
	}
	return out
}

func release() []chat.Message {
	return thread(
		"Anna: The 2.4 release is red, the login tests fail on arm64. See https://ci.example/run/77 and REL-12.",
		"Bob: The login tests are flaky since the new session cache.",
		"Bob: I'll fix the flaky login test by Friday.",
		"Carol: Ok. We decided to ship the release without the new login on November 27.",
		"Anna: Dave, can you update the changelog?",
		"Dave: Sure.",
		"Anna: Who tells support about the login?",
	)
}

// run collects an answer, its chunks and how it ended.
func run(t *testing.T, c *Client, m catalog.Model, s step.Step) (text string, chunks int, done *llm.Done) {
	t.Helper()
	for ch, err := range c.Stream(t.Context(), llm.Request{Model: &m, Step: &s}) {
		if err != nil {
			t.Fatal(err)
		}
		if ch.Done != nil {
			done = ch.Done
			continue
		}
		text += ch.Text
		chunks++
	}
	if done == nil {
		t.Fatal("no Done chunk")
	}
	return text, chunks, done
}

func answer(t *testing.T, i step.Intent, in step.Input) string {
	t.Helper()
	text, _, done := run(t, New(nil), catalog.Model{Wire: "local"}, step.Step{Intent: i, Input: in})
	if done.Cost == nil || *done.Cost != 0 || !done.Counted || done.Tokens.Output == 0 {
		t.Errorf("done: %+v", done)
	}
	return text
}

func TestASummaryFindsWhatReadersLookFor(t *testing.T) {
	got := answer(t, step.Summarize, step.Input{Messages: release()})
	for _, want := range []string{
		"**Key messages**", "**Decisions**\n- **Carol**: We decided to ship the release without the new login on November 27. [4]",
		"**Open questions**\n- **Anna**: Who tells support about the login? [7]",
		"- **Bob**: I'll fix the flaky login test by Friday. [3]", "- **Anna → Dave**: can you update the changelog? [5]",
		"- https://ci.example/run/77 [1]", "- REL-12 [1]",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	if got := answer(t, step.Summarize, step.Input{Messages: release(), Template: "decisions", First: 100}); got != "**Decisions**\n- **Carol**: We decided to ship the release without the new login on November 27. [103]" {
		t.Errorf("decisions only, numbers from 100:\n%s", got)
	}
	if got := answer(t, step.Summarize, step.Input{Messages: release()[:2], Template: "decisions"}); got != "No decision found in the messages." {
		t.Error(got)
	}
}

func TestAWrittenActionNamesItsOwnerAndBracketsAreNoCitation(t *testing.T) {
	got := answer(t, step.Summarize, step.Input{Messages: thread("Jonas: ACTION: joy to adapt the recipe [99] for libvirt"), Template: "actions"})
	if got != "**Action items**\n- **Jonas → joy**: joy to adapt the recipe (99) for libvirt [1]" {
		t.Error(got)
	}
}

func TestAnAnsweredQuestionIsNotOpen(t *testing.T) {
	for name, c := range map[string]struct {
		messages []chat.Message
		open     bool
	}{
		"answered at once":   {thread("A: which port does it use?", "B: 6379"), false},
		"own talk":           {thread("A: which port does it use?", "A: hm, let me look"), true},
		"only asked back":    {thread("A: which port does it use?", "B: which service?"), true},
		"answered by name":   {thread("A: which port does it use?", "B: why?", "B: how?", "B: where?", "B: so, a, try 6379"), false},
		"talk passed it by":  {thread("A: which port does it use?", "B: why?", "B: how?", "B: where?", "B: lunch is served"), true},
		"answered by word":   {thread("A: which port does it use?", "B: why?", "B: how?", "B: where?", "B: port 6379"), false},
		"the last of thread": {thread("B: hello there", "A: which port does it use?"), true},
	} {
		in := step.Input{Messages: c.messages, Template: "questions"}
		if got := strings.Contains(answer(t, step.Summarize, in), "which port"); got != c.open {
			t.Errorf("%s: open is %v", name, got)
		}
	}
}

var cited = regexp.MustCompile(`\[(\d+)\]`)

func TestEveryRealThreadIsSummarised(t *testing.T) {
	rows := readJSONL[threadRow](t, shared(t, "data", "threads-irc.jsonl"))
	if len(rows) != 182 {
		t.Errorf("%d threads", len(rows))
	}
	for _, r := range rows {
		in := r.input()
		got := answer(t, step.Summarize, in)
		if got != answer(t, step.Summarize, in) {
			t.Errorf("%s: two runs differ", r.ID)
		}
		found := cited.FindAllStringSubmatch(got, -1)
		if len(found) == 0 {
			t.Errorf("%s cites nothing:\n%s", r.ID, got)
		}
		for _, m := range found {
			if n, _ := strconv.Atoi(m[1]); n < 1 || n > len(in.Messages) {
				t.Errorf("%s cites message %d of %d", r.ID, n, len(in.Messages))
			}
		}
	}
}

func TestOddInputIsAnsweredToo(t *testing.T) {
	for name, in := range map[string]step.Input{
		"nothing": {}, "empty text": {Messages: thread("A: ")}, "no author": {Messages: []chat.Message{{Text: "hello there world"}}},
		"bad bytes": {Messages: thread("A\xff: the \xff\xfe build is red \xc3")}, "one word": {Messages: thread("A: ok", "B: yes")},
		"code only": {Messages: thread("A: ```\npanic\n```")}, "a text": {Text: "One sentence here. Another sentence there."},
	} {
		for _, i := range step.Intents() {
			in.Labels = []step.Label{{Name: "bug"}, {Name: "question"}}
			if got := answer(t, i, in); got == "" || strings.ToValidUTF8(got, "") != got {
				t.Errorf("%s, %s: %q", name, i, got)
			}
		}
	}
	if got := answer(t, step.Classify, step.Input{Text: "x"}); got == "" {
		t.Error("no labels, no sentence")
	}
}

func TestClassifyKnowsWhenItIsUnsure(t *testing.T) {
	labels := []step.Label{
		{Name: "bug", Examples: []string{"the export button crashes the app", "I get an error when I save"}},
		{Name: "question", Examples: []string{"how do I export my data", "where can I find the settings"}},
		{Name: "billing", Description: "invoices, payments and refunds"},
	}
	for text, want := range map[string]string{
		"saving a file gives an error": "bug", "how do I find the data settings?": "question", "please refund the second invoice": "billing",
		"the weather is lovely": "unsure", "": "unsure",
	} {
		var v verdict
		if err := json.Unmarshal([]byte(answer(t, step.Classify, step.Input{Messages: thread("A: " + text), Labels: labels})), &v); err != nil {
			t.Fatal(err)
		}
		if v.Label != want || v.First == "" || v.Second == "" || v.First == v.Second {
			t.Errorf("%q: %+v, want %s", text, v, want)
		}
	}
}

func TestClassifyOnPublicRows(t *testing.T) {
	rows := readJSONL[struct{ Text, Label, Split string }](t, shared(t, "data", "intents-banking77-fewshot.jsonl"))
	seen := map[string]int{}
	sets := map[string][]string{}
	var order []string
	var tests []int
	for i, r := range rows {
		if seen[r.Label]++; seen[r.Label] > 7 {
			tests = append(tests, i)
			continue
		}
		if seen[r.Label] == 1 {
			order = append(order, r.Label)
		}
		sets[r.Label] = append(sets[r.Label], r.Text)
	}
	var labels []step.Label
	for _, l := range order {
		labels = append(labels, step.Label{Name: strings.ReplaceAll(l, "_", " "), Examples: sets[l]})
	}
	j := newJudge(labels)
	hit, sure, right := 0, 0, 0
	for _, i := range tests {
		v, want := j.judge(rows[i].Text), strings.ReplaceAll(rows[i].Label, "_", " ")
		if v.First == want {
			hit++
		}
		if v.Label != "unsure" {
			sure++
			if v.Label == want {
				right++
			}
		}
	}
	t.Logf("Banking77, %d labels, 7 examples each, %d rows: first choice right %.1f %%; sure of %.1f %%, of those right %.1f %%",
		len(labels), len(tests), 100*float64(hit)/float64(len(tests)), 100*float64(sure)/float64(len(tests)), 100*float64(right)/float64(max(sure, 1)))
	if hit*100 < 55*len(tests) {
		t.Errorf("%d of %d right: counting words with few examples reaches about 60 %%", hit, len(tests))
	}
	if right*len(tests) <= hit*sure {
		t.Error("being unsure does not help")
	}
}
