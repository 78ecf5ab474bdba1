// Package fault separates what went wrong from what a person is told. A Fault
// carries a kind that code decides by, a sentence that is safe to show in chat,
// and a cause that is only logged. Sentence is the one place where any error
// becomes words: an error without a Fault in its chain becomes a neutral
// sentence with a reference id, so provider text and secrets never reach chat.
package fault

import (
	"crypto/rand"
	"encoding/base32"
	"errors"
	"fmt"
)

// Kind says what class of thing went wrong. Code decides by kind, never by text.
type Kind string

// The kinds. A new one needs a reader that decides by it.
const (
	Internal      Kind = "internal"      // our own failure; the sentence is neutral
	BadInput      Kind = "bad_input"     // the person can mend it and try again
	NotAllowed    Kind = "not_allowed"   // who may do it is said in the sentence
	NotFound      Kind = "not_found"     // the thing named is not there, or not visible
	Throttled     Kind = "throttled"     // too many requests; the sentence says when
	OverBudget    Kind = "over_budget"   // a hard limit; the sentence has the arithmetic
	NoModel       Kind = "no_model"      // no model passes the gates; the sentence names the gate
	Provider      Kind = "provider"      // the provider failed or refused
	Unavailable   Kind = "unavailable"   // a dependency of ours is down; it will be retried
	Unsupported   Kind = "unsupported"   // the platform cannot do it
	Stopped       Kind = "stopped"       // a person or an operator stopped it
	Conflict      Kind = "conflict"      // somebody else changed it in between
	Misconfigured Kind = "misconfigured" // an operator has to mend the configuration
)

// Fault is an error with a sentence fit to show.
type Fault struct {
	Kind Kind
	// Say is one or two sentences in plain words: what happened and what to do.
	// It holds no provider text, no secret and no message content.
	Say string
	// Err is the cause, for logs. It may be nil.
	Err error
}

// New returns a Fault without a cause.
func New(kind Kind, say string) *Fault { return &Fault{Kind: kind, Say: say} }

// Newf is New with a format.
func Newf(kind Kind, format string, args ...any) *Fault {
	return &Fault{Kind: kind, Say: fmt.Sprintf(format, args...)}
}

// Wrap returns a Fault around a cause.
func Wrap(err error, kind Kind, say string) *Fault { return &Fault{Kind: kind, Say: say, Err: err} }

// Error is the internal text: kind and cause. It is for logs.
func (f *Fault) Error() string {
	if f.Err == nil {
		return string(f.Kind) + ": " + f.Say
	}
	return string(f.Kind) + ": " + f.Err.Error()
}

// Unwrap returns the cause.
func (f *Fault) Unwrap() error { return f.Err }

// KindOf returns the kind of the outermost Fault in err's chain, or Internal.
// The kind of a nil error is empty.
func KindOf(err error) Kind {
	if err == nil {
		return ""
	}
	var f *Fault
	if errors.As(err, &f) {
		return f.Kind
	}
	return Internal
}

// Sentence turns any error into the words a person sees. ref is the reference
// id that the operator finds in the log; it is added where the person cannot
// mend the matter alone.
func Sentence(err error, ref string) string {
	var f *Fault
	if !errors.As(err, &f) || f.Kind == Internal || f.Say == "" {
		return "Something went wrong on our side. Nothing was lost; please try again, or tell your operator this reference: " + ref + "."
	}
	switch f.Kind {
	case Provider, Unavailable, Misconfigured, NoModel:
		return f.Say + " (reference " + ref + ")"
	default:
		return f.Say
	}
}

// NewRef returns a short random reference id such as "r-7kq2xj4m".
func NewRef() string {
	var b [5]byte
	_, _ = rand.Read(b[:]) // never fails; see crypto/rand
	return "r-" + base32.NewEncoding("abcdefghijkmnpqrstuvwxyz23456789").WithPadding(base32.NoPadding).EncodeToString(b[:])
}
