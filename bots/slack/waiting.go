package slack

import (
	"context"
	"net/url"
	"slices"

	"github.com/tierwise/tierwise/internal/chat"
)

// underWay is an answer that is being written in a thread, and whom it is for.
type underWay struct {
	job string
	to  chat.ReplyTo
}

// ahead are the answers a new question in a thread waits for, of those this
// replica writes there: answers of a thread come one after the other.
func (a *Adapter) ahead(e chat.Event) []underWay {
	if e.Message.Thread == "" {
		return nil
	}
	all := append(a.streams.writing(e.Place), a.signs.writing(e.Place)...)
	return slices.DeleteFunc(all, func(one underWay) bool { return one.to.Message == e.Message.ID })
}

// stillWritten asks the thread, because another replica may have ended what
// this one began. Where it cannot be read nothing is claimed.
func (a *Adapter) stillWritten(ctx context.Context, one underWay) bool {
	r := &responder{a: a, to: one.to}
	mine, err := r.newest(ctx)
	if err != nil {
		return false
	}
	for _, m := range mine {
		id, _ := jobIn(m)
		// A live post carries its job in a block until its final text comes.
		if id != "" && jobOf(id) == one.job && (m.Metadata.Type == "" || m.Metadata.Payload["open"] == true) {
			return true
		}
	}
	return false
}

// sayWaiting tells who asked, alone and once, what their question waits for. It
// comes after accepting and is best effort: the answer comes in any case.
func (a *Adapter) sayWaiting(ctx context.Context, e chat.Event, ahead []underWay) {
	first := a.queued.first(e.Place.Workspace+"/"+e.Place.Channel+"/"+e.Message.ID, struct{}{})
	if !first || len(ahead) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, nameTime)
	defer cancel()
	i := slices.IndexFunc(ahead, func(one underWay) bool { return a.stillWritten(ctx, one) })
	if i < 0 {
		return
	}
	whose := "your earlier question"
	if ahead[i].to.To != e.Actor.ID {
		whose = "the question of somebody else"
		if u, err := a.names.user(ctx, e.Place.Workspace, ahead[i].to.To); err == nil && u.label() != "" {
			whose = "the question of " + u.label()
		}
	}
	text := inert("I am still answering " + whose + " in this thread. Yours comes after it.")
	args := url.Values{"channel": {e.Place.Channel}, "user": {e.Actor.ID}, "thread_ts": {e.Message.Thread}, "text": {text}}
	if _, err := a.call(ctx, e.Place.Workspace, call{method: chatPostEphemeral, channel: e.Place.Channel, args: args, patience: 0}, nil); err != nil {
		a.count("slack.waiting_not_said")
	}
}

// writing are the answers this replica writes live in a thread.
func (s *streams) writing(at chat.Place) []underWay {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []underWay
	for _, one := range s.live {
		if one.at == at {
			all = append(all, underWay{jobOf(one.job), one.to})
		}
	}
	return all
}

// writing is the answer whose sign this replica set beside a thread.
func (s *signs) writing(at chat.Place) []underWay {
	s.mu.Lock()
	defer s.mu.Unlock()
	if one := s.set[signKey(at)]; one != nil {
		return []underWay{{one.job, one.to}}
	}
	return nil
}
