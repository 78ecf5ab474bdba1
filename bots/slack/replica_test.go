package slack

import (
	"strings"
	"testing"

	"github.com/tierwise/tierwise/bots/slack/slacktest"
	"github.com/tierwise/tierwise/internal/chat"
)

// TestAnotherReplicaFinishes what one began and lost: the live post, also one
// that went on in a second message, is ended and replaced, nothing is left over.
func TestAnotherReplicaFinishes(t *testing.T) {
	for _, rolled := range []bool{false, true} {
		w, r, d := asked(t)
		ref := put(t, r, chat.Post{Job: "J1/1", Stage: chat.Placeholder, Text: "Thinking …"})
		if err := r.Append(t.Context(), ref, "begun"); err != nil {
			t.Fatal(err)
		}
		if rolled {
			w.now.Advance(streamLife)
			if err := r.Append(t.Context(), ref, " and continued"); err != nil {
				t.Fatal(err)
			}
		}
		other := w.replica(t, w.adapter.cfg)
		there, err := other.Opener().Open(t.Context(), r.(*responder).to)
		if err != nil {
			t.Fatal(err)
		}
		long := strings.Repeat("word ", 3*maxText/10)
		if last := put(t, there, chat.Post{Job: "J1/1", Ref: ref, Stage: chat.Final, Text: long}); last != ref {
			t.Errorf("the post moved from %v to %v", ref, last)
		}
		put(t, r, chat.Post{Job: "J1/1", Ref: ref, Stage: chat.Final, Text: "The whole."})
		var mine []slacktest.Seen
		for _, m := range w.User("U2").See("C1", d.Message.TS) {
			if m.BotID != "" {
				mine = append(mine, m)
			}
		}
		if len(mine) != 1 || mine[0].Live || mine[0].Text != "The whole." {
			t.Errorf("rolled %v: %d messages are left", rolled, len(mine))
		}
	}
}
