package chat

import "testing"

func TestAddressOf(t *testing.T) {
	me := Identity{User: "UBOT", Roles: []string{"RBOT"}}
	anna := Actor{ID: "UANNA"}
	mine := Owned{Owner: "UANNA"}
	cases := []struct {
		name      string
		heard     Heard
		owned     Owned
		followUps bool
		want      Address
	}{
		{"a mention", Heard{Author: anna, Mentions: []string{"UBOT"}}, Owned{}, false, ByMention},
		{"a mention among others", Heard{Author: anna, Mentions: []string{"UBEN", "UBOT"}}, Owned{}, false, ByMention},
		{"a mention of our role", Heard{Author: anna, MentionRoles: []string{"RBOT"}}, Owned{}, false, ByMention},
		{"a mention of another role", Heard{Author: anna, MentionRoles: []string{"ROPS"}}, Owned{}, true, NotForUs},
		{"a mention in a stopped thread", Heard{Author: anna, Mentions: []string{"UBOT"}, Thread: "1"}, Owned{Owner: "UANNA", Stopped: true}, false, ByMention},
		{"a direct message", Heard{Author: anna, Direct: true}, Owned{}, false, ByDirect},
		{"a direct message that mentions us", Heard{Author: anna, Direct: true, Mentions: []string{"UBOT"}}, Owned{}, false, ByMention},
		{"a reply to our post", Heard{Author: anna, ReplyToBot: true}, Owned{}, false, ByReply},
		{"a reply to our post that names a colleague", Heard{Author: anna, ReplyToBot: true, Mentions: []string{"UBEN"}}, Owned{}, true, NotForUs},
		{"a follow-up of who began", Heard{Author: anna, Thread: "1"}, mine, true, ByThread},
		{"a follow-up where the channel does not want it", Heard{Author: anna, Thread: "1"}, mine, false, NotForUs},
		{"a follow-up of somebody else", Heard{Author: Actor{ID: "UBEN"}, Thread: "1"}, mine, true, NotForUs},
		{"a follow-up after stop following", Heard{Author: anna, Thread: "1"}, Owned{Owner: "UANNA", Stopped: true}, true, NotForUs},
		{"a follow-up that names a colleague", Heard{Author: anna, Thread: "1", Mentions: []string{"UBEN"}}, mine, true, NotForUs},
		{"who began, outside the thread", Heard{Author: anna}, mine, true, NotForUs},
		{"a thread nobody owns, an author nobody knows", Heard{Thread: "1"}, Owned{}, true, NotForUs},
		{"just a message", Heard{Author: anna}, Owned{}, true, NotForUs},
		{"ourselves by flag", Heard{Author: Actor{ID: "UX", Self: true}, Mentions: []string{"UBOT"}}, mine, true, NotForUs},
		{"ourselves by id", Heard{Author: Actor{ID: "UBOT"}, Direct: true}, mine, true, NotForUs},
		{"another bot", Heard{Author: Actor{ID: "UBUILD", Bot: true}, Mentions: []string{"UBOT"}}, mine, true, NotForUs},
		{"a system message", Heard{Author: anna, System: true, Mentions: []string{"UBOT"}}, mine, true, NotForUs},
		{"an edit that names us first", Heard{Author: anna, Edit: true, Mentions: []string{"UBOT"}}, Owned{}, false, ByMention},
		{"an edit that named us before", Heard{Author: anna, Edit: true, WasMentioned: true, Mentions: []string{"UBOT"}}, Owned{}, true, NotForUs},
		{"an edit in a direct message", Heard{Author: anna, Edit: true, Direct: true}, Owned{}, true, NotForUs},
		{"an edit in a thread of ours", Heard{Author: anna, Edit: true, Thread: "1"}, mine, true, NotForUs},
		{"an edit by a bot", Heard{Author: Actor{ID: "UX", Bot: true}, Edit: true, Mentions: []string{"UBOT"}}, Owned{}, true, NotForUs},
	}
	for _, c := range cases {
		if got := AddressOf(c.heard, me, c.owned, c.followUps); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// An identity that is not known yet must not make empty ids match.
func TestAnUnknownIdentityIsNeverNamed(t *testing.T) {
	h := Heard{Author: Actor{ID: "UANNA"}, Mentions: []string{""}, MentionRoles: []string{""}}
	if got := AddressOf(h, Identity{Roles: []string{""}}, Owned{}, true); got != NotForUs {
		t.Errorf("address %q", got)
	}
}

func FuzzProgramsAreNeverHeard(f *testing.F) {
	f.Add(true, false, false, "1", "UBOT")
	f.Fuzz(func(t *testing.T, direct, edit, reply bool, thread, mention string) {
		for _, author := range []Actor{{ID: "U1", Bot: true}, {ID: "U1", Self: true}, {ID: "UBOT"}} {
			h := Heard{Author: author, Direct: direct, Edit: edit, ReplyToBot: reply, Thread: thread, Mentions: []string{mention, "UBOT"}}
			if got := AddressOf(h, Identity{User: "UBOT"}, Owned{Owner: author.ID}, true); got != NotForUs {
				t.Errorf("%+v is heard: %q", author, got)
			}
		}
	})
}
