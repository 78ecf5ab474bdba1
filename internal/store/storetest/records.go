package storetest

import (
	"testing"
	"time"

	"github.com/tierwise/tierwise/internal/record"
)

func recordTests() []scenario {
	return []scenario{
		{"versions count the writes", versions},
		{"a conflict writes nothing of the batch", conflicts},
		{"a record ends with its time", recordTTL},
		{"a list is sorted and by prefix", lists},
		{"a wipe takes kinds of one workspace", wipesKinds},
	}
}

func (k kit) put(kind record.Kind, id, body string) {
	k.Helper()
	k.must(k.s.Write(k.ctx, k.tenant, record.Put(kind, id, []byte(body), 0)))
}

func (k kit) has(kind record.Kind, id, body string, version int64) {
	k.Helper()
	r, err := k.s.Get(k.ctx, k.tenant, kind, id)
	k.must(err)
	same(k, "body of "+id, string(r.Body), body)
	same(k, "version of "+id, r.Version, version)
	same(k, "kind of "+id, r.Kind, kind)
	same(k, "id", r.ID, id)
}

func (k kit) hasNot(kind record.Kind, id string) {
	k.Helper()
	_, err := k.s.Get(k.ctx, k.tenant, kind, id)
	k.is(err, record.ErrNotFound, "record "+id)
}

func versions(t *testing.T, h Harness) {
	k := newKit(t, h)
	k.hasNot(record.Setting, "a")
	k.put(record.Setting, "a", "1")
	k.has(record.Setting, "a", "1", 1)
	k.put(record.Setting, "a", "2")
	k.has(record.Setting, "a", "2", 2)
	k.must(k.s.Write(k.ctx, lab, record.Write{Kind: record.Setting, ID: "a", Body: []byte("3"), Expect: 2}))
	k.has(record.Setting, "a", "3", 3)
	k.hasNot(record.Card, "a")
	k.must(k.s.Write(k.ctx, lab, record.Remove(record.Setting, "a"), record.Remove(record.Setting, "never")))
	k.hasNot(record.Setting, "a")
	k.must(k.s.Write(k.ctx, lab, record.Write{Kind: record.Setting, ID: "a", Body: []byte{0, 255}, Expect: 0}))
	k.has(record.Setting, "a", "\x00\xff", 1)
}

func conflicts(t *testing.T, h Harness) {
	k := newKit(t, h)
	k.put(record.Setting, "a", "1")
	for _, bad := range []record.Write{
		{Kind: record.Setting, ID: "a", Expect: 0},
		{Kind: record.Setting, ID: "a", Expect: 2},
		{Kind: record.Setting, ID: "missing", Expect: 1},
		{Kind: record.Setting, ID: "a", Expect: 7, Delete: true},
		{Kind: record.Setting, ID: "missing", Expect: 1, Delete: true},
	} {
		err := k.s.Write(k.ctx, lab, record.Put(record.Setting, "b", nil, 0), bad, record.Remove(record.Setting, "a"))
		k.is(err, record.ErrConflict, "a batch that cannot be written")
	}
	k.has(record.Setting, "a", "1", 1)
	k.hasNot(record.Setting, "b")
	k.must(k.s.Write(k.ctx, lab, record.Write{Kind: record.Setting, ID: "a", Expect: 1, Delete: true}))
	k.hasNot(record.Setting, "a")
}

func recordTTL(t *testing.T, h Harness) {
	k := newKit(t, h)
	k.must(k.s.Write(k.ctx, lab, record.Put(record.Draft, "d", []byte("x"), time.Hour)))
	r, err := k.s.Get(k.ctx, lab, record.Draft, "d")
	k.must(err)
	near(k, "expires", r.Expires, h.Now().Add(time.Hour))
	h.Advance(time.Hour - time.Minute)
	k.has(record.Draft, "d", "x", 1)
	h.Advance(time.Minute)
	k.hasNot(record.Draft, "d")
	rs, err := k.s.List(k.ctx, lab, record.Draft, "")
	k.must(err)
	same(k, "listed", len(rs), 0)
	k.must(k.s.Write(k.ctx, lab, record.Write{Kind: record.Draft, ID: "d", Body: []byte("y"), TTL: time.Hour, Expect: 0}))
	k.has(record.Draft, "d", "y", 1)
	k.put(record.Draft, "d", "z") // without a TTL it stays
	h.Advance(1000 * time.Hour)
	k.has(record.Draft, "d", "z", 2)
	r, err = k.s.Get(k.ctx, lab, record.Draft, "d")
	k.must(err)
	same(k, "kept for ever", r.Expires.IsZero(), true)
}

func lists(t *testing.T, h Harness) {
	k := newKit(t, h)
	for _, id := range []string{"channel/C2", "workspace", "channel/C10", "channel/C1", "channel_x", "Channel/C1"} {
		k.put(record.Setting, id, "body "+id)
	}
	k.put(record.Card, "channel/C9", "")
	listed := func(prefix string) string {
		rs, err := k.s.List(k.ctx, lab, record.Setting, prefix)
		k.must(err)
		ids := make([]string, len(rs))
		for i, r := range rs {
			ids[i] = r.ID
			same(k, "body", string(r.Body), "body "+r.ID)
		}
		return list(ids)
	}
	same(k, "with prefix", listed("channel/"), "channel/C1 channel/C10 channel/C2 ")
	same(k, "all", listed(""), "Channel/C1 channel/C1 channel/C10 channel/C2 channel_x workspace ")
	same(k, "prefix is no pattern", listed("channel%"), "")
	same(k, "prefix is no pattern", listed("c*"), "")
	same(k, "the whole id", listed("workspace"), "workspace ")
}

func wipesKinds(t *testing.T, h Harness) {
	k := newKit(t, h)
	o := k
	o.tenant = "other"
	for _, x := range []kit{k, o} {
		x.put(record.Setting, "a", "s")
		x.put(record.Draft, "a", "d")
		x.put(record.Install, "a", "i")
	}
	k.accept("j1")
	k.must(k.s.Wipe(k.ctx, lab, false, record.Draft, record.Install))
	k.hasNot(record.Draft, "a")
	k.hasNot(record.Install, "a")
	k.has(record.Setting, "a", "s", 1)
	o.has(record.Draft, "a", "d", 1)
	k.gives(10, "j1")
	k.put(record.Draft, "a", "new")
	k.has(record.Draft, "a", "new", 1)
}
