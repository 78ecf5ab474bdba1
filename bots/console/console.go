// Package console is the terminal as a chat platform: one person at a keyboard,
// or a script on stdin, acts as any member of a localchat.World and sees what
// that member would see. It promises that every line is handled to completion
// before the next, that nothing typed is lost (bad bytes and very long lines
// included), that what other people see stays hidden, and that no text can
// send control sequences to the terminal. It does not store conversations and
// knows nothing of intents, models or money.
package console

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/localchat"
)

// Config is what a Console needs. In, Out, World and Door are required.
type Config struct {
	In    io.Reader
	Out   io.Writer
	World *localchat.World
	Door  chat.Door
	// Idle returns when everything accepted so far has been answered. Nil
	// means that answers are there when Accept returns.
	Idle func(ctx context.Context) error
	// Following is what is known of a thread; nil follows every thread the bot
	// has answered in.
	Following localchat.Following
	// Workspace to start in; "" is the first one.
	Workspace string
	Style     Style
}

// Console is one terminal.
type Console struct {
	world *localchat.World
	desk  *localchat.Desk
	idle  func(ctx context.Context) error
	in    io.Reader
	out   *printer
	inbox *inbox
	style Style

	who string     // member id the person acts as
	at  chat.Place // where the person is

	pressable pressable
	form      *filling
	pending   map[string]localchat.Change // posts on their way, by key
	shown     map[string]string           // what was printed of a post, by key
	missed    []localchat.Change          // what the present member could not see
	files     map[string]chat.File        // files shown, by name
	held      []string                    // lines typed while an earlier one was at work

	mistakes int  // lines that were wrong
	refused  int  // lines the door did not take, or that were not answered
	quit     bool // after /quit
}

// New returns a Console standing as a member in the first thread of the
// workspace. It fails when something required is missing or there is no such
// workspace.
func New(cfg Config) (*Console, error) {
	if cfg.In == nil || cfg.Out == nil || cfg.World == nil || cfg.Door == nil {
		return nil, errors.New("console: In, Out, World and Door are required")
	}
	c := &Console{
		world: cfg.World, desk: localchat.NewDesk(cfg.World, cfg.Door, cfg.Following), idle: cfg.Idle,
		in: cfg.In, out: &printer{w: cfg.Out, style: cfg.Style}, inbox: newInbox(), style: cfg.Style,
		pending: map[string]localchat.Change{}, shown: map[string]string{}, files: map[string]chat.File{},
	}
	if c.idle == nil {
		c.idle = func(context.Context) error { return nil }
	}
	if err := c.enter(cfg.Workspace); err != nil {
		return nil, fmt.Errorf("console: %w", err)
	}
	return c, nil
}

// Run handles lines until the input ends, /quit, or ctx is done; then it waits
// for what is still at work. A script (no Style.Interactive) gets an error when
// a line failed; a person gets one only when a line could not be accepted or
// answered, because a typing mistake was already said. The goroutine that
// reads the input ends with the input, which the caller owns.
func (c *Console) Run(ctx context.Context) error {
	defer c.world.Watch(c.inbox.add)()
	c.greet()
	lines := readLines(ctx, c.in)
	var readErr error
	for !c.quit {
		line, err := c.next(ctx, lines)
		if err != nil {
			if !errors.Is(err, io.EOF) {
				readErr = err
			}
			break
		}
		c.handle(ctx, line, lines)
	}
	if ctx.Err() == nil {
		c.endForm(ctx)
		c.settle(ctx, nil)
	}
	if err := errors.Join(readErr, c.out.err); err != nil {
		return fmt.Errorf("console: %w", err)
	}
	return c.verdict(ctx)
}

func (c *Console) verdict(ctx context.Context) error {
	failed := c.refused
	if !c.style.Interactive {
		failed += c.mistakes
	}
	switch {
	case failed == 1:
		return errors.New("console: one line failed")
	case failed > 1:
		return fmt.Errorf("console: %d lines failed", failed)
	}
	return ctx.Err()
}

// next waits for a line, showing meanwhile what others do.
func (c *Console) next(ctx context.Context, lines <-chan line) (string, error) {
	c.show()
	c.prompt()
	if len(c.held) > 0 {
		text := c.held[0]
		c.held = c.held[1:]
		return text, nil
	}
	for {
		select {
		case <-ctx.Done():
			return "", ctx.Err()
		case <-c.inbox.wake:
			c.show()
			c.prompt()
		case l, ok := <-lines:
			if !ok {
				return "", io.EOF
			}
			return l.text, l.err
		}
	}
}

// handle does what one line says, to the end.
func (c *Console) handle(ctx context.Context, text string, lines <-chan line) {
	c.out.promptDone()
	text = strings.TrimRight(text, "\r\n")
	if c.form != nil && c.fill(ctx, text) {
		c.settle(ctx, lines)
		return
	}
	text = strings.TrimSpace(text)
	if text == "" {
		return
	}
	c.out.echo(text)
	c.pressable.newLine()
	if c.act(ctx, text) {
		c.settle(ctx, lines)
	}
}

// act does one line and reports whether something was handed to the door.
func (c *Console) act(ctx context.Context, text string) bool {
	var err error
	switch name, rest, isCommand := splitCommand(text); {
	case isCommand:
		return c.command(ctx, name, rest)
	case isNumber(text):
		err = c.press(ctx, text)
	case text == "⋯" || text == "...":
		c.more()
		return false
	default:
		err = c.say(ctx, text)
	}
	return c.report(err)
}

func (c *Console) say(ctx context.Context, text string) error {
	_, err := c.desk.Say(ctx, c.who, c.at, text)
	return err
}

// settle waits until everything accepted is answered and shows what comes. A
// person may meanwhile press a button or say /stop; other lines wait.
func (c *Console) settle(ctx context.Context, lines <-chan line) {
	if !c.style.Interactive {
		lines = nil
	}
	done := make(chan error, 1)
	go func() { done <- c.idle(ctx) }()
	for {
		select {
		case err := <-done:
			if err != nil {
				c.report(err)
			}
			c.show()
			c.leftovers()
			return
		case <-c.inbox.wake:
			c.show()
		case l, ok := <-lines:
			if !ok || l.err != nil {
				lines = nil // read again, and reported, by next
				continue
			}
			c.meanwhile(ctx, l.text)
		}
	}
}

func (c *Console) meanwhile(ctx context.Context, text string) {
	now := strings.TrimSpace(text)
	if c.form == nil && (now == "/stop" || isNumber(now) && c.pressable.has(now)) {
		c.act(ctx, now)
		return
	}
	c.held = append(c.held, text)
}

// report tells the person what went wrong, counts it, and reports whether
// nothing did.
func (c *Console) report(err error) bool {
	if err == nil {
		return true
	}
	c.show() // what happened before it went wrong comes first
	var m mistake
	if errors.As(err, &m) {
		c.mistakes++
		c.out.note("! " + m.Error())
		return false
	}
	sentence, theirs := sentenceOf(err)
	if theirs {
		c.mistakes++
	} else {
		c.refused++
	}
	c.out.note("! " + sentence)
	return false
}
