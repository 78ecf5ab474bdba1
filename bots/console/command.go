package console

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/tierwise/tierwise/internal/chat"
)

// doorCommands are the slash commands that the bot answers.
func doorCommands() []string {
	return []string{"summarize", "draft", "classify", "ai-spend", "ai-config"}
}

// local is a command of the terminal itself.
type local struct {
	name, args, help string
	run              func(c *Console, ctx context.Context, rest string) (handed bool, err error)
}

// locals lists them in the order of /help.
func locals() []local {
	return []local{
		{"read", "[n]", "show this thread, or the channel's newest messages, with numbers", here((*Console).read)},
		{"thread", "[n|new]", "list the threads, enter one, or step out to begin a new one", here((*Console).thread)},
		{"join", "#channel", "go to a channel; @tierwise for direct messages", here((*Console).join)},
		{"as", "name", "act as a member, or as any member, admin, finance, guest", here((*Console).as)},
		{"workspace", "[name]", "list the workspaces or change to one", here((*Console).workspace)},
		{"who", "", "who and where you are, and who else is there", here((*Console).people)},
		{"shortcut", "name n", "summarize, draft or classify message n of /read", (*Console).shortcut},
		{"press", "n", "press button n; the number alone does the same", (*Console).pressCommand},
		{"more", "", "show the buttons behind ⋯; so does ⋯ alone", here((*Console).moreCommand)},
		{"stop", "", "stop the answer that is on its way", (*Console).stop},
		{"edit", "n text", "change your message n of /read", (*Console).edit},
		{"file", "name", "print a text file that was shown", here((*Console).file)},
		{"say", "text", "post a text that begins with / or is a number", (*Console).sayCommand},
		{"help", "", "this list", here((*Console).help)},
		{"quit", "", "leave", here(func(c *Console, _ string) error { c.quit = true; return nil })},
	}
}

// here adapts a command that hands nothing to the door.
func here(run func(*Console, string) error) func(*Console, context.Context, string) (bool, error) {
	return func(c *Console, _ context.Context, rest string) (bool, error) { return false, run(c, rest) }
}

// command runs a slash command and reports whether something was handed to the
// door.
func (c *Console) command(ctx context.Context, name, rest string) bool {
	if slices.Contains(doorCommands(), name) {
		opened, err := c.desk.Command(ctx, c.who, c.at, name, rest)
		if c.report(err) {
			c.open(opened)
		}
		return err == nil
	}
	for _, l := range locals() {
		if l.name == name {
			handed, err := l.run(c, ctx, rest)
			return c.report(err) && handed
		}
	}
	return c.report(mistake(fmt.Sprintf("There is no command /%s.%s /help lists all; /say posts a text as it is.", clip(name, 40), nearest(name))))
}

// nearest names the command that was probably meant.
func nearest(name string) string {
	names := doorCommands()
	for _, l := range locals() {
		names = append(names, l.name)
	}
	best, distance := "", len(name)/2+1
	for _, n := range names {
		if d := edits(clip(name, 40), n); d < distance {
			best, distance = n, d
		}
	}
	if best == "" {
		return ""
	}
	return " Did you mean /" + best + "?"
}

// edits is the number of single-letter changes between two words.
func edits(a, b string) int {
	s, t := []rune(a), []rune(b)
	row := make([]int, len(t)+1)
	for j := range row {
		row[j] = j
	}
	for i := range s {
		diagonal := row[0]
		row[0] = i + 1
		for j := range t {
			cost := 1
			if s[i] == t[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(row[j+1]+1, row[j]+1, diagonal+cost)
		}
	}
	return row[len(t)]
}

func (c *Console) help(string) error {
	c.out.note("Post by typing. Write @tierwise to ask; in a thread it answered, just go on writing.")
	c.out.note("For the bot, seen by you alone:")
	for _, e := range examples() {
		c.out.note(fmt.Sprintf("  %s %s", pad(e[0], 28, false), e[1]))
	}
	c.out.note("For this terminal:")
	for _, l := range locals() {
		c.out.note(fmt.Sprintf("  %s %s", pad("/"+l.name+" "+l.args, 18, false), l.help))
	}
	return nil
}

// examples show each command of the bot once, as one would type it.
func examples() [][2]string {
	return [][2]string{
		{"/summarize 24h", "the channel since yesterday; or 7d, monday, a link"},
		{"/draft tell ruth it is fixed", "a message to look at, edit and post"},
		{"/classify the export fails", "bug, question, request or other; or a link"},
		{"/ai-spend", "what it cost; /as finance sees the whole workspace"},
		{"/ai-config explain", "the settings and where each comes from"},
	}
}

// shortcut runs a message command; the names are those people know.
func (c *Console) shortcut(ctx context.Context, rest string) (bool, error) {
	name, number, _ := strings.Cut(rest, " ")
	names := map[string]string{"summarize": "summarize_thread", "draft": "draft_reply", "classify": "classify"}
	id, ok := names[name]
	if !ok {
		return false, mistake("Say /shortcut summarize, draft or classify, and the number of a message in /read.")
	}
	ref, err := c.numbered(number)
	if err != nil {
		return false, err
	}
	return true, c.desk.Shortcut(ctx, c.who, c.at.Workspace, id, ref)
}

func (c *Console) edit(ctx context.Context, rest string) (bool, error) {
	number, text, _ := strings.Cut(rest, " ")
	ref, err := c.numbered(number)
	if err != nil {
		return false, err
	}
	if strings.TrimSpace(text) == "" {
		return false, mistake("Say /edit, the number of your message, and its new text.")
	}
	return true, c.desk.Edit(ctx, c.who, c.at.Workspace, ref, text)
}

// numbered is the message with a number of /read.
func (c *Console) numbered(number string) (chat.Ref, error) {
	all := c.world.Read(c.at, c.who)
	n, err := strconv.Atoi(strings.TrimSpace(number))
	if err != nil || n < 1 || n > len(all) {
		return chat.Ref{}, mistake(fmt.Sprintf("Give the number of a message, 1 to %d; /read shows them.", len(all)))
	}
	return all[n-1].Ref, nil
}

func (c *Console) sayCommand(ctx context.Context, rest string) (bool, error) {
	if rest == "" {
		return false, mistake("Say /say and a text.")
	}
	return true, c.say(ctx, rest)
}

// stop stops the newest post on its way that the person sees.
func (c *Console) stop(ctx context.Context, _ string) (bool, error) {
	c.show()
	var newest string
	for key, change := range c.pending {
		if newest == "" || change.Message.At.After(c.pending[newest].Message.At) {
			newest = key
		}
	}
	if newest == "" {
		return false, mistake("Nothing is on its way here.")
	}
	return true, c.desk.Stop(ctx, c.who, c.pending[newest].Place.Workspace, c.pending[newest].Message.Ref)
}

func (c *Console) file(name string) error {
	f, ok := c.files[name]
	if !ok {
		return mistake("No file of that name was shown.")
	}
	if !strings.HasPrefix(f.Type, "text/") && f.Type != "application/json" {
		return mistake(fmt.Sprintf("%s is no text (%s, %s).", f.Name, f.Type, size(f.Size)))
	}
	c.out.line(strings.TrimRight(safe(readable(string(f.Data))), "\n"))
	return nil
}
