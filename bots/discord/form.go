package discord

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tierwise/tierwise/internal/chat"
)

// Bounds of a form. https://discord.com/developers/docs/components/reference, read 2026-11-23.
const (
	maxTitle       = 45
	maxFields      = 5
	maxInput       = 4000
	maxPlaceholder = 100
	formLife       = 15 * time.Minute
)

// modal is a form as Discord takes it.
type modal struct {
	CustomID   string `json:"custom_id"`
	Title      string `json:"title"`
	Components []any  `json:"components"`
}

type labelled struct {
	Type        int       `json:"type"`
	Label       string    `json:"label"`
	Description string    `json:"description,omitempty"`
	Component   component `json:"component"`
}

type textDisplay struct {
	Type    int    `json:"type"`
	Content string `json:"content"`
}

// open shows a form. It is the first answer to the interaction, because
// Discord opens none after an acknowledgement.
func (a *Adapter) open(ctx context.Context, i interaction, tenant string, f *chat.Form) {
	m, err := a.modal(ctx, tenant, f)
	if err != nil {
		a.log.Error("discord: a form was not opened", "err", err)
		a.tell(ctx, i, notTaken)
		return
	}
	a.answer(ctx, i, sayForm, m)
}

func (a *Adapter) modal(ctx context.Context, tenant string, f *chat.Form) (modal, error) {
	id, err := a.idOf(ctx, tenant, idForm, f.ID, f.State)
	if err != nil {
		return modal{}, err
	}
	if err := a.keepShape(ctx, tenant, f); err != nil {
		return modal{}, err
	}
	m := modal{CustomID: id, Title: clip(f.Title, maxTitle)}
	if f.Intro != "" && len(f.Fields) < maxFields {
		m.Components = append(m.Components, textDisplay{Type: typeText, Content: clip(f.Intro, maxText)})
	}
	for _, field := range f.Fields[:min(maxFields, len(f.Fields))] {
		m.Components = append(m.Components, labelled{Type: typeLabel, Label: clip(field.Label, 45), Description: clip(field.Hint, 100), Component: input(field)})
	}
	return m, nil
}

// keepShape remembers how the form looks, in case it has to be opened again.
// Forms of one id differ only in their values and choices, which are kept with
// the state.
func (a *Adapter) keepShape(ctx context.Context, tenant string, f *chat.Form) error {
	b, err := json.Marshal(f)
	if err != nil {
		return fmt.Errorf("discord: form: %w", err)
	}
	return a.memory.Remember(ctx, tenant, shapeKey(f.ID, f.State), b, formLife)
}

func shapeKey(id, state string) string {
	sum := sha256.Sum256([]byte(id + "|" + state))
	return "shape/" + hex.EncodeToString(sum[:12])
}

// input is one field: a menu where there are choices, else a line or a box.
func input(f chat.Field) component {
	required := !f.Optional
	c := component{CustomID: clip(f.ID, idLimit), Required: &required}
	if f.Kind != chat.ChoiceField && f.Kind != chat.MultiField {
		c.Type, c.Style, c.MaxLength = typeInput, 1, maxInput
		if f.Kind == chat.LongField {
			c.Style = 2
		}
		if f.Max > 0 {
			c.MaxLength = min(f.Max, maxInput)
		}
		c.Value = clip(f.Value, c.MaxLength)
		return c
	}
	least := 0
	if required {
		least = 1
	}
	c.Type, c.MinValues, c.MaxValues = typeSelect, &least, 1
	chosen := strings.Split(f.Value, "\n")
	for _, ch := range f.Choices[:min(maxOptions, len(f.Choices))] {
		c.Options = append(c.Options, option{Label: clip(ch.Label, 100), Value: clip(ch.Value, 100), Default: slices.Contains(chosen, ch.Value)})
	}
	if f.Kind == chat.MultiField {
		c.MaxValues = max(len(c.Options), 1)
	}
	return c
}

// submit checks a form that was handed in and accepts it. Discord closes a form
// whatever is in it; one with errors is offered again with what was typed.
func (a *Adapter) submit(ctx context.Context, i interaction, e chat.Event) {
	kind, name, state, ok := a.meant(ctx, e.Place.Tenant(), i.Data.CustomID)
	if !ok || kind != idForm {
		a.tell(ctx, i, "That form is too old. Please open it again.")
		return
	}
	e.Kind, e.Name, e.State, e.Fields = chat.Submit, name, state, values(i.Data.Components)
	answer, err := a.cfg.Door.Ask(ctx, question(e, chat.CheckForm))
	switch {
	case err != nil:
		a.log.Error("discord: a form could not be checked", "err", err)
		a.tell(ctx, i, notTaken)
	case len(answer.Errors) > 0:
		a.refused(ctx, i, e, answer.Errors)
	case answer.Say != "":
		a.tell(ctx, i, answer.Say)
	default:
		a.take(ctx, i, e, i.Message == nil)
	}
}

// values reads the fields of a form, whether they stand in rows or labels and
// whatever else is among them.
func values(raw json.RawMessage) map[string]string {
	type part struct {
		CustomID   string   `json:"custom_id"`
		Value      *string  `json:"value"`
		Values     []string `json:"values"`
		Component  *part    `json:"component"`
		Components []part   `json:"components"`
	}
	fields := map[string]string{}
	var walk func(p part)
	walk = func(p part) {
		switch {
		case p.CustomID == "":
		case p.Value != nil:
			fields[p.CustomID] = *p.Value
		default:
			fields[p.CustomID] = strings.Join(p.Values, "\n")
		}
		if p.Component != nil {
			walk(*p.Component)
		}
		for _, c := range p.Components {
			walk(c)
		}
	}
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) != nil {
		return fields
	}
	for _, b := range list {
		var p part
		if json.Unmarshal(b, &p) == nil {
			walk(p)
		}
	}
	return fields
}

// retry is a form that was refused.
type retry struct {
	Name   string            `json:"name"`
	State  string            `json:"state"`
	Fields map[string]string `json:"fields"`
	Errors map[string]string `json:"errors"`
}

// refused says what is wrong and offers the form again.
func (a *Adapter) refused(ctx context.Context, i interaction, e chat.Event, errs map[string]string) {
	var lines []string
	for field, what := range errs {
		if field != "" {
			what = "**" + field + "**: " + what
		}
		lines = append(lines, "- "+what)
	}
	slices.Sort(lines)
	out := outgoing{text: clip("That cannot be taken as it is:\n"+strings.Join(lines, "\n"), maxText)}
	key := rand.Text()[:20]
	b, err := json.Marshal(retry{e.Name, e.State, e.Fields, errs})
	if err == nil {
		err = a.memory.Remember(ctx, e.Place.Tenant(), "form/"+key, b, formLife)
	}
	if err == nil {
		id, _ := a.ids.make(idCorrect, "correct", key)
		out.rows = []row{{Type: typeRow, Components: []component{{Type: typeButton, Style: styleOf(chat.Primary), Label: "Correct it", CustomID: id}}}}
	}
	a.answer(ctx, i, sayMessage, payload(out, flagEphemeral))
}

// correct opens a refused form again, asking the house for its shape.
func (a *Adapter) correct(ctx context.Context, i interaction, tenant, key string) {
	var r retry
	b, ok, err := a.memory.Recall(ctx, tenant, "form/"+key)
	if err != nil || !ok || json.Unmarshal(b, &r) != nil {
		a.tell(ctx, i, "That form is too old. Please open it again.")
		return
	}
	b, ok, err = a.memory.Recall(ctx, tenant, shapeKey(r.Name, r.State))
	var f chat.Form
	if err != nil || !ok || json.Unmarshal(b, &f) != nil {
		a.tell(ctx, i, "That form is too old. Please open it again.")
		return
	}
	f.State = r.State
	for n, field := range f.Fields {
		f.Fields[n].Value = r.Fields[field.ID]
		if what := r.Errors[field.ID]; what != "" {
			f.Fields[n].Hint = what
		}
	}
	a.open(ctx, i, tenant, &f)
}
