package sqlite

import (
	"context"

	"github.com/tierwise/tierwise/internal/record"
)

const liveRecord = `SELECT kind, id, version, body, expires FROM records WHERE tenant = ? AND kind = ? AND (expires = 0 OR expires > ?)`

func scanRecord(row scanner, r *record.Record) error {
	var expires int64
	err := row.Scan(&r.Kind, &r.ID, &r.Version, &r.Body, &expires)
	r.Expires = instant(expires)
	return err
}

// Get implements storetest.Records.
func (s *Store) Get(ctx context.Context, tenant string, kind record.Kind, id string) (record.Record, error) {
	var r record.Record
	err := scanRecord(s.row(ctx, liveRecord+` AND id = ?`, tenant, string(kind), nanos(s.clock.Now()), id), &r)
	if none(err) {
		err = record.ErrNotFound
	}
	if err != nil {
		return record.Record{}, s.failed("get "+string(kind), err)
	}
	return r, nil
}

// List implements storetest.Records.
func (s *Store) List(ctx context.Context, tenant string, kind record.Kind, prefix string) ([]record.Record, error) {
	// char(1114111) is the last code point: all ids with the prefix lie below.
	rows, err := s.query(ctx, liveRecord+` AND id >= ? AND id < ? || char(1114111) ORDER BY id`,
		tenant, string(kind), nanos(s.clock.Now()), prefix, prefix)
	out, err := collect(rows, err, scanRecord)
	if err != nil {
		return nil, s.failed("list "+string(kind), err)
	}
	return out, nil
}

// Write implements storetest.Records.
func (s *Store) Write(ctx context.Context, tenant string, writes ...record.Write) error {
	_, err := write(ctx, s, "write", func(t *tx) (struct{}, error) { return struct{}{}, t.writeRecords(tenant, writes) })
	return err
}

// writeRecords does all writes or, when one does not find the version it
// expects, returns record.ErrConflict before it has done any.
func (t *tx) writeRecords(tenant string, writes []record.Write) error {
	for _, w := range writes {
		if w.Expect == record.AnyVersion {
			continue
		}
		have, err := t.recordVersion(tenant, w)
		if err != nil {
			return err
		}
		if have != w.Expect {
			return record.ErrConflict
		}
	}
	for _, w := range writes {
		if err := t.writeRecord(tenant, w); err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) writeRecord(tenant string, w record.Write) error {
	if w.Delete {
		_, err := t.exec(`DELETE FROM records WHERE tenant = ? AND kind = ? AND id = ?`, tenant, string(w.Kind), w.ID)
		return err
	}
	have, err := t.recordVersion(tenant, w)
	if err != nil {
		return err
	}
	expires := int64(0)
	if w.TTL > 0 {
		expires = nanos(t.now.Add(w.TTL))
	}
	_, err = t.exec(`INSERT INTO records (tenant, kind, id, version, body, expires) VALUES (?, ?, ?, ?, ?, ?)
		ON CONFLICT DO UPDATE SET version = excluded.version, body = excluded.body, expires = excluded.expires`,
		tenant, string(w.Kind), w.ID, have+1, w.Body, expires)
	return err
}

// recordVersion is the version that is there: 0 for none, and for one that has
// expired.
func (t *tx) recordVersion(tenant string, w record.Write) (v int64, err error) {
	err = t.row(`SELECT version FROM records WHERE tenant = ? AND kind = ? AND id = ? AND (expires = 0 OR expires > ?)`,
		tenant, string(w.Kind), w.ID, nanos(t.now)).Scan(&v)
	if none(err) {
		return 0, nil
	}
	return v, err
}

// Wipe implements storetest.Records. Money that wiped jobs hold is released, or
// booked, by Sweep. The write-ahead log is emptied as by Purge.
func (s *Store) Wipe(ctx context.Context, tenant string, jobs bool, kinds ...record.Kind) error {
	_, err := write(ctx, s, "wipe", func(t *tx) (struct{}, error) { return struct{}{}, t.wipe(tenant, jobs, kinds) })
	return err
}

func (t *tx) wipe(tenant string, jobs bool, kinds []record.Kind) error {
	t.removed = true
	for _, k := range kinds {
		if _, err := t.exec(`DELETE FROM records WHERE tenant = ? AND kind = ?`, tenant, string(k)); err != nil {
			return err
		}
	}
	if !jobs {
		return nil
	}
	if _, err := t.exec(`DELETE FROM jobs WHERE tenant = ?`, tenant); err != nil { // and their lanes
		return err
	}
	_, err := t.exec(`DELETE FROM outbox WHERE tenant = ?`, tenant)
	return err
}
