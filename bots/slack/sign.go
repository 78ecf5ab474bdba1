package slack

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/tierwise/tierwise/internal/clock"
	"github.com/tierwise/tierwise/internal/config"
)

// signatureAge is how far a request's time may be from ours, both ways.
// https://docs.slack.dev/authentication/verifying-requests-from-slack, read 2026-11-23.
const signatureAge = 5 * time.Minute

// errSignature is a request that Slack did not sign, or not now.
var errSignature = errors.New("slack: signature does not fit")

// verify checks the signature over the raw body and returns it. Slack's own
// retries are signed anew, so the same signature twice is a replay.
func verify(secret config.Secret, c clock.Clock, h http.Header, body []byte) (signature string, err error) {
	if !secret.IsSet() {
		return "", errSignature
	}
	at, err := strconv.ParseInt(h.Get("X-Slack-Request-Timestamp"), 10, 64)
	if err != nil {
		return "", errSignature
	}
	if age := c.Now().Sub(time.Unix(at, 0)); age > signatureAge || age < -signatureAge {
		return "", errSignature
	}
	given := h.Get("X-Slack-Signature")
	if !hmac.Equal([]byte(given), []byte(sign(secret, strconv.FormatInt(at, 10), body))) {
		return "", errSignature
	}
	return given, nil
}

// sign is the signature of a body at a time.
func sign(secret config.Secret, at string, body []byte) string {
	m := hmac.New(sha256.New, []byte(secret.Reveal()))
	_, _ = m.Write([]byte("v0:" + at + ":"))
	_, _ = m.Write(body)
	return "v0=" + hex.EncodeToString(m.Sum(nil))
}
