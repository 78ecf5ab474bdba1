package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/tierwise/tierwise/bots/console"
	"github.com/tierwise/tierwise/internal/chat"
	"github.com/tierwise/tierwise/internal/clock"
	"github.com/tierwise/tierwise/internal/config"
	"github.com/tierwise/tierwise/internal/fault"
	"github.com/tierwise/tierwise/internal/intake"
	"github.com/tierwise/tierwise/internal/localchat"
)

// ChatOptions are those of the terminal.
type ChatOptions struct {
	In        io.Reader
	Out       io.Writer
	Err       io.Writer
	Threads   string // a file of conversations to load as channels
	Workspace string // where to begin
	Style     console.Style
	Clock     clock.Clock // nil is the machine's
	Pace      intake.Pace // zero is the usual
}

// Chat runs the whole bot in a terminal until the input ends. Without any
// connected model it is the demo workspace: simulated models, sample money, a
// ledger of its own that begins with a sample quarter.
func Chat(ctx context.Context, cfg config.Config, o ChatOptions, log *slog.Logger) (err error) {
	if o.Clock == nil {
		o.Clock = clock.System{}
	}
	if o.Pace == (intake.Pace{}) {
		o.Pace = intake.DefaultPace()
	}
	models, err := LoadModels(ctx, cfg, log)
	if err != nil {
		return err
	}
	demo := !models.Remote
	view, err := models.Connected(o.Clock)
	if demo {
		cfg.Policy.Roles.Finance = append(cfg.Policy.Roles.Finance, "finance")
		if cfg.PolicyFile == "" {
			cfg.Policy.Throttle.PerMinute = max(cfg.Policy.Throttle.PerMinute, sampleRate)
		}
		view, err = models.Sample(o.Clock)
	}
	if err != nil {
		return err
	}
	s, err := sealer(cfg, demo)
	if err != nil {
		return err
	}
	sources, first, err := conversations(o)
	if err != nil {
		return err
	}
	if demo && !HasLedger(cfg, demo) {
		if err := seedQuarter(ctx, cfg, models.Catalog, s, o.Clock.Now()); err != nil {
			return err
		}
	}
	store, err := OpenStore(ctx, cfg, Where{Demo: demo, Clock: o.Clock}, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	world, err := localchat.Open(localchat.Config{Clock: o.Clock, State: filepath.Join(dir(cfg, demo), "chat.jsonl"), Sealer: s}, sources...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, world.Close()) }()
	h := Build(Parts{Config: cfg, Store: store, Models: view, Clock: o.Clock, Log: log, Pace: o.Pace, Sealer: s})
	h.Join(chat.Console, world.Opener())
	if o.Workspace == "" {
		o.Workspace = first
	}
	term, err := console.New(console.Config{In: o.In, Out: o.Out, World: world, Door: h.Door, Idle: h.Idle, Following: h.Following, Workspace: o.Workspace, Style: o.Style})
	if err != nil {
		return err
	}
	say(o, models, demo, len(view.Ready()))
	return h.while(ctx, term.Run)
}

// sampleRate is how many requests a minute a person may make in the demo: who
// tries things out is faster than who works, and nothing is paid.
const sampleRate = 60

// while runs the house beside f and ends it, drained, when f returns.
func (h *House) while(ctx context.Context, f func(context.Context) error) error {
	working, stop := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() { h.Run(working); close(done) }()
	err := f(ctx)
	stop()
	<-done
	return err
}

// conversations are the sources of the world and the workspace to begin in.
func conversations(o ChatOptions) (sources []localchat.Source, first string, err error) {
	if o.Threads == "" {
		return []localchat.Source{localchat.Demo}, "", nil
	}
	f, err := os.Open(o.Threads)
	if err != nil {
		return nil, "", fault.Newf(fault.BadInput, "The file of threads %s cannot be read.", o.Threads)
	}
	defer f.Close() // read only
	seed, err := localchat.LoadThreads(f)
	if err != nil {
		return nil, "", fault.Wrap(err, fault.BadInput, fmt.Sprintf("The file of threads %s is not of the expected form: %v.", o.Threads, err))
	}
	return []localchat.Source{localchat.Fixed(seed), localchat.Demo}, seed.ID, nil
}

func say(o ChatOptions, m *Models, demo bool, ready int) {
	if o.Err == nil {
		return
	}
	if demo {
		fmt.Fprintln(o.Err, "No model is connected, so this is the demo workspace: simulated models, sample money. Set OPENAI_API_KEY or OPENAI_BASE_URL for real ones.")
		return
	}
	fmt.Fprintf(o.Err, "%d models are connected. What you type in a thread with @tierwise is sent to them, at the price of their provider.\n", ready)
}
