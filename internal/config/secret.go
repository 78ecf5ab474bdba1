package config

import (
	"crypto/subtle"
	"fmt"
	"log/slog"
)

// Secret is a value that prints as *** in every way Go can print: fmt verbs,
// slog, JSON and text. Only Reveal gives it away. It is held behind a pointer,
// so that a struct that holds one in an unexported field cannot show it either.
type Secret struct{ value *string }

const hidden = "***"

// NewSecret hides a value. The empty value is "not set".
func NewSecret(s string) Secret {
	if s == "" {
		return Secret{}
	}
	return Secret{&s}
}

// Reveal returns the value, for the one place that sends or checks it.
func (s Secret) Reveal() string {
	if s.value == nil {
		return ""
	}
	return *s.value
}

// IsSet reports whether there is a value.
func (s Secret) IsSet() bool { return s.value != nil }

// Equal compares in constant time with what somebody presented. An unset
// Secret equals nothing, not even the empty string.
func (s Secret) Equal(presented string) bool {
	return s.IsSet() && subtle.ConstantTimeCompare([]byte(s.Reveal()), []byte(presented)) == 1
}

// String prints ***.
func (Secret) String() string { return hidden }

// GoString prints ***.
func (Secret) GoString() string { return hidden }

// Format prints *** for every verb.
func (Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(hidden)) }

// LogValue logs ***.
func (Secret) LogValue() slog.Value { return slog.StringValue(hidden) }

// MarshalJSON writes "***".
func (Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + hidden + `"`), nil }

// MarshalText writes ***.
func (Secret) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// Decode reads the value from an environment variable; see envconfig.
func (s *Secret) Decode(value string) error {
	*s = NewSecret(value)
	return nil
}
