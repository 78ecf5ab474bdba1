package slack

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tierwise/tierwise/internal/chat"
)

// said is a message as the platform gives it. Every field that has been seen
// to be odd is read loosely.
type said struct {
	TS         string          `json:"ts"`
	Thread     string          `json:"thread_ts"`
	User       string          `json:"user"`
	Username   string          `json:"username"`
	BotID      string          `json:"bot_id"`
	AppID      string          `json:"app_id"`
	Team       string          `json:"team"`
	Subtype    string          `json:"subtype"`
	Text       string          `json:"text"`
	Edited     json.RawMessage `json:"edited"`
	Files      []file          `json:"files"`
	Reactions  []reaction      `json:"reactions"`
	ReplyCount int             `json:"reply_count"`
	Metadata   struct {
		Type    string         `json:"event_type"`
		Payload map[string]any `json:"event_payload"`
	} `json:"metadata"`
	Blocks []json.RawMessage `json:"blocks"`
}

type file struct {
	Name  string `json:"name"`
	Title string `json:"title"`
	Type  string `json:"mimetype"`
	Size  int64  `json:"size"`
}

type reaction struct {
	Count int `json:"count"`
}

// page is one answer of a history method. A message that cannot be read is
// left out, not the whole page.
type page struct {
	Messages []said
	More     bool
	Got      int // messages in the answer, the unreadable included
}

// UnmarshalJSON reads message by message.
func (p *page) UnmarshalJSON(raw []byte) error {
	var loose struct {
		Messages []json.RawMessage `json:"messages"`
		More     bool              `json:"has_more"`
	}
	if err := json.Unmarshal(raw, &loose); err != nil {
		return err
	}
	p.More, p.Got = loose.More, len(loose.Messages)
	for _, m := range loose.Messages {
		if s, ok := readSaid(m); ok {
			p.Messages = append(p.Messages, s)
		}
	}
	return nil
}

// readSaid reads a message, at need only what matters most of it.
func readSaid(raw json.RawMessage) (said, bool) {
	var s said
	if json.Unmarshal(raw, &s) == nil {
		return s, s.TS != ""
	}
	var least struct {
		TS     string `json:"ts"`
		Thread string `json:"thread_ts"`
		User   string `json:"user"`
		BotID  string `json:"bot_id"`
		Text   string `json:"text"`
	}
	if json.Unmarshal(raw, &least) != nil {
		return said{}, false
	}
	return said{TS: least.TS, Thread: least.Thread, User: least.User, BotID: least.BotID, Text: least.Text}, least.TS != ""
}

// message is one message in chat's words.
func (a *Adapter) message(ctx context.Context, at chat.Place, g grant, m said) chat.Message {
	out := chat.Message{ID: m.TS, At: when(m.TS), Text: a.names.readable(ctx, at.Workspace, m.Text, ""), Thread: m.Thread,
		Edited: len(m.Edited) > 0 && string(m.Edited) != "null", Permalink: g.permalink(at.Channel, m), Files: files(m.Files)}
	people, _ := mentions(m.Text)
	out.Named = slices.Contains(people, g.Me.User)
	for _, r := range m.Reactions {
		out.Reactions += r.Count
	}
	out.Author = a.author(ctx, at.Workspace, g, m)
	return out
}

// author is who wrote a message. Only our own messages are ours; any other
// program is a program.
func (a *Adapter) author(ctx context.Context, team string, g grant, m said) chat.Actor {
	actor := chat.Actor{ID: m.User, Name: tidy(m.Username)}
	if u, err := a.names.user(ctx, team, m.User); err == nil {
		actor = u.actor(team)
	}
	actor.Self = g.mine(m)
	actor.Bot = actor.Bot || m.BotID != "" || actor.Self
	actor.ID = or(actor.ID, m.BotID)
	actor.Name = or(actor.Name, map[bool]string{true: "an app", false: "someone"}[actor.Bot])
	return actor
}

// mine reports whether we wrote a message.
func (g grant) mine(m said) bool {
	return m.User != "" && m.User == g.Me.User || m.BotID != "" && m.BotID == g.BotID || m.AppID != "" && m.AppID == g.Me.App
}

// permalink is the address of a message. It is built, not asked for: the
// method that gives one takes a call per message.
func (g grant) permalink(channel string, m said) string {
	if g.URL == "" {
		return ""
	}
	link := strings.TrimSuffix(g.URL, "/") + "/archives/" + channel + "/p" + strings.Replace(m.TS, ".", "", 1)
	if m.Thread != "" && m.Thread != m.TS {
		link += "?thread_ts=" + m.Thread + "&cid=" + channel
	}
	return link
}

func files(in []file) []chat.File {
	var out []chat.File
	for _, f := range in {
		out = append(out, chat.File{Name: tidy(or(f.Name, f.Title)), Type: f.Type, Size: f.Size})
	}
	return out
}

// when is the instant of a ts, "1712345678.000200"; zero for anything else.
func when(ts string) time.Time {
	s, frac, _ := strings.Cut(ts, ".")
	sec, err := strconv.ParseInt(s, 10, 64)
	if err != nil || sec < 0 || sec > 1<<40 {
		return time.Time{}
	}
	micro, err := strconv.ParseInt((frac + "000000")[:6], 10, 64)
	if err != nil || micro < 0 {
		micro = 0
	}
	return time.Unix(sec, micro*1000).UTC()
}

// stamp is the ts of an instant.
func stamp(t time.Time) string {
	return fmt.Sprintf("%d.%06d", t.Unix(), t.Nanosecond()/1000)
}
