package console

import (
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// Style is how the Console writes. The zero value is for scripts and pipes:
// plain text, no prompt, only finished posts.
type Style struct {
	Interactive bool // a person types: prompts, forms asked field by field
	Rewrite     bool // a post on its way is shown and rewritten on one line
	Color       bool
	Echo        bool // every line is repeated before its effect, for transcripts
	Times       bool // the time of day stands before every message
	Width       int  // columns, 0 means 80
}

// DetectStyle looks at both ends: a person types when In is a terminal, lines
// are rewritten when Out is one, and coloured unless noColor (NO_COLOR) is set.
func DetectStyle(in io.Reader, out io.Writer, noColor bool) Style {
	var s Style
	if f, ok := out.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		s.Rewrite, s.Color = true, !noColor
		if w, _, err := term.GetSize(int(f.Fd())); err == nil {
			s.Width = w
		}
	}
	if f, ok := in.(*os.File); ok && s.Rewrite {
		s.Interactive = term.IsTerminal(int(f.Fd()))
	}
	return s
}

func (s Style) width() int {
	if s.Width > 0 {
		return s.Width
	}
	return 80
}

// The colours in use, as SGR codes.
const (
	dim  = "2"
	bold = "1"
	cyan = "36"
)

func (s Style) paint(code, text string) string {
	if !s.Color || text == "" {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

// printer writes lines and keeps the one line that may be rewritten. After the
// first failed write it writes nothing more; err holds the reason.
type printer struct {
	w        io.Writer
	style    Style
	open     bool // the cursor stands behind a prompt or a status line
	isPrompt bool
	err      error
}

func (p *printer) write(s string) {
	if p.err == nil {
		_, p.err = io.WriteString(p.w, s)
	}
}

// clear removes the rewritable line.
func (p *printer) clear() {
	if p.open {
		p.write("\r\x1b[K")
		p.open = false
	}
}

// line writes one whole line that is already safe.
func (p *printer) line(s string) {
	p.clear()
	p.write(s + "\n")
}

// note writes a remark of the terminal itself.
func (p *printer) note(s string) {
	for l := range strings.SplitSeq(s, "\n") {
		p.line(p.style.paint(dim, safe(l)))
	}
}

// status shows s on the rewritable line, cut to the width.
func (p *printer) status(s string) {
	if !p.style.Rewrite {
		return
	}
	p.write("\r\x1b[K" + p.style.paint(dim, clip(safe(s), p.style.width()-1)))
	p.open, p.isPrompt = true, false
}

func (p *printer) prompt(s string) {
	if !p.style.Interactive {
		return
	}
	p.clear()
	p.write(p.style.paint(cyan, s))
	p.open, p.isPrompt = true, true
}

// promptDone: the person's return key ended the prompt's line.
func (p *printer) promptDone() {
	if p.isPrompt {
		p.open = false
	}
}

func (p *printer) echo(text string) {
	if p.style.Echo && !p.style.Interactive {
		p.line("› " + clip(safe(text), 500))
	}
}

// size says how large a file is.
func size(n int64) string {
	if n < 1024 {
		return fmt.Sprintf("%d bytes", n)
	}
	return fmt.Sprintf("%d KB", (n+512)/1024)
}
