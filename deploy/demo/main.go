// Command demo judges a run of the scripted day in the demo workspace: it reads
// the transcript that deploy/demo/run made and the reports of the same ledger,
// and demands that the day went as told and that every figure shown equals the
// figures of `tierwise spend --json`, of `tierwise ledger verify --json` and the
// sum of the exported entries, to the nano-dollar. It shares no code with the
// bot, so that a mistake there cannot hide here. It changes nothing and does not
// judge the words of an answer.
package main

import (
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: demo DIR (with transcript, spend.json, verify.json, entries.jsonl)")
		os.Exit(2)
	}
	if err := judge(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "demo: "+err.Error())
		os.Exit(1)
	}
}

// tenant is the workspace of the day.
const tenant = "console/kestrel"

func judge(dir string) error {
	transcript, err := os.ReadFile(filepath.Join(dir, "transcript"))
	if err != nil {
		return err
	}
	if err := told(string(transcript)); err != nil {
		return err
	}
	shown, err := figuresOf(string(transcript))
	if err != nil {
		return err
	}
	books, err := readBooks(dir)
	if err != nil {
		return err
	}
	return compare(shown, books)
}

// compare prints every figure beside what it must equal.
func compare(s shown, b books) error {
	month := b.spend.Month
	rows := []struct {
		what        string
		left, right nano
		from        string
	}{
		{"workspace, /ai-spend of the admin", s.workspace, b.spend.Total.Cost, "spend --json"},
		{"workspace, spend --json", b.spend.Total.Cost, b.months[month], "ledger verify --json"},
		{"workspace, ledger verify --json", b.months[month], b.sum, "sum of the exported entries"},
		{"#incidents, /ai-spend", s.channel, b.spend.By["channel"]["incidents"].Cost, "spend --json"},
		{"#incidents, spend --json", b.spend.By["channel"]["incidents"].Cost, b.channel["incidents"], "sum of the exported entries"},
		{"maya, /ai-spend", s.person, b.personLike(s.person), "spend --json"},
		{"calls of the month, /ai-spend", nano(s.calls), nano(b.spend.Total.Entries), "spend --json"},
		{"calls of the month, spend --json", nano(b.spend.Total.Entries), nano(b.rows), "exported entries"},
		{"answers of the month, /ai-spend", nano(s.answers), nano(b.spend.Total.Answers), "spend --json"},
		{"still held", b.held, 0, "0 at the end of the day"},
		{"differences found by ledger verify", nano(b.differences), 0, "0"},
	}
	wrong := 0
	for _, r := range rows {
		mark := "="
		if r.left != r.right {
			mark, wrong = "≠", wrong+1
		}
		fmt.Printf("%-36s %12d %s %-12d %s\n", r.what, r.left, mark, r.right, r.from)
	}
	fmt.Printf("(amounts in nano-dollars, month %s; %d sums were compared by ledger verify)\n", month, b.checked)
	if wrong > 0 {
		return fmt.Errorf("%d figures disagree", wrong)
	}
	return nil
}
