package config

import (
	"errors"
	"fmt"

	"github.com/tierwise/tierwise/internal/fault"
)

// problems collects what is wrong, so that everything is said at once.
type problems struct{ found []error }

// add notes a problem as a sentence: what is wrong and what to do.
func (p *problems) add(format string, args ...any) {
	p.found = append(p.found, fault.New(fault.Misconfigured, fmt.Sprintf(format, args...)))
}

func (p *problems) err() error { return errors.Join(p.found...) }

// Sentences lists the problems in an error of Load or ParsePolicy, one
// sentence each, in the order of the file.
func Sentences(err error) []string {
	var out []string
	var walk func(error)
	walk = func(err error) {
		if many, ok := err.(interface{ Unwrap() []error }); ok {
			for _, e := range many.Unwrap() {
				walk(e)
			}
			return
		}
		var f *fault.Fault
		switch {
		case err == nil:
		case errors.As(err, &f):
			out = append(out, f.Say)
		default:
			out = append(out, err.Error())
		}
	}
	walk(err)
	return out
}
