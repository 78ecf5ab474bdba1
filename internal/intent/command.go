package intent

import (
	"strings"

	"github.com/tierwise/tierwise/internal/step"
)

// command reads the requests that need no model. Nothing said at all asks for
// help.
func command(cs []clause, text string) Command {
	if len(cs) == 0 {
		if strings.Trim(text, " \t\r\n?!.,") == "" {
			return Help
		}
		return NoCommand
	}
	w := cs[0].words
	h := skipPolite(w)
	if len(cs) <= 2 {
		switch {
		case asksHelp(w, h, len(cs)):
			return Help
		case asksUnfollow(w, h):
			return Unfollow
		}
	}
	for i := range cs {
		w := cs[i].words
		h := skipPolite(w)
		if h == len(w) || negated(w, h) > 0 && at(w, h) != "stop" {
			continue
		}
		switch {
		case asksSpend(w, h):
			return Spend
		case asksConfig(w, h):
			return Config
		}
	}
	return NoCommand
}

func asksHelp(w []string, h, clauses int) bool {
	if h == len(w) {
		// Only a greeting: "hi", "hello there".
		return clauses == 1 && !(len(w) == 1 && strings.HasPrefix(w[0], "@"))
	}
	switch {
	case len(w) == h+1:
		return w[h] == "help" || w[h] == "commands" || w[h] == "usage" || w[h] == "there" || w[h] == "hilfe"
	case phrase(w, h, "what", "can", "you", "do"), phrase(w, h, "what", "do", "you", "do"), phrase(w, h, "what", "are", "you"), phrase(w, h, "who", "are", "you"):
		return len(w) <= h+5
	case phrase(w, h, "how", "do", "you", "work"), phrase(w, h, "how", "does", "this", "bot"), phrase(w, h, "how", "do", "i", "use", "you"),
		phrase(w, h, "show", "help"), phrase(w, h, "show", "me", "help"), phrase(w, h, "show", "commands"), phrase(w, h, "list", "commands"), phrase(w, h, "how", "do", "i", "use", "this", "bot"):
		return true
	}
	return false
}

func asksUnfollow(w []string, h int) bool {
	switch at(w, h) {
	case "stop":
		next := at(w, h+1)
		return h+1 == len(w) || next == "following" || next == "replying" || next == "answering" || next == "listening" || next == "responding"
	case "unfollow":
		return true
	case "leave":
		return phrase(w, h, "leave", "this", "thread") || phrase(w, h, "leave", "us") || phrase(w, h, "leave", "the", "thread")
	case "mute":
		return h+1 == len(w) || phrase(w, h, "mute", "yourself")
	case "be":
		return phrase(w, h, "be", "quiet")
	case "don't":
		return phrase(w, h, "don't", "follow") || phrase(w, h, "don't", "reply", "here")
	}
	return false
}

var (
	moneyHere = set(`ai this channel thread bot model models token tokens you our my here team tierwise today week month answer far we i last that it yesterday summary llm`)
	otherBill = set(`aws gcp azure license licence offsite hire hiring vendor customer salary cloud marketing travel campaign laptop ads instance server project`)
)

// asksSpend reads questions about what the bot cost. Other people's money
// ("our AWS spend", "the offsite budget") is a question like any other.
func asksSpend(w []string, h int) bool {
	if anyWord(w, otherBill) {
		return false
	}
	first := w[h]
	if first == "why" || first == "who" || first == "how" && (at(w, h+1) == "do" || at(w, h+1) == "can" || at(w, h+1) == "does") ||
		draftVerbs[first] || summarizeVerbs[first] || classifyVerbs[first] || first == "explain" {
		return false
	}
	for k := h; k < len(w); k++ {
		x, next := w[k], at(w, k+1)
		switch x {
		case "spend", "spending", "spent":
			return len(w) <= h+3 || anyWord(w, moneyHere)
		case "bill", "costs", "cost", "costing", "usage", "expenses":
			if anyWord(w, moneyHere) && (first == "how" && at(w, h+1) == "much" || first != "is" && first != "does" && first != "can") {
				return !anyWord(w[h:], otherCost)
			}
			if h+1 == len(w) {
				return true
			}
		case "budget":
			if next == "left" || next == "remaining" || next == "status" || at(w, k-1) == "much" || at(w, k-1) == "remaining" || at(w, k-1) == "ai" || next == "here" ||
				(next == "" || next == "for") && (first == "show" || k == h) || anyWord(w, leftOver) {
				return true
			}
		case "tokens":
			if phrase(w, h, "how", "many", "tokens") && len(w) > h+3 {
				return true
			}
		}
	}
	return false
}

var (
	// otherCost are words that make a cost somebody else's.
	otherCost = set(`cpu memory disk api database plan feature design migration latency change mean`)
	leftOver  = set(`left remaining over`)
)

func asksConfig(w []string, h int) bool {
	switch w[h] {
	case "config", "settings", "configure", "preferences", "einstellungen":
		return len(w) <= h+3 || at(w, h+1) == "yourself"
	case "open", "show", "change", "edit", "list":
		k := h + 1
		for small[at(w, k)] || at(w, k) == "your" || at(w, k) == "this" || at(w, k) == "channel" || at(w, k) == "channel's" || at(w, k) == "bot" {
			k++
		}
		x := at(w, k)
		return x == "settings" || x == "config" || x == "preferences" || w[h] != "show" && w[h] != "list" && w[h] != "open" && settable[x] || x == "default" && settable[at(w, k+1)]
	case "set", "raise", "lower", "increase":
		k := h + 1
		for small[at(w, k)] || at(w, k) == "default" || at(w, k) == "channel" || at(w, k) == "monthly" || at(w, k) == "daily" {
			k++
		}
		return settable[at(w, k)]
	case "pause", "resume":
		return asksPause(w, h+1)
	}
	return false
}

// asksPause reads what stands behind "pause" or "resume": nothing, or that it is
// about the bot in this channel. "Resume" can be a document, too.
func asksPause(w []string, k int) bool {
	for at(w, k) == "yourself" || at(w, k) == "answering" {
		k++
	}
	switch {
	case phrase(w, k, "here"):
		k++
	case phrase(w, k, "this", "channel"):
		k += 2
	case phrase(w, k, "in", "this", "channel"):
		k += 3
	}
	return k == len(w) || at(w, k) == "because" || at(w, k) == "please" || at(w, k) == "again"
}

// settable is what /ai-config sets.
var settable = set(`tier tiers budget budgets limit language tone footer model labels visibility`)

// revision reads a text that asks to change the answer before it.
func (d *Detected) revision(cs []clause, hasThread bool) bool {
	if len(cs) == 0 {
		return false
	}
	stronger := false
	for i := range cs {
		stronger = stronger || asksStronger(cs[i].words)
	}
	d.Flags.Stronger = stronger
	if !hasThread || len(cs) > 2 {
		return false
	}
	w := cs[0].words
	h := skipPolite(w)
	if h == len(w) {
		return false
	}
	switch {
	case stronger && len(cs) == 1 && len(w) <= h+7 && !anyRequest(w, h):
		d.Intent, d.Confidence = step.Ask, 75
	case restyles(w, h):
		d.Intent, d.Confidence = step.Draft, 75
		if g := read(cs[0]); g.intent != "" && g.sure >= sureNoun {
			d.Intent = g.intent
		}
	case repeats(w, h):
		d.Intent, d.Confidence = step.Ask, 75
	default:
		return false
	}
	d.Revise = true
	return true
}

func anyRequest(w []string, h int) bool {
	g := imperative(w, h)
	return g.intent != "" && g.sure >= sureVerb
}

// asksStronger: "use a stronger model", "try the better model", "escalate".
func asksStronger(w []string) bool {
	h := skipPolite(w)
	if h < len(w) && (w[h] == "escalate" || w[h] == "stronger") && len(w) <= h+3 {
		return true
	}
	for k := 1; k < len(w); k++ {
		if w[k] == "model" || w[k] == "tier" || w[k] == "ai" {
			switch w[k-1] {
			case "stronger", "better", "smarter", "bigger", "best", "strongest", "larger", "higher":
				return !whWords[w[0]] && !auxes[w[0]]
			}
		}
	}
	return false
}

var styles = set(`shorter longer friendlier formal informal casual simpler politer nicer warmer clearer briefer concise detailed detail softer firmer
	funnier professional kürzer länger freundlicher tighter crisper punchier bullets english german french spanish deutsch`)

// restyles: "shorter", "make it shorter please", "more formal", "in german".
func restyles(w []string, h int) bool {
	if len(w) > h+7 {
		return false
	}
	switch w[h] {
	case "make", "keep", "a", "bit", "more", "less", "much", "even", "too", "add", "in", "as", "without", "still", "cut", "can", "say", "shorten", "expand", "trim":
	default:
		if !styles[w[h]] {
			return false
		}
		return len(w) <= h+4
	}
	if w[h] == "shorten" || w[h] == "expand" || w[h] == "trim" {
		return len(w) <= h+3
	}
	return anyWord(w[h:], styles)
}

// repeats: "try again", "redo", "another version".
func repeats(w []string, h int) bool {
	if len(w) > h+4 {
		return false
	}
	switch w[h] {
	case "redo", "regenerate", "again", "nochmal":
		return true
	case "try":
		return at(w, h+1) == "again" || at(w, h+1) == "once"
	case "another", "different":
		next := at(w, h+1)
		return next == "version" || next == "one" || next == "try" || next == "wording"
	case "do":
		return at(w, h+1) == "it" && at(w, h+2) == "again" || at(w, h+1) == "over"
	}
	return false
}
