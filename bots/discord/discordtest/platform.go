package discordtest

import (
	"slices"

	"github.com/gorilla/websocket"
)

// Dispatch sends any event, as Discord would, to the sessions of a guild.
func (f *Fake) Dispatch(guild, kind string, d any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.tell(guild, kind, func(*session) any { return d })
}

// CutGateway cuts every connection without a word.
func (f *Fake) CutGateway() { f.endLines(func(l *line) { _ = l.conn.UnderlyingConn().Close() }) }

// CloseGateway closes every connection with a code.
func (f *Fake) CloseGateway(code int) { f.endLines(func(l *line) { l.closeWith(code) }) }

// Raw sends any text to every connection as it is.
func (f *Fake) Raw(text []byte) { f.endLines(func(l *line) { l.sendRaw(text) }) }

// Binary sends bytes that are no text to every connection.
func (f *Fake) Binary(b []byte) {
	f.endLines(func(l *line) {
		l.mu.Lock()
		defer l.mu.Unlock()
		_ = l.conn.WriteMessage(websocket.BinaryMessage, b)
	})
}

// Mute answers no more heartbeats on the connections there are.
func (f *Fake) Mute() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for l := range f.gateway.conns {
		l.mute = true
	}
}

// Beats is how many heartbeats came.
func (f *Fake) Beats() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.gateway.beats
}

// Reconnect asks every connection to connect again (Op 7).
func (f *Fake) Reconnect() { f.endLines(func(l *line) { l.send(obj{"op": 7, "d": nil}) }) }

func (f *Fake) endLines(end func(*line)) {
	f.mu.Lock()
	var all []*line
	for l := range f.gateway.conns {
		all = append(all, l)
	}
	f.mu.Unlock()
	for _, l := range all {
		end(l)
	}
}

// ForgetSessions makes every session impossible to resume; connections stay.
func (f *Fake) ForgetSessions() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for id, s := range f.gateway.sessions {
		if s.line == nil {
			delete(f.gateway.sessions, id)
		}
		s.id = "" // resuming it finds nothing
	}
	clear(f.gateway.sessions)
}

// Connections is how many sessions are connected now.
func (f *Fake) Connections() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := 0
	for _, s := range f.gateway.sessions {
		if s.line != nil {
			n++
		}
	}
	return n
}

// Gateway is what happened on the gateway: "identify", "resume", "refused" (a
// resume), "ended".
func (f *Fake) Gateway() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.gateway.log)
}

// Intents are those of the last identify.
func (f *Fake) Intents() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.gateway.intents
}

// Dispatched is how many events were made so far, each counted once.
func (f *Fake) Dispatched() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.gateway.dispatched
}
