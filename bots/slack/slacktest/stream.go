package slacktest

import (
	"cmp"
	"time"
	"unicode/utf8"
)

// What is known of streams from the field: they die five minutes after their
// start and hold 12,000 characters in all.
const (
	streamLife  = 5 * time.Minute
	streamChars = 12000
)

// The states of a stream.
const (
	streaming = "streaming"
	finished  = "finished"
	dead      = "dead"
	stopped   = "stopped" // by a person
)

// stream is what is special about a streamed message.
type stream struct {
	state     string
	began     time.Time
	recipient string // who sees it live; "" in direct messages: everybody
	first     string // what the others see until it is finished
}

// streamState is the state now: streams die of age.
func (f *Fake) streamState(m *message) string {
	if m.stream.state == streaming && f.now().Sub(m.stream.began) >= streamLife {
		m.stream.state = dead
	}
	return m.stream.state
}

func (c *call) startStream() (object, *Error) {
	if c.behaviour.NoStreaming {
		return nil, refuse("unknown_method")
	}
	ch, refused := c.target()
	if refused != nil {
		return nil, refused
	}
	if c.str("thread_ts") == "" {
		c.violate(c.method, "no thread_ts: a stream is always a reply")
		return nil, refuse("invalid_thread_ts")
	}
	if ch.Kind != IM {
		switch {
		case c.str("recipient_user_id") == "":
			c.violate(c.method, "no recipient_user_id outside of a direct message")
			return nil, refuse("missing_recipient_user_id")
		case c.str("recipient_team_id") == "":
			c.violate(c.method, "no recipient_team_id outside of a direct message")
			return nil, refuse("missing_recipient_team_id")
		case c.state.user(c.str("recipient_user_id")) == nil:
			return nil, refuse("user_not_found")
		}
	}
	m := c.own(ch)
	m.stream = &stream{state: streaming, began: c.now(), recipient: c.str("recipient_user_id")}
	m.markdown = true
	if refused := c.extend(m); refused != nil {
		return nil, refused
	}
	c.insert(m)
	c.spoke(m)
	s := c.session(ch.ID, m.root())
	s.status, s.at = "processing", c.now()
	return object{"channel": ch.ID, "ts": m.ts}, nil
}

// extend adds the text and chunks of a call to a stream.
func (c *call) extend(m *message) *Error {
	added := c.str("markdown_text")
	var chunks []object
	if given, err := c.decode("chunks", &chunks); given && err != nil {
		c.violate(c.method, "chunks are not a JSON array of objects")
		return refuse("invalid_chunks")
	}
	if added != "" && len(chunks) > 0 {
		c.violate(c.method, "markdown_text together with chunks")
	}
	var blocks []object
	for _, chunk := range chunks {
		switch kind := text(chunk["type"]); kind {
		case "markdown_text":
			added += text(chunk["text"])
		case "task_update":
			if text(chunk["id"]) == "" || text(chunk["title"]) == "" {
				c.violate(c.method, "task_update chunk without id or title")
				return refuse("invalid_chunks")
			}
		case "plan_update":
		case "blocks":
			for _, b := range list(chunk["blocks"]) {
				if block, ok := b.(map[string]any); ok {
					blocks = append(blocks, block)
				}
			}
		default:
			c.violate(c.method, "unknown chunk type %q", kind)
			return refuse("invalid_chunks")
		}
	}
	if utf8.RuneCountInString(m.text)+utf8.RuneCountInString(added) > streamChars {
		return refuse("msg_too_long")
	}
	if refused := c.checkBlocks(blocks, "message"); refused != nil {
		return refused
	}
	m.text += added
	m.blocks = append(m.blocks, blocks...)
	m.stream.first = cmp.Or(m.stream.first, m.text)
	return nil
}

// running is the bot's stream a call is about.
func (c *call) running() (*message, *Error) {
	if c.behaviour.NoStreaming {
		return nil, refuse("unknown_method")
	}
	m, refused := c.ownMessage("ts", "message_not_owned_by_app")
	switch {
	case refused != nil:
		return nil, refused
	case m.stream == nil:
		return nil, refuse("message_not_in_streaming_state")
	}
	switch c.streamState(m) {
	case streaming:
		return m, nil
	case stopped:
		return m, refuse("stopped_by_user")
	}
	return nil, refuse("message_not_in_streaming_state")
}

func (c *call) appendStream() (object, *Error) {
	m, refused := c.running()
	if refused != nil {
		return nil, refused
	}
	if c.str("markdown_text") == "" && c.str("chunks") == "" {
		return nil, refuse("no_text")
	}
	if refused := c.extend(m); refused != nil {
		return nil, refused
	}
	return object{"channel": m.channel, "ts": m.ts}, nil
}

func (c *call) stopStream() (object, *Error) {
	m, refused := c.running()
	if refused != nil && !(m != nil && refused.Code == "stopped_by_user") {
		return nil, refused
	}
	blocks, _, refused := c.blocksArg("message")
	if refused != nil {
		return nil, refused
	}
	if refused := c.extend(m); refused != nil {
		return nil, refused
	}
	if refused := c.metadataArg(m); refused != nil {
		return nil, refused
	}
	m.blocks = append(m.blocks, blocks...)
	m.stream.state = finished
	if status := c.str("session_status"); status != "" {
		c.session(m.channel, m.root()).status = status
	}
	return object{"channel": m.channel, "ts": m.ts, "message": c.json(m)}, nil
}
