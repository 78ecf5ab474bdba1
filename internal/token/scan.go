package token

import (
	"unicode"
	"unicode/utf8"
)

// The scan walks once over a text and charges each run of letters, digits,
// marks and blanks what byte-pair tokenizers make of it, in twentieths of a
// token. It needs no vocabulary, so it costs nanoseconds per byte where exact
// counting costs a quarter of a microsecond. The charges were fitted so that
// natural text in many scripts, code, and random strings of every kind stay
// below the bound; the tests measure by how much.
const unit = 20

type scan struct {
	ascii, other, digits int64 // charges in units; digits in tokens
}

// classes of ASCII bytes.
const (
	blank = iota
	lower
	upper
	digit
	mark
)

var classOf = func() (t [128]uint8) {
	for b := range t {
		switch {
		case b >= 'a' && b <= 'z':
			t[b] = lower
		case b >= 'A' && b <= 'Z':
			t[b] = upper
		case b >= '0' && b <= '9':
			t[b] = digit
		case b <= ' ' || b == 127:
			t[b] = blank
		default:
			t[b] = mark
		}
	}
	return t
}()

// run walks over the text. perDigit is how many digits share a token.
func (s *scan) run(text string, perDigit int64) {
	prev := -1 // class of the run before
	for i := 0; i < len(text); {
		b := text[i]
		if b >= utf8.RuneSelf {
			r, n := utf8.DecodeRuneInString(text[i:])
			s.other += runeCharge(r, n)
			i += n
			prev = lower // letters that follow continue a word
			continue
		}
		class := int(classOf[b])
		j := i + 1
		for j < len(text) && text[j] < utf8.RuneSelf && int(classOf[text[j]]) == class {
			j++
		}
		end := j
		switch class {
		case lower:
			s.ascii += word(text[i:j], prev == digit)
		case upper:
			end = s.capitals(text, i, j, prev)
		case digit:
			s.digits += (int64(j-i) + perDigit - 1) / perDigit
			if prev == blank {
				s.ascii += unit // the blank before a number stands alone
			}
		case mark:
			s.ascii += marks(text[i:j])
		case blank:
			s.ascii += blanks(text[i:j])
		}
		if class == upper && end > j {
			class = lower
		}
		prev, i = class, end
	}
}

// capitals charges a run of capitals from i to j with the small letters that
// follow it, and returns where that ends.
func (s *scan) capitals(text string, i, j, prev int) int {
	inner := prev == lower || prev == digit || prev == upper
	end := j
	for end < len(text) && text[end] < utf8.RuneSelf && classOf[text[end]] == lower {
		end++
	}
	n := int64(j - i)
	if n > 1 {
		s.ascii += max(unit, n*13)
		if end > j {
			s.ascii += word(text[j:end], true)
		}
		return end
	}
	s.ascii += word(text[i:end], inner)
	return end
}

// word charges a run of letters of which at most the first is a capital. Short
// pieces inside identifiers and keys merge badly, and so do clusters of
// consonants, which is how random letters are told from words.
func word(w string, inner bool) int64 {
	n := int64(len(w))
	if inner && n <= 3 {
		return max(unit, n*16)
	}
	charge := int64(unit)
	if n > 3 {
		charge += (n - 3) * 5
	}
	cluster := 0
	for i := range len(w) {
		switch w[i] | 0x20 {
		case 'a', 'e', 'i', 'o', 'u':
			cluster = 0
		default:
			if cluster++; cluster > 2 {
				charge += 18
			}
		}
	}
	return charge
}

// marks charges a run of punctuation: repeated signs merge, mixed ones hardly.
func marks(m string) int64 {
	charge := int64(unit)
	for i := 1; i < len(m); i++ {
		if m[i] == m[i-1] {
			charge += 5
		} else {
			charge += 14
		}
	}
	return charge
}

// blanks charges a run of white space. A single space joins the word behind it.
func blanks(b string) int64 {
	if b == " " {
		return 0
	}
	charge := int64(unit)
	for i := 1; i < len(b); i++ {
		if b[i] != b[i-1] {
			charge += 10
		} else if i%8 == 0 {
			charge += unit
		}
	}
	return charge
}

// runeCharge charges a character outside ASCII by its script; what is not
// known to be in common vocabularies counts all its bytes.
func runeCharge(r rune, n int) int64 {
	switch {
	case r == utf8.RuneError:
		return int64(n) * unit
	case r < 0x250: // Latin with accents
		return 14
	case unicode.In(r, unicode.Cyrillic, unicode.Arabic):
		return 11
	case unicode.In(r, unicode.Greek, unicode.Hebrew, unicode.Devanagari, unicode.Thai):
		return 15
	case unicode.In(r, unicode.Hiragana, unicode.Katakana, unicode.Hangul):
		return 22
	case unicode.Is(unicode.Han, r) && r < 0x10000:
		return 26
	case r >= 0x2010 && r < 0x2040: // dashes, quotes, bullets, ellipsis
		return 24
	}
	return int64(n) * unit
}
