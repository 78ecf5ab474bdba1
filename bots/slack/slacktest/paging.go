package slacktest

import (
	"encoding/base64"
	"strconv"
	"strings"
)

// page cuts one page out of all by the cursor and limit of a call. next is the
// cursor of the following page, "" on the last one.
func page[T any](c *call, all []T, limit int) (items []T, next string, refused *Error) {
	start, refused := c.cursor(len(all))
	if refused != nil {
		return nil, "", refused
	}
	end := min(start+max(limit, 1), len(all))
	if end < len(all) {
		next = base64.StdEncoding.EncodeToString([]byte("at:" + strconv.Itoa(end)))
	}
	return all[start:end], next, nil
}

// cursor is the index a call's cursor points at.
func (c *call) cursor(length int) (int, *Error) {
	given := c.str("cursor")
	if given == "" {
		return 0, nil
	}
	raw, err := base64.StdEncoding.DecodeString(given)
	if err != nil {
		return 0, refuse("invalid_cursor")
	}
	at, ok := strings.CutPrefix(string(raw), "at:")
	n, err := strconv.Atoi(at)
	if !ok || err != nil || n < 0 || n > length {
		return 0, refuse("invalid_cursor")
	}
	return n, nil
}

// listed puts a page into an answer.
func listed[T any](key string, items []T, next string) object {
	if items == nil {
		items = []T{}
	}
	return object{key: items, "response_metadata": object{"next_cursor": next}}
}

// between says whether ts lies in the oldest/latest bounds of a call.
func (c *call) between(ts string) bool {
	oldest, latest, inclusive := c.str("oldest"), c.str("latest"), c.flag("inclusive")
	if oldest != "" && oldest != "0" {
		if order := compareTS(ts, oldest); order < 0 || order == 0 && !inclusive {
			return false
		}
	}
	if latest != "" && latest != "now" {
		if order := compareTS(ts, latest); order > 0 || order == 0 && !inclusive {
			return false
		}
	}
	return true
}

// compareTS compares two timestamps as times, also when one has no fraction.
func compareTS(a, b string) int {
	aWhole, aFraction, _ := strings.Cut(a, ".")
	bWhole, bFraction, _ := strings.Cut(b, ".")
	for len(aFraction) < 6 {
		aFraction += "0"
	}
	for len(bFraction) < 6 {
		bFraction += "0"
	}
	if len(aWhole) != len(bWhole) {
		return len(aWhole) - len(bWhole)
	}
	return strings.Compare(aWhole+aFraction, bWhole+bFraction)
}
