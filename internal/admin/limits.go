package admin

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/config"
	"github.com/tierwise/tierwise/internal/fault"
	"github.com/tierwise/tierwise/internal/journal"
	"github.com/tierwise/tierwise/internal/money"
	"github.com/tierwise/tierwise/internal/redact"
	"github.com/tierwise/tierwise/internal/settings"
	"github.com/tierwise/tierwise/internal/step"
	"github.com/tierwise/tierwise/internal/turn"
	"github.com/tierwise/tierwise/usage"
)

const budgetUse = "Use /ai-config budget <workspace|channel|person|team|workflow|role> [name|each|here] <day|week|month> <amount|none> [refuse|lower_tier|economy_only|local_only|warn] [because …]."

// setLimit answers /ai-config budget …: an admin sets a workspace's, channel's,
// person's, team's or workflow's limit; an owner that of what they own.
func (a *Admin) setLimit(ctx context.Context, t turn.Task, r ConfigRequest) (said, error) {
	if len(r.Args) == 0 {
		return a.budgets(ctx, t)
	}
	l, remove, err := a.parseLimit(ctx, t, r.Args)
	if err != nil {
		return said{}, err
	}
	if !t.Caller.Roles.Admin && !t.Caller.Roles.Owner(string(l.Scope)+":"+l.ID) {
		return said{}, fault.New(fault.NotAllowed, "Only an admin, or the owner of what it is for, can set a limit.")
	}
	old, err := a.limit(ctx, t.Event.Place.Tenant(), l.Key())
	if err != nil {
		return said{}, err
	}
	if !remove {
		if err := a.underCap(ctx, t.Event.Place.Tenant(), l); err != nil {
			return said{}, err
		}
	}
	e := journal.Entry{At: a.Clock.Now(), Who: t.Caller.ID, Role: t.Caller.Roles.String(), Subject: journal.Limit, Level: string(l.Scope), Place: l.ID, Key: l.Key(), From: amountText(old), To: amountText(&l), Why: r.Why}
	put, del := []usage.Limit{l}, []string(nil)
	if remove {
		put, del, e.To = nil, []string{l.Key()}, ""
	}
	if err := a.applyLimits(ctx, t.Event.Place.Tenant(), put, del, e); err != nil {
		return said{}, err
	}
	change := func(whose string) string {
		return fmt.Sprintf("the limit for %s per %s", whose, l.Window) + wasIs(e.From, e.To)
	}
	s := said{money: true, post: chat.Post{Text: title(change(a.limitOf(ctx, t, l)))}}
	a.announce(ctx, t, &s, usage.Scope{Kind: l.Scope, ID: l.ID}, func(h hearers) string {
		if h.public {
			return fmt.Sprintf("changed the limit for %s per %s.", a.limitForAll(ctx, t, l), l.Window) + reason(r.Why)
		}
		return "changed a limit: " + change(a.limitForAll(ctx, t, l)) + reason(r.Why)
	})
	return s, nil
}

// applyLimits sets limits and journals the change. The journal comes first: a
// change without an entry must not exist, an entry whose change failed is
// followed by another try's.
func (a *Admin) applyLimits(ctx context.Context, tenant string, put []usage.Limit, del []string, e journal.Entry) error {
	w, err := journal.Write(e)
	if err != nil {
		return err
	}
	if err := a.Records.Write(ctx, tenant, w); err != nil {
		return fmt.Errorf("admin: journal: %w", err)
	}
	if err := a.Books.SetLimits(ctx, tenant, put, del); err != nil {
		return fmt.Errorf("admin: limits: %w", err)
	}
	return nil
}

// limitForAll names whose limit it is where others read it.
func (a *Admin) limitForAll(ctx context.Context, t turn.Task, l usage.Limit) string {
	switch {
	case l.Scope == usage.Channel && l.ID != usage.AnyID:
		return a.publicName(ctx, t.Event.Place, l.ID, t.Event.Actor.ID)
	case l.Scope == usage.User && l.ID != usage.AnyID && !strings.HasPrefix(l.ID, "role:"):
		return "one person"
	}
	return a.limitOf(ctx, t, l)
}

func amountText(l *usage.Limit) string {
	if l == nil {
		return ""
	}
	return l.Amount.String() + " (then " + strings.ReplaceAll(string(l.Then), "_", " ") + ")"
}

// wasIs says what a limit was and is; "" is none.
func wasIs(from, to string) string {
	switch {
	case from == "":
		return " is " + to + "."
	case to == "":
		return " was " + from + "; there is none now."
	}
	return " was " + from + "; it is " + to + "."
}

func (a *Admin) limit(ctx context.Context, tenant, key string) (*usage.Limit, error) {
	list, err := a.Books.Limits(ctx, tenant)
	if err != nil {
		return nil, fmt.Errorf("admin: limits: %w", err)
	}
	for i := range list {
		if list[i].Key() == key {
			return &list[i], nil
		}
	}
	return nil, nil
}

// parseLimit reads "person each day 0.50 refuse".
func (a *Admin) parseLimit(ctx context.Context, t turn.Task, args []string) (l usage.Limit, remove bool, err error) {
	bad := func(what string) error { return fault.New(fault.BadInput, what+" "+budgetUse) }
	l = usage.Limit{Then: usage.AtLimit(a.Policy.Limits.AtLimit)}
	scope, args := strings.ToLower(args[0]), args[1:]
	switch scope {
	case "workspace", "channel", "team", "workflow":
		l.Scope = usage.ScopeKind(scope)
	case "person", "user", "role":
		l.Scope = usage.User
	default:
		return l, false, bad("I don't know the scope " + clip(scope, 20) + ".")
	}
	if l.ID, args, err = a.limitID(ctx, t, scope, args); err != nil {
		return l, false, err
	}
	if len(args) < 2 {
		return l, false, bad("Window and amount are missing.")
	}
	switch w := strings.ToLower(args[0]); usage.WindowKind(w) {
	case usage.Day, usage.Week, usage.Month:
		l.Window = usage.WindowKind(w)
	default:
		return l, false, bad("The window is day, week or month.")
	}
	if strings.EqualFold(args[1], "none") {
		return l, true, nil
	}
	if l.Amount, err = money.Parse(args[1]); err != nil || l.Amount <= 0 {
		return l, false, bad("The amount is in dollars and more than 0, such as 2.50.")
	}
	if len(args) > 2 {
		switch then := usage.AtLimit(strings.ToLower(args[2])); then {
		case usage.Refuse, usage.LowerTier, usage.EconomyOnly, usage.LocalOnly, usage.Warn:
			l.Then = then
		default:
			return l, false, bad("I don't know what " + clip(args[2], 20) + " at the limit means.")
		}
	}
	return l, false, nil
}

// limitID reads whom a limit is for: "each", "here", a name, or nothing.
func (a *Admin) limitID(ctx context.Context, t turn.Task, scope string, args []string) (string, []string, error) {
	if scope == "workspace" {
		return usage.WholeWorkspace().ID, args, nil
	}
	next := ""
	if len(args) > 0 {
		next = strings.ToLower(args[0])
	}
	switch {
	case next == "each" || next == "every" || next == "*":
		return usage.AnyID, args[1:], nil
	case next == "here" && scope == "channel":
		return t.Event.Place.Channel, args[1:], nil
	case next == "" || usage.WindowKind(next) == usage.Day || usage.WindowKind(next) == usage.Week || usage.WindowKind(next) == usage.Month:
		if scope == "channel" {
			return t.Event.Place.Channel, args, nil
		}
		return usage.AnyID, args, nil
	}
	id, err := a.limitOwner(ctx, t, scope, args[0])
	return id, args[1:], err
}

// limitOwner finds what a name stands for in a scope.
func (a *Admin) limitOwner(ctx context.Context, t turn.Task, scope, name string) (string, error) {
	p := t.Event.Place
	dir := a.Openers(p.Platform).Directory()
	switch scope {
	case "role":
		return "role:" + mentioned(name), nil
	case "team", "workflow":
		return a.cardMeant(ctx, t, scope, name)
	case "channel":
		at, err := dir.Resolve(ctx, p.Workspace, name)
		if errors.Is(err, chat.ErrNotFound) {
			return "", fault.Newf(fault.NotFound, "I don't know a channel %s.", redact.Name(name))
		}
		return at.Channel, err
	}
	id := mentioned(name)
	person, err := dir.Actor(ctx, p.Workspace, id)
	if errors.Is(err, chat.ErrNotFound) {
		return "", fault.Newf(fault.NotFound, "I don't know a person %s. Give the platform's id of a person.", redact.Name(name))
	}
	if err != nil {
		return "", fmt.Errorf("admin: person: %w", err)
	}
	return a.People.See(ctx, p.Tenant(), person)
}

// cardMeant finds a team or workflow; a limit for one that is not there would
// never hold for anything.
func (a *Admin) cardMeant(ctx context.Context, t turn.Task, scope, name string) (string, error) {
	known := t.Settings.Workflows()
	for _, i := range step.Intents() { // what is booked without a card
		known = append(known, string(i))
	}
	if scope == "team" {
		teams, err := a.Settings.Teams(ctx, t.Event.Place.Tenant())
		if err != nil {
			return "", fmt.Errorf("admin: teams: %w", err)
		}
		known = []string{settings.Unassigned}
		for _, team := range teams {
			known = append(known, team.ID)
		}
	}
	for _, k := range known {
		if strings.EqualFold(k, name) {
			return k, nil
		}
	}
	say := fmt.Sprintf("I don't know a %s %s.", scope, redact.Name(name))
	if near := config.Nearest(name, known); near != "" {
		say += " Did you mean " + near + "?"
	}
	return "", fault.New(fault.NotFound, say)
}

// underCap keeps the sum of all workspaces' limits, with what is added to them
// just now, under the operator's cap.
func (a *Admin) underCap(ctx context.Context, tenant string, l usage.Limit) error {
	limit := map[usage.WindowKind]*money.Nano{usage.Day: a.Policy.Operator.Cap.Day, usage.Week: a.Policy.Operator.Cap.Week, usage.Month: a.Policy.Operator.Cap.Month}[l.Window]
	if l.Scope != usage.Workspace || limit == nil {
		return nil
	}
	tenants, err := a.Books.Tenants(ctx)
	if err != nil {
		return fmt.Errorf("admin: cap: %w", err)
	}
	now := a.Clock.Now()
	var sum money.Nano
	if !slices.Contains(tenants, tenant) {
		tenants = append(tenants, tenant)
	}
	for _, one := range tenants {
		all, err := a.Books.Limits(ctx, one)
		if err != nil {
			return fmt.Errorf("admin: cap: %w", err)
		}
		if one == tenant {
			all = append(all, l) // of two with one key the later counts
		}
		if sum, err = sum.Add(inForce(all, usage.WholeWorkspace(), l.Window, now)); err != nil {
			sum = money.Max
		}
	}
	if sum > *limit {
		return fault.Newf(fault.NotAllowed, "The limits of all workspaces together may be at most %s per %s, which is the operator's cap; this would make %s.", *limit, l.Window, sum)
	}
	return nil
}

func (a *Admin) journalled(ctx context.Context, tenant string) ([]journal.Entry, error) {
	return journal.New(a.Records, a.Clock).List(ctx, tenant, time.Time{}, 20)
}
