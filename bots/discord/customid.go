package discord

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"time"
	"unicode/utf16"
)

// Ids of buttons, menus and forms. An id is one letter for what it is, a
// signature, the name, "|" and the value; so it means the same after a restart
// and on every replica, and an id we did not make means nothing.
const (
	idLimit   = 100 // https://discord.com/developers/docs/components/reference, read 2026-11-23
	idSig     = 10  // 60 bits
	idMenu    = "-" // the menu behind "⋯"; its options carry the ids
	idForm    = "#" // a form
	idCorrect = "!" // opens a refused form again
	idSpilled = "~" // begins a body that is kept in memory
)

// spillLife is how long a value that does not fit into an id is kept.
const spillLife = 72 * time.Hour

type signer struct{ key []byte }

func (s signer) sign(kind, body string) string {
	m := hmac.New(sha256.New, s.key)
	m.Write([]byte("discord component " + kind + body))
	return base64.RawURLEncoding.EncodeToString(m.Sum(nil))[:idSig]
}

// make is the id of a name and value; ok is false where it is too long.
func (s signer) make(kind, name, value string) (string, bool) {
	body := name + "|" + value
	id := kind + s.sign(kind, body) + body
	return id, units(id) <= idLimit
}

// read takes an id of ours apart.
func (s signer) read(id string) (kind, name, value string, ok bool) {
	if len(id) < 1+idSig {
		return "", "", "", false
	}
	kind, body := id[:1], id[1+idSig:]
	if !hmac.Equal([]byte(s.sign(kind, body)), []byte(id[1:1+idSig])) {
		return "", "", "", false
	}
	name, value, _ = strings.Cut(body, "|")
	return kind, name, value, true
}

// idOf makes an id, keeping what does not fit in memory.
func (a *Adapter) idOf(ctx context.Context, tenant, kind, name, value string) (string, error) {
	if id, ok := a.ids.make(kind, name, value); ok && !strings.HasPrefix(name, idSpilled) {
		return id, nil
	}
	key := rand.Text()[:20]
	if err := a.memory.Remember(ctx, tenant, "spill/"+key, []byte(name+"|"+value), spillLife); err != nil {
		return "", err
	}
	id, _ := a.ids.make(kind, idSpilled+key, "")
	return id, nil
}

// meant is what an id stands for; ok is false for an id that is not ours or
// whose value is no longer kept.
func (a *Adapter) meant(ctx context.Context, tenant, id string) (kind, name, value string, ok bool) {
	kind, name, value, ok = a.ids.read(id)
	key, spilled := strings.CutPrefix(name, idSpilled)
	if !ok || !spilled {
		return kind, name, value, ok
	}
	body, ok, err := a.memory.Recall(ctx, tenant, "spill/"+key)
	if err != nil || !ok {
		return "", "", "", false
	}
	name, value, _ = strings.Cut(string(body), "|")
	return kind, name, value, true
}

// buttonKind is the letter of the i-th button: small for a click, capital for
// one that opens a form. The letters differ so that two buttons with one name
// and value have different ids.
func buttonKind(i int, opensForm bool) string {
	if opensForm {
		return string(rune('A' + i%26))
	}
	return string(rune('a' + i%26))
}

func units(s string) int { return len(utf16.Encode([]rune(s))) }

// clip cuts a text to a number of UTF-16 units and shows that it did.
func clip(s string, most int) string {
	if units(s) <= most {
		return s
	}
	r := []rune(s)
	for len(r) > 0 && units(string(r)) > most-1 {
		r = r[:len(r)-1]
	}
	return string(r) + "…"
}
