package ringward_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// module is the import path that all our packages start with.
const module = "ringward"

// room states what one package (and, with below, the packages under it) may use.
type room struct {
	imports []string // our packages it may import; "x/..." allows everything below x too
	pure    bool     // no clock, no I/O, no goroutine
}

// rooms is the import table of docs/architecture.md. A package is held to the
// entry with the longest matching prefix.
var rooms = map[string]room{
	"numbering":                {pure: true},
	"numberdb":                 {imports: []string{"numbering", "numberdb/...", "speech/fingerprint"}},
	"numberdb/index":           {imports: []string{"numbering"}, pure: true},
	"screening":                {imports: []string{"numbering", "numberdb/index"}, pure: true},
	"screening/claims":         {pure: true},
	"prompts":                  {imports: []string{"prompts/wave"}},
	"prompts/wave":             {pure: true},
	"prompts/build":            {imports: []string{"prompts", "prompts/..."}},
	"speech/tones":             {pure: true},
	"speech/turns":             {pure: true},
	"media":                    {imports: []string{"media/..."}},
	"media/g711":               {pure: true},
	"media/dtmf":               {pure: true},
	"media/sdp":                {pure: true},
	"media/wav":                {},
	"media/webrtc":             {imports: []string{"media", "media/..."}},
	"speech":                   {imports: []string{"screening", "screening/claims", "speech/..."}},
	"speech/ears":              {imports: []string{"screening", "screening/claims", "speech", "speech/..."}},
	"speech/vad":               {pure: true},
	"speech/engine/enginetest": {imports: []string{"speech/engine", "media/g711", "media/wav"}},
	"speech/fingerprint":       {pure: true},
	"sip":                      {imports: []string{"sip/..."}},
	"sip/sipmsg":               {},
	"sip/transport":            {imports: []string{"sip/sipmsg"}},
	"sip/transaction":          {imports: []string{"sip/sipmsg", "sip/transport"}},
	"sip/digest":               {imports: []string{"sip/sipmsg"}},
	"sip/jws":                  {pure: true},
	"stir":                     {imports: []string{"sip/jws"}, pure: true},
	"stir/certs":               {imports: []string{"stir"}},
	"stir/stirtest":            {imports: []string{"stir", "sip/jws"}},
	"sip/registrar":            {imports: []string{"sip/sipmsg", "sip/transport", "sip/transaction", "sip/digest"}},
	"sip/locate":               {imports: []string{"sip/sipmsg", "sip/transport", "sip/transaction"}},
	"sip/siptest":              {imports: []string{"sip", "sip/..."}},
	"calllog":                  {imports: []string{"screening"}},
	"console":                  {imports: []string{"console/...", "screening", "screening/...", "numbering", "numberdb", "numberdb/index", "calllog"}},
	"gateway":                  {imports: []string{"sip", "sip/...", "media", "media/...", "speech", "speech/...", "screening", "screening/...", "prompts", "numbering", "numberdb", "numberdb/index", "stir"}},
	"softphone":                {imports: []string{"sip", "sip/...", "media/..."}},
	"cmd/ringward":             {imports: []string{"..."}},
	"cmd/asr-worker":           {imports: []string{"speech/engine/..."}},
	"observe":                  {imports: []string{"observe/prom"}},
	"observe/hep":              {},
	"observe/prom":             {},
	"":                         {},
}

// What a pure package must not reach for. net/netip and time.Duration are
// values and allowed; only what touches the world is not.
var impureImports = []string{"os", "net", "net/http", "database/sql", "os/exec", "syscall", "golang.org/x/sys/unix", "log", "log/slog", "math/rand", "sync/atomic"}
var impureTime = []string{"Now", "Sleep", "After", "AfterFunc", "Tick", "NewTimer", "NewTicker", "Since", "Until"}

func TestRoomsKeepToTheirDoors(t *testing.T) {
	fset := token.NewFileSet()
	docs := map[string]bool{}
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name := d.Name(); path != "." && (strings.HasPrefix(name, ".") || name == "testdata" || name == "node_modules") {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(path, ".go") {
			return nil
		}
		dir := filepath.ToSlash(filepath.Dir(path))
		if dir == "." {
			dir = ""
		}
		f, err := parser.ParseFile(fset, path, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		if strings.HasSuffix(path, "_test.go") {
			return nil
		}
		docs[dir] = docs[dir] || f.Doc != nil
		r, known := roomOf(dir)
		if !known {
			t.Errorf("%s: package %q has no entry in the import table of arch_test.go", path, dir)
			return nil
		}
		checkImports(t, path, dir, r, f)
		if r.pure {
			checkPure(t, fset, path, f)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for dir, ok := range docs {
		if !ok {
			t.Errorf("package %q has no package comment", dir)
		}
	}
}

// TestGosipStaysBehindTheCodec holds the house rule that only the SIP grammar
// of jart/gosip is used, and only by the codec.
func TestGosipStaysBehindTheCodec(t *testing.T) {
	fset := token.NewFileSet()
	_ = filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") {
			return err
		}
		f, err := parser.ParseFile(fset, path, nil, parser.ImportsOnly)
		if err != nil {
			t.Error(err)
			return nil
		}
		for _, imp := range f.Imports {
			p := strings.Trim(imp.Path.Value, `"`)
			if !strings.HasPrefix(p, "github.com/jart/gosip/") {
				continue
			}
			if p != "github.com/jart/gosip/sip" || filepath.ToSlash(filepath.Dir(path)) != "sip/sipmsg" {
				t.Errorf("%s imports %s: only sip/sipmsg may use gosip, and only gosip/sip", path, p)
			}
		}
		return nil
	})
}

// TestGoModHasNoReplace: `go install` refuses a module with a replace directive.
func TestGoModHasNoReplace(t *testing.T) {
	b, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(b), "\nreplace ") {
		t.Error("go.mod: a replace directive makes `go install ringward/cmd/ringward` fail for others")
	}
}

func roomOf(dir string) (room, bool) {
	if r, ok := rooms[dir]; ok {
		return r, true
	}
	// A sub-package without an entry of its own is a detail of its parent.
	for d := dir; d != "."; d = filepath.ToSlash(filepath.Dir(d)) {
		if r, ok := rooms[d]; ok && d != "" {
			return r, true
		}
	}
	return room{}, false
}

func checkImports(t *testing.T, path, dir string, r room, f *ast.File) {
	t.Helper()
	for _, imp := range f.Imports {
		p := strings.Trim(imp.Path.Value, `"`)
		ours, ok := strings.CutPrefix(p, module+"/")
		if !ok {
			if r.pure && slices.Contains(impureImports, p) {
				t.Errorf("%s imports %s: package %s is pure (time and data are arguments)", path, p, dir)
			}
			continue
		}
		if !allowed(r.imports, dir, ours) {
			t.Errorf("%s imports %s: not in the import table for %s (arch_test.go, docs/architecture.md)", path, p, dir)
		}
	}
}

func allowed(list []string, dir, ours string) bool {
	for _, a := range list {
		if a == "..." || a == ours {
			return true
		}
		if base, ok := strings.CutSuffix(a, "/..."); ok && strings.HasPrefix(ours, base+"/") {
			return true
		}
	}
	return false
}

func checkPure(t *testing.T, fset *token.FileSet, path string, f *ast.File) {
	t.Helper()
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GoStmt:
			t.Errorf("%s: a pure package starts no goroutine", fset.Position(n.Pos()))
		case *ast.SelectorExpr:
			id, ok := n.X.(*ast.Ident)
			if ok && id.Name == "time" && id.Obj == nil && slices.Contains(impureTime, n.Sel.Name) {
				t.Errorf("%s: time.%s in a pure package: pass the time as an argument", fset.Position(n.Pos()), n.Sel.Name)
			}
		}
		return true
	})
}
