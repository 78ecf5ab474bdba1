package openai

import (
	"bytes"
	"unicode/utf8"
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
	s := scanner{b: b}
	if !s.take('{') {
		return false
	}
	for n := 0; ; n++ {
		name, ok := s.key(n)
		if !ok {
			break
		}
		switch string(name) {
		case "id":
			p.id = s.plain()
		case "model":
			p.model = s.plain()
		case "service_tier":
			p.tier = s.plain()
		case "usage":
			p.usage = s.object(p.usage)
		case "object":
			if string(s.plain()) == "error" { // vLLM: the text is the error
				p.fault = b
			}
		case "error":
			p.fault = s.present(p.fault)
		case "x_groq":
			p.vendor(&s)
		case "choices":
			p.list(&s)
		default:
			s.skip(0)
		}
	}
	if !s.end() {
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
func (p *piece) vendor(s *scanner) {
	if s.peek() != '{' {
		s.skip(0)
		return
	}
	s.i++
	for n := 0; ; n++ {
		name, ok := s.key(n)
		if !ok {
			return
		}
		if string(name) == "usage" && p.usage == nil {
			p.usage = s.object(nil)
		} else {
			s.skip(0)
		}
	}
}

func (p *piece) list(s *scanner) {
	if s.peek() != '[' {
		s.skip(0)
		return
	}
	s.i++
	for n := 0; s.elem(n); n++ {
		p.choices++
		if n > 0 || s.peek() != '{' { // one answer was asked for
			s.skip(0)
			continue
		}
		p.choice(s)
	}
}

func (p *piece) choice(s *scanner) {
	s.i++
	for n := 0; ; n++ {
		name, ok := s.key(n)
		if !ok {
			return
		}
		switch string(name) {
		case "delta", "message":
			p.message(s)
		case "finish_reason":
			p.finish = s.plain()
		case "usage": // Moonshot puts it here
			if u := s.object(nil); p.usage == nil {
				p.usage = u
			}
		case "error": // OpenRouter: the upstream failed in this choice
			p.fault = s.present(p.fault)
		default:
			s.skip(0)
		}
	}
}

func (p *piece) message(s *scanner) {
	if s.peek() != '{' {
		s.skip(0)
		return
	}
	s.i++
	for n := 0; ; n++ {
		name, ok := s.key(n)
		if !ok {
			return
		}
		switch string(name) {
		case "content":
			p.content(s)
		case "refusal":
			p.text = s.text(p.text)
		case "reasoning_content", "reasoning":
			p.thought = s.text(p.thought)
		default:
			s.skip(0)
		}
	}
}

// content reads the text of a message: a string, null, or a list of parts of
// which those with a "text" string count.
func (p *piece) content(s *scanner) {
	if s.peek() != '[' {
		quoted := s.peek() == '"'
		from := s.i + 1
		p.text = s.text(p.text)
		if quoted && !s.bad {
			p.from, p.to = from, s.i-1
		}
		return
	}
	s.i++
	for n := 0; s.elem(n); n++ {
		if s.peek() != '{' {
			s.skip(0)
			continue
		}
		s.i++
		for m := 0; ; m++ {
			name, ok := s.key(m)
			if !ok {
				break
			}
			if string(name) == "text" {
				p.text = s.text(p.text)
			} else {
				s.skip(0)
			}
		}
	}
}

// plain reads a string that is an identifier; anything else gives nil.
func (s *scanner) plain() []byte {
	if s.peek() != '"' {
		s.skip(0)
		return nil
	}
	b, _ := s.str()
	return b
}

// object steps over a value and returns it when it is an object or a list that
// is not empty, else old.
func (s *scanner) object(old []byte) []byte {
	c := s.peek()
	b := s.raw()
	if (c == '{' || c == '[') && len(b) > 2 {
		return b
	}
	return old
}

// present steps over a value and returns it unless it says "nothing".
func (s *scanner) present(old []byte) []byte {
	switch b := s.raw(); string(b) {
	case "null", "false", "{}", `""`:
		return old
	default:
		return b
	}
}
