package slacktest

import (
	"encoding/json"
	"slices"
	"strings"
)

// View is a modal or home tab as a person has it open.
type View struct {
	ID, CallbackID, PrivateMetadata, Title, Submit, Hash string
	Text                                                 string // all that is written
	Blocks                                               []map[string]any
	Controls                                             []Control
	Errors                                               map[string]string // by block_id, of the last Submit
}

func (v *view) blocks() []object {
	var blocks []object
	raw, err := json.Marshal(v.body["blocks"])
	if err == nil {
		err = json.Unmarshal(raw, &blocks)
	}
	if err != nil {
		return nil
	}
	return blocks
}

func (v *view) shown() View {
	title, _ := v.body["title"].(map[string]any)
	submit, _ := v.body["submit"].(map[string]any)
	blocks := v.blocks()
	return View{ID: v.id, CallbackID: text(v.body["callback_id"]), PrivateMetadata: text(v.body["private_metadata"]), Title: text(title["text"]),
		Submit: text(submit["text"]), Hash: v.hash, Text: written(blocks), Blocks: blocks, Controls: controls(blocks), Errors: v.errors}
}

// Views are the modals open above each other, bottom first.
func (p *Person) Views() []View {
	defer p.f.lock()()
	var all []View
	for _, v := range p.f.state.stacks[p.user.ID] {
		all = append(all, v.shown())
	}
	return all
}

// View is the modal in front; it is false when none is open.
func (p *Person) View() (View, bool) {
	views := p.Views()
	if len(views) == 0 {
		return View{}, false
	}
	return views[len(views)-1], true
}

// Forms are all modals ever opened for the person, oldest first, as they look now.
func (p *Person) Forms() []View {
	defer p.f.lock()()
	var all []View
	for _, v := range p.f.state.forms {
		if v.user == p.user.ID {
			all = append(all, v.shown())
		}
	}
	return all
}

// Home is what the app published on the person's home tab; false when nothing.
func (p *Person) Home() (View, bool) {
	defer p.f.lock()()
	v := p.f.state.homes[p.user.Team+"/"+p.user.ID]
	if v == nil {
		return View{}, false
	}
	return v.shown(), true
}

// PressView presses the first control in a view with an action_id or label.
func (p *Person) PressView(v View, what string) Delivery {
	return p.pressView(v, what, func(c Control) bool { return c.ActionID == what || c.Label == what })
}

// ChooseView picks the option with a value in a menu of a view.
func (p *Person) ChooseView(v View, actionID, value string) Delivery {
	return p.pressView(v, actionID, func(c Control) bool { return c.ActionID == actionID && c.Value == value })
}

func (p *Person) pressView(shown View, what string, is func(Control) bool) Delivery {
	unlock := p.f.lock()
	defer unlock()
	v := p.openView(shown.ID)
	all := controls(v.blocks())
	i := slices.IndexFunc(all, is)
	if i < 0 {
		p.f.misuse("%s: there is no %q in view %q, only %+v", p.user.ID, what, shown.Title, all)
	}
	if all[i].option != nil {
		v.set(all[i].BlockID, all[i].ActionID, all[i].action(""))
	}
	payload := p.payload("block_actions", v.team, v)
	payload["container"] = object{"type": "view", "view_id": v.id}
	payload["view"] = p.f.viewJSON(v)
	payload["actions"] = []object{all[i].action(p.f.stamp())}
	unlock()
	return p.interact(payload)
}

// openView is a view the person has open. f.mu is held.
func (p *Person) openView(id string) *view {
	v := p.f.state.views[id]
	if v == nil || v.user != p.user.ID || v.closed {
		p.f.misuse("%s has no view %s open", p.user.ID, id)
	}
	return v
}

// Submit fills in a modal and hands it in. values are keyed by block_id,
// action_id or label; choices are given by value or label, several joined by
// commas; what is left out keeps its initial value. A required field left empty
// is held back by the client: Errors of the view say so and nothing is delivered.
func (p *Person) Submit(shown View, values map[string]string) Delivery {
	unlock := p.f.lock()
	defer unlock()
	v := p.openView(shown.ID)
	v.errors = p.fill(v, values)
	if len(v.errors) > 0 {
		unlock()
		return Delivery{}
	}
	payload := p.payload("view_submission", v.team, v)
	payload["view"], payload["response_urls"] = p.f.viewJSON(v), []any{}
	unlock()
	d := p.interact(payload)
	p.submitted(v, d)
	return d
}

// submitted plays what the app answered to a submission.
func (p *Person) submitted(v *view, d Delivery) {
	defer p.f.lock()()
	if !d.Acked {
		v.errors = map[string]string{"": "We had some trouble connecting. Try again?"}
		return
	}
	var a struct {
		Action string            `json:"response_action"`
		Errors map[string]string `json:"errors"`
		View   object            `json:"view"`
	}
	if body := strings.TrimSpace(string(d.Body)); body != "" && body != "null" && json.Unmarshal(d.Body, &a) != nil {
		p.f.violate("view_submission", "answered with something that is no JSON object")
	}
	c := &call{Fake: p.f, method: "view_submission"}
	switch a.Action {
	case "":
		p.close(v)
	case "clear":
		for _, x := range p.f.state.stacks[p.user.ID] {
			x.closed = true
		}
		delete(p.f.state.stacks, p.user.ID)
	case "errors":
		p.checkErrors(v, a.Errors)
		v.errors = a.Errors
	case "update":
		if c.checkView(a.View, "modal") == nil {
			p.f.replace(v, a.View)
		}
	case "push":
		if c.checkView(a.View, "modal") == nil {
			p.f.push(p.user.ID, v.team, a.View)
		}
	default:
		p.f.violate("view_submission", "unknown response_action %q", a.Action)
	}
}

// checkErrors holds the errors of an answer against the view: they must name
// input blocks, or the person sees none.
func (p *Person) checkErrors(v *view, errors map[string]string) {
	if len(errors) == 0 {
		p.f.violate("view_submission", "response_action errors without errors")
	}
	for id := range errors {
		if !slices.ContainsFunc(v.blocks(), func(b object) bool { return b["block_id"] == id && b["type"] == "input" }) {
			p.f.violate("view_submission", "an error for %q, which is no input block", id)
		}
	}
}

// close takes a modal off the person's stack. f.mu is held.
func (p *Person) close(v *view) {
	v.closed = true
	p.f.state.stacks[p.user.ID] = slices.DeleteFunc(p.f.state.stacks[p.user.ID], func(x *view) bool { return x == v })
}

// Dismiss closes a modal; the app is told when it asked to be.
func (p *Person) Dismiss(shown View) Delivery {
	unlock := p.f.lock()
	defer unlock()
	v := p.openView(shown.ID)
	payload := p.payload("view_closed", v.team, nil)
	delete(payload, "trigger_id")
	payload["view"], payload["is_cleared"] = p.f.viewJSON(v), false
	tell := v.body["notify_on_close"] == true
	p.close(v)
	unlock()
	if !tell {
		return Delivery{Acked: true}
	}
	return p.interact(payload)
}

// Suggest types into a menu that asks the app for options, in a view.
func (p *Person) Suggest(shown View, actionID, typed string) (options []string, d Delivery) {
	unlock := p.f.lock()
	defer unlock()
	v := p.openView(shown.ID)
	payload := p.payload("block_suggestion", v.team, nil)
	delete(payload, "trigger_id")
	payload["action_id"], payload["value"], payload["view"] = actionID, typed, p.f.viewJSON(v)
	payload["container"] = object{"type": "view", "view_id": v.id}
	for _, b := range v.blocks() {
		if e, ok := b["element"].(map[string]any); ok && e["action_id"] == actionID {
			payload["block_id"] = b["block_id"]
		}
	}
	unlock()
	d = p.interact(payload)
	var a struct {
		Options []struct {
			Text struct{ Text string } `json:"text"`
		} `json:"options"`
	}
	if d.Acked && json.Unmarshal(d.Body, &a) != nil {
		unlock := p.f.lock()
		p.f.violate("block_suggestion", "answered with something that is no JSON object")
		unlock()
	}
	for _, o := range a.Options {
		options = append(options, o.Text.Text)
	}
	return options, d
}
