package slacktest

import (
	"slices"
	"unicode/utf8"
)

// The longest texts Slack takes.
const (
	maxPostText     = 40000 // cut off by chat.postMessage
	maxUpdateText   = 4000  // refused by chat.update
	maxMetadata     = 8000  // bytes
	maxMarkdownText = 12000
)

// content reads what a message says from a call into m. update keeps what is
// not given.
func (c *call) content(m *message, update bool) *Error {
	blocks, hasBlocks, refused := c.blocksArg("message")
	if refused != nil {
		return refused
	}
	body, markdown := c.str("text"), c.str("markdown_text")
	switch {
	case markdown != "" && (body != "" || len(blocks) > 0):
		c.violate(c.method, "markdown_text together with text or blocks")
		return refuse("markdown_text_conflict")
	case utf8.RuneCountInString(markdown) > maxMarkdownText:
		return refuse("msg_too_long")
	case update && utf8.RuneCountInString(body) > maxUpdateText:
		return refuse("msg_too_long")
	}
	attachments, refused := c.attachmentsArg()
	if refused != nil {
		return refused
	}
	if body == "" && markdown == "" && len(blocks) == 0 && len(attachments) == 0 {
		return refuse("no_text")
	}
	if len(blocks) > 0 && body == "" {
		c.violate(c.method, "blocks without text: notifications and screen readers would say nothing")
	}
	if r := []rune(body); len(r) > maxPostText {
		body = string(r[:maxPostText])
	}
	m.text, m.markdown, m.mentionAll = body, false, c.flag("link_names") || c.str("parse") == "full"
	m.unfurl = c.str("unfurl_links") != "false" || c.str("unfurl_media") != "false"
	if markdown != "" {
		m.text, m.markdown = markdown, true
	}
	if hasBlocks || !update || markdown != "" {
		m.blocks = blocks
	}
	if attachments != nil || !update {
		m.attachments = attachments
	}
	return c.metadataArg(m)
}

func (c *call) attachmentsArg() ([]object, *Error) {
	var attachments []object
	if _, err := c.decode("attachments", &attachments); err != nil {
		c.violate(c.method, "attachments are not a JSON array of objects")
		return nil, refuse("invalid_attachments")
	}
	if len(attachments) > 100 {
		return nil, refuse("too_many_attachments")
	}
	return attachments, nil
}

func (c *call) metadataArg(m *message) *Error {
	var metadata object
	given, err := c.decode("metadata", &metadata)
	if !given {
		return nil
	}
	if err != nil || text(metadata["event_type"]) == "" {
		c.violate(c.method, "metadata is not an object with an event_type")
		return refuse("invalid_metadata_format")
	}
	if _, ok := metadata["event_payload"].(map[string]any); !ok {
		c.violate(c.method, "metadata without an event_payload object")
		return refuse("invalid_metadata_schema")
	}
	if len(c.str("metadata")) > maxMetadata {
		return refuse("metadata_too_large")
	}
	m.metadata = metadata
	return nil
}

// target checks that the bot may write in a channel, and a thread's root.
func (c *call) target() (*Channel, *Error) {
	if u := c.state.user(c.str("channel")); u != nil && u.Team == c.token.team {
		return c.openIM(u.ID), nil // a user id posts to the direct message
	}
	ch, refused := c.channelArg("channel", true)
	switch {
	case refused != nil:
		return nil, refused
	case ch.Archived:
		return nil, refuse("is_archived")
	case ch.ReadOnly:
		return nil, refuse("restricted_action_read_only_channel")
	}
	if _, given := c.args["thread_ts"]; given {
		root := c.state.message(ch.ID, c.str("thread_ts"))
		if root == nil {
			return nil, refuse("thread_not_found")
		}
		if root.thread != "" {
			c.violate(c.method, "thread_ts is that of a reply, not of the parent")
		}
	}
	return ch, nil
}

// own is a new message of the bot.
func (c *call) own(ch *Channel) *message {
	return &message{channel: ch.ID, team: c.token.team, user: c.bot.ID, botID: c.bot.BotID, app: AppID,
		thread: c.str("thread_ts"), username: c.str("username")}
}

func (c *call) postMessage() (object, *Error) {
	ch, refused := c.target()
	if refused != nil {
		return nil, refused
	}
	m := c.own(ch)
	if refused := c.content(m, false); refused != nil {
		return nil, refused
	}
	c.insert(m)
	c.spoke(m)
	return object{"channel": ch.ID, "ts": m.ts, "message": c.json(m)}, nil
}

// spoke is what follows from a public message of the bot.
func (c *call) spoke(m *message) {
	if s := c.state.sessions[m.channel+"/"+m.root()]; s != nil {
		s.text = ""
	}
	if c.behaviour.Echo {
		c.background.Go(func() { c.deliverMessage(m.channel, m.ts) })
	}
}

func (c *call) postEphemeral() (object, *Error) {
	ch, refused := c.target()
	if refused != nil {
		return nil, refused
	}
	if !ch.has(c.str("user")) {
		return nil, refuse("user_not_in_channel")
	}
	m := c.own(ch)
	m.forUser = c.str("user")
	if refused := c.content(m, false); refused != nil {
		return nil, refused
	}
	c.insert(m)
	return object{"message_ts": m.ts}, nil
}

// ownMessage is the message a call is about, which must be the bot's.
func (c *call) ownMessage(key, notOwn string) (*message, *Error) {
	ch, refused := c.channelArg("channel", false)
	if refused != nil {
		return nil, refused
	}
	m := c.state.message(ch.ID, c.str(key))
	switch {
	case m == nil:
		return nil, refuse("message_not_found")
	case m.app != AppID:
		return nil, refuse(notOwn)
	}
	return m, nil
}

func (c *call) chatUpdate() (object, *Error) {
	m, refused := c.ownMessage("ts", "cant_update_message")
	if refused != nil {
		return nil, refused
	}
	if m.stream != nil && c.streamState(m) == streaming {
		return nil, refuse("streaming_state_conflict")
	}
	before := *m
	if refused := c.content(m, true); refused != nil {
		*m = before
		return nil, refused
	}
	m.edited, m.stream = true, nil
	now := c.json(m)
	delete(now, "ts") // stands beside it
	return object{"channel": m.channel, "ts": m.ts, "text": m.text, "message": now}, nil
}

func (c *call) chatDelete() (object, *Error) {
	m, refused := c.ownMessage("ts", "cant_delete_message")
	if refused != nil {
		return nil, refused
	}
	c.state.remove(m)
	return object{"channel": m.channel, "ts": m.ts}, nil
}

func (c *call) getPermalink() (object, *Error) {
	ch, refused := c.channelArg("channel", false)
	if refused != nil {
		return nil, refused
	}
	m := c.state.message(ch.ID, c.str("message_ts"))
	if m == nil {
		return nil, refuse("message_not_found")
	}
	return object{"channel": ch.ID, "permalink": c.permalink(m)}, nil
}

// react finds the reactions of a message with a name; -1 when there are none.
func (m *message) react(name string) int {
	return slices.IndexFunc(m.reactions, func(r reaction) bool { return r.Name == name })
}

func (c *call) reactionAdd() (object, *Error) {
	ch, refused := c.channelArg("channel", true)
	if refused != nil {
		return nil, refused
	}
	m := c.state.message(ch.ID, c.str("timestamp"))
	if m == nil {
		return nil, refuse("message_not_found")
	}
	if !m.addReaction(c.str("name"), c.bot.ID) {
		return nil, refuse("already_reacted")
	}
	return object{}, nil
}

// addReaction is false when the user reacted so before.
func (m *message) addReaction(name, user string) bool {
	i := m.react(name)
	if i < 0 {
		m.reactions = append(m.reactions, reaction{Name: name})
		i = len(m.reactions) - 1
	}
	r := &m.reactions[i]
	if slices.Contains(r.Users, user) {
		return false
	}
	r.Users, r.Count = append(r.Users, user), r.Count+1
	return true
}

func (c *call) reactionRemove() (object, *Error) {
	ch, refused := c.channelArg("channel", true)
	if refused != nil {
		return nil, refused
	}
	m := c.state.message(ch.ID, c.str("timestamp"))
	if m == nil {
		return nil, refuse("message_not_found")
	}
	i := m.react(c.str("name"))
	if i < 0 || !slices.Contains(m.reactions[i].Users, c.bot.ID) {
		return nil, refuse("no_reaction")
	}
	r := &m.reactions[i]
	r.Users = slices.DeleteFunc(r.Users, func(u string) bool { return u == c.bot.ID })
	if r.Count--; r.Count == 0 {
		m.reactions = slices.Delete(m.reactions, i, i+1)
	}
	return object{}, nil
}
