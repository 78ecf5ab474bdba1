// Package consoletest runs stories: testscript files that talk to the whole bot
// through a terminal. A story's "chat" command feeds a file of lines to a
// Start function and makes what was printed the command's stdout, with ids that
// differ from run to run replaced by numbers, so that "cmp stdout" and "stdout"
// work. The package promises the same output for the same run; it does not know
// how the bot is put together, which the caller's Start does.
package consoletest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// Chat is one run of the bot in a terminal.
type Chat struct {
	In  io.Reader
	Out io.Writer
	// Dir is the story's data directory. All chats of one story share it, so a
	// second chat is a restart.
	Dir string
	// Args are the arguments of the story's chat command, without its input.
	Args []string
}

// Start runs the bot until the input ends and returns what its process would
// end with.
type Start func(ctx context.Context, c Chat) error

// Options change how stories run.
type Options struct {
	// Update rewrites the expected output in the story files.
	Update bool
	// Commands are further commands of the stories, for instance "tierwise".
	Commands map[string]func(ts *testscript.TestScript, neg bool, args []string)
}

// limit is how long one chat may take before it counts as hanging. A chat takes
// a second; under the race detector on a busy machine it took a minute.
const limit = 4 * time.Minute

// Stories runs every .txtar file of a directory. In a story
//
//	chat lines.txt --flag value
//
// runs Start on the lines of lines.txt; "! chat" expects it to fail. The error
// is the command's stderr.
func Stories(t *testing.T, dir string, start Start, o Options) {
	t.Helper()
	commands := map[string]func(*testscript.TestScript, bool, []string){
		"chat": func(ts *testscript.TestScript, neg bool, args []string) { chat(ts, neg, args, start) },
	}
	for name, run := range o.Commands {
		commands[name] = run
	}
	testscript.Run(t, testscript.Params{Dir: dir, Cmds: commands, UpdateScripts: o.Update, RequireUniqueNames: true})
}

func chat(ts *testscript.TestScript, neg bool, args []string, start Start) {
	if len(args) == 0 {
		ts.Fatalf("usage: chat <file with lines> [arguments]")
	}
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	var out bytes.Buffer
	err := start(ctx, Chat{In: strings.NewReader(ts.ReadFile(args[0])), Out: &out, Dir: filepath.Join(ts.Getenv("WORK"), "data"), Args: args[1:]})
	fmt.Fprint(ts.Stdout(), Scrub(out.String()))
	if err != nil {
		fmt.Fprintln(ts.Stderr(), err)
	}
	switch {
	case err != nil && !neg:
		ts.Fatalf("chat failed: %v", err)
	case err == nil && neg:
		ts.Fatalf("chat succeeded, but should have failed")
	}
}

// varying are the ids that differ from run to run: messages of localchat,
// reference ids of faults, job ids.
var varying = regexp.MustCompile(`\b(?:m[0-9a-z]{8}|r-[a-km-np-z2-9]{8}|[0-7][0-9A-HJKMNP-TV-Z]{25})\b`)

// Scrub replaces ids by "id-1", "id-2", … in the order they appear; the same id
// is always the same number.
func Scrub(s string) string {
	seen := map[string]string{}
	return varying.ReplaceAllStringFunc(s, func(id string) string {
		if !strings.ContainsAny(id, "0123456789-") {
			return id // a word of nine letters
		}
		if seen[id] == "" {
			seen[id] = fmt.Sprintf("id-%d", len(seen)+1)
		}
		return seen[id]
	})
}
