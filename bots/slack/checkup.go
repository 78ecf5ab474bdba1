package slack

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/tierwise/tierwise/internal/config"
	"github.com/tierwise/tierwise/internal/record"
)

// Checkup is what a look at an installation found.
type Checkup struct {
	Team string // workspace id
	URL  string // of the workspace
	Bot  string // our user id there
	// Channels are the names of the channels we are in, of the first thousand
	// of the workspace; nil when Slack did not say.
	Channels []string
	// Socket is why the app token for Socket Mode is refused, nil when it is
	// not or there is none.
	Socket error
	// Ends is when an installation's token ends; zero when it does not. Ended says
	// that Slack refused it for that: the server renews it when it is next used.
	Ends  time.Time
	Ended bool
	// Missing are features that do not work, with the scopes they lack.
	Missing []Missing
}

// Missing is a feature that lacks scopes.
type Missing struct {
	Feature string
	Scopes  []string
	Minimal bool // without it there is no answer at all
}

// Checkup asks Slack whose the token of a workspace is and what it may do. For
// "" it looks at the configured bot token; for a workspace it looks at what was
// installed there, and renews nothing. An error says why Slack refused, in
// words for an operator.
func (a *Adapter) Checkup(ctx context.Context, team string) (Checkup, error) {
	g, err := a.checked(ctx, team)
	if err != nil {
		return Checkup{Team: team, Ends: g.ends, Ended: !g.ends.IsZero() && code(err) == "token_expired"}, fmt.Errorf("slack: checkup: %w", err)
	}
	out := Checkup{Team: g.Team, URL: g.URL, Bot: g.Me.User, Ends: g.ends, Channels: a.memberships(ctx, g)}
	if a.cfg.AppToken.IsSet() {
		_, out.Socket = a.api.do(ctx, call{method: connectionsOpen, token: a.cfg.AppToken.Reveal(), args: url.Values{}, patience: time.Second}, nil)
	}
	if g.has == "" {
		return out, nil
	}
	granted := strings.Split(strings.ReplaceAll(g.has, " ", ""), ",")
	for _, f := range Features() {
		m := Missing{Feature: f.Name, Minimal: f.Minimal}
		for _, s := range f.Scopes {
			if !slices.Contains(granted, s) {
				m.Scopes = append(m.Scopes, s)
			}
		}
		if len(m.Scopes) > 0 {
			out.Missing = append(out.Missing, m)
		}
	}
	return out, nil
}

func (a *Adapter) checked(ctx context.Context, team string) (grant, error) {
	if team == "" {
		return a.installs.identify(ctx, "", a.cfg.BotToken)
	}
	if a.cfg.Store == nil {
		return grant{}, errNotInstalled(record.ErrNotFound)
	}
	in, _, err := a.installs.load(ctx, team)
	if err != nil {
		return grant{}, err
	}
	g, err := a.installs.identify(ctx, team, config.NewSecret(in.Token))
	g.ends = in.Ends
	return g, err
}

// memberships are the names of the channels we were invited to.
func (a *Adapter) memberships(ctx context.Context, g grant) []string {
	args := url.Values{"types": {"public_channel,private_channel"}, "exclude_archived": {"true"}, "limit": {"1000"}}
	var page struct {
		Channels []conversation `json:"channels"`
	}
	if _, err := a.api.do(ctx, call{method: convList, team: g.Team, token: g.Token.Reveal(), args: args, patience: time.Second}, &page); err != nil {
		return nil
	}
	in := []string{}
	for _, c := range page.Channels {
		if c.Member {
			in = append(in, c.Name)
		}
	}
	return in
}
