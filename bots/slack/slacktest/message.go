package slacktest

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// object is a JSON object.
type object = map[string]any

// message is one message in a channel. Ephemeral ones live in the same list,
// with the person they are for.
type message struct {
	ts, thread, channel, team  string
	user, botID, app, username string
	text, subtype              string
	blocks                     []object
	attachments                []object
	metadata                   object
	files                      []*file
	reactions                  []reaction
	edited                     bool
	unfurl                     bool
	mentionAll                 bool   // link_names or parse=full were given
	markdown                   bool   // text came as markdown_text
	forUser                    string // of an ephemeral message
	response                   string // response_url id that wrote it
	stream                     *stream
}

type reaction struct {
	Name  string   `json:"name"`
	Users []string `json:"users"`
	Count int      `json:"count"`
}

// stamp is a fresh, unique ts. f.mu is held.
func (f *Fake) stamp() string {
	now := f.now().Truncate(time.Microsecond)
	if !now.After(f.state.lastTS) {
		now = f.state.lastTS.Add(time.Microsecond)
	}
	f.state.lastTS = now
	return formatTS(now)
}

func formatTS(t time.Time) string { return fmt.Sprintf("%d.%06d", t.Unix(), t.Nanosecond()/1000) }

// insert gives a message a ts and stores it in order. f.mu is held.
func (f *Fake) insert(m *message) *message {
	if m.ts == "" {
		m.ts = f.stamp()
	}
	if m.thread == m.ts {
		m.thread = ""
	}
	all := f.state.messages[m.channel]
	at := len(all)
	for at > 0 && compareTS(all[at-1].ts, m.ts) > 0 {
		at--
	}
	f.state.messages[m.channel] = slices.Insert(all, at, m)
	return m
}

// message finds a public message by ts. f.mu is held.
func (s *state) message(channel, ts string) *message {
	for _, m := range s.messages[channel] {
		if m.ts == ts && m.forUser == "" {
			return m
		}
	}
	return nil
}

// remove takes a message out of its channel.
func (s *state) remove(gone *message) {
	s.messages[gone.channel] = slices.DeleteFunc(s.messages[gone.channel], func(m *message) bool { return m == gone })
}

// root is the ts of the thread m is in: its own for a top-level message.
func (m *message) root() string {
	if m.thread != "" {
		return m.thread
	}
	return m.ts
}

// replies are the public messages under a root, oldest first.
func (s *state) replies(channel, root string) []*message {
	var out []*message
	for _, m := range s.messages[channel] {
		if m.thread == root && m.forUser == "" {
			out = append(out, m)
		}
	}
	return out
}

// json is the message as history methods and events show it. f.mu is held.
func (f *Fake) json(m *message) object {
	o := object{"type": "message", "ts": m.ts, "text": m.text, "team": m.team}
	set := func(key, value string) {
		if value != "" {
			o[key] = value
		}
	}
	set("user", m.user)
	set("bot_id", m.botID)
	set("app_id", m.app)
	set("username", m.username)
	set("subtype", m.subtype)
	if m.user != "" && m.botID == "" {
		o["client_msg_id"] = "cm-" + m.ts
	}
	if m.blocks != nil {
		o["blocks"] = m.blocks
	}
	if m.attachments != nil {
		o["attachments"] = m.attachments
	}
	if m.metadata != nil {
		o["metadata"] = m.metadata
	}
	if m.edited {
		o["edited"] = object{"user": m.user, "ts": m.ts}
	}
	if len(m.reactions) > 0 {
		o["reactions"] = m.reactions
	}
	if len(m.files) > 0 {
		var files []object
		for _, x := range m.files {
			files = append(files, f.fileJSON(x))
		}
		o["files"] = files
	}
	f.threadJSON(m, o)
	return o
}

// threadJSON adds what ties a message to its thread.
func (f *Fake) threadJSON(m *message, o object) {
	if m.thread != "" {
		o["thread_ts"] = m.thread
		if parent := f.state.message(m.channel, m.thread); parent != nil {
			o["parent_user_id"] = parent.user
		}
		return
	}
	replies := f.state.replies(m.channel, m.ts)
	if len(replies) == 0 {
		return
	}
	var users []string
	for _, r := range replies {
		if !slices.Contains(users, r.user) {
			users = append(users, r.user)
		}
	}
	o["thread_ts"], o["reply_count"], o["reply_users"], o["reply_users_count"] = m.ts, len(replies), users, len(users)
	o["latest_reply"] = replies[len(replies)-1].ts
}

// permalink is the address of a message in a browser. f.mu is held.
func (f *Fake) permalink(m *message) string {
	domain := "slack"
	if t := f.state.team(f.state.channel(m.channel).Team); t != nil {
		domain = t.Domain
	}
	link := fmt.Sprintf("https://%s.slack.com/archives/%s/p%s", domain, m.channel, strings.Replace(m.ts, ".", "", 1))
	if m.thread != "" {
		link += "?thread_ts=" + m.thread + "&cid=" + m.channel
	}
	return link
}

// Seed puts a message of a person or bot into a channel without telling the
// app, as history that was there before. thread is "" or the ts of the root.
// It returns the ts.
func (f *Fake) Seed(channel, thread, user, text string) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.insert(f.said(channel, thread, user, text)).ts
}

// SeedAt is Seed at a time in the past, to the microsecond. Two messages of one
// channel must not have the same time.
func (f *Fake) SeedAt(at time.Time, channel, thread, user, text string) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	m := f.said(channel, thread, user, text)
	m.ts = formatTS(at)
	return f.insert(m).ts
}

// said is a new message of a user. f.mu is held.
func (f *Fake) said(channel, thread, user, text string) *message {
	m := &message{channel: channel, thread: thread, user: user, text: text}
	if u := f.state.user(user); u != nil {
		m.team, m.botID, m.app = u.Team, u.BotID, u.App
	}
	return m
}

// clone is a deep copy of a JSON value, so that callers never share state.
func clone[T any](v T) T {
	raw, err := json.Marshal(v)
	if err != nil {
		return v
	}
	var out T
	if json.Unmarshal(raw, &out) != nil {
		return v
	}
	return out
}
