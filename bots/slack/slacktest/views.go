package slacktest

import (
	"encoding/json"
	"fmt"
	"time"
)

// The life of a trigger and the size of a view.
const (
	triggerLife  = 3 * time.Second
	maxViewBytes = 250 * 1024
	maxViews     = 3 // modals above each other
)

// trigger lets the app open one modal for one person.
type trigger struct {
	user, team string
	born       time.Time
	used       bool
	view       *view // the modal it was made in, for views.push
}

// view is a modal or a home tab.
type view struct {
	id, user, team, kind string
	hash                 string
	root, previous       string
	body                 object // as the app gave it
	values               object // block_id → action_id → state
	errors               map[string]string
	closed               bool
}

// trigger makes a fresh trigger id for a person. f.mu is held.
func (f *Fake) trigger(user *User, team string, in *view) string {
	id := f.state.next("trig.")
	f.state.triggers[id] = &trigger{user: user.ID, team: team, born: f.now(), view: in}
	return id
}

// useTrigger spends the trigger of a call.
func (c *call) useTrigger() (*trigger, *Error) {
	t := c.state.triggers[c.str("trigger_id")]
	switch {
	case t == nil || t.team != c.token.team:
		return nil, refuse("invalid_trigger_id")
	case t.used:
		return nil, refuse("exchanged_trigger_id")
	case c.now().Sub(t.born) > triggerLife:
		return nil, refuse("expired_trigger_id")
	}
	t.used = true
	return t, nil
}

// viewArg reads and checks the view of a call.
func (c *call) viewArg(kinds ...string) (object, *Error) {
	raw := c.str("view")
	if len(raw) > maxViewBytes {
		return nil, refuse("view_too_large")
	}
	var body object
	if err := json.Unmarshal([]byte(raw), &body); err != nil {
		c.violate(c.method, "the view is not a JSON object")
		return nil, refuse("invalid_arguments")
	}
	return body, c.checkView(body, kinds...)
}

// viewKeys are the fields a view may have.
var viewKeys = map[string]bool{"type": true, "title": true, "submit": true, "close": true, "blocks": true, "private_metadata": true,
	"callback_id": true, "clear_on_close": true, "notify_on_close": true, "external_id": true, "submit_disabled": true}

// checkView holds a view against the limits.
func (c *call) checkView(body object, kinds ...string) *Error {
	kind := text(body["type"])
	allowed := false
	for _, k := range kinds {
		allowed = allowed || k == kind
	}
	var wrong []string
	if !allowed {
		wrong = append(wrong, fmt.Sprintf("view type %q is not one of %v", kind, kinds))
	}
	raw, err := json.Marshal(body["blocks"])
	var blocks []object
	if err != nil || json.Unmarshal(raw, &blocks) != nil || len(blocks) == 0 {
		wrong = append(wrong, "the view has no blocks")
	}
	if c.spec != nil {
		wrong = append(wrong, c.viewProblems(body, kind)...)
	}
	for _, w := range wrong {
		c.violate(c.method, "%s", w)
	}
	if len(wrong) > 0 {
		return refuse("invalid_arguments", wrong...)
	}
	refused := c.checkBlocks(blocks, kind)
	body["blocks"] = blocks
	return refused
}

func (c *call) viewProblems(body object, kind string) []string {
	b := &blockCheck{limits: c.spec.limits}
	for key := range body {
		if !viewKeys[key] {
			b.add("unknown view field %q", key)
		}
	}
	for _, part := range []string{"title", "submit", "close"} {
		b.optionalText("view."+part, body[part], c.spec.limits.number("view", part, "max_length"), "plain_text")
	}
	if kind == "modal" && body["title"] == nil {
		b.add("the modal has no title")
	}
	if kind == "modal" && body["submit"] == nil && hasInput(body["blocks"]) {
		b.add("the modal has inputs but no submit")
	}
	b.length("view.private_metadata", text(body["private_metadata"]), c.spec.limits.number("view", "private_metadata", "max_length"))
	b.length("view.callback_id", text(body["callback_id"]), c.spec.limits.number("view", "callback_id", "max_length"))
	return b.wrong
}

func hasInput(blocks any) bool {
	for _, b := range list(blocks) {
		if block, ok := b.(map[string]any); ok && block["type"] == "input" {
			return true
		}
	}
	return false
}

// newView stores a view of a person. c.mu is held.
func (f *Fake) newView(user, team, kind string, body object) *view {
	v := &view{id: f.state.next("V"), user: user, team: team, kind: kind, body: body, values: object{}}
	v.root = v.id
	v.rehash(f)
	f.state.views[v.id] = v
	return v
}

func (v *view) rehash(f *Fake) { v.hash = fmt.Sprintf("%d.%s", f.now().Unix(), f.state.next("h")) }

func (c *call) viewsOpen() (object, *Error) {
	body, refused := c.viewArg("modal")
	if refused != nil {
		return nil, refused
	}
	t, refused := c.useTrigger()
	if refused != nil {
		return nil, refused
	}
	v := c.newView(t.user, t.team, "modal", body)
	c.state.stacks[t.user] = []*view{v}
	c.state.forms = append(c.state.forms, v)
	return object{"view": c.viewJSON(v)}, nil
}

func (c *call) viewsPush() (object, *Error) {
	body, refused := c.viewArg("modal")
	if refused != nil {
		return nil, refused
	}
	t, refused := c.useTrigger()
	if refused != nil {
		return nil, refused
	}
	if len(c.state.stacks[t.user]) >= maxViews {
		return nil, refuse("push_limit_reached")
	}
	return object{"view": c.viewJSON(c.push(t.user, t.team, body))}, nil
}

// push puts a modal on top of a person's stack. f.mu is held.
func (f *Fake) push(user, team string, body object) *view {
	v := f.newView(user, team, "modal", body)
	stack := f.state.stacks[user]
	if n := len(stack); n > 0 {
		v.root, v.previous = stack[0].id, stack[n-1].id
	}
	f.state.stacks[user] = append(stack, v)
	f.state.forms = append(f.state.forms, v)
	return v
}

func (c *call) viewsUpdate() (object, *Error) {
	var v *view
	for _, x := range c.state.views {
		external := text(x.body["external_id"])
		if x.team == c.token.team && (x.id == c.str("view_id") || external != "" && external == c.str("external_id")) {
			v = x
		}
	}
	if v == nil || v.closed {
		return nil, refuse("not_found")
	}
	if h := c.str("hash"); h != "" && h != v.hash {
		return nil, refuse("hash_conflict")
	}
	body, refused := c.viewArg(v.kind)
	if refused != nil {
		return nil, refused
	}
	c.replace(v, body)
	return object{"view": c.viewJSON(v)}, nil
}

// replace gives a view another body; state of blocks that stay is kept.
func (f *Fake) replace(v *view, body object) {
	v.body, v.errors = body, nil
	v.rehash(f)
}

func (c *call) viewsPublish() (object, *Error) {
	u := c.state.user(c.str("user_id"))
	if u == nil || u.Team != c.token.team {
		return nil, refuse("user_not_found")
	}
	body, refused := c.viewArg("home")
	if refused != nil {
		return nil, refused
	}
	key := u.Team + "/" + u.ID
	v := c.state.homes[key]
	switch {
	case v == nil:
		v = c.newView(u.ID, u.Team, "home", body)
		c.state.homes[key] = v
	case c.str("hash") != "" && c.str("hash") != v.hash:
		return nil, refuse("hash_conflict")
	default:
		c.replace(v, body)
	}
	return object{"view": c.viewJSON(v)}, nil
}

// viewJSON is a view as Slack sends it back. f.mu is held.
func (f *Fake) viewJSON(v *view) object {
	o := clone(v.body)
	for _, key := range []string{"private_metadata", "callback_id", "external_id"} {
		o[key] = text(o[key])
	}
	o["id"], o["team_id"], o["hash"], o["root_view_id"] = v.id, v.team, v.hash, v.root
	o["app_id"], o["state"] = AppID, object{"values": clone(v.values)}
	o["previous_view_id"] = nil
	if v.previous != "" {
		o["previous_view_id"] = v.previous
	}
	if bot := f.state.bot(v.team); bot != nil {
		o["bot_id"] = bot.BotID
	}
	return o
}
