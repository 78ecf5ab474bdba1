package local

import "strings"

// sameLine is how long a message may be, in characters, to stand on the line of
// its greeting.
const sameLine = 140

// message puts greeting, text and closing together, as the tone wants it.
func (p parts) message(text string) string {
	text = ended(strings.TrimSpace(text))
	hello := p.words.hi
	if p.tone == "formal" {
		hello = p.words.hello
	}
	switch {
	case p.tone == "plain" || p.to == "" && !p.many:
		return sentenceCase(text)
	case p.many:
		hello = p.words.all
	default:
		hello = strings.ReplaceAll(hello, "%", p.to)
	}
	if p.tone == "formal" {
		return letter(hello, sentenceCase(text), strings.TrimSpace(p.words.regards+"\n"+p.from))
	}
	if len(text) > sameLine || strings.Contains(text, "\n") {
		return letter(hello, sentenceCase(text))
	}
	return hello + " " + text
}

// stock are the words for a kind of message of which nothing more is known.
func (p parts) stock(kind string) string {
	switch kind {
	case "apology":
		return p.words.sorry
	case "decline":
		return p.words.decline
	case "thank-you":
		return p.words.thanks
	}
	if p.asked {
		return p.words.question
	}
	return p.words.seen
}

// report lists what the thread knows.
func (p parts) report(kind string) string {
	title := map[string]string{"handover": p.words.handover, "status update": p.words.status}[kind]
	key := p.key
	if len(p.decided) > 0 && kind == "announcement" {
		key = nil
	}
	body := letter(list("", key), list(p.words.decided, p.decided), list(p.words.next, p.next), list(p.words.open, p.open))
	if kind == "announcement" {
		return letter(p.words.all, letter(list("", key), list(p.words.decided, p.decided)))
	}
	if title != "" {
		title = "**" + title + "**"
	}
	return letter(title, body)
}

// letter joins paragraphs and leaves empty ones out.
func letter(paragraphs ...string) string {
	var kept []string
	for _, p := range paragraphs {
		if p = strings.TrimSpace(p); p != "" {
			kept = append(kept, p)
		}
	}
	return strings.Join(kept, "\n\n")
}

func list(title string, items []string) string {
	if len(items) == 0 {
		return ""
	}
	return strings.TrimSpace(title + "\n- " + strings.Join(items, "\n- "))
}
