package discord

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/fault"
)

// refusal is an error answer of the platform.
type refusal struct {
	op     string // method and route, without ids
	status int
	code   int   // Discord's own, 0 when there was none
	is     error // what it is for the core; may be nil
}

// Error names operation and code, never anything that was sent.
func (r *refusal) Error() string {
	return fmt.Sprintf("discord: %s: status %d, code %d", r.op, r.status, r.code)
}

// Unwrap returns the error of package chat that this refusal is.
func (r *refusal) Unwrap() error { return r.is }

// Codes we decide by.
// https://discord.com/developers/docs/topics/opcodes-and-status-codes, read 2026-11-23.
const (
	codeUnknownChannel     = 10003
	codeUnknownGuild       = 10004
	codeUnknownMember      = 10007
	codeUnknownMessage     = 10008
	codeUnknownUser        = 10013
	codeUnknownWebhook     = 10015
	codeUnknownInteraction = 10062
	codeAcknowledged       = 40060
	codeMissingAccess      = 50001
	codeCannotDM           = 50007
	codeMissingPermission  = 50013
	codeInvalidToken       = 50027
	codeThreadArchived     = 50083
	codeThreadExists       = 160004
	codeThreadLocked       = 160005
)

// codeOf is the platform's code in an error, 0 when there is none.
func codeOf(err error) int {
	var r *refusal
	if errors.As(err, &r) {
		return r.code
	}
	return 0
}

func statusOf(err error) int {
	var r *refusal
	if errors.As(err, &r) {
		return r.status
	}
	return 0
}

// refuse reads an error answer.
func refuse(c call, status int, body []byte) error {
	var e struct {
		Code int `json:"code"`
	}
	_ = json.Unmarshal(body, &e) // what is no JSON has no code
	r := &refusal{op: c.op(), status: status, code: e.Code}
	kind, say := fault.Unavailable, "Discord refused this for a reason that is new to us; your operator finds the code in the log."
	switch {
	case e.Code == codeUnknownMember || e.Code == codeUnknownUser || e.Code == codeUnknownGuild:
		r.is, kind, say = chat.ErrNotFound, fault.NotFound, "Discord knows nobody by that name here."
	case e.Code == codeUnknownInteraction || e.Code == codeUnknownWebhook || e.Code == codeInvalidToken:
		r.is, kind, say = chat.ErrGone, fault.NotFound, "This command is too old to be answered here. Please run it again."
	case e.Code == codeThreadArchived || e.Code == codeThreadLocked:
		r.is, kind, say = chat.ErrNoAccess, fault.NotAllowed, "This thread is locked or archived, so I cannot write there."
	case e.Code == codeCannotDM:
		r.is, kind, say = chat.ErrNoAccess, fault.NotAllowed, "Your privacy settings do not let me write you a direct message."
	case status == http.StatusNotFound:
		r.is, kind, say = chat.ErrGone, fault.NotFound, "This conversation or message is no longer there."
	case status == http.StatusForbidden:
		r.is, kind, say = chat.ErrNoAccess, fault.NotAllowed, "I lack a permission in this channel. An admin can check my role there; `tierwise doctor` names what is missing."
	case status == http.StatusUnauthorized:
		r.is, kind, say = chat.ErrNoAccess, fault.Misconfigured, "Discord does not accept the bot's token any more. Your operator has to set a new one."
	case status == http.StatusBadRequest:
		kind, say = fault.Internal, "Discord could not show this answer as it was built. Please try again; your operator finds the code in the log."
	}
	return fault.Wrap(r, kind, say)
}

// unreachable says that Discord did not answer.
func unreachable(err error) error {
	return fault.Wrap(err, fault.Unavailable, "Discord cannot be reached at the moment; this will be tried again.")
}

func limited(c call, after time.Duration) error {
	return fmt.Errorf("discord: %s: %w", c.op(), &chat.RateLimited{After: max(after, 50*time.Millisecond)})
}
