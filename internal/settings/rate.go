package settings

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/config"
	"github.com/tierwise/tierwise/internal/fault"
)

// The settings of a person's rate.
const (
	rateKey      = "per_minute"
	rateRolesKey = "per_minute.roles"
	rateMostKey  = "per_minute.most"
)

// maxRate bounds a rate; the policy's own bound is the same.
const maxRate = 600

// paceSettings decide how often one person is answered. What they give together
// is PerMinute.
func paceSettings() []Definition {
	operators := func(p config.Policy, _ chat.Platform) string { return strconv.Itoa(p.Throttle.PerMinute) }
	return []Definition{
		{Key: rateKey, Kind: NumberKind, Grants: inAll, Help: "Requests a minute of one person that may call a model.", fallback: operators},
		{Key: rateRolesKey, Kind: RatesKind, Grants: inAll, fallback: fixed(none),
			Help: "Other numbers for usergroups or roles, such as S0123:3, S0456:10; of several the highest holds."},
		{Key: rateMostKey, Kind: NumberKind, Grants: inAll, fallback: operators,
			Help: "The most per_minute and per_minute.roles can give; the operator's number unless an admin decides otherwise."},
	}
}

// PerMinute is how many requests that may call a model one person has a minute:
// the most generous number of their groups, else that of everybody, and never
// more than per_minute.most. 0 is no limit.
func (r Resolved) PerMinute(actor chat.Actor) int {
	n, found := 0, false
	for _, item := range r.list(rateRolesKey) {
		if group, rate := splitRate(item); anyGroup([]string{group}, actor) {
			n, found = max(n, rate), true
		}
	}
	if !found {
		n = r.number(rateKey)
	}
	return min(n, r.number(rateMostKey))
}

func (r Resolved) number(key string) int {
	n, _ := strconv.Atoi(r.value(key))
	return n
}

// rateFits refuses a rate above what may be given: going over the operator's
// number is a decision of its own, so that it stands in the journal as one.
func (s *Settings) rateFits(d document, key, value string) error {
	highest := 0
	switch {
	case value == "" || value == none:
	case key == rateKey:
		highest, _ = strconv.Atoi(value)
	case key == rateRolesKey:
		for _, item := range strings.Split(value, ",") {
			_, n := splitRate(item)
			highest = max(highest, n)
		}
	}
	most := s.policy.Throttle.PerMinute
	if own, err := strconv.Atoi(d.Values[rateMostKey].Value); err == nil {
		most = own
	}
	if highest > most {
		return fault.Newf(fault.BadInput, "%s can give at most %d a minute here. To go above that, an admin first raises %s, for example: /ai-config set %s %d because …", key, most, rateMostKey, rateMostKey, highest)
	}
	return nil
}

func parseRate(t string) (string, error) {
	n, err := strconv.Atoi(t)
	if err != nil || n < 1 || n > maxRate || strings.HasPrefix(t, "+") {
		return "", fmt.Errorf("a whole number from 1 to %d", maxRate)
	}
	return strconv.Itoa(n), nil
}

// parseRates reads "S0123:3, S0456:10"; none is the empty list, and of a group
// that is there twice the later number holds.
func parseRates(t string) (string, error) {
	bad := fmt.Errorf("none or groups with a number from 1 to %d each, such as S0123:3, S0456:10", maxRate)
	if strings.EqualFold(t, none) {
		return none, nil
	}
	var groups []string
	rates := map[string]string{}
	for _, item := range strings.FieldsFunc(t, func(r rune) bool { return r == ',' || r == ';' || unicode.IsSpace(r) }) {
		group, number, ok := strings.Cut(item, ":")
		n, err := parseRate(number)
		if !ok || group == "" || len(group) > maxItem || err != nil {
			return "", bad
		}
		if _, twice := rates[group]; !twice {
			groups = append(groups, group)
		}
		rates[group] = n
	}
	switch {
	case len(groups) == 0:
		return "", bad
	case len(groups) > maxList:
		return "", errors.New("at most " + strconv.Itoa(maxList) + " items")
	}
	for i, g := range groups {
		groups[i] = g + ":" + rates[g]
	}
	return listText(groups), nil
}

// splitRate takes a stored item apart.
func splitRate(item string) (group string, rate int) {
	group, number, _ := strings.Cut(item, ":")
	rate, _ = strconv.Atoi(number)
	return group, rate
}
