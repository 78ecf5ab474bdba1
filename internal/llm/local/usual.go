package local

import (
	"regexp"
	"strings"
)

// usualWords are what people write when they mean a common label, for label
// sets without descriptions and examples.
var usualWords = map[string]string{
	"bug":       "broken crash crashes error fails failing failed exception wrong incorrect regression doesn't work stopped working stack trace 500 nothing happens",
	"request":   "please could you can you would like need want add set up give send",
	"feature":   "feature request would be nice add support please add could you add wish ability option suggestion enhancement missing new",
	"question":  "how do can i what is where why does anyone know is there wondering help understand which should",
	"incident":  "down outage unreachable timeout errors spike degraded paging alert production sev1",
	"billing":   "invoice charge charged payment refund price plan subscription card credit receipt billed",
	"technical": "error api install login crash server config timeout code integration",
	"complaint": "unhappy disappointed terrible unacceptable angry frustrated again still bad poor worst",
	"praise":    "great love thanks awesome excellent nice work well done amazing happy helpful",
	"positive":  "great love thanks awesome excellent good nice happy helpful works well perfect",
	"negative":  "bad hate terrible awful broken angry disappointed slow useless poor worst annoying",
	"spam":      "free winner click here buy now limited offer prize viagra casino subscribe unsubscribe earn money crypto",
	"urgent":    "asap urgent immediately now critical production down blocker emergency today customer",
	"security":  "vulnerability exploit leak leaked password token cve phishing breach permission access",
	"docs":      "documentation readme typo docs example tutorial page explain wording",
	"idea":      "idea what if we could maybe suggestion propose consider",
	"access":    "login permission password account locked invite access role sso",
}

// usual returns the words of the common labels that a name contains.
func usual(name string) string {
	var b strings.Builder
	for _, w := range wordsOf(strings.ReplaceAll(name, "_", " ")) {
		if words, ok := usualWords[w]; ok {
			b.WriteString(words + " ")
		} else if words, ok := usualWords[stem(w)]; ok {
			b.WriteString(words + " ")
		}
	}
	return b.String()
}

// signsOf are forms, not only words, that give a common label away.
var signsOf = func() map[string][]*regexp.Regexp {
	defect := regexp.MustCompile(`(?i)\b(errors?|exceptions?|crash(es|ed|ing)?|broken|fail(s|ed|ing|ures?)?|wrong|incorrect|stuck|missing|twice|empty|regression|bug|hangs?|freezes?|(does|do|did|is|can)(n('|’)?t| not) (work|load|open|save|show|arrive|respond|start|connect|log ?in)\w*|(nothing happens|does nothing)|no longer|stopped working|50[0-4]s?|404|fehler|kaputt|abgestürzt|funktioniert nicht|erreur|plante|no funciona|falla)\b`)
	asking := regexp.MustCompile(`(?im)^\W*(how|what|where|when|why|who|which|is there|does anyone|do (you|we|i)|can (i|we|someone)|could (i|we|someone)|should (i|we)|wie|wo|warum|wann|comment|pourquoi|cómo|dónde)\b[^.!\n]*`)
	wish := regexp.MustCompile(`(?i)\b(please (add|give|set|create|change|make|send|enable|invite|remove|update)|(can|could|would) you|would (like|love)|it would be (nice|great)|we need|i need|feature request|wish|support for|add (a|an|the|support))\b`)
	praise := regexp.MustCompile(`(?i)\b(thank you|thanks|great (work|job)|love (it|this)|awesome|excellent|well done|amazing)\b`)
	anger := regexp.MustCompile(`(?i)\b(unacceptable|disappoint\w*|terrible|angry|frustrat\w*|third (time|week)|still (not|waiting)|worst)\b`)
	haste := regexp.MustCompile(`(?i)\b(asap|urgent(ly)?|immediately|right now|blocker|production (is )?down|outage|critical)\b`)
	money := regexp.MustCompile(`(?i)\b(invoices?|billing|charged?|refund\w*|payments?|subscription|credit card|price|receipt)\b`)
	one := func(r *regexp.Regexp) []*regexp.Regexp { return []*regexp.Regexp{r} }
	return map[string][]*regexp.Regexp{
		"bug": one(defect), "defect": one(defect), "incident": {defect, haste}, "technical": one(defect), "question": one(asking), "support": one(asking),
		"request": one(wish), "feature": one(wish), "idea": one(wish), "praise": one(praise), "positive": one(praise), "complaint": one(anger),
		"negative": one(anger), "urgent": one(haste), "billing": one(money),
	}
}()
