package discordtest

import (
	"fmt"
	"net/http"
	"time"
)

// Interaction is one command, press, form or completion, and what became of it.
type Interaction struct {
	ID      string
	Token   string
	Type    int
	User    string
	Channel string
	Source  string // the message it was pressed on
	Made    time.Time

	// Answer is the type of the first answer, 0 while there is none.
	Answer   int
	Modal    map[string]any // the form that was opened
	Choices  []Choice
	original string
}

// Choice is what a completion offered.
type Choice struct{ Label, Value string }

// Deadlines of interactions.
const (
	answerIn  = 3 * time.Second
	tokenLife = 15 * time.Minute
)

func hookTable() map[string]handler {
	const base = "/webhooks/{webhook_id}/{webhook_token}"
	return map[string]handler{
		"POST /interactions/{interaction_id}/{interaction_token}/callback": (*Fake).callback,
		"POST " + base:                              (*Fake).followUp,
		"GET " + base + "/messages/@original":       (*Fake).hookGet,
		"PATCH " + base + "/messages/@original":     (*Fake).hookEdit,
		"DELETE " + base + "/messages/@original":    (*Fake).hookDelete,
		"GET " + base + "/messages/{message_id}":    (*Fake).hookGet,
		"PATCH " + base + "/messages/{message_id}":  (*Fake).hookEdit,
		"DELETE " + base + "/messages/{message_id}": (*Fake).hookDelete,
	}
}

// callback takes the first answer to an interaction.
func (f *Fake) callback(in input) output {
	i := f.interactions[in.id("interaction_id")]
	code := f.faults.callback
	f.faults.callback = 0
	switch {
	case i == nil || i.Token != in.id("interaction_token") || code == 10062 || f.clock.Now().Sub(i.Made) > answerIn:
		return refusal(404, 10062, "Unknown interaction")
	case code != 0:
		return refusal(400, code, "refused")
	case i.Answer != 0:
		return refusal(400, 40060, "Interaction has already been acknowledged.")
	}
	data, _ := in.fields["data"].(map[string]any)
	inner := in
	inner.fields = data
	i.Answer = in.num("type")
	switch i.Answer {
	case 4:
		i.original = f.hookMessage(i, inner).ID
	case 5:
		m := f.hookMessage(i, inner)
		m.Flags |= flagLoading
		i.original = m.ID
	case 6:
		i.original = i.Source
	case 8:
		choices, _ := data["choices"].([]any)
		for _, c := range choices {
			one := c.(map[string]any)
			i.Choices = append(i.Choices, Choice{fmt.Sprint(one["name"]), fmt.Sprint(one["value"])})
		}
	case 9:
		i.Modal = data
	}
	return output{status: http.StatusNoContent}
}

// hookMessage makes a message through an interaction's token.
func (f *Fake) hookMessage(i *Interaction, in input) *Message {
	m := &Message{ID: f.id(), Channel: i.Channel, Author: f.bot.ID, At: f.clock.Now(), Token: i.Token, Type: 20}
	if in.num("flags")&flagEphemeral != 0 {
		m.To, m.Flags = i.User, flagEphemeral
	}
	f.fill(m, in)
	f.append(m)
	return m
}

// hook is the interaction of a token that still lives.
func (f *Fake) hook(in input) (*Interaction, *output) {
	i := f.byToken[in.id("webhook_token")]
	if i == nil || in.id("webhook_id") != f.app || i.Answer == 0 {
		return nil, &unknownHook
	}
	if f.clock.Now().Sub(i.Made) > tokenLife {
		bad := refusal(401, 50027, "Invalid Webhook Token")
		return nil, &bad
	}
	return i, nil
}

func (f *Fake) followUp(in input) output {
	i, bad := f.hook(in)
	if bad != nil {
		return *bad
	}
	return ok(f.messageJSON(f.hookMessage(i, in), true))
}

// hooked is the message a token reaches: those it made, and the one the
// interaction was pressed on.
func (f *Fake) hooked(in input) (*Message, *output) {
	i, bad := f.hook(in)
	if bad != nil {
		return nil, bad
	}
	id := in.id("message_id")
	if id == "" {
		id = i.original
	}
	m := f.message(i.Channel, id)
	if m == nil || m.Token != i.Token && m.ID != i.original {
		return nil, &unknownMessage
	}
	return m, nil
}

func (f *Fake) hookGet(in input) output {
	m, bad := f.hooked(in)
	if bad != nil {
		return *bad
	}
	return ok(f.messageJSON(m, true))
}

func (f *Fake) hookEdit(in input) output {
	m, bad := f.hooked(in)
	if bad != nil {
		return *bad
	}
	f.fill(m, in)
	m.Flags &^= flagLoading
	m.Edited = f.clock.Now()
	if m.To == "" {
		f.announce(m, "MESSAGE_UPDATE")
	}
	return ok(f.messageJSON(m, true))
}

func (f *Fake) hookDelete(in input) output {
	m, bad := f.hooked(in)
	if bad != nil {
		return *bad
	}
	f.drop(m)
	return output{status: http.StatusNoContent}
}
