package slacktest

import (
	"fmt"
	"net/http"
	"net/url"
	"runtime"
	"strings"
	"testing"
)

// observed is a test that writes down its failures.
type observed struct {
	testing.TB
	errors []string
}

func (o *observed) Helper() {}

func (o *observed) Errorf(format string, args ...any) {
	o.errors = append(o.errors, fmt.Sprintf(format, args...))
}

func (o *observed) Fatalf(format string, args ...any) {
	o.Errorf(format, args...)
	runtime.Goexit()
}

func TestAViolationFailsTheTest(t *testing.T) {
	o := &observed{TB: t}
	f := New(o, Config{})
	resp, err := http.PostForm(f.API()+"chat.sing", url.Values{"token": {f.Sample()}})
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if len(o.errors) != 1 || !strings.Contains(o.errors[0], "chat.sing: no such method") {
		t.Errorf("the test was failed with %q", o.errors)
	}
}

func TestWhatCannotBeEndsTheStory(t *testing.T) {
	o := &observed{TB: t}
	f := New(o, Config{})
	f.Sample()
	for name, story := range map[string]func(){
		"there is no user U99":             func() { f.User("U99") },
		"not a member":                     func() { f.User("U1").Say("C3", "hello") },
		"does not see message":             func() { f.User("U1").Press(Ref{Channel: "C1", TS: "1.2"}, "post") },
		`there is no "post" under message`: func() { f.User("U1").Press(Ref{Channel: "C1", TS: f.Seed("C1", "", "U1", "plain")}, "post") },
		"has no view V1 open":              func() { f.User("U1").Submit(View{ID: "V1"}, nil) },
	} {
		o.errors = nil
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			story()
		}()
		<-ended
		if len(o.errors) != 1 || !strings.Contains(o.errors[0], name) {
			t.Errorf("the story ended with %q, want %q", o.errors, name)
		}
		f.Violations() // the fake is not left locked
	}
}
