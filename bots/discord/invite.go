package discord

import (
	"fmt"
	"strconv"
	"strings"
)

// need is a permission the bot asks for: this table is all of them, what the
// manual shows and what a diagnosis looks for.
type need struct {
	bit  uint64
	name string // as Discord's own settings name it
	what string // what it is for
	// without is what is done without it; "" means that it does not answer.
	without string
}

// needs are in the order of Discord's own settings.
var needs = []need{
	{permView, "View Channels", "being there at all; take it away in channels the bot has no business in", ""},
	{permSend, "Send Messages", "answers, in channels without threads", ""},
	{permSendInThreads, "Send Messages in Threads", "answers in threads", ""},
	{permCreateThreads, "Create Public Threads", "a thread for each mention", "the answer comes as a reply in the channel"},
	{permAttach, "Attach Files", "charts, exports and answers too long for messages", "charts stay figures, other files are left out by name, and of a very long answer the beginning is shown"},
	{permHistory, "Read Message History", "summaries, and finding a post again after a lost connection", ""},
}

// leastPermissions are what the bot needs, and all that its invite asks for.
func leastPermissions() uint64 {
	var p uint64
	for _, n := range needs {
		p |= n.bit
	}
	return p
}

// InviteURL is the address that adds the app to a server, with the least
// permissions it works with. It is pure: the app's id goes in, the address
// comes out.
func InviteURL(app string) string {
	return fmt.Sprintf("https://discord.com/oauth2/authorize?client_id=%s&scope=bot+applications.commands&permissions=%s", app, strconv.FormatUint(leastPermissions(), 10))
}

// permissionTable is the manual's table of what is asked for and why, in
// Markdown.
func permissionTable() string {
	var b strings.Builder
	b.WriteString("| permission | for | without it |\n|---|---|---|\n")
	for _, n := range needs {
		without := n.without
		if without == "" {
			without = "no answer"
		}
		fmt.Fprintf(&b, "| %s | %s | %s |\n", n.name, n.what, without)
	}
	return b.String()
}

// Manifest is what to set for an app at Discord, which knows no manifest to
// paste: the address that adds it, what that asks for, and the switches. App is
// the application's id; "" leaves a word in its place.
func Manifest(app string) string {
	if app == "" {
		app = "APPLICATION_ID"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "Add the app to a server with\n\n  %s\n\nIt asks for these permissions (%d) and no other:\n\n", InviteURL(app), leastPermissions())
	for _, n := range needs {
		fmt.Fprintf(&b, "  %-26s%s\n", n.name, n.what)
	}
	b.WriteString(`
At https://discord.com/developers/applications:

  Bot           Message Content Intent on, for summaries and follow-ups
  Bot           Public Bot off, so that only you can add it
  Installation  Guild Install only

The commands register themselves when "tierwise serve" starts:

`)
	for _, c := range commands() {
		if c.Type == kindSlash {
			fmt.Fprintf(&b, "  /%-25s%s\n", c.Name, c.What)
		} else {
			fmt.Fprintf(&b, "  %-26son a message\n", c.Name)
		}
	}
	return b.String()
}
