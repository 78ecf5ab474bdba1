package discordtest

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// gateway is the state of all gateway sessions.
type gateway struct {
	sessions   map[string]*session
	conns      map[*line]struct{}
	identifies []time.Time
	resumes    int
	intents    int
	dispatched int
	beats      int
	log        []string // what happened, in order
}

// session outlives its connections, so that it can be resumed.
type session struct {
	id      string
	shard   int
	of      int
	content bool
	seq     int64
	events  []json.RawMessage // all that was dispatched, for replaying
	line    *line             // nil while nobody is connected
}

// line is one websocket connection.
type line struct {
	mu   sync.Mutex
	conn *websocket.Conn
	mute bool // answers no heartbeat; under Fake.mu
}

func (l *line) send(v any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	_ = l.conn.WriteJSON(v) // a client that went away reads nothing
}

func (l *line) sendRaw(b json.RawMessage) {
	l.mu.Lock()
	defer l.mu.Unlock()
	_ = l.conn.WriteMessage(websocket.TextMessage, b)
}

func (l *line) closeWith(code int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	_ = l.conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, ""), time.Now().Add(time.Second))
	_ = l.conn.Close()
}

type packet struct {
	Op   int             `json:"op"`
	Data json.RawMessage `json:"d"`
}

func (f *Fake) serveGateway(w http.ResponseWriter, r *http.Request) {
	if q := r.URL.Query(); q.Get("v") != "10" || q.Get("encoding") != "json" {
		f.problem("the gateway was asked for %q", r.URL.RawQuery)
	}
	up := websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}
	conn, err := up.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	l := &line{conn: conn}
	f.mu.Lock()
	if f.gateway.conns == nil {
		f.gateway.conns = map[*line]struct{}{}
	}
	f.gateway.conns[l] = struct{}{}
	silent, held := taken(&f.faults.noHello), f.faults.held
	f.mu.Unlock()
	if held != nil {
		held.come <- struct{}{}
		<-held.open
	}
	if !silent {
		l.send(obj{"op": 10, "d": obj{"heartbeat_interval": f.opts.Heartbeat.Milliseconds()}})
	}
	f.read(l)
	_ = conn.Close()
	f.mu.Lock()
	delete(f.gateway.conns, l)
	f.mu.Unlock()
}

func (f *Fake) read(l *line) {
	var s *session
	for {
		var p packet
		if err := l.conn.ReadJSON(&p); err != nil {
			f.left(s, l, err)
			return
		}
		switch p.Op {
		case 1:
			if f.beaten(l, p) {
				l.send(obj{"op": 11})
			}
		case 2, 6:
			if !f.firstFault(l) {
				if s = f.begin(l, p); s == nil {
					return
				}
			}
		}
	}
}

// beaten counts a heartbeat and says whether it is answered. Its data is the
// last number that came, or nothing.
func (f *Fake) beaten(l *line, p packet) bool {
	var seq *int64
	if json.Unmarshal(p.Data, &seq) != nil || seq != nil && *seq < 1 {
		f.problem("a heartbeat says %s", p.Data)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.gateway.beats++
	return !l.mute
}

// firstFault plays the faults of a first word.
func (f *Fake) firstFault(l *line) bool {
	f.mu.Lock()
	seven, nine, code := f.faults.first7 > 0, taken(&f.faults.first9), f.faults.closeWith
	f.faults.first7 = max(f.faults.first7-1, 0)
	f.faults.closeWith = 0
	f.mu.Unlock()
	switch {
	case seven:
		l.send(obj{"op": 7, "d": nil})
	case nine:
		l.send(obj{"op": 9, "d": false})
	case code != 0:
		l.closeWith(code)
	default:
		return false
	}
	return true
}

// left notes how a connection ended: closing it in good order ends the session
// too, everything else leaves it to be resumed.
func (f *Fake) left(s *session, l *line, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if s == nil || s.line != l {
		return
	}
	s.line = nil
	var c *websocket.CloseError
	if errors.As(err, &c) && (c.Code == websocket.CloseNormalClosure || c.Code == websocket.CloseGoingAway) {
		delete(f.gateway.sessions, s.id)
		f.gateway.log = append(f.gateway.log, "ended")
	}
}

// begin identifies or resumes; nil when the connection was closed.
func (f *Fake) begin(l *line, p packet) *session {
	var d struct {
		Token   string `json:"token"`
		Session string `json:"session_id"`
		Seq     int64  `json:"seq"`
		Intents int    `json:"intents"`
		Shard   []int  `json:"shard"`
	}
	_ = json.Unmarshal(p.Data, &d)
	if d.Token != Token {
		l.closeWith(4004)
		return nil
	}
	if p.Op == 6 {
		return f.resume(l, d.Session, d.Seq)
	}
	if d.Intents&(1<<15) != 0 && f.opts.NoContent {
		l.closeWith(4014)
		return nil
	}
	f.mu.Lock()
	s := &session{id: "s" + f.id(), of: 1, content: d.Intents&(1<<15) != 0}
	if len(d.Shard) == 2 {
		s.shard, s.of = d.Shard[0], d.Shard[1]
	}
	// Discord would go on telling a session that nobody hears for a while;
	// here a shard that begins anew is told of once.
	for id, old := range f.gateway.sessions {
		if old.shard == s.shard && old.of == s.of {
			delete(f.gateway.sessions, id)
		}
	}
	f.gateway.sessions[s.id] = s
	f.gateway.identifies = append(f.gateway.identifies, time.Now())
	f.gateway.intents = d.Intents
	f.gateway.log = append(f.gateway.log, "identify")
	guilds := []any{}
	var mine []*Guild
	for _, id := range f.order {
		if g := f.guilds[id]; g.Members[f.bot.ID] != nil && shardOf(id, s.of) == s.shard {
			guilds = append(guilds, obj{"id": id, "unavailable": true})
			if !g.Out {
				mine = append(mine, g)
			}
		}
	}
	s.line = l
	f.dispatch(s, "READY", obj{"v": 10, "user": f.userJSON(f.bot.ID), "guilds": guilds, "session_id": s.id, "resume_gateway_url": f.resumeURL(),
		"shard": []int{s.shard, s.of}, "application": obj{"id": f.app, "flags": 0}})
	for _, g := range mine {
		f.dispatch(s, "GUILD_CREATE", f.guildEvent(g))
	}
	f.mu.Unlock()
	return s
}

func (f *Fake) resume(l *line, id string, seq int64) *session {
	f.mu.Lock()
	s := f.gateway.sessions[id]
	if s == nil || taken(&f.faults.noResume) {
		delete(f.gateway.sessions, id)
		f.gateway.log = append(f.gateway.log, "refused")
		f.mu.Unlock()
		l.send(obj{"op": 9, "d": false})
		return &session{}
	}
	s.line = l
	f.gateway.resumes++
	f.gateway.log = append(f.gateway.log, "resume")
	for i, e := range s.events {
		if int64(i) >= seq {
			l.sendRaw(e)
		}
	}
	f.dispatch(s, "RESUMED", obj{})
	f.mu.Unlock()
	return s
}

func shardOf(id string, of int) int {
	n, _ := strconv.ParseUint(id, 10, 64)
	return int((n >> 22) % uint64(max(of, 1)))
}

func (f *Fake) guildEvent(g *Guild) obj {
	e := f.guildJSON(g)
	channels, threads := []any{}, []any{}
	for _, c := range f.channels {
		switch {
		case c.Guild != g.ID:
		case c.thread():
			threads = append(threads, f.channelJSON(c))
		default:
			channels = append(channels, f.channelJSON(c))
		}
	}
	e["channels"], e["threads"], e["members"], e["large"], e["unavailable"], e["member_count"], e["joined_at"] = channels, threads, []any{}, false, false, len(g.Members), stamp(g.Members[f.bot.ID].Joined)
	return e
}

// dispatch sends an event to one session, or keeps it for when the session is
// resumed. f.mu is held.
func (f *Fake) dispatch(s *session, kind string, d any) {
	s.seq++
	b, err := json.Marshal(obj{"op": 0, "t": kind, "s": s.seq, "d": d})
	if err != nil {
		f.note("event %s: %v", kind, err)
		return
	}
	s.events = append(s.events, b)
	f.gateway.dispatched++
	if s.line != nil {
		s.line.sendRaw(b)
	}
}

// tell dispatches an event of a guild, or of nobody's, to the sessions it
// belongs to. f.mu is held.
func (f *Fake) tell(guild, kind string, event func(s *session) any) {
	for _, s := range f.gateway.sessions {
		if guild == "" && s.shard == 0 || guild != "" && shardOf(guild, s.of) == s.shard {
			f.dispatch(s, kind, event(s))
		}
	}
}

func (f *Fake) wsURL() string { return "ws" + f.srv.URL[len("http"):] + "/gateway" }

// resumeURL is where sessions are resumed. f.mu is held.
func (f *Fake) resumeURL() string {
	if f.faults.resumeAt != "" {
		return f.faults.resumeAt
	}
	return f.wsURL()
}
