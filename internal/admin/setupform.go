package admin

import (
	"context"
	"fmt"
	"strings"

	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/fault"
	"github.com/tierwise/tierwise/internal/money"
	"github.com/tierwise/tierwise/internal/turn"
	"github.com/tierwise/tierwise/usage"
)

// Fields of the first steps are settings by their key, limits by
// "limit.<scope>.<window>", and the channel that the owner field is about.
const (
	limitField   = "limit."
	ownerChannel = "owner.channel"
)

// setupForm is the form of a step, filled with what holds now.
func (a *Admin) setupForm(ctx context.Context, t turn.Task, id string) (*chat.Form, error) {
	if err := setsUp(t); err != nil {
		return nil, err
	}
	s, ok := stepNamed(id)
	if !ok {
		return nil, fault.New(fault.BadInput, "That step is from an older version. Open my Home page again.")
	}
	f := &chat.Form{ID: "setup.step", Title: s.title, Submit: "Save", State: s.id, Intro: title(s.about) + " If you skip it: " + a.skipping(ctx, t, s.id)}
	for _, id := range s.fields {
		field, err := a.setupField(ctx, t, id)
		if err != nil {
			return nil, err
		}
		f.Fields = append(f.Fields, field)
	}
	return f, nil
}

func (a *Admin) setupField(ctx context.Context, t turn.Task, id string) (chat.Field, error) {
	if name, ok := strings.CutPrefix(id, limitField); ok {
		scope, window, _ := strings.Cut(name, ".")
		now, err := a.limitNow(ctx, t, scope, window)
		who := map[string]string{"workspace": "The workspace", "person": "Each person"}[scope]
		f := chat.Field{ID: id, Label: fmt.Sprintf("%s, dollars a %s", who, window), Kind: chat.TextField, Optional: true, Max: 12, Hint: "Empty leaves it as it is."}
		if now != nil {
			f.Value = now.Amount.Decimal()
		}
		return f, err
	}
	if id == ownerChannel {
		return chat.Field{ID: id, Label: "A channel that gets an owner", Kind: chat.ChannelField, Optional: true, Max: 100, Hint: "Such as #support. Others get theirs with /ai-config set owner, said there."}, nil
	}
	f := a.settingField(ctx, t, id)
	if id == "owner" { // of a channel that is yet to be chosen
		f.Label, f.Value, f.Hint = "Its owner", "", "Sees its spend and decides its requests."
	}
	return f, nil
}

// limitNow is the limit in force for a scope of the form, nil without one.
func (a *Admin) limitNow(ctx context.Context, t turn.Task, scope, window string) (*usage.Limit, error) {
	l := usage.Limit{Scope: usage.Workspace, ID: usage.WholeWorkspace().ID, Window: usage.WindowKind(window)}
	if scope == "person" {
		l.Scope, l.ID = usage.User, usage.AnyID
	}
	return a.limit(ctx, t.Event.Place.Tenant(), l.Key())
}

// applyField sets one field of a step. changed is false when the person left it
// as it was.
func (a *Admin) applyField(ctx context.Context, t turn.Task, id string) (s said, changed bool, err error) {
	typed := strings.TrimSpace(t.Event.Fields[id])
	if typed == "" || id == ownerChannel {
		return said{}, false, nil
	}
	if name, ok := strings.CutPrefix(id, limitField); ok {
		return a.applyLimit(ctx, t, name, typed)
	}
	r := ConfigRequest{Verb: "set", Level: "workspace", Key: id, Value: typed}
	if id != "owner" {
		if r.Value, changed = a.changedTo(ctx, t, id, typed); !changed {
			return said{}, false, nil
		}
	} else {
		channel := strings.TrimSpace(t.Event.Fields[ownerChannel])
		if channel == "" {
			return said{}, false, fault.New(fault.BadInput, "An owner needs a channel to own; nothing was set for it.")
		}
		if t.Event.Place.Channel, err = a.channelMeant(ctx, t, channel); err != nil {
			return said{}, false, err
		}
		r.Level = "channel"
	}
	s, err = a.change(ctx, t, r)
	return s, true, err
}

// applyLimit sets a limit; what happens at it stays.
func (a *Admin) applyLimit(ctx context.Context, t turn.Task, name, typed string) (said, bool, error) {
	amount, err := money.Parse(typed)
	if err != nil || amount <= 0 {
		return said{}, false, fault.New(fault.BadInput, badAmount)
	}
	scope, window, _ := strings.Cut(name, ".")
	now, err := a.limitNow(ctx, t, scope, window)
	if err != nil || now != nil && now.Amount == amount {
		return said{}, false, err
	}
	args := []string{scope, window, typed}
	if scope == "person" {
		args = []string{scope, "each", window, typed}
	}
	if now != nil {
		args = append(args, string(now.Then))
	}
	s, err := a.setLimit(ctx, t, ConfigRequest{Verb: "budget", Args: args})
	return s, true, err
}

const badAmount = "An amount in dollars, more than 0, such as 0.50."

// checkStep judges the form of a step before it is accepted: amounts, and
// whether channels and people are known.
func (a *Admin) checkStep(ctx context.Context, t turn.Task, q chat.Question) chat.Answer {
	errs := map[string]string{}
	s, _ := stepNamed(q.State)
	for _, id := range s.fields {
		typed := strings.TrimSpace(q.Fields[id])
		if typed == "" {
			continue
		}
		var err error
		switch {
		case strings.HasPrefix(id, limitField):
			if amount, bad := money.Parse(typed); bad != nil || amount <= 0 {
				errs[id] = badAmount
			}
		case id == ownerChannel:
			_, err = a.channelMeant(ctx, t, typed)
		case id == "owner" && strings.TrimSpace(q.Fields[ownerChannel]) == "":
			errs[id] = "Name the channel above, too."
		default:
			_, err = a.meant(ctx, t, id, typed)
		}
		switch fault.KindOf(err) {
		case fault.BadInput, fault.NotFound, fault.NotAllowed: // anything else is met again when it is set
			errs[id] = fault.Sentence(err, "")
		}
	}
	return chat.Answer{Errors: errs}
}
