package chat

import (
	"strings"
	"unicode/utf16"
)

// Split cuts text into parts of at most limit UTF-16 units each, which is the
// strictest way any platform counts. It cuts at a blank line, else a line end,
// else a space, else between characters, never inside one. A code fence that
// is cut is closed in its part and opened again, with its language, in the
// next, so every part reads alone. Nothing else is added, and only the line
// break or space at a cut is left out. The parts are in order; there is always
// at least one. A limit below 64 is taken as 64.
func Split(text string, limit int) []string {
	limit = max(limit, 64)
	var parts []string
	open := "" // the fence line to repeat at the beginning of the next part
	for {
		prefix := ""
		if open != "" {
			prefix = open + "\n"
		}
		if prefixBytes(text, limit-units(prefix)) == len(text) {
			return append(parts, prefix+text)
		}
		// Room is kept for the fence that may have to be closed.
		head, rest := cut(text, limit-units(prefix)-maxFence-1)
		part := prefix + head
		open = openFence(part)
		if open != "" {
			part += "\n" + fenceMark(open)
		}
		parts = append(parts, part)
		text = rest
	}
}

// maxFence is the longest fence that is kept over a cut, in UTF-16 units; a
// longer opening line is shortened to its mark.
const maxFence = 16

// cut takes at most room units from the front of text, at the best place.
func cut(text string, room int) (head, rest string) {
	end := prefixBytes(text, room)
	window := text[:end]
	for _, sep := range []string{"\n\n", "\n", " "} {
		// A cut in the first half would make many short parts.
		if at := strings.LastIndex(window, sep); at > end/2 {
			return text[:at], text[at+len(sep):]
		}
	}
	return window, text[end:]
}

// prefixBytes is the length in bytes of the longest prefix of at most room
// units; at least one character is taken, so that cutting always ends.
func prefixBytes(text string, room int) int {
	used := 0
	for i, r := range text {
		used += unitsOf(r)
		if used > room && i > 0 {
			return i
		}
	}
	return len(text)
}

// openFence is the opening line of the code fence that text leaves open, or "".
func openFence(text string) string {
	open := ""
	for line := range strings.SplitSeq(text, "\n") {
		mark := fenceMark(line)
		switch {
		case mark == "":
		case open == "":
			open = strings.TrimSpace(line)
			if units(open) > maxFence {
				open = mark
			}
		case closes(line, mark, fenceMark(open)):
			open = ""
		}
	}
	return open
}

// closes reports whether a fence line ends the fence that began with opened:
// the same character, at least as long, nothing after it.
func closes(line, mark, opened string) bool {
	return mark[0] == opened[0] && len(mark) >= len(opened) && strings.TrimSpace(line) == mark
}

// fenceMark is the run of backticks or tildes a fence line begins with, or "".
// A run too long to be repeated in every part is no fence to us.
func fenceMark(line string) string {
	line = strings.TrimSpace(line)
	for _, c := range []string{"`", "~"} {
		run := line[:len(line)-len(strings.TrimLeft(line, c))]
		if len(run) >= 3 && len(run) <= maxFence && !strings.Contains(line[len(run):], "`") {
			return run
		}
	}
	return ""
}

func units(s string) int {
	n := 0
	for _, r := range s {
		n += unitsOf(r)
	}
	return n
}

// unitsOf counts a character; what is no character is shown as one.
func unitsOf(r rune) int { return max(1, utf16.RuneLen(r)) }
