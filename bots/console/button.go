package console

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/localchat"
)

// choice is one numbered button and the post it belongs to.
type choice struct {
	workspace string
	ref       chat.Ref
	button    chat.Button
}

// pressable are the buttons that a number presses: those of the posts shown
// since the line that brought the first of them.
type pressable struct {
	choices []choice
	hidden  []choice // behind ⋯
	stale   bool     // the next post with buttons begins anew
}

func (p *pressable) newLine() { p.stale = true }

// offer numbers the buttons of a post and returns the line that shows them.
func (p *pressable) offer(workspace string, m localchat.Message) string {
	post := m.Post
	if len(post.Buttons)+len(post.More) == 0 {
		return ""
	}
	if p.stale {
		*p = pressable{}
	}
	p.withdraw(m.Ref)
	var shown []string
	for _, b := range post.Buttons {
		shown = append(shown, p.number(choice{workspace, m.Ref, b}))
	}
	for _, b := range post.More {
		p.hidden = append(p.hidden, choice{workspace, m.Ref, b})
	}
	if n := len(post.More); n > 0 {
		shown = append(shown, fmt.Sprintf("[⋯] %d more", n))
	}
	return strings.Join(shown, "  ")
}

// number gives a button the next number.
func (p *pressable) number(b choice) string {
	p.choices = append(p.choices, b)
	return fmt.Sprintf("[%d] %s", len(p.choices), oneLine(b.button.Label))
}

// has reports whether a number presses something.
func (p *pressable) has(number string) bool {
	n, err := strconv.Atoi(number)
	return err == nil && n >= 1 && n <= len(p.choices) && !p.choices[n-1].ref.IsZero()
}

// withdraw takes back the buttons of a post that was changed or removed; the
// numbers of the others stay.
func (p *pressable) withdraw(ref chat.Ref) {
	for i := range p.choices {
		if p.choices[i].ref == ref {
			p.choices[i] = choice{}
		}
	}
	kept := p.hidden[:0]
	for _, h := range p.hidden {
		if h.ref != ref {
			kept = append(kept, h)
		}
	}
	p.hidden = kept
}

func (c *Console) pressCommand(ctx context.Context, rest string) (bool, error) {
	if !isNumber(rest) {
		return false, mistake("Say /press and the number of a button.")
	}
	return true, c.press(ctx, rest)
}

func (c *Console) press(ctx context.Context, number string) error {
	if !c.pressable.has(number) {
		return mistake(fmt.Sprintf("There is no button %s now; /say %s posts the number as a message.", number, number))
	}
	n, _ := strconv.Atoi(number)
	b := c.pressable.choices[n-1]
	opened, err := c.desk.Press(ctx, c.who, b.workspace, b.ref, b.button)
	if err != nil {
		return err
	}
	c.open(opened)
	return nil
}

func (c *Console) moreCommand(string) error {
	c.more()
	return nil
}

// more shows and numbers what is behind ⋯.
func (c *Console) more() {
	hidden := c.pressable.hidden
	c.pressable.hidden = nil
	if len(hidden) == 0 {
		c.report(mistake("There is nothing more to choose from."))
		return
	}
	var shown []string
	for _, b := range hidden {
		shown = append(shown, c.pressable.number(b))
	}
	c.out.line("  " + strings.Join(shown, "  "))
	c.pressable.stale = false
}
