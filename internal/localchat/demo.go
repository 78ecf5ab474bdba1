package localchat

import (
	"bufio"
	"embed"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tierwise/tierwise/internal/chat"
)

//go:embed demo/*.txt
var demoFiles embed.FS

// Demo is a Source of two workspaces to play in: "kestrel", a product company,
// and "alder", an agency. Each has members, an admin, a finance owner and a
// guest; in kestrel a customer shares one channel. All of it is invented.
func Demo(born time.Time) ([]Seed, error) {
	kestrel := Seed{ID: "kestrel", Name: "Kestrel", Members: []Member{
		{ID: "u-maya", Name: "maya", Title: "support lead"},
		{ID: "u-omar", Name: "omar", Title: "backend"},
		{ID: "u-ines", Name: "ines", Title: "product"},
		{ID: "u-jonas", Name: "jonas", Title: "frontend"},
		{ID: "u-priya", Name: "priya", Title: "engineering manager", Admin: true},
		{ID: "u-lena", Name: "lena", Title: "controller", Groups: []string{"finance"}},
		{ID: "u-tom", Name: "tom", Title: "freelance designer", Guest: true},
		{ID: "u-ruth", Name: "ruth", Title: "Northline, customer", External: true},
		{ID: "u-deploybot", Name: "deploybot", Title: "deployments", Bot: true},
	}}
	alder := Seed{ID: "alder", Name: "Alder Studio", Members: []Member{
		{ID: "u-nils", Name: "nils", Title: "developer"},
		{ID: "u-ben", Name: "ben", Title: "designer"},
		{ID: "u-carla", Name: "carla", Title: "owner", Admin: true},
		{ID: "u-fay", Name: "fay", Title: "office and books", Groups: []string{"finance"}},
		{ID: "u-gast", Name: "gast", Title: "trainee", Guest: true},
	}}
	seeds := []Seed{kestrel, alder}
	for i := range seeds {
		if err := seeds[i].readDemo(born); err != nil {
			return nil, err
		}
	}
	// A guest sees what he was invited to.
	seeds[0].channel("release").Members = []string{"u-tom"}
	seeds[1].channel("projects").Members = []string{"u-gast"}
	return seeds, nil
}

func (s *Seed) readDemo(born time.Time) error {
	f, err := demoFiles.Open("demo/" + s.ID + ".txt")
	if err != nil {
		return fmt.Errorf("localchat: demo: %w", err)
	}
	defer f.Close() // read only
	if err := s.readScript(f, born); err != nil {
		return fmt.Errorf("localchat: demo %s: %w", s.ID, err)
	}
	return nil
}

// readScript reads conversations in the form the demo files describe.
func (s *Seed) readScript(r io.Reader, born time.Time) error {
	var begin time.Time
	var c *ChannelSeed
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		words := strings.Fields(lines.Text())
		switch {
		case len(words) == 0 || words[0] == "#":
		case words[0] == "channel" && len(words) > 2:
			c = s.channel(words[1])
			c.Kind, c.Members = channelKind(words[2]), memberIDs(words[3:])
		case words[0] == "thread" && len(words) == 4 && c != nil:
			hours, err := strconv.Atoi(words[3])
			if err != nil {
				return fmt.Errorf("line %d: hours: %w", n, err)
			}
			begin = born.Add(-time.Duration(hours) * time.Hour).Truncate(time.Minute)
			c.Threads = append(c.Threads, ThreadSeed{ID: words[1]})
		default:
			if c == nil || len(c.Threads) == 0 {
				return fmt.Errorf("line %d: a message before its thread", n)
			}
			line, err := scriptLine(lines.Text(), begin, born)
			if err != nil {
				return fmt.Errorf("line %d: %w", n, err)
			}
			t := &c.Threads[len(c.Threads)-1]
			t.Lines = append(t.Lines, line)
		}
	}
	return lines.Err()
}

func scriptLine(text string, begin, born time.Time) (Line, error) {
	head, said, ok := strings.Cut(text, ": ")
	minutes, author, both := strings.Cut(head, " ")
	after, err := strconv.Atoi(minutes)
	if !ok || !both || err != nil {
		return Line{}, fmt.Errorf("want %q", "<minutes> <author>: <text>")
	}
	return Line{At: begin.Add(time.Duration(after) * time.Minute), Author: "u-" + author, Text: withDates(said, born)}, nil
}

var relativeDate = regexp.MustCompile(`\{([+-]\d+)\}`)

// withDates replaces {+3} by the date three days after born.
func withDates(text string, born time.Time) string {
	return relativeDate.ReplaceAllStringFunc(text, func(mark string) string {
		days, err := strconv.Atoi(strings.Trim(mark, "{}"))
		if err != nil {
			return mark
		}
		return born.AddDate(0, 0, days).Format("Mon 2 Jan")
	})
}

// channelKind reads the word of a demo file. A shared channel is a private one
// with an outsider among its members.
func channelKind(word string) chat.ChannelKind {
	if slices.Contains([]string{"private", "shared"}, word) {
		return chat.PrivateChannel
	}
	return chat.PublicChannel
}

func memberIDs(names []string) []string {
	var ids []string
	for _, name := range names {
		ids = append(ids, "u-"+name)
	}
	return ids
}
