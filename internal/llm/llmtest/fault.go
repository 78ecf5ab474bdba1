package llmtest

import (
	"fmt"
	"net/http"
	"strings"
)

// Status answers with a status, headers as pairs, and a body.
func Status(code int, body string, headers ...string) Reply {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		for i := 0; i+1 < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(code)
		_, _ = w.Write([]byte(body))
	}
}

// Refusal is an error body of the usual shape.
func Refusal(message, kind, code string) string {
	return fmt.Sprintf(`{"error":{"message":%q,"type":%q,"param":null,"code":%q}}`, message, kind, code)
}

// Page is an HTML page with a status, as a proxy in front of a provider sends.
func Page(code int) Reply {
	return Status(code, "<!DOCTYPE html><html><title>Just a moment...</title></html>", "Content-Type", "text/html; charset=UTF-8")
}

// Whole answers with one JSON document although a stream was asked for. An
// empty usage leaves the field out.
func Whole(text, usage string) string {
	if usage != "" {
		usage = `,"usage":` + usage
	}
	return fmt.Sprintf(`{"id":"chatcmpl-2","object":"chat.completion","model":"served-1","choices":[{"index":0,`+
		`"message":{"role":"assistant","content":%q},"finish_reason":"stop"}]%s}`, text, usage)
}

// Huge streams about the given number of megabytes, in many frames or as one
// endless line.
func Huge(megabytes int, oneLine bool) Reply {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		block := strings.Repeat("x", 1<<16)
		if oneLine {
			_, _ = w.Write([]byte(`data: {"choices":[{"delta":{"content":"`))
		} else {
			block = Text(block)
		}
		for range megabytes * 16 {
			if _, err := w.Write([]byte(block)); err != nil {
				return
			}
		}
	}
}

// Models is a model list of the given ids.
func Models(ids ...string) Reply {
	var b strings.Builder
	for i, id := range ids {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"id":%q,"object":"model","owned_by":"test","context_length":%d}`, id, 8192*(i+1))
	}
	return Status(http.StatusOK, `{"object":"list","data":[`+b.String()+`]}`)
}
