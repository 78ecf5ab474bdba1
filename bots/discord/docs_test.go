package discord

import (
	"os"
	"strconv"
	"strings"
	"testing"
)

// TestTheManualSaysWhatTheCodeDoes holds docs/discord.md against the code.
func TestTheManualSaysWhatTheCodeDoes(t *testing.T) {
	raw, err := os.ReadFile("../../docs/discord.md")
	if err != nil {
		t.Fatal(err)
	}
	manual := string(raw)
	if want := strings.ReplaceAll(InviteURL("APPLICATION_ID"), "\n", ""); !strings.Contains(manual, want) {
		t.Errorf("the invite is not %s", want)
	}
	if !strings.Contains(manual, permissionTable()) {
		t.Errorf("the table of permissions is not\n%s", permissionTable())
	}
	for _, c := range commands() {
		if name := map[bool]string{true: "`/" + c.Name, false: "*" + c.Name + "*"}[c.Type == kindSlash]; !strings.Contains(manual, name) {
			t.Errorf("command %s is not mentioned", name)
		}
	}
	for _, number := range []string{"after 14½ ", "at most a hundred", "up to five messages"} {
		if !strings.Contains(strings.Join(strings.Fields(manual), " "), number) {
			t.Errorf("%q is not said", number)
		}
	}
	if tokenLife.Minutes() != 14.5 || laneMost != 100 || maxParts != 5 {
		t.Error("a bound was changed; change the manual too")
	}
	if rows := strings.Count(manual, "| **yes** |"); rows != 1 || strconv.Itoa(int(contentIntents&^leastIntents)) != "32768" {
		t.Error("the table of intents has another number of privileged ones")
	}
}
