package console

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/localchat"
)

// enter goes to a workspace, as its first plain member, into the first thread.
func (c *Console) enter(name string) error {
	for _, ws := range c.world.Workspaces() {
		if name != "" && ws.ID != name && !strings.EqualFold(ws.Name, name) {
			continue
		}
		m, ok := byRole(ws.Members, "member")
		if !ok {
			return fmt.Errorf("workspace %q has no member to act as", ws.ID)
		}
		c.who = m.ID
		return c.arrive(ws.ID)
	}
	return mistake(fmt.Sprintf("There is no workspace %q.", name))
}

// arrive puts the person into the first thread of the first channel they see.
func (c *Console) arrive(workspace string) error {
	channels := c.world.Channels(workspace, c.who)
	if len(channels) == 0 {
		at, err := c.world.Direct(workspace, c.who)
		c.at = at
		return err
	}
	c.at = channels[0].Place
	if threads := c.world.Threads(c.at); len(threads) > 0 {
		c.at.Thread = threads[0].Ref.ID
	}
	return nil
}

// byRole is the first member of a kind.
func byRole(members []localchat.Member, role string) (localchat.Member, bool) {
	for _, m := range members {
		finance := slices.Contains(m.Groups, "finance")
		plain := !m.Admin && !m.Guest && !m.External && !m.Bot
		if role == "admin" && m.Admin || role == "guest" && m.Guest || role == "finance" && finance || role == "member" && plain && !finance {
			return m, true
		}
	}
	return localchat.Member{}, false
}

func (c *Console) as(name string) error {
	name = strings.TrimPrefix(name, "@")
	for _, ws := range c.world.Workspaces() {
		if ws.ID != c.at.Workspace {
			continue
		}
		m, ok := c.world.Member(ws.ID, name)
		if !ok {
			m, ok = byRole(ws.Members, name)
		}
		if !ok || m.Bot {
			return mistake(fmt.Sprintf("Nobody here is called %q; /who lists the people.", clip(name, 40)))
		}
		return c.become(m)
	}
	return chat.ErrNotFound
}

func (c *Console) become(m localchat.Member) error {
	c.who = m.ID
	if !c.world.Sees(c.at, localchat.Message{}, m.ID) {
		if err := c.arrive(c.at.Workspace); err != nil {
			return err
		}
	}
	c.out.note(fmt.Sprintf("You are %s (%s) in %s.", m.Name, standing(m), c.name(c.at)))
	missed := c.missed
	c.missed = nil
	for _, change := range missed {
		c.inbox.add(change)
	}
	c.show()
	return nil
}

func standing(m localchat.Member) string {
	words := []string{}
	switch {
	case m.Admin:
		words = append(words, "admin")
	case m.Guest:
		words = append(words, "guest")
	case m.External:
		words = append(words, "external")
	case m.Bot:
		words = append(words, "program")
	default:
		words = append(words, "member")
	}
	words = append(words, m.Groups...)
	if m.Title != "" {
		words = append(words, m.Title)
	}
	return strings.Join(words, ", ")
}

func (c *Console) join(name string) error {
	if strings.EqualFold(strings.TrimPrefix(name, "@"), localchat.BotName) {
		at, err := c.world.Direct(c.at.Workspace, c.who)
		if err != nil {
			return err
		}
		return c.stand(at)
	}
	for _, ch := range c.world.Channels(c.at.Workspace, c.who) {
		if ch.Kind != chat.DirectMessage && strings.EqualFold(ch.Name, strings.TrimPrefix(name, "#")) {
			return c.stand(ch.Place)
		}
	}
	return mistake(fmt.Sprintf("There is no channel %q that you can see; /who lists them.", clip(name, 40)))
}

func (c *Console) stand(at chat.Place) error {
	c.at = at
	c.out.note("You are in " + c.name(at) + ".")
	return nil
}

func (c *Console) thread(what string) error {
	threads := c.world.Threads(c.at)
	switch {
	case what == "":
		for i, m := range threads {
			c.out.note(fmt.Sprintf("%3d  %s", i+1, clip(c.author(m)+": "+m.Text, c.style.width()-6)))
		}
		if len(threads) == 0 {
			c.out.note("No threads here yet.")
		}
		return nil
	case what == "new":
		return c.stand(c.at.InChannel())
	case isNumber(what):
		for i, m := range threads {
			if fmt.Sprint(i+1) == what {
				at := c.at
				at.Thread = m.Ref.ID
				return c.stand(at)
			}
		}
	}
	return mistake(fmt.Sprintf("Say /thread and a number from 1 to %d, or new.", len(threads)))
}

func (c *Console) workspace(name string) error {
	if name == "" {
		for _, ws := range c.world.Workspaces() {
			c.out.note(fmt.Sprintf("  %s (%s), %d people", ws.ID, ws.Name, len(ws.Members)))
		}
		return nil
	}
	if err := c.enter(name); err != nil {
		return err
	}
	m, _ := c.world.Member(c.at.Workspace, c.who)
	return c.become(m)
}

func (c *Console) people(string) error {
	m, _ := c.world.Member(c.at.Workspace, c.who)
	c.out.note(fmt.Sprintf("You are %s (%s) in %s of %s.", m.Name, standing(m), c.name(c.at), c.at.Workspace))
	for _, ws := range c.world.Workspaces() {
		if ws.ID != c.at.Workspace {
			continue
		}
		for i, p := range ws.Members {
			if i == 20 {
				c.out.note(fmt.Sprintf("  and %d more", len(ws.Members)-i))
				break
			}
			c.out.note(fmt.Sprintf("  %s  %s", pad(p.Name, 10, false), standing(p)))
		}
	}
	for _, ch := range c.world.Channels(c.at.Workspace, c.who) {
		if ch.Kind != chat.DirectMessage {
			c.out.note(fmt.Sprintf("  %s  %s, %s, %s", pad("#"+ch.Name, 12, false), kindWord(ch), counted(ch.Members, "person", "people"), counted(len(c.world.Threads(ch.Place)), "thread", "threads")))
		}
	}
	return nil
}

func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

func kindWord(ch chat.Channel) string {
	if ch.Shared == chat.WithOutsiders {
		return "shared with outsiders"
	}
	return string(ch.Kind)
}

// name is a place in a few letters: "#incidents/1" is the first thread of a
// channel, "alder:#office" is in another workspace, "@tierwise" are the present member's direct messages.
func (c *Console) name(at chat.Place) string {
	name := "#" + at.Channel
	for _, ch := range c.world.Channels(at.Workspace, c.who) {
		switch {
		case ch.Place.Channel != at.Channel:
		case ch.Kind == chat.DirectMessage:
			name = "@" + localchat.BotName
		default:
			name = "#" + ch.Name
		}
	}
	if n := c.world.ThreadNumber(at); n > 0 {
		name += fmt.Sprintf("/%d", n)
	}
	if at.Workspace != c.at.Workspace {
		name = at.Workspace + ":" + name
	}
	return name
}
