package assistant_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/tierwise/tierwise/internal/assistant"
	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/clock"
	"github.com/tierwise/tierwise/internal/record"
	"github.com/tierwise/tierwise/internal/seal"
	"github.com/tierwise/tierwise/internal/store/memory"
	"github.com/tierwise/tierwise/internal/turn"
)

// counting notes which drafts are read.
type counting struct {
	*memory.Store
	read []string
}

func (c *counting) Get(ctx context.Context, tenant string, kind record.Kind, id string) (record.Record, error) {
	if kind == record.Draft {
		c.read = append(c.read, id)
	}
	return c.Store.Get(ctx, tenant, kind, id)
}

func (c *counting) List(ctx context.Context, tenant string, kind record.Kind, prefix string) ([]record.Record, error) {
	list, err := c.Store.List(ctx, tenant, kind, prefix)
	for _, r := range list {
		if kind == record.Draft {
			c.read = append(c.read, r.ID)
		}
	}
	return list, err
}

// masked gives everybody a pseudonym.
type masked struct{}

func (masked) Pseudonym(_ context.Context, _, id string) (string, error) { return "p_" + id, nil }

// withRecords is an Assistant that has nothing but a store.
func withRecords(t *testing.T, r assistant.Records) *assistant.Assistant {
	t.Helper()
	keys, err := seal.ParseKeys(strings.Repeat("0123456789abcdef", 4))
	if err != nil {
		t.Fatal(err)
	}
	sealer, err := seal.New(keys)
	if err != nil {
		t.Fatal(err)
	}
	return assistant.New(assistant.Deps{Records: r, Sealer: sealer, People: masked{}, Clock: clock.System{}})
}

// TestWhatCannotBeOpenedIsNobodys: erasing a person meets a draft that was sealed
// with a lost key.
func TestWhatCannotBeOpenedIsNobodys(t *testing.T) {
	a := withRecords(t, memory.New(clock.System{}))
	if mine, err := a.DraftOf("console/lab", record.Record{ID: "job1", Body: []byte("not sealed")}, "", ""); mine || err == nil {
		t.Errorf("it is somebody's: %v, %v", mine, err)
	}
}

// TestOnlyOwnDraftsAreRead: among many people's, the newest of one person costs
// the reading of that one, and the rows that lead to it hold no content.
func TestOnlyOwnDraftsAreRead(t *testing.T) {
	records := &counting{Store: memory.New(clock.System{})}
	a := withRecords(t, records)
	at := chat.Place{Platform: chat.Console, Workspace: "lab", Channel: "C1"}
	for n := range 50 {
		who := fmt.Sprintf("U%d", n%10)
		post := chat.Post{Job: fmt.Sprintf("job%02d/1", n), Text: fmt.Sprintf("answer %d", n)}
		if err := a.Keep(t.Context(), turn.Reply{To: chat.ReplyTo{Place: at, Private: true, To: who}, Post: post}); err != nil {
			t.Fatal(err)
		}
	}
	got, err := a.Drafts(t.Context(), at.Tenant(), "U1", 1)
	if err != nil || len(got) != 1 || got[0].Text != "answer 41" || !got[0].Lost {
		t.Fatalf("drafts %+v, %v", got, err)
	}
	if len(records.read) != 1 || records.read[0] != got[0].ID {
		t.Errorf("read %v, want only %s", records.read, got[0].ID)
	}
	if all, err := a.Drafts(t.Context(), at.Tenant(), "U1", 9); err != nil || len(all) != 5 || len(records.read) != 6 {
		t.Errorf("%d drafts, %d read in all, %v", len(all), len(records.read), err)
	}
	if none, err := a.Drafts(t.Context(), at.Tenant(), "U", 9); err != nil || len(none) != 0 {
		t.Errorf("somebody whose name begins another's finds %d drafts, %v", len(none), err)
	}
	rows, err := records.List(t.Context(), at.Tenant(), record.Unsent, "")
	if err != nil || len(rows) != 50 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	for _, r := range rows {
		if len(r.Body) != 0 || r.Expires.IsZero() {
			t.Errorf("row %s has %d bytes and expires %v", r.ID, len(r.Body), r.Expires)
		}
	}
}
