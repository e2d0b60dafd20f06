package numberdb

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// closedDatabase makes a file with scam(1) in it.
func closedDatabase(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "numbers.db")
	s := openTest(t, path, Options{})
	if _, err := s.PutScam(t.Context(), tester, scam(1)); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// becomesWhole runs a store that is open by half until it takes edits.
func becomesWhole(ctx context.Context, s *Store) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	for s.Trouble() != nil {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(5 * time.Millisecond):
		}
	}
	_, err := s.PutScam(ctx, tester, scam(2))
	cancel()
	return errors.Join(err, <-done)
}

// TestStartsWhileTheFileIsLocked: with Options.Serve a lock that lets nobody
// read is waited out; without, it is an error.
func TestStartsWhileTheFileIsLocked(t *testing.T) {
	path := closedDatabase(t)
	other, err := sql.Open("sqlite", "file:"+path+"?_pragma=locking_mode(EXCLUSIVE)")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := other.Exec(`UPDATE head SET one = one`); err != nil {
		t.Fatal(err)
	}
	o := Options{BusyTimeout: 20 * time.Millisecond}
	if _, err := Open(path, o); !errors.Is(err, ErrBusy) {
		t.Errorf("open a locked file: %v, want ErrBusy", err)
	}
	o.Serve = true
	s := openTest(t, path, o)
	s.retry = 5 * time.Millisecond
	if err := s.Trouble(); !errors.Is(err, ErrBusy) {
		t.Errorf("trouble %v, want ErrBusy", err)
	}
	if _, err := s.PutScam(t.Context(), tester, scam(2)); !errors.Is(err, ErrBusy) {
		t.Errorf("edit: %v, want ErrBusy", err)
	}
	if err := other.Close(); err != nil {
		t.Fatal(err)
	}
	if err := becomesWhole(t.Context(), s); err != nil || !served(t, s, 1) || !served(t, s, 2) {
		t.Errorf("after the lock: %v", err)
	}
}

func TestServesNoDamagedFileEvenIfAskedTo(t *testing.T) {
	path := closedDatabase(t)
	if err := os.WriteFile(path, []byte(strings.Repeat("broken ", 9000)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(path, Options{Serve: true}); !errors.Is(err, ErrCorrupt) {
		t.Errorf("got %v, want ErrCorrupt", err)
	}
	if _, err := Open(filepath.Join(t.TempDir(), "missing", "numbers.db"), Options{Serve: true}); !errors.Is(err, ErrReadOnly) {
		t.Errorf("folder that is not there: got %v, want ErrReadOnly", err)
	}
}

// readOnlyEnv makes the test below the child that opens the file.
const readOnlyEnv = "RINGWARD_TEST_READ_ONLY"

// TestStartsFromAReadOnlyFolder: what is in the file serves, and once the
// folder can be written edits are taken. A child without root's rights does it.
func TestStartsFromAReadOnlyFolder(t *testing.T) {
	if path := os.Getenv(readOnlyEnv); path != "" {
		readOnlyChild(t, path)
		return
	}
	path := closedDatabase(t)
	dir := filepath.Dir(path)
	mode := func(folder, file os.FileMode) {
		for name, m := range map[string]os.FileMode{filepath.Dir(dir): 0o755, dir: folder, path: file} {
			if err := os.Chmod(name, m); err != nil {
				t.Fatal(err)
			}
		}
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if os.Geteuid() == 0 { // whose folder others cannot enter
		of := exe
		exe = filepath.Join(filepath.Dir(dir), "child")
		if err := errors.Join(copyFile(of, exe), os.Chmod(exe, 0o755)); err != nil {
			t.Fatal(err)
		}
	}
	child := exec.CommandContext(t.Context(), exe, "-test.run", "^TestStartsFromAReadOnlyFolder$")
	child.Env, child.Dir = append(os.Environ(), readOnlyEnv+"="+path), dir
	if os.Geteuid() == 0 {
		if err := asNobody(child, dir, path); err != nil {
			t.Fatal(err)
		}
	}
	mode(0o555, 0o444)
	defer mode(0o755, 0o644)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	in, err := child.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	said := bufio.NewScanner(out)
	var all strings.Builder
	for said.Scan() {
		fmt.Fprintln(&all, said.Text())
		if said.Text() == "half" {
			mode(0o755, 0o644)
			_ = in.Close()
		}
	}
	if err := child.Wait(); err != nil || !strings.Contains(all.String(), "whole") {
		t.Errorf("child: %v\n%s", err, &all)
	}
}

func readOnlyChild(t *testing.T, path string) {
	s := openTest(t, path, Options{Serve: true, BusyTimeout: 20 * time.Millisecond})
	s.retry = 5 * time.Millisecond
	if err := s.Trouble(); !errors.Is(err, ErrReadOnly) || !served(t, s, 1) {
		t.Fatalf("trouble %v, served %v", err, served(t, s, 1))
	}
	if _, err := s.PutScam(t.Context(), tester, scam(2)); !errors.Is(err, ErrReadOnly) {
		t.Fatalf("edit: %v, want ErrReadOnly", err)
	}
	fmt.Println("half")
	_, _ = bufio.NewReader(os.Stdin).ReadString('\n') // until the parent has changed the modes
	if err := becomesWhole(t.Context(), s); err != nil || !served(t, s, 2) {
		t.Fatalf("after the change: %v", err)
	}
	fmt.Println("whole")
}
