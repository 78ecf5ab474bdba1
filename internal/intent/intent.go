// Package intent understands what a person wants and whether an answer is fit
// to show. Rules read a mention or a command's arguments and say which of the
// four intents is meant, or which command that needs no model; plans turn a
// request into Steps with their prompts; checks compare an answer with the
// conversation it came from; rendering turns citations into links. The package
// promises to be pure and deterministic: the same input gives the same output.
// It calls no model, chooses none, and stores, bills and posts nothing. A wrong
// guess must be cheap, so every detection carries its alternatives.
package intent

import (
	"github.com/tierwise/tierwise/internal/catalog"
	"github.com/tierwise/tierwise/internal/step"
)

// Command is something a person asks for that needs no model.
type Command string

// The commands a mention can mean. NoCommand means that one of the intents is
// wanted.
const (
	NoCommand Command = ""
	Help      Command = "help"
	Spend     Command = "spend"
	Config    Command = "config"
	Unfollow  Command = "stop_following"
)

// Detected is what a mention was understood to want.
type Detected struct {
	// Command is set when no model is needed; Intent is then empty.
	Command Command
	Intent  step.Intent
	// Instruction is the text without flags.
	Instruction string
	Flags       Flags
	// Revise is set when the text asks to change an earlier answer ("shorter",
	// "use a stronger model"): the caller keeps that answer's intent if there
	// is one, and Intent is the guess for when there is none.
	Revise bool
	// Confidence is 0 to 100. Below Sure the rules abstained and Intent is only
	// the safest guess.
	Confidence int
	// Alternatives are the other intents, likeliest first, for buttons.
	Alternatives []step.Intent
}

// Sure is the confidence from which the rules stand by their guess; below it a
// caller may ask something better.
const Sure = 50

// Flags are what a person set inside the text.
type Flags struct {
	// Tier is the tier asked for, when HasTier is set.
	Tier    catalog.Tier
	HasTier bool
	// Stronger asks for one tier more than last time.
	Stronger bool
	// Workflow is the card named with --for.
	Workflow string
	// Labels are from --labels, or found in a classify question ("a bug or a
	// question?"); LabelsGiven tells the two apart.
	Labels      []string
	LabelsGiven bool
	Language    string // BCP 47
	Tone        string
	Template    string
	Words       int
	// Problems are sentences for the person about flags that could not be used.
	Problems []string
}
