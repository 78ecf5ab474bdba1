package console

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/localchat"
)

// filling is a form being filled in. A person is asked field after field; a
// script gives "field=value" lines, and the first other line hands it in.
type filling struct {
	opened localchat.Opened
	who    string
	values map[string]string
	asked  int // the field a person is asked for now
}

// open shows what a press or a command opened at once.
func (c *Console) open(o localchat.Opened) {
	if o.Say != "" {
		c.out.note("tierwise (only visible to you): " + o.Say)
	}
	if o.Form == nil {
		return
	}
	f := &filling{opened: o, who: c.who, values: map[string]string{}}
	for _, field := range o.Form.Fields {
		f.values[field.ID] = field.Value
	}
	c.form = f
	c.out.line(c.style.paint(bold, "[form] "+oneLine(o.Form.Title)))
	if o.Form.Intro != "" {
		c.out.note("  " + o.Form.Intro)
	}
	if c.style.Interactive {
		c.out.note("  Return keeps what is in brackets, /cancel closes the form.")
		return
	}
	for _, field := range o.Form.Fields {
		c.out.line("  " + field.ID + ": " + describe(field))
	}
}

// describe is a field in one line: label, choices, hint and present value.
func describe(f chat.Field) string {
	s := oneLine(f.Label)
	if len(f.Choices) > 0 {
		var labels []string
		for i, ch := range f.Choices {
			labels = append(labels, fmt.Sprintf("%d %s", i+1, oneLine(ch.Label)))
		}
		s += " (" + strings.Join(labels, ", ") + ")"
	}
	if f.Kind == chat.PeopleField {
		s += " (people and groups, with commas between)"
	}
	if f.Hint != "" {
		s += " — " + oneLine(f.Hint)
	}
	if f.Optional {
		s += ", optional"
	}
	if f.Value != "" {
		s += " [" + clip(safe(f.Value), 60) + "]"
	}
	return s
}

// fill gives a line to the open form and reports whether the line was used up.
func (c *Console) fill(ctx context.Context, text string) bool {
	f := c.form
	trimmed := strings.TrimSpace(text)
	switch {
	case trimmed == "/cancel":
		c.form = nil
		c.out.note("The form is closed; nothing was sent.")
		c.report(c.desk.Cancel(ctx, f.who, f.opened))
		return true
	case trimmed == "/submit":
		c.submit(ctx)
		return true
	case trimmed == "/quit" && c.style.Interactive:
		c.form = nil
		c.report(c.desk.Cancel(ctx, f.who, f.opened))
		return false
	}
	if id, value, ok := strings.Cut(text, "="); ok && f.field(strings.TrimSpace(id)) != nil {
		c.report(f.set(f.field(strings.TrimSpace(id)), strings.ReplaceAll(value, `\n`, "\n")))
		return true
	}
	if c.style.Interactive {
		c.answer(ctx, text)
		return true
	}
	c.endForm(ctx)
	return trimmed == ""
}

// endForm hands a script's form in when something else follows. A form that is
// not accepted like that is closed: nobody is there to mend it.
func (c *Console) endForm(ctx context.Context) {
	if c.form == nil || c.style.Interactive {
		return
	}
	f := c.form
	if !c.submit(ctx) {
		c.form = nil
		c.report(c.desk.Cancel(ctx, f.who, f.opened))
	}
	c.settle(ctx, nil)
}

// answer takes what a person typed for the field that was asked for.
func (c *Console) answer(ctx context.Context, text string) {
	f := c.form
	if f.asked < len(f.opened.Form.Fields) {
		field := &f.opened.Form.Fields[f.asked]
		if strings.TrimSpace(text) != "" && !c.report(f.set(field, text)) {
			return
		}
		f.asked++
	}
	if f.asked >= len(f.opened.Form.Fields) {
		c.submit(ctx)
	}
}

// submit hands the form in; with errors it stays open.
func (c *Console) submit(ctx context.Context) bool {
	f := c.form
	problems, err := map[string]string{}, error(nil)
	for _, field := range f.opened.Form.Fields {
		if !field.Optional && strings.TrimSpace(f.values[field.ID]) == "" {
			problems[field.ID] = "please fill this in"
		}
	}
	if len(problems) == 0 {
		problems, err = c.desk.Submit(ctx, f.who, f.opened, f.values)
	}
	if err != nil {
		return c.report(err)
	}
	if len(problems) == 0 {
		c.form = nil
		return true
	}
	c.complain(problems)
	return false
}

// complain says what is wrong and asks again from the first wrong field.
func (c *Console) complain(problems map[string]string) {
	f := c.form
	f.asked = len(f.opened.Form.Fields)
	var said []string
	for i, field := range f.opened.Form.Fields {
		if p := problems[field.ID]; p != "" {
			said = append(said, fmt.Sprintf("%s: %s", oneLine(field.Label), p))
			f.asked = min(f.asked, i)
		}
	}
	if p := problems[""]; p != "" {
		said = append(said, p)
	}
	if f.asked == len(f.opened.Form.Fields) {
		f.asked = 0
	}
	c.report(mistake(strings.Join(said, "; ")))
}

func (f *filling) field(id string) *chat.Field {
	for i := range f.opened.Form.Fields {
		if f.opened.Form.Fields[i].ID == id {
			return &f.opened.Form.Fields[i]
		}
	}
	return nil
}

// set stores a value; a choice may be given by number, value or label, several
// ones with commas between.
func (f *filling) set(field *chat.Field, text string) error {
	text = strings.TrimSpace(text)
	switch {
	case field.Max > 0 && utf8.RuneCountInString(text) > field.Max:
		return mistake(fmt.Sprintf("%s: at most %d characters", oneLine(field.Label), field.Max))
	case text == "" || len(field.Choices) == 0:
		f.values[field.ID] = text
		return nil
	case field.Kind != chat.MultiField:
		value, err := chosen(field, text)
		if err == nil {
			f.values[field.ID] = value
		}
		return err
	}
	var values []string
	for part := range strings.SplitSeq(text, ",") {
		value, err := chosen(field, strings.TrimSpace(part))
		if err != nil {
			return err
		}
		if !slices.Contains(values, value) {
			values = append(values, value)
		}
	}
	f.values[field.ID] = strings.Join(values, "\n")
	return nil
}

func chosen(field *chat.Field, text string) (string, error) {
	for _, ch := range field.Choices {
		if ch.Value == text || strings.EqualFold(ch.Label, text) {
			return ch.Value, nil
		}
	}
	for i, ch := range field.Choices {
		if text == fmt.Sprint(i+1) {
			return ch.Value, nil
		}
	}
	return "", mistake(fmt.Sprintf("%s: %q is not one of the choices", oneLine(field.Label), clip(text, 40)))
}
