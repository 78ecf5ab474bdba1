package discord

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/tierwise/tierwise/bots/bottest"
	"github.com/tierwise/tierwise/bots/discord/discordtest"
)

// TestCommandsInEveryLanguage holds the table against Discord's rules; the fake
// holds the request against its description.
// https://discord.com/developers/docs/interactions/application-commands, read 2026-11-24.
func TestCommandsInEveryLanguage(t *testing.T) {
	slashName := regexp.MustCompile(`^[-_'\p{L}\p{N}]{1,32}$`)
	length := func(what, s string, most int) {
		t.Helper()
		if n := utf8.RuneCountInString(s); n < 1 || n > most {
			t.Errorf("%s: %q has %d characters, %d are the most", what, s, n, most)
		}
	}
	locales := slices.Sorted(maps.Keys(languages))
	if !slices.Equal(locales, []string{"de", "es-419", "es-ES", "fr", "ja", "pt-BR"}) {
		t.Errorf("languages %q", locales)
	}
	taken := map[string]bool{}
	for _, c := range commands() {
		total := 0
		for _, locale := range locales {
			w, ok := languages[locale][c.Name]
			if !ok {
				t.Errorf("%s knows no %s", locale, c.Name)
				continue
			}
			name := w.name
			if name == "" {
				name = c.Name
			}
			length(locale+" name", name, 32)
			key := locale + "/" + string(rune('0'+c.Type)) + "/" + name
			if taken[key] {
				t.Errorf("%s: %q stands for two commands", locale, name)
			}
			taken[key] = true
			if c.Type != kindSlash {
				continue
			}
			if !slashName.MatchString(name) || name != strings.ToLower(name) || !slashName.MatchString(w.option) || w.option != strings.ToLower(w.option) {
				t.Errorf("%s: /%s %s is no name", locale, name, w.option)
			}
			length(locale+" description", w.what, 100)
			length(locale+" option", w.option, 32)
			length(locale+" hint", w.hint, 100)
			total += utf8.RuneCountInString(name + w.what + w.option + w.hint)
		}
		if total > 8000 {
			t.Errorf("%s has %d characters in all", c.Name, total)
		}
	}
	for locale, all := range languages {
		if len(all) != len(commands()) {
			t.Errorf("%s has words for %d commands of %d", locale, len(all), len(commands()))
		}
	}
}

func TestAChangedLanguageIsRegistered(t *testing.T) {
	w := open(t, bottest.NewRecorder(), discordtest.Options{})
	if got := w.f.CommandIn("de", "summarize"); got != "zusammenfassen" {
		t.Errorf("in German /summarize is %q", got)
	}
	w.stop()
	w.f.ForgetLanguage("de")
	w.tell = newTally()
	w.again(bottest.NewRecorder())
	if _, writes := w.f.Commands(); writes != 2 || w.f.CommandIn("de", "summarize") != "zusammenfassen" {
		t.Errorf("%d writes", writes)
	}
}
