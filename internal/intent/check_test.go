package intent

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/step"
)

func codes(r Report) []string {
	var out []string
	for _, f := range r.Failed {
		out = append(out, f.Code)
	}
	return out
}

func TestAFaithfulSummaryPasses(t *testing.T) {
	s := step.Step{Intent: step.Summarize, Input: release()}
	for _, answer := range []string{
		"The 2.4 release is red with 3 failing tests on arm64 [1]; it ships anyway on November 27 [3].\n\n**Decisions**\n- Carol: ship 2.4 without the new login [3]\n\n**Action items**\n- Bob will fix the login test by Friday [2]",
		"2 people discuss release 2.4: see https://ci.example/run/77 [1]. Carol said \"ship 2.4 without the new login\" on 27 November [3]. The thread began on 2026-11-23 at 10:02.",
		"1. Release 2.4 is red [1]\n2. They agreed to ship without the new login [3]\n3. Anna asks who tells support [4]",
	} {
		if r := Check(s, answer); !r.Pass {
			t.Errorf("%+v\n%s", r.Failed, answer)
		}
	}
}

func TestAnUnfaithfulSummaryFailsWithItsCode(t *testing.T) {
	s := step.Step{Intent: step.Summarize, Input: release()}
	good := "They ship 2.4 without the new login, says Carol [3]. "
	for answer, code := range map[string]string{
		good + "The outage cost 4500 dollars.":                               CodeNumber,
		good + "It ships on December 12.":                                    CodeDate,
		good + "It was moved to 2027-01-05.":                                 CodeDate,
		good + "The meeting is at 18:45.":                                    CodeDate,
		good + "See https://evil.example/x for more.":                        CodeLink,
		good + "Then @mallory took over.":                                    CodeName,
		good + "Mallory said that it is fine.":                               CodeName,
		good + "Bob wrote \"I will never fix that test\" to them.":           CodeQuote,
		good + "Bob fixes the test [9].":                                     CodeCitation,
		"They ship 2.4 without the new login, says Carol to all of them.":    CodeNoCitation,
		"Anna reports that release 2.4 is red with failing tests on it [1].": CodeCoverage,
		"I'm sorry, but I can't help with that request, as an AI model [3].": CodeRefusal,
		"Sure! Here is a summary of the thread:\n" + good:                    CodeBoilerplate,
		good + strings.Repeat("and they ship it ", 60):                       CodeTooLong,
		"Ship it [3].": CodeTooShort,
		" \n":          CodeEmpty,
	} {
		if r := Check(s, answer); r.Pass || !slices.Contains(codes(r), code) {
			t.Errorf("want %s, got %v for\n%s", code, codes(r), answer)
		}
	}
}

func TestDraftChecks(t *testing.T) {
	s := step.Step{Intent: step.Draft, Input: step.Input{Language: "en"}}
	for answer, code := range map[string]string{
		"Hi [Name], the release moves to Friday.":                  CodePlaceholder,
		"Hi Bob, the release moves to {{date}}.":                   CodePlaceholder,
		"As an AI, I cannot write that for you.":                   CodeRefusal,
		"Here is a draft:\n\nHi Bob, the release moves to Friday.": CodeBoilerplate,
		strings.Repeat("very long ", 200):                          CodeTooLong,
		"Hallo Bob, wir haben die Freigabe auf Freitag verschoben und das ist nicht schlimm, die Tests sind mit der neuen Version grün": CodeLanguage,
	} {
		if r := Check(s, answer); !slices.Contains(codes(r), code) {
			t.Errorf("want %s, got %v for %s", code, codes(r), answer)
		}
	}
	for _, fine := range []string{
		"Hi Bob, the release moves to Friday. Let me know if that works for you.",
		"Hi Bob, see [the run](https://ci.example) and write to [EMAIL_1].",
		"Hi Bob, we ship on […date].",
	} {
		if r := Check(s, fine); !r.Pass {
			t.Errorf("%+v for %s", r.Failed, fine)
		}
	}
}

func TestAskChecks(t *testing.T) {
	s := step.Step{Intent: step.Ask}
	for answer, code := range map[string]string{
		"I'm not sure, it might be the proxy, or perhaps the cache.": CodeHedging,
		"I'm unable to answer that.":                                 CodeRefusal,
		"Which service do you mean?":                                 CodeAsksBack,
	} {
		if r := Check(s, answer); !slices.Contains(codes(r), code) {
			t.Errorf("want %s, got %v for %s", code, codes(r), answer)
		}
	}
	if r := Check(s, "Redis listens on port 6379."); !r.Pass {
		t.Errorf("%+v", r.Failed)
	}
}

func TestLabelsAreReadTolerantly(t *testing.T) {
	labels := LabelSet([]string{"bug", "Feature request", "question", "non-bug"})
	for answer, want := range map[string]string{
		`{"label": "bug", "first": "bug", "second": "question", "confidence": 80}`: "bug",
		"```json\n{\"label\": \"Feature_Request\", \"confidence\": 0.9}\n```":      "Feature request",
		"**Question**":         "question",
		"Label: bug.":          "bug",
		"I would say non-bug.": "non-bug",
	} {
		c, err := ParseLabel(answer, labels)
		if err != nil || c.Label != want {
			t.Errorf("%s: %+v %v", answer, c, err)
		}
	}
	c, err := ParseLabel(`{"label":"unsure","first":"question","second":"bug","confidence":"40 %"}`, labels)
	if err != nil || !c.Unsure || c.Top != [2]string{"question", "bug"} || c.Confidence != 40 {
		t.Errorf("%+v %v", c, err)
	}
	if c, err := ParseLabel("Unsure: bug or question", labels); err != nil || !c.Unsure || c.Top != [2]string{"bug", "question"} {
		t.Errorf("%+v %v", c, err)
	}
	for _, bad := range []string{"", "banana", "bug and question both", `{"label":"urgent"}`, "debugging"} {
		if c, err := ParseLabel(bad, labels); err == nil {
			t.Errorf("%q read as %+v", bad, c)
		}
	}
}

func TestVotesAgreeByMajority(t *testing.T) {
	bug, question := Choice{Label: "bug", Top: [2]string{"bug"}}, Choice{Label: "question", Top: [2]string{"question"}}
	if c, ok := Agree(bug, bug); !ok || c.Label != "bug" {
		t.Errorf("%+v %v", c, ok)
	}
	if c, ok := Agree(bug, question); ok || !c.Unsure || c.Top != [2]string{"bug", "question"} {
		t.Errorf("%+v %v", c, ok)
	}
	if c, ok := Agree(bug, question, bug); !ok || c.Label != "bug" || c.Confidence != 66 {
		t.Errorf("%+v %v", c, ok)
	}
	if _, ok := Agree(); ok {
		t.Error("no votes agree")
	}
}

func TestCitationsBecomeLinks(t *testing.T) {
	in := release()
	in.Messages[3].Permalink = ""
	got := Cite(in, "Red [1], ship [2, 3], [2–3], open [4], no [9], code `a[1]`, link [1](https://x.example).")
	want := "Red [1](https://chat.example/p1), ship [2](https://chat.example/p2) [3](https://chat.example/p3), [2](https://chat.example/p2)–[3](https://chat.example/p3), open [4], no [9], code `a[1]`, link [1](https://x.example)."
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	in.First = 10
	if got := Cite(in, "[11]"); got != "[11](https://chat.example/p2)" {
		t.Errorf("a segment's numbers begin at First: %s", got)
	}
}

func TestCoverageIsSaidInWords(t *testing.T) {
	for want, c := range map[string]chat.Coverage{
		"read 214 of 214 messages, 3 files skipped":              {Read: 214, Total: 214, FilesSkipped: 3},
		"read 1 of 1 message":                                    {Read: 1, Total: 1},
		"read 15 messages (the platform gives only 15 messages)": {Read: 15, Total: -1, Why: "the platform gives only 15 messages"},
		"": {},
	} {
		if got := CoverageLine(c); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestCleanTakesWrappingOff(t *testing.T) {
	for in, want := range map[string]string{
		"Sure! Here's a summary:\n\nIt is red.\n\nLet me know if you need more!": "It is red.",
		"```markdown\nIt is red.\n```":                                           "It is red.",
		"It is red.":                                                             "It is red.",
	} {
		if got := Clean(in, false); got != want {
			t.Errorf("%q: %q", in, got)
		}
	}
	if got := Clean("Hi.\n\nLet me know if that works.", true); !strings.Contains(got, "Let me know") {
		t.Errorf("a draft keeps its closing: %q", got)
	}
}

func FuzzCheck(f *testing.F) {
	f.Add("Red [1] “quote of three words” @anna 3.4 https://x.y 12:30 [2–3]")
	f.Fuzz(func(t *testing.T, answer string) {
		for _, i := range step.Intents() {
			s := step.Step{Intent: i, Input: release()}
			s.Input.Labels = LabelSet([]string{"bug", "question"})
			r := Check(s, answer)
			if r.Pass != (len(r.Failed) == 0) {
				t.Fatalf("%+v", r)
			}
			Cite(s.Input, Clean(answer, false))
		}
	})
}

func BenchmarkCheckSummary(b *testing.B) {
	var lines []string
	for range 200 {
		lines = append(lines, "Anna: we look at run 77 of the release and wonder why it fails on arm64 since Tuesday")
	}
	s := step.Step{Intent: step.Summarize, Input: step.Input{Messages: thread(lines...)}}
	answer := strings.Repeat("Anna wonders why run 77 fails on arm64 [12]. ", 12)
	b.ReportAllocs()
	for b.Loop() {
		Check(s, answer)
	}
}

// People's own summaries of public threads state what the threads say; the fact
// checks must let nearly all of them pass, or every repair would be for nothing.
func TestFactChecksSeldomBlamePeoplesSummaries(t *testing.T) {
	type row struct {
		Messages []struct{ User, Text string }
		Summary  string
	}
	blamed, rows := 0, 0
	f, err := os.Open(shared(t, "data", "threads-summary.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for s := json.NewDecoder(f); ; rows++ {
		var r row
		if err := s.Decode(&r); err != nil {
			break
		}
		in := step.Input{}
		for _, m := range r.Messages {
			in.Messages = append(in.Messages, chat.Message{Author: chat.Actor{Name: m.User}, Text: m.Text})
		}
		var c findings
		c.facts(source(in), r.Summary+" [1]")
		if len(c) > 0 {
			blamed++
			t.Logf("%+v", c)
		}
	}
	t.Logf("%d of %d summaries written by people fail a fact check", blamed, rows)
	if rows == 0 || blamed*10 > rows {
		t.Errorf("%d of %d", blamed, rows)
	}
}
