package config

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Age is how long something must have existed, in whole minutes.
type Age time.Duration

// AgeForm says what an age looks like, for a sentence "… takes <AgeForm>".
const AgeForm = "0 or an age such as 30m, 1h or 7d, a year at most"

const (
	day = 24 * time.Hour
	// oldest bounds an age; a longer one is a slip of unit.
	oldest = 366 * day
)

var ageForm = regexp.MustCompile(`^(\d{1,6})([mhdw])$`)

// ageUnits from the longest that is written; weeks are read and kept as days.
var ageUnits = []struct {
	letter string
	is     time.Duration
}{{"d", day}, {"h", time.Hour}, {"m", time.Minute}}

// ParseAge reads "0", "30m", "1h", "7d" or "2w".
func ParseAge(s string) (Age, error) {
	s = strings.ToLower(strings.TrimSpace(s))
	if s == "0" {
		return 0, nil
	}
	m := ageForm.FindStringSubmatch(s)
	if m == nil {
		return 0, errForm
	}
	n, err := strconv.Atoi(m[1])
	if err != nil {
		return 0, errForm
	}
	unit := 7 * day
	for _, u := range ageUnits {
		if u.letter == m[2] {
			unit = u.is
		}
	}
	if time.Duration(n) > oldest/unit {
		return 0, errForm
	}
	return Age(time.Duration(n) * unit), nil
}

// String is the shortest form that ParseAge reads back: "7d", "90m", "0".
func (a Age) String() string {
	d := time.Duration(a)
	if d <= 0 {
		return "0"
	}
	u := ageUnits[0]
	for _, u = range ageUnits {
		if d%u.is == 0 {
			break
		}
	}
	return strconv.FormatInt(int64(d/u.is), 10) + u.letter
}
