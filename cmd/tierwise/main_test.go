package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/tierwise/tierwise/bots/console/consoletest"
)

// A test binary started with this variable is the command itself, so that
// stories and tests run a real process with its own environment and exit code.
const commandEnv = "RUN_AS_COMMAND"

func TestMain(m *testing.M) {
	if os.Getenv(commandEnv) != "" {
		main()
		return
	}
	code := m.Run()
	if made.dir != "" {
		_ = os.RemoveAll(made.dir)
	}
	os.Exit(code)
}

var update = flag.Bool("update", false, "rewrite the expected output of the stories")

// TestStories runs testdata/*.txtar. "chat lines.txt" is a run of the whole bot
// on the lines; "tierwise 2 spend --oops" runs the command and expects it to end
// with that code. Both share the story's data directory.
func TestStories(t *testing.T) {
	consoletest.Stories(t, "testdata", func(ctx context.Context, c consoletest.Chat) error {
		if err := furnish(c.Dir); err != nil {
			return err
		}
		cmd := process(ctx, c.Dir, append([]string{"chat", "--echo"}, c.Args...)...)
		var said bytes.Buffer
		cmd.Stdin, cmd.Stdout, cmd.Stderr = c.In, c.Out, &said
		if err := cmd.Run(); err != nil {
			return errors.New(said.String())
		}
		return nil
	}, consoletest.Options{Update: *update, Commands: map[string]func(*testscript.TestScript, bool, []string){"tierwise": story}})
}

// story is the "tierwise" command of stories.
func story(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) < 2 || neg {
		ts.Fatalf("usage: tierwise <exit code> <command> [arguments]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	dir := ts.MkAbs("data")
	cmd := process(context.Background(), dir, args[1:]...)
	cmd.Dir = ts.MkAbs(".")
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	got := exitCode(cmd.Run())
	_, _ = io.WriteString(ts.Stdout(), consoletest.Scrub(out.String()))
	_, _ = io.WriteString(ts.Stderr(), said.String())
	if got != want {
		ts.Fatalf("exit code %d, want %d: %s", got, want, said.String())
	}
}

// process is the command over a data directory, with nothing of the tester's
// own environment that could change what it does.
func process(ctx context.Context, dir string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, os.Args[0], args...)
	cmd.Env = []string{commandEnv + "=1", "TIERWISE_DATA_DIR=" + dir, "PATH=" + os.Getenv("PATH"), "HOME=" + filepath.Dir(dir), "TZ=UTC", "TMPDIR=" + os.TempDir()}
	return cmd
}

func exitCode(err error) int {
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &exit):
		return exit.ExitCode()
	}
	return -1
}

// result is what one run of the command left.
type result struct {
	code     int
	out, err string
}

// tierwise runs the command with lines as its input. More environment may
// follow as "NAME=value" before the first argument that is none.
func tierwise(t *testing.T, dir, lines string, env []string, args ...string) result {
	t.Helper()
	cmd := process(t.Context(), dir, args...)
	cmd.Env = append(cmd.Env, env...)
	var out, said bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(lines), &out, &said
	code := exitCode(cmd.Run())
	return result{code, out.String(), said.String()}
}
