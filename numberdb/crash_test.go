package numberdb_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"ringward/numberdb"
	"ringward/numbering"
)

// crashFile names the database that this test binary, started again as a child,
// writes to until it is killed.
const crashFile = "RINGWARD_CRASH_DB"

func TestMain(m *testing.M) {
	if path := os.Getenv(crashFile); path != "" {
		if err := writeUntilKilled(path); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// importSize is the number of rows of the child's imports, larger than one
// entry of the log holds.
const importSize = 1100

// writeUntilKilled edits and imports for ever, and acknowledges on standard
// output what the store has acknowledged.
func writeUntilKilled(path string) error {
	s, err := numberdb.Open(path, numberdb.Options{})
	if err != nil {
		return err
	}
	ctx := context.Background()
	start := os.Getpid() * 1000
	for i := start; ; i++ {
		n := fmt.Sprintf("+86170%08d", i%100_000_000)
		if _, err := s.PutScam(ctx, alice, numberdb.Scam{Number: n, Source: "crash"}); err != nil {
			return err
		}
		fmt.Println("edit", n)
		if i%20 == 7 {
			name := fmt.Sprintf("import-%d", i)
			if _, err := s.Import(ctx, alice, strings.NewReader(crashRows(name)), numberdb.ImportOptions{Name: name, Entity: numberdb.Scams, Format: "csv"}); err != nil {
				return err
			}
			fmt.Println("import", name)
		}
	}
}

func crashRows(name string) string {
	var b strings.Builder
	b.WriteString("number,source\n")
	for i := range importSize {
		fmt.Fprintf(&b, "+86171%08d,%s\n", i, name)
	}
	return b.String()
}

func TestKilledWriterLosesNothingAcknowledged(t *testing.T) {
	rounds := 3 // RINGWARD_CRASH_ROUNDS=50 for the full measure
	if n, err := strconv.Atoi(os.Getenv("RINGWARD_CRASH_ROUNDS")); err == nil {
		rounds = n
	}
	path := filepath.Join(t.TempDir(), "numbers.db")
	edits, imports := map[string]bool{}, map[string]bool{}
	for round := range rounds {
		crash(t, path, 1+rand.IntN(30), edits, imports)
		s, err := numberdb.Open(path, numberdb.Options{})
		if err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		verifyOK(t, s)
		for n := range edits {
			if ls := s.Index().Exact(number(t, n).Key(), nil); len(ls) == 0 {
				t.Errorf("round %d: acknowledged edit of %s is lost", round, n)
			}
		}
		checkWhole(t, s, imports)
		ok(t, s.Close())
	}
	if t.Logf("%d acknowledged edits, %d acknowledged imports, %d kills", len(edits), len(imports), rounds); len(edits) == 0 {
		t.Error("no edit was acknowledged: the test tested nothing")
	}
}

// crash starts the child, kills it after some acknowledgements, wherever it is
// by then, and notes all that it acknowledged.
func crash(t *testing.T, path string, after int, edits, imports map[string]bool) {
	t.Helper()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), crashFile+"="+path)
	var said strings.Builder
	child.Stderr = &said
	out, err := child.StdoutPipe()
	ok(t, err)
	ok(t, child.Start())
	lines := bufio.NewScanner(out)
	for n := 0; lines.Scan(); n++ {
		kind, what, _ := strings.Cut(lines.Text(), " ")
		if kind == "edit" {
			edits[what] = true
		} else {
			imports[what] = true
		}
		if n == after {
			ok(t, child.Process.Kill())
		}
	}
	var exit *exec.ExitError
	if err := child.Wait(); !errors.As(err, &exit) || said.Len() > 0 {
		t.Fatalf("child ended by itself: %v %s", err, said.String())
	}
}

// checkWhole holds that every import is there whole or not at all.
func checkWhole(t *testing.T, s *numberdb.Store, imports map[string]bool) {
	t.Helper()
	rows := map[string]int{}
	for i := range importSize {
		n := numbering.Number{Country: "CN", Digits: fmt.Sprintf("86171%08d", i)}
		for _, l := range s.Index().Exact(n.Key(), nil) {
			rows[l.Source]++
		}
	}
	for name, n := range rows {
		if n != importSize {
			t.Errorf("%s: %d of %d rows are there", name, n, importSize)
		}
	}
	for name := range imports {
		if rows[name] == 0 {
			t.Errorf("acknowledged %s is lost", name)
		}
	}
}
