package discord

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tierwise/tierwise/bots/bottest"
	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/config"
)

// script is a gateway without a network: frames that come, words that were
// said, and what it does when something is said.
type script struct {
	frames chan frame
	end    chan struct{}
	once   sync.Once
	said   []outbound
	codes  []int
	on     func(outbound)
}

func newScript(words ...string) *script {
	w := &script{frames: make(chan frame, 1000), end: make(chan struct{}), on: func(outbound) {}}
	for _, s := range words {
		w.come(s)
	}
	return w
}

func (w *script) come(s string) { w.frames <- readFrame([]byte(s)) }

func (w *script) receive() (frame, error) {
	select {
	case f := <-w.frames:
		return f, nil
	case <-w.end:
		return frame{}, errors.New("cut")
	}
}

func (w *script) send(o outbound) error {
	w.said = append(w.said, o)
	w.on(o)
	return nil
}

func (w *script) part(code int) { w.codes = append(w.codes, code) }

func (w *script) cut() { w.once.Do(func() { close(w.end) }) }

func (w *script) count(op int) int {
	n := 0
	for _, o := range w.said {
		if o.Op == op {
			n++
		}
	}
	return n
}

// lonely is a shard whose adapter has no network.
func lonely(t testing.TB, count func(string)) *shard {
	t.Helper()
	a, err := New(Config{Door: bottest.NewRecorder(), Token: config.NewSecret("t"), Count: count, Transport: noNetwork{},
		Owned:     func(context.Context, chat.Place) (chat.Owned, error) { return chat.Owned{}, nil },
		FollowUps: func(context.Context, chat.Place, chat.Channel) bool { return false }})
	if err != nil {
		t.Fatal(err)
	}
	a.me = chat.Identity{User: "1", App: "2"}
	a.sleep = func(context.Context, time.Duration) error { return nil }
	return newShard(a, 0, 1)
}

// noNetwork refuses every request.
type noNetwork struct{}

func (noNetwork) RoundTrip(*http.Request) (*http.Response, error) {
	return nil, errors.New("no network")
}

const (
	hello   = `{"op":10,"d":{"heartbeat_interval":41250}}`
	resumed = `{"op":0,"t":"RESUMED","s":8,"d":{}}`
)

// held is a shard that has a session to resume.
func held(t *testing.T, count func(string)) *shard {
	s := lonely(t, count)
	s.session = session{id: "s1", seq: 7}
	return s
}

func TestAConnectionThatIsAnsweredLastsForDays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, w := held(t, nil), newScript(hello, resumed)
		w.on = func(o outbound) {
			if o.Op == opHeartbeat {
				w.come(`{"op":11}`)
			}
		}
		ctx, stop := context.WithTimeout(t.Context(), 48*time.Hour)
		defer stop()
		if err := s.converse(ctx, w); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("it ended with %v", err)
		}
		want := int(48 * time.Hour / usualBeat)
		if n := w.count(opHeartbeat); n < want-1 || n > want+1 {
			t.Errorf("%d heartbeats, want about %d", n, want)
		}
		if last := w.said[len(w.said)-1]; last.Data != int64(8) {
			t.Errorf("a heartbeat says %v", last.Data)
		}
		if w.count(opResume) != 1 || w.count(opIdentify) != 0 || len(w.codes) != 1 || w.codes[0] != closeFarewell {
			t.Errorf("said %v, parted with %v", w.said[0], w.codes)
		}
	})
}

func TestAZombieIsLeftWithinTwoBeats(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, w := held(t, nil), newScript(hello, resumed)
		began := time.Now()
		err := s.converse(t.Context(), w)
		if !errors.Is(err, errZombie) || time.Since(began) > 2*usualBeat+time.Second {
			t.Errorf("it ended with %v after %s", err, time.Since(began))
		}
		if s.session.id != "s1" || w.codes[0] != closeResuming {
			t.Errorf("session %+v cannot be resumed, parted with %v", s.session, w.codes)
		}
	})
}

func TestTheFirstBeatsAreSpread(t *testing.T) {
	first := map[time.Duration]bool{}
	for range 20 {
		synctest.Test(t, func(t *testing.T) {
			s, w := held(t, nil), newScript(hello, resumed)
			began := time.Now()
			w.on = func(o outbound) {
				if o.Op == opHeartbeat {
					first[time.Since(began)] = true
					w.come(`{"op":7}`)
				}
			}
			_ = s.converse(t.Context(), w)
		})
	}
	for d := range first {
		if d > usualBeat {
			t.Errorf("the first beat came after %s", d)
		}
	}
	if len(first) < 10 {
		t.Errorf("20 first beats came at only %d instants", len(first))
	}
}

func TestASilentBeginningIsLeft(t *testing.T) {
	for name, words := range map[string][]string{"no hello": nil, "no first event": {hello}, "nothing readable": {`{}`, `[]`, `7`, ``}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, w := held(t, nil), newScript(words...)
				if err := s.converse(t.Context(), w); !errors.Is(err, errNoWord) {
					t.Errorf("it ended with %v", err)
				}
			})
		})
	}
}

func TestHeartbeatsThatAreAskedForAreSentButNoStormOfThem(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, w := held(t, nil), newScript(hello, resumed)
		for range 500 {
			w.come(`{"op":1,"d":null}`)
		}
		ctx, stop := context.WithTimeout(t.Context(), 500*time.Millisecond)
		defer stop()
		_ = s.converse(ctx, w)
		if n := w.count(opHeartbeat); n < 1 || n > 2 {
			t.Errorf("%d heartbeats for 500 requests in half a second", n)
		}
	})
}

func TestWhatARefusedSessionLeaves(t *testing.T) {
	for word, id := range map[string]string{`{"op":9,"d":true}`: "s1", `{"op":9,"d":false}`: "", `{"op":9,"d":null}`: "", `{"op":9}`: "", `{"op":9,"d":"yes"}`: "", `{"op":7,"d":null}`: "s1"} {
		s, w := held(t, nil), newScript(hello, word)
		err := s.converse(t.Context(), w)
		if !errors.Is(err, errInvalid) && !errors.Is(err, errAsked) || s.session.id != id {
			t.Errorf("%s: %v, session %q", word, err, s.session.id)
		}
	}
}

// TestNonsenseNeverEndsAConnection: frames of every wrong shape are passed over
// or counted, and the connection goes on.
func TestNonsenseNeverEndsAConnection(t *testing.T) {
	counted := newTally()
	s, w := held(t, counted.add), newScript(hello, resumed)
	odd := []string{`null`, `"d":null`, `{"op":null}`, `{"op":"0"}`, `{"op":-1}`, `{"op":99}`, `{"op":1e99}`, `{"op":0}`, `{"op":0,"t":5,"s":"x","d":[]}`, `{"op":0,"t":null,"s":-4,"d":null}`}
	kinds := []string{"GUILD_CREATE", "GUILD_UPDATE", "GUILD_DELETE", "MESSAGE_CREATE", "MESSAGE_UPDATE", "INTERACTION_CREATE", "CHANNEL_CREATE", "THREAD_CREATE", "THREAD_DELETE", "GUILD_MEMBER_UPDATE", "GUILD_ROLE_DELETE", "NEW"}
	data := []string{`null`, `{}`, `[]`, `7`, `"x"`, `true`, `{"id":null}`, `{"id":7}`, `{"id":{}}`, `{"id":"1","channels":7}`, `{"id":"1","channels":[null,7,{"id":null}]}`, `{"id":"1","channel_id":"1","author":null,"type":"0"}`,
		`{"id":"1","guild_id":[],"user":null}`, `{"id":"1","channel_id":"1","author":{"id":"9"},"mentions":[null]}`}
	for _, k := range kinds {
		odd = append(odd, fmt.Sprintf(`{"op":0,"t":%q,"s":9}`, k))
		for _, d := range data {
			odd = append(odd, fmt.Sprintf(`{"op":0,"t":%q,"s":9,"d":%s}`, k, d))
		}
	}
	for _, o := range odd {
		w.come(o)
	}
	w.come(`{"op":7}`)
	if err := s.converse(t.Context(), w); !errors.Is(err, errAsked) {
		t.Errorf("it ended with %v", err)
	}
	s.a.lanes.idle()
	if counted.of("discord.panic") != 0 || counted.of("discord.unreadable_frame") != 7 {
		t.Errorf("counted %v", counted.n)
	}
}

// FuzzFrame: whatever bytes come, reading them and acting on them never panics
// and never gives what the rest does not expect.
func FuzzFrame(f *testing.F) {
	for _, s := range []string{hello, resumed, `{"op":9,"d":false}`, `{"op":0,"t":"MESSAGE_CREATE","s":3,"d":{"id":"1","channel_id":"2","author":{"id":"3"},"mentions":[null]}}`,
		`{"op":0,"t":"INTERACTION_CREATE","s":3,"d":{"id":"1","type":2,"member":null,"data":{"options":[null]}}}`, `null`, ``, `{"op":1e3}`, `{"op":0,"t":"GUILD_CREATE","s":2,"d":null}`} {
		f.Add([]byte(s))
	}
	counted := newTally()
	a := lonely(f, counted.add).a
	f.Fuzz(func(t *testing.T, raw []byte) {
		got := readFrame(raw)
		if got.op < opUnreadable || got.seq < 0 || got.op != opUnreadable && !json.Valid(raw) {
			t.Fatalf("read %+v", got)
		}
		if d := got.interval(); d <= 0 || d > mostBeat {
			t.Fatalf("an interval of %s", d)
		}
		a.on(got.kind, got.data)
		a.lanes.idle()
		if counted.of("discord.panic") > 0 {
			t.Fatal("it panicked")
		}
	})
}

func TestWhereTheTokenIsSent(t *testing.T) {
	for in, want := range map[string]string{
		"wss://gateway.discord.gg":                 "wss://gateway.discord.gg/?encoding=json&v=10",
		"wss://gateway-us-east1-b.discord.gg/?v=9": "wss://gateway-us-east1-b.discord.gg/?encoding=json&v=10",
		"ws://gateway.discord.gg":                  "",
		"https://gateway.discord.gg":               "",
		"wss://":                                   "",
		"":                                         "",
		":":                                        "",
	} {
		if got, err := socketURL(in, false); got != want || (err == nil) != (want != "") {
			t.Errorf("%q gave %q, %v", in, got, err)
		}
	}
	if got, err := socketURL("ws://127.0.0.1:1/gateway", true); err != nil || got != "ws://127.0.0.1:1/gateway?encoding=json&v=10" {
		t.Errorf("a plain API gave %q, %v", got, err)
	}
}
