package config

import (
	"errors"
	"regexp"
	"strings"
	"time"
	_ "time/tzdata" // zones are checked and used also where the system has none

	"github.com/tierwise/tierwise/internal/catalog"
	"github.com/tierwise/tierwise/internal/money"
)

// Date is a day, "2026-11-24", at midnight UTC.
type Date time.Time

// Zone is an IANA time zone, "Europe/Warsaw".
type Zone string

// Language is "auto" or a BCP 47 tag, "de" or "pt-BR".
type Language string

// TimeOfDay is "HH:MM".
type TimeOfDay string

// Decimal is a decimal number kept as it was written; it is never computed
// with as a float.
type Decimal string

// IsZero reports whether the date is not set.
func (d Date) IsZero() bool { return time.Time(d).IsZero() }

// String is "2026-11-24", or empty.
func (d Date) String() string {
	if d.IsZero() {
		return ""
	}
	return time.Time(d).Format(time.DateOnly)
}

// MarshalText writes the day.
func (d Date) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads the day.
func (d *Date) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*d = Date{}
		return nil
	}
	t, err := time.Parse(time.DateOnly, string(b))
	if err == nil {
		*d = Date(t)
	}
	return err
}

// Location returns the zone; "" is UTC.
func (z Zone) Location() (*time.Location, error) { return time.LoadLocation(string(z)) }

var (
	errForm      = errors.New("wrong form")
	languageForm = regexp.MustCompile(`^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$`)
	decimalForm  = regexp.MustCompile(`^-?\d{1,15}(\.\d{1,9})?$`)
)

// ParseZone reads an IANA zone; the machine's own ("Local") is none.
func ParseZone(s string) (Zone, error) {
	if s == "" || s == "Local" {
		return "", errForm
	}
	_, err := time.LoadLocation(s)
	return Zone(s), err
}

// ParseLanguage reads "auto" or a BCP 47 tag.
func ParseLanguage(s string) (Language, error) {
	if s != "auto" && !languageForm.MatchString(s) {
		return "", errForm
	}
	return Language(s), nil
}

// scalar knows how to read one type from the text of a YAML value, and how to
// describe what it takes.
type scalar struct {
	takes string
	read  func(text string) (any, error)
}

// scalarOf returns the reader for a value of v's type, which is a pointer; ok
// is false for types read by their Go kind.
func scalarOf(v any) (s scalar, ok bool) {
	switch v.(type) {
	case *money.Nano:
		return scalar{`an amount in dollars such as "0.50"`, func(t string) (any, error) { return money.Parse(t) }}, true
	case *money.Pico:
		return scalar{`a price in USD per million tokens such as "0.075"`, func(t string) (any, error) { return money.ParsePerMillion(t) }}, true
	case *catalog.Tier:
		return scalar{either(tierNames()), func(t string) (any, error) { return catalog.ParseTier(t) }}, true
	case *catalog.Class:
		return scalar{either(classNames()), func(t string) (any, error) { return catalog.ParseClass(t) }}, true
	case *Date:
		return scalar{"a date such as 2026-11-24", func(t string) (any, error) {
			d, err := time.Parse(time.DateOnly, t)
			return Date(d), err
		}}, true
	case *Zone:
		return scalar{"a time zone such as Europe/Warsaw", func(t string) (any, error) { return ParseZone(t) }}, true
	case *Language:
		return scalar{"auto or a language such as de or pt-BR", func(t string) (any, error) { return ParseLanguage(t) }}, true
	case *TimeOfDay:
		return scalar{"a time of day such as 09:00", func(t string) (any, error) {
			_, err := time.Parse("15:04", t)
			return TimeOfDay(t), err
		}}, true
	case *Age:
		return scalar{AgeForm, func(t string) (any, error) { return ParseAge(t) }}, true
	case *Decimal:
		return scalar{"a decimal number such as 12.5", func(t string) (any, error) {
			if !decimalForm.MatchString(t) {
				return nil, errForm
			}
			return Decimal(t), nil
		}}, true
	}
	return scalar{}, false
}

// words returns the allowed words of a type that has a closed list.
func words(v any) []string {
	switch v.(type) {
	case *catalog.Tier:
		return tierNames()
	case *catalog.Class:
		return classNames()
	}
	return nil
}

func classNames() []string {
	var out []string
	for _, c := range catalog.Classes() {
		out = append(out, c.String())
	}
	return out
}

// negative reports an amount or price that is well formed but below zero.
func negative(v any, text string) bool {
	switch v.(type) {
	case *money.Nano, *money.Pico:
		t := strings.TrimSpace(text)
		return strings.HasPrefix(t, "-") || strings.HasPrefix(t, "$-")
	}
	return false
}
