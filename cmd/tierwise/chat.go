package main

import (
	"context"
	"os"

	"github.com/tierwise/tierwise/bots/console"
	"github.com/tierwise/tierwise/internal/app"
	"github.com/tierwise/tierwise/internal/observe"
)

func runChat(ctx context.Context, args []string, s streams) error {
	f := flags("chat", "", s)
	threads := f.String("threads", "", "load conversations (one JSON object a line) as channels of a workspace")
	workspace := f.String("workspace", "", "where to begin")
	echo := f.Bool("echo", false, "repeat every line before its effect, for transcripts")
	if err := f.parse(args, 0); err != nil {
		return err
	}
	cfg, log, err := load(s, true)
	if err != nil {
		return err
	}
	if os.Getenv("TIERWISE_LOG_LEVEL") == "" {
		// What a person has to know is said in the conversation; the log beside
		// it is for what nobody is told.
		if log, err = observe.NewLog(s.err, "error", true); err != nil {
			return err
		}
	}
	style := console.DetectStyle(s.in, s.out, os.Getenv("NO_COLOR") != "")
	style.Echo = *echo
	return app.Chat(ctx, cfg, app.ChatOptions{In: s.in, Out: s.out, Err: s.err, Threads: *threads, Workspace: *workspace, Style: style}, log)
}
