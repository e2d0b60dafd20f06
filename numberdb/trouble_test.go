package numberdb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"ringward/numbering"
)

var tester = Edit{Author: "tester", Reason: "test"}

func openTest(t *testing.T, path string, o Options) *Store {
	t.Helper()
	s, err := Open(path, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func scam(i int) Scam { return Scam{Number: fmt.Sprintf("+86170%08d", i), Source: "test"} }

func served(t *testing.T, s *Store, i int) bool {
	t.Helper()
	n, err := numbering.ParseCanonical(scam(i).Number)
	if err != nil {
		t.Fatal(err)
	}
	return len(s.Index().Exact(n.Key(), nil)) == 1
}

func TestFullDiskRefusesEditsAndKeepsTheOldState(t *testing.T) {
	s := openTest(t, filepath.Join(t.TempDir(), "numbers.db"), Options{})
	if _, err := s.PutScam(t.Context(), tester, scam(1)); err != nil {
		t.Fatal(err)
	}
	var pages int
	if err := s.w.QueryRow(`PRAGMA page_count`).Scan(&pages); err != nil {
		t.Fatal(err)
	}
	if _, err := s.w.Exec(fmt.Sprintf(`PRAGMA max_page_count = %d`, pages+5)); err != nil { // what a full disk looks like to SQLite
		t.Fatal(err)
	}
	version := s.Index().Version()
	var rows strings.Builder
	rows.WriteString("number\n")
	for i := range 5000 {
		rows.WriteString(scam(100+i).Number + "\n")
	}
	_, err := s.Import(t.Context(), tester, strings.NewReader(rows.String()), ImportOptions{Name: "big", Entity: Scams, Format: "csv"})
	if !errors.Is(err, ErrFull) {
		t.Errorf("import on a full disk: got %v, want ErrFull", err)
	}
	if !served(t, s, 1) || served(t, s, 100) || s.Index().Version() != version {
		t.Error("the index changed with a refused import")
	}
	if r, err := s.Verify(t.Context()); err != nil || !r.OK() {
		t.Errorf("verify: %+v, %v", r, err)
	}
	if _, err := s.w.Exec(`PRAGMA max_page_count = 1000000`); err != nil {
		t.Fatal(err)
	}
	if _, err := s.PutScam(t.Context(), tester, scam(2)); err != nil || !served(t, s, 2) {
		t.Errorf("edit after the disk has room again: %v", err)
	}
}

func TestLockedDatabaseIsAClearErrorAndStopsNoLookUp(t *testing.T) {
	path := filepath.Join(t.TempDir(), "numbers.db")
	s := openTest(t, path, Options{BusyTimeout: 30 * time.Millisecond, SeedExamples: true})
	if _, err := s.PutScam(t.Context(), tester, scam(1)); err != nil {
		t.Fatal(err)
	}
	other := openTest(t, path, Options{})
	tx, err := other.w.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.PutScam(t.Context(), tester, scam(2)); !errors.Is(err, ErrBusy) {
		t.Errorf("edit of a locked database: got %v, want ErrBusy", err)
	}
	if !served(t, s, 1) || served(t, s, 2) {
		t.Error("the index is wrong while the database is locked")
	}
	if third, err := Open(path, Options{BusyTimeout: 30 * time.Millisecond, SeedExamples: true}); err != nil {
		t.Errorf("open a locked database: %v", err)
	} else if err := third.Close(); err != nil || !served(t, third, 1) {
		t.Errorf("opened locked database does not serve: %v", err)
	}
	rollback(tx)
	if _, err := s.PutScam(t.Context(), tester, scam(2)); err != nil || !served(t, s, 2) {
		t.Errorf("edit after the lock: %v", err)
	}
}

func TestIndexServesWhenTheFileBreaks(t *testing.T) {
	path := filepath.Join(t.TempDir(), "numbers.db")
	s := openTest(t, path, Options{})
	if _, err := s.PutScam(t.Context(), tester, scam(1)); err != nil {
		t.Fatal(err)
	}
	if _, err := s.w.Exec(`PRAGMA wal_checkpoint(TRUNCATE)`); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(strings.Repeat("broken ", 9000)), 0o600); err != nil {
		t.Fatal(err)
	}
	s.r.SetMaxIdleConns(0) // read the file, not what a connection remembers
	if err := s.rebuild(t.Context()); !errors.Is(err, ErrCorrupt) {
		t.Errorf("rebuild from a broken file: got %v, want ErrCorrupt", err)
	}
	if !served(t, s, 1) {
		t.Error("the last good index does not serve any more")
	}
	if _, err := Open(path, Options{}); !errors.Is(err, ErrCorrupt) {
		t.Errorf("open a broken file: got %v, want ErrCorrupt", err)
	}
}

func TestReadOnlyFolderIsAClearError(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "missing", "folder")
	if _, err := Open(filepath.Join(dir, "numbers.db"), Options{}); !errors.Is(err, ErrReadOnly) {
		t.Errorf("folder that is not there: got %v, want ErrReadOnly", err)
	}
}

func TestBackupsWhileWriting(t *testing.T) {
	dir := t.TempDir()
	s := openTest(t, filepath.Join(dir, "numbers.db"), Options{SeedExamples: true})
	ctx, stop := context.WithCancel(t.Context())
	var writers sync.WaitGroup
	const perBackup = 50 // edits
	wrote, more := 0, make(chan struct{})
	writers.Go(func() {
		for i := 0; ctx.Err() == nil; i++ {
			if _, err := s.PutScam(t.Context(), tester, scam(i)); err != nil {
				t.Errorf("edit during a backup: %v", err)
				return
			}
			if wrote++; wrote%perBackup == 0 {
				select {
				case more <- struct{}{}:
				case <-ctx.Done():
				}
			}
		}
	})
	rounds := 5 // RINGWARD_BACKUP_ROUNDS=20 for the full measure
	if n, err := strconv.Atoi(os.Getenv("RINGWARD_BACKUP_ROUNDS")); err == nil {
		rounds = n
	}
	for i := range rounds {
		<-more
		to := filepath.Join(dir, fmt.Sprintf("backup-%d.db", i))
		if r, err := s.Backup(t.Context(), to); err != nil || !r.OK() {
			t.Errorf("backup %d: %+v, %v", i, r, err)
		}
	}
	stop()
	writers.Wait()
	if _, err := s.Backup(t.Context(), filepath.Join(dir, "backup-0.db")); !errors.Is(err, ErrExists) {
		t.Errorf("backup over a file: %v, want ErrExists", err)
	}
	restoreInto(t, dir, filepath.Join(dir, fmt.Sprintf("backup-%d.db", rounds-1)))
	if t.Logf("%d edits during %d backups", wrote, rounds); wrote == 0 {
		t.Error("nothing was written during the backups")
	}
}

func restoreInto(t *testing.T, dir, backup string) {
	t.Helper()
	path := filepath.Join(dir, "other.db")
	old := openTest(t, path, Options{})
	if _, err := old.PutScam(t.Context(), tester, scam(99_999_999)); err != nil {
		t.Fatal(err)
	}
	if err := old.Close(); err != nil {
		t.Fatal(err)
	}
	aside, err := Restore(t.Context(), backup, path)
	if err != nil {
		t.Fatal(err)
	}
	if restored := openTest(t, path, Options{}); served(t, restored, 99_999_999) || !served(t, restored, 0) {
		t.Error("the restored database is not the backup")
	}
	if kept := openTest(t, aside, Options{}); !served(t, kept, 99_999_999) {
		t.Error("what was there before was not kept")
	}
	broken := filepath.Join(dir, "broken.db")
	b, err := os.ReadFile(backup)
	if err != nil {
		t.Fatal(err)
	}
	copy(b[len(b)/2:], strings.Repeat("broken", 1000))
	if err := os.WriteFile(broken, b, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Restore(t.Context(), broken, filepath.Join(dir, "third.db")); err == nil {
		t.Error("a broken backup was restored")
	}
}

func TestEveryCommitIsSynced(t *testing.T) {
	s := openTest(t, filepath.Join(t.TempDir(), "numbers.db"), Options{})
	for db, wantQueryOnly := range map[*sql.DB]int{s.w: 0, s.r: 1} {
		var sync, queryOnly int
		var journal string
		for pragma, to := range map[string]any{"synchronous": &sync, "journal_mode": &journal, "query_only": &queryOnly} {
			if err := db.QueryRow(`PRAGMA ` + pragma).Scan(to); err != nil {
				t.Fatal(err)
			}
		}
		if sync != 2 || journal != "wal" || queryOnly != wantQueryOnly {
			t.Errorf("synchronous %d, journal %s, query_only %d; want 2 (full), wal, %d", sync, journal, queryOnly, wantQueryOnly)
		}
	}
}
