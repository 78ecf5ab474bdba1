package local

import (
	"regexp"
	"strings"

	"github.com/tierwise/tierwise/internal/step"
)

// wish is what an instruction asks to be written.
type wish struct {
	language string
	kind     string // of a message without words of its own
	to       string // as it is written in the greeting
	many     bool   // to more than one person
	text     string // what to say, in the writer's own person
}

// order is one way to say "write this to somebody": to and x are its groups.
type order struct {
	form string // which phrase goes around x
	re   *regexp.Regexp
}

// somebody is a person or a group in an order.
const somebody = `@?(?P<to>(?:the|our|all) [\pL-]+|everyone|everybody|[\pL][\pL\d_.-]{0,29})`

var orders = []order{
	{"whether", regexp.MustCompile(`(?is)\bask ` + somebody + ` (?P<x>(?:whether|if|when|where|who|why|how|what|which)\b.+)$`)},
	{"could", regexp.MustCompile(`(?is)\b(?:ask|remind) ` + somebody + ` to (?P<x>.+)$`)},
	{"have", regexp.MustCompile(`(?is)\bask ` + somebody + ` for (?P<x>.+)$`)},
	{"tell", regexp.MustCompile(`(?is)\blet ` + somebody + ` know (?:that |about )?(?P<x>.+)$`)},
	{"tell", regexp.MustCompile(`(?is)\b(?:tell|inform|notify|remind) ` + somebody + `[,:]? (?:that )?(?P<x>.+)$`)},
	{"thanks", regexp.MustCompile(`(?is)\bthank ` + somebody + `(?: for (?P<x>.+))?$`)},
	{"sorry", regexp.MustCompile(`(?is)\bapologi[sz]e(?: to ` + somebody + `)?(?: (?:for|about) (?P<x>.+))?$`)},
	{"tell", regexp.MustCompile(`(?is)\b(?:reply|respond|response|answer|write|message|note|e?mail|update|announcement|apology|reminder)\b(?: back)?(?: (?:to|for) ` + somebody + `)?[^:\n]{0,30}?(?:\b(?:that|saying(?: that)?|telling \pL+(?: that)?)\s|:\s*)(?P<x>.+)$`)},
	{"tell", regexp.MustCompile(`(?is)^(?:please )?say (?:to ` + somebody + ` )?(?:that )?(?P<x>.+)$`)},
	{"", regexp.MustCompile(`(?is)\b(?:reply|respond|response|answer|write|message|note|e?mail|update|announcement|apology|decline|thank[- ]you(?: note)?)\b[^\n]{0,20}? (?:to|for) ` + somebody + `[.!]?$`)},
	{"whether", regexp.MustCompile(`(?is)\bfrage? ` + somebody + `,? (?P<x>(?:ob|wann|wo|wer|warum|wie|was)\b.+)$`)},
	{"tell", regexp.MustCompile(`(?is)\b(?:sage?|schreibe?|antworte|informiere) ` + somebody + `(?: bescheid)?,? dass (?P<x>.+)$`)},
	{"thanks", regexp.MustCompile(`(?is)\b(?:danke|bedanke dich bei) ` + somebody + ` für (?P<x>.+)$`)},
	{"whether", regexp.MustCompile(`(?is)\bpregúntale a ` + somebody + ` (?P<x>(?:si|cuándo|dónde|quién|por qué|cómo|qué)\b.+)$`)},
	{"tell", regexp.MustCompile(`(?is)\b(?:dile|responde|escribe|informa) a ` + somebody + ` que (?P<x>.+)$`)},
	{"thanks", regexp.MustCompile(`(?is)\b(?:agradece|da las gracias) a ` + somebody + ` por (?P<x>.+)$`)},
	{"whether", regexp.MustCompile(`(?is)\bdemande à ` + somebody + ` (?P<x>(?:si|quand|où|qui|pourquoi|comment)\b.+)$`)},
	{"tell", regexp.MustCompile(`(?is)\b(?:dis|réponds|écris) à ` + somebody + ` que (?P<x>.+)$`)},
	{"thanks", regexp.MustCompile(`(?is)\bremercie ` + somebody + ` pour (?P<x>.+)$`)},
}

// readWish reads the instruction. The order that begins first holds: what comes
// behind it is its content.
func readWish(in step.Input) wish {
	text := strings.TrimSpace(in.Instruction)
	w := wish{kind: kindOf(in.Template, text)}
	form, at := "", len(text)+1
	for _, o := range orders {
		m := o.re.FindStringSubmatchIndex(text)
		if m == nil || m[0] >= at {
			continue
		}
		to, x := o.group(text, m, "to"), o.group(text, m, "x")
		if notAPerson[strings.ToLower(to)] {
			to = ""
		}
		form, at = o.form, m[0]
		w.to, w.many = addressed(to)
		w.text = strings.TrimSpace(x)
		w.kind = kindOf(in.Template, strings.TrimSuffix(text, x))
	}
	if at > len(text) && text != "" && !bareOrder.MatchString(text) && w.kind == "" {
		w.text = text // "/draft we will be late" says what to say
	}
	w.language = languageFor(in, w.text)
	w.text = w.worded(form, in)
	return w
}

func (o order) group(text string, m []int, name string) string {
	i := o.re.SubexpIndex(name)
	if i < 0 || m[2*i] < 0 {
		return ""
	}
	return text[m[2*i]:m[2*i+1]]
}

// notAPerson are words that stand where a name could.
var notAPerson = wordSet(`this that it him her me you my your their question message thread mail email last above in and of for to a an`)

// bareOrder asks for a message without saying what is in it.
var bareOrder = regexp.MustCompile(`(?i)^(?:please |can you |could you |politely )*(?:draft|write|reply|respond|answer|compose|prepare|suggest|give|make|redo|again|shorter|friendlier|decline|entwirf|formuliere|schreibe?|antworte|redacta|escribe|responde|rédige|écris|réponds)\b`)

// addressed is how a greeting names the person, and whether it is a group.
func addressed(to string) (name string, many bool) {
	low := strings.ToLower(to)
	if low == "them" || low == "everyone" || low == "everybody" || low == "all" || strings.Contains(low, " ") {
		return "", true
	}
	return titled(plainName(to)), false
}

// languageFor is the language of the words to say, else the one that is set,
// else that of the instruction or the conversation.
func languageFor(in step.Input, text string) string {
	if l := languageOf(text); l != "" && text != "" {
		return l
	}
	if b := base(in.Language); languages[b].hi != "" {
		return b
	}
	if l := languageOf(in.Instruction); l != "" {
		return l
	}
	for i := len(in.Messages) - 1; i >= max(0, len(in.Messages)-3); i-- {
		if l := languageOf(in.Messages[i].Text); l != "" {
			return l
		}
	}
	return "en"
}

// worded puts the phrase of the form around what to say.
func (w wish) worded(form string, in step.Input) string {
	if w.text == "" {
		return ""
	}
	p, x := phrasesOf(w.language), strings.TrimRight(w.text, " .")
	if w.to != "" {
		x = direct(x, w.language, in)
	}
	around := map[string]string{"tell": p.tell, "whether": p.whether, "could": p.could, "have": p.haveplease, "thanks": p.thanksFor, "sorry": p.sorryFor}[form]
	switch {
	case around == "":
		return w.text
	case form == "whether" && w.language == "en":
		if q, ok := inverted(x); ok {
			return q
		}
	case form == "tell" && w.many:
		around = p.tellAll
	case form == "tell" && around == "%":
		return w.keep(x)
	}
	return strings.ReplaceAll(around, "%", x)
}

// keep gives the words their own end back.
func (w wish) keep(x string) string {
	return x + strings.TrimLeft(w.text[len(strings.TrimRight(w.text, " .")):], " ")
}
