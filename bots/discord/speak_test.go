package discord

import (
	"bytes"
	"context"
	"image/png"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tierwise/tierwise/bots/bottest"
	"github.com/tierwise/tierwise/bots/discord/discordtest"
	"github.com/tierwise/tierwise/internal/chat"
)

func TestEveryMessageKeepsItsManners(t *testing.T) {
	door := bottest.NewRecorder()
	w := open(t, door, discordtest.Options{})
	loud := "@everyone <@" + w.omar + "> see https://example.org/" + strings.Repeat("\n\nline", 800)
	for _, act := range []func(){
		func() { w.f.As(w.maya).Say(w.market, w.bot()+" hello") },
		func() { w.f.As(w.maya).Say(w.direct, "hello") },
		func() { w.f.As(w.maya).Command(w.market, "summarize", map[string]string{"what": "24h"}) },
	} {
		act()
		w.settle()
		e := door.Events()
		to := e[len(e)-1].ReplyTo
		ref := w.say(to, chat.Post{Job: e[len(e)-1].ID, Stage: chat.Placeholder, Text: loud})
		w.say(to, chat.Post{Job: e[len(e)-1].ID, Ref: ref, Text: loud + loud, Buttons: []chat.Button{{Name: "n", Label: "l"}}, Files: []chat.File{{Name: "a.csv", Data: []byte("a")}}})
		if to.Private && len(w.texts(w.market, w.omar)) != 0 {
			t.Error("a part of a private answer is seen by others")
		}
		w.say(to, chat.Post{Job: e[len(e)-1].ID, Ref: ref, Text: "short"})
	}
	w.f.As(w.maya).PressID(w.market, "1", "no such button at all")
	w.settle()
	w.f.CheckManners(t)
	for _, c := range []string{w.market, w.direct, door.Events()[0].ReplyTo.Place.Thread} {
		for _, m := range w.f.Messages(c, w.maya) {
			if len(m.Notified) > 0 {
				t.Errorf("message in %s notifies %q", c, m.Notified)
			}
		}
	}
}

func TestEditsKeepTheirDistance(t *testing.T) {
	w := open(t, bottest.NewRecorder(), discordtest.Options{})
	var waits []time.Duration
	w.a.sleep = func(_ context.Context, d time.Duration) error {
		waits = append(waits, d)
		w.f.Clock().Advance(d)
		return nil
	}
	to := chat.ReplyTo{Place: w.at(w.market, "")}
	ref := w.say(to, chat.Post{Job: "j1", Stage: chat.Placeholder, Text: "…"})
	for _, text := range []string{"a", "ab", "abc"} {
		w.say(to, chat.Post{Job: "j1", Stage: chat.Live, Ref: ref, Text: text})
		w.f.Clock().Advance(200 * time.Millisecond)
	}
	if !slices.Equal(waits, []time.Duration{time.Second, time.Second}) {
		t.Errorf("waited %v", waits)
	}
}

func TestTypingEndsWhenSomethingIsSaid(t *testing.T) {
	door := bottest.NewRecorder()
	w := open(t, door, discordtest.Options{})
	w.a.typing.every = time.Hour
	w.f.As(w.maya).Say(w.market, w.bot()+" hello")
	w.settle()
	if n := len(w.a.signs()); n != 1 {
		t.Fatalf("%d signs", n)
	}
	w.say(door.Events()[0].ReplyTo, chat.Post{Job: "j1", Text: "Hello."})
	w.a.typing.wg.Wait() // hangs where the sign goes on
	w.f.As(w.maya).Say(w.market, w.bot()+" and again")
	w.settle()
	// Another replica answers: its message ends the sign here too.
	w.f.As(w.f.Bot().ID).Say(w.market, "Hello again.")
	w.settle()
	w.a.typing.wg.Wait()
	// Nobody answers: the end of the process does.
	w.f.As(w.maya).Say(w.market, w.bot()+" nobody")
	w.settle()
	w.stop()
	w.a.typing.wg.Wait()
	if n := len(w.a.signs()); n != 0 {
		t.Errorf("%d signs are left", n)
	}
}

func (a *Adapter) signs() []string {
	a.typing.mu.Lock()
	defer a.typing.mu.Unlock()
	var list []string
	for id := range a.typing.runs {
		list = append(list, id)
	}
	return list
}

func TestAVeryLongAnswerIsAFile(t *testing.T) {
	w := open(t, bottest.NewRecorder(), discordtest.Options{})
	text := strings.Repeat("A line of a very long answer, number after number.\n", 400)
	w.say(chat.ReplyTo{Place: w.at(w.market, "")}, chat.Post{Job: "j1", Text: text, Footer: "economy · why?"})
	all := w.f.Messages(w.market, w.omar)
	last := all[len(all)-1]
	if len(w.texts(w.market, w.omar)) != 1 || len(last.Files) != 1 || last.Files[0].Name != "answer.md" || string(last.Files[0].Data) != text {
		t.Fatalf("%d messages, %d files", len(w.texts(w.market, w.omar)), len(last.Files))
	}
	if !strings.Contains(last.Content, "economy · why?") || !strings.HasPrefix(last.Content, "A line") {
		t.Errorf("the message ends in %q", last.Content[len(last.Content)-100:])
	}
}

func TestAChartIsAPictureWithWords(t *testing.T) {
	w := open(t, bottest.NewRecorder(), discordtest.Options{})
	chart := &chat.Chart{Title: "Spend per day", Kind: "bar", Unit: "nano-USD", Labels: []string{"Mon", "Tue", "Wed"},
		Series: []chat.Series{{Name: "economy", Values: []int64{0, 5_000_000_000_000, 9_000_000_000_000_000}}, {Name: "standard", Values: []int64{7, 0}}}}
	w.say(chat.ReplyTo{Place: w.at(w.market, "")}, chat.Post{Job: "j1", Text: "The week:", Chart: chart})
	all := w.f.Messages(w.market, w.omar)
	last := all[len(all)-1]
	if len(last.Files) != 1 || !strings.Contains(last.Files[0].Alt, "Spend per day in US$, economy: Mon $0.00, Tue $5000.00") {
		t.Fatalf("files %d", len(last.Files))
	}
	img, err := png.Decode(bytes.NewReader(last.Files[0].Data))
	if err != nil {
		t.Fatal(err)
	}
	colours := map[any]bool{}
	for x := range img.Bounds().Dx() {
		colours[img.At(x, img.Bounds().Dy()*3/4)] = true
	}
	if len(colours) < 2 || !strings.Contains(last.Content, "Wed ████") {
		t.Errorf("%d colours at the foot of the bars; text %q", len(colours), last.Content)
	}
}

func TestBarsAreAsLongAsTheirValues(t *testing.T) {
	for _, c := range []struct {
		v, most int64
		want    int
	}{{7, 7, 20}, {30, 30, 20}, {15, 30, 10}, {29, 30, 19}, {1, 30, 0}, {0, 1, 0}, {-5, 9, 0}, {math.MaxInt64, math.MaxInt64, 20}, {1 << 61, 1 << 62, 10}} {
		if got := barOf(c.v, c.most); got != c.want {
			t.Errorf("%d of %d is a bar of %d, want %d", c.v, c.most, got, c.want)
		}
	}
}

func TestALineIsDrawnAsOneAndEveryFileHasWords(t *testing.T) {
	w := open(t, bottest.NewRecorder(), discordtest.Options{})
	drawn := func(kind string) discordtest.Message {
		w.say(chat.ReplyTo{Place: w.at(w.market, "")}, chat.Post{Job: kind, Text: "The trend:", Files: []chat.File{{Name: "spend.csv", Data: []byte("a,b\n")}}, Chart: &chat.Chart{
			Title: "Trend", Kind: kind, Unit: "requests", Labels: []string{"Mon", "Tue", "Wed"}, Series: []chat.Series{{Name: "economy", Values: []int64{1, 9, 5}}}}})
		all := w.f.Messages(w.market, w.omar)
		return all[len(all)-1]
	}
	line, bars := drawn("line"), drawn("bar")
	if bytes.Equal(line.Files[0].Data, bars.Files[0].Data) || strings.Contains(line.Content, "█") || !strings.Contains(line.Content, "Tue 9") {
		t.Errorf("a line says %q", line.Content)
	}
	for _, f := range append(line.Files, bars.Files...) {
		if f.Alt == "" {
			t.Errorf("%s has no words", f.Name)
		}
	}
}

func TestAccessFollowsDiscordsRules(t *testing.T) {
	w := found(t, discordtest.Options{})
	muted := w.f.AddRole(w.guild, "muted", 0)
	vip := w.f.AddRole(w.guild, "vip", 0)
	admin := w.f.AddRole(w.guild, "admin", discordtest.Administrator)
	loud := w.f.AddChannel(w.guild, "loud", 0, discordtest.Overwrite{ID: muted, Deny: discordtest.SendMessages}, discordtest.Overwrite{ID: vip, Allow: discordtest.SendMessages})
	hidden := w.f.AddChannel(w.guild, "hidden", 0, discordtest.Overwrite{ID: w.guild, Deny: discordtest.ViewChannel})
	past := w.f.AddChannel(w.guild, "past", 0, discordtest.Overwrite{ID: w.guild, Deny: discordtest.ReadHistory})
	people := map[string]string{}
	for name, roles := range map[string][]string{"plain": nil, "muted": {muted}, "both": {muted, vip}, "admin": {admin}, "late": nil} {
		people[name] = w.f.AddUser(name, false)
		w.f.Join(w.guild, people[name], roles...)
	}
	w.f.TimeOut(w.guild, people["late"], w.f.Clock().Now().Add(time.Hour))
	w.connect(bottest.NewRecorder())
	for _, c := range []struct {
		who         string
		at          chat.Place
		read, write bool
	}{
		{"plain", w.at(loud, ""), true, true}, {"muted", w.at(loud, ""), true, false}, {"both", w.at(loud, ""), true, true},
		{"plain", w.at(hidden, ""), false, false}, {"admin", w.at(hidden, ""), true, true}, {"plain", w.at(past, ""), false, false},
		{"late", w.at(loud, ""), true, false}, {"late", w.at(w.market, w.thread), true, false}, {"plain", w.at(w.market, w.thread), true, true},
		{"plain", w.at(loud, w.thread), false, false},
	} {
		got, _ := w.a.Opener().Directory().Access(t.Context(), c.at, people[c.who])
		if got.Read != c.read || got.Write != c.write {
			t.Errorf("%s at %v may read %v, write %v", c.who, c.at, got.Read, got.Write)
		}
	}
}

func TestTheRightsToAttachAndEmbed(t *testing.T) {
	w := open(t, bottest.NewRecorder(), discordtest.Options{})
	access := func() chat.Access {
		t.Helper()
		w.settle()
		got, err := w.a.Opener().Directory().Access(t.Context(), w.at(w.market, w.thread), w.maya)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	if a := access(); !a.Attach || !a.Embed {
		t.Fatalf("access %+v", a)
	}
	for _, step := range []struct {
		lost                 uint64
		write, attach, embed bool
	}{{discordtest.EmbedLinks, true, true, false}, {discordtest.AttachFiles, true, false, false}, {discordtest.SendInThreads, false, false, false}} {
		w.f.Forbid(w.market, w.maya, step.lost)
		if a := access(); a.Write != step.write || a.Attach != step.attach || a.Embed != step.embed {
			t.Errorf("without %b: %+v", step.lost, a)
		}
	}
}

// TestNoFileGoesWhereNoneMay: what the bot, or who asked, may not attach is left
// out and named; a chart keeps its figures, and a long text its beginning.
func TestNoFileGoesWhereNoneMay(t *testing.T) {
	long := strings.Repeat("A line of a very long answer, number after number.\n", 400)
	chart := &chat.Chart{Title: "Trend", Kind: "bar", Unit: "requests", Labels: []string{"Mon"}, Series: []chat.Series{{Name: "economy", Values: []int64{7}}}}
	for name, c := range map[string]struct {
		deny func(w *town)
		to   func(w *town) chat.ReplyTo
		why  string
	}{
		"the bot may not": {func(w *town) { w.f.Forbid(w.market, w.f.Bot().ID, discordtest.AttachFiles) },
			func(w *town) chat.ReplyTo { return chat.ReplyTo{Place: w.at(w.market, "")} }, "I may not attach files here"},
		"who asked may not": {func(w *town) { w.f.Forbid(w.market, w.maya, discordtest.AttachFiles) },
			func(w *town) chat.ReplyTo { return chat.ReplyTo{Place: w.at(w.market, ""), To: w.maya} }, "whoever asked may not attach files here"},
	} {
		t.Run(name, func(t *testing.T) {
			w := open(t, bottest.NewRecorder(), discordtest.Options{})
			c.deny(w)
			w.settle()
			said := func(job string, p chat.Post) string {
				t.Helper()
				before := len(w.f.Messages(w.market, w.omar))
				p.Job = job
				w.say(c.to(w), p)
				var all []string
				for _, m := range w.f.Messages(w.market, w.omar)[before:] {
					all = append(all, m.Content)
					if len(m.Files) > 0 {
						t.Errorf("%s carries %s", job, m.Files[0].Name)
					}
				}
				return strings.Join(all, "|")
			}
			if text := said("chart", chat.Post{Text: "The week:", Chart: chart}); !strings.Contains(text, "Mon ████████████████████ 7") || strings.Contains(text, "left out") {
				t.Errorf("a chart says %q", text)
			}
			if text := said("csv", chat.Post{Text: "The rows:", Files: []chat.File{{Name: "spend.csv", Data: []byte("a")}}, Footer: "economy"}); !strings.HasSuffix(text, "\n-# spend.csv is left out: "+c.why+".\n-# economy") {
				t.Errorf("a file says %q", text)
			}
			if text := said("long", chat.Post{Text: long}); strings.Count(text, "|") != maxParts-1 || !strings.HasSuffix(text, "the rest needs a file: "+c.why+".") {
				t.Errorf("a long text ends in %q", text[max(0, len(text)-100):])
			}
			// What only the asker sees is not the channel's matter.
			ref := w.say(chat.ReplyTo{Place: w.at(w.market, ""), Private: true, To: w.maya}, chat.Post{Job: "own", Private: true, Text: "The rows:", Files: []chat.File{{Name: "spend.csv", Data: []byte("a")}}})
			if own := w.f.Messages(ref.Channel, w.maya); len(own[len(own)-1].Files) != 1 {
				t.Error("the asker's own file is left out")
			}
			w.f.CheckManners(t)
		})
	}
}

func FuzzIDs(f *testing.F) {
	f.Add("answer.stronger", "01JX|x", 3)
	f.Add("", "", 0)
	f.Add("~n", strings.Repeat("é", 90), 30)
	a := &Adapter{ids: signer{key: []byte("key")}, memory: &shelf{mu: sync.Mutex{}, kept: map[string][]byte{}}}
	f.Fuzz(func(t *testing.T, name, value string, i int) {
		if strings.Contains(name, "|") || i < 0 {
			t.Skip()
		}
		id, err := a.idOf(t.Context(), "t", buttonKind(i, i%2 == 0), name, value)
		if err != nil || units(id) > idLimit {
			t.Fatalf("id of %d units, %v", units(id), err)
		}
		if _, n, v, ok := a.meant(t.Context(), "t", id); !ok || n != name || v != value {
			t.Errorf("%q with %q came back as %q with %q", name, value, n, v)
		}
		if _, _, _, ok := (signer{key: []byte("another")}).read(id); ok {
			t.Error("another key reads it")
		}
	})
}
