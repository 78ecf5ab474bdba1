package app

import (
	"github.com/tierwise/tierwise/bots/slack"
	"github.com/tierwise/tierwise/internal/fault"
)

// ManifestQuery says which app manifest is wanted.
type ManifestQuery struct {
	Platform string // "slack"
	Socket   bool   // Socket Mode, which needs no address
	Minimal  bool   // the fewest scopes for a first answer
	URL      string // where the platform reaches us, without Socket
	Name     string // "" is Tierwise
}

// Manifest is the app manifest to paste at the platform.
func Manifest(q ManifestQuery) ([]byte, error) {
	if q.Platform != "slack" {
		return nil, fault.Newf(fault.BadInput, "There is a manifest for slack, not for %q.", q.Platform)
	}
	b, err := slack.Manifest(slack.Options{Socket: q.Socket, Minimal: q.Minimal, URL: q.URL, Name: q.Name})
	if err != nil {
		return nil, fault.Wrap(err, fault.BadInput, err.Error())
	}
	return b, nil
}
