package assistant

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/fault"
	"github.com/tierwise/tierwise/internal/redact"
	"github.com/tierwise/tierwise/internal/settings"
	"github.com/tierwise/tierwise/internal/step"
)

// maxMessages bounds one reading; the adapter keeps the root and the newest and
// says so.
const maxMessages = 5000

// conversation reads what the want points at, as the asker and as of now.
func (w *work) conversation(ctx context.Context, opener chat.Opener) error {
	if w.want.Read == nil {
		return nil
	}
	at := *w.want.Read
	acc, err := w.visible(ctx, opener, at)
	if err != nil {
		return err
	}
	there, err := w.a.Settings.Resolve(ctx, at, acc.Channel, w.t.Caller.ID)
	if err != nil {
		return fmt.Errorf("assistant: settings: %w", err)
	}
	if err := w.admitted(at, acc.Channel, there); err != nil {
		return err
	}
	w.class = max(w.class, there.Class())
	h, err := w.resp.History(ctx, chat.HistoryQuery{Place: at, Since: w.want.Since, Max: maxMessages})
	switch {
	case errors.Is(err, chat.ErrNotFound), errors.Is(err, chat.ErrNoAccess), errors.Is(err, chat.ErrGone):
		return fault.Wrap(err, fault.NotAllowed, "I cannot read that conversation any more. Invite me there, then ask again.")
	case err != nil:
		return fmt.Errorf("assistant: history: %w", err)
	}
	if h.Coverage.Hidden {
		return fault.New(fault.NotAllowed, "The platform hides this conversation's messages from me, so I would be guessing. An admin finds the missing permission with `tierwise doctor`.")
	}
	w.take(at, h)
	return nil
}

// take keeps what was read, and how much of what is there it was.
func (w *work) take(at chat.Place, h chat.History) {
	w.input.Messages, w.input.Coverage, w.input.Channel = w.others(h.Messages), h.Coverage, h.Channel.Name
	w.input.Coverage.Read = len(w.input.Messages)
	if t := h.Coverage.Total; t >= 0 {
		w.input.Coverage.Total = max(len(w.input.Messages), t-(len(h.Messages)-len(w.input.Messages)))
	}
	if !at.InChannelOf(w.t.Event.Place) {
		w.source = sourceName(h.Channel)
	}
}

// sourceName names a conversation that was read from elsewhere.
func sourceName(c chat.Channel) string {
	switch {
	case c.Kind == chat.DirectMessage:
		return "the direct message"
	case c.Kind == chat.GroupMessage || c.Name == "":
		return "that conversation"
	}
	return "#" + redact.Name(c.Name)
}

// visible checks that the asker sees a conversation now and that the bot may
// read it.
func (w *work) visible(ctx context.Context, opener chat.Opener, at chat.Place) (chat.Access, error) {
	acc, err := opener.Directory().Access(ctx, at, w.t.Event.Actor.ID)
	switch {
	case errors.Is(err, chat.ErrNotFound) && w.want.Viewed:
		// What the person has open is there; the bot is not shown it.
		err = fault.New(fault.NotAllowed, "I cannot see the conversation you have open, because I was not invited to it. Invite me there, then ask again.")
	case errors.Is(err, chat.ErrNotFound), err == nil && !acc.Read:
		err = fault.New(fault.NotAllowed, "I only read conversations that you can see yourself.")
	case err == nil && !acc.BotRead && w.want.Viewed:
		err = fault.Newf(fault.NotAllowed, "I was not invited to %s, which you have open, so I cannot read it. Invite me there, then ask again.", sourceName(acc.Channel))
	case errors.Is(err, chat.ErrNoAccess), err == nil && !acc.BotRead:
		err = fault.New(fault.NotAllowed, "I was not invited to that conversation, so I cannot read it. Invite me there, then ask again.")
	case err != nil:
		err = fmt.Errorf("assistant: access: %w", err)
	}
	return acc, err
}

// admitted checks that what an admin set for a conversation lets it be read from
// elsewhere: where I may not answer, a link or a direct message beside it does
// not make me read. The place of the question itself is the gate's matter.
func (w *work) admitted(at chat.Place, ch chat.Channel, there settings.Resolved) error {
	if at.InChannelOf(w.t.Event.Place) {
		return nil
	}
	acc, name := there.Access(), sourceName(ch)
	switch {
	case ch.Shared != chat.NotShared && !acc.Outsiders:
		return fault.Newf(fault.NotAllowed, "I do not read %s, because people of another organisation are in it. An admin can allow it there with /ai-config set outsiders on.", name)
	case !acc.Enabled:
		return fault.Newf(fault.NotAllowed, "I am not switched on in %s. An admin can do that there with /ai-config set enabled on.", name)
	case w.t.Caller.Actor.Guest && !acc.Guests:
		return fault.Newf(fault.NotAllowed, "I do not read %s for guests. An admin can allow it there with /ai-config set guests on.", name)
	case !acc.Allows(w.t.Caller.ID, w.t.Caller.Actor):
		return fault.Newf(fault.NotAllowed, "An admin's list decides for whom I read %s, and you are not on it.", name)
	}
	return nil
}

// requestWords is how long a message that names the bot may be and still be
// nothing but a request to it. A longer one tells something, too.
const requestWords = 25

// others leaves out the question itself and, where the conversation is the
// matter, the bot's own posts and what people asked it. A question keeps them:
// they are what a follow-up refers to.
func (w *work) others(list []chat.Message) []chat.Message {
	out := make([]chat.Message, 0, len(list))
	for _, m := range list {
		m.Named = m.Named && len(strings.Fields(m.Text)) <= requestWords
		switch {
		case m.ID == w.t.Event.Message.ID && w.t.Event.Kind == chat.Mention:
		case (m.Author.Self || m.Named) && w.want.Intent != step.Ask, m.ID == w.post.ID:
		case w.want.One != "" && m.ID != w.want.One:
		default:
			out = append(out, m)
		}
	}
	return out
}
