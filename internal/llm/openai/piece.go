package openai

import (
	"bytes"
	"unicode/utf8"

	"github.com/tierwise/tierwise/internal/jsonscan"
)

// piece is what one JSON text of an answer says: a chunk of a stream or a whole
// answer. Its byte fields alias the text or its own buffers and are valid until
// the next parse.
type piece struct {
	id, model, tier []byte // without escapes resolved; providers send none there
	text            []byte
	thought         []byte // reasoning, where the provider shows it
	finish          []byte
	usage           []byte // the raw usage body; nil when absent or null
	fault           []byte // the raw error; nil when absent or null
	choices         int

	// The text before and after the content of the last chunk that was nothing
	// but content; see again.
	head, tail []byte
	from, to   int // where the content stood in the text being parsed
}

// parse reads a text; false means it is not the JSON object of an answer.
func (p *piece) parse(b []byte) bool {
	if p.again(b) {
		return true
	}
	*p = piece{text: p.text[:0], thought: p.thought[:0], head: p.head[:0], tail: p.tail[:0]}
	s := jsonscan.New(b)
	if !s.Take('{') {
		return false
	}
	for n := 0; ; n++ {
		name, ok := s.Key(n)
		if !ok {
			break
		}
		switch string(name) {
		case "id":
			p.id = plain(&s)
		case "model":
			p.model = plain(&s)
		case "service_tier":
			p.tier = plain(&s)
		case "usage":
			p.usage = object(&s, p.usage)
		case "object":
			if string(plain(&s)) == "error" { // vLLM: the text is the error
				p.fault = b
			}
		case "error":
			p.fault = present(&s, p.fault)
		case "x_groq":
			p.vendor(&s)
		case "choices":
			p.list(&s)
		default:
			s.Skip()
		}
	}
	if !s.End() {
		return false
	}
	p.learn(b)
	return true
}

// again reads a chunk that differs from the one before in its content alone,
// which is nearly every chunk of a stream. Both its ends were parsed then, and
// plain characters between two quotes cannot change what they mean. Identifiers
// are left empty: they are the ones already known.
func (p *piece) again(b []byte) bool {
	n := len(p.head) + len(p.tail)
	if len(p.head) == 0 || len(b) < n || !bytes.HasPrefix(b, p.head) || !bytes.HasSuffix(b, p.tail) {
		return false
	}
	mid := b[len(p.head) : len(b)-len(p.tail)]
	ascii := true
	for _, c := range mid {
		if c < 0x20 || c == '"' || c == '\\' {
			return false
		}
		ascii = ascii && c < utf8.RuneSelf
	}
	if !ascii && !utf8.Valid(mid) {
		return false
	}
	p.id, p.model, p.tier = nil, nil, nil
	p.text = append(p.text[:0], mid...)
	return true
}

// learn keeps both ends of a chunk for again, when it says nothing but text.
func (p *piece) learn(b []byte) {
	if p.to > 0 && p.choices == 1 && len(p.thought)+len(p.finish)+len(p.usage)+len(p.fault) == 0 && bytes.Equal(p.text, b[p.from:p.to]) {
		p.head, p.tail = append(p.head, b[:p.from]...), append(p.tail, b[p.to:]...)
	}
}

// vendor looks for the usage body Groq sends inside a field of its own.
func (p *piece) vendor(s *jsonscan.Scanner) {
	if !s.Take('{') {
		s.Skip()
		return
	}
	for n := 0; ; n++ {
		name, ok := s.Key(n)
		if !ok {
			return
		}
		if string(name) == "usage" && p.usage == nil {
			p.usage = object(s, nil)
		} else {
			s.Skip()
		}
	}
}

func (p *piece) list(s *jsonscan.Scanner) {
	if !s.Take('[') {
		s.Skip()
		return
	}
	for n := 0; s.Elem(n); n++ {
		p.choices++
		if n > 0 || s.Peek() != '{' { // one answer was asked for
			s.Skip()
			continue
		}
		p.choice(s)
	}
}

func (p *piece) choice(s *jsonscan.Scanner) {
	s.Take('{')
	for n := 0; ; n++ {
		name, ok := s.Key(n)
		if !ok {
			return
		}
		switch string(name) {
		case "delta", "message":
			p.message(s)
		case "finish_reason":
			p.finish = plain(s)
		case "usage": // Moonshot puts it here
			if u := object(s, nil); p.usage == nil {
				p.usage = u
			}
		case "error": // OpenRouter: the upstream failed in this choice
			p.fault = present(s, p.fault)
		default:
			s.Skip()
		}
	}
}

func (p *piece) message(s *jsonscan.Scanner) {
	if !s.Take('{') {
		s.Skip()
		return
	}
	for n := 0; ; n++ {
		name, ok := s.Key(n)
		if !ok {
			return
		}
		switch string(name) {
		case "content":
			p.content(s)
		case "refusal":
			p.text = s.Text(p.text)
		case "reasoning_content", "reasoning":
			p.thought = s.Text(p.thought)
		default:
			s.Skip()
		}
	}
}

// content reads the text of a message: a string, null, or a list of parts of
// which those with a "text" string count.
func (p *piece) content(s *jsonscan.Scanner) {
	if !s.Take('[') {
		quoted := s.Peek() == '"'
		from := s.Pos() + 1
		p.text = s.Text(p.text)
		if quoted && !s.Bad() {
			p.from, p.to = from, s.Pos()-1
		}
		return
	}
	for n := 0; s.Elem(n); n++ {
		if !s.Take('{') {
			s.Skip()
			continue
		}
		for m := 0; ; m++ {
			name, ok := s.Key(m)
			if !ok {
				break
			}
			if string(name) == "text" {
				p.text = s.Text(p.text)
			} else {
				s.Skip()
			}
		}
	}
}

// plain reads a string that is an identifier; anything else gives nil.
func plain(s *jsonscan.Scanner) []byte {
	if s.Peek() != '"' {
		s.Skip()
		return nil
	}
	b, _ := s.Str()
	return b
}

// object steps over a value and returns it when it is an object or a list that
// is not empty, else old.
func object(s *jsonscan.Scanner, old []byte) []byte {
	c := s.Peek()
	b := s.Raw()
	if (c == '{' || c == '[') && len(b) > 2 {
		return b
	}
	return old
}

// present steps over a value and returns it unless it says "nothing".
func present(s *jsonscan.Scanner, old []byte) []byte {
	switch b := s.Raw(); string(b) {
	case "null", "false", "{}", `""`:
		return old
	default:
		return b
	}
}
