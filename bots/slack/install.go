package slack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/maphash"
	"net/url"
	"sync"
	"time"

	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/config"
	"github.com/tierwise/tierwise/internal/fault"
	"github.com/tierwise/tierwise/internal/record"
)

// Store keeps installations; every store of the house is one.
type Store interface {
	Get(ctx context.Context, tenant string, kind record.Kind, id string) (record.Record, error)
	Write(ctx context.Context, tenant string, writes ...record.Write) error
}

// Sealer seals tokens per workspace; *seal.Sealer is one.
type Sealer interface {
	Seal(tenant, purpose string, plain []byte) []byte
	Open(tenant, purpose string, blob []byte) ([]byte, error)
}

// Leases let one replica at a time do something.
type Leases interface {
	Lease(ctx context.Context, name, holder string, ttl time.Duration) (bool, error)
}

// grant is what we hold for a workspace. It is kept in memory only; installed
// is its stored form.
type grant struct {
	Token config.Secret
	Me    chat.Identity
	BotID string
	URL   string // "https://acme.slack.com/"
	Team  string
	has   string    // scopes, comma-separated; "" when not said
	ends  time.Time // of a rotating token; zero: never
}

// installed is the sealed body of a record of kind Install.
type installed struct {
	Token   string    `json:"token"`
	Refresh string    `json:"refresh,omitempty"`
	Ends    time.Time `json:"ends,omitzero"`
	Team    string    `json:"team"`
	Org     string    `json:"org,omitempty"` // the enterprise of an org-wide installation
	Bot     string    `json:"bot"`           // user id
	App     string    `json:"app,omitempty"`
	By      string    `json:"by,omitempty"`
	Scopes  string    `json:"scopes,omitempty"`
	At      time.Time `json:"at"`
}

const (
	installID      = "slack"
	installPurpose = "slack/install"
	// renewBefore is how long before its end a token is renewed.
	renewBefore = 10 * time.Minute
	renewLease  = 30 * time.Second
)

// installs finds, renews and removes the tokens of workspaces.
type installs struct {
	cfg    Config
	api    *api
	tokens *cache[grant]  // short: another replica may have renewed or removed
	known  *cache[grant]  // long: whose a token is does not change
	asking [16]sync.Mutex // one look-up of a workspace at a time is enough
}

// gateSeed spreads workspaces over the locks.
var gateSeed = maphash.MakeSeed()

// errNotInstalled is what a workspace without an installation gets.
func errNotInstalled(err error) error {
	return fault.Wrap(errors.Join(chat.ErrGone, err), fault.Misconfigured, "The app is not installed in this workspace.")
}

// grant is the token of a workspace and who we are there.
func (i *installs) grant(ctx context.Context, team string) (grant, error) {
	if g, ok := i.tokens.get(team); ok && !i.due(g.ends) {
		return g, nil
	}
	gate := &i.asking[maphash.String(gateSeed, team)%uint64(len(i.asking))]
	gate.Lock()
	defer gate.Unlock()
	if g, ok := i.tokens.get(team); ok && !i.due(g.ends) {
		return g, nil
	}
	token, ends, err := i.token(ctx, team)
	if err != nil {
		return grant{}, err
	}
	g, ok := i.known.get(team)
	if !ok || !g.Token.Equal(token.Reveal()) {
		if g, err = i.identify(ctx, team, token); err != nil {
			return grant{}, err
		}
		i.known.put(team, g)
	}
	if g.Team != team {
		return grant{}, errNotInstalled(fmt.Errorf("slack: the token belongs to another workspace than %s", team))
	}
	g.ends = ends
	i.tokens.put(team, g)
	return g, nil
}

func (i *installs) due(ends time.Time) bool {
	return !ends.IsZero() && !i.cfg.Clock.Now().Before(ends.Add(-renewBefore))
}

// token is the configured one or the installed one.
func (i *installs) token(ctx context.Context, team string) (config.Secret, time.Time, error) {
	if i.cfg.Store != nil {
		in, version, err := i.load(ctx, team)
		switch {
		case err == nil && i.due(in.Ends):
			return i.renew(ctx, team, in, version)
		case err == nil:
			return config.NewSecret(in.Token), in.Ends, nil
		case !errors.Is(err, record.ErrNotFound):
			return config.Secret{}, time.Time{}, err
		}
	}
	if i.cfg.BotToken.IsSet() {
		return i.cfg.BotToken, time.Time{}, nil
	}
	return config.Secret{}, time.Time{}, errNotInstalled(record.ErrNotFound)
}

// identify asks whose token it is.
func (i *installs) identify(ctx context.Context, team string, token config.Secret) (grant, error) {
	var who struct {
		URL    string `json:"url"`
		TeamID string `json:"team_id"`
		UserID string `json:"user_id"`
		User   string `json:"user"`
		BotID  string `json:"bot_id"`
		AppID  string `json:"app_id"`
	}
	has := ""
	_, err := i.api.do(ctx, call{method: authTest, team: team, token: token.Reveal(), args: url.Values{}, patience: time.Second, scopes: &has}, &who)
	if err != nil {
		return grant{}, err
	}
	return grant{Token: token, BotID: who.BotID, URL: who.URL, Team: who.TeamID, has: has,
		Me: chat.Identity{User: who.UserID, App: who.AppID, Name: who.User}}, nil
}

func tenant(team string) string {
	return chat.Place{Platform: chat.Slack, Workspace: team}.Tenant()
}

func (i *installs) load(ctx context.Context, team string) (installed, int64, error) {
	r, err := i.cfg.Store.Get(ctx, tenant(team), record.Install, installID)
	if err != nil {
		return installed{}, 0, fmt.Errorf("slack: read installation: %w", err)
	}
	plain, err := i.cfg.Sealer.Open(tenant(team), installPurpose, r.Body)
	if err != nil {
		return installed{}, 0, fmt.Errorf("slack: read installation: %w", err)
	}
	var in installed
	if err := json.Unmarshal(plain, &in); err != nil {
		return installed{}, 0, errors.New("slack: read installation: not a record of ours")
	}
	return in, r.Version, nil
}

// save writes an installation over the version that was read, or anew.
func (i *installs) save(ctx context.Context, in installed, expect int64) error {
	plain, err := json.Marshal(in)
	if err != nil {
		return fmt.Errorf("slack: write installation: %w", err)
	}
	t := tenant(in.Team)
	w := record.Put(record.Install, installID, i.cfg.Sealer.Seal(t, installPurpose, plain), 0)
	w.Expect = expect
	if err := i.cfg.Store.Write(ctx, t, w); err != nil {
		return fmt.Errorf("slack: write installation: %w", err)
	}
	i.tokens.drop(in.Team)
	return nil
}

// remove forgets a workspace's tokens. Uninstalling and revoking are told to
// the house as an event of their own, which removes the rest.
func (i *installs) remove(ctx context.Context, team string) error {
	i.tokens.drop(team)
	i.known.drop(team)
	if i.cfg.Store == nil {
		return nil
	}
	if err := i.cfg.Store.Write(ctx, tenant(team), record.Remove(record.Install, installID)); err != nil {
		return fmt.Errorf("slack: remove installation: %w", err)
	}
	return nil
}

// renew exchanges a token that is about to end. One replica does it under a
// lease; the others go on with the old token while it lasts.
func (i *installs) renew(ctx context.Context, team string, in installed, version int64) (config.Secret, time.Time, error) {
	old := config.NewSecret(in.Token)
	lease := "slack/renew/" + team
	mine, err := i.cfg.Leases.Lease(ctx, lease, i.cfg.Replica, renewLease)
	if err != nil || !mine {
		if i.cfg.Clock.Now().Before(in.Ends) {
			return old, in.Ends.Add(renewBefore), nil // look again when it has really ended
		}
		return old, in.Ends, fault.Wrap(err, fault.Unavailable, "The access to this workspace is being renewed; please try again in a moment.")
	}
	defer func() { _, _ = i.cfg.Leases.Lease(context.WithoutCancel(ctx), lease, i.cfg.Replica, 0) }()
	// Somebody may have renewed it between our reading and our lease.
	if now, v, err := i.load(ctx, team); err == nil && v != version {
		return config.NewSecret(now.Token), now.Ends, nil
	}
	next, err := i.exchange(ctx, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {in.Refresh}})
	if err != nil {
		return old, in.Ends, err
	}
	in.Token, in.Refresh, in.Ends = next.Token, next.Refresh, next.Ends
	if err := i.save(context.WithoutCancel(ctx), in, version); err != nil {
		return old, in.Ends, err
	}
	return config.NewSecret(in.Token), in.Ends, nil
}

// exchange turns a code or a refresh token into an installation.
func (i *installs) exchange(ctx context.Context, args url.Values) (installed, error) {
	args.Set("client_id", i.cfg.ClientID)
	args.Set("client_secret", i.cfg.ClientSecret.Reveal())
	var got struct {
		Token   string `json:"access_token"`
		Refresh string `json:"refresh_token"`
		Expires int64  `json:"expires_in"`
		Scope   string `json:"scope"`
		Bot     string `json:"bot_user_id"`
		App     string `json:"app_id"`
		Team    struct {
			ID string `json:"id"`
		} `json:"team"`
		Enterprise struct {
			ID string `json:"id"`
		} `json:"enterprise"`
		Org  bool `json:"is_enterprise_install"`
		User struct {
			ID string `json:"id"`
		} `json:"authed_user"`
	}
	if _, err := i.api.do(ctx, call{method: oauthAccess, args: args, patience: time.Second}, &got); err != nil {
		return installed{}, err
	}
	now := i.cfg.Clock.Now()
	in := installed{Token: got.Token, Refresh: got.Refresh, Team: got.Team.ID, Bot: got.Bot, App: got.App, By: got.User.ID, Scopes: got.Scope, At: now}
	if got.Expires > 0 {
		in.Ends = now.Add(time.Duration(got.Expires) * time.Second)
	}
	if got.Org {
		in.Org = got.Enterprise.ID
	}
	return in, nil
}
