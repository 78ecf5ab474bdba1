package console

import (
	"bufio"
	"context"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/fault"
)

// line is one line of input, or the reason why there is none.
type line struct {
	text string
	err  error
}

// readLines reads lines of any length until the input ends or ctx is done.
func readLines(ctx context.Context, in io.Reader) <-chan line {
	lines := make(chan line)
	go func() {
		defer close(lines)
		r := bufio.NewReader(in)
		for {
			text, err := r.ReadString('\n')
			if text != "" && !send(ctx, lines, line{text: readable(text)}) {
				return
			}
			if err != nil {
				if !errors.Is(err, io.EOF) {
					send(ctx, lines, line{err: err})
				}
				return
			}
		}
	}()
	return lines
}

func send(ctx context.Context, lines chan<- line, l line) bool {
	select {
	case lines <- l:
		return true
	case <-ctx.Done():
		return false
	}
}

// readable keeps every byte of a line: what is not UTF-8 is read as Latin-1,
// byte by byte, instead of being replaced by a mark that hides what it was.
func readable(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && size == 1 {
			r = rune(s[i])
		}
		b.WriteRune(r)
		i += size
	}
	return b.String()
}

// splitCommand takes "/name rest" apart.
func splitCommand(text string) (name, rest string, ok bool) {
	if !strings.HasPrefix(text, "/") {
		return "", "", false
	}
	name, rest, _ = strings.Cut(text[1:], " ")
	return strings.ToLower(name), strings.TrimSpace(rest), true
}

func isNumber(text string) bool {
	return text != "" && len(text) <= 3 && strings.Trim(text, "0123456789") == ""
}

// mistake is a line that cannot be done as it stands; its text says why.
type mistake string

// Error is the sentence for the person.
func (m mistake) Error() string { return string(m) }

// sentenceOf turns an error into words; theirs means that the person can mend it.
func sentenceOf(err error) (sentence string, theirs bool) {
	switch {
	case errors.Is(err, chat.ErrNotFound):
		return "There is no such thing here, or you cannot see it.", true
	case errors.Is(err, chat.ErrNoAccess):
		return "You may not do that here.", true
	case errors.Is(err, context.Canceled):
		return "Stopped before it was done.", false
	}
	return fault.Sentence(err, fault.NewRef()), fault.KindOf(err) == fault.BadInput
}
