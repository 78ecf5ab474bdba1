package discord

import (
	"errors"
	"slices"
	"testing"

	"github.com/tierwise/tierwise/bots/bottest"
	"github.com/tierwise/tierwise/bots/discord/discordtest"
	"github.com/tierwise/tierwise/internal/chat"
)

// A private address without a channel is the person's direct messages.
func TestAPrivateAddressWithoutAChannelIsThePersonsDirectMessages(t *testing.T) {
	w := open(t, bottest.NewRecorder(), discordtest.Options{})
	to := chat.ReplyTo{Place: w.at("", ""), Private: true, To: w.omar}
	ref := w.say(to, chat.Post{Job: "j1", Text: "Your request was granted."})
	w.say(to, chat.Post{Job: "j1", Ref: ref, Text: "Your request was granted: $5."})
	dm := w.f.Direct(w.omar)
	if got := w.texts(dm, w.omar); !slices.Equal(got, []string{"Your request was granted: $5."}) || ref.Channel != dm {
		t.Errorf("omar is told %q at %+v", got, ref)
	}
	w.f.CheckManners(t)
}

func TestWhoTakesNoDirectMessageIsNotReached(t *testing.T) {
	w := open(t, bottest.NewRecorder(), discordtest.Options{})
	w.f.ShutDirect(w.omar)
	for who, want := range map[string]error{w.omar: chat.ErrNoAccess, "700000000000000001": chat.ErrGone} {
		r, err := w.a.Opener().Open(t.Context(), chat.ReplyTo{Place: w.at("", ""), Private: true, To: who})
		if err == nil {
			_, err = r.Put(t.Context(), chat.Post{Job: "j1", Text: "Your request was granted."})
		}
		if !errors.Is(err, want) || errors.Is(err, chat.ErrUnknownResult) {
			t.Errorf("%s: %v, want %v", who, err, want)
		}
	}
}

func TestAPublicAddressNeedsAChannel(t *testing.T) {
	w := open(t, bottest.NewRecorder(), discordtest.Options{})
	for _, to := range []chat.ReplyTo{{Place: w.at("", "")}, {Place: w.at("", ""), To: w.omar}, {Place: w.at("", ""), Private: true}} {
		if _, err := w.a.Opener().Open(t.Context(), to); !errors.Is(err, chat.ErrNoAccess) {
			t.Errorf("%+v: %v", to, err)
		}
	}
}

// A Discord that cannot be reached for a moment is no reason to give an answer
// up.
func TestALostOpeningIsTriedAgain(t *testing.T) {
	w := open(t, bottest.NewRecorder(), discordtest.Options{})
	w.f.FailNext(503, 503)
	r, err := w.a.Opener().Open(t.Context(), chat.ReplyTo{Place: w.at("", ""), Private: true, To: w.omar})
	if err != nil {
		t.Fatal(err)
	}
	_, err = r.Put(t.Context(), chat.Post{Job: "j1", Text: "x"})
	if err == nil || errors.Is(err, chat.ErrGone) || errors.Is(err, chat.ErrUnknownResult) {
		t.Errorf("put gave %v", err)
	}
	if _, err := r.Put(t.Context(), chat.Post{Job: "j1", Text: "x"}); err != nil {
		t.Errorf("the second put gave %v", err)
	}
}
