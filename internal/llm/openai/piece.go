package openai

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
	tools           bool // the model asked for a tool
}

// parse reads a text; false means it is not the JSON object of an answer.
func (p *piece) parse(b []byte) bool {
	*p = piece{text: p.text[:0], thought: p.thought[:0]}
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
	return s.end()
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
		case "tool_calls":
			p.tools = s.object(nil) != nil || p.tools
		default:
			s.skip(0)
		}
	}
}

// content reads the text of a message: a string, null, or a list of parts of
// which those with a "text" string count.
func (p *piece) content(s *scanner) {
	if s.peek() != '[' {
		p.text = s.text(p.text)
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
