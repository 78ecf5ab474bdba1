package settings

import (
	"slices"

	"github.com/tierwise/tierwise/internal/catalog"
	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/config"
	"github.com/tierwise/tierwise/internal/money"
)

// Grant is a level on which a setting may be set, and by whom.
type Grant struct {
	Level Level
	Who   Who
}

// Definition describes one setting.
type Definition struct {
	Key    string
	Kind   Kind
	Words  []string // allowed words, for kinds that have a list
	Grants []Grant
	Help   string // one sentence
	// narrow: a person may only choose a later word than the one above.
	narrow bool
	// adds: what a level lists comes on top of what is listed above it.
	adds bool
	// timed: an item may carry an end; see Denial.
	timed    bool
	fallback func(config.Policy, chat.Platform) string
}

// who returns who may set it on a level.
func (d Definition) who(l Level) Who {
	for _, g := range d.Grants {
		if g.Level == l {
			return g.Who
		}
	}
	return Nobody
}

// narrower reports whether own is not wider than above.
func (d Definition) narrower(above, own string) bool {
	return slices.Index(d.Words, own) >= slices.Index(d.Words, above)
}

// Registry lists all settings in the order they are shown.
func Registry() []Definition { return slices.Clone(registry) }

// Lookup returns a setting by its key.
func Lookup(key string) (Definition, bool) {
	i, ok := position[key]
	if !ok {
		return Definition{}, false
	}
	return registry[i], true
}

// Keys lists the keys in the order they are shown.
func Keys() []string {
	out := make([]string, len(registry))
	for i, d := range registry {
		out[i] = d.Key
	}
	return out
}

var (
	everywhere = []Grant{{Workspace, Admins}, {Channel, Owners}, {Thread, Members}}
	personal   = append(slices.Clone(everywhere), Grant{Person, Self})
	inChannels = []Grant{{Workspace, Admins}, {Channel, Admins}}
	byOwners   = []Grant{{Workspace, Admins}, {Channel, Owners}}
	inAll      = []Grant{{Workspace, Admins}}
	pausing    = []Grant{{Channel, Moderators}}
	onOff      = []string{"on", "off"}
)

var (
	registry = slices.Concat(taskSettings(), styleSettings(), dataSettings(), accessSettings(), paceSettings(), reportSettings())
	position = func() map[string]int {
		m := make(map[string]int, len(registry))
		for i, d := range registry {
			m[d.Key] = i
		}
		return m
	}()
)

// taskSettings decide how strong a model may be and how it is checked.
func taskSettings() []Definition {
	tier := func(key, what string, get func(config.PerIntent[catalog.Tier]) catalog.Tier) Definition {
		return Definition{Key: key, Kind: TierKind, Words: tierWords(), Grants: byOwners, Help: "Tier that " + what + " begins at.",
			fallback: func(p config.Policy, _ chat.Platform) string { return get(p.Defaults.Tier).String() }}
	}
	verify := func(key, what string, get func(config.PerIntent[bool]) bool) Definition {
		return Definition{Key: key, Kind: SwitchKind, Words: onOff, Grants: byOwners, Help: "Check " + what + " before it is shown.",
			fallback: func(p config.Policy, _ chat.Platform) string { return switchWord(get(p.Defaults.Verify)) }}
	}
	return []Definition{
		tier("tier.summarize", "a summary", func(t config.PerIntent[catalog.Tier]) catalog.Tier { return t.Summarize }),
		tier("tier.draft", "a draft", func(t config.PerIntent[catalog.Tier]) catalog.Tier { return t.Draft }),
		tier("tier.classify", "classifying", func(t config.PerIntent[catalog.Tier]) catalog.Tier { return t.Classify }),
		tier("tier.ask", "answering a question", func(t config.PerIntent[catalog.Tier]) catalog.Tier { return t.Ask }),
		{Key: "ceiling", Kind: TierKind, Words: tierWords(), Grants: inChannels, Help: "Highest tier that may be used.",
			fallback: func(p config.Policy, _ chat.Platform) string { return p.Defaults.Ceiling.String() }},
		{Key: "pin", Kind: PinKind, Words: append([]string{none}, tierWords()...), Grants: []Grant{{Channel, Owners}, {Thread, Members}},
			Help: "Always use this tier here, within the ceiling.", fallback: fixed(none)},
		verify("verify.summarize", "a summary", func(v config.PerIntent[bool]) bool { return v.Summarize }),
		verify("verify.draft", "a draft", func(v config.PerIntent[bool]) bool { return v.Draft }),
		verify("verify.classify", "a label", func(v config.PerIntent[bool]) bool { return v.Classify }),
		verify("verify.ask", "an answer", func(v config.PerIntent[bool]) bool { return v.Ask }),
		{Key: "fast", Kind: SwitchKind, Words: onOff, Grants: byOwners, Help: "Prefer quick models where there is a choice.",
			fallback: func(p config.Policy, _ chat.Platform) string { return switchWord(p.Defaults.Fast) }},
		{Key: "answer_cap", Kind: MoneyKind, Grants: inChannels, Help: "The most one answer may cost, in dollars.",
			fallback: func(p config.Policy, _ chat.Platform) string { return p.Limits.Answer.Decimal() }},
	}
}

// styleSettings decide how an answer reads and where it appears.
func styleSettings() []Definition {
	return []Definition{
		{Key: "language", Kind: LanguageKind, Grants: personal, Help: "Language of answers; auto follows the conversation.",
			fallback: func(p config.Policy, _ chat.Platform) string { return string(p.Defaults.Language) }},
		{Key: "tone", Kind: WordKind, Words: []string{"neutral", "friendly", "formal", "plain"}, Grants: everywhere, Help: "Tone of drafts and answers.",
			fallback: func(p config.Policy, _ chat.Platform) string { return p.Defaults.Tone }},
		{Key: "length", Kind: WordKind, Words: []string{"short", "normal", "long"}, Grants: personal, Help: "Length of answers.",
			fallback: func(p config.Policy, _ chat.Platform) string { return p.Defaults.Length }},
		{Key: "labels", Kind: LabelsKind, Grants: byOwners, Help: "What classify chooses from: name: description; name: description.",
			fallback: func(p config.Policy, _ chat.Platform) string { return labelText(p.Defaults.Labels) }},
		{Key: "footer", Kind: WordKind, Words: []string{"full", "cost", "tier", "off"}, narrow: true, Grants: []Grant{{Workspace, Admins}, {Channel, Owners}, {Person, Self}},
			Help:     "Grey line under an answer: tier, cost, full (cost and model) or off; a person can show less.",
			fallback: func(p config.Policy, _ chat.Platform) string { return p.Defaults.Footer }},
		{Key: "followups", Kind: SwitchKind, Words: onOff, narrow: true, Grants: personal, Help: "Answer follow-ups in a thread without a new mention; a person can turn it off.",
			fallback: func(p config.Policy, _ chat.Platform) string { return switchWord(p.Defaults.FollowUps) }},
		{Key: "visibility", Kind: WordKind, Words: []string{"thread", "private"}, narrow: true, Grants: []Grant{{Workspace, Admins}, {Channel, Owners}, {Person, Self}},
			Help:     "Who sees the answer to a mention: the thread, or the asker alone; a person can choose private.",
			fallback: func(p config.Policy, _ chat.Platform) string { return p.Defaults.Visibility }},
	}
}

// dataSettings decide what may see the data.
func dataSettings() []Definition {
	return []Definition{
		{Key: "class", Kind: ClassKind, Words: append([]string{"auto"}, classWords()...), Grants: []Grant{{Channel, Admins}},
			Help: "Data class of a channel; auto goes by its kind.", fallback: fixed("auto")},
		{Key: "private_class", Kind: ClassKind, Words: classWords(), Grants: inAll, Help: "Data class of private channels and direct messages.",
			fallback: func(p config.Policy, _ chat.Platform) string { return p.Defaults.PrivateClass.String() }},
		{Key: "regions", Kind: ListKind, Grants: inChannels, Help: "Only these regions may serve; none is any.",
			fallback: func(p config.Policy, _ chat.Platform) string { return listText(p.Defaults.Regions) }},
		{Key: "deny", Kind: ListKind, Grants: inChannels, Help: "Models and providers that may not be used.",
			fallback: func(p config.Policy, _ chat.Platform) string { return listText(p.Defaults.Deny) }},
		{Key: "redact", Kind: ListKind, Words: []string{"email", "phone", "card", "iban", "ip", "secret"}, Grants: inChannels, Help: "What is replaced before a text leaves.",
			fallback: func(p config.Policy, _ chat.Platform) string { return listText(p.Defaults.Redact) }},
	}
}

// accessSettings decide where and for whom the bot answers, and who is who.
// Lists of people take pseudonyms or platform ids; callers write pseudonyms.
func accessSettings() []Definition {
	platform := func(get func(config.PlatformAccess) bool) func(config.Policy, chat.Platform) string {
		return func(p config.Policy, pf chat.Platform) string { return switchWord(get(p.Access.Of(string(pf)))) }
	}
	list := func(key, help string, grants []Grant) Definition {
		return Definition{Key: key, Kind: ListKind, Grants: grants, Help: help, fallback: fixed(none)}
	}
	denied := func(d Definition, timed bool) Definition {
		d.adds, d.timed = true, timed
		return d
	}
	age := func(key, help string, get func(config.PlatformAccess) config.Age) Definition {
		return Definition{Key: key, Kind: AgeKind, Grants: inChannels, Help: help,
			fallback: func(p config.Policy, pf chat.Platform) string { return get(p.Access.Of(string(pf))).String() }}
	}
	return []Definition{
		{Key: "enabled", Kind: SwitchKind, Words: onOff, Grants: inChannels, Help: "Answer here.",
			fallback: platform(func(a config.PlatformAccess) bool { return a.Channels == "invited" })},
		{Key: "paused", Kind: SwitchKind, Words: onOff, Grants: pausing, Help: "Answer nothing here for now that needs a model.", fallback: fixed("off")},
		{Key: "guests", Kind: SwitchKind, Words: onOff, Grants: inChannels, Help: "Answer guests.",
			fallback: platform(func(a config.PlatformAccess) bool { return a.Guests })},
		{Key: "outsiders", Kind: SwitchKind, Words: onOff, Grants: []Grant{{Channel, Admins}}, Help: "Answer in this channel though other organisations are in it.",
			fallback: platform(func(a config.PlatformAccess) bool { return a.Outsiders })},
		list("allow.categories", "Answer in channels of these categories.", inAll),
		list("deny.categories", "Do not answer in channels of these categories.", inAll),
		list("allow.people", "Answer only these people (and groups, if set).", inChannels),
		denied(list("deny.people", "Do not answer these people; a channel adds to the workspace's list.", inChannels), true),
		list("allow.groups", "Answer only these usergroups or roles (and people, if set).", inChannels),
		denied(list("deny.groups", "Do not answer these usergroups or roles; a channel adds to the workspace's list.", inChannels), false),
		age("min_account_age", "Answer only people whose account is at least so old, such as 7d; 0 asks for nothing.", func(a config.PlatformAccess) config.Age { return a.MinAccountAge }),
		age("min_member_age", "Answer only people who joined at least so long ago, such as 1h; 0 asks for nothing.", func(a config.PlatformAccess) config.Age { return a.MinMemberAge }),
		{Key: "post_edited", Kind: SwitchKind, Words: onOff, Grants: inChannels, Help: "Post a draft in a public channel also after a person edited it.",
			fallback: platform(func(a config.PlatformAccess) bool { return a.PostEdited })},
		list("admins", "People and groups who are admins besides the platform's.", inAll),
		list("finance", "People and groups who see spend, exports and audits.", inAll),
		list("moderators", "People and groups who take answers back, pause channels and deny people; they see no spend by that.", inAll),
		list("owner", "People and groups who own this channel.", []Grant{{Channel, Admins}}),
	}
}

// reportSettings decide what is told to whom.
func reportSettings() []Definition {
	return []Definition{
		{Key: "zone", Kind: ZoneKind, Grants: inAll, Help: "Time zone of days, weeks and months; a change begins with the next window.",
			fallback: func(p config.Policy, _ chat.Platform) string { return string(p.Defaults.Zone) }},
		{Key: "spend.channels", Kind: SwitchKind, Words: onOff, Grants: inChannels, Help: "Members see their channel's spend.",
			fallback: func(p config.Policy, pf chat.Platform) string {
				return switchWord(p.Access.Of(string(pf)).ChannelTotals)
			}},
		{Key: "spend.people", Kind: SwitchKind, Words: onOff, Grants: inAll, Help: "Admins see other people's rows in spend.",
			fallback: func(p config.Policy, _ chat.Platform) string { return switchWord(p.Defaults.SpendPeople) }},
		{Key: "audit", Kind: WordKind, Words: []string{"monthly", "weekly", "off"}, Grants: inAll, Help: "How often the audit report is made.",
			fallback: func(p config.Policy, _ chat.Platform) string { return p.Defaults.Audit }},
		{Key: "reports.channel", Kind: ChannelKind, Grants: inAll, Help: "Channel for audits, warnings and announcements; none tells admins alone.",
			fallback: fixed(none)},
	}
}

func fixed(v string) func(config.Policy, chat.Platform) string {
	return func(config.Policy, chat.Platform) string { return v }
}

func switchWord(on bool) string {
	if on {
		return "on"
	}
	return "off"
}

func tierWords() []string {
	var out []string
	for _, t := range catalog.Tiers() {
		out = append(out, t.String())
	}
	return out
}

func classWords() []string {
	var out []string
	for _, c := range catalog.Classes() {
		out = append(out, c.String())
	}
	return out
}

// maxCap bounds answer_cap: more for one answer is a slip of unit.
const maxCap = 1000 * money.USD

// maxLabels and maxList bound what a person can type into one setting.
const (
	maxLabels = 30
	maxList   = 200
	maxItem   = 100 // characters
)
