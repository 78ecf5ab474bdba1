package discord

import (
	"strings"
	"testing"

	"github.com/tierwise/tierwise/bots/bottest"
	"github.com/tierwise/tierwise/bots/discord/discordtest"
	"github.com/tierwise/tierwise/internal/config"
)

// TestDiagnosisNamesWhatIsMissing: each thing that can be wrong, with what to do
// about it, and whether it stops answers.
func TestDiagnosisNamesWhatIsMissing(t *testing.T) {
	cases := map[string]struct {
		change func(w *town)
		wrong  string // the only finding that is not well; "" when all is
		ok     bool   // answers come all the same
		say    string
		mend   string
	}{
		"all is well":             {change: func(*town) {}},
		"content off":             {func(w *town) { w.f.SwitchApp(false, false) }, "intents", true, "MESSAGE_CONTENT is off", "Message Content Intent"},
		"public":                  {func(w *town) { w.f.SwitchApp(true, true) }, "public bot", true, "at your cost", "Public Bot off"},
		"no threads":              {func(w *town) { w.f.Revoke(w.guild, discordtest.CreateThreads) }, "permissions in Harbour", true, "as a reply in the channel", "Create Public Threads"},
		"no history":              {func(w *town) { w.f.Revoke(w.guild, discordtest.ReadHistory) }, "permissions in Harbour", false, "Read Message History it does not answer", "permissions=309237746688"},
		"not a member any more":   {func(w *town) { w.f.Kick(w.guild, false) }, "servers", false, "in no server yet", "https://discord.com/oauth2/authorize?client_id="},
		"commands not there":      {func(w *town) { w.f.ForgetCommands() }, "commands", true, "not registered", "serve"},
		"Discord does not answer": {func(w *town) { w.f.FailReads(503) }, "token", false, "did not answer", "DISCORD_API_URL"},
		"a token that is not one": {func(w *town) { w.a.rest.token = config.NewSecret("wrong") }, "token", false, "does not accept DISCORD_TOKEN", "Reset Token"},
		"two at once":             {func(w *town) { w.f.Revoke(w.guild, discordtest.SendMessages|discordtest.SendInThreads) }, "permissions in Harbour", false, "without Send Messages, Send Messages in Threads", "Roles"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			w := found(t, discordtest.Options{})
			w.connect(bottest.NewRecorder())
			w.stop()
			a, err := New(w.a.cfg)
			if err != nil {
				t.Fatal(err)
			}
			w.a = a
			c.change(w)
			var wrong []Finding
			for _, f := range a.Diagnose(t.Context()) {
				if !f.OK || f.Mend != "" {
					wrong = append(wrong, f)
				}
				if f.Say == "" || !f.OK && f.Mend == "" {
					t.Errorf("%s says %q, and to do %q", f.What, f.Say, f.Mend)
				}
			}
			if c.wrong == "" {
				if len(wrong) > 0 {
					t.Errorf("found %+v", wrong)
				}
				return
			}
			if len(wrong) != 1 || wrong[0].What != c.wrong || wrong[0].OK != c.ok || !strings.Contains(wrong[0].Say, c.say) || !strings.Contains(wrong[0].Mend, c.mend) {
				t.Errorf("found %+v", wrong)
			}
		})
	}
}

func TestTheInviteAsksForTheLeast(t *testing.T) {
	if url := InviteURL("42"); url != "https://discord.com/oauth2/authorize?client_id=42&scope=bot+applications.commands&permissions=309237746688" {
		t.Errorf("invite %s", url)
	}
	for _, forbidden := range []uint64{permAdmin, permManageGuild, permManageThreads, discordtest.MentionEveryone, discordtest.EmbedLinks} {
		if leastPermissions()&forbidden != 0 {
			t.Errorf("it asks for %b", forbidden)
		}
	}
	for _, part := range append([]string{InviteURL("42"), "Message Content Intent", "/ai-spend"}, needs[0].name) {
		if !strings.Contains(Manifest("42"), part) {
			t.Errorf("the manifest does not name %s", part)
		}
	}
	if !strings.Contains(Manifest(""), InviteURL("APPLICATION_ID")) {
		t.Error("without an id there is no word in its place")
	}
}
