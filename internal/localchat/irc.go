package localchat

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/tierwise/tierwise/internal/chat"
)

// ircRow is one conversation of a thread file.
type ircRow struct {
	ID       string `json:"thread_id"`
	Source   string `json:"source"`
	Channel  string `json:"channel"`
	Messages []struct {
		TS   string `json:"ts"`
		User string `json:"user"`
		Text string `json:"text"`
	} `json:"messages"`
}

// Threads is LoadThreads as a Source.
func Threads(r io.Reader) Source {
	return func(time.Time) ([]Seed, error) {
		seed, err := LoadThreads(r)
		if err != nil {
			return nil, err
		}
		return []Seed{seed}, nil
	}
}

// LoadThreads reads conversations, one JSON object a line with thread_id,
// source, channel (optional) and messages (ts in Unix seconds, user, text),
// as a workspace "irc": one public channel per channel name, or per source
// where there is none, and one thread per row. Every author is a member; three
// more members can be acted as: you (a member), an admin and a guest. An error
// names the line.
func LoadThreads(r io.Reader) (Seed, error) {
	seed := Seed{ID: "irc", Name: "Loaded threads", Members: []Member{
		{ID: "u-you", Name: "you"}, {ID: "u-admin", Name: "admin", Admin: true},
		{ID: "u-finance", Name: "finance", Groups: []string{"finance"}}, {ID: "u-guest", Name: "guest", Guest: true},
	}}
	known := map[string]bool{}
	for _, m := range seed.Members {
		known[m.ID] = true
	}
	in := bufio.NewReader(r)
	for n := 1; ; n++ {
		line, err := in.ReadBytes('\n')
		if err != nil && err != io.EOF {
			return Seed{}, fmt.Errorf("localchat: read threads: %w", err)
		}
		if line = bytes.TrimSpace(line); len(line) > 0 {
			if bad := seed.addRow(line, known); bad != nil {
				return Seed{}, fmt.Errorf("localchat: read threads: line %d: %w", n, bad)
			}
		}
		if err == io.EOF {
			break
		}
	}
	if len(seed.Channels) == 0 {
		return Seed{}, fmt.Errorf("localchat: read threads: no conversation in the file")
	}
	return seed, nil
}

func (s *Seed) addRow(line []byte, known map[string]bool) error {
	var row ircRow
	if err := json.Unmarshal(line, &row); err != nil {
		return fmt.Errorf("not a JSON object of the expected form: %w", err)
	}
	if row.ID == "" || len(row.Messages) == 0 {
		return fmt.Errorf("thread_id or messages missing")
	}
	thread := ThreadSeed{ID: slug(row.ID)}
	for i, m := range row.Messages {
		at, err := timestamp(m.TS)
		if err != nil {
			return fmt.Errorf("message %d: %w", i+1, err)
		}
		name := slug(m.User)
		if name == "" {
			return fmt.Errorf("message %d: user missing", i+1)
		}
		if id := "u-" + name; !known[id] {
			known[id] = true
			s.Members = append(s.Members, Member{ID: id, Name: name})
		}
		thread.Lines = append(thread.Lines, Line{At: at, Author: "u-" + name, Text: strings.ToValidUTF8(m.Text, "\uFFFD")})
	}
	c := s.channel(channelName(row))
	c.Threads = append(c.Threads, thread)
	return nil
}

func channelName(row ircRow) string {
	if name := slug(row.Channel); name != "" {
		return name
	}
	if name := slug(path.Base(strings.TrimRight(row.Source, "/"))); name != "" {
		return name
	}
	return "threads"
}

func (s *Seed) channel(name string) *ChannelSeed {
	for i := range s.Channels {
		if s.Channels[i].ID == name {
			return &s.Channels[i]
		}
	}
	s.Channels = append(s.Channels, ChannelSeed{ID: name, Name: name, Kind: chat.PublicChannel})
	return &s.Channels[len(s.Channels)-1]
}

// timestamp reads Unix seconds with an optional fraction, to the microsecond.
func timestamp(s string) (time.Time, error) {
	whole, fraction, _ := strings.Cut(s, ".")
	sec, err := strconv.ParseInt(whole, 10, 64)
	if err != nil || sec < 0 || sec > math.MaxInt32*4 {
		return time.Time{}, fmt.Errorf("ts is not a Unix time")
	}
	micros, err := strconv.ParseInt((fraction + "000000")[:6], 10, 64)
	if err != nil {
		return time.Time{}, fmt.Errorf("ts is not a Unix time")
	}
	return time.Unix(sec, micros*1000).UTC(), nil
}

// slug makes one word of letters, digits, "-" and "_".
func slug(s string) string {
	var b strings.Builder
	for _, r := range s {
		if handleRune(r) {
			b.WriteRune(r)
		} else if b.Len() > 0 && !strings.HasSuffix(b.String(), "-") {
			b.WriteByte('-')
		}
	}
	return strings.Trim(b.String(), "-")
}

// Fixed is a Source of workspaces that are known already.
func Fixed(seeds ...Seed) Source {
	return func(time.Time) ([]Seed, error) { return seeds, nil }
}
