package leaving

import (
	"github.com/tierwise/tierwise/internal/people"
	"github.com/tierwise/tierwise/internal/record"
	"github.com/tierwise/tierwise/internal/store/migrate"
)

// Left is the kind of the mark that a workspace was removed, and when.
const Left record.Kind = "left"

// Row says what becomes of one kind of record when a workspace is removed. All
// kinds go when it is purged.
type Row struct {
	Kind  record.Kind
	Stays bool // rests until the workspace is purged
	Why   string
}

// Rows lists every kind. A test holds it against the kinds that the code
// declares, so that a new kind cannot be forgotten.
func Rows() []Row {
	return []Row{
		{record.Install, false, "tokens"},
		{record.Person, false, "names and platform ids of people"},
		{record.Draft, false, "content: unsent drafts and answers behind buttons"},
		{record.Unsent, false, "whose the unsent drafts are, by pseudonym"},
		{record.Example, false, "content: label examples and style notes"},
		{record.Request, false, "reasons people wrote, and who asked"},
		{record.Thread, false, "platform ids of people; nothing to follow any more"},
		{record.Setting, false, "what people set, some of it text of theirs"},
		{record.Setup, false, "which first steps were taken: the settings they made go, too"},
		{record.Card, false, "names and purposes of teams and workflows"},
		{record.Receipt, false, "evidence: why a tier was chosen, for jobs of which nothing else is left"},
		{record.Outcome, false, "evidence: verdicts of people on answers"},
		{record.Dead, false, "jobs and posts that were given up"},
		{record.Heard, false, "when its platform was last heard of"},
		{record.Memory, false, "what adapters remember, some of it typed by people"},
		{record.Journal, true, "who changed which limit and setting, by pseudonym: part of the proof"},
		{record.Closing, true, "checkpoints: without them closed months cannot be proven"},
		{record.Pause, true, "what was stopped must not start again by itself after a reinstall"},
		{record.Seeded, true, "that the first limits were set once: they must not come back over others after a reinstall"},
		{record.Told, true, "which thresholds of budgets were told: the counters rest, so warnings are not repeated after a reinstall"},
		{people.Identity, true, "the key of the pseudonyms: who comes back meets the same counters"},
		{migrate.Moved, true, "that the workspace was copied from another store, so that it is not copied again"},
		{Left, true, "when the workspace was removed"},
	}
}

// Kinds lists all kinds.
func Kinds() []record.Kind { return kinds(func(Row) bool { return true }) }

// goes lists the kinds that go at once.
func goes() []record.Kind { return kinds(func(r Row) bool { return !r.Stays }) }

func kinds(which func(Row) bool) []record.Kind {
	var out []record.Kind
	for _, r := range Rows() {
		if which(r) {
			out = append(out, r.Kind)
		}
	}
	return out
}
