package slacktest

import "strings"

// required is what a Slack client says under an empty field.
const required = "Please complete this required field."

// set stores the state of one element of a view.
func (v *view) set(block, action string, state object) {
	o, _ := v.values[block].(map[string]any)
	if o == nil {
		o = object{}
		v.values[block] = o
	}
	delete(state, "action_ts")
	delete(state, "action_id")
	delete(state, "block_id")
	o[action] = state
}

// fill types values into the inputs of a modal and returns what the client
// itself refuses, by block_id. f.mu is held.
func (p *Person) fill(v *view, values map[string]string) map[string]string {
	errors, used := map[string]string{}, map[string]bool{}
	for _, block := range v.blocks() {
		if block["type"] != "input" {
			continue
		}
		element, _ := block["element"].(map[string]any)
		id, action := text(block["block_id"]), text(element["action_id"])
		label, _ := block["label"].(map[string]any)
		value, given := "", false
		for _, key := range []string{id, action, text(label["text"])} {
			if x, ok := values[key]; ok && !given {
				value, given, used[key] = x, true, true
			}
		}
		state, empty, problem := entry(element, value, given)
		if problem != "" {
			p.f.misuse("field %q: %s", id, problem)
		}
		if empty && block["optional"] != true {
			errors[id] = required
		}
		v.set(id, action, state)
	}
	for key := range values {
		if !used[key] {
			p.f.misuse("there is no field %q in the form", key)
		}
	}
	return errors
}

// entry is the state of one element with a value typed in, or with its initial
// value when none was given.
func entry(e object, value string, given bool) (state object, empty bool, problem string) {
	kind := text(e["type"])
	state = object{"type": kind}
	initial := func(key string) any {
		if given {
			return nil
		}
		return e["initial_"+key]
	}
	single := func(key string) {
		state["selected_"+key] = initial(key)
		if given && value != "" {
			state["selected_"+key] = value
		}
		empty = state["selected_"+key] == nil
	}
	switch {
	case kind == "checkboxes" || strings.HasPrefix(kind, "multi_static") || strings.HasPrefix(kind, "multi_external"):
		chosen := list(initial("options"))
		for want := range strings.SplitSeq(value, ",") {
			if option := optionOf(e, want); option != nil && want != "" {
				chosen = append(chosen, option)
			} else if want != "" {
				problem = "there is no option " + want
			}
		}
		state["selected_options"], empty = append([]any{}, chosen...), len(chosen) == 0 && kind != "checkboxes"
	case kind == "static_select" || kind == "radio_buttons" || kind == "external_select":
		state["selected_option"] = initial("option")
		if given && value != "" {
			option := optionOf(e, value)
			if option == nil {
				problem = "there is no option " + value
			}
			state["selected_option"] = option
		}
		empty = state["selected_option"] == nil
	case strings.HasPrefix(kind, "multi_"): // people, channels, conversations
		key := strings.TrimSuffix(strings.TrimPrefix(kind, "multi_"), "_select")
		state["selected_"+key] = initial(key)
		if given {
			state["selected_"+key] = strings.FieldsFunc(value, func(r rune) bool { return r == ',' })
		}
		empty = state["selected_"+key] == nil || given && value == ""
	case strings.HasSuffix(kind, "s_select"):
		single(strings.TrimSuffix(kind, "s_select"))
	case kind == "datepicker":
		single("date")
	case kind == "timepicker":
		single("time")
	default:
		state["value"] = initial("value")
		if given && value != "" {
			state["value"] = value
		}
		empty = state["value"] == nil || state["value"] == ""
	}
	return state, empty, problem
}

// optionOf finds an option by its value or label. An external menu takes any.
func optionOf(e object, want string) object {
	for _, c := range controlsOf(e, "") {
		if c.option != nil && (c.Value == want || c.Label == want) {
			return c.option
		}
	}
	if strings.HasSuffix(text(e["type"]), "external_select") {
		return object{"text": object{"type": "plain_text", "text": want}, "value": want}
	}
	return nil
}
