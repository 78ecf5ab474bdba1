package slack

import (
	"context"
	"encoding/json"
	"strings"
	"unicode/utf8"

	slackgo "github.com/slack-go/slack"

	"github.com/tierwise/tierwise/internal/chat"
)

// Bounds of views; see ../shared/spec/slack/block-limits.json and
// https://docs.slack.dev/reference/views/modal-views, read 2026-11-23.
const (
	maxTitle    = 24
	maxLabel    = 75
	maxOption   = 75
	maxOptions  = 100
	maxTyped    = 3000
	maxHint     = 2000
	maxPrivate  = 3000
	maxSection  = 3000
	inputAction = "v"
)

func plain(s string, most int) *slackgo.TextBlockObject {
	return slackgo.NewTextBlockObject(slackgo.PlainTextType, clip(or(s, " "), most), false, false)
}

// clip shortens a text to at most n characters.
func clip(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:n-1]) + "…"
}

// modal is a form as a view. Where it was opened goes along.
func (a *Adapter) modal(ctx context.Context, e chat.Event, f *chat.Form) slackgo.ModalViewRequest {
	st := formState{State: f.State, Channel: e.Place.Channel, Thread: e.Place.Thread, Message: e.Message.ID, In: e.Message.Thread}
	var ad address
	if json.Unmarshal(e.ReplyTo.Address, &ad) == nil {
		st.URL, st.Ends, st.Original = ad.URL, ad.Ends, ad.Original
	}
	v := slackgo.ModalViewRequest{Type: slackgo.VTModal, CallbackID: f.ID, Title: plain(f.Title, maxTitle), Submit: plain(or(f.Submit, "OK"), maxTitle),
		Close: plain("Cancel", maxTitle), NotifyOnClose: true}
	if f.Intro != "" {
		v.Blocks.BlockSet = append(v.Blocks.BlockSet, slackgo.NewSectionBlock(slackgo.NewTextBlockObject(slackgo.MarkdownType, clip(mrkdwn(f.Intro), maxSection), false, false), nil, nil))
	}
	for _, field := range f.Fields {
		st.Fields = append(st.Fields, field.ID)
	}
	blocks, needed := a.fields(ctx, e.Place.Workspace, f)
	st.Needed = needed
	v.Blocks.BlockSet = append(v.Blocks.BlockSet, blocks...)
	v.PrivateMetadata = private(st)
	return v
}

// private is the form's state as text. Where it is too long the way back to
// the private message is given up first.
func private(st formState) string {
	raw := unescaped(st)
	if utf8.RuneCountInString(raw) > maxPrivate {
		st.URL, st.Original = "", ""
		raw = unescaped(st)
	}
	return raw
}

// unescaped is JSON in which "<", ">" and "&" stand for themselves: nobody reads
// it as HTML, and it is counted.
func unescaped(v any) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if e.Encode(v) != nil {
		return ""
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// input is one field.
func input(f chat.Field) *slackgo.InputBlock {
	var element slackgo.BlockElement
	switch f.Kind {
	case chat.ChoiceField:
		s := slackgo.NewOptionsSelectBlockElement(slackgo.OptTypeStatic, plain("Choose", maxLabel), inputAction, options(f.Choices)...)
		s.InitialOption = first(chosen(f.Choices, f.Value))
		element = s
	case chat.MultiField:
		s := slackgo.NewOptionsMultiSelectBlockElement(slackgo.MultiOptTypeStatic, plain("Choose", maxLabel), inputAction, options(f.Choices)...)
		s.InitialOptions = chosen(f.Choices, f.Value)
		element = s
	case chat.PeopleField:
		element = people(f)
	case chat.ChannelField:
		element = channels(f)
	default:
		t := slackgo.NewPlainTextInputBlockElement(nil, inputAction)
		t.Multiline = f.Kind == chat.LongField
		t.InitialValue = clip(f.Value, typed(f.Max))
		t.MaxLength = typed(f.Max)
		element = t
	}
	var hint *slackgo.TextBlockObject
	if f.Hint != "" {
		hint = plain(f.Hint, maxHint)
	}
	b := slackgo.NewInputBlock(f.ID, plain(f.Label, maxHint), hint, element)
	b.Optional = f.Optional
	return b
}

// typed is how many characters a field takes.
func typed(most int) int {
	if most <= 0 || most > maxTyped {
		return maxTyped
	}
	return most
}

func options(choices []chat.Choice) []*slackgo.OptionBlockObject {
	var out []*slackgo.OptionBlockObject
	for i, c := range choices {
		if i == maxOptions {
			break
		}
		out = append(out, slackgo.NewOptionBlockObject(c.Value, plain(c.Label, maxOption), nil))
	}
	return out
}

// chosen are the options a value names, one a line.
func chosen(choices []chat.Choice, value string) []*slackgo.OptionBlockObject {
	var out []*slackgo.OptionBlockObject
	for _, o := range options(choices) {
		for _, v := range lines(value) {
			if o.Value == v {
				out = append(out, o)
			}
		}
	}
	return out
}

func first(all []*slackgo.OptionBlockObject) *slackgo.OptionBlockObject {
	if len(all) == 0 {
		return nil
	}
	return all[0]
}

// workingView stands in for a form that is not ready yet.
func workingView() slackgo.ModalViewRequest { return sayView("One moment …") }

// sayView says one sentence.
func sayView(s string) slackgo.ModalViewRequest {
	return slackgo.ModalViewRequest{Type: slackgo.VTModal, Title: plain("Tierwise", maxTitle), Close: plain("Close", maxTitle),
		Blocks: slackgo.Blocks{BlockSet: []slackgo.Block{slackgo.NewSectionBlock(plain(s, maxSection), nil, nil)}}}
}
