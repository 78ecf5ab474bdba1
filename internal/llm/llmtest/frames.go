package llmtest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// Frames is the body of a stream, cut where the server flushes.
type Frames []string

// The figures of the normal usage body.
const (
	Prompt     = 120
	Cached     = 20
	Completion = 14
	Reasoned   = 4
)

// Usage is the normal usage body: Prompt tokens sent, Cached of them from the
// cache, Completion received, Reasoned of them hidden.
var Usage = fmt.Sprintf(`{"prompt_tokens":%d,"completion_tokens":%d,"total_tokens":%d,`+
	`"prompt_tokens_details":{"cached_tokens":%d},"completion_tokens_details":{"reasoning_tokens":%d}}`,
	Prompt, Completion, Prompt+Completion, Cached, Reasoned)

// Data is one event.
func Data(json string) string { return "data: " + json + "\n\n" }

// Delta is a chunk whose delta is the given JSON object.
func Delta(delta string) string {
	return chunk(`[{"index":0,"delta":`+delta+`,"finish_reason":null}]`, "null")
}

// Text is a chunk with some text of the answer.
func Text(s string) string {
	q, _ := json.Marshal(s)
	return Delta(`{"content":` + string(q) + `}`)
}

// Role is the chunk that opens an answer.
func Role() string { return Delta(`{"role":"assistant","content":""}`) }

// Finish is the chunk that gives the reason of the end.
func Finish(reason string) string {
	return chunk(`[{"index":0,"delta":{},"finish_reason":"`+reason+`"}]`, "null")
}

// Used is the chunk with the usage body and no choices.
func Used(usage string) string { return chunk(`[]`, usage) }

// Done ends a stream.
func Done() string { return "data: [DONE]\n\n" }

func chunk(choices, usage string) string {
	return Data(`{"id":"chatcmpl-1","object":"chat.completion.chunk","created":1760000000,"model":"served-1",` +
		`"service_tier":"default","system_fingerprint":"fp_1","choices":` + choices + `,"usage":` + usage + `}`)
}

// Answer is a normal stream of the given pieces of text.
func Answer(pieces ...string) Frames {
	f := Frames{Role()}
	for _, p := range pieces {
		f = append(f, Text(p))
	}
	return append(f, Finish("stop"), Used(Usage), Done())
}

// Reply sends the frames as an event stream.
func (f Frames) Reply() Reply { return f.as("text/event-stream; charset=utf-8") }

func (f Frames) as(contentType string) Reply {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		f.send(w)
	}
}

func (f Frames) send(w http.ResponseWriter) {
	for _, frame := range f {
		if _, err := w.Write([]byte(frame)); err != nil {
			return
		}
		_ = http.NewResponseController(w).Flush()
	}
}

// As sends the frames under another content type.
func (f Frames) As(contentType string) Reply { return f.as(contentType) }

// Cut sends the first n frames and then breaks the connection.
func (f Frames) Cut(n int) Reply {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		w.WriteHeader(http.StatusOK)
		_ = http.NewResponseController(w).Flush()
		f[:n].send(w)
		panic(http.ErrAbortHandler)
	}
}

// Hang sends the first n frames and then nothing until the client leaves.
func (f Frames) Hang(n int) Reply {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		f[:n].send(w)
		<-r.Context().Done()
	}
}

// Map changes every frame.
func (f Frames) Map(change func(string) string) Frames {
	out := make(Frames, len(f))
	for i, frame := range f {
		out[i] = change(frame)
	}
	return out
}

// CRLF ends every line with CR LF.
func (f Frames) CRLF() Frames {
	return f.Map(func(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") })
}

// NoSpace leaves out the space after the colon.
func (f Frames) NoSpace() Frames {
	return f.Map(func(s string) string { return strings.Replace(s, "data: ", "data:", 1) })
}

// NoBlank leaves out the blank line between events.
func (f Frames) NoBlank() Frames {
	return f.Map(func(s string) string { return strings.ReplaceAll(s, "\n\n", "\n") })
}

// KeepAlive puts a comment before every frame.
func (f Frames) KeepAlive() Frames {
	return f.Map(func(s string) string { return ": PROCESSING\n\n" + s })
}
