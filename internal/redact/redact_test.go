package redact

import (
	"strings"
	"testing"

	"github.com/tierwise/tierwise/internal/chat"
	"pgregory.net/rapid"
)

// The values below are made up; each has the shape and check digits of its kind.
var samples = map[Kind][]string{
	Keys: {"sk-" + strings.Repeat("a1B2", 8), "xoxb-" + "123456789012-abcdefABCDEF", "ghp_" + strings.Repeat("x9", 18), "AKIA" + "ABCDEFGHIJKLMNOP",
		"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJlMTIz", "-----BEGIN RSA PRIVATE KEY-----\nMIIabc\n-----END RSA PRIVATE KEY-----"},
	Email: {"anna.b+x@mail.example.com"},
	Phone: {"+49 30 1234 5678", "(030) 123-45678", "555-867-5309"},
	Card:  {"4111 1111 1111 1111", "5500005555555559"},
	IBAN:  {"DE89 3704 0044 0532 0130 00", "GB82WEST12345698765432"},
	IP:    {"10.12.3.4", "2001:db8::1"},
}

func TestEachKindIsReplacedAndPutBack(t *testing.T) {
	for kind, values := range samples {
		for _, v := range values {
			turn := NewTurn(kind)
			in := "before " + v + " after " + v + "."
			out := turn.Text(in)
			if strings.Contains(out, v) || turn.Counts()[kind] != 2 {
				t.Errorf("%s: %q became %q, counts %v", kind, in, out, turn.Counts())
			}
			if back := turn.Restore(out); back != in {
				t.Errorf("%s: restored %q", kind, back)
			}
			if other := NewTurn().Text(in); other != in {
				t.Errorf("without a choice nothing changes: %q", other)
			}
		}
	}
}

func TestLookAlikesStay(t *testing.T) {
	turn := NewTurn(Kinds()...)
	for _, s := range []string{
		"order 4111 1111 1111 1112", "version 1.2.3.4567", "at 10:30:15", "300.1.2.3", "bug 453495",
		"p1712345678901234", "@anna said so", "std::vector<int>", "2026-11-23 10:02", "the token is new", "127.0.0.1",
	} {
		if got := turn.Text(s); got != s {
			t.Errorf("%q became %q", s, got)
		}
	}
}

func TestAWrongCheckDigitIsNoAccount(t *testing.T) {
	if got := NewTurn(IBAN).Text("DE00 3704 0044 0532 0130 00"); !strings.HasPrefix(got, "DE00 3704") {
		t.Error(got)
	}
}

func TestSecretsInAssignmentsAndAddresses(t *testing.T) {
	turn := NewTurn(Keys)
	got := turn.Text(`password: hunter22x and api_key="abcdef123" Authorization: Bearer abcdefghijklmnopqrst redis://u:pa55word@host`)
	want := `password: [SECRET_1] and api_key="[SECRET_2]" Authorization: Bearer [SECRET_3] redis://u:[SECRET_4]@host`
	if got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
}

func TestATypedPlaceholderDoesNotBecomeSomebodysData(t *testing.T) {
	turn := NewTurn(Email)
	out := turn.Text("write to a@b.example, not to [EMAIL_1]")
	if out != "write to [EMAIL_1], not to [EMAIL 1]" {
		t.Error(out)
	}
}

func TestMessagesAreCopied(t *testing.T) {
	in := []chat.Message{{Author: chat.Actor{Name: "a@b.example"}, Text: "me: a@b.example", Permalink: "https://x.example/a@b.example", Files: []chat.File{{Name: "a@b.example.txt"}}}}
	turn := NewTurn(Email)
	out := turn.Messages(in)
	if in[0].Text != "me: a@b.example" || in[0].Files[0].Name != "a@b.example.txt" {
		t.Error("the input was changed")
	}
	if out[0].Text != "me: [EMAIL_1]" || out[0].Author.Name != "[EMAIL_1]" || out[0].Permalink != in[0].Permalink {
		t.Errorf("%+v", out[0])
	}
}

func TestRestoringInPiecesIsRestoringTheWhole(t *testing.T) {
	turn := NewTurn(Email, IP)
	answer := turn.Text("[a@b.example] [x] 10.1.2.3 [[c@d.example [EMAIL ") + "[EMAIL_99] [IP"
	want := turn.Restore(answer)
	rapid.Check(t, func(rt *rapid.T) {
		r := turn.Restorer()
		got := ""
		for rest := answer; rest != ""; {
			n := min(rapid.IntRange(1, 8).Draw(rt, "cut"), len(rest))
			got += r.Write(rest[:n])
			rest = rest[n:]
		}
		if got += r.Close(); got != want {
			rt.Fatalf("got %q, want %q", got, want)
		}
	})
}

func TestUnknownKindsAreRefused(t *testing.T) {
	if _, err := ParseKinds([]string{"email", "shoes"}); err == nil || !strings.Contains(err.Error(), "shoes") {
		t.Error(err)
	}
	if k, err := ParseKinds([]string{" Email", "ip"}); err != nil || len(k) != 2 {
		t.Error(k, err)
	}
}

func FuzzText(f *testing.F) {
	f.Add("a@b.example 4111 1111 1111 1111 [EMAIL_1] password=abcdefgh")
	f.Fuzz(func(t *testing.T, s string) {
		turn := NewTurn(Kinds()...)
		out := turn.Text(s)
		plain := typed.ReplaceAllString(s, "[$1 $2]")
		if back := turn.Restore(out); back != plain {
			t.Fatalf("%q → %q → %q", s, out, back)
		}
	})
}

func BenchmarkMessages(b *testing.B) {
	var thread []chat.Message
	for i := range 50 {
		text := "Anna: the release 2.4 is red again, see run 77 and tell me what you think of it please."
		if i%10 == 0 {
			text += " Write to a@b.example or call +49 30 1234 5678."
		}
		thread = append(thread, chat.Message{Text: text})
	}
	b.ReportAllocs()
	for b.Loop() {
		NewTurn(Kinds()...).Messages(thread)
	}
}
