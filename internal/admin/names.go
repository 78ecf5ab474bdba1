package admin

import (
	"context"
	"fmt"

	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/redact"
	"github.com/tierwise/tierwise/internal/turn"
	"github.com/tierwise/tierwise/usage"
)

// named is a row as a person may read it.
type named struct {
	name string
	cell usage.Cell
}

// names puts names to the rows of a dimension. People get theirs from the
// directory. A private channel or direct message appears by name only to who is
// in it; the others are added up in one row.
func (a *Admin) names(ctx context.Context, t turn.Task, d usage.Dim, rows []usage.Row) ([]named, error) {
	out := make([]named, 0, len(rows))
	var hidden usage.Cell
	conversations := 0
	for _, r := range rows {
		n := named{r.Value, r.Cell}
		switch d {
		case usage.ByActor:
			if name, ok := a.People.Name(ctx, t.Event.Place.Tenant(), r.Value); ok {
				n.name = redact.Name(name)
			}
		case usage.ByChannel:
			name, open := a.channel(ctx, t, r.Value)
			if !open {
				hidden, conversations = hidden.Add(r.Cell), conversations+1
				continue
			}
			n.name = name
		}
		out = append(out, n)
	}
	if conversations > 0 {
		out = append(out, named{fmt.Sprintf("private conversations (%d)", conversations), hidden})
	}
	return out, nil
}

// channel returns a channel's name, and whether this caller may read it. What
// the platform does not say counts as private.
func (a *Admin) channel(ctx context.Context, t turn.Task, id string) (string, bool) {
	p := t.Event.Place
	p.Channel, p.Thread = id, ""
	o := a.Openers(p.Platform)
	if o == nil {
		return "", false
	}
	acc, err := o.Directory().Access(ctx, p, t.Event.Actor.ID)
	if err != nil || acc.Channel.Kind.Private() && !acc.Read {
		return "", false
	}
	if acc.Channel.Name == "" {
		return id, true
	}
	if acc.Channel.Kind == chat.DirectMessage {
		return "direct message", true
	}
	return "#" + acc.Channel.Name, true
}

// publicName is a channel's name as anybody may read it; as is who makes the
// bot speak of it, "" for the house itself.
func (a *Admin) publicName(ctx context.Context, at chat.Place, id, as string) string {
	at.Channel, at.Thread = id, ""
	o := a.Openers(at.Platform)
	if o == nil {
		return "a channel"
	}
	acc, err := o.Directory().Access(ctx, at, as)
	switch {
	case err != nil || acc.Channel.Name == "":
		return "a channel"
	case acc.Channel.Kind.Private():
		return "a private conversation"
	}
	return "#" + acc.Channel.Name
}
