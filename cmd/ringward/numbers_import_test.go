package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"ringward/numberdb"
)

// stopper cancels a command when its progress line says that enough rows are in.
type stopper struct {
	bytes.Buffer
	rows int
	stop func()
}

var progressRows = regexp.MustCompile(`(\d+) rows`)

func (s *stopper) Write(b []byte) (int, error) {
	if m := progressRows.FindSubmatch(b); m != nil {
		if n, _ := strconv.Atoi(string(m[1])); n >= s.rows {
			s.stop()
		}
	}
	return s.Buffer.Write(b)
}

// TestInterruptedImportGoesOn: the same command again takes up where the one
// before was stopped, and the result is whole.
func TestInterruptedImportGoesOn(t *testing.T) {
	a := newAnalyst(t)
	file := filepath.Join(t.TempDir(), "big.csv")
	var b strings.Builder
	b.WriteString("number,category,source\n")
	const rows = 40_000
	for i := range rows {
		fmt.Fprintf(&b, "+86170%08d,refund,feed\n", i)
	}
	if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"numbers", "import", file, "--table", "scam", "--commit", "5000", "--progress", "--data", a.data}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	errs := &stopper{rows: 10_000, stop: cancel}
	if status := run(ctx, stdio{strings.NewReader(""), &bytes.Buffer{}, errs}, args); status != 1 || !strings.Contains(errs.String(), "the same command goes on from there") {
		t.Fatalf("interrupted: status %d: %s", status, errs)
	}
	var r struct {
		Rows, Skipped, Added int
	}
	status, out, stderr := ran(t, append(args, "--json")...)
	if err := json.Unmarshal([]byte(out), &r); status != 0 || err != nil || r.Rows != rows || r.Skipped < 5_000 || r.Skipped+r.Added != rows {
		t.Errorf("status %d, %v, %+v: %s", status, err, r, stderr)
	}
	if !strings.Contains(stderr, "left") || !strings.Contains(stderr, "100%") {
		t.Errorf("no progress: %q", stderr)
	}
	var s numberdb.Stats
	if err := json.Unmarshal([]byte(a.does("stats", "--json")), &s); err != nil || s.Tables[numberdb.Scams]["all"] != rows {
		t.Errorf("%v, %+v; want %d", err, s, rows)
	}
}

// TestDamagedDatabaseIsRefused: with advice, and untouched.
func TestDamagedDatabaseIsRefused(t *testing.T) {
	a := newAnalyst(t)
	file := filepath.Join(a.data, "numbers.db")
	if err := os.WriteFile(file, bytes.Repeat([]byte("no database "), 1000), 0o600); err != nil {
		t.Fatal(err)
	}
	a.refused("damaged", "stats")
	if b, err := os.ReadFile(file); err != nil || !bytes.HasPrefix(b, []byte("no database")) {
		t.Errorf("the damaged file was written over: %v", err)
	}
}
