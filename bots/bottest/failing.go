package bottest

import (
	"errors"
	"time"

	"github.com/tierwise/tierwise/internal/chat"
)

// failing are the cases of the platform's bad days.
func failing() []testCase {
	return []testCase{
		{"a lost result is unknown and found by its job", lostResult},
		{"a job that was never posted is not found", neverPosted},
		{"a rate limit says how long to wait and then ends", rateLimit},
		{"an address that is gone is said to be gone", gone},
	}
}

func lostResult(s *stage) {
	r, e := s.asked()
	s.Faults.CutAfterCommit()
	if _, err := r.Put(s.Context(), final("lost-1", "walrus first")); !errors.Is(err, chat.ErrUnknownResult) {
		s.Fatalf("put gave %v, want ErrUnknownResult", err)
	}
	// Another replica looks: it knows nothing but the address.
	ref, err := s.open(e.ReplyTo).Find(s.Context(), "lost-1")
	if err != nil {
		s.Fatalf("find: %v", err)
	}
	again := final("lost-1", "walrus second")
	again.Ref = ref
	s.put(r, again)
	s.one(e.ReplyTo.Place, s.Cast.Other, "walrus second")
	s.one(e.ReplyTo.Place, s.Cast.Other, "walrus")
}

func neverPosted(s *stage) {
	r, _ := s.asked()
	s.put(r, final("posted-1", "walrus"))
	for _, job := range []string{"posted-2", "posted-", "posted-11", "walrus"} {
		if ref, err := r.Find(s.Context(), job); !errors.Is(err, chat.ErrNotFound) {
			s.Errorf("find %q gave %+v, %v, want ErrNotFound", job, ref, err)
		}
	}
}

func rateLimit(s *stage) {
	r, e := s.asked()
	s.Faults.RateLimit(3 * time.Second)
	_, err := r.Put(s.Context(), final("limited-1", "walrus"))
	var limited *chat.RateLimited
	if !errors.As(err, &limited) || limited.After <= 0 {
		s.Fatalf("put gave %v, want RateLimited with a time", err)
	}
	if n := len(s.seen(e.ReplyTo.Place, s.Cast.Other, "walrus")); n != 0 {
		s.Error("the refused post is seen")
	}
	s.put(r, final("limited-1", "walrus"))
	s.one(e.ReplyTo.Place, s.Cast.Other, "walrus")
}

func gone(s *stage) {
	r, e := s.commanded()
	s.Faults.Gone()
	if _, err := r.Put(s.Context(), final("gone-1", "walrus")); !errors.Is(err, chat.ErrGone) {
		s.Errorf("put gave %v, want ErrGone", err)
	}
	fresh, err := s.Opener.Open(s.Context(), e.ReplyTo)
	if err == nil {
		_, err = fresh.Put(s.Context(), final("gone-2", "walrus"))
	}
	if !errors.Is(err, chat.ErrGone) {
		s.Errorf("opening or speaking anew gave %v, want ErrGone", err)
	}
}
