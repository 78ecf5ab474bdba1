package redis

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	goredis "github.com/redis/go-redis/v9"
)

// libraryPrefix begins the name of every library of functions that is ours.
const libraryPrefix = "tierwise_"

// library is all scripts as one library of Redis functions, whose closures are
// made when it is loaded. EVALSHA makes them at every call, which costs more
// than many a script itself.
type library struct {
	name string // libraryPrefix and the version
	text string
}

// libraryOf composes the library. Its name and those of its functions carry a
// digest of the text, so that two releases can use one server at once.
func libraryOf(all map[string]script) library {
	digest := sha256.New()
	for _, name := range sortedNames(all) {
		fmt.Fprintf(digest, "%s %q %q %q\n", name, all[name].flags, all[name].libs, all[name].body)
	}
	l := library{name: libraryPrefix + hex.EncodeToString(digest.Sum(nil))[:12]}
	var out strings.Builder
	out.WriteString("#!lua name=" + l.name + "\n")
	for _, name := range sortedNames(all) {
		// Each has its own copy of what it uses, in a block, as if it were alone.
		sc := all[name]
		out.WriteString("do\n" + sc.libs)
		fmt.Fprintf(&out, "redis.register_function{ function_name = '%s', flags = { %s }, callback = function(KEYS, ARGV)\n", l.function(name), quoted(sc.flags))
		out.WriteString(begin + sc.body + "end }\nend\n")
	}
	l.text = out.String()
	return l
}

// function is the name of a script in the library.
func (l library) function(script string) string {
	return "tw_" + strings.TrimPrefix(l.name, libraryPrefix) + "_" + script
}

func quoted(flags []string) string {
	out := make([]string, len(flags))
	for i, f := range flags {
		out[i] = "'" + f + "'"
	}
	return strings.Join(out, ", ")
}

// load gives a node the library unless it has it. Replicas get it from their
// master.
func (l library) load(ctx context.Context, node goredis.Cmdable) error {
	err := node.FunctionLoad(ctx, l.text).Err()
	if err != nil && strings.Contains(err.Error(), "already exists") {
		return nil
	}
	return err
}

// forgetOthers removes the libraries of other releases. It can be done at any
// time: a process that still uses one finds it gone, loads it and goes on.
func (l library) forgetOthers(ctx context.Context, node goredis.Cmdable) error {
	there, err := node.FunctionList(ctx, goredis.FunctionListQuery{LibraryNamePattern: libraryPrefix + "*"}).Result()
	for _, old := range there {
		if err == nil && old.Name != l.name {
			err = node.FunctionDelete(ctx, old.Name).Err()
		}
	}
	if refused(err) { // not allowed, or another process was faster; it only lies there
		return nil
	}
	return err
}
