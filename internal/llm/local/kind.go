package local

import (
	"regexp"
	"strings"
)

// kinds tell what sort of message is wanted by words of the instruction, the
// first that fits.
var kinds = []struct {
	name  string
	words *regexp.Regexp
}{
	{"apology", regexp.MustCompile(`(?i)\b(apolog\w*|sorry|entschuldig\w*|disculpa\w*|excuse\w*)\b`)},
	{"decline", regexp.MustCompile(`(?i)\b(decline|refuse|turn (?:it|this|them|him|her )?down|say no|polite no|can('|’)t make|cannot make|reject|absage\w*)\b`)},
	{"thank-you", regexp.MustCompile(`(?i)\b(thank|danke|bedank\w*|agradec\w*|remerci\w*)`)},
	{"handover", regexp.MustCompile(`(?i)\bhand ?-?over\b|\bhand off\b|\bnext shift\b|\bübergabe\b`)},
	{"status update", regexp.MustCompile(`(?i)\b(status|progress|update)\b`)},
	{"announcement", regexp.MustCompile(`(?i)\b(announce\w*|ankündigung|anuncio|annonce|release notes|changelog)\b`)},
}

// kindOf is the kind that a template names, else the one the words tell, else "".
func kindOf(template, text string) string {
	plain := func(s string) string { return strings.NewReplacer("-", " ", "_", " ").Replace(strings.ToLower(s)) }
	for _, k := range kinds {
		if template != "" && plain(template) == plain(k.name) {
			return k.name
		}
	}
	if plain(template) == "reply" {
		return ""
	}
	for _, k := range kinds {
		if k.words.MatchString(text) {
			return k.name
		}
	}
	return ""
}
