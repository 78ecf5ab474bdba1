package intake_test

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/intake"
	"github.com/tierwise/tierwise/internal/store/sqlite"
	"github.com/tierwise/tierwise/internal/turn"
)

// TestNoWordsLieOpenInTheStore leaves an event, a note and posts in a store's
// files and greps them, and the log, for the words.
func TestNoWordsLieOpenInTheStore(t *testing.T) {
	ctx, dir := t.Context(), t.TempDir()
	store, err := sqlite.Open(ctx, filepath.Join(dir, "tierwise.db"), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t)
	door := intake.NewDoor(store, w.sealer, nil, nil, intake.Caps{Person: 1})
	accept := func(id, text string) {
		e := mention(id, "7", text)
		e.Actor.ID, e.Actor.Name = "U1", "sentinel-name" // one after the other
		if err := door.Accept(ctx, e); err != nil {
			t.Fatal(err)
		}
	}
	answered := make(chan struct{})
	run := func(ctx context.Context, d *turn.Delivery) (turn.Result, error) {
		if d.Event.Text == "sentinel-parked" {
			if err := d.Keep(ctx, chat.Ref{ID: "sentinel-ref"}); err != nil {
				return turn.Result{}, err
			}
			close(answered)
			<-ctx.Done() // its event and note stay in the store
			return turn.Result{}, ctx.Err()
		}
		return turn.Say(d.Event.ReplyTo, chat.Post{Text: "sentinel-post", Footer: "sentinel-footer"}), nil
	}
	accept("1", "sentinel-event")
	accept("2", "sentinel-parked")
	accept("3", "sentinel-waiting")
	var log bytes.Buffer
	w.pace.Grace = time.Nanosecond
	worker := intake.NewWorker("w1", store, store, w.sealer, handler{run: run}, nil, w.pace, slog.New(slog.NewTextHandler(&lockedWriter{w: &log}, &slog.HandlerOptions{Level: slog.LevelDebug})))
	stop := begin(worker.Run)
	<-answered
	stop()
	b, err := store.Backlog(ctx)
	if err != nil || b.Outbox != 1 || b.Ready+b.Parked+b.Waiting+b.Running != 2 {
		t.Fatalf("backlog %+v, %v: the store should hold a post and two events", b, err)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	total := 0
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		total += len(b)
		if bytes.Contains(b, []byte("sentinel-")) {
			t.Errorf("%s holds words in the open", filepath.Base(f))
		}
		if bytes.Contains(b, []byte("C1/7")) != (len(b) > 4096) { // what is meant to be readable is there
			t.Errorf("%s does not hold the jobs", filepath.Base(f))
		}
	}
	if bytes.Contains(log.Bytes(), []byte("sentinel-")) {
		t.Error("the log holds words")
	}
	t.Logf("searched %d bytes of store and %d of log", total, log.Len())
}
