package openai

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/tierwise/tierwise/internal/llm"
)

// reader takes server-sent events from a body and hands out their data, one
// event at a time, without copying where it can. It follows the WHATWG rules
// (comments, optional space after the colon, several data lines joined) for LF
// and CRLF line ends, and forgives servers that leave the blank line between
// events out. It bounds the length of a line and of the whole body.
type reader struct {
	in      *bufio.Reader
	maxLine int
	left    int64 // bytes of the body that may still be read

	line  []byte // a line longer than the buffer of in
	data  []byte // the pending event's data
	lines int    // data lines in it
	bad   bool   // the pending event is named "error"
	back  []byte // a data line read too far: it begins the next event
}

// event is one event. Its data is valid until the next call of next.
type event struct {
	data  []byte
	isErr bool // the server named it "error"
}

// errLong is a line over the limit.
var errLong = fmt.Errorf("%w: a line of the stream is too long", llm.ErrTooLarge)

func (r *reader) reset(in *bufio.Reader, maxLine int, maxBody int64) {
	*r = reader{in: in, maxLine: maxLine, left: maxBody, line: r.line[:0], data: r.data[:0], back: r.back[:0]}
}

// next returns the next event that has data. At the end of the body it returns
// io.EOF, after an event the body ended in the middle of.
func (r *reader) next() (event, error) {
	r.data, r.lines, r.bad = r.data[:0], 0, false
	if len(r.back) > 0 {
		r.data, r.lines = append(r.data, r.back...), 1
		r.back = r.back[:0]
	}
	for {
		line, err := r.readLine()
		if err != nil && (!errors.Is(err, io.EOF) || r.lines == 0 && len(line) == 0) {
			return event{}, err
		}
		switch {
		case len(line) == 0:
			if r.lines > 0 {
				return r.take(), nil
			}
			r.bad = false
		default:
			if whole := r.field(line); whole {
				return r.take(), nil
			}
		}
		if err != nil {
			if r.lines > 0 {
				return r.take(), nil
			}
			return event{}, err
		}
	}
}

func (r *reader) take() event { return event{data: r.data, isErr: r.bad} }

// field reads one line of an event. It reports whether the pending event was
// whole before this line, which then waits in back.
func (r *reader) field(line []byte) (whole bool) {
	name, value, _ := bytes.Cut(line, []byte{':'})
	if len(value) > 0 && value[0] == ' ' {
		value = value[1:]
	}
	switch string(name) {
	case "event":
		r.bad = string(value) == "error"
	case "data":
		if r.lines > 0 && (string(r.data) == done || json.Valid(r.data)) {
			r.back = append(r.back[:0], value...)
			return true
		}
		if r.lines > 0 {
			r.data = append(r.data, '\n')
		}
		r.data = append(r.data, value...)
		r.lines++
	}
	return false
}

// readLine returns a line without its end. With io.EOF it returns what came
// after the last line end.
func (r *reader) readLine() ([]byte, error) {
	part, err := r.in.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		r.line = r.line[:0]
		for errors.Is(err, bufio.ErrBufferFull) {
			if len(r.line)+len(part) > r.maxLine {
				return nil, errLong
			}
			r.line = append(r.line, part...)
			part, err = r.in.ReadSlice('\n')
		}
		r.line = append(r.line, part...)
		part = r.line
	}
	if r.left -= int64(len(part)); r.left < 0 {
		return nil, llm.ErrTooLarge
	}
	if len(part) > r.maxLine {
		return nil, errLong
	}
	part = bytes.TrimSuffix(part, []byte{'\n'})
	return bytes.TrimSuffix(part, []byte{'\r'}), err
}

// done is the data that ends a stream.
const done = "[DONE]"
