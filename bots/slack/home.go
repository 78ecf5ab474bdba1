package slack

import (
	"context"
	"encoding/json"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	slackgo "github.com/slack-go/slack"

	"github.com/tierwise/tierwise/internal/chat"
)

// homeOpened publishes the person's page, or offers prompts where messages are
// shown. Neither is worth a second delivery.
func (a *Adapter) homeOpened(ctx context.Context, e envelope, in inner) error {
	if in.Tab == "messages" {
		a.offerPrompts(ctx, e.workspace(), string(in.Channel), in.User, in.Context)
		return nil
	}
	if in.Tab != "home" && in.Tab != "" {
		return nil
	}
	a.showHome(ctx, e.workspace(), in.User)
	return nil
}

// showHome asks for a person's page and publishes it.
func (a *Adapter) showHome(ctx context.Context, team, person string) {
	looking, cancel := context.WithTimeout(ctx, nameTime)
	defer cancel()
	at := chat.Place{Platform: chat.Slack, Workspace: team}
	actor := a.actor(looking, envelope{Team: team}, inner{}, person)
	asking, stop := context.WithTimeout(ctx, askTime)
	defer stop()
	ans, err := a.cfg.Door.Ask(asking, chat.Question{Kind: chat.HomeView, Place: at, Actor: actor})
	page := ans.Home
	if err != nil || page == nil {
		page = &chat.Post{Text: or(ans.Say, "This page cannot be shown at the moment. Please open it again in a minute.")}
	}
	a.publish(ctx, team, person, *page)
}

// publish shows a page on the Home tab. Where Slack does not take the native
// table or chart, they are drawn as text.
func (a *Adapter) publish(ctx context.Context, team, user string, page chat.Post) {
	for range 2 {
		v := slackgo.HomeTabViewRequest{Type: slackgo.VTHomeTab, Blocks: slackgo.Blocks{BlockSet: homeBlocks(page)}}
		raw, err := json.Marshal(v)
		if err != nil {
			a.log.Error("a home page cannot be built")
			return
		}
		_, err = a.call(ctx, team, call{method: viewsPublish, args: url.Values{"user_id": {user}, "view": {string(raw)}}, patience: time.Second}, nil)
		if err == nil {
			return
		}
		if !malformed(err) || !drawnPage(page) {
			a.log.Warn("a home page was not published", "err", err)
			return
		}
		page = plainly(page)
	}
}

// homeBlocks is a post as a page, its sections apart by lines and the mark of
// sample money last. What does not fit is left out from the end, and the page
// says so.
func homeBlocks(p chat.Post) []slackgo.Block {
	if p.Sample && len(p.Sections) > 0 {
		p.Sample = false
		last := slackgo.NewContextBlock("", plain(sampleLine, maxContext))
		return append(sectionBlocks(p, maxHomeBlocks-1), last)
	}
	return sectionBlocks(p, maxHomeBlocks)
}

func sectionBlocks(p chat.Post, most int) []slackgo.Block {
	out := pageBlocks(p)
	if len(out) > most-1 { // room for the sentence below
		under := len(tail(p))
		out = append(out[:most-1-under:most-1-under], out[len(out)-under:]...)
	}
	for _, s := range p.Sections {
		more := pageBlocks(chat.Post{Text: s.Text, Chart: s.Chart, Table: s.Table, Buttons: s.Buttons, More: s.More})
		if len(more) == 0 {
			continue
		}
		if len(out) > 0 {
			more = append([]slackgo.Block{slackgo.NewDividerBlock()}, more...)
		}
		if len(out)+len(more) >= most {
			return append(out, slackgo.NewContextBlock("", plain("There is more than this page can show.", maxContext)))
		}
		out = append(out, more...)
	}
	if len(out) == 0 {
		out = []slackgo.Block{slackgo.NewSectionBlock(plain("…", maxSection), nil, nil)}
	}
	return out
}

// pageBlocks is one part of a page: markdown blocks are for messages only, so
// its text is cut into sections.
func pageBlocks(p chat.Post) []slackgo.Block {
	var out []slackgo.Block
	for _, t := range sectionTexts(inert(p.Text), maxSection*2/3) {
		out = append(out, slackgo.NewSectionBlock(slackgo.NewTextBlockObject(slackgo.MarkdownType, t, false, false), nil, nil))
	}
	under := tail(p)
	if most := maxHomeBlocks - len(under); len(out) > most {
		out = out[:most]
	}
	return append(out, under...)
}

// sectionTexts cuts a text so that each part still fits into a section after it
// was turned into the older markup: an ampersand becomes five characters.
func sectionTexts(text string, limit int) []string {
	var out []string
	for _, t := range chat.Split(text, limit) {
		switch m := mrkdwn(t); {
		case strings.TrimSpace(t) == "":
		case utf8.RuneCountInString(m) <= maxSection || limit <= 64:
			out = append(out, clip(m, maxSection))
		default:
			out = append(out, sectionTexts(t, limit/2)...)
		}
	}
	return out
}
