package discordtest

import (
	"slices"
	"strings"
	"time"
)

// User is an account.
type User struct {
	ID   string
	Name string
	Bot  bool
}

// Role is a role of a guild.
type Role struct {
	ID          string
	Name        string
	Permissions uint64
	BotID       string // the bot the role belongs to
}

// Member is a user in a guild.
type Member struct {
	User    string
	Nick    string
	Roles   []string
	Joined  time.Time
	Timeout time.Time
}

// Guild is a server.
type Guild struct {
	ID      string
	Name    string
	Owner   string
	System  string // the channel for the platform's own notices; "" is none
	Out     bool   // in an outage
	Roles   []*Role
	Members map[string]*Member
}

// Overwrite changes permissions in a channel for a role or a member.
type Overwrite struct {
	ID     string
	Member bool
	Allow  uint64
	Deny   uint64
}

// Channel is a channel, thread or direct-message channel.
type Channel struct {
	ID         string
	Guild      string
	Type       int
	Name       string
	Parent     string
	Owner      string
	Overwrites []Overwrite
	Recipients []string
	Shut       bool // the recipient takes no direct message of ours
	Locked     bool
	Gone       bool
}

func (c *Channel) thread() bool { return c.Type >= 10 && c.Type <= 12 }

// Message is one message.
type Message struct {
	ID         string
	Channel    string
	Author     string
	Type       int
	Content    string
	Flags      int
	Components []any
	Files      []File
	Nonce      string
	To         string // whom an ephemeral message is shown to
	ReplyTo    string
	Edited     time.Time
	At         time.Time
	Token      string // of the interaction that made it
	Notified   []string
}

// File is an attachment.
type File struct {
	ID, Name, Alt string
	Data          []byte
}

// Permissions with names, as bits.
const (
	Administrator     uint64 = 1 << 3
	ManageGuild       uint64 = 1 << 5
	ViewChannel       uint64 = 1 << 10
	SendMessages      uint64 = 1 << 11
	EmbedLinks        uint64 = 1 << 14
	AttachFiles       uint64 = 1 << 15
	ReadHistory       uint64 = 1 << 16
	MentionEveryone   uint64 = 1 << 17
	UseCommands       uint64 = 1 << 31
	ManageThreads     uint64 = 1 << 34
	CreateThreads     uint64 = 1 << 35
	SendInThreads     uint64 = 1 << 38
	everyoneHas              = ViewChannel | SendMessages | EmbedLinks | AttachFiles | ReadHistory | UseCommands | CreateThreads | SendInThreads
	botHas                   = ViewChannel | SendMessages | EmbedLinks | AttachFiles | ReadHistory | CreateThreads | SendInThreads
	flagSuppress             = 1 << 2
	flagEphemeral            = 1 << 6
	flagLoading              = 1 << 7
	textChannel              = 0
	directChannel            = 1
	publicThread             = 11
	privateThread            = 12
	threadStarterType        = 21
)

// AddUser makes an account and returns its id.
func (f *Fake) AddUser(name string, bot bool) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	u := User{ID: f.id(), Name: name, Bot: bot}
	f.users[u.ID] = u
	return u.ID
}

// AddGuild makes a guild with an owner, @everyone and the bot in it. Guilds are
// made before the adapter connects, or announced with Added.
func (f *Fake) AddGuild(name, owner string) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	g := &Guild{ID: f.id(), Name: name, Owner: owner, Members: map[string]*Member{}}
	managed := &Role{ID: f.id(), Name: f.bot.Name, Permissions: botHas, BotID: f.bot.ID}
	g.Roles = []*Role{{ID: g.ID, Name: "@everyone", Permissions: everyoneHas}, managed}
	joined := f.clock.Now().AddDate(-1, 0, 0)
	g.Members[f.bot.ID] = &Member{User: f.bot.ID, Roles: []string{managed.ID}, Joined: joined}
	g.Members[owner] = &Member{User: owner, Joined: joined}
	f.guilds[g.ID] = g
	f.order = append(f.order, g.ID)
	return g.ID
}

// Join makes a user a member.
func (f *Fake) Join(guild, user string, roles ...string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.guilds[guild].Members[user] = &Member{User: user, Roles: roles, Joined: f.clock.Now().AddDate(0, -1, 0)}
}

// AddRole makes a role and returns its id.
func (f *Fake) AddRole(guild, name string, permissions uint64) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	r := &Role{ID: f.id(), Name: name, Permissions: permissions}
	f.guilds[guild].Roles = append(f.guilds[guild].Roles, r)
	return r.ID
}

// SwitchApp sets what its owner switches at Discord: whether the app may see
// message contents, and whether anybody may add it.
func (f *Fake) SwitchApp(content, public bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.appFlags, f.public = 0, public
	if content {
		f.appFlags = 1 << 19
	}
}

// Revoke takes permissions from everybody and from the bot's role in a guild.
func (f *Fake) Revoke(guild string, permissions uint64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, r := range f.guilds[guild].Roles[:2] {
		r.Permissions &^= permissions
	}
}

// BotRole is the role that Discord made for the bot in a guild.
func (f *Fake) BotRole(guild string) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.guilds[guild].Roles[1].ID
}

// AddChannel makes a channel of a kind and returns its id.
func (f *Fake) AddChannel(guild, name string, kind int, over ...Overwrite) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	c := &Channel{ID: f.id(), Guild: guild, Type: kind, Name: name, Overwrites: over}
	f.channels[c.ID] = c
	return c.ID
}

// AddThread makes a thread on a message of a channel; owner is who made it.
func (f *Fake) AddThread(message *Message, name, owner string) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	parent := f.channels[message.Channel]
	c := &Channel{ID: message.ID, Guild: parent.Guild, Type: publicThread, Name: name, Parent: parent.ID, Owner: owner}
	f.channels[c.ID] = c
	f.messages[c.ID] = []*Message{{ID: f.id(), Channel: c.ID, Author: message.Author, Type: threadStarterType, ReplyTo: message.ID, At: f.clock.Now()}}
	return c.ID
}

// Direct is the direct-message channel of a user and the bot.
func (f *Fake) Direct(user string) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.direct(user).ID
}

func (f *Fake) direct(user string) *Channel {
	for _, c := range f.channels {
		if c.Type == directChannel && slices.Contains(c.Recipients, user) {
			return c
		}
	}
	c := &Channel{ID: f.id(), Type: directChannel, Recipients: []string{user}}
	f.channels[c.ID] = c
	return c
}

// ShutDirect lets a user's privacy settings refuse the bot's direct messages.
func (f *Fake) ShutDirect(user string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.direct(user).Shut = true
}

// Seed puts a message into a channel without telling anybody.
func (f *Fake) Seed(channel, author, text string) *Message {
	f.mu.Lock()
	defer f.mu.Unlock()
	m := &Message{ID: f.id(), Channel: channel, Author: author, Content: text, At: f.clock.Now()}
	f.messages[channel] = append(f.messages[channel], m)
	return m
}

// Deny takes permissions from the bot in a channel.
func (f *Fake) Deny(channel string, permissions uint64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.channels[channel].Overwrites = append(f.channels[channel].Overwrites, Overwrite{ID: f.bot.ID, Member: true, Deny: permissions})
}

// Forbid takes permissions from a member in a channel, and says so.
func (f *Fake) Forbid(channel, user string, permissions uint64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	c := f.channels[channel]
	c.Overwrites = append(c.Overwrites, Overwrite{ID: user, Member: true, Deny: permissions})
	f.tell(c.Guild, "CHANNEL_UPDATE", func(*session) any { return f.channelJSON(c) })
}

// TimeOut keeps a member from writing until an instant.
func (f *Fake) TimeOut(guild, user string, until time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.guilds[guild].Members[user].Timeout = until
}

// Messages are what a viewer sees in a channel, oldest first. The message a
// thread began with is shown at its head, as clients do.
func (f *Fake) Messages(channel, viewer string) []Message {
	f.mu.Lock()
	defer f.mu.Unlock()
	var out []Message
	for _, m := range f.messages[channel] {
		if m.To != "" && m.To != viewer {
			continue
		}
		if m.Type == threadStarterType {
			if root := f.message(f.channels[channel].Parent, m.ReplyTo); root != nil {
				out = append(out, *root)
			}
			continue
		}
		out = append(out, *m)
	}
	return out
}

// Channel is a channel or thread; ok is false when there is none.
func (f *Fake) Channel(id string) (Channel, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	c := f.channels[id]
	if c == nil {
		return Channel{}, false
	}
	return *c, true
}

func (f *Fake) message(channel, id string) *Message {
	for _, m := range f.messages[channel] {
		if m.ID == id {
			return m
		}
	}
	return nil
}

// may computes permissions as Discord does. f.mu is held.
func (f *Fake) may(user string, c *Channel) uint64 {
	if c.Type == directChannel {
		return everyoneHas
	}
	if c.thread() {
		c = f.channels[c.Parent]
	}
	g := f.guilds[c.Guild]
	m := g.Members[user]
	if m == nil {
		return 0
	}
	if g.Owner == user {
		return ^uint64(0)
	}
	var p uint64
	for _, r := range g.Roles {
		if r.ID == g.ID || slices.Contains(m.Roles, r.ID) {
			p |= r.Permissions
		}
	}
	if p&Administrator != 0 {
		return ^uint64(0)
	}
	for _, step := range []func(Overwrite) bool{
		func(o Overwrite) bool { return !o.Member && o.ID == g.ID },
		func(o Overwrite) bool { return !o.Member && o.ID != g.ID && slices.Contains(m.Roles, o.ID) },
		func(o Overwrite) bool { return o.Member && o.ID == user },
	} {
		var allow, deny uint64
		for _, o := range c.Overwrites {
			if step(o) {
				allow, deny = allow|o.Allow, deny|o.Deny
			}
		}
		p = p&^deny | allow
	}
	if f.clock.Now().Before(m.Timeout) {
		p &= ViewChannel | ReadHistory
	}
	return p
}

// mentions are the people and roles a text names.
func (f *Fake) mentions(c *Channel, text string) (people, roles []string) {
	for id := range f.users {
		if strings.Contains(text, "<@"+id+">") || strings.Contains(text, "<@!"+id+">") {
			people = append(people, id)
		}
	}
	slices.Sort(people)
	if g := f.guilds[c.Guild]; g != nil {
		for _, r := range g.Roles {
			if strings.Contains(text, "<@&"+r.ID+">") {
				roles = append(roles, r.ID)
			}
		}
	}
	return people, roles
}
