package slacktest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// call is one request of the Web API, with its token resolved.
type call struct {
	*Fake
	method     string
	args       map[string]any // strings from forms; any JSON value from JSON bodies
	isJSON     bool
	given      string // the token as it came
	tokenInURL bool
	token      *token
	bot        *User  // the app's bot in the token's team
	granted    string // the token's scopes, for the header
}

// Error is a refusal of the Web API.
type Error struct {
	Code     string   // "channel_not_found"
	Needed   string   // scope, for missing_scope
	Provided string   // scopes of the token, for missing_scope
	Messages []string // response_metadata.messages
}

func refuse(code string, messages ...string) *Error { return &Error{Code: code, Messages: messages} }

// serveAPI answers one call: fault, checks, method, reply.
func (f *Fake) serveAPI(w http.ResponseWriter, r *http.Request) {
	c := &call{Fake: f, method: r.PathValue("method")}
	if err := c.parse(r); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	fault := f.takeFault(c.method)
	if fault != nil && fault.before(w, r, f, c) {
		return
	}
	body, refused := c.run()
	f.record(c, r.Header, refused)
	if fault != nil && fault.after(w) {
		return
	}
	if wait := waitOf(refused); wait > 0 {
		tooMany(w, wait)
		return
	}
	f.reply(w, c, body, refused)
}

// record puts a call on the log.
func (f *Fake) record(c *call, header http.Header, refused *Error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	entry := Request{Method: c.method, At: f.now(), Args: map[string]string{}, Header: header.Clone()}
	if c.token != nil {
		entry.Team = c.token.team
	}
	if refused != nil {
		entry.Error = refused.Code
	}
	for k := range c.args {
		if k != "token" {
			entry.Args[k] = c.str(k)
		}
	}
	f.log = append(f.log, entry)
}

// reply writes the answer as Slack does: 200, also for refusals.
func (f *Fake) reply(w http.ResponseWriter, c *call, body object, refused *Error) {
	if body == nil {
		body = object{}
	}
	body["ok"] = refused == nil
	if c.granted != "" {
		w.Header().Set("X-OAuth-Scopes", c.granted)
	}
	if refused != nil {
		body["error"] = refused.Code
		if refused.Needed != "" {
			body["needed"], body["provided"] = refused.Needed, refused.Provided
		}
		if len(refused.Messages) > 0 {
			body["response_metadata"] = object{"messages": refused.Messages}
		}
	}
	writeJSON(w, http.StatusOK, body)
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(body)
}

// parse reads the arguments from the query, the form or the JSON body.
func (c *call) parse(r *http.Request) error {
	c.args = map[string]any{}
	for k, v := range r.URL.Query() {
		c.args[k], c.tokenInURL = v[0], c.tokenInURL || k == "token"
	}
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch kind {
	case "application/json":
		c.isJSON = true
		raw, err := io.ReadAll(r.Body)
		if err == nil && len(raw) > 0 {
			err = json.Unmarshal(raw, &c.args)
		}
		if err != nil {
			return fmt.Errorf("slacktest: read body: %w", err)
		}
	case "multipart/form-data":
		if err := r.ParseMultipartForm(16 << 20); err != nil {
			return fmt.Errorf("slacktest: read form: %w", err)
		}
		fallthrough
	default:
		if err := r.ParseForm(); err != nil {
			return fmt.Errorf("slacktest: read form: %w", err)
		}
		for k, v := range r.Form {
			c.args[k] = v[0]
		}
	}
	if id, secret, ok := r.BasicAuth(); ok {
		c.args["client_id"], c.args["client_secret"] = id, secret
	}
	c.given = c.str("token")
	if auth, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		c.given = auth
	}
	return nil
}

// run checks the call and does it, under the lock.
func (c *call) run() (object, *Error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	m, known := methods[c.method]
	if !known {
		c.violate(c.method, "no such method")
		return nil, refuse("unknown_method")
	}
	if refused := c.check(); refused != nil {
		return nil, refused
	}
	if refused := c.authorise(m.open); refused != nil {
		return nil, refused
	}
	if refused := c.overTier(); refused != nil {
		return nil, refused
	}
	body, refused := m.do(c)
	return clone(body), refused // the answer is written without the lock
}

// authorise resolves the token. open methods need none.
func (c *call) authorise(open bool) *Error {
	if open {
		return nil
	}
	if c.given == "" {
		return refuse("not_authed")
	}
	if c.given == AppToken {
		c.token = &token{value: AppToken, app: true}
		if c.method == "apps.connections.open" {
			return nil
		}
		return refuse("not_allowed_token_type")
	}
	t := c.state.tokens[c.given]
	switch {
	case t == nil:
		return refuse("invalid_auth")
	case !t.expires.IsZero() && !c.now().Before(t.expires):
		return refuse("token_expired")
	case c.method == "apps.connections.open":
		return refuse("not_allowed_token_type")
	}
	c.token, c.bot, c.granted = t, c.state.bot(t.team), c.scopesOf(t)
	return c.needScope()
}

// str is an argument as text; "" when it is not given.
func (c *call) str(key string) string {
	switch v := c.args[key].(type) {
	case nil:
		return ""
	case string:
		return v
	case bool:
		return strconv.FormatBool(v)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	default:
		raw, err := json.Marshal(v)
		if err != nil {
			return ""
		}
		return string(raw)
	}
}

// flag is a boolean argument.
func (c *call) flag(key string) bool {
	v := c.str(key)
	return v == "true" || v == "1"
}

// number is an integer argument, or otherwise when it is missing or odd.
func (c *call) number(key string, otherwise int) int {
	n, err := strconv.Atoi(c.str(key))
	if err != nil {
		return otherwise
	}
	return n
}

// decode reads a JSON argument, given as text or as a value, into v.
// It is false when there is none.
func (c *call) decode(key string, v any) (bool, error) {
	s := c.str(key)
	if s == "" || s == "null" {
		return false, nil
	}
	return true, json.Unmarshal([]byte(s), v)
}

// list is an argument of several strings: a JSON array or comma-separated.
func (c *call) list(key string) []string {
	s := c.str(key)
	if s == "" {
		return nil
	}
	var out []string
	if json.Unmarshal([]byte(s), &out) == nil {
		return out
	}
	return strings.Split(s, ",")
}

// channelArg resolves a channel the bot's team can see. member asks that the
// bot is in it; a private one it is not in does not exist for it.
func (c *call) channelArg(key string, member bool) (*Channel, *Error) {
	ch := c.state.channel(c.str(key))
	if ch == nil || !ch.inTeam(c.token.team) || ch.Kind != Public && !ch.has(c.bot.ID) {
		return nil, refuse("channel_not_found")
	}
	if member && !ch.has(c.bot.ID) {
		return nil, refuse("not_in_channel")
	}
	return ch, nil
}

// scopesOf lists the scopes of a token; of one that holds all, those the
// reference knows of and those that belong to no method.
func (f *Fake) scopesOf(t *token) string {
	scopes := slices.Clone(t.scopes)
	if t.scopes == nil {
		scopes = []string{"app_mentions:read", "commands"}
		if f.spec != nil {
			for _, m := range f.spec.methods {
				scopes = append(scopes, m.Scope.Bot...)
			}
		}
		slices.Sort(scopes)
		scopes = slices.Compact(scopes)
	}
	return strings.Join(scopes, ",")
}

// provided are the scopes of a token as Slack prints them.
func (t *token) provided() string {
	if t.scopes == nil {
		return "all"
	}
	return cmp.Or(strings.Join(t.scopes, ","), "none")
}

// keys are the argument names in order.
func (c *call) keys() []string { return slices.Sorted(maps.Keys(c.args)) }
