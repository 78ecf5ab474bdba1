package slacktest

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// spec is the published reference the requests are held against.
type spec struct {
	methods map[string]*methodSpec
	tiers   map[string]string // "Tier3"
	limits  blockLimits
}

// methodSpec is one file of the method reference.
type methodSpec struct {
	Scope struct {
		Bot []string `json:"bot"`
	} `json:"scope"`
	JSON bool `json:"json_input_supported"`
	Args struct {
		Required   []string           `json:"required"`
		Properties map[string]argSpec `json:"properties"`
	} `json:"args"`
	Errors map[string]any `json:"errors"`
}

// argSpec is the schema of one argument.
type argSpec struct {
	Type      string    `json:"type"`
	Enum      []string  `json:"enum"`
	MaxLength int       `json:"maxLength"`
	MinLength int       `json:"minLength"`
	Minimum   *int      `json:"minimum"`
	Maximum   *int      `json:"maximum"`
	MaxItems  int       `json:"maxItems"`
	MinItems  int       `json:"minItems"`
	Items     *argSpec  `json:"items"`
	AnyOf     []argSpec `json:"anyOf"`
}

// repositoryRoot walks up to the folder with go.mod.
func repositoryRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New("no go.mod above the working directory")
		}
		dir = parent
	}
}

// loadSpec reads the reference. dir may be empty.
func loadSpec(dir string) (*spec, error) {
	if dir == "" {
		root, err := repositoryRoot()
		if err != nil {
			return nil, err
		}
		dir = filepath.Join(root, "..", "shared", "spec", "slack")
	}
	files, err := filepath.Glob(filepath.Join(dir, "methods", "*.json"))
	if err != nil || len(files) == 0 {
		return nil, fmt.Errorf("no method reference in %s", dir)
	}
	s := &spec{methods: map[string]*methodSpec{}}
	for _, file := range files {
		var m methodSpec
		if err := readJSON(file, &m); err != nil {
			return nil, err
		}
		s.methods[strings.TrimSuffix(filepath.Base(file), ".json")] = &m
	}
	if err := readJSON(filepath.Join(dir, "rate_limit_tiers.json"), &s.tiers); err != nil {
		return nil, err
	}
	if err := readJSON(filepath.Join(dir, "block-limits.json"), &s.limits); err != nil {
		return nil, err
	}
	return s, nil
}

func readJSON(file string, v any) error {
	raw, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(raw, v); err != nil {
		return fmt.Errorf("%s: %w", filepath.Base(file), err)
	}
	return nil
}

// Checked says whether requests are held against the method reference; Notes
// says why not.
func (f *Fake) Checked() bool { return f.spec != nil }

// ErrorCodes are the documented error codes of a method, in order. Without the
// reference there are none.
func (f *Fake) ErrorCodes(method string) []string {
	if f.spec == nil || f.spec.methods[method] == nil {
		return nil
	}
	var codes []string
	for code := range f.spec.methods[method].Errors {
		codes = append(codes, code)
	}
	slices.Sort(codes)
	return codes
}

// Methods are the Web API methods the fake answers, in order.
func Methods() []string {
	var names []string
	for name := range methods {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
