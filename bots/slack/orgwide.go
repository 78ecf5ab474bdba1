package slack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/fault"
)

// errOrgWide declines an installation for a whole organisation of Enterprise
// Grid: teams, budgets and settings belong to one workspace, and its admins
// decide about it.
var errOrgWide = fault.New(fault.Unsupported, "Installing for a whole organisation is not offered: budgets and settings belong to one workspace. Please install it for each workspace that wants it, at /slack/install.")

// orgWide reports whether a delivery comes only because an organisation has
// installed the app for a workspace that did not. Nothing of it is kept. Where
// the workspace has an installation of its own, that one holds. An error means
// that it cannot be told now.
func (a *Adapter) orgWide(ctx context.Context, team string, org bool) (bool, error) {
	if !org {
		return false, nil
	}
	_, err := a.installs.grant(ctx, team)
	switch {
	case errors.Is(err, chat.ErrGone):
		a.count("slack.org_wide")
		a.log.Warn("a delivery of an organisation-wide installation was forgotten; each workspace installs the app for itself", "team", team)
		return true, nil
	case err != nil:
		return false, fmt.Errorf("%w: %w", errNotDurable, err)
	}
	return false, nil
}

// truth is a boolean that forms and some payloads write as a word.
type truth bool

// UnmarshalJSON takes either; anything else is false.
func (t *truth) UnmarshalJSON(raw []byte) error {
	var word string
	if json.Unmarshal(raw, &word) != nil {
		word = string(raw)
	}
	*t = word == "true"
	return nil
}
