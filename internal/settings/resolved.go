package settings

import (
	"time"

	"github.com/tierwise/tierwise/internal/catalog"
	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/config"
	"github.com/tierwise/tierwise/internal/money"
	"github.com/tierwise/tierwise/internal/step"
)

// Resolved is what holds at a place for a person. It is a value: nothing in it
// changes later.
type Resolved struct {
	Place   chat.Place
	Channel chat.Channel
	Person  string // pseudonym

	policy *config.Policy
	values []*Value // by registry position; shared, never changed
	cards  *cards
	zone   *zoneChange
}

// Get returns a setting's value with its origin; ok is false for an unknown key.
func (r Resolved) Get(key string) (Value, bool) {
	i, ok := position[key]
	if !ok || r.values == nil {
		return Value{}, false
	}
	return *r.values[i], true
}

// Explain lists every value with its origin, in the order of the registry.
func (r Resolved) Explain() []Value {
	out := make([]Value, len(r.values))
	for i, v := range r.values {
		out[i] = *v
	}
	return out
}

// Origin returns which level a value came from: "workspace", "channel C1".
func (r Resolved) Origin(key string) string {
	v, _ := r.Get(key)
	return v.Origin.String()
}

// value returns the text of a known key. Stored and default texts were checked
// before they got here, so that reading them as their type cannot fail.
func (r Resolved) value(key string) string {
	v, ok := r.Get(key)
	if !ok {
		panic("settings: no setting " + key) // a getter of ours names a key that is gone
	}
	return v.Value
}

func (r Resolved) on(key string) bool { return r.value(key) == "on" }

func (r Resolved) list(key string) []string {
	return split(r.value(key))
}

func (r Resolved) age(key string) time.Duration {
	a, _ := config.ParseAge(r.value(key))
	return time.Duration(a)
}

func (r Resolved) tier(key string) catalog.Tier {
	t, _ := catalog.ParseTier(r.value(key))
	return t
}

// Tier is the tier an intent begins at, never above Ceiling.
func (r Resolved) Tier(i step.Intent) catalog.Tier {
	return min(r.tier("tier."+string(i)), r.Ceiling())
}

// TierOrigin says which level Tier came from, as the router wants it.
func (r Resolved) TierOrigin(i step.Intent) string {
	key := "tier." + string(i)
	if r.tier(key) > r.Ceiling() {
		key = "ceiling"
	}
	return r.Origin(key)
}

// Ceiling is the highest tier allowed.
func (r Resolved) Ceiling() catalog.Tier { return r.tier("ceiling") }

// Pin is the tier pinned here, and where: "channel pin" or "thread pin"; nil
// when there is none. The ceiling applies to it.
func (r Resolved) Pin() (t *catalog.Tier, by string) {
	v, _ := r.Get("pin")
	if v.Value == none {
		return nil, ""
	}
	pinned := min(r.tier("pin"), r.Ceiling())
	return &pinned, string(v.Origin.Level) + " pin"
}

// Verify reports whether answers of an intent are checked before they are shown.
func (r Resolved) Verify(i step.Intent) bool { return r.on("verify." + string(i)) }

// Fast reports whether quick models are preferred.
func (r Resolved) Fast() bool { return r.on("fast") }

// AnswerCap is the most one answer may cost; it is never zero.
func (r Resolved) AnswerCap() money.Nano {
	n, _ := money.Parse(r.value("answer_cap"))
	return n
}

// Language is a BCP 47 tag, or "" to follow the conversation.
func (r Resolved) Language() string {
	if l := r.value("language"); l != "auto" {
		return l
	}
	return ""
}

// Tone is neutral, friendly, formal or plain.
func (r Resolved) Tone() string { return r.value("tone") }

// Length is short, normal or long.
func (r Resolved) Length() string { return r.value("length") }

// Labels is the label set of the place.
func (r Resolved) Labels() []step.Label {
	l, _ := parseLabels(r.value("labels"))
	return l
}

// Footer is what the grey line shows.
type Footer string

// The footers, from the fullest.
const (
	FooterFull Footer = "full" // tier, cost and model
	FooterCost Footer = "cost"
	FooterTier Footer = "tier"
	FooterOff  Footer = "off"
)

// Footer is what the grey line under an answer shows.
func (r Resolved) Footer() Footer { return Footer(r.value("footer")) }

// FollowUps reports whether follow-ups in a thread need no new mention.
func (r Resolved) FollowUps() bool { return r.on("followups") }

// PrivateAnswers reports whether the answer to a mention is for the asker alone.
func (r Resolved) PrivateAnswers() bool { return r.value("visibility") == "private" }

// Class is the data class of the channel: what an admin set, else by its kind.
func (r Resolved) Class() catalog.Class {
	v := r.value("class")
	if v == "auto" {
		v = classOf(r)
	}
	c, err := catalog.ParseClass(v)
	if err != nil {
		return catalog.Restricted
	}
	return c
}

// Regions are the only regions allowed; empty is any.
func (r Resolved) Regions() []string { return r.list("regions") }

// Deny lists models and providers that may not be used.
func (r Resolved) Deny() []string { return r.list("deny") }

// Redact lists what is replaced before a text leaves.
func (r Resolved) Redact() []string { return r.list("redact") }

// ChannelTotals reports whether members see their channel's spend.
func (r Resolved) ChannelTotals() bool { return r.on("spend.channels") }

// PeopleRows reports whether admins see other people's rows in spend.
func (r Resolved) PeopleRows() bool { return r.on("spend.people") }

// Audit is monthly, weekly or off.
func (r Resolved) Audit() string { return r.value("audit") }

// ReportsChannel is where audits, warnings and announcements go; "" is to the
// admins alone.
func (r Resolved) ReportsChannel() string {
	if c := r.value("reports.channel"); c != none {
		return c
	}
	return ""
}
