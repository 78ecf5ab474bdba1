package config

import (
	"net/url"
	"reflect"
	"sort"
	"strings"
)

// prefix is what our own variables begin with.
const prefix = "TIERWISE_"

// Row is one variable as doctor shows it. Value is *** for a secret and empty
// when nothing is set; Origin is "default", "environment", a file, or empty.
type Row struct{ Name, Value, Origin, Help string }

// Redacted lists every variable with its value, secrets hidden, in the order
// of the documentation, and the provider keys that were found.
func (c Config) Redacted() []Row {
	var rows []Row
	v := reflect.ValueOf(c)
	for i := range v.NumField() {
		f := v.Type().Field(i)
		name := f.Tag.Get("envconfig")
		if name == "" {
			continue
		}
		row := Row{Name: name, Help: f.Tag.Get("help")}
		switch value := v.Field(i).Interface().(type) {
		case Secret:
			row.Value, row.Origin = shown(name, value), c.origins[name]
		case string:
			row.Value = value
			if c.environ[name].IsSet() {
				row.Origin = "environment"
			} else if value != "" {
				row.Origin = "default"
			}
		}
		rows = append(rows, row)
	}
	names := make([]string, 0, len(c.keys))
	for name := range c.keys {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		rows = append(rows, Row{Name: name, Value: hidden, Origin: c.origins[name], Help: "provider key"})
	}
	return rows
}

// shown hides a secret; of REDIS_URL the host stays, which helps and is none.
func shown(name string, s Secret) string {
	if !s.IsSet() {
		return ""
	}
	if u, err := url.Parse(s.Reveal()); name == "REDIS_URL" && err == nil && u.Host != "" {
		return u.Scheme + "://" + hidden + "@" + u.Host + u.Path
	}
	return hidden
}

// variables lists the names of all fields, and those of NAME_FILE.
func variables() []string {
	var out []string
	t := reflect.TypeFor[Config]()
	for i := range t.NumField() {
		name := t.Field(i).Tag.Get("envconfig")
		if name == "" {
			continue
		}
		out = append(out, name)
		if t.Field(i).Type == secretType {
			out = append(out, name+fileSuffix)
		}
	}
	return out
}

// pointOutUnknown reports variables that look like ours and are not.
func (c *Config) pointOutUnknown(p *problems) {
	known := map[string]bool{}
	var ours []string
	for _, name := range variables() {
		known[name] = true
		if strings.HasPrefix(name, prefix) {
			ours = append(ours, name)
		}
	}
	var unknown []string
	for name := range c.environ {
		if strings.HasPrefix(name, prefix) && !known[name] {
			unknown = append(unknown, name)
		}
	}
	sort.Strings(unknown)
	for _, name := range unknown {
		p.add("%s is not a variable of Tierwise%s", name, didYouMean(name, ours))
	}
}
