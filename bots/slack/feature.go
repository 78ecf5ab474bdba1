package slack

import "slices"

// Feature is something a person can do, with what it needs of Slack. The list
// of them makes the manifest, the scopes an installation asks for and the
// table in docs/slack.md; a test holds it against what the code calls and
// handles.
type Feature struct {
	Name     string // what a person gets
	Scopes   []string
	Events   []string
	Commands []Entry
	Entries  []Entry // message shortcuts
	methods  []method
	// Minimal features are part of the smallest manifest.
	Minimal bool
}

// Entry is a slash command or a message shortcut.
type Entry struct {
	Name, ID, About, Hint string
	Escape                bool
}

// Features lists all, in the order of the documentation.
func Features() []Feature {
	return slices.Concat(talkingFeatures(), readingFeatures(), steeringFeatures())
}

func talkingFeatures() []Feature {
	return []Feature{
		{Name: "answers when it is mentioned, in the thread", Minimal: true, Scopes: []string{"app_mentions:read", "chat:write"},
			Events: []string{"app_mention"}, methods: []method{authTest, chatPostMessage, chatUpdate, chatDelete}},
		{Name: "answers that can be watched as they are written, and stopped", Minimal: true, Scopes: []string{"chat:write"},
			Events: []string{"agent_session_stopped"}, methods: []method{chatStartStream, chatAppendStream, chatStopStream, sessionStatus, threadStatusSet}},
		{Name: "private answers", Minimal: true, Scopes: []string{"chat:write"}, methods: []method{chatPostEphemeral}},
		{Name: "direct messages, also those it begins", Minimal: true, Scopes: []string{"im:history", "im:read", "im:write"}, Events: []string{"message.im"},
			methods: []method{convOpen}},
		{Name: "in a direct message, \"this\" is the channel or thread that is open beside it", Scopes: []string{"assistant:write"},
			Events: []string{"app_context_changed"}, methods: []method{suggestedPrompts}},
		{Name: "follow-ups without a new mention, in threads it answers in", Scopes: []string{"channels:history", "groups:history", "mpim:history"},
			Events: []string{"message.channels", "message.groups", "message.mpim"}},
		{Name: "slash commands", Minimal: true, Scopes: []string{"commands"}, Commands: []Entry{
			{Name: "/summarize", About: "Summarize this channel or a thread, for you alone", Hint: "[24h | 7d | link | help]", Escape: true},
			{Name: "/draft", About: "Draft a message, for you alone", Hint: "<what to say | help>", Escape: true},
			{Name: "/classify", About: "Is it a bug, a question, a wish?", Hint: "<text | link | help>", Escape: true},
			{Name: "/ai-spend", About: "What AI costs here and what it is worth", Hint: "[channel | team | user | trend | help]", Escape: true},
			{Name: "/ai-config", About: "Tiers, budgets, language, privacy", Hint: "[get | set | explain | me | help]", Escape: true},
		}},
		{Name: "shortcuts in a message's menu, also inside threads", Minimal: true, Scopes: []string{"commands"}, Entries: []Entry{
			{Name: "Summarize thread", ID: "summarize_thread", About: "A summary of this thread, for you alone"},
			{Name: "Draft a reply", ID: "draft_reply", About: "A reply to this message, for you to change and post"},
			{Name: "Classify", ID: "classify", About: "Is this a bug, a question, a wish?"},
		}},
		{Name: "buttons and forms", Minimal: true, Scopes: []string{"commands"}, methods: []method{viewsOpen, viewsUpdate}},
		{Name: "a Home page and prompts to begin with", Scopes: []string{"assistant:write"}, Events: []string{"app_home_opened"},
			methods: []method{viewsPublish, suggestedPrompts}},
		{Name: "charts and exports as files", Scopes: []string{"files:write"}, methods: []method{filesGetURL, filesComplete}},
	}
}

func readingFeatures() []Feature {
	return []Feature{
		{Name: "reads the thread or channel it is asked about, where it was invited", Minimal: true,
			Scopes:  []string{"channels:history", "groups:history", "im:history", "mpim:history"},
			methods: []method{convReplies, convHistory}},
		{Name: "knows who is in a channel, so that nobody is shown what they may not see", Minimal: true,
			Scopes: []string{"channels:read", "groups:read", "im:read", "mpim:read"}, Events: []string{"member_left_channel", "channel_rename", "group_rename", "channel_archive", "channel_unarchive", "channel_shared", "channel_unshared"},
			methods: []method{convInfo, convMembers, convList}},
		{Name: "names instead of ids; who is an admin or a guest", Minimal: true, Scopes: []string{"users:read"}, Events: []string{"user_change"},
			methods: []method{usersInfo}},
		{Name: "roles by user group, and their names", Scopes: []string{"usergroups:read"}, Events: []string{"subteam_updated", "subteam_members_changed"},
			methods: []method{usergroupsList}},
		{Name: "attachments are named; reactions count as votes", Scopes: []string{"files:read", "reactions:read"}},
	}
}

func steeringFeatures() []Feature {
	return []Feature{
		{Name: "a greeting to who invites it", Scopes: []string{"channels:read", "groups:read"}, Events: []string{"member_joined_channel"}},
		{Name: "leaves nothing behind when it is removed", Minimal: true, Events: []string{"app_uninstalled", "tokens_revoked"}},
		{Name: "several workspaces with one server", methods: []method{oauthAccess}},
		{Name: "Socket Mode: no public address is needed", methods: []method{connectionsOpen}},
	}
}

// chosen are the features of a manifest.
func (o Options) chosen() []Feature {
	all := Features()
	if !o.Minimal {
		return all
	}
	return slices.DeleteFunc(all, func(f Feature) bool { return !f.Minimal })
}

// gather is every value of a kind over the chosen features, sorted, once each.
func (o Options) gather(of func(Feature) []string) []string {
	var out []string
	for _, f := range o.chosen() {
		out = append(out, of(f)...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Scopes are the bot scopes of a manifest, sorted.
func Scopes(o Options) []string { return o.gather(func(f Feature) []string { return f.Scopes }) }

// Events are the bot events of a manifest, sorted.
func Events(o Options) []string { return o.gather(func(f Feature) []string { return f.Events }) }
