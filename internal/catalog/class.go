package catalog

import "fmt"

// Class is how sensitive data is, or up to which class a model may see it (its
// clearance). A model may see data whose class is not above its clearance.
type Class int

// The classes, least sensitive first.
const (
	Public Class = iota
	Internal
	Confidential
	Restricted
)

var classNames = [...]string{"public", "internal", "confidential", "restricted"}

// Classes lists the classes from the least sensitive.
func Classes() []Class { return []Class{Public, Internal, Confidential, Restricted} }

// String is the class's name.
func (c Class) String() string {
	if c < Public || c > Restricted {
		return fmt.Sprintf("class(%d)", int(c))
	}
	return classNames[c]
}

// ParseClass reads a class's name.
func ParseClass(s string) (Class, error) {
	for i, n := range classNames {
		if n == s {
			return Class(i), nil
		}
	}
	return 0, fmt.Errorf("catalog: unknown data class %q: use public, internal, confidential or restricted", s)
}

// MarshalText writes the name.
func (c Class) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText reads the name.
func (c *Class) UnmarshalText(b []byte) (err error) {
	*c, err = ParseClass(string(b))
	return err
}
