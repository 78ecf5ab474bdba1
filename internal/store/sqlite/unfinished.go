package sqlite

import (
	"context"
	"encoding/json"

	"github.com/tierwise/tierwise/internal/job"
)

// Unfinished lists what a copy of the store must take along: jobs that are not
// finished, in the order they were accepted, with the number of their last
// delivery (0 when there was none) and the note it left; and posts that are not
// confirmed, in the order they were written, with Sent set when the result of a
// try is unknown. It changes nothing; the tickets give no right to run or send.
func (s *Store) Unfinished(ctx context.Context) ([]job.Ticket, []job.PostTicket, error) {
	rows, err := s.query(ctx, `SELECT j.tenant, j.id, j.marks, j.event, j.at, j.delivery, j.note, j.cause,
			(SELECT json_group_array(json_object('key', key, 'cap', cap)) FROM (SELECT key, cap FROM lanes WHERE job = j.seq ORDER BY n))
		FROM jobs j ORDER BY j.seq`)
	jobs, err := collect(rows, err, scanUnfinished)
	if err != nil {
		return nil, nil, s.failed("unfinished", err)
	}
	rows, err = s.query(ctx, `SELECT tenant, id, lane, private, body, try, sent OR leased FROM outbox ORDER BY seq`)
	posts, err := collect(rows, err, func(row scanner, p *job.PostTicket) error {
		return row.Scan(&p.Post.Tenant, &p.Post.ID, &p.Post.Lane, &p.Post.Private, &p.Post.Body, &p.Try, &p.Sent)
	})
	if err != nil {
		return nil, nil, s.failed("unfinished", err)
	}
	return jobs, posts, nil
}

func scanUnfinished(row scanner, t *job.Ticket) error {
	var marks, lanes []byte
	var at int64
	err := row.Scan(&t.Job.Tenant, &t.Job.ID, &marks, &t.Job.Event, &at, &t.Delivery, &t.Note, &t.Cause, &lanes)
	if err != nil {
		return err
	}
	t.Job.At = instant(at)
	if err := json.Unmarshal(marks, &t.Job.Marks); err != nil {
		return err
	}
	return json.Unmarshal(lanes, &t.Job.Lanes)
}
