package token_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tierwise/tierwise/internal/token"
)

// sharedDir finds a folder of the test data beside the repository.
func sharedDir(t *testing.T, name string) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		up := filepath.Dir(dir)
		if up == dir {
			t.Fatal("no go.mod above the package")
		}
		dir = up
	}
	p := filepath.Join(dir, "..", "shared", name)
	if _, err := os.Stat(p); err != nil {
		t.Skipf("test data %s is not here", name)
	}
	return p
}

// messages reads every message text of the conversation files.
func messages(t *testing.T) (texts, threads []string) {
	t.Helper()
	for _, name := range []string{"threads-irc.jsonl", "threads-summary.jsonl"} {
		f, err := os.Open(filepath.Join(sharedDir(t, "data"), name))
		if err != nil {
			t.Fatal(err)
		}
		s := bufio.NewScanner(f)
		s.Buffer(nil, 1<<24)
		for s.Scan() {
			var row struct {
				Messages []struct{ User, Text string }
			}
			if err := json.Unmarshal(s.Bytes(), &row); err != nil {
				t.Fatal(err)
			}
			var b strings.Builder
			for _, m := range row.Messages {
				texts = append(texts, m.Text)
				fmt.Fprintf(&b, "%s: %s\n", m.User, m.Text)
			}
			threads = append(threads, b.String())
		}
		f.Close()
	}
	return texts, threads
}

// measure compares the bound with the true count of each text and prints how
// far it lies above; it fails where it lies below.
func measure(t *testing.T, c *token.Counter, family, what string, texts []string) {
	t.Helper()
	var sum, bound int64
	ratios := make([]float64, 0, len(texts))
	below := 0
	for _, s := range texts {
		n, exact, err := c.Count(family, s)
		if err != nil || !exact {
			t.Fatal(exact, err)
		}
		u := token.Upper(family, s)
		sum, bound = sum+n, bound+u
		if n > 0 {
			ratios = append(ratios, float64(u)/float64(n))
		}
		if u < n {
			if below++; below <= 5 {
				t.Errorf("%s %s: bound %d below count %d: %q", family, what, u, n, s[:min(len(s), 120)])
			}
		}
	}
	slices.Sort(ratios)
	t.Logf("%-7s %-22s %5d texts: bound/count %.2f overall, least %.2f, median %.2f; below the count: %d",
		family, what, len(texts), float64(bound)/float64(sum), ratios[0], ratios[len(ratios)/2], below)
}

func TestBoundIsNeverBelowTheCountOnConversations(t *testing.T) {
	texts, threads := messages(t)
	c := token.NewCounter()
	for _, family := range []string{"o200k", "cl100k"} {
		measure(t, c, family, "messages", texts)
		measure(t, c, family, "threads", threads)
	}
}

// The charges were fitted on the conversations above; these texts were not
// looked at for it.
func TestBoundHoldsOnTextItWasNotFittedOn(t *testing.T) {
	c := token.NewCounter()
	for _, name := range []string{"intents-clinc-work.jsonl", "intents-banking77-fewshot.jsonl", "mention-intents.jsonl"} {
		raw, err := os.ReadFile(filepath.Join(sharedDir(t, "data"), name))
		if err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.TrimSpace(string(raw)), "\n")
		texts := make([]string, 0, len(lines))
		for _, line := range lines {
			var row struct{ Text string }
			if err := json.Unmarshal([]byte(line), &row); err != nil {
				t.Fatal(err)
			}
			texts = append(texts, row.Text)
		}
		measure(t, c, "o200k", name[:15], texts)
		measure(t, c, "cl100k", name[:15]+" raw rows", lines)
	}
}

// strings that merge badly, made of an alphabet with words of some length.
func random(r *rand.Rand, alphabet string, word, size int) string {
	runes := []rune(alphabet)
	var b strings.Builder
	for b.Len() < size {
		for range word {
			b.WriteRune(runes[r.IntN(len(runes))])
		}
		b.WriteByte(' ')
	}
	return b.String()
}

func TestBoundHoldsForTextThatMergesBadly(t *testing.T) {
	const lowers, uppers, digits = "abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789"
	c := token.NewCounter()
	r := rand.New(rand.NewPCG(1, 2))
	for _, k := range []struct{ name, alphabet string }{
		{"small letters", lowers}, {"capitals", uppers}, {"both", lowers + uppers}, {"digits", digits},
		{"hex", digits + "abcdef"}, {"base64", lowers + uppers + digits + "+/"}, {"marks", "!@#$%^&*()_+-=[]{};:,.<>/?|~`'\""},
		{"blanks", " \t\n"}, {"emoji", "🎉🚀👍🔥✅😀🙏💡🐛📈"}, {"rare scripts", "ዛሬከሰዓትበኋላአዲሱንበጀት"},
	} {
		var texts []string
		for _, word := range []int{5, 8, 12, 40, 1000} {
			for range 6 {
				texts = append(texts, random(r, k.alphabet, word, 2000))
			}
		}
		for _, family := range []string{"o200k", "cl100k"} {
			measure(t, c, family, k.name, texts)
		}
	}
}

func TestBoundHoldsInManyLanguages(t *testing.T) {
	c := token.NewCounter()
	texts := []string{
		"我们今天下午三点开会讨论新的预算方案，请大家提前准备好材料。", "今日の会議では新しい予算案について話し合いますので、ご準備ください。",
		"오늘 오후 세 시에 새로운 예산안을 논의하는 회의가 있으니 자료를 준비해 주세요.", "Сегодня в три часа мы обсуждаем новый бюджет, пожалуйста, подготовьте материалы.",
		"سنناقش اليوم الميزانية الجديدة في الساعة الثالثة، يرجى تحضير المواد.", "วันนี้เราจะประชุมเรื่องงบประมาณใหม่ตอนบ่ายสามโมงกรุณาเตรียมเอกสาร",
		"Wir besprechen heute Nachmittag um drei das neue Haushaltsbudget, bitte bereitet die Unterlagen vor: Größe, Übersicht, Straßenbau.",
		"आज दोपहर तीन बजे हम नए बजट पर चर्चा करेंगे, कृपया सामग्री तैयार रखें।", "Σήμερα στις τρεις συζητάμε τον νέο προϋπολογισμό, ετοιμάστε το υλικό.",
		"היום בשלוש נדון בתקציב החדש, אנא הכינו את החומרים.", "ዛሬ ከሰዓት በኋላ አዲሱን በጀት እንወያያለን", "Hôm nay lúc ba giờ chúng ta thảo luận ngân sách mới, vui lòng chuẩn bị tài liệu.",
		"Bugün saat üçte yeni bütçeyi görüşeceğiz, lütfen belgeleri hazırlayın.", "Сьогодні о третій ми обговорюємо новий бюджет, будь ласка, підготуйте матеріали.",
		"func (c *Counter) Count(family, text string) (n int64, exact bool, err error) {\n\tif err != nil {\n\t\treturn 0, false, fmt.Errorf(\"x: %w\", err)\n\t}\n}\n",
		`{"id":"01J9Z3","ts":"1545915274.001196","user":"U04AB12CD","blocks":[{"type":"rich_text","elements":[]}],"n":1234567.89}`,
		"https://example.slack.com/archives/C0123ABCD/p1545915274001196?thread_ts=1545915274.001196&cid=C0123ABCD",
		"| a | b |\n|---|---|\n| 1 | 2 |\n\n> quoted — “text” … • list\n\n\n    indented\n\t\ttabs", "x", "?", "Qz", "ﬃ", "\xff\xfe", "🤷🏽‍♀️ ok 👨‍👩‍👧‍👦",
	}
	for _, family := range []string{"o200k", "cl100k"} {
		measure(t, c, family, "languages and code", texts)
	}
}

func TestBoundNeverExceedsTheBytes(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for _, family := range []string{"o200k", "claude", "gemini", "unheard-of"} {
		for range 2000 {
			b := make([]byte, r.IntN(60))
			for i := range b {
				b[i] = byte(r.UintN(256))
			}
			if u := token.Upper(family, string(b)); u < 0 || u > int64(len(b))+1 {
				t.Fatalf("%s: %d for %d bytes", family, u, len(b))
			}
		}
	}
}
