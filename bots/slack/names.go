package slack

import (
	"context"
	"errors"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/tierwise/tierwise/internal/chat"
)

// user is what users.info says, as far as we use it.
type user struct {
	ID      string `json:"id"`
	Team    string `json:"team_id"`
	Name    string `json:"name"`
	Real    string `json:"real_name"`
	Profile struct {
		Display string `json:"display_name"`
		Real    string `json:"real_name"`
	} `json:"profile"`
	Locale     string `json:"locale"`
	Deleted    bool   `json:"deleted"`
	Admin      bool   `json:"is_admin"`
	Owner      bool   `json:"is_owner"`
	Primary    bool   `json:"is_primary_owner"`
	Restricted bool   `json:"is_restricted"`
	Ultra      bool   `json:"is_ultra_restricted"`
	Stranger   bool   `json:"is_stranger"`
	Bot        bool   `json:"is_bot"`
	Grid       struct {
		Admin bool     `json:"is_admin"`
		Owner bool     `json:"is_owner"`
		Teams []string `json:"teams"`
	} `json:"enterprise_user"`
}

// conversation is what conversations.info says, as far as we use it.
type conversation struct {
	ID        string `json:"id"`
	Name      string `json:"name"`
	IM        bool   `json:"is_im"`
	MPIM      bool   `json:"is_mpim"`
	Private   bool   `json:"is_private"`
	Group     bool   `json:"is_group"`
	ExtShared *bool  `json:"is_ext_shared"` // nil where Slack does not say
	OrgShared bool   `json:"is_org_shared"`
	Pending   bool   `json:"is_pending_ext_shared"`
	Shared    bool   `json:"is_shared"`
	Archived  bool   `json:"is_archived"`
	Member    bool   `json:"is_member"`
	ReadOnly  bool   `json:"is_read_only"`
	User      string `json:"user"` // the other side of a direct message
	Members   int    `json:"num_members"`
}

// names knows people, channels and groups for some minutes, never past a
// change the platform announced.
type names struct {
	a        *Adapter
	users    *cache[user]
	channels *cache[conversation]
	groups   *cache[map[string]string]   // handles by group id
	memberOf *cache[map[string][]string] // group ids by user
	lists    *cache[map[string]string]   // channel ids by name
	members  *cache[bool]                // "team/channel/user"
	missing  *cache[struct{}]
}

const nameLife = 5 * time.Minute

func newNames(a *Adapter) *names {
	c := a.clock
	return &names{a: a, users: newCache[user](c, nameLife, 50_000), channels: newCache[conversation](c, nameLife, 20_000),
		groups: newCache[map[string]string](c, nameLife, 1000), memberOf: newCache[map[string][]string](c, nameLife, 1000),
		lists: newCache[map[string]string](c, nameLife, 100), members: newCache[bool](c, time.Minute, 50_000),
		missing: newCache[struct{}](c, nameLife, 10_000)}
}

// forget drops everything known of a workspace.
func (n *names) forget(team string) {
	n.users.dropPrefix(team + "/")
	n.channels.dropPrefix(team + "/")
	n.members.dropPrefix(team + "/")
	n.missing.dropPrefix(team + "/")
	n.groups.drop(team)
	n.memberOf.drop(team)
	n.lists.drop(team)
}

// patience of look-ups: they happen before an acknowledgement or a click is
// judged, so they never wait long for a free slot.
const lookupPatience = 500 * time.Millisecond

// user looks a person up.
func (n *names) user(ctx context.Context, team, id string) (user, error) {
	key := team + "/" + id
	if u, ok := n.users.get(key); ok {
		return u, nil
	}
	if _, gone := n.missing.get(key); gone || !looksLikeUser(id) {
		return user{}, chat.ErrNotFound
	}
	var got struct {
		User user `json:"user"`
	}
	_, err := n.a.call(ctx, team, call{method: usersInfo, args: url.Values{"user": {id}, "include_locale": {"true"}}, patience: lookupPatience}, &got)
	if errors.Is(err, chat.ErrNotFound) {
		n.missing.put(key, struct{}{})
	}
	if err != nil {
		return user{}, err
	}
	n.users.put(key, got.User)
	return got.User, nil
}

// looksLikeUser keeps nonsense from being asked for.
func looksLikeUser(id string) bool {
	return len(id) > 1 && (id[0] == 'U' || id[0] == 'W') && strings.ToUpper(id) == id
}

// label is the name a person goes by, fit to stand in a line of text.
func (u user) label() string {
	for _, s := range []string{u.Profile.Display, u.Profile.Real, u.Real, u.Name} {
		if s = tidy(s); s != "" {
			return s
		}
	}
	return "someone"
}

// tidy makes a name one short line without anything that has a meaning in
// messages: names are chosen by people and read by models.
func tidy(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r < ' ' || r == '<' || r == '>' || r == '`' || r == '\u2028' || r == '\u2029' || r == '\u200b' || r == '\u202e':
			return ' '
		}
		return r
	}, s)
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > 60 {
		s = string(r[:60])
	}
	return s
}

// channel looks a conversation up.
func (n *names) channel(ctx context.Context, team, id string) (conversation, error) {
	key := team + "/" + id
	if c, ok := n.channels.get(key); ok {
		return c, nil
	}
	var got struct {
		Channel conversation `json:"channel"`
	}
	_, err := n.a.call(ctx, team, call{method: convInfo, args: url.Values{"channel": {id}, "include_num_members": {"true"}}, patience: lookupPatience}, &got)
	if err != nil {
		return conversation{}, err
	}
	n.channels.put(key, got.Channel)
	return got.Channel, nil
}

// group is the handle of a user group; "" when it is not known.
func (n *names) group(ctx context.Context, team, id string) string {
	handles, _ := n.allGroups(ctx, team)
	return handles[id]
}

// groupsOf are the groups a person is in. Without the permission to read
// groups there are none.
func (n *names) groupsOf(ctx context.Context, team, id string) []string {
	_, of := n.allGroups(ctx, team)
	return of[id]
}

// allGroups reads all groups of a workspace with their people, in one call.
func (n *names) allGroups(ctx context.Context, team string) (handles map[string]string, of map[string][]string) {
	handles, ok := n.groups.get(team)
	of, also := n.memberOf.get(team)
	if ok && also {
		return handles, of
	}
	var got struct {
		Groups []struct {
			ID     string   `json:"id"`
			Handle string   `json:"handle"`
			Users  []string `json:"users"`
		} `json:"usergroups"`
	}
	handles, of = map[string]string{}, map[string][]string{}
	_, err := n.a.call(ctx, team, call{method: usergroupsList, args: url.Values{"include_users": {"true"}}, patience: lookupPatience}, &got)
	if err != nil {
		var r *refusal
		if !errors.As(err, &r) {
			return handles, of // a passing fault is not remembered
		}
	}
	for _, g := range got.Groups {
		handles[g.ID] = tidy(g.Handle)
		for _, u := range g.Users {
			of[u] = append(of[u], g.ID)
		}
	}
	n.groups.put(team, handles)
	n.memberOf.put(team, of)
	return handles, of
}

// markup finds what Slack writes for a mention, a channel, a group, a date or a link.
var markup = regexp.MustCompile(`<([^<>\n]+)>`)

// readable is a message's text as a person reads it: names for ids, addresses
// for links, and the three escapes undone. drop is the bot's own id, whose
// mention is left out; "" keeps all.
func (n *names) readable(ctx context.Context, team, text, drop string) string {
	text = markup.ReplaceAllStringFunc(text, func(m string) string {
		return n.expand(ctx, team, m[1:len(m)-1], drop)
	})
	return strings.TrimSpace(unescape.Replace(text))
}

// words are a command's, as a person reads them; see chat.KeepsIDs.
func (n *names) words(ctx context.Context, team, command, text string) string {
	if !chat.KeepsIDs(command) {
		return n.readable(ctx, team, text, "")
	}
	text = markup.ReplaceAllStringFunc(text, func(m string) string {
		body, _, _ := strings.Cut(m[1:len(m)-1], "|")
		if strings.HasPrefix(body, "@") || strings.HasPrefix(body, "!subteam^") {
			return "<" + body + ">"
		}
		return n.expand(ctx, team, m[1:len(m)-1], "")
	})
	return strings.TrimSpace(unescape.Replace(text))
}

var unescape = strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&")

// expand reads one token, without its brackets.
func (n *names) expand(ctx context.Context, team, inner, drop string) string {
	body, label, labelled := strings.Cut(inner, "|")
	switch {
	case strings.HasPrefix(body, "@"):
		id := body[1:]
		if id == drop {
			return ""
		}
		if u, err := n.user(ctx, team, id); err == nil {
			return "@" + u.label()
		}
		return "@" + or(tidy(label), "someone")
	case strings.HasPrefix(body, "#"):
		if name := tidy(label); name != "" {
			return "#" + name
		}
		if c, err := n.channel(ctx, team, body[1:]); err == nil && c.Name != "" {
			return "#" + c.Name
		}
		return "#a channel"
	case strings.HasPrefix(body, "!subteam^"):
		return "@" + or(strings.TrimPrefix(tidy(label), "@"), or(n.group(ctx, team, strings.TrimPrefix(body, "!subteam^")), "a group"))
	case strings.HasPrefix(body, "!date^"):
		return date(body, label)
	case strings.HasPrefix(body, "!"):
		return "@" + or(strings.TrimPrefix(tidy(label), "@"), body[1:])
	case labelled && label != body && !strings.HasSuffix(body, label):
		return label + " (" + body + ")"
	}
	return strings.TrimPrefix(body, "mailto:")
}

// date is "<!date^unix^format|fallback>" in words.
func date(body, fallback string) string {
	parts := strings.Split(body, "^")
	if len(parts) > 1 {
		if unix, err := strconv.ParseInt(parts[1], 10, 64); err == nil {
			return time.Unix(unix, 0).UTC().Format("2006-01-02 15:04 MST")
		}
	}
	return fallback
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
