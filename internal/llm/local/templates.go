package local

import "strings"

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

func (p parts) greeting() string {
	if p.to == "" {
		return "Hi " + gap("name") + ","
	}
	return "Hi " + p.to + ","
}

func (p parts) signature() string { return p.from }

// body is what the person wants to say, or a gap.
func (p parts) body(what string) string {
	if p.message != "" {
		return p.message
	}
	return gap(what)
}

func (p parts) about() string {
	if p.topic == "" {
		return gap("topic")
	}
	return p.topic
}

func (p parts) date() string {
	if len(p.dates) == 0 {
		return gap("date")
	}
	return p.dates[0]
}

func list(title string, items []string) string {
	if len(items) == 0 {
		return ""
	}
	return title + "\n- " + strings.Join(items, "\n- ")
}

func reply(p parts) string {
	open := ""
	if len(p.questions) > 0 {
		open = "On your question \"" + p.questions[len(p.questions)-1] + "\": " + gap("answer")
	}
	return letter(p.greeting(), "Thanks for your message about "+p.about()+".", p.body("what you want to say"), open, p.signature())
}

func announcement(p parts) string {
	return letter("**"+gap("title")+"**", p.body("what changes"), list("What was decided:", p.decisions),
		"When: "+p.date()+"\nWho is affected: "+gap("who"), "Questions? Please ask in this thread.", p.signature())
}

func status(p parts) string {
	done := list("**Decided**", p.decisions)
	if done == "" {
		done = "**Done**\n- " + gap("what is done")
	}
	next := list("**Next**", p.actions)
	if next == "" {
		next = "**Next**\n- " + gap("next step, owner, date")
	}
	lead := "**Status: " + p.about() + "**"
	if p.message != "" {
		lead += "\n" + p.message
	}
	return letter(lead, done, next, list("**Open**", p.questions), p.signature())
}

func apology(p parts) string {
	return letter(p.greeting(), "I'm sorry about "+or(lowerFirst(p.message), p.about()+".")+" That should not have happened.",
		"What we do about it: "+gap("measure")+" by "+p.date()+".", "Please tell me if anything is still not right.", p.signature())
}

func decline(p parts) string {
	return letter(p.greeting(), "Thank you for asking about "+p.about()+".",
		"I have to say no this time: "+or(lowerFirst(p.message), gap("reason")+"."), "What I can offer instead: "+gap("alternative")+".", p.signature())
}

func handover(p parts) string {
	if len(p.actions) == 0 {
		p.actions = []string{gap("task, owner, date")}
	}
	return letter("**Handover: "+p.about()+"**", p.message, list("Decided so far:", p.decisions), list("To do:", p.actions), list("Open questions:", p.questions),
		"Contact for questions: "+or(p.from, gap("name")))
}

func thanks(p parts) string {
	return letter(p.greeting(), "Thank you for your help with "+p.about()+".", p.body("what it made possible"), p.signature())
}

func or(s, otherwise string) string {
	if s != "" {
		return s
	}
	return otherwise
}

func lowerFirst(s string) string {
	if len(s) > 1 && s[1] >= 'a' && s[1] <= 'z' {
		return strings.ToLower(s[:1]) + s[1:]
	}
	return s
}
