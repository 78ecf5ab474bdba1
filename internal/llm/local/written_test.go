package local

import (
	"regexp"
	"strings"
	"testing"

	"github.com/tierwise/tierwise/internal/catalog"
	"github.com/tierwise/tierwise/internal/step"
)

// gap is what a person would have to fill in before a draft can be posted.
var gap = regexp.MustCompile(`\[…|\[\.\.\.|<[a-z ]+>|\bTBD\b|XX`)

func TestADraftSaysWhatWasAskedAndNothingElse(t *testing.T) {
	in := step.Input{Messages: release(), Asker: "carol"}
	for _, c := range []struct{ instruction, want string }{
		{"tell bob that the builds work again", "Hi Bob, the builds work again."},
		{"draft a reply to bob saying the fix is out and we apologise for the trouble", "Hi Bob, the fix is out and we apologise for the trouble."},
		{"tell the team that the release moves to Friday", "Hi all, the release moves to Friday."},
		{"let ruth know her booking was retried", "Hi Ruth, your booking was retried."},
		{"tell ruth that Dave lost her booking", "Hi Ruth, Dave lost her booking."}, // whose booking nobody can tell
		{"ask dave whether he can send the list", "Hi Dave, can you send the list?"},
		{"ask dave for the list", "Hi Dave, could I have the list, please?"},
		{"ask dave to look at the alert", "Hi Dave, could you please look at the alert?"},
		{"ask dave when the changelog is ready", "Hi Dave, can you tell me when the changelog is ready?"},
		{"thank bob for the quick fix", "Hi Bob, thank you for the quick fix."},
		{"apologize to dave for the noise", "Hi Dave, I'm sorry for the noise."},
		{"draft an apology to dave", "Hi Dave, I'm sorry for the trouble this has caused."},
		{"politely decline", "Hi Anna, thank you for asking. I have to decline this time."},
		{"reply", "Hi Anna, thanks for your question. I'll look into it and reply here."},
		{"we will be ten minutes late", "We will be ten minutes late."},
		{"tell bob: all is back, see https://x.example/a?b=1", "Hi Bob, all is back, see https://x.example/a?b=1."},
		{"sag bob, dass die Tests wieder laufen", "Hallo Bob, ich möchte dir sagen, dass die Tests wieder laufen."},
		{"frag bob, ob er die Liste schicken kann", "Hallo Bob, kannst du mir sagen, ob du die Liste schicken kannst?"},
		{"dile a bob que las pruebas funcionan de nuevo", "Hola, Bob: las pruebas funcionan de nuevo."},
		{"dis à bob que les tests fonctionnent", "Bonjour Bob, les tests fonctionnent."},
		{"tell them when the release ships", "Hi all, Carol: We decided to ship the release without the new login on November 27."},
		{"translate this to german", "I can't translate without a model: an admin can connect one."},
	} {
		in.Instruction = c.instruction
		if got := answer(t, step.Draft, in); got != c.want {
			t.Errorf("%q:\n got %q\nwant %q", c.instruction, got, c.want)
		}
	}
}

func TestADraftFollowsToneAndLanguage(t *testing.T) {
	in := step.Input{Messages: release(), Asker: "carol", Instruction: "tell bob that the builds work again", Tone: "formal"}
	if got := answer(t, step.Draft, in); got != "Hello Bob,\n\nThe builds work again.\n\nBest regards\nCarol" {
		t.Errorf("formal: %q", got)
	}
	in.Tone = "plain"
	if got := answer(t, step.Draft, in); got != "The builds work again." {
		t.Errorf("plain: %q", got)
	}
	in = step.Input{Messages: release(), Instruction: "reply", Language: "de-AT"}
	if got := answer(t, step.Draft, in); got != "Hallo Anna, danke für die Frage. Ich sehe es mir an und antworte hier." {
		t.Errorf("German: %q", got)
	}
}

func TestAReportListsTheThreadOnce(t *testing.T) {
	in := step.Input{Messages: release(), Asker: "carol"}
	for instruction, wants := range map[string][]string{
		"status update for this": {"**Status**", "Decided:\n- We decided to ship", "Next:\n- Bob: I'll fix", "- Dave: Dave, can you update", "Open:\n- Who tells support"},
		"handover note":          {"**Handover**", "Next:\n- Bob: I'll fix"},
		"draft an announcement":  {"Hi all,\n\nDecided:\n- We decided to ship"},
	} {
		in.Instruction = instruction
		got := answer(t, step.Draft, in)
		for _, w := range wants {
			if !strings.Contains(got, w) {
				t.Errorf("%q: no %q in\n%s", instruction, w, got)
			}
		}
		said := map[string]bool{}
		for _, l := range strings.Split(got, "\n") {
			if l != "" && said[l] {
				t.Errorf("%q: twice: %s", instruction, l)
			}
			said[l] = true
		}
	}
}

func TestNoDraftOfARealThreadHasAGap(t *testing.T) {
	for i, r := range readJSONL[threadRow](t, shared(t, "data", "threads-irc.jsonl")) {
		if i%4 != 0 {
			continue // every kind of source is among the rest
		}
		in := r.input()
		in.Asker = r.Messages[0].User
		for _, instruction := range []string{"", "reply", "draft an apology", "status update", "handover", "decline", "announce this", "thank them"} {
			in.Instruction = instruction
			got := answer(t, step.Draft, in)
			if strings.TrimSpace(got) == "" || gap.MatchString(got) && !strings.Contains(r.all(), gap.FindString(got)) {
				t.Errorf("%s, %q: %q", r.ID, instruction, got)
			}
		}
	}
}

// all is everything said in a thread.
func (r threadRow) all() string {
	var b strings.Builder
	for _, m := range r.Messages {
		b.WriteString(m.Text + "\n")
	}
	return b.String()
}

func TestASummarySaysNothingTwice(t *testing.T) {
	listed := 0
	for _, r := range readJSONL[threadRow](t, shared(t, "data", "threads-irc.jsonl")) {
		seen := map[string]bool{}
		for _, l := range strings.Split(answer(t, step.Summarize, r.input()), "\n") {
			if !strings.HasPrefix(l, "- ") {
				continue
			}
			_, said, ok := strings.Cut(l, ": ")
			if !ok {
				continue // a link stands beside the sentence it is in
			}
			listed++
			if seen[said] {
				t.Errorf("%s: twice: %s", r.ID, said)
			}
			seen[said] = true
		}
	}
	t.Logf("%d lines", listed)
}

func TestGreetingsProgramsAndOwnWordsAreNoKeyMessages(t *testing.T) {
	messages := thread("Anna: Hello everyone, good morning!", "Bob: !restart web", "Me: The export is broken for all customers.", "Bob: The export of the March invoices is broken.", "Anna: thanks a lot, Bob", "Anna: import numpy as np;")
	messages[2].Author.Self = true
	got := answer(t, step.Summarize, step.Input{Messages: messages})
	if got != "**Key messages**\n- **Bob**: The export of the March invoices is broken. [4]" {
		t.Error(got)
	}
}

func TestAPromiseNeedsSomethingToDo(t *testing.T) {
	for text, action := range map[string]bool{
		"I send the sample by Wednesday": true, "I send samples": false, "I'll call the customers": true, "I'll take that as a compliment": false,
		"Please update the changelog": true, "please see above": false, "Bob, please check the alert": true, "I'll be there": false,
	} {
		in := step.Input{Messages: thread("Anna: The export is broken.", "Bob: "+text), Template: "actions"}
		if got := answer(t, step.Summarize, in); strings.Contains(got, text) != action && strings.Contains(got, "**Action items**") != action {
			t.Errorf("%q: %s", text, got)
		}
	}
}

func TestADecisionNeedsToBeMade(t *testing.T) {
	for text, made := range map[string]bool{
		"Decision: roll back now": true, "We decided to ship on Friday": true, "Let's go with the second option": true, "wir haben uns für Redis entschieden": true,
		"have we decided on a date": false, "If we decided to ship we would need tests": false, "the team has not decided yet": false,
		"nice, but agreed it is a good idea to store ids": false,
	} {
		in := step.Input{Messages: thread("Anna: The export is broken.", "Bob: "+text), Template: "decisions"}
		if got := answer(t, step.Summarize, in); strings.Contains(got, "**Decisions**") != made {
			t.Errorf("%q: %s", text, got)
		}
	}
}

func TestAskAnswersWithWhoSaidIt(t *testing.T) {
	in := step.Input{Messages: release()}
	for q, want := range map[string]string{
		"why are the login tests flaky?": "- **Bob**: The login tests are flaky since the new session cache. [2]",
		"when does the release ship?":    "- **Carol**: We decided to ship the release without the new login on November 27. [4]",
		"who fixes the flaky test?":      "- **Bob**: I'll fix the flaky login test by Friday. [3]",
		"what was decided?":              "- **Carol**: We decided to ship the release without the new login on November 27. [4]",
		"what is still open?":            "- **Anna**: Who tells support about the login? [7]",
		"which open questions are there": "- **Anna**: Who tells support about the login? [7]",
		"who does what":                  "- **Bob**: I'll fix the flaky login test by Friday. [3]\n- **Anna → Dave**: can you update the changelog? [5]",
	} {
		in.Instruction = q
		if got := answer(t, step.Ask, in); got != want {
			t.Errorf("%q:\n%s\nwant\n%s", q, got, want)
		}
	}
	in.Instruction = "what is the capital of france"
	if got := answer(t, step.Ask, in); !strings.HasPrefix(got, nothing) || !strings.Contains(got, "without a model") {
		t.Errorf("nothing alike: %s", got)
	}
	in.Instruction = "when did the login tests turn red on windows?"
	if got := answer(t, step.Ask, in); !strings.HasPrefix(got, indirect) {
		t.Errorf("only near: %s", got)
	}
}

func TestAQuestionForTheWholeIsAnsweredWithWhatIsSaidMost(t *testing.T) {
	in := step.Input{Messages: release()}
	for _, q := range []string{"what happened here?", "what went wrong here?", "so what is this thread about", "what's the status?", "what did I miss?", "any news?", "catch me up", "worum geht es hier?"} {
		in.Instruction = q
		if got := answer(t, step.Ask, in); !strings.HasPrefix(got, "- **") || strings.Count(got, "\n") < 1 {
			t.Errorf("%q:\n%s", q, got)
		}
	}
	for _, q := range []string{"what is wrong with the payment page?", "what is the problem with paris"} {
		in.Instruction = q
		if got := answer(t, step.Ask, in); !strings.HasPrefix(got, nothing) {
			t.Errorf("%q asks for more than the whole:\n%s", q, got)
		}
	}
}

func TestAskIsNotAnsweredByOurOwnWords(t *testing.T) {
	in := step.Input{Messages: thread("Bob: The cache is flaky since Monday.", "Me: The login tests are red since the new session cache."), Instruction: "why are the login tests red?"}
	in.Messages[1].Author.Self = true
	if got := answer(t, step.Ask, in); !strings.HasPrefix(got, nothing) {
		t.Error(got)
	}
}

func TestAQuestionAskedBeforeBringsItsAnswer(t *testing.T) {
	in := step.Input{Messages: thread("Anna: who is release captain?", "Bob: me"), Instruction: "who is release captain?"}
	if got := answer(t, step.Ask, in); got != "- **Bob**: me [2]" {
		t.Error(got)
	}
}

func TestClassifySaysWhichWordsDecided(t *testing.T) {
	labels := []step.Label{{Name: "bug", Description: "something does not work as it should"}, {Name: "question", Description: "somebody wants to know something"},
		{Name: "request", Description: "somebody wants something done or built"}, {Name: "other", Description: "none of these"}}
	for text, want := range map[string]verdict{
		"my invoice shows the wrong amount":    {Label: "bug", Why: "it says “wrong”"},
		"the build fails with error 502":       {Label: "bug", Why: "it says “fails”, “error”, “502”"},
		"how do I export my data?":             {Label: "question", Why: "it says “how do i export my data?”"},
		"please add a dark mode":               {Label: "request", Why: "it says “please add”"},
		"could you invite Ben to the project?": {Label: "request", Why: "it says “could you”"},
		"the export button does nothing":       {Label: "bug", Why: "it says “does nothing”"},
		"lunch is at noon":                     {Label: "unsure", Why: "nothing in it speaks clearly for one of the labels"},
		"":                                     {Label: "unsure", Why: "nothing in it speaks clearly for one of the labels"},
		"it crashes. please add a fix":         {Label: "unsure", Why: "“please add” speaks for request, “crashes” for bug"},
		"somebody wants something":             {Label: "unsure", Why: "question and request fit about equally well"},
	} {
		if got := newJudge(labels).judge(text); got.Label != want.Label || got.Why != want.Why {
			t.Errorf("%q: %+v, want %+v", text, got, want)
		}
	}
	if got := doubt("bug", "“crashes”", "request", ""); got != "“crashes” speaks for bug, and request fits about as well" {
		t.Error(got)
	}
	if got := doubt("bug", "", "request", "“please”"); got != "“please” speaks for request, and bug fits about as well" {
		t.Error(got)
	}
	if l := lookFor(true, catalog.Economy); !strings.Contains(l.unable("translate"), "simulated") {
		t.Error("a simulated model does not say that it is one")
	}
}
