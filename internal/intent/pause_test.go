package intent

import "testing"

func TestPausingIsAskedForInAFewWordsOnly(t *testing.T) {
	for text, want := range map[string]Command{
		"pause here": Config, "please pause here": Config, "pause": Config, "Resume here, please": Config, "resume": Config, "pause yourself in this channel because of the raid": Config,
		"could you pause this channel?": Config, "resume answering here": Config,
		"summarize this resume": NoCommand, "resume of the discussion please": NoCommand, "pause the deployment?": NoCommand, "what does pause here mean": NoCommand,
		"draft a note that we pause here": NoCommand,
	} {
		if got := Detect(text, true).Command; got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
