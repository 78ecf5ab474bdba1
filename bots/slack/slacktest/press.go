package slacktest

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"
)

// Control is something to press in blocks: a button, or one option of a menu.
type Control struct {
	Type     string // "button", "overflow", "static_select", "feedback_buttons", …
	BlockID  string
	ActionID string
	Label    string
	Value    string
	URL      string
	option   object // of a menu
}

// controls lists what is to be pressed in blocks, in order.
func controls(blocks []object) []Control {
	var all []Control
	for _, block := range blocks {
		if block["type"] == "input" && block["dispatch_action"] != true {
			continue
		}
		collect(block, text(block["block_id"]), &all)
	}
	return all
}

// collect walks a block for elements with an action_id.
func collect(v any, block string, all *[]Control) {
	switch v := v.(type) {
	case []any:
		for _, x := range v {
			collect(x, block, all)
		}
	case map[string]any:
		if _, ok := v["action_id"]; ok {
			*all = append(*all, controlsOf(v, block)...)
			return
		}
		for _, key := range []string{"element", "accessory", "elements", "actions", "child_blocks", "rows"} {
			collect(v[key], block, all)
		}
	}
}

// controlsOf are the controls of one element.
func controlsOf(e object, block string) []Control {
	base := Control{Type: text(e["type"]), BlockID: block, ActionID: text(e["action_id"]), Value: text(e["value"]), URL: text(e["url"])}
	label := func(v any) string {
		o, _ := v.(map[string]any)
		return text(o["text"])
	}
	var all []Control
	switch base.Type {
	case "feedback_buttons":
		for _, which := range []string{"positive_button", "negative_button"} {
			button, _ := e[which].(map[string]any)
			c := base
			c.Label, c.Value = label(button["text"]), text(button["value"])
			all = append(all, c)
		}
		return all
	case "button", "icon_button", "workflow_button":
		base.Label = label(e["text"])
		return []Control{base}
	}
	options := list(e["options"])
	for _, g := range list(e["option_groups"]) {
		group, _ := g.(map[string]any)
		options = append(options, list(group["options"])...)
	}
	for _, o := range options {
		option, _ := o.(map[string]any)
		c := base
		c.Label, c.Value, c.option = label(option["text"]), text(option["value"]), option
		all = append(all, c)
	}
	if len(options) == 0 {
		all = append(all, base)
	}
	return all
}

// action is the entry of a control in a block_actions payload.
func (c Control) action(stamp string) object {
	o := object{"type": c.Type, "action_id": c.ActionID, "block_id": c.BlockID, "action_ts": stamp}
	label := object{"type": "plain_text", "text": c.Label, "emoji": true}
	switch {
	case c.option != nil && (c.Type == "checkboxes" || strings.HasPrefix(c.Type, "multi_")):
		o["selected_options"] = []object{c.option}
	case c.option != nil:
		o["selected_option"] = c.option
	case strings.HasSuffix(c.Type, "users_select"):
		o["selected_user"] = c.Value
	case strings.HasSuffix(c.Type, "conversations_select"):
		o["selected_conversation"] = c.Value
	case strings.HasSuffix(c.Type, "channels_select"):
		o["selected_channel"] = c.Value
	default:
		o["text"], o["value"] = label, c.Value
	}
	return o
}

// Press presses the first control with an action_id under a message the person sees.
func (p *Person) Press(at Ref, actionID string) Delivery {
	return p.pressMessage(at, actionID, func(c Control) bool { return c.ActionID == actionID })
}

// PressLabel presses the first control with a label, also inside a menu.
func (p *Person) PressLabel(at Ref, label string) Delivery {
	return p.pressMessage(at, label, func(c Control) bool { return c.Label == label })
}

// Choose picks the option with a value in a menu under a message.
func (p *Person) Choose(at Ref, actionID, value string) Delivery {
	return p.pressMessage(at, actionID, func(c Control) bool { return c.ActionID == actionID && c.Value == value })
}

func (p *Person) pressMessage(at Ref, what string, is func(Control) bool) Delivery {
	unlock := p.f.lock()
	defer unlock()
	m := p.f.seenMessage(at, p.user.ID)
	if m == nil {
		p.f.misuse("%s does not see message %s", p.user.ID, at.TS)
	}
	all := controls(m.blocks)
	i := slices.IndexFunc(all, is)
	if i < 0 {
		p.f.misuse("%s: there is no %q under message %s, only %+v", p.user.ID, what, at.TS, all)
	}
	ch := p.f.state.channel(m.channel)
	container := object{"type": "message", "message_ts": m.ts, "channel_id": ch.ID, "is_ephemeral": m.forUser != ""}
	if m.thread != "" {
		container["thread_ts"] = m.thread
	}
	payload := p.payload("block_actions", m.team, nil)
	payload["container"] = container
	payload["channel"] = object{"id": ch.ID, "name": channelName(ch)}
	payload["response_url"] = p.f.responseURL(m.team, p.user.ID, ch.ID, m.thread, m)
	payload["actions"] = []object{all[i].action(p.f.stamp())}
	payload["state"] = object{"values": object{}}
	if m.forUser == "" { // a click under an ephemeral message carries no message
		payload["message"] = clone(p.f.json(m))
	}
	unlock()
	d := p.interact(payload)
	d.Message = at
	return d
}

// PressCopied delivers a press of a control that another person sees, as if it
// stood under a message this person sees: what a request that was copied or made
// up would be. Slack itself delivers no such thing.
func (p *Person) PressCopied(at Ref, c Control) Delivery {
	unlock := p.f.lock()
	defer unlock()
	ch := p.f.state.channel(at.Channel)
	payload := p.payload("block_actions", ch.Team, nil)
	payload["container"] = object{"type": "message", "message_ts": at.TS, "channel_id": ch.ID, "is_ephemeral": true}
	payload["channel"] = object{"id": ch.ID, "name": channelName(ch)}
	payload["response_url"] = p.f.responseURL(ch.Team, p.user.ID, ch.ID, at.Thread, nil)
	payload["actions"] = []object{c.action(p.f.stamp())}
	payload["state"] = object{"values": object{}}
	unlock()
	return p.interact(payload)
}

// seenMessage finds a message by ref as a user sees it, ephemerals included.
func (f *Fake) seenMessage(at Ref, user string) *message {
	for _, m := range f.state.messages[at.Channel] {
		if m.ts == at.TS && (m.forUser == "" || m.forUser == user) {
			return m
		}
	}
	return nil
}

// payload begins an interactivity payload with a fresh trigger. f.mu is held.
func (p *Person) payload(kind, team string, in *view) object {
	t := p.f.state.team(team)
	return object{"type": kind, "token": "", "api_app_id": AppID, "team": object{"id": t.ID, "domain": t.Domain}, "enterprise": nil,
		"is_enterprise_install": false, "trigger_id": p.f.trigger(p.user, team, in),
		"user": object{"id": p.user.ID, "username": p.user.Name, "name": p.user.Name, "team_id": p.user.Team}}
}

// interact delivers an interactivity payload. f.mu is not held.
func (p *Person) interact(payload object) Delivery {
	raw, err := json.Marshal(payload)
	if err != nil {
		p.f.misuse("interactivity: %v", err)
	}
	unlock := p.f.lock()
	defer unlock()
	address := p.f.endpoints.Interactions
	unlock()
	return p.f.send(&parcel{socket: "interactive", address: address, kind: "application/x-www-form-urlencoded",
		body: []byte(url.Values{"payload": {string(raw)}}.Encode()), payload: payload, id: text(payload["trigger_id"])})
}

// Shortcut runs a message shortcut on a message.
func (p *Person) Shortcut(at Ref, callback string) Delivery {
	unlock := p.f.lock()
	defer unlock()
	m := p.f.seenMessage(at, p.user.ID)
	if m == nil {
		p.f.misuse("%s does not see message %s", p.user.ID, at.TS)
	}
	ch := p.f.state.channel(at.Channel)
	team := p.user.Team
	if bot := p.f.hears(ch); bot != nil {
		team = bot.Team
	}
	payload := p.payload("message_action", team, nil)
	payload["callback_id"], payload["message_ts"], payload["action_ts"] = callback, m.ts, p.f.stamp()
	payload["channel"] = object{"id": ch.ID, "name": channelName(ch)}
	payload["message"] = clone(p.f.json(m))
	payload["user"] = object{"id": p.user.ID, "name": p.user.Name, "team_id": p.user.Team}
	delete(payload, "api_app_id") // not sent with message shortcuts
	payload["response_url"] = p.f.responseURL(team, p.user.ID, ch.ID, m.thread, nil)
	unlock()
	d := p.interact(payload)
	d.Message = at
	return d
}

// GlobalShortcut runs a shortcut that belongs to no message.
func (p *Person) GlobalShortcut(callback string) Delivery {
	unlock := p.f.lock()
	defer unlock()
	payload := p.payload("shortcut", p.user.Team, nil)
	payload["callback_id"], payload["action_ts"] = callback, p.f.stamp()
	unlock()
	return p.interact(payload)
}
