package gate

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/fault"
	"github.com/tierwise/tierwise/internal/intent"
	"github.com/tierwise/tierwise/internal/turn"
)

// rateWindow is the window of a person's rate.
const rateWindow = time.Minute

// admit says whether the task may be served now, and counts it.
func (g *Gate) admit(ctx context.Context, t *turn.Task) error {
	if err := g.standing(t); err != nil || !usesModel(t) {
		return err
	}
	return g.throttle(ctx, t)
}

// standing is what holds against the task, however often one asks. The order is
// from what is cheapest to know; an admin may always reach the settings, else a
// wrong list would lock everybody out.
func (g *Gate) standing(t *turn.Task) error {
	a := t.Caller.Actor
	if a.Bot || a.Self {
		return errSilent
	}
	if err := outside(t); err != nil {
		return err
	}
	if steers(t.Event) {
		return nil
	}
	if err := listed(t); err != nil && !(t.Caller.Roles.Admin && !usesModel(t)) {
		return err
	}
	if err := young(t, g.Clock.Now()); err != nil {
		return err
	}
	if (usesModel(t) || resumes(t.Event)) && t.Settings.Paused() {
		return errPaused
	}
	return nil
}

// errPaused refuses in a channel that somebody paused. Settings are still
// reached there, so that it can be let go on.
var errPaused = fault.New(fault.NotAllowed, "I am paused in this channel and answer nothing here for now. A moderator, the channel's owner or an admin can let me go on with /ai-config resume.")

// outside keeps people and channels of other organisations out until an admin
// lets them in. What the platform does not say counts as outside.
func outside(t *turn.Task) error {
	acc, a := t.Settings.Access(), t.Caller.Actor
	switch {
	case t.Channel.Shared == chat.SharedUnknown && !acc.Outsiders:
		return fault.New(fault.NotAllowed, "I was not told whether this channel is shared with another organisation, so I stay quiet here. An admin can allow it with /ai-config set outsiders on.")
	case t.Channel.Shared != chat.NotShared && !acc.Outsiders:
		return fault.New(fault.NotAllowed, "This channel is shared with another organisation, so I stay quiet here. An admin can allow it with /ai-config set outsiders on.")
	case a.External && !acc.Outsiders:
		return fault.New(fault.NotAllowed, "I only answer members of this workspace. An admin can allow outside people in a channel with /ai-config set outsiders on.")
	case a.Guest && !acc.Guests:
		return fault.New(fault.NotAllowed, "Guests cannot use me here. An admin can allow guests with /ai-config set guests on.")
	}
	return nil
}

// listed applies the channel switch and the allow and deny lists.
func listed(t *turn.Task) error {
	acc := t.Settings.Access()
	until, denied := acc.Denied(t.Caller.ID, t.Caller.Actor)
	switch {
	case !acc.Enabled:
		return fault.New(fault.NotAllowed, "I am not switched on in this channel. An admin can do that with /ai-config set enabled on.")
	case denied && until.IsZero():
		return fault.New(fault.NotAllowed, "It was decided that I do not answer you here. If that is a mistake, ask a moderator or an admin.")
	case denied:
		return fault.Newf(fault.NotAllowed, "It was decided that I do not answer you here until %s. If that is a mistake, ask a moderator or an admin.", clockTime(t, until))
	case !acc.Allows(t.Caller.ID, t.Caller.Actor):
		return fault.New(fault.NotAllowed, "An admin's list decides whom I answer here, and you are not on it.")
	}
	return nil
}

// throttle counts the request against the person's rate. The id is the job, so
// a second delivery of one request is counted once.
func (g *Gate) throttle(ctx context.Context, t *turn.Task) error {
	limit := t.Settings.PerMinute(t.Caller.Actor)
	if limit <= 0 {
		return nil
	}
	ok, told, reset, err := g.Rate.Take(ctx, t.Event.Place.Tenant(), "rate/"+t.Caller.ID, t.Ticket.Job.ID, limit, rateWindow)
	switch {
	case err != nil:
		return fmt.Errorf("gate: rate: %w", err)
	case ok:
		return nil
	case !told:
		return errSilent
	}
	wait := max(time.Second, reset.Sub(g.Clock.Now()).Round(time.Second))
	return fault.Newf(fault.Throttled, "That was %d requests in a minute, which is the limit for one person. Please go on in %s; I say this once and leave further ones unanswered until then.", limit, span(wait))
}

// usesModel reports whether serving the task may call a model.
func usesModel(t *turn.Task) bool {
	switch t.Event.Kind {
	case chat.Mention:
		return t.Wish.Command == intent.NoCommand
	case chat.Command:
		return slices.Contains([]string{"summarize", "draft", "classify"}, t.Event.Name)
	case chat.Shortcut:
		return true
	case chat.Click, chat.Submit:
		return slices.Contains([]string{"answer.stronger", "answer.as", "draft.shorter", "draft.redo", "summary.more"}, t.Event.Name)
	}
	return false
}

// resumes reports whether a request that was refused for money goes on. It may
// call a model and is not counted a second time.
func resumes(e chat.Event) bool { return e.Name == "answer.resume" }

// steers reports whether the event stops or removes something, which is never
// refused for a list or a rate.
func steers(e chat.Event) bool {
	return e.Kind == chat.Stop || e.Kind == chat.Joined || e.Name == "answer.stop" || e.Name == "answer.retract"
}

// room picks who serves the task.
func (g *Gate) room(t *turn.Task) Room {
	e := &t.Event
	switch e.Kind {
	case chat.Mention:
		if t.Wish.Command != intent.NoCommand && t.Wish.Command != intent.Unfollow {
			return g.Admin
		}
	case chat.Command:
		if !usesModel(t) {
			return g.Admin
		}
	case chat.Joined:
		return g.Admin
	case chat.Click, chat.Submit, chat.Cancelled:
		return g.byName(e.Name)
	}
	return g.Assistant
}

// byName tells buttons and forms apart by the first part of their name.
func (g *Gate) byName(name string) Room {
	switch head, _, _ := strings.Cut(name, "."); head {
	case "answer", "draft", "summary", "classify", "summarize_thread", "draft_reply":
		return g.Assistant
	}
	return g.Admin
}
