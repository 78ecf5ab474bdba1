package discordtest

import (
	"compress/gzip"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"
)

// spec is Discord's published OpenAPI description.
type spec struct {
	paths   map[string]map[string]operation
	schemas map[string]map[string]any
}

type operation struct {
	Body struct {
		Content map[string]struct {
			Schema map[string]any `json:"schema"`
		} `json:"content"`
	} `json:"requestBody"`
	Responses map[string]struct {
		Content map[string]struct {
			Schema map[string]any `json:"schema"`
		} `json:"content"`
	} `json:"responses"`
	Parameters []struct {
		Name string `json:"name"`
		In   string `json:"in"`
	} `json:"parameters"`
}

// loadSpec reads the description, once per process. Where it is not at hand the
// test goes on without it and says so.
func loadSpec(t testing.TB) *spec {
	t.Helper()
	s, err := parsed()
	if err != nil {
		t.Logf("discordtest: requests and answers are not held against Discord's description: %v", err)
	}
	return s
}

var parsed = sync.OnceValues(func() (*spec, error) {
	dir, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		if parent := filepath.Dir(dir); parent != dir {
			dir = parent
			continue
		}
		return nil, fmt.Errorf("no go.mod above the test")
	}
	file, err := os.Open(filepath.Join(dir, "..", "shared", "spec", "discord", "openapi.json.gz"))
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	z, err := gzip.NewReader(file)
	if err != nil {
		return nil, err
	}
	var doc struct {
		Paths      map[string]map[string]json.RawMessage `json:"paths"`
		Components struct {
			Schemas map[string]map[string]any `json:"schemas"`
		} `json:"components"`
	}
	if err := json.NewDecoder(z).Decode(&doc); err != nil {
		return nil, err
	}
	s := &spec{paths: map[string]map[string]operation{}, schemas: doc.Components.Schemas}
	for path, methods := range doc.Paths {
		s.paths[path] = map[string]operation{}
		for m, raw := range methods {
			var o operation
			if m != "parameters" && json.Unmarshal(raw, &o) == nil {
				s.paths[path][m] = o
			}
		}
	}
	return s, nil
})

// request holds a request's body and query against the description.
func (s *spec) request(method, route string, query []string, body any) []string {
	o, ok := s.paths[route][strings.ToLower(method)]
	if !ok {
		return []string{"no such call"}
	}
	var out []string
	for _, q := range query {
		if !slices.ContainsFunc(o.Parameters, func(p struct {
			Name string `json:"name"`
			In   string `json:"in"`
		}) bool {
			return p.Name == q && p.In == "query"
		}) {
			out = append(out, "no query parameter "+q)
		}
	}
	schema := o.Body.Content["application/json"].Schema
	if schema == nil || body == nil {
		return out
	}
	return append(out, s.check(schema, body, "")...)
}

// answer holds an answer against the description.
func (s *spec) answer(method, route string, status int, body any) []string {
	r, ok := s.paths[route][strings.ToLower(method)].Responses[fmt.Sprint(status)]
	if !ok {
		return []string{fmt.Sprintf("status %d is not described", status)}
	}
	if schema := r.Content["application/json"].Schema; schema != nil {
		return s.check(schema, body, "")
	}
	if body != nil {
		return []string{"a body where none is described"}
	}
	return nil
}

// check returns what is wrong with a value, each with its path.
func (s *spec) check(schema map[string]any, v any, at string) []string {
	if ref, ok := schema["$ref"].(string); ok {
		return s.check(s.schemas[strings.TrimPrefix(ref, "#/components/schemas/")], v, at)
	}
	for _, word := range []string{"oneOf", "anyOf"} {
		if options, ok := schema[word].([]any); ok && !s.anyFits(options, v) {
			return []string{at + ": fits none of what is allowed" + s.nearest(options, v, at)}
		}
	}
	if all, ok := schema["allOf"].([]any); ok {
		for _, one := range all {
			if bad := s.check(one.(map[string]any), v, at); len(bad) > 0 {
				return bad
			}
		}
	}
	if bad := typed(schema, v); bad != "" {
		return []string{at + ": " + bad}
	}
	switch x := v.(type) {
	case map[string]any:
		return s.object(schema, x, at)
	case []any:
		return s.array(schema, x, at)
	case string:
		return text(schema, x, at)
	case float64:
		return number(schema, x, at)
	}
	return nil
}

func (s *spec) anyFits(options []any, v any) bool {
	return slices.ContainsFunc(options, func(o any) bool { return len(s.check(o.(map[string]any), v, "")) == 0 })
}

// nearest says what is wrong with the option that is missed by least.
func (s *spec) nearest(options []any, v any, at string) string {
	var best []string
	for _, o := range options {
		if bad := s.check(o.(map[string]any), v, at); best == nil || len(bad) < len(best) && !strings.Contains(bad[0], "is not of type") {
			best = bad
		}
	}
	return " (" + strings.Join(best, "; ") + ")"
}

func (s *spec) object(schema map[string]any, x map[string]any, at string) []string {
	var out []string
	if required, ok := schema["required"].([]any); ok {
		for _, r := range required {
			if _, ok := x[r.(string)]; !ok {
				out = append(out, at+"."+r.(string)+": is missing")
			}
		}
	}
	props, ok := schema["properties"].(map[string]any)
	if !ok {
		return out
	}
	for name, v := range x {
		p, ok := props[name].(map[string]any)
		switch {
		case ok:
			out = append(out, s.check(p, v, at+"."+name)...)
		case schema["additionalProperties"] == nil:
			out = append(out, at+"."+name+": no such field")
		}
	}
	return out
}

func (s *spec) array(schema map[string]any, x []any, at string) []string {
	var out []string
	if most, ok := schema["maxItems"].(float64); ok && len(x) > int(most) {
		out = append(out, at+": too many items")
	}
	if least, ok := schema["minItems"].(float64); ok && len(x) < int(least) {
		out = append(out, at+": too few items")
	}
	if items, ok := schema["items"].(map[string]any); ok {
		for i, v := range x {
			out = append(out, s.check(items, v, fmt.Sprintf("%s[%d]", at, i))...)
		}
	}
	return out
}

func text(schema map[string]any, x, at string) []string {
	n := utf8.RuneCountInString(x)
	if most, ok := schema["maxLength"].(float64); ok && n > int(most) {
		return []string{fmt.Sprintf("%s: %d characters, %d are the most", at, n, int(most))}
	}
	if least, ok := schema["minLength"].(float64); ok && n < int(least) {
		return []string{at + ": too short"}
	}
	if p, ok := schema["pattern"].(string); ok {
		if re, err := regexp.Compile(p); err == nil && !re.MatchString(x) { // some patterns are not Go's
			return []string{at + ": has another form"}
		}
	}
	return nil
}

func number(schema map[string]any, x float64, at string) []string {
	if most, ok := schema["maximum"].(float64); ok && x > most {
		return []string{at + ": too large"}
	}
	if least, ok := schema["minimum"].(float64); ok && x < least {
		return []string{at + ": too small"}
	}
	return nil
}

// typed checks type, enum and const.
func typed(schema map[string]any, v any) string {
	if values, ok := schema["enum"].([]any); ok && !slices.ContainsFunc(values, func(e any) bool { return reflect.DeepEqual(e, v) }) {
		return "is none of the values allowed"
	}
	if c, ok := schema["const"]; ok && !reflect.DeepEqual(c, v) {
		return "is another value"
	}
	var types []any
	switch t := schema["type"].(type) {
	case string:
		types = []any{t}
	case []any:
		types = t
	default:
		return ""
	}
	if slices.ContainsFunc(types, func(t any) bool { return isType(t.(string), v) }) {
		return ""
	}
	return fmt.Sprintf("%T is not of type %v", v, types)
}

func isType(t string, v any) bool {
	switch x := v.(type) {
	case nil:
		return t == "null"
	case bool:
		return t == "boolean"
	case string:
		return t == "string"
	case float64:
		return t == "number" || t == "integer" && x == float64(int64(x))
	case []any:
		return t == "array"
	case map[string]any:
		return t == "object"
	}
	return false
}
