package slack

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/tierwise/tierwise/bots/bottest"
	"github.com/tierwise/tierwise/internal/chat"
)

// scraps are what texts are made of: right to left, joined emoji, combining
// marks, what grows when it is escaped, marks that open and never close.
var scraps = []string{
	"word ", "שלום עולם ", "مرحبا \u202b", "👩‍👩‍👧‍👦", "🏴‍☠️", "e\u0301\u0323", "𝔘", "ﷺ", "<!channel>", "<@U1>", "&", "<", ">", "&lt;!here&gt;",
	"**", "*", "_", "`", "```", "```go\n", "~~", "\n", "\n\n", "\n# ", "\n- ", "\n> ", "[a](https://x.io/", ")", "|", "\u200b", "\x00", "\ufffd", "\xff",
	"https://example.com/a_b*c", "NaN", "$0.00", "<$0.01", "1e999", "-",
}

// dice make posts, pages and forms of any shape within their contract.
type dice struct{ *rand.Rand }

// upTo is a number from 0 to n, small ones and n itself more often.
func (d dice) upTo(n int) int {
	switch d.IntN(4) {
	case 0:
		return n
	case 1:
		return min(n, d.IntN(3))
	}
	return d.IntN(n + 1)
}

// text is at most n characters; one in three is of one kind only.
func (d dice) text(n int) string {
	n = d.upTo(n)
	var b strings.Builder
	only := scraps[d.IntN(len(scraps))]
	mixed := d.IntN(3) > 0
	for b.Len() < n {
		if mixed {
			only = scraps[d.IntN(len(scraps))]
		}
		b.WriteString(only)
	}
	return clip(b.String(), n+1)
}

func (d dice) buttons(most int) []chat.Button {
	var all []chat.Button
	for range d.upTo(most) {
		all = append(all, chat.Button{Name: "draft.post", Label: d.text(90), Value: clip(d.text(80), 80), OpensForm: d.IntN(2) == 0, Style: []chat.Style{chat.Plain, chat.Primary, chat.Danger}[d.IntN(3)]})
	}
	return all
}

func (d dice) table() *chat.Table {
	if d.IntN(2) == 0 {
		return nil
	}
	t := &chat.Table{Title: d.text(300)}
	for range d.upTo(25) {
		t.Columns = append(t.Columns, chat.Column{Name: d.text(60), Number: d.IntN(2) == 0})
	}
	for range d.upTo(250) {
		var row []string
		for range d.upTo(len(t.Columns) + 1) {
			row = append(row, d.text(60))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

func (d dice) chart() *chat.Chart {
	if d.IntN(2) == 0 {
		return nil
	}
	c := &chat.Chart{Title: d.text(120), Kind: []string{"bar", "line", ""}[d.IntN(3)], Unit: []string{"nano-USD", "tokens", d.text(80)}[d.IntN(3)]}
	for range d.upTo(100) {
		c.Labels = append(c.Labels, d.text(40))
	}
	for range d.upTo(15) {
		s := chat.Series{Name: d.text(40)}
		for range d.upTo(len(c.Labels)) {
			s.Values = append(s.Values, d.Int64()-d.Int64())
		}
		c.Series = append(c.Series, s)
	}
	return c
}

func (d dice) post() chat.Post {
	return chat.Post{Job: "J/1", Stage: chat.Final, Text: d.text(30_000), Footer: d.text(200), Buttons: d.buttons(3), More: d.buttons(40), Table: d.table(), Chart: d.chart(), Sample: d.IntN(2) == 0}
}

// page is a Home page: up to a hundred drafts or requests, each with buttons.
func (d dice) page() chat.Post {
	p := chat.Post{Text: d.text(9000), Table: d.table(), Chart: d.chart(), Buttons: d.buttons(3), Sample: d.IntN(2) == 0}
	for range d.upTo(110) {
		s := chat.Section{Text: d.text([]int{80, 3000, 9000}[d.IntN(3)]), Buttons: d.buttons(3), More: d.buttons(6)}
		if d.IntN(5) == 0 {
			s.Table, s.Chart = d.table(), d.chart()
		}
		p.Sections = append(p.Sections, s)
	}
	return p
}

func (d dice) form() *chat.Form {
	f := &chat.Form{ID: "config.edit", Title: d.text(60), Submit: d.text(60), Intro: d.text(5000), State: strings.ReplaceAll(strings.ToValidUTF8(clip(d.text(900), 900), ""), "\x00", "")}
	kinds := []chat.FieldKind{chat.TextField, chat.LongField, chat.ChoiceField, chat.MultiField, chat.PeopleField, chat.ChannelField, ""}
	for i := range 1 + d.upTo(9) {
		field := chat.Field{ID: fmt.Sprintf("field.%d", i), Label: d.text(3000), Kind: kinds[d.IntN(len(kinds))], Value: d.text(5000), Hint: d.text(3000), Optional: d.IntN(2) == 0, Max: d.upTo(5000)}
		for n := range 1 + d.upTo(130) {
			field.Choices = append(field.Choices, chat.Choice{Label: d.text(120), Value: fmt.Sprintf("value %d", n)})
		}
		f.Fields = append(f.Fields, field)
	}
	return f
}

// TestAnythingThatIsSaidFitsSlack holds renderings of any shape against Slack's
// limits, those of the plain texts beside them, and what people could press.
func TestAnythingThatIsSaidFitsSlack(t *testing.T) {
	w := open(t, bottest.NewRecorder())
	for seed := range uint64(24) {
		fits(t, w, seed)
	}
}

// FuzzAnythingThatIsSaidFitsSlack is the same for as long as one likes.
func FuzzAnythingThatIsSaidFitsSlack(f *testing.F) {
	f.Add(uint64(1))
	f.Fuzz(func(t *testing.T, seed uint64) { fits(t, open(t, bottest.NewRecorder()), seed) })
}

func fits(t *testing.T, w *world, seed uint64) {
	t.Helper()
	d := dice{rand.New(rand.NewPCG(seed, 7))}
	check := func(what, surface string, blocks any) {
		t.Helper()
		raw, err := json.Marshal(blocks)
		if err != nil {
			t.Errorf("seed %d, %s: %v", seed, what, err)
			return
		}
		for _, p := range w.Problems(raw, surface) {
			t.Errorf("seed %d, %s: %s", seed, what, p)
		}
	}
	p := d.post()
	for name, p := range map[string]chat.Post{"a post": p, "a post in plain": plainly(p)} {
		for _, m := range render(p) {
			check(name, "message", m.blocks)
			if n := utf8.RuneCountInString(m.text); n < 1 || n > 4000 {
				t.Errorf("seed %d, %s: a plain text of %d characters", seed, name, n)
			}
		}
	}
	page := d.page()
	check("a page", "home", homeBlocks(page))
	check("a page in plain", "home", homeBlocks(plainly(page)))
	form := d.form()
	v := w.adapter.modal(t.Context(), chat.Event{Place: place("C1", "")}, form)
	check("a form", "modal", v.Blocks.BlockSet)
	for what, part := range map[string]struct {
		text string
		most int
	}{"title": {v.Title.Text, 24}, "submit": {v.Submit.Text, 24}, "close": {v.Close.Text, 24}, "private_metadata": {v.PrivateMetadata, 3000}, "callback_id": {v.CallbackID, 255}} {
		if n := utf8.RuneCountInString(part.text); n < 1 || n > part.most {
			t.Errorf("seed %d, a form: %s has %d characters", seed, what, n)
		}
	}
}

// TestNothingIsLostInAPost: every word of a text is in one of its messages or
// of a page's sections, however much it grows when it is escaped.
func TestNothingIsLostInAPost(t *testing.T) {
	for _, filler := range []string{"", "&", "<>&", "🦭", "שלום", "`&`", "**&** "} {
		var b strings.Builder
		for i := range 900 {
			fmt.Fprintf(&b, "w%d-%s\n", i, strings.Repeat(filler, 5))
		}
		b.WriteString("\n")
		said := ""
		for _, m := range render(chat.Post{Text: b.String()}) {
			said += blocksJSON(m.blocks)
		}
		home := blocksJSON(homeBlocks(chat.Post{Text: b.String()}))
		for i := range 900 {
			word := fmt.Sprintf("w%d-", i)
			if strings.Count(said, word) != 1 || strings.Count(home, word) != 1 {
				t.Fatalf("with %q: %s is %d times in the messages, %d times on the page", filler, word, strings.Count(said, word), strings.Count(home, word))
			}
		}
	}
}
