package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"

	"github.com/tierwise/tierwise/internal/app"
	"github.com/tierwise/tierwise/internal/config"
	"github.com/tierwise/tierwise/internal/observe"
	"github.com/tierwise/tierwise/internal/seal"
)

// command is one subcommand.
type command struct {
	name    string
	summary string
	run     func(ctx context.Context, args []string, s streams) error
}

// commands lists the subcommands in the order of help.
func commands() []command {
	return []command{
		{"serve", "run the bot for the configured platforms (the default)", runServe},
		{"chat", "the whole bot in this terminal", runChat},
		{"route", "which tier a task would get, and why; no call is made", runRoute},
		{"spend", "what was spent, from the ledger", runSpend},
		{"export", "ledger rows as csv or jsonl", runExport},
		{"ledger", "verify, rebuild or correct the books", runLedger},
		{"models", "the models: list, check, discover, import", runModels},
		{"manifest", "the app manifest to paste at Slack; the invite and switches of Discord", runManifest},
		{"erase", "remove a person: name, settings, drafts", runErase},
		{"purge", "remove a workspace with its ledger, for good", runPurge},
		{"migrate", "copy the embedded store into Redis", runMigrate},
		{"doctor", "what is configured and what is missing", runDoctor},
		{"version", "print the version", runVersion},
		{"help", "this list", runHelp},
	}
}

func find(name string) (command, bool) {
	if name == "-h" || name == "--help" {
		name = "help"
	}
	for _, c := range commands() {
		if c.name == name {
			return c, true
		}
	}
	return command{}, false
}

func names() []string {
	var out []string
	for _, c := range commands() {
		out = append(out, c.name)
	}
	return out
}

func runHelp(_ context.Context, _ []string, s streams) error {
	fmt.Fprintln(s.out, "Tierwise sends each task to the cheapest model that is good enough and shows what it cost.\n\nCommands:")
	for _, c := range commands() {
		fmt.Fprintf(s.out, "  %-9s %s\n", c.name, c.summary)
	}
	fmt.Fprintln(s.out, "\n`tierwise <command> --help` shows its flags.")
	return nil
}

func runVersion(_ context.Context, args []string, s streams) error {
	f := flags("version", "", s)
	if err := f.parse(args, 0); err != nil {
		return err
	}
	fmt.Fprintln(s.out, version)
	return nil
}

// errHelp: help was asked for and has been printed.
var errHelp = errors.New("help")

// flagset is a flag.FlagSet that says in one sentence what is wrong.
type flagset struct {
	*flag.FlagSet
	use string
	s   streams
}

// flags begins the flags of a command. use is what stands after the flags.
func flags(name, use string, s streams) *flagset {
	f := &flagset{flag.NewFlagSet(name, flag.ContinueOnError), use, s}
	f.SetOutput(io.Discard)
	f.Usage = func() {} // the flag package would print it for every mistake
	return f
}

// parse reads the arguments; more than max operands (-1: any) is wrong usage.
func (f *flagset) parse(args []string, max int) error {
	err := f.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return f.help()
	case err != nil:
		say := err.Error()
		if unknown, ok := strings.CutPrefix(say, "flag provided but not defined: -"); ok {
			say = "unknown flag --" + unknown
			if near := config.Nearest(unknown, f.known()); near != "" {
				say += "; did you mean --" + near + "?"
			}
		}
		return f.wrong(say)
	case max >= 0 && f.NArg() > max:
		return f.wrong(fmt.Sprintf("unexpected argument %q", f.Arg(max)))
	}
	return nil
}

// help prints how the command is used.
func (f *flagset) help() error {
	fmt.Fprintln(f.s.out, strings.TrimRight("Usage: tierwise "+f.Name()+" [flags] "+f.use, " "))
	f.SetOutput(f.s.out)
	f.PrintDefaults()
	return errHelp
}

// verb takes the first word of a command that has verbs. When there is none it
// is the default, or wrong usage where that is empty.
func verb(name, fallback string, args []string, s streams, verbs ...string) (string, []string, error) {
	f := flags(name, strings.Join(verbs, "|"), s)
	switch {
	case len(args) > 0 && slices.Contains(verbs, args[0]):
		return args[0], args[1:], nil
	case len(args) > 0 && slices.Contains([]string{"-h", "-help", "--help", "help"}, args[0]):
		return "", nil, f.help()
	case fallback != "" && (len(args) == 0 || strings.HasPrefix(args[0], "-")):
		return fallback, args, nil
	}
	last := len(verbs) - 1
	return "", nil, f.wrong("say what to do: " + strings.Join(verbs[:last], ", ") + " or " + verbs[last])
}

// wrong says what is wrong with the command line.
func (f *flagset) wrong(say string) error {
	if !strings.HasSuffix(say, "?") {
		say += "."
	}
	fmt.Fprintf(f.s.err, "tierwise %s: %s `tierwise %s --help` shows the flags.\n", f.Name(), say, f.Name())
	return errUsage
}

func (f *flagset) known() []string {
	var out []string
	f.VisitAll(func(fl *flag.Flag) { out = append(out, fl.Name) })
	return out
}

// load reads configuration and sets the log up.
func load(s streams, human bool) (config.Config, *slog.Logger, error) {
	cfg, err := config.Load(config.Options{KeyNames: app.KeyNames(), FitKey: seal.Fit})
	if err != nil {
		return cfg, nil, err
	}
	log, err := observe.NewLog(s.err, cfg.LogLevel, human)
	if err != nil {
		return cfg, nil, err
	}
	for _, w := range cfg.Warnings {
		log.Warn(w)
	}
	return cfg, log, nil
}

// report is what reporting commands share: which store, which workspace, form.
type report struct {
	workspace string
	demo      bool
	json      bool
}

func (f *flagset) report() *report {
	r := &report{}
	f.StringVar(&r.workspace, "workspace", "", "only this workspace, such as slack/T0123 (default: all)")
	f.BoolVar(&r.demo, "demo", false, "the demo workspace's own ledger")
	f.BoolVar(&r.json, "json", false, "print JSON")
	return r
}

// open opens the ledger for reading. Without a real one the demo's is read, and
// that is said.
func (r *report) open(ctx context.Context, s streams) (*app.Ledger, error) {
	cfg, log, err := load(s, true)
	if err != nil {
		return nil, err
	}
	if !r.demo && !app.HasLedger(cfg, false) && app.HasLedger(cfg, true) {
		fmt.Fprintln(s.err, "tierwise: there is no ledger but the demo workspace's; this is sample money.")
		r.demo = true
	}
	return app.OpenLedger(ctx, cfg, app.Where{Demo: r.demo, ReadOnly: true}, log)
}

// tenants are the workspaces a report is about.
func (r *report) tenants(ctx context.Context, store app.Store) ([]string, error) {
	if r.workspace != "" {
		return []string{r.workspace}, nil
	}
	return store.Tenants(ctx)
}
