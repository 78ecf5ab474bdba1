package settings

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/tierwise/tierwise/internal/config"
	"github.com/tierwise/tierwise/internal/money"
	"github.com/tierwise/tierwise/internal/step"
)

// Kind is a setting's type: how its text is read.
type Kind string

// The kinds.
const (
	TierKind     Kind = "tier"
	PinKind      Kind = "tier or none"
	ClassKind    Kind = "data class"
	SwitchKind   Kind = "on or off"
	WordKind     Kind = "word"
	MoneyKind    Kind = "dollars"
	LanguageKind Kind = "language"
	ZoneKind     Kind = "time zone"
	ListKind     Kind = "list"
	LabelsKind   Kind = "labels"
	ChannelKind  Kind = "channel"
	AgeKind      Kind = "age"
	NumberKind   Kind = "whole number"
	RatesKind    Kind = "numbers by group"
)

// none is the empty list, and no pin or channel.
const none = "none"

// parse reads what a person typed into the form that is stored. The error's
// text completes the sentence "<key> takes …".
func (d Definition) parse(typed string) (string, error) {
	t := strings.TrimSpace(typed)
	if !utf8.ValidString(t) {
		return "", errors.New("text")
	}
	switch d.Kind {
	case MoneyKind:
		return parseCap(t)
	case LanguageKind:
		if _, err := config.ParseLanguage(t); err != nil {
			return "", errors.New("auto or a language such as de or pt-BR")
		}
		return t, nil
	case ZoneKind:
		if _, err := config.ParseZone(t); err != nil {
			return "", errors.New("a time zone such as Europe/Warsaw")
		}
		return t, nil
	case ListKind:
		return d.parseList(t)
	case LabelsKind:
		labels, err := parseLabels(t)
		return labelsText(labels), err
	case AgeKind:
		a, err := config.ParseAge(t)
		if err != nil {
			return "", errors.New(config.AgeForm)
		}
		return a.String(), nil
	case NumberKind:
		return parseRate(t)
	case RatesKind:
		return parseRates(t)
	case ChannelKind:
		if t == "" || len(t) > maxItem || strings.ContainsFunc(t, unicode.IsSpace) {
			return "", errors.New("a channel or none")
		}
		return t, nil
	}
	return d.parseWord(t)
}

func (d Definition) parseWord(t string) (string, error) {
	w := strings.ToLower(t)
	if d.Kind == SwitchKind {
		switch w {
		case "true", "yes", "1":
			w = "on"
		case "false", "no", "0":
			w = "off"
		}
	}
	if slices.Contains(d.Words, w) {
		return w, nil
	}
	return "", errors.New(either(d.Words))
}

func parseCap(t string) (string, error) {
	n, err := money.Parse(t)
	switch {
	case err != nil && strings.HasPrefix(strings.TrimPrefix(t, "$"), "-"):
		return "", errors.New("an amount that is not negative, such as 0.25")
	case err != nil:
		return "", errors.New("an amount in dollars such as 0.25")
	case n == 0:
		return "", errors.New("more than 0 (to spend nothing here set the ceiling to local)")
	case n > maxCap:
		return "", fmt.Errorf("at most %s", maxCap)
	}
	return n.Decimal(), nil
}

// parseList reads "a, b" or "a b"; none or any is the empty list.
func (d Definition) parseList(t string) (string, error) {
	items := strings.FieldsFunc(t, func(r rune) bool { return r == ',' || r == ';' || unicode.IsSpace(r) })
	if len(items) == 1 && (strings.EqualFold(items[0], none) || strings.EqualFold(items[0], "any")) {
		return none, nil
	}
	var out []string
	for _, it := range items {
		if len(d.Words) > 0 {
			if it = strings.ToLower(it); !slices.Contains(d.Words, it) {
				return "", fmt.Errorf("none or a list of %s", either(d.Words))
			}
		}
		if len(it) > maxItem || it == none {
			return "", errors.New("none or a list such as a, b")
		}
		if d.timed {
			denial, err := parseDenial(it)
			if err != nil {
				return "", err
			}
			out, it = without(out, denial.Who), denial.String()
		}
		if !slices.Contains(out, it) {
			out = append(out, it)
		}
	}
	if len(out) == 0 {
		return "", errors.New("none or a list such as a, b")
	}
	if len(out) > maxList {
		return "", fmt.Errorf("at most %d items", maxList)
	}
	return listText(out), nil
}

func listText(items []string) string {
	if len(items) == 0 {
		return none
	}
	return strings.Join(items, ",")
}

func parseLabels(t string) ([]step.Label, error) {
	split := func(r rune) bool { return r == ';' || r == '\n' }
	if !strings.ContainsAny(t, ";:\n") {
		split = func(r rune) bool { return r == ',' }
	}
	var out []step.Label
	seen := map[string]bool{}
	for _, part := range strings.FieldsFunc(t, split) {
		name, description, _ := strings.Cut(part, ":")
		l := step.Label{Name: strings.TrimSpace(name), Description: strings.TrimSpace(description)}
		switch key := strings.ToLower(l.Name); {
		case strings.TrimSpace(part) == "":
			continue
		case l.Name == "" || utf8.RuneCountInString(l.Name) > 40 || utf8.RuneCountInString(l.Description) > 200 || strings.Contains(l.Name, ","):
			return nil, errors.New("names of 1 to 40 characters without a comma, and descriptions of at most 200")
		case seen[key]:
			return nil, fmt.Errorf("each label once; %s is there twice", l.Name)
		default:
			seen[key] = true
			out = append(out, l)
		}
	}
	if len(out) < 2 || len(out) > maxLabels {
		return nil, fmt.Errorf("2 to %d labels, such as: bug: something is broken; question; other", maxLabels)
	}
	return out, nil
}

func labelsText(labels []step.Label) string {
	parts := make([]string, len(labels))
	for i, l := range labels {
		parts[i] = l.Name
		if l.Description != "" {
			parts[i] += ": " + l.Description
		}
	}
	return strings.Join(parts, "; ")
}

// labelText is labelsText of the policy's labels. A semicolon separates labels
// in a setting's text, so that one inside a description becomes a comma.
func labelText(labels []config.Label) string {
	out := make([]step.Label, len(labels))
	for i, l := range labels {
		description := strings.NewReplacer(";", ",", "\n", " ").Replace(l.Description)
		out[i] = step.Label{Name: strings.TrimSpace(l.Name), Description: strings.TrimSpace(description)}
	}
	return labelsText(out)
}

// either joins words for a sentence: "a, b or c".
func either(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " or " + words[len(words)-1]
}
