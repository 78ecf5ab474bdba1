package slack

// Options choose a manifest.
type Options struct {
	Socket  bool
	Minimal bool
}

// Scopes are the bot scopes.
func Scopes(Options) []string { return nil }
