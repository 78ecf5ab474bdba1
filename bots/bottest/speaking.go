package bottest

import (
	"fmt"
	"strings"
	"unicode/utf16"

	"github.com/tierwise/tierwise/internal/chat"
)

// speaking are the cases of posts on their way out.
func speaking() []testCase {
	return []testCase{
		{"a post keeps one message from placeholder to final", oneMessage},
		{"a private post is seen by the asker only", privatePost},
		{"a private word on a mention is for its asker alone, where that is claimed", privateWord},
		{"a long text is split in order and fences stay whole", longText},
		{"a long text that becomes short leaves one message", longBecomesShort},
		{"neutral text is not turned into a live mention", neutralText},
		{"removing twice is fine", removeTwice},
		{"a place can be spoken at without a question", openPlace},
	}
}

func oneMessage(s *stage) {
	r, e := s.asked()
	at := e.ReplyTo.Place
	ref := s.put(r, chat.Post{Job: "stages-1", Stage: chat.Placeholder, Text: "walrus reading"})
	if m := s.one(at, s.Cast.Other, "walrus"); m.Private {
		s.Error("a public placeholder is private")
	}
	if r.Capabilities().Edit {
		live := chat.Post{Job: "stages-1", Stage: chat.Live, Ref: ref, Text: "walrus half"}
		if again := s.put(r, live); again.ID != ref.ID {
			s.Errorf("the live text moved from message %q to %q", ref.ID, again.ID)
		}
		s.one(at, s.Cast.Other, "walrus half")
	}
	done := final("stages-1", "walrus whole")
	done.Ref, done.Footer = ref, "economy · why?"
	if last := s.put(r, done); last.ID != ref.ID {
		s.Errorf("the final text moved from message %q to %q", ref.ID, last.ID)
	}
	m := s.one(at, s.Cast.Other, "walrus")
	if !strings.Contains(m.Text, "walrus whole") || !strings.Contains(m.Text, "economy · why?") || m.Live {
		s.Errorf("the message reads %q, live %v", m.Text, m.Live)
	}
}

func privatePost(s *stage) {
	r, e := s.commanded()
	if !r.Capabilities().Ephemeral && e.Channel.Kind != chat.DirectMessage {
		s.Skip("the platform has no private posts in channels")
	}
	s.put(r, final("private-1", "walrus"))
	if m := s.one(e.ReplyTo.Place, s.Cast.Asker, "walrus"); !m.Private {
		s.Error("the post is not marked as private")
	}
	if n := len(s.seen(e.ReplyTo.Place, s.Cast.Other, "walrus")); n != 0 {
		s.Error("somebody else sees the private post")
	}
	h, err := r.History(s.Context(), chat.HistoryQuery{Place: s.Cast.Channel})
	if err != nil {
		s.Fatalf("history: %v", err)
	}
	for _, m := range h.Messages {
		if strings.Contains(m.Text, "walrus") {
			s.Error("a private post is read as part of the conversation")
		}
	}
}

// privateWord: a mention has no private answer of its own, so an adapter claims
// private posts for it only where they are no message that stays elsewhere.
func privateWord(s *stage) {
	s.said(s.Cast.Thread, "{bot} what is open here?")
	to := s.only(chat.Mention).ReplyTo
	to.Private, to.To = true, s.Cast.Asker
	r := s.open(to)
	if !r.Capabilities().Ephemeral {
		// Then it is not shown at all, rather than to everybody.
		if _, err := r.Put(s.Context(), final("word-1", "walrus")); err == nil && len(s.seen(to.Place, s.Cast.Other, "walrus")) != 0 {
			s.Error("a private word on a mention is not claimed and was shown to somebody else")
		}
		return
	}
	s.put(r, final("word-1", "walrus"))
	if m := s.one(to.Place, s.Cast.Asker, "walrus"); !m.Private {
		s.Error("the word is not marked as private")
	}
	if n := len(s.seen(to.Place, s.Cast.Other, "walrus")); n != 0 {
		s.Error("somebody else sees the word")
	}
	h, err := r.History(s.Context(), chat.HistoryQuery{Place: to.Place})
	if err != nil {
		s.Fatalf("history: %v", err)
	}
	for _, m := range h.Messages {
		if strings.Contains(m.Text, "walrus") {
			s.Error("the word is read as part of the conversation")
		}
	}
}

// longPost is more than twice as long as a message may be; each line has a
// number, and the middle is one code block.
func longPost(limit int) (text string, lines int) {
	var b strings.Builder
	for b.Len() < limit*5/2 {
		if lines == 10 {
			b.WriteString("```go\n")
		}
		lines++
		fmt.Fprintf(&b, "line-%05d the walrus counts é and 🦭\n", lines)
	}
	b.WriteString("```\nthe end")
	return b.String(), lines
}

func longText(s *stage) {
	r, e := s.asked()
	limit := r.Capabilities().MaxText
	if limit <= 0 {
		s.Fatal("MaxText is not said")
	}
	text, lines := longPost(limit)
	p := final("long-1", text)
	p.Buttons = []chat.Button{{Name: "thumbs", Label: "Good", Value: "+"}}
	s.put(r, p)
	parts := s.seen(e.ReplyTo.Place, s.Cast.Other, "")
	if len(parts) < 3 {
		s.Fatalf("%d messages, want at least 3", len(parts))
	}
	next, buttons := 1, 0
	for i, part := range parts {
		if n := len(utf16.Encode([]rune(part.Text))); n > limit {
			s.Errorf("part %d has %d characters, limit %d", i+1, n, limit)
		}
		if fences := strings.Count("\n"+part.Text, "\n```"); fences%2 != 0 {
			s.Errorf("part %d has %d fences", i+1, fences)
		}
		buttons += len(part.Buttons)
		for ; strings.Contains(part.Text, fmt.Sprintf("line-%05d ", next)); next++ {
		}
	}
	if next != lines+1 {
		s.Errorf("lines are in order up to %d of %d", next-1, lines)
	}
	if buttons != 1 || len(parts[len(parts)-1].Buttons) != 1 {
		s.Errorf("%d buttons, want one under the last part", buttons)
	}
}

func longBecomesShort(s *stage) {
	r, e := s.asked()
	if !r.Capabilities().Edit {
		s.Skip("the platform cannot replace a post")
	}
	text, _ := longPost(r.Capabilities().MaxText)
	ref := s.put(r, final("shrink-1", text))
	short := final("shrink-1", "walrus in short")
	short.Ref = ref
	s.put(r, short)
	if all := s.seen(e.ReplyTo.Place, s.Cast.Other, ""); len(all) != 1 {
		s.Errorf("%d messages are left, want 1", len(all))
	}
}

func neutralText(s *stage) {
	r, e := s.asked()
	other, err := s.Opener.Directory().Actor(s.Context(), s.Cast.Channel.Workspace, s.Cast.Other)
	if err != nil {
		s.Fatalf("actor: %v", err)
	}
	id := s.Cast.Other
	s.put(r, final("neutral-1", "walrus @everyone @here @channel @"+other.Name+" <@"+id+"> <@!"+id+"> <@&"+id+"> <!channel> <!here|here> \\<@"+id+"> "+
		"&lt;!channel&gt; @\u200beveryone <\u200b@"+id+"> <!subteam^S1|x>"))
	if m := s.one(e.ReplyTo.Place, s.Cast.Other, "walrus"); len(m.Mentions) != 0 {
		s.Errorf("the post would notify %q", m.Mentions)
	}
}

func removeTwice(s *stage) {
	r, e := s.asked()
	ref := s.put(r, final("remove-1", "walrus"))
	for i := range 2 {
		if err := r.Remove(s.Context(), ref); err != nil {
			s.Errorf("remove, time %d: %v", i+1, err)
		}
	}
	if n := len(s.seen(e.ReplyTo.Place, s.Cast.Other, "walrus")); n != 0 {
		s.Error("the post is still seen")
	}
}

func openPlace(s *stage) {
	for _, at := range []chat.Place{s.Cast.Channel, s.Cast.Thread} {
		r, err := s.Opener.OpenPlace(s.Context(), at)
		if err != nil {
			s.Fatalf("open place: %v", err)
		}
		word := fmt.Sprintf("walrus-%d", len(at.Thread))
		s.put(r, final("place-"+word, word))
		if m := s.one(at, s.Cast.Other, word); m.Private {
			s.Error("an announcement is private")
		}
	}
}
