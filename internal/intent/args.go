package intent

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/tierwise/tierwise/internal/fault"
)

// SummarizeArgs are the arguments of /summarize. Either Link or a time bound is
// set, or neither, which means the caller's default range.
type SummarizeArgs struct {
	// Link is a permalink to a thread or a message.
	Link  string
	Ago   time.Duration // "24h", "7d"
	Day   string        // "today", "yesterday", or a weekday's name, lower case
	Date  time.Time     // "2026-11-20", midnight UTC; only year, month and day count
	Flags Flags
}

// maxAgo bounds how far back a channel is read.
const maxAgo = 90 * 24 * time.Hour

// Since is the beginning of the range, zero when none was given. now must be in
// the asker's zone: days begin at its midnight. A weekday is the last one before
// today.
func (a SummarizeArgs) Since(now time.Time) time.Time {
	midnight := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, now.Location())
	switch {
	case a.Ago > 0:
		return now.Add(-a.Ago)
	case !a.Date.IsZero():
		return time.Date(a.Date.Year(), a.Date.Month(), a.Date.Day(), 0, 0, 0, 0, now.Location())
	case a.Day == "today":
		return midnight
	case a.Day == "yesterday":
		return midnight.AddDate(0, 0, -1)
	case a.Day != "":
		back := (int(now.Weekday()) - int(weekdays[a.Day]) + 7) % 7
		if back == 0 {
			back = 7
		}
		return midnight.AddDate(0, 0, -back)
	}
	return time.Time{}
}

var weekdays = map[string]time.Weekday{
	"sunday": time.Sunday, "monday": time.Monday, "tuesday": time.Tuesday, "wednesday": time.Wednesday,
	"thursday": time.Thursday, "friday": time.Friday, "saturday": time.Saturday,
	"sun": time.Sunday, "mon": time.Monday, "tue": time.Tuesday, "wed": time.Wednesday,
	"thu": time.Thursday, "fri": time.Friday, "sat": time.Saturday,
}

// ParseSummarize reads the arguments of /summarize: nothing, "24h", "7d",
// "since monday", "yesterday", "2026-11-20" or a permalink, and flags. The
// error is a fault.BadInput whose sentence says what to write.
func ParseSummarize(text string) (SummarizeArgs, error) {
	rest, flags := splitFlags(text)
	a := SummarizeArgs{Flags: flags}
	low := strings.ToLower(strings.Join(strings.Fields(rest), " "))
	for _, lead := range []string{"since ", "from ", "the last ", "last ", "past "} {
		low = strings.TrimPrefix(low, lead)
	}
	if low == "" {
		return a, nil
	}
	if link, ok := asLink(strings.TrimSpace(rest)); ok {
		a.Link = link
		return a, nil
	}
	if _, ok := weekdays[low]; ok || low == "today" || low == "yesterday" {
		a.Day = low
		return a, nil
	}
	if d, err := time.Parse(time.DateOnly, low); err == nil {
		a.Date = d
		return a, nil
	}
	if ago, ok := span(low); ok {
		if ago > maxAgo {
			return SummarizeArgs{}, fault.New(fault.BadInput, "I read at most 90 days back. Use for example /summarize 30d.")
		}
		a.Ago = ago
		return a, nil
	}
	return SummarizeArgs{}, fault.New(fault.BadInput,
		"I could not read that range. Use /summarize 24h, /summarize 7d, /summarize since monday, /summarize 2026-11-20, or a link to a message.")
}

// span reads "24h", "7 d", "2 weeks", "day".
func span(s string) (time.Duration, bool) {
	i := 0
	for i < len(s) && s[i] >= '0' && s[i] <= '9' {
		i++
	}
	n := int64(1)
	if i > 0 {
		var err error
		if n, err = strconv.ParseInt(s[:i], 10, 64); err != nil || n < 1 || n > 100_000 {
			return 0, false
		}
	}
	unit, ok := units[strings.TrimSpace(s[i:])]
	if !ok || i == 0 && len(strings.TrimSpace(s)) < 3 {
		return 0, false
	}
	return time.Duration(n) * unit, true
}

const day = 24 * time.Hour

var units = map[string]time.Duration{
	"m": time.Minute, "min": time.Minute, "minutes": time.Minute, "minute": time.Minute,
	"h": time.Hour, "hr": time.Hour, "hrs": time.Hour, "hour": time.Hour, "hours": time.Hour,
	"d": day, "day": day, "days": day, "w": 7 * day, "week": 7 * day, "weeks": 7 * day, "month": 30 * day, "months": 30 * day,
}

// asLink accepts one absolute web address, with or without the angle brackets
// that platforms put around it.
func asLink(s string) (string, bool) {
	s = strings.TrimSuffix(strings.TrimPrefix(s, "<"), ">")
	s, _, _ = strings.Cut(s, "|")
	if strings.ContainsAny(s, " \t\n") || len(s) > 2000 {
		return "", false
	}
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return "", false
	}
	return s, true
}

// DraftArgs are the arguments of /draft.
type DraftArgs struct {
	Instruction string
	// Last asks for the newest unsent draft again.
	Last  bool
	Flags Flags
}

// ParseDraft reads the arguments of /draft: what to say, or "last". The error
// is a fault.BadInput.
func ParseDraft(text string) (DraftArgs, error) {
	rest, flags := splitFlags(text)
	if rest == "" && flags.Template == "" {
		return DraftArgs{}, fault.New(fault.BadInput,
			"Say what the draft is about, for example: /draft tell the team that the release moves to Friday. /draft last shows your newest draft again.")
	}
	return DraftArgs{Instruction: rest, Last: strings.EqualFold(rest, "last"), Flags: flags}, nil
}

// ClassifyArgs are the arguments of /classify: exactly one of Text and Link.
type ClassifyArgs struct {
	Text  string
	Link  string
	Flags Flags
}

// ParseClassify reads the arguments of /classify: a text or a permalink, and
// labels with --labels. The error is a fault.BadInput.
func ParseClassify(text string) (ClassifyArgs, error) {
	rest, flags := splitFlags(text)
	if rest == "" {
		return ClassifyArgs{}, fault.New(fault.BadInput,
			"Give the text or a link to the message, for example: /classify the export button does nothing --labels bug,question,idea")
	}
	if flags.LabelsGiven && len(flags.Labels) < 2 {
		return ClassifyArgs{}, fault.New(fault.BadInput, "Give at least two labels, separated by commas: --labels bug,question,idea")
	}
	if link, ok := asLink(rest); ok {
		return ClassifyArgs{Link: link, Flags: flags}, nil
	}
	return ClassifyArgs{Text: rest, Flags: flags}, nil
}
