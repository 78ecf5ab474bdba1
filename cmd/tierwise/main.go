// Command tierwise is the AI assistant that lives in a team's chat: it sends
// each task to the cheapest model that is capable enough and allowed to see the
// data, and shows what it cost. Each subcommand parses its own flags and calls
// package app; `tierwise help` lists them. Exit codes: 0 ok, 1 failed, 2 wrong
// usage.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/tierwise/tierwise/internal/config"
	"github.com/tierwise/tierwise/internal/fault"
)

// version is set when a release is built.
var version = "dev"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], streams{os.Stdin, os.Stdout, os.Stderr}))
}

// streams are where a command reads and writes.
type streams struct {
	in  io.Reader
	out io.Writer
	err io.Writer
}

// errUsage: the command line is wrong; what is wrong has been said.
var errUsage = errors.New("wrong usage")

// run finds the subcommand, runs it, and turns its error into words and an exit
// code.
func run(ctx context.Context, args []string, s streams) int {
	name, rest := "serve", args
	if len(args) > 0 {
		name, rest = args[0], args[1:]
	}
	c, ok := find(name)
	if !ok {
		if near := config.Nearest(name, names()); near != "" {
			fmt.Fprintf(s.err, "tierwise: unknown command %q; did you mean %q? `tierwise help` lists all.\n", name, near)
		} else {
			fmt.Fprintf(s.err, "tierwise: unknown command %q; `tierwise help` lists all.\n", name)
		}
		return 2
	}
	err := c.run(ctx, rest, s)
	switch {
	case err == nil, errors.Is(err, errHelp):
		return 0
	case errors.Is(err, errUsage):
		return 2
	}
	said := map[string]bool{} // a full disk is met by many writes, and told once
	for _, line := range config.Sentences(err) {
		if !said[line] {
			fmt.Fprintln(s.err, "tierwise: "+line)
		}
		said[line] = true
	}
	if fault.KindOf(err) == fault.BadInput {
		return 2
	}
	return 1
}
