package gatetest

import (
	"fmt"
	"time"

	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/localchat"
)

// Content is in every conversation of the workspace. It may be in an answer and
// nowhere else.
const Content = "CONTENT-q77z"

// Workspace is the id of the workspace.
const Workspace = "acme"

// Who is in the workspace: Anna, Ben, Olga and Mod are members, Fin has the group
// finance, Ada is an admin by the platform's word, Gus is a guest and Eve is
// from another organisation. A story that needs a moderator makes Mod one.
const (
	Anna, Ben, Olga = "u-anna", "u-ben", "u-olga"
	Fin, Ada        = "u-fin", "u-ada"
	Gus, Eve        = "u-gus", "u-eve"
	Mod             = "u-mod"
)

// The channels: General is public, Secret is private with Anna and Ada in it,
// Empty has no messages, NoBot has not invited the bot, Shared has Eve in it,
// Read is read only.
const (
	General, Secret, Empty = "c-general", "c-secret", "c-empty"
	NoBot, Shared, Read    = "c-nobot", "c-shared", "c-read"
)

// Thread is a thread of four messages in General; every other channel but Empty
// has one called after it, "t-" and the channel's id.
const Thread = "t-general"

func seeds(born time.Time) ([]localchat.Seed, error) {
	thread := func(id string) []localchat.ThreadSeed {
		lines := []struct{ who, text string }{
			{Anna, "The login page shows an error since the release on Friday. " + Content},
			{Ben, "I see 17 failed logins in the log, all after version 2.4."},
			{Olga, "Let us roll back to version 2.3 today and look for the cause tomorrow."},
			{Ben, "Agreed, I roll back at 15:00."},
		}
		t := localchat.ThreadSeed{ID: id}
		for i, l := range lines {
			t.Lines = append(t.Lines, localchat.Line{At: born.Add(time.Duration(i-300) * time.Minute), Author: l.who, Text: l.text})
		}
		return []localchat.ThreadSeed{t}
	}
	channel := func(id string, kind chat.ChannelKind, members ...string) localchat.ChannelSeed {
		return localchat.ChannelSeed{ID: id, Name: id[2:], Kind: kind, Members: members, Threads: thread("t-" + id[2:])}
	}
	general := channel(General, chat.PublicChannel, Gus)
	secret := channel(Secret, chat.PrivateChannel, Anna, Ada)
	empty := localchat.ChannelSeed{ID: Empty, Name: "empty", Kind: chat.PublicChannel}
	nobot := channel(NoBot, chat.PublicChannel)
	nobot.NoBot = true
	shared := channel(Shared, chat.PublicChannel, Eve)
	read := channel(Read, chat.PublicChannel)
	read.ReadOnly = true
	for _, c := range []*localchat.ChannelSeed{&secret} {
		c.Threads[0].Lines = c.Threads[0].Lines[:1]
	}
	return []localchat.Seed{{ID: Workspace, Name: "Acme", Members: []localchat.Member{
		{ID: Anna, Name: "anna"}, {ID: Ben, Name: "ben"}, {ID: Olga, Name: "olga"}, {ID: Fin, Name: "fin", Groups: []string{"finance"}},
		{ID: Ada, Name: "ada", Admin: true}, {ID: Mod, Name: "mod"}, {ID: Gus, Name: "gus", Guest: true}, {ID: Eve, Name: "eve", External: true},
	}, Channels: []localchat.ChannelSeed{general, secret, empty, nobot, shared, read}},
		{ID: "other", Name: "Other", Members: []localchat.Member{{ID: Ada, Name: "ada", Admin: true}}, Channels: []localchat.ChannelSeed{{ID: General, Name: "general", Kind: chat.PublicChannel}}},
	}, nil
}

// In is a place of the workspace, a channel or a thread in it.
func In(channel string, thread ...string) chat.Place {
	p := chat.Place{Platform: chat.Console, Workspace: Workspace, Channel: channel}
	if len(thread) > 0 {
		p.Thread = thread[0]
	}
	return p
}

// Link is the permalink of a message.
func Link(channel, message string) string {
	return fmt.Sprintf("http://chat.localhost/%s/%s/%s", Workspace, channel, message)
}
