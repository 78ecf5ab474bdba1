package discordtest

import (
	"net/http"
	"slices"
	"strconv"
)

func (f *Fake) listMessages(in input) output {
	c, bad := f.seen(in.id("channel_id"))
	if bad != nil {
		return *bad
	}
	out := []any{}
	if f.may(f.bot.ID, c)&ReadHistory == 0 {
		return ok(out) // as Discord does: nothing, and no error
	}
	q := in.r.URL.Query()
	limit := 50
	if n, err := strconv.Atoi(q.Get("limit")); err == nil {
		limit = n
	}
	all := slices.Clone(f.messages[c.ID])
	newestFirst := q.Get("after") == ""
	if newestFirst {
		slices.Reverse(all)
	}
	for _, m := range all {
		if m.To != "" || q.Get("before") != "" && !older(m.ID, q.Get("before")) || q.Get("after") != "" && !older(q.Get("after"), m.ID) {
			continue
		}
		if len(out) == limit {
			break
		}
		out = append(out, f.odd(f.messageJSON(m, f.content())))
	}
	if !newestFirst {
		slices.Reverse(out)
	}
	return ok(out)
}

// content reports whether the bot sees message contents.
func (f *Fake) content() bool { return !f.opts.NoContent }

// odd adds what nobody knows, where that was asked for.
func (f *Fake) odd(m obj) obj {
	if f.faults.strange {
		m["components"] = []any{obj{"type": 77, "surprise": []any{obj{"type": 78}}}}
		m["novelty"] = obj{"x": 1}
	}
	return m
}

// older compares ids, which are numbers.
func older(a, b string) bool {
	x, _ := strconv.ParseUint(a, 10, 64)
	y, _ := strconv.ParseUint(b, 10, 64)
	return x < y
}

func (f *Fake) getMessage(in input) output {
	c, bad := f.seen(in.id("channel_id"))
	if bad != nil {
		return *bad
	}
	m := f.message(c.ID, in.id("message_id"))
	if m == nil || m.To != "" {
		return unknownMessage
	}
	return ok(f.odd(f.messageJSON(m, f.content())))
}

func (f *Fake) createMessage(in input) output {
	c, bad := f.seen(in.id("channel_id"))
	if bad != nil {
		return *bad
	}
	if c.Shut {
		return refusal(403, 50007, "Cannot send messages to this user")
	}
	p, needed := f.may(f.bot.ID, c), SendMessages
	if c.thread() {
		needed = SendInThreads
	}
	if p&needed == 0 || len(in.files) > 0 && p&AttachFiles == 0 {
		return missingRights
	}
	if nonce := in.str("nonce"); nonce != "" && in.fields["enforce_nonce"] == true {
		for _, m := range f.messages[c.ID] {
			if m.Nonce == nonce && m.Author == f.bot.ID {
				return ok(f.messageJSON(m, true))
			}
		}
	}
	m := &Message{ID: f.id(), Channel: c.ID, Author: f.bot.ID, At: f.clock.Now(), Nonce: in.str("nonce")}
	if ref, there := in.fields["message_reference"].(map[string]any); there {
		m.ReplyTo, _ = ref["message_id"].(string)
		m.Type = 19
	}
	f.fill(m, in)
	f.append(m)
	out := f.messageJSON(m, true)
	out["nonce"] = m.Nonce
	return ok(out)
}

// fill puts the body of a create or an edit into a message. Whom it would
// notify is computed as Discord does it.
func (f *Fake) fill(m *Message, in input) {
	if v, there := in.fields["content"].(string); there {
		m.Content = v
	}
	if v, there := in.fields["components"].([]any); there {
		m.Components = f.received(v)
	}
	if _, there := in.fields["flags"]; there {
		m.Flags = m.Flags&(flagEphemeral) | in.num("flags")&^flagEphemeral
	}
	if list, there := in.fields["attachments"].([]any); there {
		m.Files = nil
		for i, a := range list {
			if i < len(in.files) {
				file := in.files[i]
				file.ID = f.id()
				file.Alt, _ = a.(map[string]any)["description"].(string)
				m.Files = append(m.Files, file)
			}
		}
	}
	m.Notified = f.notified(m, in.fields)
}

// received is what Discord makes of components: each has an id.
func (f *Fake) received(rows []any) []any {
	out := []any{}
	n := 0
	for _, r := range rows {
		row := cloned(r.(map[string]any))
		if row["id"] == nil {
			n++
			row["id"] = n
		}
		var inner []any
		children, _ := row["components"].([]any)
		for _, c := range children {
			n++
			child := cloned(c.(map[string]any))
			child["id"] = n
			if child["type"] == float64(3) {
				for _, k := range []string{"min_values", "max_values"} {
					if child[k] == nil {
						child[k] = 1
					}
				}
			}
			inner = append(inner, child)
		}
		row["components"] = inner
		out = append(out, row)
	}
	return out
}

func cloned(m map[string]any) map[string]any {
	out := obj{}
	for k, v := range m {
		out[k] = v
	}
	return out
}

// notified is who would be notified: what allowed_mentions lets through, and
// everybody named where it is missing.
func (f *Fake) notified(m *Message, body map[string]any) []string {
	people, roles := f.mentions(f.channels[m.Channel], m.Content)
	allowed, there := body["allowed_mentions"].(map[string]any)
	if !there {
		return append(people, roles...)
	}
	var out []string
	parse, _ := allowed["parse"].([]any)
	if slices.Contains(parse, any("users")) {
		out = append(out, people...)
	}
	if slices.Contains(parse, any("roles")) {
		out = append(out, roles...)
	}
	return out
}

// append puts a new message into its channel and tells everybody.
func (f *Fake) append(m *Message) {
	f.messages[m.Channel] = append(f.messages[m.Channel], m)
	if m.To == "" {
		f.announce(m, "MESSAGE_CREATE")
	}
}

// announce tells the sessions of a message. f.mu is held.
func (f *Fake) announce(m *Message, kind string) {
	c := f.channels[m.Channel]
	f.tell(c.Guild, kind, func(s *session) any {
		e := f.odd(f.messageJSON(m, s.content))
		if c.Guild != "" {
			e["guild_id"] = c.Guild
			if who := f.guilds[c.Guild].Members[m.Author]; who != nil {
				member := f.memberJSON(f.guilds[c.Guild], m.Author)
				delete(member, "user")
				e["member"] = member
			}
		}
		if m.Author == f.bot.ID && m.Nonce != "" {
			e["nonce"] = m.Nonce
		}
		return e
	})
}

func (f *Fake) editMessage(in input) output {
	c, bad := f.seen(in.id("channel_id"))
	if bad != nil {
		return *bad
	}
	m := f.message(c.ID, in.id("message_id"))
	switch {
	case m == nil || m.To != "":
		return unknownMessage
	case m.Author != f.bot.ID:
		return refusal(403, 50005, "Cannot edit a message authored by another user")
	}
	f.fill(m, in)
	m.Edited = f.clock.Now()
	f.announce(m, "MESSAGE_UPDATE")
	return ok(f.messageJSON(m, true))
}

func (f *Fake) deleteMessage(in input) output {
	c, bad := f.seen(in.id("channel_id"))
	if bad != nil {
		return *bad
	}
	m := f.message(c.ID, in.id("message_id"))
	switch {
	case m == nil || m.To != "":
		return unknownMessage
	case m.Author != f.bot.ID:
		return missingRights
	}
	f.drop(m)
	return output{status: http.StatusNoContent}
}

func (f *Fake) drop(m *Message) {
	f.messages[m.Channel] = slices.DeleteFunc(f.messages[m.Channel], func(x *Message) bool { return x == m })
}
