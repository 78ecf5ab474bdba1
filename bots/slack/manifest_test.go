package slack

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"
)

// shared is a file of the shared reference beside the repository.
func shared(t *testing.T, name string) []byte {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("..", "..", "..", "shared", name))
	if err != nil {
		t.Skipf("the reference ../shared/%s is not here", name)
	}
	return raw
}

func TestEveryManifestIsValid(t *testing.T) {
	var schema map[string]any
	if err := json.Unmarshal(shared(t, "spec/slack/manifest.schema.2.0.0.json"), &schema); err != nil {
		t.Fatal(err)
	}
	for _, o := range []Options{{Socket: true}, {Socket: true, Minimal: true}, {URL: "https://bot.example.com"}, {URL: "https://bot.example.com/", Minimal: true, Name: "Team AI"}} {
		raw, err := Manifest(o)
		if err != nil {
			t.Fatal(err)
		}
		var m any
		if err := json.Unmarshal(raw, &m); err != nil {
			t.Fatal(err)
		}
		for _, problem := range (validator{schema}).check(schema, m, "manifest") {
			t.Errorf("%+v: %s", o, problem)
		}
		if has := strings.Contains(string(raw), "https://bot.example.com/slack/events"); has == o.Socket {
			t.Errorf("%+v: the address is there: %v", o, has)
		}
	}
	// The validator can fail.
	bad := map[string]any{"display_information": map[string]any{"name": strings.Repeat("x", 36), "colour": "red"}}
	if got := (validator{schema}).check(schema, bad, "manifest"); len(got) != 2 {
		t.Errorf("a bad manifest has problems %q, want 2", got)
	}
}

func TestAManifestNeedsAnAddress(t *testing.T) {
	for _, o := range []Options{{}, {URL: "http://bot.example.com"}, {URL: "nonsense"}, {Socket: true, Name: strings.Repeat("x", 36)}} {
		if _, err := Manifest(o); err == nil {
			t.Errorf("%+v gave a manifest", o)
		}
	}
}

// validator is as much of JSON Schema as the manifest's schema uses.
type validator struct{ root map[string]any }

func (v validator) check(schema map[string]any, value any, at string) (problems []string) {
	if ref, ok := schema["$ref"].(string); ok {
		target, ok := v.root["definitions"].(map[string]any)[strings.TrimPrefix(ref, "#/definitions/")].(map[string]any)
		if !ok {
			return []string{at + ": unknown definition " + ref}
		}
		return v.check(target, value, at)
	}
	number := func(key string) (int, bool) {
		n, ok := schema[key].(float64)
		return int(n), ok
	}
	bounds := func(n int, low, high string) {
		if least, ok := number(low); ok && n < least {
			problems = append(problems, fmt.Sprintf("%s: %d is below %s %d", at, n, low, least))
		}
		if most, ok := number(high); ok && n > most {
			problems = append(problems, fmt.Sprintf("%s: %d is above %s %d", at, n, high, most))
		}
	}
	kind, _ := schema["type"].(string)
	switch x := value.(type) {
	case map[string]any:
		problems = append(problems, v.object(schema, x, at)...)
		if kind != "" && kind != "object" {
			problems = append(problems, at+": is an object, want "+kind)
		}
	case []any:
		bounds(len(x), "minItems", "maxItems")
		if items, ok := schema["items"].(map[string]any); ok {
			for i, one := range x {
				problems = append(problems, v.check(items, one, at+"["+strconv.Itoa(i)+"]")...)
			}
		}
		if kind != "" && kind != "array" {
			problems = append(problems, at+": is a list, want "+kind)
		}
	case string:
		bounds(utf8.RuneCountInString(x), "minLength", "maxLength")
		if pattern, ok := schema["pattern"].(string); ok {
			if re, err := regexp.Compile(strings.ReplaceAll(pattern, `\/`, `/`)); err == nil && !re.MatchString(x) {
				problems = append(problems, at+": does not match "+pattern)
			}
		}
		if all, ok := schema["enum"].([]any); ok && !slices.Contains(all, any(x)) {
			problems = append(problems, at+": is not one of the allowed values")
		}
		if kind != "" && kind != "string" {
			problems = append(problems, at+": is text, want "+kind)
		}
	case bool:
		if kind != "boolean" {
			problems = append(problems, at+": is a boolean, want "+kind)
		}
	}
	return problems
}

func (v validator) object(schema, value map[string]any, at string) (problems []string) {
	known, _ := schema["properties"].(map[string]any)
	for key, one := range value {
		sub, ok := known[key].(map[string]any)
		if !ok {
			if schema["additionalProperties"] == false {
				problems = append(problems, at+": unknown key "+key)
			}
			continue
		}
		problems = append(problems, v.check(sub, one, at+"."+key)...)
	}
	required, _ := schema["required"].([]any)
	for _, key := range required {
		if _, ok := value[key.(string)]; !ok {
			problems = append(problems, at+": "+key.(string)+" is missing")
		}
	}
	return problems
}

// TestTheManifestCoversTheCode reads the sources: every method constant is used
// by a feature whose scopes fit the method's reference, and every event that is
// handled is subscribed to, and the other way round.
func TestTheManifestCoversTheCode(t *testing.T) {
	scopes := map[method][]string{}
	for _, f := range Features() {
		for _, m := range f.methods {
			scopes[m] = append(scopes[m], f.Scopes...)
		}
	}
	called := methodConstants(t)
	for _, m := range called {
		granted, ok := scopes[m]
		if !ok {
			t.Errorf("the code calls %s, which no feature has", m)
			continue
		}
		if _, ok := tierOf[m]; !ok {
			t.Errorf("%s has no rate tier", m)
		}
		var ref struct {
			Scope struct {
				Bot []string `json:"bot"`
			} `json:"scope"`
		}
		if err := json.Unmarshal(shared(t, "spec/slack/methods/"+string(m)+".json"), &ref); err != nil {
			t.Fatal(err)
		}
		if len(ref.Scope.Bot) > 0 && !slices.ContainsFunc(ref.Scope.Bot, func(s string) bool { return slices.Contains(granted, s) }) {
			t.Errorf("%s needs one of %q, its features have %q", m, ref.Scope.Bot, granted)
		}
	}
	for m := range scopes {
		if !slices.Contains(called, m) {
			t.Errorf("a feature has %s, which the code does not call", m)
		}
	}
	subscribed := map[string]bool{}
	for _, e := range Events(Options{}) {
		kind, _, _ := strings.Cut(e, ".")
		subscribed[kind] = true
		if handlers[kind] == nil {
			t.Errorf("the manifest subscribes to %s, which nobody handles", e)
		}
	}
	for e := range handlers {
		if !subscribed[e] {
			t.Errorf("the code handles %s, which the manifest does not subscribe to", e)
		}
	}
}

// methodConstants are the constants of type method in this package.
func methodConstants(t *testing.T) []method {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "method.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var all []method
	for _, d := range file.Decls {
		decl, ok := d.(*ast.GenDecl)
		if !ok || decl.Tok != token.CONST {
			continue
		}
		for _, s := range decl.Specs {
			spec := s.(*ast.ValueSpec)
			if name, ok := spec.Type.(*ast.Ident); !ok || name.Name != "method" {
				continue
			}
			value, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, method(value))
		}
	}
	if len(all) < 20 {
		t.Fatalf("only %d methods found", len(all))
	}
	return all
}

// TestMethodsAreNamedInOnePlace: no other file makes a method of a literal.
func TestMethodsAreNamedInOnePlace(t *testing.T) {
	literal := regexp.MustCompile(`method:\s*"|method\("|"(chat|conversations|users|views|files|assistant|agents|oauth|usergroups|apps|auth|team)\.[a-z]`)
	sources, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range sources {
		if name == "method.go" || strings.HasSuffix(name, "_test.go") {
			continue
		}
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if hit := literal.Find(raw); hit != nil {
			t.Errorf("%s names a method itself: %s", name, hit)
		}
	}
}

// TestEveryErrorCodeHasASentence walks the reference of every method we call.
func TestEveryErrorCodeHasASentence(t *testing.T) {
	codes := 0
	for _, m := range methodConstants(t) {
		var ref struct {
			Errors map[string]any `json:"errors"`
		}
		if err := json.Unmarshal(shared(t, "spec/slack/methods/"+string(m)+".json"), &ref); err != nil {
			t.Fatal(err)
		}
		for code := range ref.Errors {
			codes++
			if !known(m, code) {
				t.Errorf("%s: %s has no meaning here", m, code)
			}
			if say := verdictOf(m, code).say; len(say) < 15 || strings.Contains(say, code) && strings.Contains(code, "_") || !strings.HasSuffix(say, ".") && !strings.HasSuffix(say, ")") {
				t.Errorf("%s: %s says %q", m, code, say)
			}
		}
	}
	t.Logf("%d documented codes of %d methods", codes, len(methodConstants(t)))
}
