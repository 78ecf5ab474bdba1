package redis

import (
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// luaFiles are all script sources by name.
func luaFiles(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := fs.WalkDir(sources, "scripts", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := read(p)
		out[p] = text
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestMoneyStaysText guards the rule that keeps sums exact: Lua prints a number
// above 1e14 with 14 digits, so no amount may ever be turned from a number into
// text. Numbers that are amounts are named …_num; whole() prints counts and
// instants, and only the rest of a hold is printed, which is at most money.Max.
func TestMoneyStaysText(t *testing.T) {
	forbidden := map[string]*regexp.Regexp{
		"tostring loses digits":              regexp.MustCompile(`\btostring\b`),
		"an amount is joined to a text":      regexp.MustCompile(`_num\s*\.\.|\.\.\s*\w*_num\b`),
		"an amount is printed":               regexp.MustCompile(`(whole|string\.format)\([^)]*_num`),
		"an amount is sent as a number":      regexp.MustCompile(`call\([^)]*_num`),
		"a number just read is joined again": regexp.MustCompile(`\.\.\s*tonumber\(`),
		"floats are not ours":                regexp.MustCompile(`INCRBYFLOAT`),
	}
	for name, text := range luaFiles(t) {
		for n, line := range strings.Split(text, "\n") {
			code, _, _ := strings.Cut(line, "--")
			for why, re := range forbidden {
				if re.MatchString(code) && code != printsRest {
					t.Errorf("%s:%d: %s: %s", name, n+1, why, strings.TrimSpace(line))
				}
			}
		}
	}
}

// printsRest is the one line that prints an amount.
const printsRest = "    reserve(space(t), scopesOf(h), idsFrom(h.ids), string.format('-%.0f', rest_num))"

// TestScriptsSayWhatTheyDo demands the head of every script, and that scripts
// which free money or work run when memory is full.
func TestScriptsSayWhatTheyDo(t *testing.T) {
	needed := map[string]bool{settleScript: true, returnScript: true, sweepScript: true, claimScript: true, confirmScript: true, restoreScript: true}
	for name, text := range luaFiles(t) {
		if strings.Contains(name, "/lib/") {
			if !strings.HasPrefix(text, "-- "+strings.TrimSuffix(path.Base(name), ".lua")+": ") {
				t.Errorf("%s does not begin with what it is", name)
			}
			continue
		}
		script := strings.TrimSuffix(path.Base(name), ".lua")
		for _, part := range []string{"-- " + script + " ", "-- KEYS[1] partition root", "-- ARGV    clock", "-- returns "} {
			if !strings.Contains(text, part) {
				t.Errorf("%s lacks %q in its head", name, part)
			}
		}
		if needed[script] && !strings.HasPrefix(text, "#!lua flags=allow-oom\n") {
			t.Errorf("%s must run when memory is full", name)
		}
		sc, err := readScript(script)
		if err != nil || strings.Contains(sc.alone(false), "#!") || strings.HasPrefix(sc.alone(true), "#!") != strings.HasPrefix(text, "#!") {
			t.Errorf("%s: its flags are lost, or left in for Redis 6.2 (%v)", name, err)
		}
	}
}

func TestKeysShareTheSlotOfTheirWorkspace(t *testing.T) {
	if got := crc16("123456789"); got != 0x31c3 {
		t.Fatalf("crc16 = %#x, the specification's check value is 0x31c3", got)
	}
	for _, tenant := range []string{"slack/T1", "discord/9{8}7", "a:b", "", "ü"} {
		p := partition(tenant)
		if got, err := partitionOfKey(entriesKey(tenant, "2026-11")); err != nil || got != p {
			t.Errorf("%q: key in partition %d (%v), workspace in %d", tenant, got, err, p)
		}
		if decode(encode(tenant)) != tenant {
			t.Errorf("%q is not read back", tenant)
		}
	}
	if spaceKey("a:d")+"x" == spaceKey("a")+"d:x" {
		t.Error("keys of two workspaces can be equal")
	}
}

// partitionOfKey reads the partition back from a key.
func partitionOfKey(key string) (int, error) {
	tag, _, ok := strings.Cut(strings.TrimPrefix(key, prefix+"{"), "}")
	p, err := strconv.Atoi(tag)
	if !ok || err != nil || !strings.HasPrefix(key, prefix+"{") {
		return 0, fmt.Errorf("redis: key %q has no partition", key)
	}
	return p, nil
}
