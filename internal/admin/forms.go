package admin

import (
	"context"
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
		return chat.Answer{Form: settingsForm(t, q.Value)}, nil
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

// formKeys are the settings of each form; platforms show five fields at most.
func formKeys(level string) []string {
	switch level {
	case "me":
		return []string{"language", "length", "footer", "visibility", "followups"}
	case "channel":
		return []string{"ceiling", "visibility", "footer", "tone", "labels"}
	}
	return []string{"ceiling", "answer_cap", "language", "private_class", "reports.channel"}
}

// settingsForm shows what holds now; only what is changed in it is set.
func settingsForm(t turn.Task, level string) *chat.Form {
	f := &chat.Form{ID: "config.edit", Title: map[string]string{"me": "My preferences", "channel": "This channel"}[level], Submit: "Save", State: level}
	if f.Title == "" {
		f.Title, f.State = "Workspace settings", "workspace"
	}
	for _, key := range formKeys(f.State) {
		f.Fields = append(f.Fields, settingField(t, key))
	}
	return f
}

// settingField is a setting as a field, with what holds now.
func settingField(t turn.Task, key string) chat.Field {
	def, _ := settings.Lookup(key)
	v, _ := t.Settings.Get(key)
	field := chat.Field{ID: key, Label: clip(def.Help, 70), Kind: chat.TextField, Value: v.Value, Max: 1000}
	if len(def.Words) > 0 && def.Kind != settings.ListKind {
		field.Kind = chat.ChoiceField
		for _, w := range def.Words {
			field.Choices = append(field.Choices, chat.Choice{Label: w, Value: w})
		}
	}
	return field
}

// saved sets what a form of settings changed, one after the other; what cannot
// be set is said and does not undo the rest.
func (a *Admin) saved(ctx context.Context, t turn.Task) (said, error) {
	var all said
	var lines []string
	for _, key := range formKeys(t.Event.State) {
		now, _ := t.Settings.Get(key)
		typed, given := t.Event.Fields[key]
		if typed = strings.TrimSpace(typed); !given || typed == "" || typed == now.Value {
			continue
		}
		s, err := a.change(ctx, t, ConfigRequest{Verb: "set", Level: t.Event.State, Key: key, Value: typed})
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
