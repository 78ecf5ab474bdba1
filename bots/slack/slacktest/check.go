package slacktest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// check holds the arguments against the reference. A violation is recorded and
// refused as Slack would, so that the app sees it too.
func (c *call) check() *Error {
	if c.tokenInURL {
		c.violate(c.method, "the token is in the URL, where logs and proxies keep it")
	}
	if c.spec == nil {
		return nil
	}
	m := c.spec.methods[c.method]
	if m == nil {
		return nil // a method of the fake the reference does not cover
	}
	var wrong []string
	if c.isJSON && !m.JSON {
		wrong = append(wrong, "takes no JSON body")
	}
	for _, name := range m.Args.Required {
		if _, ok := c.args[name]; !ok && !c.excused(name) {
			wrong = append(wrong, "required argument "+name+" is missing")
		}
	}
	for _, name := range c.keys() {
		arg, ok := m.Args.Properties[name]
		switch {
		case !ok && c.undocumented(name):
		case !ok:
			wrong = append(wrong, "unknown argument "+name)
		default:
			if problem := arg.problem(c.args[name]); problem != "" {
				wrong = append(wrong, "argument "+name+" "+problem)
			}
		}
	}
	for _, w := range wrong {
		c.violate(c.method, "%s", w)
	}
	if len(wrong) > 0 {
		return refuse("invalid_arguments", wrong...)
	}
	return nil
}

// excused says that a required argument is given in another way: the token in
// the header, a stream's text as chunks.
func (c *call) excused(name string) bool {
	switch name {
	case "token":
		return c.given != "" || c.method != "oauth.v2.exchange" // its absence is not_authed, not a malformed call
	case "markdown_text":
		_, chunks := c.args["chunks"]
		return chunks
	case "client_id", "client_secret":
		return false
	}
	return false
}

// undocumented lists the arguments that exist although the reference leaves
// them out. The session_status of a stopped stream is in Slack's own Node SDK.
func (c *call) undocumented(name string) bool {
	return name == "token" || c.method == "chat.stopStream" && name == "session_status" ||
		c.method == "api.test"
}

// problem says what is wrong with a value, or "".
func (a argSpec) problem(v any) string {
	if len(a.AnyOf) > 0 {
		problem := ""
		for _, option := range a.AnyOf {
			if problem = option.problem(v); problem == "" {
				return ""
			}
		}
		return problem
	}
	switch a.Type {
	case "boolean":
		return booleanProblem(v)
	case "integer", "number":
		return a.numberProblem(v)
	case "array":
		return a.arrayProblem(v)
	case "object":
		return objectProblem(v)
	case "null":
		if v != nil && v != "" {
			return "is not null"
		}
		return ""
	case "string":
		return a.textProblem(v)
	}
	return ""
}

func booleanProblem(v any) string {
	switch v := v.(type) {
	case bool:
		return ""
	case string:
		if slices.Contains([]string{"true", "false", "1", "0"}, v) {
			return ""
		}
	}
	return fmt.Sprintf("is not a boolean: %v", v)
}

func (a argSpec) numberProblem(v any) string {
	n, ok := v.(float64)
	if s, isText := v.(string); isText {
		parsed, err := strconv.ParseFloat(s, 64)
		n, ok = parsed, err == nil
	}
	switch {
	case !ok:
		return fmt.Sprintf("is not a number: %v", v)
	case a.Minimum != nil && n < float64(*a.Minimum):
		return fmt.Sprintf("is less than %d", *a.Minimum)
	case a.Maximum != nil && n > float64(*a.Maximum):
		return fmt.Sprintf("is more than %d", *a.Maximum)
	}
	return ""
}

// textProblem takes a JSON value for text too: blocks and metadata come as
// values in JSON bodies.
func (a argSpec) textProblem(v any) string {
	s, ok := v.(string)
	if !ok {
		switch v.(type) {
		case []any, map[string]any:
			return ""
		}
		return fmt.Sprintf("is not text: %v", v)
	}
	n := utf8.RuneCountInString(s)
	switch {
	case len(a.Enum) > 0 && !slices.Contains(a.Enum, s):
		return fmt.Sprintf("is %q, not one of %s", s, strings.Join(a.Enum, ", "))
	case a.MaxLength > 0 && n > a.MaxLength:
		return fmt.Sprintf("has %d characters, at most %d are allowed", n, a.MaxLength)
	case n < a.MinLength:
		return fmt.Sprintf("has %d characters, at least %d are needed", n, a.MinLength)
	}
	return ""
}

func (a argSpec) arrayProblem(v any) string {
	var items []any
	switch v := v.(type) {
	case []any:
		items = v
	case string:
		if strings.HasPrefix(v, "[") {
			if json.Unmarshal([]byte(v), &items) != nil {
				return "is not a JSON array"
			}
			break
		}
		for s := range strings.SplitSeq(v, ",") {
			items = append(items, s)
		}
	default:
		return "is not an array"
	}
	if len(items) < a.MinItems || a.MaxItems > 0 && len(items) > a.MaxItems {
		return fmt.Sprintf("has %d items, %d to %d are allowed", len(items), a.MinItems, a.MaxItems)
	}
	if a.Items != nil {
		for i, item := range items {
			if problem := a.Items.problem(item); problem != "" {
				return fmt.Sprintf("item %d %s", i+1, problem)
			}
		}
	}
	return ""
}

func objectProblem(v any) string {
	if s, ok := v.(string); ok {
		var o object
		if json.Unmarshal([]byte(s), &o) != nil {
			return "is not a JSON object"
		}
		return ""
	}
	if _, ok := v.(map[string]any); !ok {
		return "is not an object"
	}
	return ""
}

// needScope holds the token's scopes against the method's.
func (c *call) needScope() *Error {
	if c.token.scopes == nil || c.spec == nil || c.spec.methods[c.method] == nil {
		return nil
	}
	need := c.spec.methods[c.method].Scope.Bot
	if strings.HasPrefix(c.method, "conversations.") || c.method == "users.conversations" {
		need = c.conversationScopes(need)
	}
	for _, scope := range need {
		if !c.token.has(scope) {
			return &Error{Code: "missing_scope", Needed: scope, Provided: c.token.provided()}
		}
	}
	return nil
}

// conversationScopes narrows the scopes of a conversations method to the kinds
// of channel the call is about.
func (c *call) conversationScopes(all []string) []string {
	prefixes := map[ChannelKind]string{Public: "channels:", Private: "groups:", IM: "im:", MPIM: "mpim:"}
	var kinds []ChannelKind
	switch ch := c.state.channel(c.str("channel")); {
	case c.method == "conversations.open" && ch == nil:
		kinds = []ChannelKind{IM}
		if len(c.list("users")) > 1 {
			kinds = []ChannelKind{MPIM}
		}
	case ch != nil:
		kinds = []ChannelKind{ch.Kind}
	default:
		for _, kind := range c.list("types") {
			kinds = append(kinds, ChannelKind(kind))
		}
		if kinds == nil {
			kinds = []ChannelKind{Public}
		}
	}
	var need []string
	for _, scope := range all {
		for _, kind := range kinds {
			if strings.HasPrefix(scope, prefixes[kind]) {
				need = append(need, scope)
			}
		}
	}
	return need
}
