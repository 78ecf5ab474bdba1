package discord

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/tierwise/tierwise/internal/chart"
	"github.com/tierwise/tierwise/internal/chat"
)

// Bounds of a message.
// https://discord.com/developers/docs/resources/message#create-message, read 2026-11-23.
const (
	maxText     = 2000
	maxParts    = 5 // a longer text becomes a file
	maxLabel    = 80
	maxOptions  = 25
	maxFileName = 100
	minEdit     = 1200 * time.Millisecond
)

// Flags of a message.
const (
	flagSuppressEmbeds = 1 << 2
	flagEphemeral      = 1 << 6
	flagLoading        = 1 << 7
)

// outgoing is one message to be.
type outgoing struct {
	text  string
	rows  []row
	files []chat.File
}

type row struct {
	Type       int         `json:"type"`
	ID         int32       `json:"id,omitempty"`
	Components []component `json:"components"`
}

type component struct {
	Type        int      `json:"type"`
	Style       int      `json:"style,omitempty"`
	Label       string   `json:"label,omitempty"`
	CustomID    string   `json:"custom_id,omitempty"`
	Placeholder string   `json:"placeholder,omitempty"`
	Options     []option `json:"options,omitempty"`
	MinValues   *int     `json:"min_values,omitempty"`
	MaxValues   int      `json:"max_values,omitempty"`
	MaxLength   int      `json:"max_length,omitempty"`
	Required    *bool    `json:"required,omitempty"`
	Value       string   `json:"value,omitempty"`
}

type option struct {
	Label   string `json:"label"`
	Value   string `json:"value"`
	Default bool   `json:"default,omitempty"`
}

// Kinds of component. https://discord.com/developers/docs/components/reference, read 2026-11-23.
const (
	typeRow    = 1
	typeButton = 2
	typeSelect = 3
	typeInput  = 4
	typeText   = 10
	typeLabel  = 18
)

// payload is the body of every message we make or edit, without exception: it
// notifies nobody and unfurls no link. Everything a message may carry is
// named, so that an edit leaves nothing of what was there before.
func payload(o outgoing, flags int) map[string]any {
	files := []map[string]any{}
	for i, f := range o.files {
		a := map[string]any{"id": strconv.Itoa(i), "filename": f.Name}
		if f.Alt != "" {
			a["description"] = clip(f.Alt, 1024)
		}
		files = append(files, a)
	}
	rows := o.rows
	if rows == nil {
		rows = []row{}
	}
	return map[string]any{
		"content": o.text, "components": rows, "attachments": files, "flags": flags | flagSuppressEmbeds,
		"allowed_mentions": map[string]any{"parse": []string{}, "replied_user": false},
	}
}

// render turns a post into messages: text, table and chart, then the footer,
// with buttons and files under the last one. Where no file may go along, barred
// says why: a chart is then its figures alone, and everything else that is left
// out is named.
func (a *Adapter) render(ctx context.Context, tenant string, p chat.Post, barred string) ([]outgoing, error) {
	body, footer := p.Text, p.Footer
	if p.Stage == chat.Live {
		body += " …"
	}
	for _, block := range []string{tableText(p.Table), chartText(p.Chart)} {
		if block != "" {
			body = strings.TrimSpace(body + "\n\n" + block)
		}
	}
	if p.Sample {
		footer = strings.TrimPrefix(footer+" · simulated model · sample money", " · ")
	}
	if footer != "" {
		footer = "\n-# " + clip(strings.Join(strings.Fields(footer), " "), 300)
	}
	files := attached(p)
	if barred != "" {
		files = nil
		for _, f := range p.Files {
			footer = "\n-# " + clip(f.Name, maxFileName) + " is left out: " + barred + "." + footer
		}
	}
	parts := chat.Split(body, maxText-units(footer))
	switch {
	case len(parts) <= maxParts:
	case barred != "":
		footer = "\n-# This is the beginning; the rest needs a file: " + barred + "." + footer
		parts = chat.Split(body, maxText-units(footer))[:maxParts]
	default:
		files = append(files, chat.File{Name: "answer.md", Type: "text/markdown", Alt: "the whole text", Data: []byte(body)})
		footer = "\n-# This is the beginning; the whole text is in answer.md." + strings.Replace(footer, "\n-# ", " ", 1)
		parts = chat.Split(body, maxText-units(footer))[:1]
	}
	rows, err := a.rows(ctx, tenant, p)
	if err != nil {
		return nil, err
	}
	out := make([]outgoing, len(parts))
	for i, text := range parts {
		out[i].text = text
	}
	last := &out[len(out)-1]
	last.text, last.rows, last.files = last.text+footer, rows, files
	if last.text == "" && len(files) == 0 {
		last.text = "…"
	}
	if len(rows) > 0 && len(out) == 1 {
		last.rows[0].ID = markOf(p.Job)
	}
	return out, nil
}

// attached are the files of a post, the picture of its chart among them.
func attached(p chat.Post) []chat.File {
	var files []chat.File
	if p.Stage == chat.Final || p.Stage == "" {
		if png := chart.Picture(p.Chart); png != nil {
			files = append(files, chat.File{Name: "chart.png", Type: "image/png", Alt: chart.Words(p.Chart, 1024), Data: png})
		}
	}
	for _, f := range p.Files {
		f.Name = clip(strings.Map(fileRune, f.Name), maxFileName)
		if f.Alt == "" {
			f.Alt = f.Name
		}
		files = append(files, f)
	}
	return files[:min(len(files), 9)] // ten are the most, one is kept for answer.md
}

func fileRune(r rune) rune {
	if r < ' ' || strings.ContainsRune(`/\:"<>|?*`, r) {
		return '_'
	}
	return r
}

// rows are the buttons and, in a second row, the menu of what is behind "⋯".
func (a *Adapter) rows(ctx context.Context, tenant string, p chat.Post) ([]row, error) {
	var rows []row
	if len(p.Buttons) > 0 {
		r := row{Type: typeRow}
		for i, b := range p.Buttons[:min(5, len(p.Buttons))] {
			id, err := a.idOf(ctx, tenant, buttonKind(i, b.OpensForm), b.Name, b.Value)
			if err != nil {
				return nil, err
			}
			r.Components = append(r.Components, component{Type: typeButton, Style: styleOf(b.Style), Label: clip(b.Label, maxLabel), CustomID: id})
		}
		rows = append(rows, r)
	}
	if len(p.More) == 0 {
		return rows, nil
	}
	menu := component{Type: typeSelect, Placeholder: "⋯"}
	menu.CustomID, _ = a.ids.make(idMenu, "more", "")
	for i, b := range p.More[:min(maxOptions, len(p.More))] {
		id, err := a.idOf(ctx, tenant, buttonKind(i, b.OpensForm), b.Name, b.Value)
		if err != nil {
			return nil, err
		}
		menu.Options = append(menu.Options, option{Label: clip(b.Label, 100), Value: id})
	}
	return append(rows, row{Type: typeRow, Components: []component{menu}}), nil
}

func styleOf(s chat.Style) int {
	switch s {
	case chat.Primary:
		return 1
	case chat.Danger:
		return 4
	}
	return 2
}

// nonceOf is the nonce of a part of a job: the same for every try, so that
// Discord itself refuses to make a message twice. At most 25 characters.
func nonceOf(job string, part int) string {
	sum := sha256.Sum256([]byte(job))
	return base64.RawURLEncoding.EncodeToString(sum[:15]) + "-" + string(rune('A'+part%26))
}

// markOf is the id of the first row of a job's buttons. It comes back with the
// message, while the nonce does not, so that a post can be found much later.
func markOf(job string) int32 {
	sum := sha256.Sum256([]byte("row " + job))
	return int32(binary.BigEndian.Uint32(sum[:])&0x7fffffff | 1<<30)
}

// markIn is the mark in a message's components, 0 when there is none.
func markIn(raw json.RawMessage) int32 {
	var rows []struct {
		ID int32 `json:"id"`
	}
	if json.Unmarshal(raw, &rows) != nil || len(rows) == 0 {
		return 0
	}
	return rows[0].ID
}
