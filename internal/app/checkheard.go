package app

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/tierwise/tierwise/bots/slack"
	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/clock"
	"github.com/tierwise/tierwise/internal/config"
	"github.com/tierwise/tierwise/internal/record"
)

// heardOf are the marks of a workspace: of deliveries by their kind, and of its
// connections together, those written within the last minutes counted as up.
type heardOf struct {
	event, press time.Time
	link         mark
}

// markLister reads marks; every Store is one.
type markLister interface {
	List(ctx context.Context, tenant string, kind record.Kind, prefix string) ([]record.Record, error)
}

// lastHeardOf reads the marks of a workspace as they hold at an instant.
func lastHeardOf(ctx context.Context, store markLister, tenant string, now time.Time) (heardOf, error) {
	all, err := store.List(ctx, tenant, record.Heard, "")
	if err != nil {
		return heardOf{}, err
	}
	var out heardOf
	for _, r := range all {
		var m mark
		if json.Unmarshal(r.Body, &m) != nil {
			continue
		}
		switch at := time.Unix(m.At, 0); {
		case r.ID == slack.HeardEvent:
			out.event = at
		case r.ID == slack.HeardPress:
			out.press = at
		case strings.HasPrefix(r.ID, linkPrefix):
			out.link.At, out.link.Since = max(out.link.At, m.At), max(out.link.Since, m.Since)
			if now.Sub(at) <= 3*heardEvery { // a replica that was killed writes no end
				out.link.Up += m.Up
			}
		}
	}
	return out, nil
}

// quietFor is how long nothing may come before it is worth a word: over a
// weekend a small workspace says nothing.
const quietFor = 3 * 24 * time.Hour

// heardFound says what came from a workspace, as the serving process noted it.
func heardFound(ctx context.Context, store markLister, team string, socket bool, now time.Time) []Finding {
	h, err := lastHeardOf(ctx, store, chat.Place{Platform: chat.Slack, Workspace: team}.Tenant(), now)
	if err != nil {
		return []Finding{{true, "what was heard of Slack cannot be read: " + err.Error(), "Look at the store."}}
	}
	out := []Finding{eventFound(h, socket, now)}
	if socket {
		out = append(out, linkFound(h.link, now))
	}
	return out
}

// eventFound is the last event, and what to do where there is none.
func eventFound(h heardOf, socket bool, now time.Time) Finding {
	events := strings.Join(slack.Events(slack.Options{Minimal: true}), ", ")
	look := "Event Subscriptions must be on, with its Request URL verified, and have " + events + "."
	if socket {
		look = "Event Subscriptions must be on and have " + events + "."
	}
	switch {
	case !h.event.IsZero() && now.Sub(h.event) > quietFor:
		return Finding{true, "last event " + ago(now.Sub(h.event)), "When a mention stays without an answer: is `tierwise serve` running? " + look}
	case !h.event.IsZero():
		return Finding{true, "last event " + ago(now.Sub(h.event)), ""}
	case !h.press.IsZero():
		return Finding{true, "no event was ever received, though a command or button was, " + ago(now.Sub(h.press)), look}
	}
	return Finding{true, "no event was ever received", "Is `tierwise serve` running, and was the bot mentioned? If so: " + look}
}

// linkFound is what became of Socket Mode's connections.
func linkFound(l mark, now time.Time) Finding {
	switch {
	case l.Up > 0:
		return Finding{true, fmt.Sprintf("Socket Mode: %d connection%s, the newest opened %s", l.Up, map[bool]string{false: "s"}[l.Up == 1], ago(now.Sub(time.Unix(l.Since, 0)))), ""}
	case l.At > 0:
		return Finding{true, "Socket Mode: no connection now, the last one was seen " + ago(now.Sub(time.Unix(l.At, 0))), "Is `tierwise serve` running, and does this machine reach https://slack.com?"}
	}
	return Finding{true, "Socket Mode: no connection within the last day", "Start `tierwise serve` with SLACK_APP_TOKEN; it connects at once and says so here a minute later."}
}

// ago is an age in words.
func ago(d time.Duration) string {
	d = max(d, 0)
	for _, u := range []struct {
		is   time.Duration
		name string
	}{{24 * time.Hour, "day"}, {time.Hour, "hour"}, {time.Minute, "minute"}} {
		switch n := int(d / u.is); {
		case n == 1:
			return "1 " + u.name + " ago"
		case n > 1:
			return fmt.Sprintf("%d %ss ago", n, u.name)
		}
	}
	return fmt.Sprintf("%d s ago", int(d/time.Second))
}

// checkHeard opens the store beside a running server for heardFound. Where
// there is no store yet, nothing was ever served.
func checkHeard(ctx context.Context, cfg config.Config, team string, log *slog.Logger) []Finding {
	now := clock.System{}
	if !HasLedger(cfg, false) {
		return []Finding{{true, "nothing was ever received: tierwise has not served here yet", "Start `tierwise serve`."}}
	}
	store, err := OpenStore(ctx, cfg, Where{ReadOnly: true, Clock: now}, log)
	if err != nil {
		return []Finding{{true, "what was heard of Slack cannot be read: " + err.Error(), "Look at the store."}}
	}
	defer func() { _ = store.Close() }()
	return heardFound(ctx, store, team, cfg.SlackAppToken.IsSet(), now.Now())
}
