package console

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/localchat"
)

// inbox keeps what happened until the terminal has time to show it.
type inbox struct {
	mu      sync.Mutex
	changes []localchat.Change
	wake    chan struct{}
}

func newInbox() *inbox { return &inbox{wake: make(chan struct{}, 1)} }

// add is called by the World while it is locked, so it only notes.
func (i *inbox) add(change localchat.Change) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.changes = append(i.changes, change)
	select {
	case i.wake <- struct{}{}:
	default:
	}
}

func (i *inbox) take() []localchat.Change {
	i.mu.Lock()
	defer i.mu.Unlock()
	taken := i.changes
	i.changes = nil
	return taken
}

// maxMissed bounds what is kept for members the person may act as later.
const maxMissed = 2000

// show prints what happened since the last time, as far as the present member
// sees it.
func (c *Console) show() {
	for _, change := range c.inbox.take() {
		if !c.world.Sees(change.Place, change.Message, c.who) {
			c.missed = append(c.missed, change)
			if len(c.missed) > maxMissed {
				c.missed = c.missed[1:]
			}
			continue
		}
		switch m := change.Message; {
		case change.Kind == localchat.Gone:
			c.gone(change)
		case m.Post == nil:
			c.person(change)
		case m.Post.Stage == chat.Placeholder || m.Post.Stage == chat.Live:
			c.pending[key(change)] = change
			c.out.status(c.head(change) + tail(m.Post.Text, c.style.width()))
		default:
			c.final(change)
		}
	}
}

func key(change localchat.Change) string {
	return change.Place.Workspace + "/" + change.Message.Ref.Channel + "/" + change.Message.Ref.ID
}

// tail is the end of a text that is still arriving.
func tail(text string, most int) string {
	r := []rune(strings.ReplaceAll(text, "\n", " "))
	if room := most / 2; len(r) > room {
		return "…" + string(r[len(r)-room:])
	}
	return string(r)
}

// head is "[place] author" with the marks that say who sees it.
func (c *Console) head(change localchat.Change) string {
	m := change.Message
	head := fmt.Sprintf("[%s] %s", c.name(change.Place), c.author(m))
	if c.style.Times {
		head = m.At.Format("15:04 ") + head
	}
	if m.To != "" {
		head += " (only visible to you)"
	}
	return head + ": "
}

func (c *Console) author(m localchat.Message) string {
	if member, ok := c.world.Member(c.at.Workspace, m.Author); ok {
		return member.Name
	}
	return strings.TrimPrefix(m.Author, "u-")
}

// person prints what a person said; one's own words are on the screen already
// where a person types.
func (c *Console) person(change localchat.Change) {
	m := change.Message
	if c.style.Interactive && m.Author == c.who && change.Kind == localchat.Posted {
		return
	}
	mark := ""
	if m.Edited {
		mark = "(edited) "
	}
	c.body(change, mark+m.Text)
}

// body prints head and text; further lines are indented.
func (c *Console) body(change localchat.Change, text string) {
	if change.Message.Post != nil {
		text = c.style.markdown(safe(text))
	} else {
		text = safe(text)
	}
	lines := strings.Split(strings.TrimRight(text, "\n "), "\n")
	head := oneLine(strings.TrimSuffix(c.head(change), " "))
	c.out.line(strings.TrimRight(c.style.paint(bold, head)+" "+lines[0], " "))
	for _, l := range lines[1:] {
		c.out.line(strings.TrimRight("  "+l, " "))
	}
}

// final prints a finished post. One that was printed before is printed again
// only when its words changed; new buttons replace the old ones in any case.
func (c *Console) final(change localchat.Change) {
	k, p := key(change), change.Message.Post
	delete(c.pending, k)
	words := wording(p)
	before, again := c.shown[k]
	c.shown[k] = words
	if again && before == words {
		c.buttons(change)
		return
	}
	text := p.Text
	if again {
		text = "(changed) " + text
	}
	if text != "" || p.Form == nil { // a form may come without words
		c.body(change, text)
	}
	c.attachments(p)
	if p.Footer != "" {
		c.out.note("  " + p.Footer)
	}
	if p.Sample {
		c.out.note("  simulated model · sample money")
	}
	c.buttons(change)
	if p.Form != nil && (change.Message.To == c.who || change.Message.To == "") {
		c.open(localchat.Opened{Form: p.Form, At: change.Place, Message: change.Message.Ref})
	}
}

// wording is everything of a post that is printed besides its buttons.
func wording(p *chat.Post) string {
	return fmt.Sprintf("%q %q %v %v %d", p.Text, p.Footer, p.Table, p.Chart, len(p.Files))
}

func (c *Console) attachments(p *chat.Post) {
	var lines []string
	if p.Table != nil {
		t := *p.Table
		if strings.Contains(p.Text, t.Title) {
			t.Title = "" // the text above has said it
		}
		lines = append(lines, tableLines(&t)...)
	}
	if p.Chart != nil {
		chart := *p.Chart
		if strings.Contains(p.Text, chart.Title) {
			chart.Title = ""
		}
		lines = append(lines, chartLines(&chart)...)
	}
	for _, f := range p.Files {
		c.files[f.Name] = f
		lines = append(lines, fmt.Sprintf("📎 %s (%s) %s", oneLine(f.Name), size(max(f.Size, int64(len(f.Data)))), oneLine(f.Alt)))
	}
	for _, l := range lines {
		c.out.line(strings.TrimRight("  "+l, " "))
	}
}

func (c *Console) buttons(change localchat.Change) {
	if shown := c.pressable.offer(change.Place.Workspace, change.Message); shown != "" {
		c.pressable.stale = false
		c.out.line("  " + c.style.paint(cyan, shown))
	} else {
		c.pressable.withdraw(change.Message.Ref)
	}
}

func (c *Console) gone(change localchat.Change) {
	k := key(change)
	_, printed := c.shown[k]
	delete(c.pending, k)
	delete(c.shown, k)
	c.pressable.withdraw(change.Message.Ref)
	if printed {
		c.out.note(c.head(change) + "(removed)")
	} else {
		c.out.clear()
	}
}

// leftovers prints posts that stay unfinished when the line is done, for
// instance "waiting for approval".
func (c *Console) leftovers() {
	c.out.clear()
	for _, k := range slices.Sorted(maps.Keys(c.pending)) {
		change := c.pending[k]
		if words := wording(change.Message.Post); c.shown[k] != words {
			c.shown[k] = words
			c.body(change, change.Message.Post.Text)
			c.buttons(change)
		}
	}
}

// read prints the place with numbers, a channel's newest messages only; buttons
// under the posts can be pressed again.
func (c *Console) read(newest string) error {
	all := c.world.Read(c.at, c.who)
	most := len(all)
	if c.at.Thread == "" {
		most = 40
	}
	if newest != "" {
		if !isNumber(newest) {
			return mistake("Say /read, or /read and how many of the newest messages.")
		}
		most, _ = strconv.Atoi(newest) // digits only, at most three
	}
	from := max(0, len(all)-most)
	if from > 0 {
		c.out.note(fmt.Sprintf("… %d earlier messages", from))
	}
	c.pressable.newLine()
	for i, m := range all[from:] {
		c.out.clear()
		c.out.write(fmt.Sprintf("%3d ", from+i+1))
		c.again(m)
	}
	if len(all) == 0 {
		c.out.note("Nothing here yet.")
	}
	return nil
}

// again prints a message that was there before.
func (c *Console) again(m localchat.Message) {
	at := c.at
	if at.Thread == "" {
		at.Thread = m.Ref.Thread
	}
	change := localchat.Change{Place: at, Message: m}
	if m.Post == nil {
		c.body(change, m.Text)
		return
	}
	c.body(change, m.Post.Text)
	c.attachments(m.Post)
	c.buttons(change)
}

func (c *Console) greet() {
	m, _ := c.world.Member(c.at.Workspace, c.who)
	c.out.note(fmt.Sprintf("You are %s (%s) in %s of %s.", m.Name, standing(m), c.name(c.at), c.at.Workspace))
	c.out.note("Try: @tierwise summarize this    /read shows the thread, /help all commands.")
}

// prompt asks a person for the next line, or for the next field of a form.
func (c *Console) prompt() {
	if c.form != nil && c.form.asked < len(c.form.opened.Form.Fields) {
		field := c.form.opened.Form.Fields[c.form.asked]
		field.Value = c.form.values[field.ID]
		c.out.prompt(describe(field) + ": ")
		return
	}
	m, _ := c.world.Member(c.at.Workspace, c.who)
	c.out.prompt(m.Name + " " + c.name(c.at) + " › ")
}
