package slacktest

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// subscribed says whether the app gets an event. f.mu need not be held.
func (f *Fake) subscribed(name string) bool {
	return f.cfg.Events == nil || slices.Contains(f.cfg.Events, name)
}

// event delivers an event of a team, in Behaviour.Copies copies. channel may be
// empty. f.mu is not held.
func (f *Fake) event(team, channel string, event object) Delivery {
	f.mu.Lock()
	copies := max(f.behaviour.Copies, 1)
	f.mu.Unlock()
	var all []Delivery
	for range copies {
		all = append(all, f.send(f.eventParcel(team, channel, event)))
	}
	all[0].Also = append(all[0].Also, all[1:]...)
	return all[0]
}

// Event delivers any event of a workspace, for kinds the fake has no person for.
func (f *Fake) Event(team string, event map[string]any) Delivery {
	return f.event(team, "", maps.Clone(event))
}

func (f *Fake) eventParcel(team, channel string, event object) *parcel {
	f.mu.Lock()
	defer f.mu.Unlock()
	id := f.state.next("Ev")
	shared, bot, enterprise := false, "", any(nil)
	if ch := f.state.channel(channel); ch != nil {
		shared = ch.ExtShared
	}
	if u := f.state.bot(team); u != nil {
		bot = u.ID
	}
	if t := f.state.team(team); t != nil && t.Enterprise != "" {
		enterprise = t.Enterprise
	}
	if _, ok := event["event_ts"]; !ok {
		event["event_ts"] = f.stamp()
	}
	payload := object{
		"token": "", "team_id": team, "context_team_id": team, "context_enterprise_id": enterprise, "api_app_id": AppID,
		"type": "event_callback", "event_id": id, "event_time": f.now().Unix(), "event": event, "is_ext_shared_channel": shared,
		"event_context":  "4-" + id,
		"authorizations": []object{{"enterprise_id": enterprise, "team_id": team, "user_id": bot, "is_bot": true, "is_enterprise_install": f.behaviour.OrgWide}},
	}
	body, err := json.Marshal(payload)
	if err != nil {
		f.misuse("event: %v", err)
	}
	return &parcel{socket: "events_api", address: f.endpoints.Events, kind: "application/json", body: body, payload: payload, id: id, event: true}
}

// channelTypes are the names of kinds in events and in subscriptions.
var channelTypes = map[ChannelKind][2]string{
	Public: {"channel", "message.channels"}, Private: {"group", "message.groups"},
	IM: {"im", "message.im"}, MPIM: {"mpim", "message.mpim"},
}

// hears is the bot that is told of what happens in a channel; nil when none is.
// f.mu is held.
func (f *Fake) hears(ch *Channel) *User {
	for _, t := range append([]string{ch.Team}, ch.Teams...) {
		if bot := f.state.bot(t); bot != nil && ch.has(bot.ID) && !f.state.uninstalled[t] {
			return bot
		}
	}
	return nil
}

// deliverMessage tells the app of a message, as app_mention, message or both.
func (f *Fake) deliverMessage(channel, ts string) Delivery {
	f.mu.Lock()
	ch, m := f.state.channel(channel), f.state.message(channel, ts)
	if ch == nil || m == nil {
		f.mu.Unlock()
		return Delivery{}
	}
	ref, bot := Ref{Channel: channel, TS: ts, Thread: m.thread}, f.hears(ch)
	var events []object
	if bot != nil {
		events = f.messageEvents(ch, m, bot)
	}
	f.mu.Unlock()
	var all []Delivery
	for _, e := range events {
		all = append(all, f.event(bot.Team, channel, e))
	}
	if len(all) == 0 {
		return Delivery{Message: ref, Acked: true} // nothing to tell is nothing to wait for
	}
	all[0].Message = ref
	all[0].Also = append(all[0].Also, all[1:]...)
	return all[0]
}

// messageEvents are the events of one message. f.mu is held.
func (f *Fake) messageEvents(ch *Channel, m *message, bot *User) []object {
	base := clone(f.json(m))
	delete(base, "reply_count")
	base["channel"], base["event_ts"] = ch.ID, m.ts
	if ch.ExtShared {
		base["user_team"], base["source_team"] = m.team, m.team
	}
	plain := clone(base)
	if seen := f.state.contexts[m.user]; ch.Kind == IM && seen != nil && f.subscribed("app_context_changed") {
		plain["app_context"] = object{"entities": seen}
	}
	plain["channel_type"] = channelTypes[ch.Kind][0]
	mention := clone(base)
	mention["type"] = "app_mention"
	named := ch.Kind != IM && strings.Contains(strings.ReplaceAll(m.text, "|", ">"), "<@"+bot.ID+">") && f.subscribed("app_mention")
	hears := f.subscribed(channelTypes[ch.Kind][1])
	switch {
	case named && hears && f.behaviour.Pair && f.behaviour.MessageFirst:
		return []object{plain, mention}
	case named && hears && f.behaviour.Pair:
		return []object{mention, plain}
	case named:
		return []object{mention}
	case hears:
		return []object{plain}
	}
	return nil
}

// changed tells the app that a message was edited or deleted.
func (f *Fake) changed(m *message, subtype string, before object) Delivery {
	f.mu.Lock()
	ch := f.state.channel(m.channel)
	bot := f.hears(ch)
	e := object{"type": "message", "subtype": subtype, "hidden": true, "channel": ch.ID, "channel_type": channelTypes[ch.Kind][0],
		"ts": f.stamp(), "previous_message": before}
	if subtype == "message_changed" {
		e["message"] = clone(f.json(m))
	} else {
		e["deleted_ts"] = m.ts
	}
	hears := bot != nil && f.subscribed(channelTypes[ch.Kind][1])
	f.mu.Unlock()
	d := Delivery{Acked: true}
	if hears {
		d = f.event(bot.Team, ch.ID, e)
	}
	d.Message = Ref{Channel: m.channel, TS: m.ts, Thread: m.thread}
	return d
}
