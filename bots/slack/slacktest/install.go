package slacktest

import (
	"slices"
	"time"
)

// token is a credential the fake gave out.
type token struct {
	value, team, user string
	scopes            []string // nil: all
	refresh           string   // of a rotating token
	expires           time.Time
	app               bool
}

// has says whether the token holds a scope.
func (t *token) has(scope string) bool { return t.scopes == nil || slices.Contains(t.scopes, scope) }

// Install installs the app in a workspace, as an admin would outside of OAuth:
// the bot user is there and a token that does not expire. Without scopes the
// token holds all.
func (f *Fake) Install(team string, scopes ...string) (tokenValue string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.addBot(team)
	t := &token{value: "xoxb-" + team + "-" + f.state.next("tok"), team: team, scopes: scopes}
	if len(scopes) == 0 {
		t.scopes = nil
	}
	f.state.tokens[t.value] = t
	delete(f.state.uninstalled, team)
	return t.value
}

// addBot makes sure the bot user is in the team. f.mu is held.
func (f *Fake) addBot(team string) *User {
	if u := f.state.bot(team); u != nil {
		return u
	}
	u := &User{ID: "UBOT" + team, Team: team, Name: "tierwise", RealName: "Tierwise", Bot: true,
		BotID: "BBOT" + team, App: AppID, TZ: "Europe/Vienna", Locale: "en-US"}
	f.state.users = append(f.state.users, u)
	return u
}

// Token is a valid bot token of a workspace, or "" when there is none.
func (f *Fake) Token(team string) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, t := range f.state.tokens {
		if t.team == team && !t.app && (t.expires.IsZero() || f.now().Before(t.expires)) {
			return t.value
		}
	}
	return ""
}

// Bot is the app's bot user in a workspace; the zero User when not installed.
func (f *Fake) Bot(team string) User {
	f.mu.Lock()
	defer f.mu.Unlock()
	if u := f.state.bot(team); u != nil {
		return *u
	}
	return User{}
}

// Grant replaces the scopes of all tokens of a workspace, as a reinstall with
// other scopes does.
func (f *Fake) Grant(team string, scopes ...string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, t := range f.state.tokens {
		if t.team == team {
			t.scopes = slices.Clone(scopes)
		}
	}
}

// Uninstall removes the app from a workspace: its tokens are void at once, and
// tokens_revoked and app_uninstalled are delivered.
func (f *Fake) Uninstall(team string) []Delivery {
	f.mu.Lock()
	bot := f.state.bot(team)
	f.state.uninstalled[team] = true
	for v, t := range f.state.tokens {
		if t.team == team {
			delete(f.state.tokens, v)
		}
	}
	f.mu.Unlock()
	if bot == nil {
		return nil
	}
	return []Delivery{
		f.event(team, "", object{"type": "tokens_revoked", "tokens": object{"oauth": []string{}, "bot": []string{bot.ID}}}),
		f.event(team, "", object{"type": "app_uninstalled"}),
	}
}

// Revoke voids all tokens of a workspace but leaves the app there, and delivers
// tokens_revoked for its bot.
func (f *Fake) Revoke(team string) Delivery {
	f.mu.Lock()
	for v, t := range f.state.tokens {
		if t.team == team {
			delete(f.state.tokens, v)
		}
	}
	bot := f.state.bot(team)
	f.mu.Unlock()
	if bot == nil {
		return Delivery{}
	}
	return f.event(team, "", object{"type": "tokens_revoked", "tokens": object{"oauth": []string{}, "bot": []string{bot.ID}}})
}

// Sample fills the fake with one small workspace, T1 "Acme": U1 ana and U2 ben
// (members), U3 cleo (admin), U4 dan (primary owner), U5 eva (guest), U6 finn
// (single-channel guest), U7 gil (stranger of T2), U8 a bot of another app.
// C1 #general and C2 #support are public, C3 #board is private without U1,
// C4 #partner is shared with T2. The bot is installed with all scopes and in
// all of them. It returns the bot's token.
func (f *Fake) Sample() string {
	f.AddTeam(Team{ID: "T1", Name: "Acme"})
	f.AddTeam(Team{ID: "T2", Name: "Globex"})
	for _, u := range []User{
		{ID: "U1", Name: "ana"}, {ID: "U2", Name: "ben"}, {ID: "U3", Name: "cleo", Admin: true},
		{ID: "U4", Name: "dan", Admin: true, Owner: true, PrimaryOwner: true}, {ID: "U5", Name: "eva", Guest: true},
		{ID: "U6", Name: "finn", Guest: true, SingleChannel: true}, {ID: "U7", Name: "gil", Team: "T2", Stranger: true},
		{ID: "U8", Name: "otherbot", Bot: true, BotID: "B8", App: "A8"},
	} {
		if u.Team == "" {
			u.Team = "T1"
		}
		f.AddUser(u)
	}
	value := f.Install("T1")
	bot := f.Bot("T1").ID
	for _, c := range []Channel{
		{ID: "C1", Name: "general", Members: []string{"U1", "U2", "U3", "U4", "U5", "U8", bot}},
		{ID: "C2", Name: "support", Members: []string{"U1", "U2", "U3", "U6", bot}},
		{ID: "C3", Name: "board", Kind: Private, Members: []string{"U2", "U3", "U4", bot}},
		{ID: "C4", Name: "partner", Members: []string{"U1", "U2", "U3", "U7", bot}, ExtShared: true, Teams: []string{"T2"}},
	} {
		c.Team = "T1"
		f.AddChannel(c)
	}
	f.AddUsergroup(Usergroup{ID: "S1", Team: "T1", Handle: "finance", Name: "Finance", Users: []string{"U4"}})
	return value
}
