package slack

import (
	"bytes"
	"encoding/json"
	"strings"
)

// envelope is the outside of an event. Only what we use is read, and every
// field as loosely as JSON allows: an odd field must not cost the event.
type envelope struct {
	Type        string `json:"type"`
	Team        string `json:"team_id"`
	ContextTeam string `json:"context_team_id"`
	App         string `json:"api_app_id"`
	ID          string `json:"event_id"`
	ExtShared   *bool  `json:"is_ext_shared_channel"` // nil where Slack does not say
	Authorized  []struct {
		Team string `json:"team_id"`
		User string `json:"user_id"`
		Bot  bool   `json:"is_bot"`
		Org  bool   `json:"is_enterprise_install"`
	} `json:"authorizations"`
	Event json.RawMessage `json:"event"`
}

// workspace is where the app is installed that the event is for. With Slack
// Connect the top-level team may be somebody else's. An authorization of a whole
// organisation names any of its workspaces, or the organisation: then it is the
// team in the event's context.
func (e envelope) workspace() string {
	if len(e.Authorized) > 0 && !e.Authorized[0].Org {
		return workspaceOf(e.Authorized[0].Team, e.ContextTeam, e.Team)
	}
	return workspaceOf(e.ContextTeam, e.Team)
}

// workspaceOf is the first id of a workspace among ids, "" when there is none.
// Where one is missing Slack gives null or the organisation ("E…"), whose
// workspaces have teams, budgets and settings of their own each.
func workspaceOf(ids ...string) string {
	for _, id := range ids {
		if strings.HasPrefix(id, "T") {
			return id
		}
	}
	return ""
}

// inner is the inside of an event, of any type.
type inner struct {
	said
	Type        string          `json:"type"`
	Channel     text            `json:"channel"`
	ChannelType string          `json:"channel_type"`
	EventTS     string          `json:"event_ts"`
	UserTeam    string          `json:"user_team"`
	Tab         string          `json:"tab"`
	Inviter     string          `json:"inviter"`
	Message     json.RawMessage `json:"message"`
	Previous    json.RawMessage `json:"previous_message"`
	Tokens      struct {
		Bot []string `json:"bot"`
	} `json:"tokens"`
	Streaming  []string `json:"streaming_message_ts"`
	AppContext viewed   `json:"app_context"` // of a direct message
	Context    viewed   `json:"context"`     // of an event about what is open
}

// text is a string, or an object with an id, as some events have it.
type text string

// UnmarshalJSON takes either; anything else is empty.
func (t *text) UnmarshalJSON(raw []byte) error {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		*t = text(s)
		return nil
	}
	var o struct {
		ID string `json:"id"`
	}
	if json.Unmarshal(raw, &o) == nil {
		*t = text(o.ID)
	}
	return nil
}

// readEnvelope reads an event; ok is false when it is none.
func readEnvelope(body []byte) (envelope, inner, bool) {
	var e envelope
	if !loose(body, &e) || len(e.Event) == 0 {
		return e, inner{}, false
	}
	var in inner
	if !loose(e.Event, &in) || in.Type == "" {
		return e, in, false
	}
	// A user_change carries the person as an object.
	if in.User == "" {
		var who struct {
			User text `json:"user"`
		}
		if json.Unmarshal(e.Event, &who) == nil {
			in.User = string(who.User)
		}
	}
	return e, in, true
}

// loose decodes an object field by field when it does not decode as a whole,
// so that a field of another type is left out and the others stay. It is false
// when raw is no object.
func loose(raw []byte, into any) bool {
	if json.Unmarshal(raw, into) == nil {
		return bytes.HasPrefix(bytes.TrimSpace(raw), []byte("{"))
	}
	var fields map[string]json.RawMessage
	if json.Unmarshal(raw, &fields) != nil {
		return false
	}
	for name, value := range fields {
		quoted, err := json.Marshal(name)
		if err != nil {
			continue
		}
		one := append(append(append([]byte("{"), quoted...), ':'), append(value, '}')...)
		_ = json.Unmarshal(one, into) // an odd field stays zero
	}
	return true
}

// mentions are the ids of the people and groups a text names.
func mentions(text string) (people, groups []string) {
	for _, m := range markup.FindAllStringSubmatch(text, -1) {
		body, _, _ := strings.Cut(m[1], "|")
		switch {
		case strings.HasPrefix(body, "@"):
			people = append(people, body[1:])
		case strings.HasPrefix(body, "!subteam^"):
			groups = append(groups, strings.TrimPrefix(body, "!subteam^"))
		}
	}
	return people, groups
}
