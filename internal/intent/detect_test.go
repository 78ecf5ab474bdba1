package intent

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"testing"

	"github.com/tierwise/tierwise/internal/catalog"
	"github.com/tierwise/tierwise/internal/step"
)

// row is one labelled mention; Label is an intent or a command.
type row struct{ Text, Label, Kind string }

// shared finds a file of the data folder beside the repository, or skips.
func shared(t testing.TB, path ...string) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			file := filepath.Join(append([]string{dir, "..", "shared"}, path...)...)
			if _, err := os.Stat(file); err != nil {
				t.Skipf("needs ../shared/%s beside the repository", filepath.Join(path...))
			}
			return file
		}
	}
	t.Fatal("no go.mod above the package")
	return ""
}

func readRows(t testing.TB, file string) []row {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var rows []row
	for s := bufio.NewScanner(f); s.Scan(); {
		var r row
		if err := json.Unmarshal(s.Bytes(), &r); err != nil {
			t.Fatal(err)
		}
		rows = append(rows, r)
	}
	return rows
}

func labelOf(d Detected) string {
	if d.Command != NoCommand {
		return string(d.Command)
	}
	return string(d.Intent)
}

// score returns accuracy and the mean of the labels' F1.
func score(t *testing.T, rows []row) (accuracy, macro float64) {
	hit, tp, fp, fn := 0, map[string]float64{}, map[string]float64{}, map[string]float64{}
	labels := map[string]bool{}
	for _, r := range rows {
		labels[r.Label] = true
		d := Detect(r.Text, true)
		got := labelOf(d)
		if got == r.Label {
			hit++
			tp[got]++
			continue
		}
		fp[got]++
		fn[r.Label]++
		if testing.Verbose() {
			t.Logf("  want %-9s got %-9s (%d) %s", r.Label, got, d.Confidence, r.Text)
		}
	}
	for l := range labels {
		if tp[l] > 0 {
			macro += 2 * tp[l] / (2*tp[l] + fp[l] + fn[l])
		}
	}
	return float64(hit) / float64(len(rows)), macro / float64(len(labels))
}

// The rules must stay clearly above 0.57, the macro-F1 that one pattern per
// intent reaches. The held-out rows were written before the rules ran on them
// and are never used to mend a rule; the dev rows are.
func TestDetectionBeatsKeywordRules(t *testing.T) {
	for _, set := range []struct {
		name, file string
		least      float64
	}{
		{"held-out", "testdata/mentions-heldout.jsonl", 0.75},
		{"dev", "testdata/mentions-dev.jsonl", 0.85},
		{"shared", "shared", 0.85},
	} {
		t.Run(set.name, func(t *testing.T) {
			file := set.file
			if file == "shared" {
				file = shared(t, "data", "mention-intents.jsonl")
			}
			rows := readRows(t, file)
			byKind := map[string][]row{}
			for _, r := range rows {
				byKind[r.Kind] = append(byKind[r.Kind], r)
			}
			acc, f1 := score(t, rows)
			t.Logf("%s: %d rows, accuracy %.1f %%, macro-F1 %.3f", set.name, len(rows), 100*acc, f1)
			if len(byKind) > 1 {
				kinds := make([]string, 0, len(byKind))
				for k := range byKind {
					kinds = append(kinds, k)
				}
				sort.Strings(kinds)
				for _, k := range kinds {
					hit := 0
					for _, r := range byKind[k] {
						if labelOf(Detect(r.Text, true)) == r.Label {
							hit++
						}
					}
					t.Logf("%s, %s: %d of %d", set.name, k, hit, len(byKind[k]))
				}
			}
			if f1 < set.least {
				t.Errorf("macro-F1 %.3f is below %.2f", f1, set.least)
			}
		})
	}
}

func TestNegationAndMentionVersusUse(t *testing.T) {
	for text, want := range map[string]string{
		"don't summarize this, just tell me who is on call": "ask",
		"is the summary above correct?":                     "ask",
		"instead of summarizing draft a reply":              "draft",
		`what does "summarize" do?`:                         "ask",
		"summarize, don't classify":                         "summarize",
		"help":                                              "help",
		"":                                                  "help",
		"stop following":                                    "stop_following",
		"what did that cost?":                               "spend",
		"open settings":                                     "config",
	} {
		if got := labelOf(Detect(text, true)); got != want {
			t.Errorf("%q: got %s, want %s", text, got, want)
		}
	}
}

func TestFollowUpsReviseTheAnswerBefore(t *testing.T) {
	for _, text := range []string{"shorter", "make it shorter please", "more formal", "try again", "use a stronger model"} {
		if d := Detect(text, true); !d.Revise {
			t.Errorf("%q in a thread does not revise: %+v", text, d)
		}
		if d := Detect(text, false); d.Revise {
			t.Errorf("%q without a thread revises: %+v", text, d)
		}
	}
	if d := Detect("summarize this with a stronger model", true); d.Revise || d.Intent != step.Summarize || !d.Flags.Stronger {
		t.Errorf("a request of its own with a stronger model: %+v", d)
	}
}

func TestFlagsAreTakenOutOfTheText(t *testing.T) {
	d := Detect(`draft a reply --tier standard --for "incident review" —lang=de --labels bug, question ,other --words 80`, true)
	if d.Instruction != "draft a reply" || d.Intent != step.Draft {
		t.Fatalf("instruction %q, intent %s", d.Instruction, d.Intent)
	}
	f := d.Flags
	if !f.HasTier || f.Tier != catalog.Standard || f.Workflow != "incident review" || f.Language != "de" || f.Words != 80 {
		t.Errorf("flags: %+v", f)
	}
	if !slices.Equal(f.Labels, []string{"bug", "question", "other"}) || !f.LabelsGiven {
		t.Errorf("labels: %q", f.Labels)
	}
	bad := Detect("summarize --tier gold --lang 9 --nope 1 --words", true)
	if len(bad.Flags.Problems) != 4 || bad.Intent != step.Summarize {
		t.Errorf("four flags cannot be used, got %q", bad.Flags.Problems)
	}
}

func TestLabelsNamedInTheQuestion(t *testing.T) {
	for text, want := range map[string][]string{
		"is this a bug or a feature request?":                   {"bug", "feature request"},
		"tag this as billing, technical or other":               {"billing", "technical", "other"},
		"which team should own this: infra, backend or mobile?": {"infra", "backend", "mobile"},
		"triage this": nil,
	} {
		if d := Detect(text, true); d.Intent != step.Classify || !slices.Equal(d.Flags.Labels, want) {
			t.Errorf("%q: %s %q, want %q", text, d.Intent, d.Flags.Labels, want)
		}
	}
}

func TestEveryGuessCarriesTheOtherIntents(t *testing.T) {
	for _, text := range []string{"summarize and draft a reply", "xyzzy", "why?", "triage this"} {
		d := Detect(text, true)
		all := append([]step.Intent{d.Intent}, d.Alternatives...)
		slices.Sort(all)
		if len(slices.Compact(all)) != 4 {
			t.Errorf("%q offers %q beside %q", text, d.Alternatives, d.Intent)
		}
	}
	if d := Detect("summarize and draft a reply", true); d.Intent != step.Summarize {
		t.Errorf("first wish first: %+v", d)
	}
	if d := Detect("the build is red again", true); d.Confidence >= Sure {
		t.Errorf("plain talk must leave the guess open: %+v", d)
	}
}

func FuzzDetect(f *testing.F) {
	f.Add("can you recap --tier economy “this", true)
	f.Add("tl;dr — \xff\xfe --labels ,,,", false)
	f.Fuzz(func(t *testing.T, text string, thread bool) {
		d := Detect(text, thread)
		if d.Command == NoCommand && (d.Intent == "" || len(d.Alternatives) != 3) {
			t.Fatalf("%q: %+v", text, d)
		}
	})
}

func BenchmarkDetect(b *testing.B) {
	texts := []string{
		"can you recap this thread",
		"don't summarize this, just tell me who is on call",
		"which team should own this: infra, backend or mobile?",
		"could you draft a message telling the team we ship friday --tier standard",
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		Detect(texts[i%len(texts)], true)
	}
}
