package intent

import (
	"cmp"
	"embed"
	"fmt"
	"strconv"
	"strings"
	"text/template"
	"unicode"

	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/step"
)

//go:embed prompts/*.tmpl
var promptFiles embed.FS

var prompts = template.Must(template.ParseFS(promptFiles, "prompts/*.tmpl"))

// system is what the templates of the system turn read. Every string in it is
// a setting of the workspace or was made safe by name.
type system struct {
	Language, Tone, Template, Asker string
	Follow                          string // whose language is followed when none is set
	Words                           int
	Labels                          []step.Label
}

// request is what the template of the user turn reads.
type request struct {
	Channel, Text, Previous, Partial, Now, Asker, Instruction string
	Messages, Notes                                           []string
	Total                                                     int
}

// render fills a step's prompt from its input. notes are the parts to join, for
// a merge step.
func render(s *step.Step, words int, notes []string) error {
	in := s.Input
	name := string(s.Intent)
	if s.Purpose == step.Segment || s.Purpose == step.Merge {
		name = string(s.Purpose)
	}
	labels := make([]step.Label, len(in.Labels))
	for i, l := range in.Labels {
		labels[i] = step.Label{Name: oneLine(l.Name, 60), Description: oneLine(l.Description, 300)}
		for _, e := range l.Examples {
			labels[i].Examples = append(labels[i].Examples, oneLine(e, 300))
		}
	}
	follow := "data"
	if s.Intent == step.Ask {
		follow = "request"
	}
	sys, err := fill(name, system{
		Language: oneLine(in.Language, 20), Tone: oneLine(in.Tone, 60), Template: oneLine(in.Template, 40),
		Asker: speaker(in.Asker), Words: words, Labels: labels, Follow: follow,
	})
	if err != nil {
		return err
	}
	req := request{
		Channel: speaker(in.Channel), Text: data(in.Text), Previous: data(in.Previous),
		Asker: speaker(in.Asker), Instruction: wish(s.Intent, in), Total: len(in.Messages),
	}
	if !in.Coverage.Complete() {
		req.Partial = oneLine(in.Coverage.Why, 120)
	}
	if !in.Now.IsZero() {
		req.Now = in.Now.Format("Monday 2006-01-02 15:04 MST")
	}
	for _, n := range notes {
		req.Notes = append(req.Notes, data(n))
	}
	if s.Purpose != step.Merge {
		req.Messages = numbered(in.Messages, in.First)
	}
	user, err := fill("request", req)
	if err != nil {
		return err
	}
	s.Prompt = []step.Turn{{Role: "system", Text: sys}, {Role: "user", Text: user}}
	return nil
}

func fill(name string, v any) (string, error) {
	var b strings.Builder
	if err := prompts.ExecuteTemplate(&b, name, v); err != nil {
		return "", fmt.Errorf("intent: prompt %s: %w", name, err)
	}
	return strings.TrimSpace(b.String()), nil
}

// wish is the request in words when the person gave none.
func wish(i step.Intent, in step.Input) string {
	if s := strings.TrimSpace(in.Instruction); s != "" {
		return data(s)
	}
	switch i {
	case step.Summarize:
		return "Summarize the conversation."
	case step.Draft:
		return "Draft a reply to the last message."
	case step.Classify:
		return "Which class fits best?"
	default:
		return "Answer the last question in the conversation."
	}
}

// numbered renders messages as "[3] 2026-11-23 10:02 Anna: text". Further lines
// of a message are indented, so that no message can pass for another one.
func numbered(messages []chat.Message, first int) []string {
	out := make([]string, len(messages))
	for i, m := range messages {
		var b strings.Builder
		b.WriteString("[" + strconv.Itoa(max(first, 1)+i) + "] ")
		if !m.At.IsZero() {
			b.WriteString(m.At.UTC().Format("2006-01-02 15:04 "))
		}
		b.WriteString(voice(m.Author))
		b.WriteString(": ")
		b.WriteString(strings.ReplaceAll(data(m.Text), "\n", "\n    "))
		for _, f := range m.Files {
			b.WriteString(" (file: " + speaker(f.Name) + ", not read)")
		}
		if m.Reactions > 0 {
			b.WriteString(" (" + strconv.Itoa(m.Reactions) + " reactions)")
		}
		out[i] = b.String()
	}
	return out
}

// ourselves names our own earlier answers in a conversation. Nobody else bears
// the name: voice takes the marker out of what people call themselves.
const ourselves = "tierwise " + ourMark

const ourMark = "(this assistant)"

// voice is the name a message stands under in a prompt.
func voice(a chat.Actor) string {
	if a.Self {
		return ourselves
	}
	name := speaker(nameOf(a))
	if strings.Contains(strings.ToLower(name), "this assistant") {
		name = strings.NewReplacer("(", "", ")", "").Replace(name)
	}
	return cmp.Or(name, "unknown")
}

func nameOf(a chat.Actor) string {
	if a.Name != "" {
		return a.Name
	}
	return a.ID
}

// delimiters must not occur in data, or a message could end the conversation
// early and go on as an instruction.
var delimiters = strings.NewReplacer(
	"<conversation", "‹conversation", "</conversation", "‹/conversation",
	"<text", "‹text", "</text", "‹/text", "<notes", "‹notes", "</notes", "‹/notes",
)

// data makes text safe to stand inside the delimiters: valid UTF-8, no control
// or invisible characters, no delimiter in any case.
func data(s string) string {
	s = strings.ToValidUTF8(strings.ReplaceAll(s, "\r\n", "\n"), "\uFFFD")
	s = strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' {
			return r
		}
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) && r != '\u200d' {
			return -1
		}
		return r
	}, s)
	if !strings.Contains(s, "<") {
		return s
	}
	if low := strings.ToLower(s); low != s && len(low) == len(s) && delimiters.Replace(low) != low {
		s = low // somebody plays with the case of a delimiter: the case is not worth keeping
	}
	return delimiters.Replace(s)
}

// speaker makes a display name safe: one short line without the characters that
// structure a prompt. A name is input like any other.
func speaker(s string) string {
	s = strings.Map(func(r rune) rune {
		if strings.ContainsRune("[]<>{}:\"`", r) {
			return -1
		}
		return r
	}, oneLine(s, 40))
	return strings.TrimSpace(s)
}

// oneLine is data on one line of at most n runes.
func oneLine(s string, n int) string {
	return clip(strings.Join(strings.Fields(data(s)), " "), n)
}
