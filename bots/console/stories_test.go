package console_test

import (
	"context"
	"flag"
	"path/filepath"
	"slices"
	"testing"

	"github.com/tierwise/tierwise/bots/console"
	"github.com/tierwise/tierwise/bots/console/consoletest"
	"github.com/tierwise/tierwise/internal/clock"
	"github.com/tierwise/tierwise/internal/localchat"
)

var update = flag.Bool("update", false, "rewrite the expected output of the stories")

// TestStories runs testdata/*.txtar over the demo workspaces with the small bot
// of these tests; the conversation outlives a chat.
func TestStories(t *testing.T) {
	consoletest.Stories(t, "testdata", func(ctx context.Context, c consoletest.Chat) error {
		world, err := localchat.Open(localchat.Config{Clock: clock.NewManual(opened), State: filepath.Join(c.Dir, "..", "local.jsonl")}, localchat.Demo)
		if err != nil {
			return err
		}
		term, err := console.New(console.Config{In: c.In, Out: c.Out, World: world, Door: &bot{world: world},
			Style: console.Style{Echo: slices.Contains(c.Args, "--echo")}})
		if err != nil {
			return err
		}
		if err := term.Run(ctx); err != nil {
			return err
		}
		return world.Close()
	}, consoletest.Options{Update: *update})
}
