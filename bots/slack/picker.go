package slack

import (
	"context"
	"maps"
	"regexp"
	"slices"
	"strings"

	slackgo "github.com/slack-go/slack"

	"github.com/tierwise/tierwise/internal/chat"
)

// A field of people is Slack's own menu of people. That menu has no user
// groups, and roles often hang on those, so where the workspace has groups a
// second menu of them stands under it and both together are the field's value.
// Slack's only menu with both would ask us for its entries at every key that is
// pressed, and could not show what it holds already by name.
const groupSuffix = ":groups"

var (
	personID = regexp.MustCompile(`^[UW][A-Z0-9]{1,20}$`)
	groupID  = regexp.MustCompile(`^S[A-Z0-9]{1,20}$`)
)

// fields are the inputs of a form, in order, and the ids of those that may not
// stay empty though Slack is told they may.
func (a *Adapter) fields(ctx context.Context, team string, f *chat.Form) (blocks []slackgo.Block, needed []string) {
	var groups []*slackgo.OptionBlockObject
	if slices.ContainsFunc(f.Fields, func(f chat.Field) bool { return f.Kind == chat.PeopleField }) {
		groups = a.groupOptions(ctx, team)
	}
	for _, field := range f.Fields {
		in := input(field)
		blocks = append(blocks, in)
		if field.Kind != chat.PeopleField {
			continue
		}
		menu := withHeld(groups, ids(field.Value, groupID))
		if len(menu) == 0 {
			continue
		}
		if !field.Optional {
			needed, in.Optional = append(needed, field.ID), true
		}
		blocks = append(blocks, groupInput(field, menu))
	}
	return blocks, needed
}

// withHeld is a menu of groups in which all that a field holds already can be
// chosen, also one that was deleted, that is beyond the menu's bound, or whose
// name could not be looked up just now: a form that was only opened and handed
// in must not take anybody off a list.
func withHeld(groups []*slackgo.OptionBlockObject, held []string) []*slackgo.OptionBlockObject {
	var out []*slackgo.OptionBlockObject
	for _, id := range held[:min(len(held), maxOptions)] {
		if !slices.ContainsFunc(groups, func(o *slackgo.OptionBlockObject) bool { return o.Value == id }) {
			out = append(out, slackgo.NewOptionBlockObject(id, plain("group "+id, maxOption), nil))
		}
	}
	// Those without a name come first; of the rest, those that are held.
	isHeld := func(o *slackgo.OptionBlockObject) bool { return slices.Contains(held, o.Value) }
	rest := slices.SortedStableFunc(slices.Values(groups), func(a, b *slackgo.OptionBlockObject) int {
		switch {
		case isHeld(a) == isHeld(b):
			return 0
		case isHeld(a):
			return -1
		}
		return 1
	})
	if len(out)+len(rest) <= maxOptions {
		return append(out, groups...) // all fit: by handle
	}
	return append(out, rest[:maxOptions-len(out)]...)
}

// groupOptions are the user groups of a workspace by handle.
func (a *Adapter) groupOptions(ctx context.Context, team string) []*slackgo.OptionBlockObject {
	looking, cancel := context.WithTimeout(ctx, nameTime)
	defer cancel()
	handles, _ := a.names.allGroups(looking, team)
	ids := slices.SortedFunc(maps.Keys(handles), func(a, b string) int { return strings.Compare(handles[a], handles[b]) })
	var out []*slackgo.OptionBlockObject
	for _, id := range ids {
		out = append(out, slackgo.NewOptionBlockObject(id, plain("@"+or(handles[id], id), maxOption), nil))
	}
	return out
}

// groupInput is the menu of groups under a field of people.
func groupInput(f chat.Field, groups []*slackgo.OptionBlockObject) slackgo.Block {
	s := slackgo.NewOptionsMultiSelectBlockElement(slackgo.MultiOptTypeStatic, plain("Choose groups", maxLabel), inputAction, groups...)
	for _, o := range groups {
		if slices.Contains(ids(f.Value, groupID), o.Value) {
			s.InitialOptions = append(s.InitialOptions, o)
		}
	}
	b := slackgo.NewInputBlock(f.ID+groupSuffix, plain("… and these groups", maxHint), nil, s)
	b.Optional = true
	return b
}

// people is Slack's menu of people.
func people(f chat.Field) slackgo.BlockElement {
	s := slackgo.NewOptionsMultiSelectBlockElement(slackgo.MultiOptTypeUser, plain("Choose people", maxLabel), inputAction)
	s.InitialUsers = ids(f.Value, personID)
	return s
}

// channels is Slack's menu of channels: neither direct messages nor channels
// with people of other organisations, which are no place for what we announce.
func channels(f chat.Field) slackgo.BlockElement {
	s := slackgo.NewOptionsSelectBlockElement(slackgo.OptTypeConversations, plain("Choose a channel", maxLabel), inputAction)
	s.Filter = &slackgo.SelectBlockElementFilter{Include: []string{"public", "private"}, ExcludeExternalSharedChannels: true}
	if now := ids(f.Value, channelID); len(now) > 0 {
		s.InitialConversation = now[0]
	}
	return s
}

// ids are the lines of a value that are ids of a kind; Slack takes no others.
func ids(value string, kind *regexp.Regexp) []string {
	var out []string
	for _, v := range lines(value) {
		if v = strings.TrimSpace(v); kind.MatchString(v) && !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	return out
}

// joined puts the groups of a form's fields to their people.
func joined(fields map[string]string) {
	for id, groups := range fields {
		of, ok := strings.CutSuffix(id, groupSuffix)
		if _, there := fields[of]; !ok || !there {
			continue
		}
		fields[of] = strings.Trim(fields[of]+"\n"+groups, "\n")
		delete(fields, id)
	}
}

// left are the sentences under fields that must not stay empty.
func left(fields map[string]string, needed []string) map[string]string {
	errs := map[string]string{}
	for _, id := range needed {
		if fields[id] == "" {
			errs[id] = "Please choose at least one person or group."
		}
	}
	return errs
}
