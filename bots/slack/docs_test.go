package slack

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the table of scopes into docs/slack.md")

const (
	tableBegins = "<!-- features: made by TestTheDocumentedScopesAreThose; run it with -update -->\n"
	tableEnds   = "<!-- end of features -->\n"
)

// featureTable is the table of the documentation.
func featureTable() string {
	var b strings.Builder
	b.WriteString("| it … | first answer | scopes | events |\n|---|---|---|---|\n")
	code := func(all []string) string {
		if len(all) == 0 {
			return "–"
		}
		return "`" + strings.Join(all, "` `") + "`"
	}
	for _, f := range Features() {
		tick := ""
		if f.Minimal {
			tick = "✓"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", f.Name, tick, code(f.Scopes), code(f.Events))
	}
	return b.String()
}

// TestTheDocumentedScopesAreThose holds docs/slack.md to the list of features.
func TestTheDocumentedScopesAreThose(t *testing.T) {
	name := filepath.Join("..", "..", "docs", "slack.md")
	raw, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(raw), tableBegins)
	have, after, closed := strings.Cut(rest, tableEnds)
	if !ok || !closed {
		t.Fatal("docs/slack.md has no place for the table")
	}
	if want := featureTable(); have != want {
		if !*update {
			t.Fatalf("the table in docs/slack.md is not that of the code; run with -update")
		}
		if err := os.WriteFile(name, []byte(before+tableBegins+want+tableEnds+after), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
