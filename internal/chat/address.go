package chat

// Heard is one message as an adapter heard it, before anyone knows whether it
// is meant for the bot. Mentions holds user ids and MentionRoles role ids
// found in the text by the platform itself, never names or e-mail addresses.
type Heard struct {
	Author       Actor
	Direct       bool // a direct message to the bot
	Mentions     []string
	MentionRoles []string
	// WasMentioned is set for an edit: the message named the bot before, so it
	// was answered already.
	WasMentioned bool
	Edit         bool
	Thread       string
	// ReplyToBot is set when the message is the platform's own reply to a post
	// of the bot.
	ReplyToBot bool
	// System is set for everything that is not a person's message.
	System bool
}

// Owned is what is known of the thread a message is in.
type Owned struct {
	// Owner is the person whose question began the bot's presence in the
	// thread; empty when the bot does not answer there.
	Owner string
	// Stopped is set after "stop following".
	Stopped bool
}

// Address says whether a message is for the bot, and why.
type Address string

// The reasons. NotForUs is acknowledged and forgotten, never stored.
const (
	NotForUs  Address = ""
	ByMention Address = "mention"
	ByDirect  Address = "direct"
	ByReply   Address = "reply"
	ByThread  Address = "follow_up"
)

// AddressOf decides whether a message is for the bot. followUps is the
// channel's switch for answering without a new mention in a thread the bot
// already answers in; it serves the person who began, and never two people
// talking to each other: a message that mentions someone else is not ours.
// The bot's own messages, other bots and system messages are never ours, and
// an edit counts only when it names the bot for the first time.
func AddressOf(h Heard, me Identity, t Owned, followUps bool) Address {
	if h.System || h.Author.Self || h.Author.Bot || h.Author.ID == me.User {
		return NotForUs
	}
	named := contains(h.Mentions, me.User) || anyOf(h.MentionRoles, me.Roles)
	if h.Edit {
		if named && !h.WasMentioned {
			return ByMention
		}
		return NotForUs
	}
	switch {
	case named:
		return ByMention
	case h.Direct:
		return ByDirect
	case h.ReplyToBot && len(h.Mentions) == 0:
		return ByReply
	case h.Thread != "" && followUps && !t.Stopped && t.Owner == h.Author.ID && t.Owner != "" && len(h.Mentions) == 0:
		return ByThread
	}
	return NotForUs
}

func contains(list []string, s string) bool {
	for _, v := range list {
		if v == s && s != "" {
			return true
		}
	}
	return false
}

func anyOf(list, wanted []string) bool {
	for _, w := range wanted {
		if contains(list, w) {
			return true
		}
	}
	return false
}
