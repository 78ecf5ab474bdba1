package redis

import (
	"embed"
	"fmt"
	"maps"
	"slices"
	"strings"
)

//go:embed scripts/*.lua scripts/lib/*.lua
var sources embed.FS

// The scripts, one for each operation. Each is described at its head.
const (
	enqueueScript   = "enqueue"
	claimScript     = "claim"
	beatScript      = "beat"
	returnScript    = "return"
	stopScript      = "stop"
	backlogScript   = "backlog"
	postsScript     = "posts"
	confirmScript   = "confirm"
	postponeScript  = "postpone"
	holdScript      = "hold"
	dispatchScript  = "dispatch"
	settleScript    = "settle"
	sweepScript     = "sweep"
	levelsScript    = "levels"
	limitsScript    = "limits"
	writeScript     = "write"
	recordsScript   = "records"
	wipeScript      = "wipe"
	tenantsScript   = "tenants"
	openHoldsScript = "openholds"
	rebuildScript   = "rebuild"
	dropScript      = "drop"
	markScript      = "mark"
	leaseScript     = "lease"
	takeScript      = "take"
	purgeScript     = "purge"
	restoreScript   = "restore"

	unfinishedScript = "unfinished"
)

// A script is one operation as its file describes it.
type script struct {
	flags []string // of the first line: allow-oom, no-writes
	libs  string   // the libraries that its "--@ use" lines name
	body  string   // the file without the first line
}

// begin is the call that comes before the first line of every body.
const begin = "begin(KEYS, ARGV)\n"

// readScripts reads all scripts.
func readScripts() (map[string]script, error) {
	files, err := sources.ReadDir("scripts")
	if err != nil {
		return nil, fmt.Errorf("redis: scripts: %w", err)
	}
	out := map[string]script{}
	for _, f := range files {
		name, ok := strings.CutSuffix(f.Name(), ".lua")
		if !ok {
			continue // the folder of libraries
		}
		if out[name], err = readScript(name); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func readScript(name string) (script, error) {
	text, err := read("scripts/" + name + ".lua")
	if err != nil {
		return script{}, err
	}
	var sc script
	if shebang, rest, ok := strings.Cut(text, "\n"); ok && strings.HasPrefix(shebang, "#!") {
		text = rest
		if _, flags, ok := strings.Cut(shebang, "flags="); ok {
			sc.flags = strings.Split(flags, ",")
		}
	}
	if sc.libs, err = librariesOf(text, map[string]bool{}); err != nil {
		return script{}, err
	}
	sc.body = text
	return sc, nil
}

// librariesOf returns the libraries that "--@ use" lines of a text name, each
// once and after those it uses itself. done are those already there.
func librariesOf(text string, done map[string]bool) (string, error) {
	var out string
	for line := range strings.Lines(text) {
		names, ok := strings.CutPrefix(strings.TrimSpace(line), "--@ use ")
		if !ok {
			continue
		}
		for name := range strings.FieldsSeq(names) {
			if done[name] {
				continue
			}
			done[name] = true
			source, err := read("scripts/lib/" + name + ".lua")
			if err != nil {
				return "", err
			}
			below, err := librariesOf(source, done)
			if err != nil {
				return "", err
			}
			out += below + source
		}
	}
	return out, nil
}

// alone is the script as EVALSHA runs it. Servers before 7.0 would choke on the
// line of flags.
func (sc script) alone(flags bool) string {
	head := ""
	if flags && len(sc.flags) > 0 {
		head = "#!lua flags=" + strings.Join(sc.flags, ",") + "\n"
	}
	return head + sc.libs + begin + sc.body
}

func sortedNames(all map[string]script) []string { return slices.Sorted(maps.Keys(all)) }

func read(path string) (string, error) {
	b, err := sources.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("redis: script: %w", err)
	}
	return string(b), nil
}
