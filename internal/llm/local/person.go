package local

import (
	"strings"

	"github.com/tierwise/tierwise/internal/step"
)

// direct turns what is said about the person into what is said to them: "that
// her booking works" becomes "your booking works". With somebody else's name in
// the clause nobody knows whom "her" means, and it stays.
func direct(x, language string, in step.Input) string {
	people := authors(in)
	words := strings.Fields(x)
	if language == "de" {
		return directGerman(words)
	}
	if language != "en" {
		return x
	}
	for _, w := range words {
		if people[strings.ToLower(strings.Trim(w, ".,;:!?"))] {
			return x
		}
	}
	for i, w := range words {
		switch low := strings.ToLower(w); low {
		case "he", "she":
			words[i] = "you"
			if i+1 < len(words) {
				words[i+1] = second(words[i+1])
			}
		case "he's", "she's":
			words[i] = "you're"
		case "he'll", "she'll":
			words[i] = "you'll"
		case "her", "his":
			words[i] = "your"
			if i == len(words)-1 {
				words[i] = "you"
			}
		case "him":
			words[i] = "you"
		}
	}
	return strings.Join(words, " ")
}

// germanSecond are the verbs that end most German questions, as said to "du".
var germanSecond = map[string]string{"kann": "kannst", "könnte": "könntest", "hat": "hast", "ist": "bist", "wird": "wirst", "will": "willst",
	"möchte": "möchtest", "muss": "musst", "soll": "sollst", "weiß": "weißt", "war": "warst"}

// directGerman turns "ob er … kann" into "ob du … kannst", and leaves what it
// does not know for sure.
func directGerman(words []string) string {
	n := len(words)
	if n > 2 && (words[1] == "er" || words[1] == "sie") {
		if verb := germanSecond[words[n-1]]; verb != "" {
			words[1], words[n-1] = "du", verb
		}
	}
	return strings.Join(words, " ")
}

// second is the form of a verb behind "you".
func second(verb string) string {
	if v, ok := map[string]string{"is": "are", "was": "were", "has": "have", "does": "do", "isn't": "aren't", "hasn't": "haven't", "doesn't": "don't"}[verb]; ok {
		return v
	}
	if len(verb) > 3 && strings.HasSuffix(verb, "s") && !strings.HasSuffix(verb, "ss") {
		return strings.TrimSuffix(verb, "s")
	}
	return verb
}

// inverted makes a question of "whether you can send it": "can you send it?".
func inverted(x string) (string, bool) {
	words := strings.Fields(x)
	if len(words) < 4 || words[0] != "whether" && words[0] != "if" {
		return "", false
	}
	switch words[2] {
	case "can", "could", "will", "would", "is", "are", "has", "have", "was", "were", "should":
		return words[2] + " " + words[1] + " " + strings.Join(words[3:], " ") + "?", true
	}
	return "", false
}
