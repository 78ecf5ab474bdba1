package seal

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
)

var pseudonymText = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// Pseudonym is the name under which a person appears in the ledger: "p_" and
// 100 bits of HMAC-SHA256(identityKey, platformID), 22 characters in all. The
// same person has the same pseudonym for as long as the workspace's identity
// key lives; without that key it cannot be traced back or guessed by trying ids.
func Pseudonym(identityKey []byte, platformID string) string {
	m := hmac.New(sha256.New, identityKey)
	m.Write([]byte(platformID))
	return "p_" + pseudonymText.EncodeToString(m.Sum(nil))[:20]
}
