package config

import (
	"bytes"
	"errors"
	"io"
	"reflect"
	"regexp"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

var (
	yamlLine     = regexp.MustCompile(`line (\d+)`)
	variableForm = regexp.MustCompile(`^[A-Z][A-Z0-9_]*$`)
)

// decodePolicy reads data over p. On an error p is not to be used.
func decodePolicy(name string, data []byte, p *Policy) error {
	var found problems
	root, err := onlyDocument(data)
	switch {
	case errors.Is(err, errTwoDocuments) || errors.Is(err, errNotText):
		found.add("%s %s.", name, err)
		return found.err()
	case err != nil:
		at := ""
		if m := yamlLine.FindStringSubmatch(err.Error()); m != nil {
			at = " line " + m[1]
		}
		found.add("%s%s: this is not YAML: check indentation, colons and quotes there.", name, at)
		return found.err()
	case root == nil:
		return nil // empty or comments only: the default serves
	}
	s := strict{name: name, p: &found}
	s.value(root, reflect.ValueOf(p).Elem(), "", "")
	if len(found.found) == 0 {
		s.check(root, p)
	}
	return found.err()
}

var (
	errTwoDocuments = errors.New("holds a second document after ---: keep one")
	errNotText      = errors.New("is not UTF-8 text")
)

// onlyDocument parses the text into its one document; nil when it is empty.
func onlyDocument(data []byte) (*yaml.Node, error) {
	if !utf8.Valid(data) {
		return nil, errNotText
	}
	d := yaml.NewDecoder(bytes.NewReader(data))
	var doc, second yaml.Node
	if err := d.Decode(&doc); err != nil {
		if errors.Is(err, io.EOF) {
			return nil, nil
		}
		return nil, err
	}
	if err := d.Decode(&second); !errors.Is(err, io.EOF) {
		if err != nil {
			return nil, err
		}
		return nil, errTwoDocuments
	}
	if len(doc.Content) == 0 || empty(doc.Content[0]) {
		return nil, nil
	}
	return doc.Content[0], nil
}

// at finds the line of a key for a check made after reading; a key that is
// only in the default gives the document's first line.
func at(root *yaml.Node, path ...string) *yaml.Node {
	n := root
	for _, want := range path {
		next := n
		for i := 0; i+1 < len(n.Content) && n.Kind == yaml.MappingNode; i += 2 {
			if n.Content[i].Value == want {
				next = n.Content[i+1]
				next.Line = n.Content[i].Line
			}
		}
		n = next
	}
	return n
}

// check looks at what belongs together, once every value fits its type.
func (s strict) check(root *yaml.Node, p *Policy) {
	for _, id := range sortedKeys(p.Providers) {
		pr, n := p.Providers[id], at(root, "providers", id)
		if pr.Clearance != nil && strings.TrimSpace(pr.Why) == "" {
			s.says(n, "providers.%s.clearance is a decision: say why beside it (why: \"…\").", id)
		}
		if pr.KeyEnv != "" && !variableForm.MatchString(pr.KeyEnv) {
			s.says(n, "providers.%s.key_env takes the name of a variable such as ACME_API_KEY; the key itself does not belong in this file.", id)
		}
		var bad problems
		checkURL("providers."+id+".base_url", pr.BaseURL, &bad)
		for _, say := range Sentences(bad.err()) {
			s.says(n, "%s", say)
		}
	}
	for _, id := range sortedKeys(p.Models) {
		s.checkModel(at(root, "models", id), id, p.Models[id])
	}
	for _, name := range sortedKeys(p.Workflows) {
		w := p.Workflows[name]
		if _, ok := p.Teams[w.Team]; w.Team != "" && !ok {
			s.says(at(root, "workflows", name, "team"), "workflows.%s.team is %q, which is not one of the teams%s", name, w.Team, didYouMean(w.Team, sortedKeys(p.Teams)))
		}
	}
	if p.Limits.Answer == 0 {
		s.says(at(root, "limits", "answer"), "limits.answer must be more than 0; to spend nothing set defaults.ceiling to local.")
	}
	s.checkTeams(root, p)
	s.checkTiers(root, p.Defaults)
	s.checkLabels(root, p.Defaults.Labels)
	s.checkCap(root, p)
}

func (s strict) checkModel(n *yaml.Node, id string, m Model) {
	if provider, model, ok := strings.Cut(id, "/"); !ok || provider == "" || model == "" {
		s.says(n, "models.%s: a model is named provider/model.", id)
	}
	for i, pr := range m.Prices {
		if pr.From.IsZero() {
			s.says(n, "models.%s.prices[%d] has no from: say from which day it is in force.", id, i+1)
		}
	}
}

// checkTeams: a channel or person belongs to one team at a time.
func (s strict) checkTeams(root *yaml.Node, p *Policy) {
	owner := map[string]string{}
	for _, name := range sortedKeys(p.Teams) {
		t := p.Teams[name]
		for _, id := range append(append([]string{}, t.Channels...), t.People...) {
			if other := owner[id]; other != "" {
				s.says(at(root, "teams", name), "teams.%s lists %s, which is in %s already: it can be in one team.", name, id, other)
			}
			owner[id] = name
		}
	}
}

// checkTiers: a task must be able to start below its ceiling.
func (s strict) checkTiers(root *yaml.Node, d Defaults) {
	t := d.Tier
	for _, x := range []struct {
		intent string
		above  bool
	}{
		{"summarize", t.Summarize > d.Ceiling}, {"draft", t.Draft > d.Ceiling},
		{"classify", t.Classify > d.Ceiling}, {"ask", t.Ask > d.Ceiling},
	} {
		if x.above {
			s.says(at(root, "defaults", "tier", x.intent), "defaults.tier.%s is above defaults.ceiling, which is %s.", x.intent, d.Ceiling)
		}
	}
}

func (s strict) checkLabels(root *yaml.Node, labels []Label) {
	n, seen := at(root, "defaults", "labels"), map[string]bool{}
	for _, l := range labels {
		name := strings.ToLower(l.Name)
		switch {
		case name == "" || strings.ContainsAny(name, ":;,\n"):
			s.says(n, "defaults.labels: %q is not a label name: use words without : ; or a comma.", l.Name)
		case seen[name]:
			s.says(n, "defaults.labels: %s is there twice.", l.Name)
		}
		seen[name] = true
	}
	if len(labels) == 1 {
		s.says(n, "defaults.labels: one label is no choice; list two or more.")
	}
}

// checkCap: the default limits of one workspace must fit under the cap.
func (s strict) checkCap(root *yaml.Node, p *Policy) {
	limit, top := p.Limits.Workspace, p.Operator.Cap
	for _, w := range []struct {
		window string
		over   bool
	}{
		{"day", limit.Day != nil && top.Day != nil && *limit.Day > *top.Day},
		{"week", limit.Week != nil && top.Week != nil && *limit.Week > *top.Week},
		{"month", limit.Month != nil && top.Month != nil && *limit.Month > *top.Month},
	} {
		if w.over {
			s.says(at(root, "operator", "cap", w.window), "operator.cap.%s is below limits.workspace.%s: one workspace alone would pass it.", w.window, w.window)
		}
	}
}
