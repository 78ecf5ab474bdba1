package openai

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
)

// refusal is what a provider said when it did not answer. Only identifiers and
// a cleaned message reach Error; the body is read once and dropped.
type refusal struct {
	status  int // HTTP status; of a mid-stream error the code it names, or 0
	code    string
	kind    string
	param   string
	message string // in full, for classifying only
	said    string // the message as it may be logged
	details string // nested reasons, for classifying only
	html    bool
	limit   int64 // llama.cpp names the numbers in fields of their own
	sent    int64
}

// Error is for logs: it holds no key and nothing of the conversation.
func (r *refusal) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "status %d", r.status)
	for _, p := range []struct{ name, value string }{{"type", r.kind}, {"code", r.code}, {"param", r.param}} {
		if p.value != "" {
			fmt.Fprintf(&b, ", %s %s", p.name, p.value)
		}
	}
	if r.said != "" {
		b.WriteString(": " + r.said)
	}
	return b.String()
}

// wireFault covers the shapes of an error object that servers of this wire
// send; fields that vary in type stay raw.
type wireFault struct {
	Message json.RawMessage `json:"message"`
	Type    string          `json:"type"`
	Code    json.RawMessage `json:"code"`
	Param   json.RawMessage `json:"param"`
	Status  json.RawMessage `json:"status"`
	Prompt  int64           `json:"n_prompt_tokens"`
	Context int64           `json:"n_ctx"`
	Inner   json.RawMessage `json:"innererror"`
	Meta    json.RawMessage `json:"metadata"`
	Details json.RawMessage `json:"details"`
	Retry   json.RawMessage `json:"retry_after"`
	Msg     json.RawMessage `json:"msg"` // pydantic
	Loc     []any           `json:"loc"`
}

// readRefusal reads the body of a failed call. hidden are texts that must not
// show in a log: a message that repeats part of one is withheld.
func readRefusal(status int, body []byte, hidden hidden) *refusal {
	r := &refusal{status: status}
	body = bytes.TrimSpace(body)
	if len(body) > 0 && body[0] == '<' {
		r.html, r.said = true, "an HTML page"
		return r
	}
	f, found := findFault(body, 0)
	if !found {
		return r
	}
	r.code, r.kind, r.param = ident(f.Code), identText(f.Type), ident(f.Param)
	if name := ident(f.Status); r.kind == "" {
		r.kind = name
	}
	r.message = text(f.Message)
	if r.message == "" {
		r.message = text(f.Msg)
	}
	if len(f.Loc) > 0 && r.param == "" {
		r.param = identText(fmt.Sprint(f.Loc[len(f.Loc)-1]))
	}
	r.details = string(f.Inner) + string(f.Meta) + string(f.Details)
	if len(f.Retry) > 0 {
		r.details += fmt.Sprintf(`"retryDelay":"%ss"`, bytes.Trim(f.Retry, `"`))
	}
	r.limit, r.sent = f.Context, f.Prompt
	if n, err := strconv.Atoi(r.code); r.status == 0 && err == nil && n >= 400 && n < 600 {
		r.status = n
	}
	r.said = hidden.clean(r.message)
	return r
}

// findFault looks for the error object: at the top, under "error" (an object or
// a sentence), in a list, or under "errors" or "detail".
func findFault(body []byte, depth int) (wireFault, bool) {
	var f wireFault
	if len(body) == 0 || depth > 3 {
		return f, false
	}
	switch body[0] {
	case '[':
		var list []json.RawMessage
		if json.Unmarshal(body, &list) != nil || len(list) == 0 {
			return f, false
		}
		return findFault(list[0], depth+1)
	case '"':
		f.Message = body
		return f, true
	case '{':
		var nest struct {
			Error  json.RawMessage `json:"error"`
			Errors json.RawMessage `json:"errors"`
			Detail json.RawMessage `json:"detail"`
		}
		if json.Unmarshal(body, &nest) != nil {
			return f, false
		}
		for _, inner := range []json.RawMessage{nest.Error, nest.Errors, nest.Detail} {
			if g, ok := findFault(bytes.TrimSpace(inner), depth+1); ok {
				return g, true
			}
		}
		// A field of an unexpected type must not cost us the others.
		_ = json.Unmarshal(body, &f)
		return f, f.Message != nil || f.Code != nil || f.Type != "" || depth > 0
	}
	return f, false
}

// text reads a message: a string, or a list of strings.
func text(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	var list []string
	_ = json.Unmarshal(raw, &list)
	return strings.Join(list, ", ")
}

var identifier = regexp.MustCompile(`^[A-Za-z0-9_.\-\[\]]{1,64}$`)

func ident(raw json.RawMessage) string {
	if len(raw) == 0 || string(raw) == "null" {
		return ""
	}
	return identText(strings.Trim(string(raw), `"`))
}

func identText(s string) string {
	if identifier.MatchString(s) {
		return s
	}
	return ""
}

// isHTML reports whether a reply is a page instead of an API answer.
func isHTML(h http.Header, start []byte) bool {
	start = bytes.TrimLeft(start, " \t\r\n\xef\xbb\xbf")
	return len(start) > 0 && start[0] == '<' ||
		len(start) == 0 && strings.HasPrefix(h.Get("Content-Type"), "text/html")
}
