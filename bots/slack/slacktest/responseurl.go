package slacktest

import (
	"encoding/json"
	"net/http"
	"time"
)

// What one response_url is good for.
const (
	responseUses = 5
	responseLife = 30 * time.Minute
)

// responseURL is the address a person's command or click can be answered at.
type responseURL struct {
	id, team, user, channel, thread string
	original                        *message // what was clicked; nil for a command
	born                            time.Time
	uses                            int
}

// responseURL makes a fresh address. f.mu is held.
func (f *Fake) responseURL(team, user, channel, thread string, original *message) string {
	r := &responseURL{id: f.state.next("resp"), team: team, user: user, channel: channel, thread: thread, original: original, born: f.now()}
	f.state.responses[r.id] = r
	return f.server.URL + "/response/" + r.id
}

// answer is what an app posts to a response_url.
type answer struct {
	Text            string   `json:"text"`
	Blocks          []object `json:"blocks"`
	ResponseType    string   `json:"response_type"`
	ReplaceOriginal bool     `json:"replace_original"`
	DeleteOriginal  bool     `json:"delete_original"`
	ThreadTS        string   `json:"thread_ts"`
}

// responseKeys are the fields a response_url knows.
var responseKeys = map[string]bool{"text": true, "blocks": true, "attachments": true, "response_type": true, "replace_original": true,
	"delete_original": true, "thread_ts": true, "unfurl_links": true, "unfurl_media": true, "mrkdwn": true, "metadata": true, "parse": true}

// serveResponseURL answers one post. Faults of "response_url" apply.
func (f *Fake) serveResponseURL(w http.ResponseWriter, r *http.Request) {
	c := &call{Fake: f, method: "response_url"}
	if err := c.parse(r); err != nil {
		http.Error(w, "invalid_payload", http.StatusBadRequest)
		return
	}
	fault := f.takeFault(c.method)
	if fault != nil && fault.before(w, r, f, c) {
		return
	}
	refused := c.respond(r.PathValue("id"))
	f.record(c, r.Header, refused)
	switch {
	case fault != nil && fault.after(w):
	case refused != nil:
		writeJSON(w, http.StatusNotFound, object{"ok": false, "error": refused.Code})
	default:
		w.Write([]byte("ok"))
	}
}

func (c *call) respond(id string) *Error {
	c.mu.Lock()
	defer c.mu.Unlock()
	r := c.state.responses[id]
	switch {
	case r == nil:
		return refuse("invalid_url")
	case c.now().Sub(r.born) > responseLife:
		return refuse("expired_url")
	case r.uses >= responseUses:
		return refuse("used_url")
	}
	r.uses++
	c.token, c.bot = &token{team: r.team}, c.state.bot(r.team)
	for key := range c.args {
		if !responseKeys[key] {
			c.violate(c.method, "unknown field %q", key)
		}
	}
	raw, err := json.Marshal(c.args)
	var a answer
	if err == nil {
		err = json.Unmarshal(raw, &a)
	}
	if err != nil {
		c.violate(c.method, "the body is not what a response_url takes")
		return refuse("invalid_payload")
	}
	if refused := c.checkBlocks(a.Blocks, "message"); refused != nil {
		return refused
	}
	return c.respondWith(r, a)
}

// respondWith replaces, deletes or writes. On the address of a command there is
// no original: replace_original writes one more message, as people report of
// Slack (slackapi/bolt-js #2287, slackapi/bolt-python #1268).
func (c *call) respondWith(r *responseURL, a answer) *Error {
	original := r.original
	switch {
	case a.DeleteOriginal:
		if original == nil {
			return refuse("no_original")
		}
		c.state.remove(original)
		r.original = nil
		return nil
	case a.Text == "" && len(a.Blocks) == 0:
		return refuse("no_text")
	case a.ReplaceOriginal && original != nil:
		original.text, original.blocks, original.edited = a.Text, a.Blocks, true
		return nil
	}
	m := &message{channel: r.channel, team: r.team, user: c.bot.ID, botID: c.bot.BotID, app: AppID, thread: r.thread,
		text: a.Text, blocks: a.Blocks, response: r.id}
	if a.ThreadTS != "" {
		m.thread = a.ThreadTS
	}
	if a.ResponseType != "in_channel" {
		m.forUser = r.user
	}
	c.insert(m)
	return nil
}
