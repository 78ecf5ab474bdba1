package slack

import (
	"context"
	"encoding/json"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/tierwise/tierwise/internal/chat"
)

// Kinds of things a person may have open beside the conversation with us.
// https://docs.slack.dev/reference/events/app_context_changed, read 2026-11-24.
const (
	openChannel = "slack#/types/channel_id"
	openMessage = "slack#/types/message_context"
	openThread  = "slack#/types/thread_ts"
)

// viewed is what a person has open, the most relevant first. Canvases, lists
// and kinds that are new to us have no place and are passed over.
type viewed struct{ entities []entity }

type entity struct {
	Type  string          `json:"type"`
	Team  string          `json:"team_id"`
	Value json.RawMessage `json:"value"`
}

// UnmarshalJSON reads what it can; what it cannot is nothing.
func (v *viewed) UnmarshalJSON(raw []byte) error {
	var all struct {
		Entities []json.RawMessage `json:"entities"`
	}
	loose(raw, &all)
	for _, one := range all.Entities {
		var e entity
		if loose(one, &e) && e.Type != "" {
			v.entities = append(v.entities, e)
		}
	}
	return nil
}

// messageTS is what the id of a message looks like.
var messageTS = regexp.MustCompile(`^\d{1,12}\.\d{6}$`)

// place is the channel or the message that is open, the first that is named.
// own is the conversation with us, which is not meant by "this". What belongs
// to another workspace is left out.
func (v viewed) place(team, own string) (at chat.Place, ok bool) {
	at = chat.Place{Platform: chat.Slack, Workspace: team}
	thread := ""
	for _, e := range v.entities {
		if e.Team != "" && e.Team != team {
			continue
		}
		var in struct {
			Channel string `json:"channel_id"`
			TS      string `json:"message_ts"`
		}
		switch e.Type {
		case openChannel:
			_ = json.Unmarshal(e.Value, &in.Channel) // another type names nothing
		case openMessage:
			loose(e.Value, &in)
		case openThread:
			_ = json.Unmarshal(e.Value, &thread)
		}
		if at.Channel == "" && channelID.MatchString(in.Channel) && in.Channel != own {
			at.Channel = in.Channel
			if messageTS.MatchString(in.TS) {
				at.Thread = in.TS
			}
		}
	}
	if at.Thread == "" && messageTS.MatchString(thread) {
		at.Thread = thread
	}
	return at, at.Channel != ""
}

// viewing is the place beside a direct message. Of a message inside a thread
// Slack names the message alone; its thread is looked up, and where that fails
// the message stands for it.
func (a *Adapter) viewing(ctx context.Context, team, own string, v viewed) chat.Place {
	at, ok := v.place(team, own)
	if !ok {
		return chat.Place{}
	}
	if at.Thread == "" {
		return at
	}
	page, _, err := a.replies(ctx, at, url.Values{"limit": {"1"}})
	if err == nil && len(page.Messages) > 0 && page.Messages[0].Thread != "" {
		at.Thread = page.Messages[0].Thread
	}
	return at
}

// contextChanged offers prompts that fit what is open now. It is not worth a
// second delivery.
func (a *Adapter) contextChanged(ctx context.Context, e envelope, in inner) error {
	a.offerPrompts(ctx, e.workspace(), string(in.Channel), in.User, in.Context)
	return nil
}

// Prompts a person may begin with, by what is open; at most four are shown.
// https://docs.slack.dev/reference/methods/assistant.threads.setSuggestedPrompts, read 2026-11-23.
const (
	besideNothing = "nothing"
	besideThread  = "thread"
	besideChannel = "channel"
)

type prompt struct {
	Title   string `json:"title"`
	Message string `json:"message"`
}

var prompts = map[string][]prompt{
	besideNothing: {
		{"What can you do?", "help"},
		{"Draft a message", "Draft a short, friendly message that says "},
		{"Bug or question?", "Is this a bug, a question or a wish: "},
		{"What did my use cost?", "What did my use of AI cost this month?"},
	},
	besideThread: {
		{"Summarize this thread", "Summarize this thread"},
		{"Draft a reply to this", "Draft a reply to this"},
		{"Is this a bug or a question?", "Is this a bug or a question?"},
		{"What can you do?", "help"},
	},
	besideChannel: {
		{"Summarize this channel", "Summarize this channel"},
		{"What is open here?", "What is still open in this channel?"},
		{"Draft a message", "Draft a short, friendly message that says "},
		{"What can you do?", "help"},
	},
}

// promptPause is the least time between two sets of prompts for one person:
// who walks through channels does not need each step answered.
const promptPause = 3 * time.Second

// offerPrompts sets the prompts of a direct conversation where others are due.
// What we cannot read is offered nothing. With agent_view no thread is named;
// naming one makes the call fail without a word.
func (a *Adapter) offerPrompts(ctx context.Context, team, channel, person string, v viewed) {
	if channel == "" {
		channel = a.directOf(ctx, team, person)
	}
	if !strings.HasPrefix(channel, "D") {
		return
	}
	looking, cancel := context.WithTimeout(ctx, nameTime)
	defer cancel()
	beside, key := a.beside(looking, team, channel, v), team+"/"+channel
	if now, ok := a.prompted.get(key); ok && now == beside {
		return
	}
	if !a.prompting.first(key, struct{}{}) {
		return
	}
	raw, err := json.Marshal(prompts[beside])
	if err != nil {
		return
	}
	args := url.Values{"channel_id": {channel}, "prompts": {string(raw)}}
	if _, err := a.call(ctx, team, call{method: suggestedPrompts, args: args, patience: 0}, nil); err != nil {
		a.count("slack.prompts_refused")
		return
	}
	a.prompted.put(key, beside)
}

// beside says what kind of thing is open, of those we can read.
func (a *Adapter) beside(ctx context.Context, team, own string, v viewed) string {
	at, ok := v.place(team, own)
	if !ok {
		return besideNothing
	}
	if c, err := a.names.channel(ctx, team, at.Channel); err != nil || !c.Member || c.Archived {
		return besideNothing
	}
	if at.Thread != "" {
		return besideThread
	}
	return besideChannel
}
