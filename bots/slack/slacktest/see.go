package slacktest

import (
	"html"
	"regexp"
	"slices"
	"sort"
	"strings"
)

// Seen is a message as one person sees it.
type Seen struct {
	Ref
	User, BotID string
	Raw         string // the text field, as stored
	Text        string // all that is written: text or blocks, without button labels
	Blocks      []map[string]any
	Metadata    map[string]any
	Private     bool // visible to this person only
	Live        bool // a stream under way
	Edited      bool
	Unfurls     bool // links in it may be unfurled
	Controls    []Control
	Files       []string // names
	Reactions   map[string]int
	Mentions    []string // user ids, usergroup ids, "here", "channel", "everyone": who would be notified
}

// See is what the person sees in a channel ("" as thread) or in a thread, oldest
// first: everybody's messages and the ephemeral ones for this person.
func (p *Person) See(channel, thread string) []Seen {
	p.f.mu.Lock()
	defer p.f.mu.Unlock()
	ch := p.f.state.channel(channel)
	if ch == nil || !ch.has(p.user.ID) && (ch.Kind != Public || p.user.Guest || !ch.inTeam(p.user.Team)) {
		return nil
	}
	var all []Seen
	for _, m := range p.f.state.messages[channel] {
		in := thread == "" && (m.thread == "" || m.subtype == "thread_broadcast") || thread != "" && m.root() == thread
		if in && (m.forUser == "" || m.forUser == p.user.ID) {
			all = append(all, p.seen(m, ch))
		}
	}
	return all
}

// Last is the newest message the person sees at a place; the zero Seen when none.
func (p *Person) Last(channel, thread string) Seen {
	if all := p.See(channel, thread); len(all) > 0 {
		return all[len(all)-1]
	}
	return Seen{}
}

// seen is one message through the person's eyes. f.mu is held.
func (p *Person) seen(m *message, ch *Channel) Seen {
	s := Seen{Ref: Ref{m.channel, m.ts, m.thread}, User: m.user, BotID: m.botID, Raw: m.text, Blocks: clone(m.blocks), Metadata: clone(m.metadata),
		Private: m.forUser != "", Edited: m.edited, Unfurls: m.unfurl, Controls: controls(m.blocks), Mentions: p.f.mentions(m)}
	if m.stream != nil {
		s.Live = p.f.streamState(m) == streaming
		if s.Live && ch.Kind != IM && m.stream.recipient != p.user.ID {
			s.Raw = m.stream.first
		}
	}
	switch body := written(m.blocks); {
	case m.markdown || len(m.blocks) == 0:
		s.Text = strings.TrimSpace(html.UnescapeString(s.Raw) + "\n" + body)
	default:
		s.Text = body
	}
	for _, x := range m.files {
		s.Files = append(s.Files, x.name)
	}
	for _, r := range m.reactions {
		if s.Reactions == nil {
			s.Reactions = map[string]int{}
		}
		s.Reactions[r.Name] = r.Count
	}
	return s
}

// Reload restarts the person's client: ephemeral messages are gone.
func (p *Person) Reload() {
	p.f.mu.Lock()
	defer p.f.mu.Unlock()
	for channel, all := range p.f.state.messages {
		p.f.state.messages[channel] = slices.DeleteFunc(all, func(m *message) bool { return m.forUser == p.user.ID })
	}
}

// written is all that is written in blocks, one line per part, without the
// labels of buttons and menus.
func written(blocks []object) string {
	var lines []string
	for _, b := range blocks {
		read(b, &lines)
	}
	return strings.Join(lines, "\n")
}

// read collects text below v in the order a person reads it.
func read(v any, lines *[]string) {
	switch v := v.(type) {
	case []any:
		for _, x := range v {
			read(x, lines)
		}
	case map[string]any:
		if _, ok := v["action_id"]; ok {
			return
		}
		switch v["type"] {
		case "rich_text_section", "rich_text_preformatted", "rich_text_quote":
			*lines = append(*lines, inline(v["elements"]))
			return
		case "plain_text", "mrkdwn":
			*lines = append(*lines, html.UnescapeString(text(v["text"])))
			return
		}
		readFields(v, lines)
	}
}

// shownKeys are the fields of blocks that are shown, in order of reading.
var shownKeys = []string{"title", "caption", "label", "text", "subtitle", "body", "details", "output", "fields", "elements", "rows", "columns", "chart", "series",
	"segments", "data", "axis_config", "categories", "name", "hint", "description", "alt_text", "subtext", "child_blocks", "accessory", "element"}

func readFields(v object, lines *[]string) {
	for _, key := range shownKeys {
		if s, ok := v[key].(string); ok {
			*lines = append(*lines, s)
			continue
		}
		if key == "categories" {
			for _, c := range list(v[key]) {
				*lines = append(*lines, text(c))
			}
			continue
		}
		read(v[key], lines)
	}
}

// inline joins the elements of one rich text section.
func inline(elements any) string {
	var b strings.Builder
	for _, x := range list(elements) {
		e, _ := x.(map[string]any)
		switch e["type"] {
		case "user":
			b.WriteString("@" + text(e["user_id"]))
		case "channel":
			b.WriteString("#" + text(e["channel_id"]))
		case "link":
			if label := text(e["text"]); label != "" {
				b.WriteString(label)
				continue
			}
			b.WriteString(text(e["url"]))
		case "emoji":
			b.WriteString(":" + text(e["name"]) + ":")
		default:
			b.WriteString(text(e["text"]))
		}
	}
	return b.String()
}

// live are the mentions that notify, in text as Slack stores it.
var (
	liveUser  = regexp.MustCompile(`<@([UW][A-Za-z0-9]+)(?:\|[^>]*)?>`)
	liveAll   = regexp.MustCompile(`<!(here|channel|everyone|group)(?:\|[^>]*)?>`)
	liveGroup = regexp.MustCompile(`<!subteam\^([A-Za-z0-9]+)(?:\|[^>]*)?>`)
	bareAll   = regexp.MustCompile(`(?:^|\s)@(here|channel|everyone)\b`)
)

// mentions is who a message notifies: by its text, which notifications are made
// of, by its blocks, and by bare names when link_names or parse=full was given.
func (f *Fake) mentions(m *message) []string {
	found := map[string]bool{}
	scan := func(s string) {
		for _, re := range []*regexp.Regexp{liveUser, liveAll, liveGroup} {
			for _, hit := range re.FindAllStringSubmatch(s, -1) {
				found[hit[1]] = true
			}
		}
		if !m.mentionAll {
			return
		}
		for _, hit := range bareAll.FindAllStringSubmatch(s, -1) {
			found[hit[1]] = true
		}
		for _, u := range f.state.users {
			if strings.Contains(s, "@"+u.Name) {
				found[u.ID] = true
			}
		}
	}
	scan(m.text)
	for _, b := range m.blocks {
		notifies(b, scan, found)
	}
	var all []string
	for id := range found {
		all = append(all, id)
	}
	sort.Strings(all)
	return all
}

// notifies walks blocks for text that is read for mentions and for rich text
// mentions. Plain text notifies nobody.
func notifies(v any, scan func(string), found map[string]bool) {
	switch v := v.(type) {
	case []any:
		for _, x := range v {
			notifies(x, scan, found)
		}
	case map[string]any:
		switch v["type"] {
		case "plain_text":
			return
		case "mrkdwn", "markdown":
			scan(text(v["text"]))
			return
		case "user":
			found[text(v["user_id"])] = true
		case "usergroup":
			found[text(v["usergroup_id"])] = true
		case "broadcast":
			found[text(v["range"])] = true
		}
		for _, x := range v {
			notifies(x, scan, found)
		}
	}
}
