package slack

import "time"

// method is a Web API method. Every method the adapter calls is a constant
// here; a test holds the list against the manifest's table and against what
// the fake platform saw.
type method string

const (
	authTest          method = "auth.test"
	chatPostMessage   method = "chat.postMessage"
	chatPostEphemeral method = "chat.postEphemeral"
	chatUpdate        method = "chat.update"
	chatDelete        method = "chat.delete"
	chatStartStream   method = "chat.startStream"
	chatAppendStream  method = "chat.appendStream"
	chatStopStream    method = "chat.stopStream"
	convReplies       method = "conversations.replies"
	convHistory       method = "conversations.history"
	convInfo          method = "conversations.info"
	convMembers       method = "conversations.members"
	convList          method = "conversations.list"
	convOpen          method = "conversations.open"
	usersInfo         method = "users.info"
	usergroupsList    method = "usergroups.list"
	viewsOpen         method = "views.open"
	viewsUpdate       method = "views.update"
	viewsPublish      method = "views.publish"
	filesGetURL       method = "files.getUploadURLExternal"
	filesComplete     method = "files.completeUploadExternal"
	suggestedPrompts  method = "assistant.threads.setSuggestedPrompts"
	sessionStatus     method = "agents.sessions.setStatus"
	threadStatusSet   method = "assistant.threads.setStatus"
	oauthAccess       method = "oauth.v2.access"
	connectionsOpen   method = "apps.connections.open"
)

// tier is a rate tier of the Web API in calls per minute, per method,
// workspace and app.
// https://docs.slack.dev/apis/web-api/rate-limits, read 2026-11-23.
type tier int

const (
	tier2   tier = 20
	tier3   tier = 50
	tier4   tier = 100
	special tier = 0 // limited in another way, or not in a way that is published
)

// tierOf is the tier of every method; see the "rate_limits" of each method's
// reference page.
var tierOf = map[method]tier{
	authTest: special, chatPostMessage: special, chatPostEphemeral: tier4, chatUpdate: tier3, chatDelete: tier3,
	chatStartStream: tier2, chatAppendStream: tier4, chatStopStream: tier2,
	convReplies: tier3, convHistory: tier3, convInfo: tier3, convMembers: tier4, convList: tier2, convOpen: tier3,
	usersInfo: tier4, usergroupsList: tier2,
	viewsOpen: tier4, viewsUpdate: tier4, viewsPublish: tier4,
	filesGetURL: tier4, filesComplete: tier4, suggestedPrompts: tier4, sessionStatus: tier3, threadStatusSet: special, oauthAccess: special, connectionsOpen: tier3,
}

// writes says that a lost answer leaves it open whether the call took effect.
func (m method) writes() bool {
	switch m {
	case chatPostMessage, chatPostEphemeral, chatUpdate, chatDelete, chatStartStream, chatAppendStream, chatStopStream, filesComplete:
		return true
	}
	return false
}

// Bounds of the platform, with the page they are from.
const (
	// maxText is how much of an answer goes into one message. A markdown block
	// takes 12,000 characters; the rest is room for what Slack adds.
	// https://docs.slack.dev/reference/block-kit/blocks/markdown-block, read 2026-11-23.
	maxText = 11_000
	// maxFallback is how long the plain text beside blocks may be; chat.update
	// refuses more than 4,000. https://docs.slack.dev/reference/methods/chat.update, read 2026-11-23.
	maxFallback = 3_000
	// streamLife and streamText are when a stream is continued in a new
	// message. Streams were seen to end after about 5 minutes and 12,000
	// characters; neither is documented (python-slack-sdk issue 1859, read 2026-11-23).
	streamLife = 4 * time.Minute
	streamText = 11_000
	// minEdit is the least time between two edits of a message.
	minEdit = 1200 * time.Millisecond
	// responseLife and responseUses bound a response_url.
	// https://docs.slack.dev/interactivity/handling-user-interaction, read 2026-11-23.
	responseLife = 30 * time.Minute
	responseUses = 5
	// postsInSpan posts may be made in a channel in postSpan: "1 per second,
	// short bursts are allowed".
	// https://docs.slack.dev/apis/web-api/rate-limits, read 2026-11-23.
	postsInSpan = 10
	postSpan    = 10 * time.Second
	// maxBody is the largest request we read; Slack's own stay far below.
	maxBody = 1 << 20
)
