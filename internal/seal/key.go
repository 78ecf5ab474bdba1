package seal

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
)

// Key is one master key. Its id is derived from it and stands in every blob;
// the id gives nothing away. The key itself is behind a pointer, so that no
// way of printing a struct that holds a Key can show it.
type Key struct {
	id     [idLen]byte
	master *[32]byte
}

// ErrKey reports a key that is too short or plainly not random. The error
// around it says which one of the list, by position, and never shows it.
var ErrKey = errors.New("seal: unfit key")

const (
	minBytes    = 16 // of a key in hex or base64
	minChars    = 32 // of any other text
	minDistinct = 6  // different characters; fewer is a placeholder, not a key
)

// ParseKeys reads a list of keys separated by commas or line breaks, newest
// first. A key is at least 16 random bytes in hex or base64, or any text of at
// least 32 characters; every key is stretched before use. Lines that begin
// with # are skipped. All unfit keys are reported together, wrapped in ErrKey.
func ParseKeys(list string) ([]Key, error) {
	keys, problems := readKeys(list)
	if len(problems) > 0 {
		return nil, fmt.Errorf("%w: %s", ErrKey, strings.Join(problems, "; "))
	}
	return keys, nil
}

// Fit judges a list without keeping it. The error's text completes a sentence
// such as "the variable cannot be used: …" and never shows a key.
func Fit(list string) error {
	if _, problems := readKeys(list); len(problems) > 0 {
		return errors.New(strings.Join(problems, "; "))
	}
	return nil
}

func readKeys(list string) (keys []Key, problems []string) {
	n := 0
	for _, part := range strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == '\n' }) {
		part = strings.TrimSpace(part)
		if part == "" || strings.HasPrefix(part, "#") {
			continue
		}
		n++
		k, err := parseKey(part)
		if err != nil {
			problems = append(problems, fmt.Sprintf("key %d of the list %s", n, err))
			continue
		}
		keys = append(keys, k)
	}
	if n == 0 {
		problems = append(problems, "the list is empty")
	}
	return keys, problems
}

func parseKey(s string) (Key, error) {
	if distinct(s) < minDistinct {
		return Key{}, errors.New("is not random: make one with \"openssl rand -hex 32\"")
	}
	if b, ok := decode(s); ok && len(b) >= minBytes {
		return newKey(b), nil
	}
	if len(s) < minChars {
		return Key{}, fmt.Errorf("is too short: it needs %d random bytes in hex or base64, or %d characters", minBytes, minChars)
	}
	return newKey([]byte(s)), nil
}

func newKey(secret []byte) Key {
	master := [32]byte(derive(secret, "tierwise/seal/master"))
	return Key{id: [idLen]byte(derive(secret, "tierwise/seal/id")), master: &master}
}

// decode reads hex or any of the usual forms of base64.
func decode(s string) ([]byte, bool) {
	if b, err := hex.DecodeString(s); err == nil {
		return b, true
	}
	for _, e := range []*base64.Encoding{base64.StdEncoding, base64.RawStdEncoding, base64.URLEncoding, base64.RawURLEncoding} {
		if b, err := e.DecodeString(s); err == nil {
			return b, true
		}
	}
	return nil, false
}

func distinct(s string) int {
	seen := map[rune]bool{}
	for _, r := range s {
		seen[r] = true
	}
	return len(seen)
}

// Format keeps a key out of every log: it prints *** for every verb.
func (Key) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte("***")) }
