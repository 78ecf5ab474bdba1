package intent

import "testing"

func TestWhatMeansTheOpenConversation(t *testing.T) {
	pastedText := "summarize this: the login page shows an error since the release on Friday and nobody knows why it does"
	cases := []struct {
		text string
		want bool
	}{
		{"summarize this", true},
		{"tl;dr", true},
		{"what did I miss?", true},
		{"draft a reply", true},
		{"write an answer that we roll back today", true},
		{"draft a thank-you note for the team", false},
		{"what was decided here?", true},
		{"who wrote this?", true},
		{"is this a bug or a question?", true},
		{"fasse diesen Kanal zusammen", true},
		{"what is the capital of France?", false},
		{"shorter", false},
		{"use a stronger model", false},
		{"what did we spend this month?", false},
		{pastedText, false},
	}
	for _, c := range cases {
		if got := Detect(c.text, true).MeansOpen(); got != c.want {
			t.Errorf("%q: %v, want %v (%+v)", c.text, got, c.want, Detect(c.text, true))
		}
	}
}
