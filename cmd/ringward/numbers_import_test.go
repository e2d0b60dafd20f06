package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ringward/numberdb"
)

// stopper cancels a command when the end of its input was read: the rows in
// its buffers are not imported yet, those before are.
type stopper struct {
	io.Reader
	stop func()
}

func (s *stopper) Read(b []byte) (int, error) {
	n, err := s.Reader.Read(b)
	if err == io.EOF {
		s.stop()
	}
	return n, err
}

// TestInterruptedImportGoesOn: the same command again takes up where the one
// before was stopped, and the result is whole.
func TestInterruptedImportGoesOn(t *testing.T) {
	a := newAnalyst(t)
	file := filepath.Join(t.TempDir(), "big.csv")
	var b strings.Builder
	b.WriteString("number,category,source\n")
	const rows = 8000
	for i := range rows {
		fmt.Fprintf(&b, "+86170%08d,refund,feed\n", i)
	}
	if err := os.WriteFile(file, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"--name", "big", "--table", "scam", "--commit", "500", "--progress", "--data", a.data}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var errs bytes.Buffer
	in := &stopper{strings.NewReader(b.String()), cancel}
	if status := run(ctx, stdio{in, &bytes.Buffer{}, &errs}, append([]string{"numbers", "import", "-"}, args...)); status != 1 || !strings.Contains(errs.String(), "the same command goes on from there") {
		t.Fatalf("interrupted: status %d: %s", status, &errs)
	}
	var r struct{ Rows, Skipped, Added int }
	status, out, stderr := ran(t, append([]string{"numbers", "import", file, "--json"}, args...)...)
	if err := json.Unmarshal([]byte(out), &r); status != 0 || err != nil || r.Rows != rows || r.Skipped == 0 || r.Skipped+r.Added != rows {
		t.Errorf("status %d, %v, %+v: %s", status, err, r, stderr)
	}
	if !strings.Contains(stderr, "100%") || !strings.Contains(stderr, "0s left") {
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
