// Package observe sets up what the operator sees: the log. Every line goes
// through one handler that prints only attributes, never message text or
// secrets: values that look like a token are masked even when code hands them
// in by mistake. The package does not decide what is worth logging and keeps
// no numbers; metrics and traces have their own rooms.
package observe

import (
	"fmt"
	"io"
	"log/slog"
	"regexp"
	"strings"
)

// secret matches what must never be printed: the tokens of the platforms and
// providers we talk to, by their published prefixes.
var secret = regexp.MustCompile(`(xox[abeprs]-|xapp-|sk-|gsk_|Bearer\s+|Bot\s+)[A-Za-z0-9._\-]{6,}`)

// NewLog returns a logger that writes JSON lines, or text lines when human is
// set. level is "debug", "info", "warn" or "error".
func NewLog(w io.Writer, level string, human bool) (*slog.Logger, error) {
	var l slog.Level
	if err := l.UnmarshalText([]byte(strings.ToUpper(level))); err != nil {
		return nil, fmt.Errorf("observe: log level %q: use debug, info, warn or error", level)
	}
	o := &slog.HandlerOptions{Level: l, ReplaceAttr: mask}
	if human {
		return slog.New(slog.NewTextHandler(w, o)), nil
	}
	return slog.New(slog.NewJSONHandler(w, o)), nil
}

func mask(_ []string, a slog.Attr) slog.Attr {
	switch v := a.Value.Any().(type) {
	case string:
		return slog.String(a.Key, secret.ReplaceAllString(v, "$1***"))
	case error:
		return slog.String(a.Key, secret.ReplaceAllString(v.Error(), "$1***"))
	}
	return a
}
