package admin

import (
	"strings"

	"github.com/tierwise/tierwise/internal/config"
	"github.com/tierwise/tierwise/internal/fault"
)

// ConfigRequest is a parsed /ai-config.
type ConfigRequest struct {
	Verb  string // "list", "get", "set", "reset", "explain", "budget", "tiers", "journal", "me"
	Level string // "workspace", "channel", "thread" or "me"; "" is the verb's default
	Key   string
	Value string
	Args  []string // for "budget"
	Why   string
}

var configVerbs = []string{"list", "get", "set", "reset", "explain", "budget", "tiers", "journal", "me"}

const configUse = "Use /ai-config get <key>, /ai-config set [workspace|channel|thread|me] <key> <value> [because …], /ai-config reset <key>, /ai-config explain, " +
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
	if verb == "budget" {
		r.Args = words
		return r, nil
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

// because splits the reason off: "… because the team asked for it".
func because(s string) (rest, why string) {
	low := strings.ToLower(s)
	if i := strings.LastIndex(low, " because "); i >= 0 {
		return s[:i], strings.TrimSpace(s[i+len(" because "):])
	}
	return s, ""
}
