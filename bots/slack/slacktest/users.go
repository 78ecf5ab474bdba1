package slacktest

// userJSON describes a user to the bot.
func (c *call) userJSON(u *User) object {
	o := object{
		"id": u.ID, "team_id": u.Team, "name": u.Name, "real_name": u.RealName, "deleted": u.Deleted,
		"tz": u.TZ, "tz_offset": 3600, "is_admin": u.Admin, "is_owner": u.Owner, "is_primary_owner": u.PrimaryOwner,
		"is_restricted": u.Guest, "is_ultra_restricted": u.SingleChannel, "is_bot": u.Bot, "is_app_user": false,
		"is_stranger": u.Stranger && u.Team != c.token.team, "updated": 1700000000,
		"profile": object{"real_name": u.RealName, "display_name": u.Name, "display_name_normalized": u.Name, "bot_id": u.BotID, "api_app_id": u.App, "team": u.Team},
	}
	if c.flag("include_locale") {
		o["locale"] = u.Locale
	}
	if t := c.state.team(u.Team); t != nil && t.Enterprise != "" {
		o["enterprise_user"] = object{"id": u.ID, "enterprise_id": t.Enterprise, "is_admin": u.Admin, "is_owner": u.Owner, "teams": []string{u.Team}}
	}
	return o
}

// visible says whether the bot may look a user up: of its own team, or met in
// a shared channel it is in.
func (c *call) visible(u *User) bool {
	if u.Team == c.token.team {
		return true
	}
	for _, ch := range c.state.channels {
		if ch.ExtShared && ch.has(u.ID) && ch.has(c.bot.ID) {
			return true
		}
	}
	return false
}

func (c *call) usersInfo() (object, *Error) {
	u := c.state.user(c.str("user"))
	switch {
	case u == nil:
		return nil, refuse("user_not_found")
	case !c.visible(u):
		return nil, refuse("user_not_visible")
	}
	return object{"user": c.userJSON(u)}, nil
}

func (c *call) usersList() (object, *Error) {
	var all []object
	for _, u := range c.state.users {
		if c.visible(u) {
			all = append(all, c.userJSON(u))
		}
	}
	limit := c.number("limit", 0)
	if limit <= 0 {
		limit = len(all)
	}
	items, next, refused := page(c, all, limit)
	if refused != nil {
		return nil, refused
	}
	return listed("members", items, next), nil
}

func (c *call) usergroupsList() (object, *Error) {
	all := []object{}
	for _, g := range c.state.groups {
		if g.Team != c.token.team {
			continue
		}
		o := object{"id": g.ID, "team_id": g.Team, "is_usergroup": true, "name": g.Name, "handle": g.Handle, "date_delete": 0, "user_count": len(g.Users)}
		if c.flag("include_users") {
			o["users"] = g.Users
		}
		all = append(all, o)
	}
	return object{"usergroups": all}, nil
}

func (c *call) usergroupUsers() (object, *Error) {
	for _, g := range c.state.groups {
		if g.ID == c.str("usergroup") && g.Team == c.token.team {
			return object{"users": append([]string{}, g.Users...)}, nil
		}
	}
	return nil, refuse("no_such_subteam")
}

func (c *call) teamInfo() (object, *Error) {
	t := c.state.team(c.token.team)
	if t == nil {
		return nil, refuse("team_not_found")
	}
	o := object{"id": t.ID, "name": t.Name, "domain": t.Domain, "email_domain": "", "icon": object{"image_default": true}}
	if t.Enterprise != "" {
		o["enterprise_id"] = t.Enterprise
	}
	return object{"team": o}, nil
}

func (c *call) botsInfo() (object, *Error) {
	for _, u := range c.state.users {
		if u.Bot && u.BotID == c.str("bot") {
			return object{"bot": object{"id": u.BotID, "app_id": u.App, "user_id": u.ID, "name": u.Name, "deleted": u.Deleted}}, nil
		}
	}
	return nil, refuse("bot_not_found")
}

func (c *call) authTest() (object, *Error) {
	t := c.state.team(c.token.team)
	if t == nil || c.bot == nil {
		return nil, refuse("account_inactive")
	}
	o := object{"url": "https://" + t.Domain + ".slack.com/", "team": t.Name, "team_id": t.ID, "user": c.bot.Name,
		"user_id": c.bot.ID, "bot_id": c.bot.BotID, "is_enterprise_install": false,
		"app_id": AppID, "app_name": "Tierwise"}
	if !c.token.expires.IsZero() {
		o["expires_in"] = int(c.token.expires.Sub(c.now()).Seconds())
	}
	return o, nil
}

func (c *call) apiTest() (object, *Error) {
	if code := c.str("error"); code != "" {
		return nil, refuse(code)
	}
	args := object{}
	for k := range c.args {
		args[k] = c.str(k)
	}
	return object{"args": args}, nil
}
