package admin

import (
	"strings"

	"github.com/tierwise/tierwise/internal/config"
	"github.com/tierwise/tierwise/internal/fault"
	"github.com/tierwise/tierwise/usage"
)

// SpendQuery is a parsed /ai-spend.
type SpendQuery struct {
	// View is "" for the summary, a dimension, "trend", "budget", "export" or
	// "why".
	View   string
	Window usage.WindowKind // Month unless another one was named
	Arg    string           // for "why": the answer's id
}

// views are the words after /ai-spend, with the dimension they show.
func views() map[string]usage.Dim {
	return map[string]usage.Dim{
		"channel": usage.ByChannel, "team": usage.ByTeam, "user": usage.ByActor, "model": usage.ByModel, "intent": usage.ByIntent,
		"tier": usage.ByTier, "workflow": usage.ByWorkflow, "provider": usage.ByProvider, "trend": "", "budget": "", "export": "", "why": "",
	}
}

// viewWords lists them in the order help shows them.
var viewWords = []string{"channel", "team", "user", "model", "intent", "tier", "workflow", "provider", "trend", "budget", "export", "why"}

// ParseSpend reads the arguments of /ai-spend: a view, a window and for "why"
// an id, in any order. The error is a fault.BadInput.
func ParseSpend(args string) (SpendQuery, error) {
	q := SpendQuery{Window: usage.Month}
	for _, w := range strings.Fields(strings.ToLower(args)) {
		w = strings.Trim(w, "?.,!")
		switch w {
		case "today", "day":
			q.Window = usage.Day
			continue
		case "week":
			q.Window = usage.Week
			continue
		case "month", "this", "here", "the", "for", "by", "per", "spend", "":
			continue
		}
		if q.View == "why" {
			q.Arg = strings.ToUpper(w)
			continue
		}
		word := strings.TrimSuffix(w, "s")
		if _, ok := views()[word]; ok && q.View == "" {
			q.View = word
			continue
		}
		say := "I don't know /ai-spend " + clip(w, 30) + "."
		if near := config.Nearest(word, viewWords); near != "" {
			say += " Did you mean /ai-spend " + near + "?"
		}
		return q, fault.New(fault.BadInput, say+" Views: "+strings.Join(viewWords, ", ")+"; windows: today, week, month.")
	}
	return q, nil
}

// HeardSpend reads what somebody asked in their own words: the first view and
// the window that are named, and no complaint about the rest.
func HeardSpend(text string) SpendQuery {
	q := SpendQuery{Window: usage.Month}
	for _, w := range strings.Fields(strings.ToLower(text)) {
		switch w = strings.Trim(w, "?.,!"); w {
		case "today", "day":
			q.Window = usage.Day
			continue
		case "week":
			q.Window = usage.Week
			continue
		case "why":
			continue // needs an id, which nobody says aloud
		}
		word := strings.TrimSuffix(w, "s")
		if _, ok := views()[word]; ok && q.View == "" {
			q.View = word
		}
	}
	return q
}

func clip(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n]) + "…"
	}
	return s
}
