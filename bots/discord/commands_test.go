package discord

import (
	"slices"
	"testing"

	"github.com/tierwise/tierwise/bots/bottest"
	"github.com/tierwise/tierwise/bots/discord/discordtest"
)

// A command that says whom it is about keeps the id of a person or role; in any
// other a name reads better.
func TestWhomASettingIsAbout(t *testing.T) {
	door := bottest.NewRecorder()
	w := open(t, door, discordtest.Options{})
	typed := "deny <@" + w.omar + "> for 24h"
	w.f.As(w.maya).Command(w.market, "ai-config", map[string]string{"what": typed})
	w.settle() // commands are taken at once, not in turn
	w.f.As(w.maya).Command(w.market, "draft", map[string]string{"what": "thank <@" + w.omar + ">"})
	w.settle()
	events := door.Events()
	if len(events) != 2 || events[0].Text != typed || events[1].Text != "thank @omar" {
		t.Errorf("%d events, heard %q and then %q", len(events), events[0].Text, events[len(events)-1].Text)
	}
}

// Commands are offered in servers only, where there is somebody to charge.
func TestCommandsAreOfferedInServersOnly(t *testing.T) {
	for _, c := range commands() {
		if !slices.Equal(c.Contexts, []int{inGuilds}) || !slices.Equal(c.Installs, []int{guildInstall}) {
			t.Errorf("%s is offered in contexts %v, for installs %v", c.Name, c.Contexts, c.Installs)
		}
	}
}
