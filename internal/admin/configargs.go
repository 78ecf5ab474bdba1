package admin

import (
	"regexp"
	"strings"

	"github.com/tierwise/tierwise/internal/config"
	"github.com/tierwise/tierwise/internal/fault"
)

// ConfigRequest is a parsed /ai-config.
type ConfigRequest struct {
	Verb  string // one of configVerbs
	Level string // "workspace", "channel", "thread" or "me"; "" is the verb's default
	Key   string
	Value string
	Args  []string   // for "budget"
	For   config.Age // for "deny": how long; 0 is without an end
	Why   string
}

var configVerbs = []string{"help", "list", "get", "set", "reset", "explain", "budget", "tiers", "journal", "me", "pause", "resume", "deny", "allow"}

const configUse = "Use /ai-config get <key>, /ai-config set [workspace|channel|thread|me] <key> <value> [because …], /ai-config reset <key>, /ai-config explain, /ai-config pause or resume, " +
	"or /ai-config budget <workspace|channel|person|team|workflow> <day|week|month> <amount|none>."

// ParseConfig reads the arguments of /ai-config. The error is a fault.BadInput
// that says what to write.
func ParseConfig(args string) (ConfigRequest, error) {
	args, why := because(args)
	words := strings.Fields(args)
	r := ConfigRequest{Verb: "list", Why: why}
	if len(words) == 0 {
		return r, nil
	}
	verb := strings.ToLower(words[0])
	if level(verb) != "" && len(words) > 1 { // "/ai-config me footer off"
		words = append([]string{"set", verb}, words[1:]...)
		verb = "set"
	}
	known := false
	for _, v := range configVerbs {
		known = known || v == verb
	}
	if !known {
		if near := config.Nearest(verb, configVerbs); near != "" {
			return r, fault.Newf(fault.BadInput, "I don't know /ai-config %s. Did you mean %s? %s", clip(verb, 30), near, configUse)
		}
		return r, fault.Newf(fault.BadInput, "I don't know /ai-config %s. %s", clip(verb, 30), configUse)
	}
	r.Verb, words = verb, words[1:]
	if verb == "get" && len(words) == 0 {
		r.Verb = "explain"
		return r, nil
	}
	switch verb {
	case "budget":
		r.Args = words
		return r, nil
	case "pause", "resume":
		if r.Level = "channel"; len(words) > 0 && level(strings.ToLower(words[0])) != "" {
			r.Level = level(strings.ToLower(words[0]))
		}
		return r, nil
	case "deny", "allow":
		return parseDenial(r, words)
	}
	if len(words) > 0 && level(strings.ToLower(words[0])) != "" {
		r.Level, words = level(strings.ToLower(words[0])), words[1:]
	}
	if len(words) > 0 {
		r.Key = strings.ToLower(words[0])
		r.Value = strings.TrimSpace(strings.Join(words[1:], " "))
	}
	switch {
	case r.Key == "" && (verb == "get" || verb == "set" || verb == "reset"), verb == "set" && r.Value == "":
		return r, fault.New(fault.BadInput, configUse)
	}
	return r, nil
}

const denyUse = "Use /ai-config deny @person [here|workspace] [for 24h] [because …], and /ai-config allow @person [here|workspace] to answer them again."

// parseDenial reads "@person [here|workspace] [for 24h]" in any order.
func parseDenial(r ConfigRequest, words []string) (ConfigRequest, error) {
	for i := 0; i < len(words); i++ {
		w := strings.ToLower(words[i])
		switch {
		case w == "in" || w == "the":
		case w == "for" && r.Verb == "deny":
			long, used := lasting(words[i+1:])
			if used == 0 {
				return r, fault.Newf(fault.BadInput, "After \"for\" say how long, such as 30m, 24h or 7d. %s", denyUse)
			}
			r.For, i = long, i+used
		case level(w) == "workspace" || level(w) == "channel":
			r.Level = level(w)
		case r.Value == "":
			r.Value = words[i]
		default:
			return r, fault.New(fault.BadInput, "One person at a time, please. "+denyUse)
		}
	}
	if r.Value == "" {
		return r, fault.New(fault.BadInput, "Say whom. "+denyUse)
	}
	return r, nil
}

// lasting reads "24h", "24 h" or "24 hours" at the beginning of words, and says how
// many of them it was; 0 when there is no length of time.
func lasting(words []string) (config.Age, int) {
	for n := 1; n <= min(2, len(words)); n++ {
		s := strings.ToLower(strings.Join(words[:n], ""))
		for _, unit := range []string{"minute", "min", "hour", "day", "week"} {
			if number, ok := strings.CutSuffix(strings.TrimSuffix(s, "s"), unit); ok {
				s = number + unit[:1]
			}
		}
		if long, err := config.ParseAge(s); err == nil && long > 0 {
			return long, n
		}
	}
	return 0, 0
}

// HeardConfig reads what was asked for in a message: "please pause here" as well
// as the words of the command.
func HeardConfig(said string) (ConfigRequest, error) {
	words := strings.Fields(said)
	for i, w := range words {
		switch w = strings.ToLower(strings.Trim(w, ".,!")); w {
		case "please", "can", "could", "would", "you":
			continue
		case "pause", "resume":
			_, why := because(said)
			return ConfigRequest{Verb: w, Level: "channel", Why: why}, nil
		}
		return ParseConfig(strings.Join(words[i:], " "))
	}
	return ParseConfig("")
}

func level(w string) string {
	switch w {
	case "workspace", "channel", "thread", "me":
		return w
	case "here":
		return "channel"
	case "person":
		return "me"
	}
	return ""
}

// mention is a person or group as the platform writes one.
var mention = regexp.MustCompile(`<[@!][^<>]*>`)

// because splits the reason off: "… because the team asked for it". A
// person or group in the reason is not named: the reason is read by others.
func because(s string) (rest, why string) {
	low := strings.ToLower(s)
	if i := strings.LastIndex(low, " because "); i >= 0 {
		return s[:i], strings.TrimSpace(mention.ReplaceAllString(s[i+len(" because "):], "somebody"))
	}
	return s, ""
}
