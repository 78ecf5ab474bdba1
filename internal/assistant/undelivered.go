package assistant

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/outcome"
	"github.com/tierwise/tierwise/internal/record"
	"github.com/tierwise/tierwise/internal/step"
	"github.com/tierwise/tierwise/internal/turn"
)

// undeliveredMark ends the id of a reply that is kept because it could not be
// sent.
const undeliveredMark = "/undelivered"

// givenUp begins the id of the record of a public post that was given up.
const givenUp = "post/"

// Keep keeps a private reply that may not be sent again as a draft, so that the
// person finds it; see intake.Undelivered. Of a public one it keeps, without
// content, that it was given up; a draft that it was to send out is the person's
// to send again.
func (a *Assistant) Keep(ctx context.Context, r turn.Reply) error {
	var writes []record.Write
	var err error
	switch {
	case !r.To.Private:
		writes, err = a.putBack(ctx, r)
	case r.Post.Text == "":
		return nil
	default:
		writes, err = a.lost(ctx, r)
	}
	if err != nil {
		return err
	}
	if err := a.Records.Write(ctx, r.To.Place.Tenant(), writes...); err != nil {
		return fmt.Errorf("assistant: undelivered: %w", err)
	}
	return nil
}

// lost makes a draft of a private reply that did not reach its reader.
func (a *Assistant) lost(ctx context.Context, r turn.Reply) ([]record.Write, error) {
	tenant, id := r.To.Place.Tenant(), r.Post.Job+undeliveredMark
	who, err := a.People.Pseudonym(ctx, tenant, r.To.To)
	if err != nil {
		return nil, fmt.Errorf("assistant: undelivered: %w", err)
	}
	s := &saved{
		Event: chat.Event{Place: r.To.Place, Actor: chat.Actor{ID: r.To.To}, ReplyTo: r.To}, By: r.To.To, Person: who, Text: r.Post.Text, First: r.Post.Text,
		At: a.Clock.Now(),
	}
	w, err := a.store(tenant, id, s)
	return []record.Write{w, listed(who, id)}, err
}

// putBack notes that a public post was given up. What it was to send out is as it
// was before: it may go out again, a draft is in its owner's list, and no verdict
// is drawn from a post that nobody saw.
func (a *Assistant) putBack(ctx context.Context, r turn.Reply) ([]record.Write, error) {
	writes := []record.Write{record.Put(record.Dead, givenUp+r.Post.Job, nil, keepFor)}
	if r.Sends == "" {
		return writes, nil
	}
	tenant := r.To.Place.Tenant()
	s, err := a.load(ctx, tenant, r.Sends)
	switch {
	case errors.Is(err, errExpired):
		return writes, nil
	case err != nil:
		return nil, err
	case s.Out != pressOf(r.Post.Job): // it went out again since
		return writes, nil
	}
	s.Out = ""
	w, err := a.store(tenant, r.Sends, s)
	if err != nil {
		return nil, err
	}
	w.Expect = s.version
	writes = append(writes, w, outcome.Withdraw(r.Sends, s.Person))
	if s.Want.Intent == step.Draft {
		writes = append(writes, listed(s.Person, r.Sends))
	}
	return writes, nil
}

// pressOf is the job of a delivery's post; see turn.Delivery.
func pressOf(post string) string { return post[:max(strings.LastIndexByte(post, '/'), 0)] }

// GaveUp reports whether a public post was given up; see intake.Undelivered.
func (a *Assistant) GaveUp(ctx context.Context, tenant, post string) (bool, error) {
	_, err := a.Records.Get(ctx, tenant, record.Dead, givenUp+post)
	switch {
	case err == nil:
		return true, nil
	case errors.Is(err, record.ErrNotFound):
		return false, nil
	}
	return false, fmt.Errorf("assistant: given up: %w", err)
}
