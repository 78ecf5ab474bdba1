package config

import (
	"fmt"
	"reflect"
	"slices"
	"sort"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// strict reads YAML into Go structs and says everything that does not fit: an
// unknown or doubled key, a value of the wrong type, a word that is not on the
// list. Amounts are read from the text as it was written, never as floats.
type strict struct {
	name string // of the file
	p    *problems
}

// none takes a value away that the built-in policy sets, such as a limit.
const none = "none"

// says notes a problem at a line.
func (s strict) says(n *yaml.Node, format string, args ...any) {
	s.p.add("%s line %d: %s", s.name, n.Line, fmt.Sprintf(format, args...))
}

// value reads n into v. path is the key as a person writes it.
func (s strict) value(n *yaml.Node, v reflect.Value, path string, tag reflect.StructTag) {
	switch {
	case n.Kind == yaml.AliasNode || n.Anchor != "":
		s.says(n, "%s uses an anchor or alias; write the value out.", path)
	case v.Kind() == reflect.Pointer && n.Kind == yaml.ScalarNode && n.Value == none:
		v.SetZero()
	case v.Kind() == reflect.Pointer:
		inner := reflect.New(v.Type().Elem())
		s.value(n, inner.Elem(), path, tag)
		v.Set(inner)
	default:
		if r, ok := scalarOf(v.Addr().Interface()); ok {
			s.scalar(n, v, path, r)
			return
		}
		s.byKind(n, v, path, tag)
	}
}

func (s strict) byKind(n *yaml.Node, v reflect.Value, path string, tag reflect.StructTag) {
	switch v.Kind() {
	case reflect.Struct:
		s.fields(n, v, path)
	case reflect.Map:
		s.entries(n, v, path, tag)
	case reflect.Slice:
		s.list(n, v, path, tag)
	case reflect.String:
		s.text(n, v, path, tag)
	case reflect.Bool:
		on, said := parseSwitch(n.Value)
		if n.Kind != yaml.ScalarNode || !said {
			s.says(n, "%s takes true or false, not %s.", path, kindOf(n))
			return
		}
		v.SetBool(on)
	case reflect.Int, reflect.Int64:
		s.number(n, v, path, tag)
	default:
		panic("config: no reader for " + v.Type().String()) // a test reads every field
	}
}

// fields reads a mapping into a struct; a key with an empty value leaves the
// default.
func (s strict) fields(n *yaml.Node, v reflect.Value, path string) {
	if empty(n) {
		return
	}
	known := map[string]int{}
	var names []string
	for i := range v.NumField() {
		key := v.Type().Field(i).Tag.Get("yaml")
		known[key] = i
		names = append(names, key)
	}
	s.pairs(n, path, func(key, value *yaml.Node) {
		i, ok := known[key.Value]
		if !ok {
			s.says(key, "unknown key %q%s%s", key.Value, inside(path), didYouMean(key.Value, names))
			return
		}
		if empty(value) {
			return
		}
		s.value(value, v.Field(i), join(path, key.Value), v.Type().Field(i).Tag)
	})
}

// entries reads a mapping with free keys over what is there already.
func (s strict) entries(n *yaml.Node, v reflect.Value, path string, tag reflect.StructTag) {
	if v.IsNil() {
		v.Set(reflect.MakeMap(v.Type()))
	}
	s.pairs(n, path, func(key, value *yaml.Node) {
		item := reflect.New(v.Type().Elem()).Elem()
		if old := v.MapIndex(reflect.ValueOf(key.Value)); old.IsValid() {
			item.Set(old)
		}
		s.value(value, item, join(path, key.Value), tag)
		v.SetMapIndex(reflect.ValueOf(key.Value), item)
	})
}

// pairs walks a mapping once per key.
func (s strict) pairs(n *yaml.Node, path string, each func(key, value *yaml.Node)) {
	if n.Kind != yaml.MappingNode {
		s.says(n, "%s takes keys with values, not %s.", orTop(path), kindOf(n))
		return
	}
	seen := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		if key.Kind != yaml.ScalarNode {
			s.says(key, "a key%s must be a word, not %s.", inside(path), kindOf(key))
			continue
		}
		if first, twice := seen[key.Value]; twice {
			s.says(key, "%s is there twice; the first is on line %d.", join(path, key.Value), first)
			continue
		}
		seen[key.Value] = key.Line
		each(key, value)
	}
}

func (s strict) list(n *yaml.Node, v reflect.Value, path string, tag reflect.StructTag) {
	if empty(n) {
		v.SetZero()
		return
	}
	if n.Kind != yaml.SequenceNode {
		s.says(n, "%s takes a list such as [a, b], not %s.", path, kindOf(n))
		return
	}
	out := reflect.MakeSlice(v.Type(), len(n.Content), len(n.Content))
	for i, item := range n.Content {
		s.value(item, out.Index(i), path+"["+strconv.Itoa(i+1)+"]", tag)
	}
	v.Set(out)
}

func (s strict) scalar(n *yaml.Node, v reflect.Value, path string, r scalar) {
	target := v.Addr().Interface()
	if n.Kind != yaml.ScalarNode {
		s.says(n, "%s takes %s, not %s.", path, r.takes, kindOf(n))
		return
	}
	if negative(target, n.Value) {
		s.says(n, "%s cannot be negative: %s.", path, n.Value)
		return
	}
	value, err := r.read(n.Value)
	if err != nil {
		hint := ""
		if near := Nearest(n.Value, words(target)); near != "" {
			hint = "; did you mean " + near + "?"
		}
		s.says(n, "%s takes %s, not %q%s", path, r.takes, short(n.Value), orStop(hint))
		return
	}
	v.Set(reflect.ValueOf(value))
}

func (s strict) text(n *yaml.Node, v reflect.Value, path string, tag reflect.StructTag) {
	allowed := strings.Fields(tag.Get("oneof"))
	// An unquoted no or off is a switch to YAML 1.1 and a word to a person: the
	// text as written decides.
	if n.Kind != yaml.ScalarNode || len(allowed) == 0 && (n.Tag == "!!bool" || n.Tag == "!!int" || n.Tag == "!!float") {
		s.says(n, "%s takes text, not %s; put it in quotes.", path, kindOf(n))
		return
	}
	if len(allowed) > 0 && !slices.Contains(allowed, n.Value) {
		hint := ""
		if near := Nearest(n.Value, allowed); near != "" {
			hint = "; did you mean " + near + "?"
		}
		s.says(n, "%s takes %s, not %q%s", path, either(allowed), short(n.Value), orStop(hint))
		return
	}
	v.SetString(n.Value)
}

func (s strict) number(n *yaml.Node, v reflect.Value, path string, tag reflect.StructTag) {
	i, err := strconv.ParseInt(n.Value, 10, 64)
	if n.Kind != yaml.ScalarNode || err != nil || n.Tag != "!!int" {
		s.says(n, "%s takes a whole number, not %s.", path, kindOf(n))
		return
	}
	if low, err := strconv.ParseInt(tag.Get("min"), 10, 64); err == nil && i < low {
		s.says(n, "%s is %d; the least is %d.", path, i, low)
		return
	}
	if high, err := strconv.ParseInt(tag.Get("max"), 10, 64); err == nil && i > high {
		s.says(n, "%s is %d; the most is %d.", path, i, high)
		return
	}
	v.SetInt(i)
}

// kindOf says in words what is there.
func kindOf(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "keys with values"
	case yaml.SequenceNode:
		return "a list"
	case yaml.AliasNode:
		return "an alias"
	}
	if empty(n) {
		return "nothing"
	}
	return strconv.Quote(short(n.Value))
}

func empty(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Tag == "!!null" }

// short keeps a sentence readable, and a secret in the wrong place out of it.
func short(s string) string {
	if r := []rune(s); len(r) > 40 {
		return string(r[:12]) + "…"
	}
	return s
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

func inside(path string) string {
	if path == "" {
		return ""
	}
	return " in " + path
}

func orTop(path string) string {
	if path == "" {
		return "the file"
	}
	return path
}

func orStop(hint string) string {
	if hint == "" {
		return "."
	}
	return hint
}

func sortedKeys[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	sort.Strings(out)
	return out
}
