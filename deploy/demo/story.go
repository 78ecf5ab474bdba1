package main

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// day is what must happen, in this order. The words are those a person sees.
var day = []struct{ what, pattern string }{
	{"a mention is answered in its thread", `\n\[#incidents/1\] tierwise: Key messages\n`},
	{"the footer says tier and why", `\n  economy · why\?\n  simulated model · sample money\n`},
	{"/summarize answers privately", `› /summarize 24h\n\[#incidents/1\] tierwise \(only visible to you\): Key messages`},
	{"a draft has its buttons", `› /draft [^\n]*\n\[#incidents/1\] tierwise \(only visible to you\): (?s:.*?)\[1\] Post  \[2\] Edit  \[3\] Discard`},
	{"it can be edited", `\[form\] Edit the draft\n`},
	{"and is posted by its author", `\n\[#incidents/1\] tierwise: Hello Ruth, bookings work again since 14:05[^\n]*\n  by maya with Tierwise\n`},
	{"/classify names a label", `› /classify [^\n]*\n\[#incidents/1\] tierwise \(only visible to you\): [^\n]*(bug|question|request|other)`},
	{"an admin sets a limit, which is announced", `\n\[#incidents\] tierwise: priya changed [^\n]*Reason: trial month`},
	{"near it the tier is lowered and that is said", `--tier standard\n(?s:.*?)does not cover standard, so economy answers(?s:.*?)\n  economy · why`},
	// A warning of how much is used may come beside the refusal, before or after.
	{"at it the refusal is private and shows the sum", `› /summarize 7d\n(?:\[@tierwise\] tierwise: \d+ % of the budget for you today is used: [^\n]*\n[^\n]*\n)?\[#incidents/1\] tierwise \(only visible to you\): The limit for you today is \$[0-9.]+: \$[0-9.]+ is used [^\n]* is left; this could cost up to \$[0-9.]+`},
	{"with two ways on", `\n  \[1\] Ask for more  \[2\] Use the local tier \(free\)\n`},
	// The two posts go to different people, so that either may be there first.
	{"more is asked for, and an admin gets to decide", `(?s:I asked for \$0.50 more for you.*?` + decide + `|` + decide + `.*?I asked for \$0.50 more for you)`},
	{"and approves", `Approved \$0.50 for maya; the question goes on`},
	{"the question resumes by itself", `You are maya (?s:.*?)\(only visible to you\): Key messages(?s:.*?)\(read [0-9]+ of [0-9]+ messages\)`},
	{"the limit has grown", `› /ai-spend budget\n[^\n]*\n[^\n]*you today: \$[0-9.]+ of \$0.5012`},
	{"a member sees less", `› /ai-spend\n[^\n]*AI spend[^\n]*\n  - You: [^\n]*\n  - This channel: [^\n]*\n  [^-]`},
	{"an admin sees the workspace", `› /ai-spend\n[^\n]*AI spend[^\n]*\n  - You: [^\n]*\n  - This channel: [^\n]*\n  - Workspace: `},
}

// decide is the request as those see it who may decide.
const decide = `maya asks for \$0.50 more budget: release week.*?\[1\] Approve  \[2\] Approve less  \[3\] Decline`

// told demands that the day happened in its order.
func told(transcript string) error {
	rest := transcript
	for _, step := range day {
		at := regexp.MustCompile(step.pattern).FindStringIndex(rest)
		if at == nil {
			return fmt.Errorf("the day did not go as told: %s: nothing like %q from here on:\n%s", step.what, step.pattern, clip(rest))
		}
		fmt.Printf("✓ %s\n", step.what)
		rest = rest[at[1]-1:]
	}
	return nil
}

func clip(s string) string {
	if len(s) > 1500 {
		return s[:1500] + " …"
	}
	return s
}

// shown are the figures people saw last.
type shown struct {
	person, channel, workspace nano
	answers, calls             int64
}

func figuresOf(transcript string) (s shown, err error) {
	pages := strings.Split(transcript, "› /ai-spend\n")
	if len(pages) < 3 {
		return s, fmt.Errorf("/ai-spend was shown %d times, want 2", len(pages)-1)
	}
	member, admin := pages[len(pages)-2], pages[len(pages)-1]
	if s.person, _, _, err = line(member, "You"); err != nil {
		return s, err
	}
	if s.channel, _, _, err = line(admin, "This channel"); err != nil {
		return s, err
	}
	s.workspace, s.answers, s.calls, err = line(admin, "Workspace")
	return s, err
}

// line reads "- Workspace: $0.4939557 in 293 answers (295 calls)". Without a
// number of calls there were as many as answers.
func line(page, name string) (amount nano, answers, calls int64, err error) {
	m := regexp.MustCompile(`\n  - ` + name + `: \$([0-9.]+) in ([0-9]+) answers?(?: \(([0-9]+) calls\))?`).FindStringSubmatch(page)
	if m == nil {
		return 0, 0, 0, fmt.Errorf("no line %q in:\n%s", name, clip(page))
	}
	if amount, err = parse(m[1]); err != nil {
		return 0, 0, 0, err
	}
	if answers, err = strconv.ParseInt(m[2], 10, 64); err != nil || m[3] == "" {
		return amount, answers, answers, err
	}
	calls, err = strconv.ParseInt(m[3], 10, 64)
	return amount, answers, calls, err
}
