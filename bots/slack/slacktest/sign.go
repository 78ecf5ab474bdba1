package slacktest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
)

// Sign is the X-Slack-Signature of a body: version v0, HMAC-SHA256 in hex over
// "v0:timestamp:body".
func Sign(secret, timestamp string, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte("v0:" + timestamp + ":"))
	mac.Write(body)
	return "v0=" + hex.EncodeToString(mac.Sum(nil))
}
