package slack

import (
	"context"
	"encoding/json"
	"net/url"
	"strings"
	"time"

	slackgo "github.com/slack-go/slack"

	"github.com/tierwise/tierwise/internal/chat"
)

const (
	// slowForm is how long a form may take before a small one that says so is
	// opened in its place: a trigger lives 3 s.
	// https://docs.slack.dev/surfaces/modals, read 2026-11-23.
	slowForm = 900 * time.Millisecond
	// askTime bounds a question of ours that the platform waits for.
	askTime = 1500 * time.Millisecond
)

// view is a form or page as it comes back.
type view struct {
	ID        string `json:"id"`
	Callback  string `json:"callback_id"`
	Private   string `json:"private_metadata"`
	Installed string `json:"app_installed_team_id"` // where we are; the person may be of another team
	State     struct {
		Values map[string]map[string]filled `json:"values"` // by block and action
	} `json:"state"`
}

// filled is what a person put into a field; which part is used depends on the
// field.
type filled struct {
	Typed   string   `json:"value"`
	Chosen  choice   `json:"selected_option"`
	Many    []choice `json:"selected_options"`
	People  []string `json:"selected_users"`
	Channel string   `json:"selected_conversation"`
}

type choice struct {
	Value string `json:"value"`
}

// text is the value in one string, several separated by newlines.
func (f filled) text() string {
	var all []string
	for _, c := range f.Many {
		all = append(all, c.Value)
	}
	all = append(all, f.People...)
	return or(f.Typed, or(f.Chosen.Value, or(f.Channel, strings.Join(all, "\n"))))
}

// formState is what a form carries along for us; the platform keeps 3,000
// characters of it.
type formState struct {
	State    string   `json:"s,omitempty"`
	Channel  string   `json:"c,omitempty"`
	Thread   string   `json:"t,omitempty"`
	Message  string   `json:"m,omitempty"`
	In       string   `json:"i,omitempty"` // thread of the message
	URL      string   `json:"u,omitempty"`
	Ends     int64    `json:"e,omitempty"`
	Original string   `json:"o,omitempty"`
	Fields   []string `json:"f,omitempty"` // of the form, in order
	Needed   []string `json:"n,omitempty"` // may not stay empty, which Slack does not know
}

func question(e chat.Event, kind chat.QuestionKind) chat.Question {
	return chat.Question{Kind: kind, Place: e.Place, Channel: e.Channel, Actor: e.Actor, Name: e.Name, Value: e.Value, Fields: e.Fields, State: e.State, Target: e.Target}
}

// openForm asks for a form and opens it. It is false when there is no form, so
// that the event is accepted like any other. A slow form is preceded by a
// small one, because the trigger dies after 3 s.
func (a *Adapter) openForm(ctx context.Context, e chat.Event, trigger string, onView bool) bool {
	if trigger == "" {
		return false
	}
	asking, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	got := make(chan chat.Answer, 1)
	go func() {
		ans, err := a.cfg.Door.Ask(asking, question(e, chat.OpenForm))
		if err != nil {
			ans = chat.Answer{Say: "The form cannot be opened at the moment. Please try again."}
		}
		got <- ans
	}()
	// A command may have no form at all; nothing is opened before that is known.
	if e.Kind == chat.Command || onView {
		return a.openAnswer(ctx, e, trigger, "", <-got)
	}
	slow := time.NewTimer(slowForm)
	defer slow.Stop()
	select {
	case ans := <-got:
		return a.openAnswer(ctx, e, trigger, "", ans)
	case <-slow.C:
		id := a.openView(ctx, e, trigger, workingView())
		return a.openAnswer(ctx, e, trigger, id, <-got)
	}
}

// openAnswer shows what was answered. id is the small form that is open.
func (a *Adapter) openAnswer(ctx context.Context, e chat.Event, trigger, id string, ans chat.Answer) bool {
	switch {
	case ans.Form != nil && id == "":
		a.openView(ctx, e, trigger, a.modal(ctx, e, ans.Form))
	case ans.Form != nil:
		a.updateView(ctx, e, id, a.modal(ctx, e, ans.Form))
	case id != "":
		a.updateView(ctx, e, id, sayView(or(ans.Say, "There is nothing to fill in here.")))
	case ans.Say != "":
		a.whisper(ctx, e, ans.Say)
	default:
		return false
	}
	return true
}

func (a *Adapter) openView(ctx context.Context, e chat.Event, trigger string, v slackgo.ModalViewRequest) string {
	raw, err := json.Marshal(v)
	if err != nil {
		a.log.Error("a form cannot be built", "form", v.CallbackID)
		return ""
	}
	var got struct {
		View view `json:"view"`
	}
	_, err = a.call(ctx, e.Place.Workspace, call{method: viewsOpen, args: url.Values{"trigger_id": {trigger}, "view": {string(raw)}}, patience: 200 * time.Millisecond}, &got)
	if err != nil {
		a.count("slack.form_lost")
		a.log.Warn("a form was not opened", "form", v.CallbackID, "err", err)
		a.whisper(ctx, e, "The form could not be opened in time. Please press again.")
		return ""
	}
	return got.View.ID
}

func (a *Adapter) updateView(ctx context.Context, e chat.Event, id string, v slackgo.ModalViewRequest) {
	raw, err := json.Marshal(v)
	if err != nil || id == "" {
		return
	}
	_, err = a.call(ctx, e.Place.Workspace, call{method: viewsUpdate, args: url.Values{"view_id": {id}, "view": {string(raw)}}, patience: time.Second}, nil)
	if err != nil {
		a.log.Warn("a form was not filled", "form", v.CallbackID, "err", err)
	}
}

// whisper says one sentence to the asker alone, as well as it can.
func (a *Adapter) whisper(ctx context.Context, e chat.Event, say string) {
	r, err := a.responder(ctx, e.ReplyTo)
	if err == nil {
		_, err = r.Put(ctx, chat.Post{Stage: chat.Final, Text: say, Private: true})
	}
	if err != nil {
		a.log.Warn("a sentence was not said", "err", err)
	}
}

// submitted checks a form and accepts it. With errors it stays open.
func (a *Adapter) submitted(ctx context.Context, team string, in interaction) answer {
	looking, cancel := context.WithTimeout(ctx, nameTime)
	defer cancel()
	e, st, ok := a.formEvent(looking, team, in, chat.Submit)
	if !ok {
		return a.odd("a form that is not ours")
	}
	if errs := left(e.Fields, st.Needed); len(errs) > 0 {
		return answer{body: map[string]any{"response_action": "errors", "errors": errs}}
	}
	asking, stop := context.WithTimeout(ctx, askTime)
	defer stop()
	ans, err := a.cfg.Door.Ask(asking, question(e, chat.CheckForm))
	if err != nil {
		ans = chat.Answer{Say: "This cannot be checked at the moment. Please try again."}
	}
	if errs := formErrors(ans, st.Fields); len(errs) > 0 {
		return answer{body: map[string]any{"response_action": "errors", "errors": errs}}
	}
	return answer{err: a.accept(ctx, e)}
}

// formErrors puts every error under a field that is there; a sentence that
// belongs to no field goes under the first.
func formErrors(ans chat.Answer, fields []string) map[string]string {
	errs := map[string]string{}
	if len(fields) == 0 {
		return errs
	}
	if ans.Say != "" {
		errs[fields[0]] = ans.Say
	}
	for field, say := range ans.Errors {
		under := fields[0]
		for _, f := range fields {
			if f == field {
				under = f
			}
		}
		errs[under] = strings.TrimSpace(errs[under] + " " + say)
	}
	return errs
}

// closed accepts that a form was closed without handing it in.
func (a *Adapter) closed(ctx context.Context, team string, in interaction) answer {
	looking, cancel := context.WithTimeout(ctx, nameTime)
	defer cancel()
	e, _, ok := a.formEvent(looking, team, in, chat.Cancelled)
	if !ok {
		return answer{}
	}
	return answer{err: a.accept(ctx, e)}
}

// formEvent is the event of a form, with where it was opened.
func (a *Adapter) formEvent(ctx context.Context, team string, in interaction, kind chat.EventKind) (chat.Event, formState, bool) {
	var st formState
	if in.View.Callback == "" || json.Unmarshal([]byte(in.View.Private), &st) != nil {
		return chat.Event{}, st, false
	}
	e := a.pressed(ctx, press{team: team, channel: st.Channel, thread: st.Thread, user: in.User.ID, message: st.Message}, kind)
	if st.Message != "" {
		e.Message.Thread = st.In
	}
	if st.URL != "" {
		if raw, err := json.Marshal(address{URL: st.URL, Ends: st.Ends, Uses: responseUses, Original: st.Original}); err == nil {
			e.ReplyTo.Address = raw
		}
	}
	e.ID, e.Name, e.State = once(string(kind), in.View.ID, in.User.ID, in.Trigger), in.View.Callback, st.State
	e.Fields = map[string]string{}
	for block, actions := range in.View.State.Values {
		for _, v := range actions {
			e.Fields[block] = v.text()
		}
	}
	joined(e.Fields)
	return e, st, true
}
