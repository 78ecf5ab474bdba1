package slacktest

import (
	"strings"
	"time"
)

// Behaviour is what a workspace or Slack itself is like today.
type Behaviour struct {
	// NonMarketplace makes conversations.history and replies answer at most 15
	// messages, whatever the limit, and take one call a minute.
	NonMarketplace bool
	// PageCap lets every page of messages hold at most that many, as Slack may
	// at any time; 0 is no cap.
	PageCap int
	// Tiers enforces the documented calls per minute of every method, and one
	// message a second and channel with bursts of ten.
	Tiers bool
	// Pair delivers a mention twice, as app_mention and as message, with
	// different event ids, as Slack does when the app subscribes to both.
	Pair bool
	// MessageFirst turns the order of a Pair round.
	MessageFirst bool
	// Copies delivers every event that many times in all, each with an id of
	// its own and without retry headers; 0 and 1 mean once.
	Copies int
	// Echo delivers what the app itself posts as a message event, later.
	Echo bool
	// Retry redelivers at once what was not acknowledged, as Slack's first retry
	// does. Without it, Retries redelivers what is due.
	Retry bool
	// NotAgent refuses the agent methods, as for an app without agent_view.
	NotAgent bool
	// NoStreaming answers unknown_method to the streaming methods.
	NoStreaming bool
	// OrgWide is an app that an organisation installed for all its workspaces
	// at once: the consent gives a token of no workspace, and deliveries say so.
	OrgWide bool
}

// Behave replaces what Slack is like from now on; the zero Behaviour is the
// usual one.
func (f *Fake) Behave(b Behaviour) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.behaviour = b
}

// perMinute are the least calls a minute each tier allows.
var perMinute = map[string]int{"Tier1": 1, "Tier2": 20, "Tier3": 50, "Tier4": 100}

// overTier refuses a call above the rate its method allows.
func (c *call) overTier() *Error {
	allowed := 0
	if c.behaviour.Tiers && c.spec != nil {
		allowed = perMinute[c.spec.tiers[c.method]]
	}
	if c.behaviour.NonMarketplace && (c.method == "conversations.history" || c.method == "conversations.replies") {
		allowed = 1
	}
	team := ""
	if c.token != nil {
		team = c.token.team
	}
	if allowed > 0 && c.recent(time.Minute, func(r Request) bool { return r.Method == c.method && r.Team == team }) >= allowed {
		return refuse("ratelimited", retryAfter+"30")
	}
	if c.behaviour.Tiers && c.method == "chat.postMessage" {
		here := func(r Request) bool {
			return r.Method == c.method && r.Team == team && r.Args["channel"] == c.str("channel")
		}
		if c.recent(10*time.Second, here) >= 10 {
			return refuse("ratelimited", retryAfter+"1")
		}
	}
	return nil
}

// retryAfter marks the message that carries the seconds of a 429 from a method
// to the reply.
const retryAfter = "retry-after:"

// waitOf is the time a refusal asks to wait; 0 when it is no 429.
func waitOf(refused *Error) time.Duration {
	if refused == nil || refused.Code != "ratelimited" || len(refused.Messages) == 0 {
		return 0
	}
	d, err := time.ParseDuration(strings.TrimPrefix(refused.Messages[0], retryAfter) + "s")
	if err != nil {
		return 0
	}
	return d
}

// recent counts the accepted calls of a kind within a time.
func (c *call) recent(within time.Duration, is func(Request) bool) int {
	n := 0
	for i := len(c.log) - 1; i >= 0 && c.now().Sub(c.log[i].At) < within; i-- {
		if is(c.log[i]) && c.log[i].Error != "ratelimited" {
			n++
		}
	}
	return n
}
