package bottest

import (
	"context"
	"slices"
	"sync"

	"github.com/tierwise/tierwise/internal/chat"
)

// Recorder is a chat.Door that notes everything and answers as told.
type Recorder struct {
	mu        sync.Mutex
	events    []chat.Event
	questions []chat.Question
	refuse    error
	answer    func(chat.Question) chat.Answer
}

// NewRecorder returns a Recorder that accepts everything and answers every
// question with nothing.
func NewRecorder() *Recorder {
	return &Recorder{answer: func(chat.Question) chat.Answer { return chat.Answer{} }}
}

// Accept notes the event, or refuses it. Copies are noted too, so that the
// suite can compare their marks.
func (r *Recorder) Accept(_ context.Context, e chat.Event) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.refuse != nil {
		return r.refuse
	}
	r.events = append(r.events, e)
	return nil
}

// Ask notes the question and gives the answer.
func (r *Recorder) Ask(_ context.Context, q chat.Question) (chat.Answer, error) {
	r.mu.Lock()
	answer := r.answer
	r.questions = append(r.questions, q)
	r.mu.Unlock()
	return answer(q), nil
}

// Refuse makes every Accept fail with err until it is called with nil.
func (r *Recorder) Refuse(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.refuse = err
}

// Answer sets what questions get.
func (r *Recorder) Answer(f func(chat.Question) chat.Answer) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answer = f
}

// Events are the accepted events, in order.
func (r *Recorder) Events() []chat.Event {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.events)
}

// Questions are the questions of a kind, in order.
func (r *Recorder) Questions(kind chat.QuestionKind) []chat.Question {
	r.mu.Lock()
	defer r.mu.Unlock()
	var of []chat.Question
	for _, q := range r.questions {
		if q.Kind == kind {
			of = append(of, q)
		}
	}
	return of
}
