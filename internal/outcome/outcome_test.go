package outcome

import (
	"strings"
	"testing"
	"time"

	"github.com/tierwise/tierwise/internal/record"
)

func TestEditedIsAShareOfTheWords(t *testing.T) {
	cases := []struct {
		before, after string
		want          int
	}{
		{"", "", 0}, {"a b c d", "a b c d", 0}, {"a b c d", "a b x d", 250}, {"a b c d", "", 1000},
		{"a b", "a b c d", 500}, {"one two three", "uno due tre", 1000}, {"we ship on friday", "ship on friday", 250},
	}
	for _, c := range cases {
		if got := Edited(c.before, c.after); got != c.want {
			t.Errorf("Edited(%q, %q) = %d, want %d", c.before, c.after, got, c.want)
		}
	}
	if got := Edited(strings.Repeat("w ", 50_000), "w"); got < 900 {
		t.Errorf("a long text cut to a word: %d", got)
	}
}

func TestVerdicts(t *testing.T) {
	if Of(Posted, 100) != Accepted || Of(Posted, 301) != Rejected || Of(ThumbsUp, 0) != Accepted || Of(Escalated, 0) != Rejected || Of("", 0) != Unknown {
		t.Error("a deed has the wrong verdict")
	}
}

func TestRoundTrip(t *testing.T) {
	o := Outcome{Job: "J", State: Accepted, Why: Posted, By: "p_a", At: time.Unix(5, 0).UTC(), Cost: 42}
	w, err := o.Write()
	if err != nil || w.ID != "J/p_a" {
		t.Fatal(w.ID, err)
	}
	back, err := Read(record.Record{ID: w.ID, Body: w.Body})
	if err != nil || back != o {
		t.Fatalf("%+v %v", back, err)
	}
}
