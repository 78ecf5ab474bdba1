package discord

import (
	"encoding/json"
	"strconv"
	"time"

	"github.com/tierwise/tierwise/internal/chat"
)

// The shapes in this file hold only what we read, so that a new field, a new
// component or a new kind of channel never makes a payload unreadable.

type user struct {
	ID     string `json:"id"`
	Name   string `json:"username"`
	Global string `json:"global_name"`
	Bot    bool   `json:"bot"`
}

func (u user) label() string {
	if u.Global != "" {
		return u.Global
	}
	return u.Name
}

type member struct {
	User        user     `json:"user"`
	Nick        string   `json:"nick"`
	Roles       []string `json:"roles"`
	Joined      string   `json:"joined_at"`
	Permissions string   `json:"permissions"` // in interactions: computed for the channel
	Pending     bool     `json:"pending"`
	TimedOut    string   `json:"communication_disabled_until"`
}

func (m member) label() string {
	if m.Nick != "" {
		return m.Nick
	}
	return m.User.label()
}

type role struct {
	ID          string    `json:"id"`
	Name        string    `json:"name"`
	Permissions string    `json:"permissions"`
	Tags        *roleTags `json:"tags"`
}

type roleTags struct {
	BotID string `json:"bot_id"`
}

type guild struct {
	ID          string    `json:"id"`
	Name        string    `json:"name"`
	Owner       string    `json:"owner_id"`
	Roles       []role    `json:"roles"`
	Channels    []channel `json:"channels"` // gateway only
	Threads     []channel `json:"threads"`  // gateway only
	Unavailable bool      `json:"unavailable"`
}

type overwrite struct {
	ID    string `json:"id"`
	Type  int    `json:"type"` // 0 role, 1 member
	Allow string `json:"allow"`
	Deny  string `json:"deny"`
}

type channel struct {
	ID         string      `json:"id"`
	Type       int         `json:"type"`
	Guild      string      `json:"guild_id"`
	Parent     string      `json:"parent_id"` // category, or a thread's channel
	Name       string      `json:"name"`
	Owner      string      `json:"owner_id"`
	Last       string      `json:"last_message_id"`
	Overwrites []overwrite `json:"permission_overwrites"`
	Recipients []user      `json:"recipients"`
	Sent       int         `json:"total_message_sent"`
	Thread     *threadMeta `json:"thread_metadata"`
}

type threadMeta struct {
	Archived bool `json:"archived"`
	Locked   bool `json:"locked"`
}

// Kinds of channel that matter.
// https://discord.com/developers/docs/resources/channel, read 2026-11-23.
const (
	textChannel         = 0
	directChannel       = 1
	groupChannel        = 3
	announcementChannel = 5
	announcementThread  = 10
	publicThread        = 11
	privateThread       = 12
)

func (c channel) isThread() bool {
	return c.Type == announcementThread || c.Type == publicThread || c.Type == privateThread
}

type attachment struct {
	Name string `json:"filename"`
	Type string `json:"content_type"`
	Size int64  `json:"size"`
	Alt  string `json:"description"`
}

type message struct {
	ID         string       `json:"id"`
	Type       int          `json:"type"`
	Channel    string       `json:"channel_id"`
	Guild      string       `json:"guild_id"`
	Author     *user        `json:"author"`
	Member     *member      `json:"member"`
	Content    string       `json:"content"`
	At         string       `json:"timestamp"`
	Edited     string       `json:"edited_timestamp"`
	Mentions   []mentioned  `json:"mentions"`
	Roles      []string     `json:"mention_roles"`
	Files      []attachment `json:"attachments"`
	Embeds     []embed      `json:"embeds"`
	Flags      int          `json:"flags"`
	Webhook    string       `json:"webhook_id"`
	Nonce      looseText    `json:"nonce"`
	Reference  *reference   `json:"message_reference"`
	Referenced *message     `json:"referenced_message"`
	Thread     *channel     `json:"thread"`
	Reactions  []struct {
		Count int `json:"count"`
	} `json:"reactions"`
	Components json.RawMessage `json:"components"`
	Forwarded  []struct {
		Message struct {
			Content string `json:"content"`
		} `json:"message"`
	} `json:"message_snapshots"`
}

type mentioned struct {
	user
	Member *member `json:"member"`
}

type embed struct {
	Title string `json:"title"`
	Text  string `json:"description"`
}

type reference struct {
	Message string `json:"message_id"`
	Channel string `json:"channel_id"`
}

// looseText reads a string or a number.
type looseText string

// UnmarshalJSON never fails: what is neither is empty.
func (t *looseText) UnmarshalJSON(b []byte) error {
	var s string
	if json.Unmarshal(b, &s) != nil && len(b) > 0 && (b[0] == '-' || b[0] >= '0' && b[0] <= '9') {
		s = string(b)
	}
	*t = looseText(s)
	return nil
}

// Kinds of message people write: plain and reply. Everything else (joins,
// pins, boosts, thread notices) is the system's.
const (
	plainMessage  = 0
	replyMessage  = 19
	commandReply  = 20
	threadStarter = 21
	contextReply  = 23
)

func (m message) spoken() bool { return m.Type == plainMessage || m.Type == replyMessage }

// bits reads a permission set, which is a decimal string.
func bits(s string) uint64 {
	n, _ := strconv.ParseUint(s, 10, 64)
	return n
}

// discordEpoch is the first instant of a snowflake, in Unix milliseconds.
// https://discord.com/developers/docs/reference#snowflakes, read 2026-11-23.
const discordEpoch = 1420070400000

// isID reports whether s is a snowflake.
func isID(s string) bool {
	n, err := strconv.ParseUint(s, 10, 64)
	return err == nil && n > 0 && len(s) >= 6
}

// madeAt is the instant in an id; zero for what is no id.
func madeAt(id string) time.Time {
	n, err := strconv.ParseUint(id, 10, 64)
	if err != nil {
		return time.Time{}
	}
	return time.UnixMilli(int64(n>>22) + discordEpoch).UTC()
}

// idAt is the smallest id of an instant, for paging by time.
func idAt(t time.Time) string {
	ms := max(t.UnixMilli()-discordEpoch, 0)
	return strconv.FormatUint(uint64(ms)<<22, 10)
}

// later reports whether id a is newer than b; ids are numbers.
func later(a, b string) bool {
	if len(a) != len(b) {
		return len(a) > len(b)
	}
	return a > b
}

func instant(s string) time.Time {
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return time.Time{}
	}
	return t.UTC()
}

// actor is a member in chat's words. Admin is decided where the guild is known.
func (m member) actor(locale string) chat.Actor {
	a := chat.Actor{ID: m.User.ID, Name: m.label(), Bot: m.User.Bot, Guest: m.Pending, Groups: m.Roles, Locale: locale}
	if t := madeAt(m.User.ID); !t.IsZero() {
		a.Created = t.Unix()
	}
	if t := instant(m.Joined); !t.IsZero() {
		a.Since = t.Unix()
	}
	return a
}
