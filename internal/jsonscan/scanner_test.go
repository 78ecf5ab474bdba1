package jsonscan_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/tierwise/tierwise/internal/jsonscan"
)

var texts = []string{
	`{}`, `[]`, ` {"a":-0.5e+3,"b":[1,{}],"c":true,"d":null} `, `"\ud83e\udd93 \ud83e x \u00e9\/\n"`, `{"a":01}`, `{"a":1,}`, `[1,]`, `{"a" 1}`, `tru`,
	`-`, `1.`, `1e`, `"` + "\x01" + `"`, "\"\xff\"", `"\x"`, `{"a":{"b":{"c":[[[0]]]}}} x`, ``, `{"a":"b"`, `nullnull`,
}

// FuzzValid holds the scanner against encoding/json: both must take the same
// texts, and a string must mean the same.
func FuzzValid(f *testing.F) {
	for _, s := range texts {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		s := jsonscan.New(b)
		got, want := s.Valid(), json.Valid(b)
		if got != want && !(want && bytes.Count(b, []byte{'['})+bytes.Count(b, []byte{'{'}) >= jsonscan.MaxDepth) {
			t.Fatalf("valid %v, encoding/json says %v: %q", got, want, b)
		}
		var text string
		if s = jsonscan.New(b); s.Peek() == '"' && json.Unmarshal(b, &text) == nil {
			if got := string(s.Text(nil)); got != text {
				t.Fatalf("%q, encoding/json reads %q", got, text)
			}
		}
	})
}

func TestAWalkReturnsValuesAsTheyStand(t *testing.T) {
	s := jsonscan.New([]byte(`{"a": [1, "x"], "b": {"c": 2.50}, "d": "e"}`))
	var seen []string
	if !s.Take('{') {
		t.Fatal("no object")
	}
	for n := 0; ; n++ {
		name, ok := s.Key(n)
		if !ok {
			break
		}
		seen = append(seen, string(name)+"="+string(s.Raw()))
	}
	if got := strings.Join(seen, " "); got != `a=[1, "x"] b={"c": 2.50} d="e"` || !s.End() || s.Bad() {
		t.Errorf("%s", got)
	}
}

func TestAMistakeStopsTheWalk(t *testing.T) {
	s := jsonscan.New([]byte(`{"a": tru, "b": 1}`))
	s.Take('{')
	if _, ok := s.Key(0); !ok || s.Raw() != nil || !s.Bad() {
		t.Fatal("a wrong word was taken")
	}
	if _, ok := s.Key(1); ok || s.Peek() != 0 || s.End() {
		t.Error("the walk went on")
	}
}

func TestNestingIsBounded(t *testing.T) {
	for depth, want := range map[int]bool{jsonscan.MaxDepth: true, jsonscan.MaxDepth + 2: false, 1 << 20: false} {
		s := jsonscan.New([]byte(strings.Repeat("[", depth) + strings.Repeat("]", depth)))
		if s.Valid() != want {
			t.Errorf("depth %d: %v", depth, !want)
		}
	}
}

func TestNothingIsAllocated(t *testing.T) {
	doc := []byte(`{"a":[1,2,{"b":"text \" with escapes"}],"c":{"d":-1.5e3}}`)
	if n := testing.AllocsPerRun(100, func() {
		if s := jsonscan.New(doc); !s.Valid() {
			t.Fatal("refused")
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
