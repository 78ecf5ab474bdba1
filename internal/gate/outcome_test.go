package gate_test

import (
	"slices"
	"testing"

	. "github.com/tierwise/tierwise/internal/gate/gatetest"
	"github.com/tierwise/tierwise/internal/outcome"
	"github.com/tierwise/tierwise/internal/record"
)

// outcomes are the verdicts so far, in order of their jobs.
func outcomes(h *House) []string {
	h.T.Helper()
	list, err := h.Store.List(h.T.Context(), In("").Tenant(), record.Outcome, "")
	if err != nil {
		h.T.Fatal(err)
	}
	var out []string
	for _, r := range list {
		o, err := outcome.Read(r)
		if err != nil {
			h.T.Fatal(err)
		}
		out = append(out, string(o.Why)+" "+string(o.State))
	}
	return out
}

func TestThumbsWhyShareAndRetract(t *testing.T) {
	in(t, func(t *testing.T) {
		h := New(t)
		h.Say(Anna, In(General, Thread), "@tierwise who rolls back?")
		m := h.Last(In(General, Thread), Anna)
		h.Press(Ben, m, "👍")
		h.Press(Anna, m, "👎")
		if got := outcomes(h); len(got) != 2 || !slices.Contains(got, "thumbs_up accepted") || !slices.Contains(got, "thumbs_dn rejected") {
			t.Errorf("outcomes %v", got)
		}
		h.Press(Ben, m, "Why")
		wants(t, h.Last(In(General, Thread), Ben), "**economy** ("+Eco+")", "charged to the workflow ask", "Ask starts on economy")
		h.Press(Ben, m, "Retract")
		wants(t, h.Last(In(General, Thread), Ben), "Only the person who asked, a moderator or an admin")
		h.Press(Ada, m, "Retract")
		if _, there := h.World.Message(Workspace, m.Ref); there {
			t.Error("still there after an admin took it back")
		}
	})
}

func TestAPrivateAnswerIsSharedOnceAndOnlyWhereItBelongs(t *testing.T) {
	in(t, func(t *testing.T) {
		h := New(t)
		m := h.Ask(Anna, In(General), "summarize", "24h")
		h.Press(Anna, m, "Share")
		h.Press(Anna, m, "Share")
		posts := h.Posts(In(General), Ben)
		if len(posts) != 1 || posts[0].Post.Footer != "by anna with Tierwise" {
			t.Fatalf("posts %+v", posts)
		}
		wants(t, h.Last(In(General), Anna), "went out already")
		if got := outcomes(h); !slices.Equal(got, []string{"shared accepted"}) {
			t.Errorf("outcomes %v", got)
		}
		secret := h.Ask(Ada, In(General), "summarize", Link(Secret, "t-secret")+" --tier local")
		h.Press(Ada, secret, "Share")
		wants(t, h.Last(In(General), Ada), "about another conversation")
		if len(h.Posts(In(General), Ben)) != 1 {
			t.Error("a private channel was shared")
		}
	})
}
