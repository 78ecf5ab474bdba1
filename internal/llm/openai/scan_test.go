package openai

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/tierwise/tierwise/internal/jsonscan"
	"github.com/tierwise/tierwise/internal/llm/llmtest"
)

// FuzzPiece holds our reading against encoding/json: it must accept exactly the
// objects that one accepts, and read the same text out of them.
func FuzzPiece(f *testing.F) {
	for _, frame := range append(llmtest.Answer("a", "\"\\\n\t€🦓\u2028"), llmtest.Delta(`{"content":"\ud83e\udd93 \ud83e x \u00e9\/"}`)) {
		f.Add([]byte(strings.TrimSpace(strings.TrimPrefix(frame, "data: "))))
	}
	for _, s := range []string{`{}`, `{"a":-0.5e+3,"b":[1,{}],"c":tru}`, `{"choices":[{"delta":{"content":null}}]}`, `{"choices":{},"usage":[]}`,
		`{"a":01}`, `{"a":1,}`, `{"choices":[1,[]]}`, `[]`, `{"choices":[{"message":{"content":[{"text":"x"},7]}}]} `, "{\"a\":\"\x01\"}", "{\"choices\":[{\"delta\":{\"content\":\"\xff\"}}]}"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var p piece
		ok := p.parse(b)
		var doc map[string]json.RawMessage
		valid := json.Unmarshal(b, &doc) == nil && doc != nil
		if ok && !valid {
			t.Fatalf("took %q, which is no JSON object", b)
		}
		if !ok {
			if valid && bytes.Count(b, []byte{'['})+bytes.Count(b, []byte{'{'}) < jsonscan.MaxDepth {
				t.Fatalf("refused %q", b)
			}
			return
		}
		if !utf8.Valid(p.text) || !utf8.Valid(p.thought) {
			t.Fatalf("text %q is not UTF-8", p.text)
		}
		var chat struct {
			Choices []struct {
				Delta struct{ Content *string }
			}
		}
		// encoding/json takes keys in any case and the last of several; compare
		// where that makes no difference.
		simple := !bytes.Contains(b, []byte("refusal"))
		for _, key := range []string{"content", "choices", "delta", "message"} {
			simple = simple && strings.Count(strings.ToLower(string(b)), key) == strings.Count(string(b), `"`+key+`"`) &&
				strings.Count(string(b), key) <= 1
		}
		if simple && json.Unmarshal(b, &chat) == nil && len(chat.Choices) > 0 && chat.Choices[0].Delta.Content != nil &&
			*chat.Choices[0].Delta.Content != string(p.text) {
			t.Fatalf("text %q, want %q in %q", p.text, *chat.Choices[0].Delta.Content, b)
		}
	})
}

// FuzzPieceAgain reads two texts in a row: what the first left behind must not
// change what the second says.
func FuzzPieceAgain(f *testing.F) {
	frames := append(llmtest.Answer("a", "b c", "€", "\""), llmtest.Delta(`{"refusal":"x","content":"y"}`), llmtest.Delta(`{"content":"a","content":"b"}`),
		llmtest.Delta(`{"content":null,"refusal":"ab"}`), llmtest.Delta(`{"content":null,"refusal":"ab"}`),
		llmtest.Delta(`{"refusal":"x","content":"\\n"}`), llmtest.Delta(`{"refusal":"x","content":"no"}`))
	for i := range frames[1:] {
		f.Add([]byte(strings.TrimSpace(frames[i][5:])), []byte(strings.TrimSpace(frames[i+1][5:])))
	}
	f.Fuzz(func(t *testing.T, a, b []byte) {
		var warm, cold piece
		warm.parse(a)
		got, want := warm.parse(b), cold.parse(b)
		if got != want {
			t.Fatalf("%v after %q, %v alone: %q", got, a, want, b)
		}
		if want && (!bytes.Equal(warm.text, cold.text) || !bytes.Equal(warm.thought, cold.thought) || !bytes.Equal(warm.finish, cold.finish) ||
			!bytes.Equal(warm.usage, cold.usage) || !bytes.Equal(warm.fault, cold.fault) || warm.choices != cold.choices) {
			t.Fatalf("after %q: %+v, alone %+v: %q", a, warm, cold, b)
		}
		if len(warm.id) > 0 && !bytes.Equal(warm.id, cold.id) {
			t.Fatalf("id %q, want %q", warm.id, cold.id)
		}
	})
}

// FuzzReader feeds any bytes, in any portions: the reader must end, keep its
// bounds, and not depend on how the bytes were cut.
func FuzzReader(f *testing.F) {
	f.Add([]byte(strings.Join(llmtest.Answer("a", "b"), "")), uint8(1))
	f.Add([]byte("data: {\"a\":\r\ndata: 1}\r\n\r\nevent: error\ndata:x\n\n:c\ndata\n\ndata: [DONE]\ndata: {}\n"), uint8(3))
	f.Add([]byte("\n\n\ndata: 1\ndata: 2\n\nid: 7\nretry: 1\nevent: x\n\ndata: tail"), uint8(7))
	f.Fuzz(func(t *testing.T, body []byte, portion uint8) {
		const maxLine, maxBody = 64, 1 << 10
		read := func(in io.Reader) (events []string, err error) {
			var r reader
			r.reset(bufio.NewReaderSize(in, 16), maxLine, maxBody)
			for {
				ev, err := r.next()
				if err != nil {
					return events, err
				}
				name := ""
				if ev.isErr {
					name = "error:"
				}
				events = append(events, name+string(ev.data))
			}
		}
		whole, err1 := read(bytes.NewReader(body))
		parts, err2 := read(&portions{body, int(portion)%9 + 1})
		if strings.Join(whole, "\x00") != strings.Join(parts, "\x00") || err1.Error() != err2.Error() {
			t.Fatalf("%q (%v) in one piece, %q (%v) in portions", whole, err1, parts, err2)
		}
		if len(strings.Join(whole, "")) > maxBody {
			t.Fatal("over the size limit")
		}
		if errors.Is(err1, io.EOF) && len(whole) > bytes.Count(body, []byte("data"))+1 {
			t.Fatalf("%d events out of %q", len(whole), body)
		}
	})
}

type portions struct {
	rest []byte
	n    int
}

func (p *portions) Read(b []byte) (int, error) {
	if len(p.rest) == 0 {
		return 0, io.EOF
	}
	n := copy(b, p.rest[:min(p.n, len(p.rest))])
	p.rest = p.rest[n:]
	return n, nil
}

func TestPieceDoesNotAllocate(t *testing.T) {
	b := []byte(strings.TrimSpace(strings.TrimPrefix(llmtest.Text("a word"), "data: ")))
	var p piece
	if n := testing.AllocsPerRun(100, func() {
		if !p.parse(b) {
			t.Fatal("refused")
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
