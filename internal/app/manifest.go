package app

import (
	"strconv"

	"github.com/tierwise/tierwise/bots/discord"
	"github.com/tierwise/tierwise/bots/slack"
	"github.com/tierwise/tierwise/internal/fault"
)

// ManifestQuery says which app manifest is wanted.
type ManifestQuery struct {
	Platform string // "slack" or "discord"
	Socket   bool   // Socket Mode, which needs no address
	Minimal  bool   // the fewest scopes for a first answer
	URL      string // where the platform reaches us, without Socket
	Name     string // "" is Tierwise
	App      string // Discord's application id; "" leaves a word in its place
}

// Manifest is the app manifest to paste at Slack, or what to set at Discord,
// which takes none: the address that adds the app, and its switches.
func Manifest(q ManifestQuery) ([]byte, error) {
	switch q.Platform {
	case "slack":
	case "discord":
		return discordManifest(q.App)
	default:
		return nil, fault.Newf(fault.BadInput, "There is a manifest for slack and one for discord, not for %q.", q.Platform)
	}
	b, err := slack.Manifest(slack.Options{Socket: q.Socket, Minimal: q.Minimal, URL: q.URL, Name: q.Name})
	if err != nil {
		return nil, fault.Wrap(err, fault.BadInput, err.Error())
	}
	return b, nil
}

func discordManifest(app string) ([]byte, error) {
	if _, err := strconv.ParseUint(app, 10, 64); app != "" && err != nil {
		return nil, fault.Newf(fault.BadInput, "%q is no application id: it is the number on the page \"General Information\" of the app.", app)
	}
	return []byte(discord.Manifest(app)), nil
}
