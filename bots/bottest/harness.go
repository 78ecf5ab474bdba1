// Package bottest is the conformance suite every adapter passes: what comes
// from a platform reaches both doors of the house as the contract says, and
// what the house says reaches people as the contract says, also when the
// platform loses results, asks to wait or forgets addresses. An adapter joins
// by giving a Harness: itself, wired to the suite's Recorder, and a fake of its
// platform that delivers, shows and fails on request. The suite promises to use
// nothing but the Harness and internal/chat; it does not test how a platform's
// payloads look, which stays with the adapter's own tests.
package bottest

import (
	"testing"
	"time"

	"github.com/tierwise/tierwise/internal/chat"
)

// Harness is one adapter on one fake platform, fresh for each case.
type Harness struct {
	Opener chat.Opener
	Cast   Cast
	People People
	Hands  Hands
	Eyes   Eyes
	Faults Faults
}

// Cast are the people and places of the fake platform. Everybody is named by
// the platform's own id.
type Cast struct {
	Bot     chat.Identity
	Asker   string // a plain member, in all places but Secret
	Other   string // another plain member, in all places but Direct
	Program string // another bot

	Channel chat.Place // an inside, public channel with the bot in it
	Thread  chat.Place // a thread in Channel, long enough to need more than one page
	Direct  chat.Place // the asker's direct messages with the bot
	Shared  chat.Place // a channel with outsiders in it
	Secret  chat.Place // a channel the asker is not in; the bot is

	ThreadLen int // messages in Thread; at least 30, one of them names Other
}

// Said is a message for the platform to deliver. In Text, "{bot}" and
// "{other}" stand for live mentions of the bot and of Cast.Other.
type Said struct {
	By   string // a person, Cast.Program, or Cast.Bot.User for the bot itself
	At   chat.Place
	Text string
}

// Delivery is something the platform delivered to the adapter, after the
// adapter is done with it.
type Delivery struct {
	Ref chat.Ref // the message, where there is one
	// Acked says that the adapter acknowledged it, so that the platform does
	// not deliver it again. Where a platform knows no acknowledgement: that
	// the adapter treats the delivery as taken.
	Acked bool
	// Handle is the harness's own, for Again and Edit.
	Handle any
}

// People make the platform deliver messages. At need the harness fails t.
type People interface {
	Say(t *testing.T, s Said) Delivery
	// Edit changes the text of a delivered message; its author does it.
	Edit(t *testing.T, d Delivery, text string) Delivery
	// Again delivers the same once more, as the platform does when it saw no
	// acknowledgement or resumes a connection.
	Again(t *testing.T, d Delivery) Delivery
}

// Hands make the platform deliver what people press and run.
type Hands interface {
	Command(t *testing.T, by string, at chat.Place, name, text string) Delivery
	// Shortcut runs "summarize_thread", "draft_reply" or "classify" on a message.
	Shortcut(t *testing.T, by, name string, at chat.Place, on chat.Ref) Delivery
	// Click presses the button that is shown with this label under a message.
	Click(t *testing.T, by string, at chat.Place, on chat.Ref, label string) Delivery
	// Submit hands in the form that was last opened for the person.
	Submit(t *testing.T, by string, fields map[string]string) Delivery
}

// Seen is a message as a person sees it.
type Seen struct {
	Ref     chat.Ref
	Author  string // platform id
	Text    string // all that is written: text, footer, table and chart
	Private bool   // marked as visible to this person only
	Live    bool   // still on its way
	Buttons []string
	Files   []string
	// Mentions are the people, groups or whole channels that the platform would
	// notify because of it.
	Mentions []string
}

// Eyes show what people see.
type Eyes interface {
	// Messages are all messages a person sees at a place, oldest first.
	Messages(t *testing.T, at chat.Place, viewer string) []Seen
	// Forms are the titles of the forms opened for a person, oldest first.
	Forms(t *testing.T, viewer string) []string
	// FormErrors are the errors by field that the last Submit of a person showed.
	FormErrors(t *testing.T, viewer string) map[string]string
}

// Faults are the platform's bad days.
type Faults interface {
	// CutAfterCommit lets the next new post take effect and loses its result.
	CutAfterCommit()
	// RateLimit refuses the next post and asks to wait.
	RateLimit(after time.Duration)
	// Gone makes every place and address vanish for the bot.
	Gone()
}
