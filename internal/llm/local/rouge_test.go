package local

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/step"
)

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

type threadRow struct {
	ID       string `json:"thread_id"`
	Messages []struct{ TS, User, Text string }
	Summary  string
}

func (r threadRow) input() step.Input {
	in := step.Input{}
	for _, m := range r.Messages {
		in.Messages = append(in.Messages, chat.Message{ID: m.TS, Author: chat.Actor{ID: m.User, Name: m.User}, Text: m.Text})
	}
	in.Coverage = chat.Coverage{Read: len(in.Messages), Total: len(in.Messages)}
	return in
}

func readJSONL[T any](t testing.TB, file string) []T {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var rows []T
	s := bufio.NewScanner(f)
	s.Buffer(nil, 4<<20)
	for s.Scan() {
		var r T
		if err := json.Unmarshal(s.Bytes(), &r); err != nil {
			t.Fatal(err)
		}
		rows = append(rows, r)
	}
	if err := s.Err(); err != nil {
		t.Fatal(err)
	}
	return rows
}

var rougeToken = regexp.MustCompile(`[a-z0-9]+`)

// rouge is F1 on words, pairs and the longest common subsequence: lower case,
// no stemming, no stop list.
func rouge(got, want string) [3]float64 {
	a, b := rougeToken.FindAllString(strings.ToLower(got), -1), rougeToken.FindAllString(strings.ToLower(want), -1)
	return [3]float64{overlapF1(grams(a, 1), grams(b, 1)), overlapF1(grams(a, 2), grams(b, 2)), f1(lcs(a, b), len(a), len(b))}
}

func grams(w []string, n int) map[string]int {
	m := map[string]int{}
	for i := 0; i+n <= len(w); i++ {
		m[strings.Join(w[i:i+n], " ")]++
	}
	return m
}

func overlapF1(a, b map[string]int) float64 {
	hit, na, nb := 0, 0, 0
	for g, n := range a {
		na += n
		hit += min(n, b[g])
	}
	for _, n := range b {
		nb += n
	}
	return f1(hit, na, nb)
}

func f1(hit, a, b int) float64 {
	if hit == 0 {
		return 0
	}
	return 2 * float64(hit) / float64(a+b)
}

func lcs(a, b []string) int {
	prev, row := make([]int, len(b)+1), make([]int, len(b)+1)
	for i := range a {
		for k := range b {
			if a[i] == b[k] {
				row[k+1] = prev[k] + 1
			} else {
				row[k+1] = max(row[k], prev[k+1])
			}
		}
		prev, row = row, prev
	}
	return prev[len(b)]
}

// lead takes the first sentences that fit the budget; the last is cut to it.
func lead(all []sentence, budget int) string {
	var words []string
	for _, s := range all {
		words = append(words, strings.Fields(s.name+": "+s.text)...)
		if len(words) >= budget {
			break
		}
	}
	return strings.Join(words[:min(len(words), budget)], " ")
}

func TestKeyMessagesAreNotWorseThanTheBeginning(t *testing.T) {
	rows := readJSONL[threadRow](t, shared(t, "data", "threads-summary.jsonl"))
	var ours, base [3]float64
	for _, r := range rows {
		all := sentencesOf(r.input())
		var picked []string
		for _, i := range keyMessages(all, 70, nil) {
			picked = append(picked, all[i].name+": "+all[i].text)
		}
		a, b := rouge(strings.Join(picked, " "), r.Summary), rouge(lead(all, 70), r.Summary)
		for k := range a {
			ours[k] += 100 * a[k] / float64(len(rows))
			base[k] += 100 * b[k] / float64(len(rows))
		}
	}
	t.Logf("%d threads, 70 words, ROUGE-1/2/L: key messages %.1f / %.1f / %.1f, LEAD %.1f / %.1f / %.1f",
		len(rows), ours[0], ours[1], ours[2], base[0], base[1], base[2])
	for k, name := range []string{"ROUGE-1", "ROUGE-2", "ROUGE-L"} {
		if ours[k] < base[k] {
			t.Errorf("%s: %.2f is below LEAD's %.2f", name, ours[k], base[k])
		}
	}
}
