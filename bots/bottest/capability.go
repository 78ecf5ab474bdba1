package bottest

import (
	"errors"
	"fmt"
	"strings"

	"github.com/tierwise/tierwise/internal/chat"
)

// capabilities are the cases that hold an adapter to what it claims, and to
// what it does not claim.
func capabilities() []testCase {
	return []testCase{
		{"threads", claimThreads},
		{"editing a public post", claimEdit},
		{"editing a private post", claimEditEphemeral},
		{"appending", claimAppend},
		{"buttons", claimButtons},
		{"files", claimFiles},
		{"tables", claimTables},
		{"charts", claimCharts},
	}
}

func claimThreads(s *stage) {
	r, e := s.asked()
	ref := s.put(r, final("threads-1", "walrus"))
	if inThread := ref.Thread != "" || e.ReplyTo.Place.Thread != ""; inThread != r.Capabilities().Threads {
		s.Errorf("answered in a thread: %v, claimed: %v", inThread, r.Capabilities().Threads)
	}
}

// edits replaces a post and says whether the viewer then sees the new text only.
func (s *stage) edits(r chat.Responder, at chat.Place, claimed bool) {
	s.Helper()
	ref := s.put(r, final("edit-1", "walrus before"))
	p := final("edit-1", "walrus after")
	p.Ref = ref
	_, err := r.Put(s.Context(), p)
	switch {
	case !claimed && errors.Is(err, chat.ErrUnsupported):
	case err != nil:
		s.Errorf("replacing gave %v, claimed %v", err, claimed)
	case claimed:
		if m := s.one(at, s.Cast.Asker, "walrus"); !strings.Contains(m.Text, "after") {
			s.Errorf("the post reads %q", m.Text)
		}
	}
}

func claimEdit(s *stage) {
	r, e := s.asked()
	s.edits(r, e.ReplyTo.Place, r.Capabilities().Edit)
}

func claimEditEphemeral(s *stage) {
	r, e := s.commanded()
	s.edits(r, e.ReplyTo.Place, r.Capabilities().EditEphemeral)
}

func claimAppend(s *stage) {
	r, e := s.asked()
	ref := s.put(r, chat.Post{Job: "append-1", Stage: chat.Live, Text: "walrus "})
	err := r.Append(s.Context(), ref, "sings")
	if !r.Capabilities().Append {
		if !errors.Is(err, chat.ErrUnsupported) {
			s.Errorf("append gave %v, want ErrUnsupported", err)
		}
		return
	}
	if err == nil {
		err = r.Append(s.Context(), ref, " loudly")
	}
	if err != nil {
		s.Fatalf("append: %v", err)
	}
	done := final("append-1", "walrus sings loudly")
	done.Ref = ref
	s.put(r, done)
	if m := s.one(e.ReplyTo.Place, s.Cast.Other, "walrus"); !strings.Contains(m.Text, "walrus sings loudly") || m.Live {
		s.Errorf("the post reads %q, live %v", m.Text, m.Live)
	}
}

func claimButtons(s *stage) {
	r, e := s.asked()
	p := final("many-1", "walrus")
	for i := range min(3, r.Capabilities().Buttons) {
		p.Buttons = append(p.Buttons, chat.Button{Name: "b", Label: fmt.Sprintf("Button %d", i+1), Value: fmt.Sprint(i)})
	}
	if len(p.Buttons) == 0 {
		s.Skip("the platform has no buttons")
	}
	p.More = []chat.Button{{Name: "rest", Label: "Retract", Value: "r"}}
	ref := s.put(r, p)
	m := s.one(e.ReplyTo.Place, s.Cast.Other, "walrus")
	for _, b := range p.Buttons {
		if !strings.Contains(strings.Join(m.Buttons, "|"), b.Label) {
			s.Errorf("button %q is not among %q", b.Label, m.Buttons)
		}
	}
	s.Hands.Click(s.T, s.Cast.Asker, e.ReplyTo.Place, ref, "Retract")
	if clicks := s.ofKind(chat.Click); len(clicks) != 1 || clicks[0].Name != "rest" || clicks[0].Value != "r" {
		s.Errorf("what is behind ⋯ gave %s", kinds(clicks))
	}
}

func claimFiles(s *stage) {
	r, e := s.asked()
	p := final("files-1", "walrus")
	p.Files = []chat.File{{Name: "spend.csv", Type: "text/csv", Alt: "spend by day", Data: []byte("day,usd\n1,2\n"), Size: 12}}
	_, err := r.Put(s.Context(), p)
	if !r.Capabilities().Files {
		if !errors.Is(err, chat.ErrUnsupported) {
			s.Errorf("a file gave %v, want ErrUnsupported", err)
		}
		return
	}
	if err != nil {
		s.Fatalf("put: %v", err)
	}
	var files []string
	for _, m := range s.Eyes.Messages(s.T, e.ReplyTo.Place, s.Cast.Other) {
		files = append(files, m.Files...)
	}
	if len(files) != 1 || files[0] != "spend.csv" {
		s.Errorf("files seen: %q", files)
	}
}

func claimTables(s *stage) {
	r, e := s.asked()
	p := final("table-1", "walrus")
	p.Table = &chat.Table{Title: "By team", Columns: []chat.Column{{Name: "Team"}, {Name: "Cost", Number: true}},
		Rows: [][]string{{"Support | North", "$12.40"}, {"Product", "$0.0042"}}}
	s.drawn(r, e, p, r.Capabilities().Tables, "Team", "Cost", "North", "$12.40", "$0.0042")
}

func claimCharts(s *stage) {
	r, e := s.asked()
	p := final("chart-1", "walrus")
	p.Chart = &chat.Chart{Title: "Per day", Kind: "bar", Unit: "requests", Labels: []string{"Mon", "Tue"},
		Series: []chat.Series{{Name: "requests", Values: []int64{3, 1234}}}}
	s.drawn(r, e, p, r.Capabilities().Charts, "Per day")
}

// drawn posts p and looks for words of what it draws. What is not claimed is
// refused or drawn some other way, but never silently left out.
func (s *stage) drawn(r chat.Responder, e chat.Event, p chat.Post, claimed bool, words ...string) {
	s.Helper()
	_, err := r.Put(s.Context(), p)
	if !claimed && errors.Is(err, chat.ErrUnsupported) {
		return
	}
	if err != nil {
		s.Fatalf("put: %v", err)
	}
	var text strings.Builder
	var files int
	for _, m := range s.Eyes.Messages(s.T, e.ReplyTo.Place, s.Cast.Other) {
		text.WriteString(m.Text)
		files += len(m.Files)
	}
	if files > 0 { // drawn as a picture
		return
	}
	for _, w := range words {
		if !strings.Contains(text.String(), w) {
			s.Errorf("%q is not to be seen", w)
		}
	}
}
