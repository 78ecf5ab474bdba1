package bottest

import (
	"errors"
	"strings"

	"github.com/tierwise/tierwise/internal/chat"
)

// reading are the cases of history and directory.
func reading() []testCase {
	return []testCase{
		{"a thread is read to the end with names and coverage", wholeThread},
		{"what was asked of the bot is marked, what was said of it is not lost", namedMessages},
		{"a bound keeps the first and the newest and says so", boundedThread},
		{"a time range bounds a channel", timeRange},
		{"a permalink leads back to its thread", permalink},
		{"a channel the asker cannot see is refused", secretChannel},
		{"people are described and strangers are not found", strangers},
	}
}

func (s *stage) history(q chat.HistoryQuery) chat.History {
	s.Helper()
	r, err := s.Opener.OpenPlace(s.Context(), s.Cast.Channel)
	if err != nil {
		s.Fatalf("open place: %v", err)
	}
	h, err := r.History(s.Context(), q)
	if err != nil {
		s.Fatalf("history: %v", err)
	}
	return h
}

func wholeThread(s *stage) {
	h := s.history(chat.HistoryQuery{Place: s.Cast.Thread})
	if len(h.Messages) != s.Cast.ThreadLen || h.Coverage.Read != s.Cast.ThreadLen || !h.Coverage.Complete() {
		s.Fatalf("read %d of %d messages, coverage %+v", len(h.Messages), s.Cast.ThreadLen, h.Coverage)
	}
	named := false
	other, err := s.Opener.Directory().Actor(s.Context(), s.Cast.Channel.Workspace, s.Cast.Other)
	if err != nil {
		s.Fatalf("actor: %v", err)
	}
	for i, m := range h.Messages {
		if m.ID == "" || m.Author.Name == "" || m.At.IsZero() {
			s.Errorf("message %d has id %q, author %q, time %v", i+1, m.ID, m.Author.Name, m.At)
		}
		if i > 0 && m.At.Before(h.Messages[i-1].At) {
			s.Errorf("message %d is older than the one before", i+1)
		}
		if strings.Contains(m.Text, "<@") {
			s.Errorf("message %d has an id where a name belongs", i+1)
		}
		named = named || strings.Contains(m.Text, "@"+other.Name)
	}
	if !named {
		s.Error("no message has the name of who was mentioned")
	}
	if !h.Coverage.From.Equal(h.Messages[0].At) || !h.Coverage.To.Equal(h.Messages[len(h.Messages)-1].At) {
		s.Errorf("coverage from %v to %v", h.Coverage.From, h.Coverage.To)
	}
}

func namedMessages(s *stage) {
	asked, said := s.said(s.Cast.Thread, "{bot} summarize this"), s.said(s.Cast.Thread, "{other} I think so too")
	marked := map[string]bool{}
	for _, m := range s.history(chat.HistoryQuery{Place: s.Cast.Thread}).Messages {
		marked[m.ID] = m.Named
	}
	if named, there := marked[asked.Ref.ID]; !there || !named {
		s.Errorf("the request to the bot: read %v, marked %v; want both", there, named)
	}
	if named, there := marked[said.Ref.ID]; !there || named {
		s.Errorf("a message to somebody else: read %v, marked %v; want it read and not marked", there, named)
	}
}

func boundedThread(s *stage) {
	all := s.history(chat.HistoryQuery{Place: s.Cast.Thread}).Messages
	h := s.history(chat.HistoryQuery{Place: s.Cast.Thread, Max: 5})
	if len(h.Messages) != 5 || h.Coverage.Read != 5 {
		s.Fatalf("read %d messages, coverage %d, want 5", len(h.Messages), h.Coverage.Read)
	}
	if h.Messages[0].ID != all[0].ID || h.Messages[4].ID != all[len(all)-1].ID || h.Messages[1].ID != all[len(all)-4].ID {
		s.Error("not the first and the four newest were kept")
	}
	if h.Coverage.Complete() || h.Coverage.Why == "" {
		s.Errorf("coverage %+v claims to be complete, or does not say why not", h.Coverage)
	}
}

func timeRange(s *stage) {
	all := s.history(chat.HistoryQuery{Place: s.Cast.Channel}).Messages
	if len(all) < 4 {
		s.Fatalf("the channel has %d messages, too few to bound", len(all))
	}
	since, until := all[1].At, all[len(all)-1].At
	for _, m := range s.history(chat.HistoryQuery{Place: s.Cast.Channel, Since: since, Until: until}).Messages {
		if m.At.Before(since) || m.At.After(until) {
			s.Errorf("a message of %v is outside %v to %v", m.At, since, until)
		}
	}
	if n := len(s.history(chat.HistoryQuery{Place: s.Cast.Channel, Since: until.Add(1)}).Messages); n != 0 {
		s.Errorf("%d messages after the last one", n)
	}
}

func permalink(s *stage) {
	r, err := s.Opener.OpenPlace(s.Context(), s.Cast.Channel)
	if err != nil {
		s.Fatalf("open place: %v", err)
	}
	if !r.Capabilities().Permalinks {
		s.Skip("the platform has no permalinks")
	}
	seen := map[string]bool{}
	for _, m := range s.history(chat.HistoryQuery{Place: s.Cast.Thread}).Messages {
		if m.Permalink == "" || seen[m.Permalink] {
			s.Fatalf("permalink %q of message %q is missing or used twice", m.Permalink, m.ID)
		}
		seen[m.Permalink] = true
		at, err := s.Opener.Directory().Resolve(s.Context(), s.Cast.Channel.Workspace, m.Permalink)
		if err != nil || at != s.Cast.Thread {
			s.Fatalf("permalink leads to %v, %v, want the thread", at, err)
		}
	}
}

func secretChannel(s *stage) {
	d := s.Opener.Directory()
	secret, err := d.Access(s.Context(), s.Cast.Secret, s.Cast.Asker)
	if err != nil && !errors.Is(err, chat.ErrNotFound) {
		s.Fatalf("access: %v", err)
	}
	if secret.Read || secret.Write || secret.Attach || secret.Embed {
		s.Errorf("in a channel they are not in the asker may %+v", secret)
	}
	open, err := d.Access(s.Context(), s.Cast.Channel, s.Cast.Asker)
	if err != nil || !open.Read || !open.Write || !open.Attach || !open.Embed || !open.BotRead || !open.BotPost {
		s.Errorf("access to the open channel: %+v, %v", open, err)
	}
	if open.Channel.Name == "" || open.Channel.Kind != chat.PublicChannel {
		s.Errorf("the open channel is described as %+v", open.Channel)
	}
}

func strangers(s *stage) {
	d := s.Opener.Directory()
	asker, err := d.Actor(s.Context(), s.Cast.Channel.Workspace, s.Cast.Asker)
	if err != nil || asker.ID != s.Cast.Asker || asker.Name == "" || asker.Bot || asker.Self {
		s.Errorf("the asker is described as %+v, %v", asker, err)
	}
	if _, err := d.Actor(s.Context(), s.Cast.Channel.Workspace, "nobody"); !errors.Is(err, chat.ErrNotFound) {
		s.Errorf("a stranger gave %v, want ErrNotFound", err)
	}
	if access, _ := d.Access(s.Context(), s.Cast.Channel, "nobody"); access.Read || access.Write || access.Attach || access.Embed {
		s.Errorf("a stranger may %+v", access)
	}
	if _, err := d.Resolve(s.Context(), s.Cast.Channel.Workspace, "#no-such-channel"); !errors.Is(err, chat.ErrNotFound) {
		s.Errorf("an unknown channel gave %v, want ErrNotFound", err)
	}
}
