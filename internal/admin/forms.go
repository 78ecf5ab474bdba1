package admin

import (
	"context"
	"slices"
	"strings"

	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/fault"
	"github.com/tierwise/tierwise/internal/money"
	"github.com/tierwise/tierwise/internal/settings"
	"github.com/tierwise/tierwise/internal/turn"
)

// Answer opens and checks the room's forms, completes words and draws the home
// page; see gate.Room.
func (a *Admin) Answer(ctx context.Context, q chat.Question, who turn.Caller, s settings.Resolved) (chat.Answer, error) {
	t := turn.Task{Caller: who, Settings: s, Channel: q.Channel}
	t.Event = chat.Event{Place: q.Place, Actor: who.Actor}
	switch q.Kind {
	case chat.OpenForm:
		return a.form(ctx, t, q)
	case chat.CheckForm:
		return a.check(ctx, t, q), nil
	case chat.Autocomplete:
		return a.complete(q), nil
	case chat.HomeView:
		page, err := a.home(ctx, t)
		if err != nil {
			return chat.Answer{}, err
		}
		return chat.Answer{Home: &page}, nil
	}
	return chat.Answer{}, nil
}

// check judges a form before it is accepted. Settings are judged when they are
// set: which values fit is their own matter.
func (a *Admin) check(ctx context.Context, t turn.Task, q chat.Question) chat.Answer {
	switch q.Name {
	case "setup.step":
		return a.checkStep(ctx, t, q)
	case "ask.more", "request.less":
		if amount, err := money.Parse(q.Fields["amount"]); err != nil || amount <= 0 {
			return chat.Answer{Errors: map[string]string{"amount": badAmount}}
		}
	}
	return chat.Answer{}
}

func (a *Admin) form(ctx context.Context, t turn.Task, q chat.Question) (chat.Answer, error) {
	amount := chat.Field{ID: "amount", Label: "How many dollars more", Kind: chat.TextField, Value: "0.50", Max: 12}
	switch q.Name {
	case "ask.more":
		if _, err := a.chargedTo(ctx, t, q.Value); err != nil {
			return chat.Answer{}, err
		}
		return chat.Answer{Form: &chat.Form{ID: q.Name, Title: "Ask for more", Submit: "Ask", State: q.Value, Fields: []chat.Field{
			amount, {ID: "reason", Label: "What for", Kind: chat.LongField, Optional: true, Max: 300},
		}}}, nil
	case "request.less":
		r, _, err := a.request(ctx, t.Event.Place.Tenant(), q.Value)
		if err == nil {
			err = a.mayDecide(ctx, t, r)
		}
		if err != nil {
			return chat.Answer{}, err
		}
		amount.Value = r.Amount.Decimal()
		return chat.Answer{Form: &chat.Form{ID: q.Name, Title: "Approve less", Submit: "Approve", State: q.Value, Fields: []chat.Field{amount}}}, nil
	case "config.edit":
		if q.Value == peopleForm && !t.Caller.Roles.Admin {
			return chat.Answer{}, fault.New(fault.NotAllowed, "Only an admin sees and changes who is on which list.")
		}
		return chat.Answer{Form: a.settingsForm(ctx, t, q.Value)}, nil
	case "setup.step":
		f, err := a.setupForm(ctx, t, q.Value)
		return chat.Answer{Form: f}, err
	}
	return chat.Answer{}, fault.New(fault.BadInput, "There is no form for that.")
}

// formButtons open the forms of /ai-config.
var formButtons = []chat.Button{
	{Name: "config.edit", Label: "My preferences …", Value: "me", OpensForm: true},
	{Name: "config.edit", Label: "This channel …", Value: "channel", OpensForm: true},
	{Name: "config.edit", Label: "Workspace …", Value: "workspace", OpensForm: true},
}

// peopleButton opens the form of the lists, for admins.
var peopleButton = chat.Button{Name: "config.edit", Label: "People …", Value: peopleForm, OpensForm: true}

// peopleForm is the form of the lists of people: those of the workspace, and in
// a channel its own.
const peopleForm = "people"

// formKeys are the settings of each form; platforms show five fields at most.
func formKeys(t turn.Task, form string) []string {
	switch form {
	case peopleForm:
		keys := []string{"admins", "finance"}
		if t.Event.Place.Channel != "" && t.Channel.Kind != chat.DirectMessage {
			keys = append(keys, "owner", "allow.people", "deny.people")
		}
		return keys
	case "me":
		return []string{"language", "length", "footer", "visibility", "followups"}
	case "channel":
		return []string{"ceiling", "visibility", "footer", "tone", "labels"}
	}
	return []string{"ceiling", "answer_cap", "language", "private_class", "reports.channel"}
}

// formLevel is the level on which a form sets a setting.
func formLevel(form, key string) string {
	switch {
	case form != peopleForm:
		return form
	case key == "admins" || key == "finance":
		return "workspace"
	}
	return "channel"
}

// settingsForm shows what holds now; only what is changed in it is set.
func (a *Admin) settingsForm(ctx context.Context, t turn.Task, form string) *chat.Form {
	f := &chat.Form{ID: "config.edit", Title: map[string]string{"me": "My preferences", "channel": "This channel", peopleForm: "People"}[form], Submit: "Save", State: form}
	if f.Title == "" {
		f.Title, f.State = "Workspace settings", "workspace"
	}
	for _, key := range formKeys(t, f.State) {
		f.Fields = append(f.Fields, a.settingField(ctx, t, key))
	}
	return f
}

// settingField is a setting as a field, with what holds now.
func (a *Admin) settingField(ctx context.Context, t turn.Task, key string) chat.Field {
	def, _ := settings.Lookup(key)
	v, _ := t.Settings.Get(key)
	field := chat.Field{ID: key, Label: clip(def.Help, 70), Kind: chat.TextField, Value: v.Value, Max: 1000}
	switch {
	case slices.Contains(peopleKeys, key):
		field.Kind, field.Optional, field.Hint, field.Value = chat.PeopleField, true, peopleHint, strings.Join(a.listedIDs(ctx, t, v.Value), "\n")
	case def.Kind == settings.ChannelKind:
		field.Kind, field.Optional, field.Hint = chat.ChannelField, true, "Now: "+a.shown(ctx, t, key, v.Value)+". Empty leaves it as it is."
		if v.Value == "none" {
			field.Value = ""
		}
	case len(def.Words) > 0 && def.Kind != settings.ListKind:
		field.Kind = chat.ChoiceField
		for _, w := range def.Words {
			field.Choices = append(field.Choices, chat.Choice{Label: w, Value: w})
		}
	}
	return field
}

const peopleHint = "Empty leaves the list as it is."

// saved sets what a form of settings changed, one after the other; what cannot
// be set is said and does not undo the rest.
func (a *Admin) saved(ctx context.Context, t turn.Task) (said, error) {
	var all said
	var lines []string
	for _, key := range formKeys(t, t.Event.State) {
		value, changed := a.changedTo(ctx, t, key, t.Event.Fields[key])
		if !changed {
			continue
		}
		s, err := a.change(ctx, t, ConfigRequest{Verb: "set", Level: formLevel(t.Event.State, key), Key: key, Value: value})
		if err != nil {
			if fault.KindOf(err) == fault.Internal || fault.KindOf(err) == fault.Unavailable {
				return all, err
			}
			s.post.Text = fault.Sentence(err, fault.NewRef())
		}
		lines = append(lines, s.post.Text)
		for _, r := range s.replies {
			r.Post.Job = t.PostID(2 + len(all.replies))
			all.replies = append(all.replies, r)
		}
	}
	if all.post.Text = strings.Join(lines, "\n"); len(lines) == 0 {
		all.post.Text = "Nothing was changed."
	}
	return all, nil
}
