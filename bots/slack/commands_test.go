package slack

import (
	"testing"

	"github.com/tierwise/tierwise/bots/bottest"
	"github.com/tierwise/tierwise/internal/chat"
)

// TestWhomASettingIsAbout: a command that says whom it is about keeps the id of a
// person or group; in any other a name reads better.
func TestWhomASettingIsAbout(t *testing.T) {
	for _, c := range []struct{ name, typed, want string }{
		{"/ai-config", "deny <@U2|bo> for 24h in <#C2|support>", "deny <@U2> for 24h in #support"},
		{"/ai-config", "set finance <@U2>, <!subteam^S1|@finance> because a &amp; b", "set finance <@U2>, <!subteam^S1> because a & b"},
		{"/draft", "thank <@U404|bo> and <!subteam^S1|@finance>", "thank @bo and @finance"},
	} {
		door := bottest.NewRecorder()
		w := open(t, door)
		w.User("U1").Command(c.name, c.typed, "C1")
		if e := one(t, door, chat.Command); e.Text != c.want {
			t.Errorf("%s %s: %q, want %q", c.name, c.typed, e.Text, c.want)
		}
	}
}
