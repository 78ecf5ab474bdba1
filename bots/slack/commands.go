package slack

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"strings"

	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/fault"
)

// command is a slash command as it comes, by HTTP or Socket Mode.
type command struct {
	Team     string `json:"team_id"`
	Channel  string `json:"channel_id"`
	User     string `json:"user_id"`
	Command  string `json:"command"`
	Text     string `json:"text"`
	Response string `json:"response_url"`
	Trigger  string `json:"trigger_id"`
	Org      truth  `json:"is_enterprise_install"`
}

func commandFromForm(f url.Values) command {
	return command{Team: f.Get("team_id"), Channel: f.Get("channel_id"), User: f.Get("user_id"), Command: f.Get("command"),
		Text: f.Get("text"), Response: f.Get("response_url"), Trigger: f.Get("trigger_id"), Org: f.Get("is_enterprise_install") == "true"}
}

// command accepts a slash command. Without arguments it may open a form.
func (a *Adapter) command(ctx context.Context, c command) answer {
	name := strings.TrimPrefix(c.Command, "/")
	if workspaceOf(c.Team) == "" || c.User == "" || name == "" {
		return a.odd("a command without a name, a person or a workspace")
	}
	if out, err := a.orgWide(ctx, c.Team, bool(c.Org)); out {
		return answer{body: map[string]any{"response_type": "ephemeral", "text": fault.Sentence(errOrgWide, "")}}
	} else if err != nil {
		return answer{err: err}
	}
	a.cfg.Ear.Heard(c.Team, HeardPress)
	looking, cancel := context.WithTimeout(ctx, nameTime)
	defer cancel()
	text := a.names.words(looking, c.Team, name, c.Text)
	e := a.pressed(looking, press{team: c.Team, channel: c.Channel, user: c.User, response: c.Response, trigger: c.Trigger}, chat.Command)
	e.ID, e.Name, e.Text = once(c.Trigger, c.Response, c.Team, c.User, c.Command, c.Text), name, text
	if strings.TrimSpace(c.Text) == "" && a.openForm(ctx, e, c.Trigger, false) {
		return answer{}
	}
	return answer{err: a.accept(ctx, e)}
}

// press is what commands, shortcuts, clicks and forms have in common.
type press struct {
	team, channel, thread, user string
	message                     string // it happened on
	response                    string // response_url
	trigger                     string
	original                    bool // the response_url can replace a private message
}

// pressed is the event of something a person did; its answer is private.
func (a *Adapter) pressed(ctx context.Context, p press, kind chat.EventKind) chat.Event {
	at := chat.Place{Platform: chat.Slack, Workspace: p.team, Channel: p.channel, Thread: p.thread}
	e := chat.Event{Kind: kind, Place: at, At: a.clock.Now(), Actor: a.actor(ctx, envelope{Team: p.team}, inner{}, p.user),
		ReplyTo: chat.ReplyTo{Place: at, Private: true, To: p.user, Message: p.message}}
	if p.channel != "" {
		e.Channel = a.channelNamed(ctx, p.team, p.channel, "")
	} else { // the Home page, which is between the person and us
		e.Channel = chat.Channel{Place: at, Kind: chat.DirectMessage, Shared: chat.NotShared}
	}
	if p.message != "" {
		e.Message = chat.Ref{Channel: p.channel, Thread: p.thread, ID: p.message}
	}
	e.ReplyTo.Address = a.address(p)
	return e
}

// address is the adapter's own part of a ReplyTo: the response_url with its
// end and its uses left, and the private message it can replace.
type address struct {
	URL  string `json:"url,omitempty"`
	Ends int64  `json:"ends,omitempty"` // Unix seconds
	Uses int    `json:"uses,omitempty"`
	// Original is the private message a click came from; only a click's
	// response_url can replace or delete it.
	Original string `json:"original,omitempty"`
	// Home says that it was asked on the Home page, which is then shown anew.
	Home bool `json:"home,omitempty"`
}

func (a *Adapter) address(p press) json.RawMessage {
	ad := address{Home: p.channel == ""}
	if p.response != "" {
		ad = address{URL: p.response, Ends: a.clock.Now().Add(responseLife).Unix(), Uses: responseUses}
		if p.original {
			ad.Original = p.message
		}
	}
	if ad == (address{}) {
		return nil
	}
	raw, err := json.Marshal(ad)
	if err != nil {
		return nil
	}
	return raw
}

// once is an id for a delivery that has none of its own: the same delivery
// gives the same id. A trigger_id belongs to one action of a person.
func once(parts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:16])
}
