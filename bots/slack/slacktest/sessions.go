package slacktest

import (
	"slices"
	"time"
	"unicode/utf8"
)

// How long a status stands without being refreshed, and how long a title is.
const (
	maxSessionTitle = 200
	statusLife      = 2 * time.Minute
	sessionLife     = time.Hour
)

// session is what the app shows beside one thread.
type session struct {
	status  string // of agents.sessions.setStatus
	text    string // of assistant.threads.setStatus
	loading []string
	title   string
	at      time.Time // of status
	textAt  time.Time // of text
}

// Status is what is shown beside a thread now.
type Status struct {
	Text    string   // "is thinking…"; "" when none stands
	Loading []string // the rotating loading messages
	Session string   // "processing", "active", "suspended", "closed" or ""
	Title   string
}

// Prompt is a suggested prompt.
type Prompt struct {
	Title   string `json:"title"`
	Message string `json:"message"`
}

// session is the session of a thread, made when it is missing. f.mu is held.
func (f *Fake) session(channel, thread string) *session {
	key := channel + "/" + thread
	if f.state.sessions[key] == nil {
		f.state.sessions[key] = &session{}
	}
	return f.state.sessions[key]
}

// Status is what stands beside a thread. A text is gone two minutes after it was
// set and when the app posts; "processing" is gone after an hour.
func (f *Fake) Status(channel, thread string) Status {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := f.state.sessions[channel+"/"+thread]
	if s == nil {
		return Status{}
	}
	st := Status{Text: s.text, Loading: slices.Clone(s.loading), Session: s.status, Title: s.title}
	if f.now().Sub(s.textAt) >= statusLife {
		st.Text, st.Loading = "", nil
	}
	if s.status == "processing" && f.now().Sub(s.at) >= sessionLife {
		st.Session = "active"
	}
	return st
}

// Prompts are the suggested prompts of a direct message with the app.
func (f *Fake) Prompts(channel string) []Prompt {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.state.prompts[channel])
}

// threadArg is the channel and thread an agent method is about.
func (c *call) threadArg(channel string) (*Channel, *Error) {
	ch, refused := c.channelArg(channel, false)
	if refused != nil {
		return nil, refused
	}
	if ts := c.str("thread_ts"); ts != "" && c.state.message(ch.ID, ts) == nil {
		return nil, refuse("invalid_thread_ts")
	}
	return ch, nil
}

func (c *call) threadStatus() (object, *Error) {
	ch, refused := c.threadArg("channel_id")
	if refused != nil {
		return nil, refused
	}
	s := c.session(ch.ID, c.str("thread_ts"))
	s.text, s.loading, s.textAt = c.str("status"), c.list("loading_messages"), c.now()
	return object{}, nil
}

func (c *call) threadTitle() (object, *Error) {
	ch, refused := c.threadArg("channel_id")
	if refused != nil {
		return nil, refused
	}
	c.session(ch.ID, c.str("thread_ts")).title = c.str("title")
	return object{}, nil
}

func (c *call) suggestedPrompts() (object, *Error) {
	ch, refused := c.threadArg("channel_id")
	switch {
	case refused != nil:
		return nil, refused
	case c.behaviour.NotAgent:
		return nil, refuse("not_agent_app")
	}
	var prompts []Prompt
	if _, err := c.decode("prompts", &prompts); err != nil || len(prompts) == 0 || len(prompts) > 4 {
		c.violate(c.method, "prompts are not one to four objects with title and message")
		return nil, refuse("invalid_arguments")
	}
	for _, p := range prompts {
		if p.Title == "" || p.Message == "" {
			c.violate(c.method, "a prompt has no title or no message")
		}
	}
	if c.str("thread_ts") != "" { // under agent_view the call then fails without a word
		c.violate(c.method, "thread_ts with agent_view: the prompts would not be shown")
		return object{}, nil
	}
	c.state.prompts[ch.ID] = prompts
	return object{}, nil
}

func (c *call) sessionStatus() (object, *Error) {
	if c.behaviour.NotAgent {
		return nil, refuse("not_authorized")
	}
	ch, refused := c.threadArg("channel_id")
	if refused != nil {
		return nil, refused
	}
	if c.str("thread_ts") == "" {
		return nil, refuse("thread_ts_required")
	}
	if n := utf8.RuneCountInString(c.str("title")); n > maxSessionTitle {
		c.violate(c.method, "a title of %d characters, at most %d are allowed", n, maxSessionTitle)
		return nil, refuse("invalid_arguments")
	}
	s := c.session(ch.ID, c.str("thread_ts"))
	s.status, s.at = c.str("status"), c.now()
	if title := c.str("title"); title != "" {
		s.title = title
	}
	body := object{"status": s.status, "agent_status": s.status, "title": s.title}
	if s.status == "processing" && !c.subscribed("agent_session_stopped") {
		body["warning"] = "missing_agent_session_stopped_event_subscription"
	}
	return body, nil
}

func (c *call) sessionRename() (object, *Error) {
	ch, refused := c.threadArg("channel_id")
	if refused != nil {
		return nil, refused
	}
	if n := utf8.RuneCountInString(c.str("title")); n == 0 || n > maxSessionTitle {
		c.violate(c.method, "a title of %d characters, allowed are 1 to %d", n, maxSessionTitle)
		return nil, refuse("invalid_arguments")
	}
	s := c.session(ch.ID, c.str("thread_ts"))
	s.title = c.str("title")
	return object{"title": s.title}, nil
}
