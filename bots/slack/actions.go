package slack

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/tierwise/tierwise/internal/chat"
)

// interaction is a click, a message shortcut or a form, as it comes.
type interaction struct {
	Type     string `json:"type"`
	Callback string `json:"callback_id"`
	Trigger  string `json:"trigger_id"`
	Response string `json:"response_url"`
	Team     struct {
		ID string `json:"id"`
	} `json:"team"`
	User struct {
		ID   string `json:"id"`
		Team string `json:"team_id"`
	} `json:"user"`
	Channel struct {
		ID string `json:"id"`
	} `json:"channel"`
	MessageTS string          `json:"message_ts"`
	Message   json.RawMessage `json:"message"`
	Container struct {
		Type      string `json:"type"`
		Message   string `json:"message_ts"`
		Channel   string `json:"channel_id"`
		Thread    string `json:"thread_ts"`
		Ephemeral bool   `json:"is_ephemeral"`
		View      string `json:"view_id"`
	} `json:"container"`
	Actions []action `json:"actions"`
	View    view     `json:"view"`
	Org     truth    `json:"is_enterprise_install"`
}

// action is what was pressed.
type action struct {
	ID       string `json:"action_id"`
	Block    string `json:"block_id"`
	Value    string `json:"value"`
	TS       string `json:"action_ts"`
	Selected struct {
		Value string `json:"value"`
	} `json:"selected_option"`
}

// interaction takes one interaction.
func (a *Adapter) interaction(ctx context.Context, payload []byte) answer {
	var in interaction
	if !loose(payload, &in) || in.User.ID == "" {
		return a.odd("an interaction that cannot be read")
	}
	team := workspaceOf(in.View.Installed, in.Team.ID, in.User.Team)
	if team == "" {
		return a.odd("an interaction of no workspace")
	}
	if out, err := a.orgWide(ctx, team, bool(in.Org)); out || err != nil {
		return answer{err: err}
	}
	a.cfg.Ear.Heard(team, HeardPress)
	switch in.Type {
	case "block_actions":
		return a.clicked(ctx, team, in)
	case "message_action":
		return a.shortcut(ctx, team, in)
	case "view_submission":
		return a.submitted(ctx, team, in)
	case "view_closed":
		return a.closed(ctx, team, in)
	}
	a.count("slack.ignored")
	return answer{}
}

// clicked accepts the press of a button of ours, or opens its form.
func (a *Adapter) clicked(ctx context.Context, team string, in interaction) answer {
	if len(in.Actions) == 0 {
		return a.odd("a click on nothing")
	}
	act := in.Actions[0]
	b, ok := readButton(act)
	if !ok {
		a.count("slack.ignored") // a field of an open form, or a link
		return answer{}
	}
	var m said
	loose(in.Message, &m)
	p := press{team: team, channel: or(in.Channel.ID, in.Container.Channel), user: in.User.ID, trigger: in.Trigger, response: in.Response,
		message: or(in.Container.Message, m.TS), thread: or(in.Container.Thread, m.Thread), original: in.Container.Ephemeral}
	if p.thread == "" && !p.original {
		p.thread = p.message // an answer belongs into the thread under the post
	}
	looking, cancel := context.WithTimeout(ctx, nameTime)
	defer cancel()
	e := a.pressed(looking, p, chat.Click)
	e.Message.Thread = or(in.Container.Thread, m.Thread)
	e.ID = once(in.Trigger, in.User.ID, p.message, act.ID, act.Value, act.Selected.Value, act.TS)
	e.Name, e.Value = b.name, b.value
	if b.form && a.openForm(ctx, e, in.Trigger, in.Container.Type == "view") {
		return answer{}
	}
	return answer{err: a.accept(ctx, e)}
}

// shortcut accepts a command on a message.
func (a *Adapter) shortcut(ctx context.Context, team string, in interaction) answer {
	var m said
	loose(in.Message, &m)
	ts := or(m.TS, in.MessageTS)
	if in.Callback == "" || ts == "" {
		return a.odd("a shortcut without a name or a message")
	}
	looking, cancel := context.WithTimeout(ctx, nameTime)
	defer cancel()
	p := press{team: team, channel: in.Channel.ID, thread: or(m.Thread, ts), user: in.User.ID, message: ts, response: in.Response, trigger: in.Trigger}
	e := a.pressed(looking, p, chat.Shortcut)
	e.Message.Thread = m.Thread
	e.ID, e.Name = once(in.Trigger, in.User.ID, in.Callback, ts), in.Callback
	m.TS = ts
	g, err := a.installs.grant(looking, team)
	if err != nil {
		g = grant{}
	}
	target := a.message(looking, e.Place, g, m)
	e.Target = &target
	e.Files = target.Files
	return answer{err: a.accept(ctx, e)}
}

// stopped is Slack's own Stop button on a live answer. The job is found by the
// message that was being written.
func (a *Adapter) stopped(ctx context.Context, e envelope, in inner) error {
	team := e.workspace()
	channel := string(in.Channel)
	looking, cancel := context.WithTimeout(ctx, nameTime)
	defer cancel()
	at := chat.Place{Platform: chat.Slack, Workspace: team, Channel: channel, Thread: in.Thread}
	jobs := a.liveJobs(looking, at, in.Streaming)
	for i, job := range jobs {
		event := chat.Event{ID: e.ID, Kind: chat.Stop, Place: at, Actor: a.actor(looking, e, in, in.User), At: a.clock.Now(), Value: job,
			Channel: a.channelOf(looking, e, in), ReplyTo: chat.ReplyTo{Place: at, Private: true, To: in.User}}
		if i > 0 {
			event.ID = once(e.ID, job)
		}
		if err := a.accept(ctx, event); err != nil {
			return err
		}
	}
	if in.Thread != "" {
		a.idle(looking, at) // Slack leaves the sign to us
	}
	return nil
}

// liveJobs are the jobs whose posts are being written in a thread, known here
// or read from the messages.
func (a *Adapter) liveJobs(ctx context.Context, at chat.Place, streaming []string) []string {
	var jobs []string
	for _, s := range a.streams.in(at.Workspace, at.Channel, at.Thread, streaming) {
		jobs = appendNew(jobs, jobOf(s))
	}
	if len(jobs) == 0 && a.signs.job(at) != "" {
		jobs = []string{a.signs.job(at)}
	}
	if len(jobs) > 0 || at.Thread == "" {
		return jobs
	}
	r := &responder{a: a, to: chat.ReplyTo{Place: at}}
	mine, err := r.newest(ctx)
	if err != nil {
		return nil
	}
	for _, m := range mine {
		id, _ := jobIn(m)
		if id != "" && (slices.Contains(streaming, m.TS) || m.Metadata.Payload["open"] == true) {
			jobs = appendNew(jobs, jobOf(id))
		}
	}
	return jobs
}

// jobOf is the job of a post's id: the part before the slash.
func jobOf(post string) string {
	job, _, _ := strings.Cut(post, "/")
	return job
}

func appendNew(list []string, s string) []string {
	for _, have := range list {
		if have == s {
			return list
		}
	}
	return append(list, s)
}
