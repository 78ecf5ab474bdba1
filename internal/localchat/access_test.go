package localchat

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/tierwise/tierwise/internal/chat"
)

func TestWhoSeesWhat(t *testing.T) {
	w := open(t, Config{})
	direct, err := w.Direct("kestrel", "u-maya")
	if err != nil {
		t.Fatal(err)
	}
	reads := func(who string, place chat.Place) bool {
		t.Helper()
		access, err := w.Opener().Directory().Access(t.Context(), place, who)
		if err != nil {
			t.Fatal(err)
		}
		if access.Read != (w.Read(place, who) != nil) && place != direct {
			t.Errorf("%s at %v: Access says %v, Read says otherwise", who, place, access.Read)
		}
		return access.Read
	}
	for _, c := range []struct {
		who   string
		place chat.Place
		want  bool
	}{
		{"u-maya", at("incidents", ""), true},
		{"u-maya", at("pricing", ""), true},
		{"u-jonas", at("pricing", ""), false},
		{"u-priya", at("northline", ""), false}, // an admin is not in every channel
		{"u-tom", at("release", ""), true},      // the guest was invited
		{"u-tom", at("incidents", ""), false},
		{"u-ruth", at("northline", ""), true},
		{"u-ruth", at("support", ""), false},
		{"u-maya", direct, true},
		{"u-priya", direct, false},
	} {
		if got := reads(c.who, c.place); got != c.want {
			t.Errorf("%s sees %v: %v, want %v", c.who, c.place, got, c.want)
		}
	}
}

func TestChannelsAreWhatTheyAre(t *testing.T) {
	w := open(t, Config{})
	describe := func(channel string) chat.Channel {
		access, err := w.Opener().Directory().Access(t.Context(), at(channel, ""), "u-maya")
		if err != nil {
			t.Fatal(err)
		}
		return access.Channel
	}
	if c := describe("northline"); c.Shared != chat.WithOutsiders || c.Kind != chat.PrivateChannel || c.Members != 5 {
		t.Errorf("northline: %+v", c)
	}
	if c := describe("support"); c.Shared != chat.NotShared || c.Kind != chat.PublicChannel {
		t.Errorf("support: %+v", c)
	}
}

func TestAChannelWithoutTheBot(t *testing.T) {
	w, err := Open(Config{}, seed(Seed{ID: "s", Members: []Member{{ID: "u-a", Name: "a"}, {ID: "u-b", Name: "b", Admin: true}}, Channels: []ChannelSeed{
		{ID: "closed", Name: "closed", Kind: chat.PublicChannel, NoBot: true},
		{ID: "news", Name: "news", Kind: chat.PublicChannel, ReadOnly: true},
	}}))
	if err != nil {
		t.Fatal(err)
	}
	place := func(c string) chat.Place { return chat.Place{Platform: chat.Console, Workspace: "s", Channel: c} }
	if _, err := w.Opener().OpenPlace(t.Context(), place("closed")); !errors.Is(err, chat.ErrNoAccess) {
		t.Errorf("speaking where the bot is not: %v", err)
	}
	r, err := w.Opener().OpenPlace(t.Context(), place("news"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.History(t.Context(), chat.HistoryQuery{Place: place("closed")}); !errors.Is(err, chat.ErrNoAccess) {
		t.Errorf("reading where the bot is not: %v", err)
	}
	desk := NewDesk(w, door{}, nil)
	if _, err := desk.Say(t.Context(), "u-a", place("news"), "x"); !errors.Is(err, chat.ErrNoAccess) {
		t.Errorf("a member writes into a read-only channel: %v", err)
	}
	if _, err := desk.Say(t.Context(), "u-b", place("news"), "x"); err != nil {
		t.Errorf("an admin writes into a read-only channel: %v", err)
	}
	access, err := w.Opener().Directory().Access(t.Context(), place("closed"), "u-a")
	if err != nil || access.BotRead || access.BotPost || !access.Read {
		t.Errorf("access %+v, %v", access, err)
	}
}

func TestResolve(t *testing.T) {
	w := open(t, Config{})
	root, _ := w.Message("kestrel", chat.Ref{Channel: "support", ID: "password-mail"})
	reply, _ := w.Message("kestrel", chat.Ref{Channel: "support", ID: "password-mail.3"})
	for what, want := range map[string]chat.Place{
		"#support": at("support", ""), "Support": at("support", ""), "support": at("support", ""),
		w.Permalink("kestrel", root.Ref):              at("support", "password-mail"),
		"<" + w.Permalink("kestrel", reply.Ref) + ">": at("support", "password-mail"),
		"http://chat.localhost/kestrel/support":       at("support", ""),
		"http://chat.localhost/alder/office/printer":  {},
		"http://chat.localhost/kestrel/nowhere/x":     {},
		"http://chat.localhost/kestrel/support/none":  {},
		"http://chat.localhost/":                      {},
		"https://elsewhere.example/kestrel/support/x": {},
		"": {},
	} {
		got, err := w.Opener().Directory().Resolve(t.Context(), "kestrel", what)
		if got != want || (want == chat.Place{}) != errors.Is(err, chat.ErrNotFound) {
			t.Errorf("%q leads to %v, %v, want %v", what, got, err, want)
		}
	}
}

// Nobody acts on what they cannot see, whatever a client sends.
func TestTheDeskRefusesWhatAPersonCannotSee(t *testing.T) {
	w := open(t, Config{})
	desk := NewDesk(w, door{}, nil)
	r := speaker(t, w, chat.ReplyTo{Place: at("pricing", "seat-or-visit"), Private: true, To: "u-lena"})
	private, err := r.Put(t.Context(), chat.Post{Job: "j", Stage: chat.Final, Text: "x", Buttons: []chat.Button{{Name: "b", Label: "B"}}})
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	for name, act := range map[string]func() error{
		"say":              func() error { _, err := desk.Say(ctx, "u-tom", at("pricing", ""), "x"); return err },
		"say in no thread": func() error { _, err := desk.Say(ctx, "u-maya", at("pricing", "none"), "x"); return err },
		"command":          func() error { _, err := desk.Command(ctx, "u-tom", at("pricing", ""), "summarize", "x"); return err },
		"shortcut": func() error {
			return desk.Shortcut(ctx, "u-tom", "kestrel", "classify", chat.Ref{Channel: "pricing", ID: "seat-or-visit"})
		},
		"press a private post": func() error {
			_, err := desk.Press(ctx, "u-maya", "kestrel", private, chat.Button{Name: "b"})
			return err
		},
		"shortcut on private": func() error { return desk.Shortcut(ctx, "u-maya", "kestrel", "classify", private) },
		"stop":                func() error { return desk.Stop(ctx, "u-maya", "kestrel", private) },
		"edit": func() error {
			return desk.Edit(ctx, "u-tom", "kestrel", chat.Ref{Channel: "pricing", ID: "seat-or-visit"}, "x")
		},
		"submit without form": func() error { _, err := desk.Submit(ctx, "u-maya", Opened{At: at("pricing", "")}, nil); return err },
		"a stranger":          func() error { _, err := desk.Say(ctx, "u-nobody", at("support", ""), "x"); return err },
		"another platform": func() error {
			_, err := desk.Say(ctx, "u-maya", chat.Place{Platform: chat.Slack, Workspace: "kestrel", Channel: "support"}, "x")
			return err
		},
	} {
		if err := act(); !errors.Is(err, chat.ErrNotFound) {
			t.Errorf("%s: %v, want ErrNotFound", name, err)
		}
	}
	if err := desk.Edit(ctx, "u-maya", "kestrel", chat.Ref{Channel: "pricing", ID: "seat-or-visit"}, "x"); !errors.Is(err, chat.ErrNoAccess) {
		t.Errorf("editing somebody else's message: %v", err)
	}
	if err := speaker(t, w, chat.ReplyTo{Place: at("pricing", "")}).Remove(ctx, chat.Ref{Channel: "pricing", ID: "seat-or-visit"}); !errors.Is(err, chat.ErrNoAccess) {
		t.Errorf("the bot removing a person's message: %v", err)
	}
}

// accepting notes what comes to the door.
type accepting struct{ events []chat.Event }

func (a *accepting) Accept(_ context.Context, e chat.Event) error {
	a.events = append(a.events, e)
	return nil
}

func (a *accepting) Ask(context.Context, chat.Question) (chat.Answer, error) {
	return chat.Answer{}, nil
}

func TestFollowUpsServeWhoBegan(t *testing.T) {
	w := open(t, Config{})
	d := &accepting{}
	desk := NewDesk(w, d, nil)
	thread := at("support", "password-mail")
	say := func(who, text string) int {
		t.Helper()
		if _, err := desk.Say(t.Context(), who, thread, text); err != nil {
			t.Fatal(err)
		}
		return len(d.events)
	}
	say("u-maya", "before anything") // not for us
	if n := say("u-maya", "@tierwise what is open?"); n != 1 {
		t.Fatalf("%d events after the mention", n)
	}
	if n := say("u-maya", "hello?"); n != 1 {
		t.Errorf("a follow-up was heard before the bot answered")
	}
	private := d.events[0].ReplyTo
	private.Private = true
	if _, err := speaker(t, w, private).Put(t.Context(), chat.Post{Job: "p", Stage: chat.Final, Text: "only for maya"}); err != nil {
		t.Fatal(err)
	}
	if n := say("u-maya", "hello??"); n != 1 {
		t.Error("a private answer made the bot follow the thread")
	}
	if _, err := speaker(t, w, d.events[0].ReplyTo).Put(t.Context(), chat.Post{Job: "j", Stage: chat.Final, Text: "two things"}); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		who, text string
		want      int
	}{{"u-maya", "which ones?", 2}, {"u-omar", "I think three", 2}, {"u-maya", "@omar really?", 2}, {"u-omar", "@tierwise count again", 3}, {"u-omar", "well?", 3}, {"u-maya", "and?", 4}} {
		if n := say(c.who, c.text); n != c.want {
			t.Errorf("after %s said %q: %d events, want %d", c.who, c.text, n, c.want)
		}
	}
	follow := func(context.Context, chat.Place) (chat.Owned, bool) { return chat.Owned{Owner: "u-maya"}, false }
	desk = NewDesk(w, d, follow)
	if n := say("u-maya", "the channel does not want this"); n != 4 {
		t.Error("the caller's switch was not asked")
	}
}

func seed(s ...Seed) Source { return func(time.Time) ([]Seed, error) { return s, nil } }
