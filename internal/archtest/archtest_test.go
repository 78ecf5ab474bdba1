package archtest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// source is one parsed Go file.
type source struct {
	pkg, file string
	test      bool
	fset      *token.FileSet
	ast       *ast.File
	lines     int
}

// sources parses every Go file of the module.
func sources(t *testing.T) []source {
	t.Helper()
	root := filepath.Join("..", "..")
	var all []source
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() && p != root && (strings.HasPrefix(name, ".") || name == "testdata" || name == "node_modules" || name == "data" || name == "bin") {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(name, ".go") {
			return nil
		}
		rel, _ := filepath.Rel(root, p)
		body, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		fset := token.NewFileSet()
		f, err := parser.ParseFile(fset, p, body, parser.ParseComments)
		if err != nil {
			return err
		}
		all = append(all, source{path.Dir(filepath.ToSlash(rel)), filepath.ToSlash(rel), strings.HasSuffix(name, "_test.go"), fset, f, strings.Count(string(body), "\n")})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func rowOf(pkg string) int {
	return slices.IndexFunc(rows, func(r []string) bool { return slices.Contains(r, pkg) })
}

func imports(s source) []string {
	var out []string
	for _, i := range s.ast.Imports {
		p, _ := strconv.Unquote(i.Path.Value)
		out = append(out, p)
	}
	return out
}

func TestEveryPackageHasARoom(t *testing.T) {
	for _, s := range sources(t) {
		if rowOf(s.pkg) < 0 && !slices.Contains(testRooms, s.pkg) {
			t.Errorf("%s: package %s is not on the plan; give it a row in rows.go", s.file, s.pkg)
		}
		if slices.Contains(banned, path.Base(s.pkg)) {
			t.Errorf("%s: the name %q says nothing", s.file, path.Base(s.pkg))
		}
	}
}

func TestImportsPointDown(t *testing.T) {
	for _, s := range sources(t) {
		if s.test || slices.Contains(testRooms, s.pkg) {
			continue
		}
		from := rowOf(s.pkg)
		for _, imp := range imports(s) {
			to, ours := strings.CutPrefix(imp, module+"/")
			if !ours {
				continue
			}
			switch {
			case slices.Contains(testRooms, to) && to != "bots/bottest":
				t.Errorf("%s imports %s, which is for tests only", s.file, to)
			case slices.Contains(within[s.pkg], to):
			case rowOf(to) > from:
			default:
				t.Errorf("%s imports %s: not a lower row, and not on the list of allowed edges", s.file, to)
			}
		}
	}
}

func TestSDKsStayInTheirRoom(t *testing.T) {
	for _, s := range sources(t) {
		for _, imp := range imports(s) {
			for sdk, home := range sdks {
				if (imp == sdk || strings.HasPrefix(imp, sdk+"/")) && s.pkg != home && !strings.HasPrefix(s.pkg, home+"/") {
					t.Errorf("%s imports %s, which stays in %s", s.file, imp, home)
				}
			}
		}
	}
}

func TestEveryPackageHasADoc(t *testing.T) {
	docs := map[string]string{}
	for _, s := range sources(t) {
		if s.test || s.ast.Name.Name == "main" && s.ast.Doc == nil {
			continue
		}
		if _, ok := docs[s.pkg]; !ok {
			docs[s.pkg] = ""
		}
		if s.ast.Doc != nil {
			if docs[s.pkg] != "" {
				t.Errorf("%s: package %s has two docs", s.file, s.pkg)
			}
			docs[s.pkg] = s.ast.Doc.Text()
		}
	}
	for pkg, doc := range docs {
		flat := strings.ReplaceAll(doc, "\n", " ")
		if n := strings.Count(flat+" ", ". "); n < 3 {
			t.Errorf("package %s: its doc has %d sentences, three are the least: what it is, what it promises, what it does not do", pkg, n)
		}
	}
}

// TestNoFloatInMoney: in the packages where money amounts live, no float type
// and no float literal at all.
func TestNoFloatInMoney(t *testing.T) {
	rooms := []string{"internal/money", "usage", "internal/catalog", "router", "internal/store/redis", "internal/store/sqlite", "internal/store/memory"}
	for _, s := range sources(t) {
		if s.test || !slices.Contains(rooms, s.pkg) {
			continue
		}
		ast.Inspect(s.ast, func(n ast.Node) bool {
			switch x := n.(type) {
			case *ast.Ident:
				if x.Name == "float64" || x.Name == "float32" {
					t.Errorf("%s: %s in a money room", s.fset.Position(x.Pos()), x.Name)
				}
			case *ast.BasicLit:
				if x.Kind == token.FLOAT {
					t.Errorf("%s: float literal %s in a money room", s.fset.Position(x.Pos()), x.Value)
				}
			}
			return true
		})
	}
}

func TestSizes(t *testing.T) {
	for _, s := range sources(t) {
		if !s.test && s.lines > 400 {
			t.Errorf("%s has %d lines; 400 are the most", s.file, s.lines)
		}
		if s.test {
			continue
		}
		for _, d := range s.ast.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || f.Body == nil {
				continue
			}
			if n := s.fset.Position(f.End()).Line - s.fset.Position(f.Pos()).Line + 1; n > 70 {
				t.Errorf("%s: %s has %d lines; 70 are the most", s.file, f.Name.Name, n)
			}
		}
	}
}

func TestNoInit(t *testing.T) {
	for _, s := range sources(t) {
		for _, d := range s.ast.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Name.Name == "init" && f.Recv == nil && !s.test {
				t.Errorf("%s has an init function: nothing happens before main", s.file)
			}
		}
	}
}
