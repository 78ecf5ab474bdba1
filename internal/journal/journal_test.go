package journal_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/tierwise/tierwise/internal/clock"
	"github.com/tierwise/tierwise/internal/journal"
	"github.com/tierwise/tierwise/internal/record"
)

// shelf keeps records of one workspace and counts how often it is read.
type shelf struct {
	records []record.Record
	reads   int
}

func (s *shelf) List(_ context.Context, _ string, kind record.Kind, prefix string) ([]record.Record, error) {
	s.reads++
	var out []record.Record
	for _, r := range s.records {
		if r.Kind == kind && strings.HasPrefix(r.ID, prefix) {
			out = append(out, r)
		}
	}
	return out, nil
}

func (s *shelf) add(t *testing.T, e journal.Entry) {
	t.Helper()
	w, err := journal.Write(e)
	if err != nil {
		t.Fatal(err)
	}
	if w.Expect != 0 || w.TTL != 0 || w.Delete {
		t.Fatalf("the write %+v can overwrite, expire or delete", w)
	}
	s.records = append(s.records, record.Record{Kind: w.Kind, ID: w.ID, Version: 1, Body: w.Body})
}

func change(at time.Time, to string) journal.Entry {
	return journal.Entry{At: at, Who: "p_anna", Role: "admin", Subject: journal.Setting, Level: "channel", Place: "C1", Key: "ceiling", From: "economy", To: to, Why: "quarter end"}
}

func day(month time.Month, d int) time.Time { return time.Date(2026, month, d, 9, 0, 0, 0, time.UTC) }

func TestListIsNewestFirstSinceADay(t *testing.T) {
	s := &shelf{}
	for i, at := range []time.Time{day(time.October, 2), day(time.November, 1), day(time.November, 20), day(time.September, 9)} {
		s.add(t, change(at, string(rune('a'+i))))
	}
	j := journal.New(s, clock.NewManual(day(time.November, 24)))
	for _, c := range []struct {
		since time.Time
		max   int
		want  string
	}{
		{time.Time{}, 0, "cbad"},
		{time.Time{}, 2, "cb"},
		{day(time.October, 2), 0, "cba"},
		{day(time.October, 3), 0, "cb"},
		{day(time.September, 1), 3, "cba"},
		{day(time.November, 25), 0, ""},
	} {
		got, err := j.List(t.Context(), "slack/T1", c.since, c.max)
		if err != nil {
			t.Fatal(err)
		}
		var to strings.Builder
		for _, e := range got {
			to.WriteString(e.To)
		}
		if to.String() != c.want {
			t.Errorf("since %v, max %d: %q, want %q", c.since, c.max, to.String(), c.want)
		}
	}
}

func TestARecentPageReadsOnlyRecentMonths(t *testing.T) {
	s := &shelf{}
	s.add(t, change(day(time.November, 20), "x"))
	j := journal.New(s, clock.NewManual(day(time.November, 24)))
	if _, err := j.List(t.Context(), "slack/T1", day(time.January, 1), 1); err != nil {
		t.Fatal(err)
	}
	if s.reads != 2 {
		t.Errorf("%d months were read for one recent entry, want this one and the next", s.reads)
	}
}

func TestTwoChangesInOneInstantAreTwoEntries(t *testing.T) {
	a, _ := journal.Write(change(day(time.May, 1), "x"))
	b, _ := journal.Write(change(day(time.May, 1), "x"))
	if a.ID == b.ID || !strings.HasPrefix(a.ID, "2026-05/") {
		t.Errorf("ids %q and %q", a.ID, b.ID)
	}
}

func TestAnEntryMustSayWhoWhatAndWhen(t *testing.T) {
	for _, e := range []journal.Entry{
		{}, {At: day(time.May, 1), Who: "p", Role: "admin", Subject: journal.Limit},
		{At: day(time.May, 1), Key: "k", Role: "admin", Subject: journal.Limit},
		{Who: "p", Key: "k", Role: "admin", Subject: journal.Limit},
	} {
		if _, err := journal.Write(e); !errors.Is(err, journal.ErrIncomplete) {
			t.Errorf("%+v: %v, want ErrIncomplete", e, err)
		}
	}
	long, err := journal.Write(change(day(time.May, 1), strings.Repeat("ü", 5000)))
	if err != nil || len(long.Body) > 3000 {
		t.Errorf("a long value is kept whole: %d bytes, %v", len(long.Body), err)
	}
}
