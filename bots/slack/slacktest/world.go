package slacktest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Team is one workspace.
type Team struct {
	ID, Name, Domain string
	Enterprise       string // id of the organisation on Grid; usually ""
}

// User is a person or a bot.
type User struct {
	ID, Team, Name, RealName   string // Name is the handle and display name
	Admin, Owner, PrimaryOwner bool
	Guest, SingleChannel       bool // multi-channel and single-channel guests
	Stranger                   bool // of another company, seen through Connect
	Bot, Deleted               bool
	BotID, App                 string // of a bot
	TZ, Locale                 string // "": "Europe/Vienna", "en-US"
}

// ChannelKind is what kind of conversation a channel is.
type ChannelKind string

// The kinds, by the names of conversations.list.
const (
	Public  ChannelKind = "public_channel"
	Private ChannelKind = "private_channel"
	IM      ChannelKind = "im"
	MPIM    ChannelKind = "mpim"
)

// Channel is a conversation. The zero Kind is Public.
type Channel struct {
	ID, Team, Name string
	Kind           ChannelKind
	Members        []string
	ExtShared      bool     // shared with another company
	Teams          []string // the other teams of a shared channel
	Archived       bool
	ReadOnly       bool
}

// Usergroup is a group such as @finance.
type Usergroup struct {
	ID, Team, Handle, Name string
	Users                  []string
}

// state is everything Slack knows. Fake.mu guards it.
type state struct {
	teams       []*Team
	users       []*User
	channels    []*Channel
	groups      []*Usergroup
	tokens      map[string]*token
	messages    map[string][]*message // by channel, in order of ts
	lastTS      time.Time
	seq         int
	triggers    map[string]*trigger
	responses   map[string]*responseURL
	views       map[string]*view   // by id
	stacks      map[string][]*view // modals open for a user, bottom first
	homes       map[string]*view   // by team/user
	forms       []*view            // every modal ever opened, in order
	files       map[string]*file
	sessions    map[string]*session // by channel/thread
	prompts     map[string][]Prompt
	codes       map[string]*grant
	uninstalled map[string]bool
	contexts    map[string][]object // what a user looks at
}

func newState() state {
	return state{
		tokens: map[string]*token{}, messages: map[string][]*message{}, triggers: map[string]*trigger{},
		responses: map[string]*responseURL{}, views: map[string]*view{}, stacks: map[string][]*view{},
		homes: map[string]*view{}, files: map[string]*file{}, sessions: map[string]*session{},
		prompts: map[string][]Prompt{}, codes: map[string]*grant{}, uninstalled: map[string]bool{}, contexts: map[string][]object{},
	}
}

// AddTeam adds a workspace.
func (f *Fake) AddTeam(t Team) {
	f.mu.Lock()
	defer f.mu.Unlock()
	t.Domain = cmp.Or(t.Domain, strings.ToLower(t.Name))
	f.state.teams = append(f.state.teams, &t)
}

// AddUser adds a person or a bot to a workspace.
func (f *Fake) AddUser(u User) {
	f.mu.Lock()
	defer f.mu.Unlock()
	u.RealName = cmp.Or(u.RealName, u.Name)
	u.TZ = cmp.Or(u.TZ, "Europe/Vienna")
	u.Locale = cmp.Or(u.Locale, "en-US")
	f.state.users = append(f.state.users, &u)
}

// AddChannel adds a conversation.
func (f *Fake) AddChannel(c Channel) {
	f.mu.Lock()
	defer f.mu.Unlock()
	c.Kind = cmp.Or(c.Kind, Public)
	c.Members = slices.Clone(c.Members)
	f.state.channels = append(f.state.channels, &c)
}

// AddUsergroup adds a group of people.
func (f *Fake) AddUsergroup(g Usergroup) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.state.groups = append(f.state.groups, &g)
}

// ChangeUser changes a user in place, as an admin would; no event is sent.
func (f *Fake) ChangeUser(id string, change func(*User)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if u := f.state.user(id); u != nil {
		change(u)
	}
}

// ChangeChannel changes a channel in place; no event is sent.
func (f *Fake) ChangeChannel(id string, change func(*Channel)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if c := f.state.channel(id); c != nil {
		change(c)
	}
}

// find returns the element whose id is id, or nil.
func find[T any](all []*T, id string, of func(*T) string) *T {
	for _, x := range all {
		if of(x) == id {
			return x
		}
	}
	return nil
}

func (s *state) team(id string) *Team { return find(s.teams, id, func(t *Team) string { return t.ID }) }
func (s *state) user(id string) *User { return find(s.users, id, func(u *User) string { return u.ID }) }
func (s *state) channel(id string) *Channel {
	return find(s.channels, id, func(c *Channel) string { return c.ID })
}

// next is a fresh id with a prefix: "V0000012".
func (s *state) next(prefix string) string {
	s.seq++
	return fmt.Sprintf("%s%07d", prefix, s.seq)
}

// bot is the app's bot user in a team; nil when it is not installed.
func (s *state) bot(team string) *User {
	for _, u := range s.users {
		if u.Team == team && u.App == AppID {
			return u
		}
	}
	return nil
}

func (c *Channel) has(user string) bool { return slices.Contains(c.Members, user) }

// inTeam says whether a channel is to be seen from a team.
func (c *Channel) inTeam(team string) bool { return c.Team == team || slices.Contains(c.Teams, team) }
