package numberdb_test

import (
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ringward/numberdb"
	"ringward/numberdb/indextest"
)

// lived makes a database in which everything has happened, closes it and
// returns its path.
func lived(t testing.TB) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "numbers.db")
	s, err := numberdb.Open(path, numberdb.Options{SeedExamples: true})
	ok(t, err)
	ctx := t.Context()
	g := indextest.New(11)
	for i := range 30 {
		_, err := s.PutScam(ctx, alice, numberdb.Scam{Number: g.Mobile().String(), Source: "feed", Votes: i})
		ok(t, err)
		_, err = s.ReportScam(ctx, bob, g.Mobile(), fmt.Sprintf("shop-%d", i), "pos-freeze")
		ok(t, err)
	}
	for i := 1; i <= 10; i++ {
		ok(t, s.Approve(ctx, bob, numberdb.Numbers, fmt.Sprint(i)))
		ok(t, s.Retire(ctx, bob, numberdb.Scams, fmt.Sprint(i)))
	}
	_, err = s.PutLine(ctx, alice, numberdb.Line{Number: "+862161190000"})
	ok(t, err)
	ok(t, s.Retire(ctx, alice, numberdb.Lines, "1"))
	_, err = s.PutPattern(ctx, alice, numberdb.Pattern{Prefix: "+86170"})
	ok(t, err)
	ok(t, s.Undo(ctx, bob, 20))
	ok(t, s.Close())
	return path
}

func verify(t testing.TB, path string) (numberdb.VerifyReport, error) {
	t.Helper()
	s, err := numberdb.Open(path, numberdb.Options{})
	if err != nil {
		return numberdb.VerifyReport{}, err
	}
	defer func() { _ = s.Close() }()
	return s.Verify(t.Context())
}

func TestVerifyAcceptsWhatTheStoreWrote(t *testing.T) {
	r, err := verify(t, lived(t))
	if err != nil || !r.OK() || r.Changes < 80 || r.Records < 200 || len(r.Head) != 64 {
		t.Errorf("got %+v, %v", r, err)
	}
}

// tamper makes one random edit of the file behind the program's back and says what.
func tamper(r *rand.Rand, db *sql.DB) (string, error) {
	tables := []string{"changes", "changes", "changes", "institutions", "numbers", "scams", "patterns", "lines"}
	table := tables[r.IntN(len(tables))]
	id := "id"
	columns := []string{"key", "scope", "doc", "pack", "seq", "id"}
	if table == "changes" {
		id, columns = "seq", []string{"at", "author", "reason", "action", "subject", "count", "items", "prev", "hash", "seq"}
	}
	var row int64
	if err := db.QueryRow(`SELECT `+id+` FROM `+table+` ORDER BY (`+id+` * ?) % 9973 LIMIT 1`, 1+r.IntN(9000)).Scan(&row); err != nil {
		return "", err
	}
	column := columns[r.IntN(len(columns))]
	what := fmt.Sprintf("%s of %s %d", column, table, row)
	var err error
	switch n := r.IntN(10); {
	case n == 0:
		what = "delete " + what
		_, err = db.Exec(`DELETE FROM `+table+` WHERE `+id+` = ?`, row)
	case n == 1 && table == "changes": // two changes in the other order
		what = "reorder " + what
		_, err = db.Exec(`UPDATE changes SET seq = CASE seq WHEN ?1 THEN -1 ELSE seq END; UPDATE changes SET seq = ?1 WHERE seq = ?1 + 1; UPDATE changes SET seq = ?1 + 1 WHERE seq = -1`, row)
	case column == "id" || column == "seq":
		_, err = db.Exec(`UPDATE `+table+` SET `+column+` = `+column+` + 100000 WHERE `+id+` = ?`, row)
	default:
		err = flipBit(r, db, table, column, id, row)
	}
	return what, err
}

func flipBit(r *rand.Rand, db *sql.DB, table, column, id string, row int64) error {
	var value any
	if err := db.QueryRow(`SELECT `+column+` FROM `+table+` WHERE `+id+` = ?`, row).Scan(&value); err != nil {
		return err
	}
	switch v := value.(type) {
	case int64:
		value = v ^ 1<<r.IntN(40)
	case string:
		b := []byte(v + " ")
		b[r.IntN(len(b))] ^= 1 << r.IntN(7)
		value = string(b)
	case []byte:
		v[r.IntN(len(v))] ^= 1 << r.IntN(8)
		value = v
	case nil:
		value = "x"
	}
	_, err := db.Exec(`UPDATE `+table+` SET `+column+` = ? WHERE `+id+` = ?`, value, row)
	return err
}

func TestVerifyFindsEveryEditBehindTheProgramsBack(t *testing.T) {
	rounds := 25 // RINGWARD_TAMPER_ROUNDS=1000 for the full measure
	if n, err := strconv.Atoi(os.Getenv("RINGWARD_TAMPER_ROUNDS")); err == nil {
		rounds = n
	}
	original, err := os.ReadFile(lived(t))
	ok(t, err)
	path := filepath.Join(t.TempDir(), "copy.db")
	r := rand.New(rand.NewPCG(4, 2))
	for i := 0; i < rounds; i++ {
		for _, suffix := range []string{"-wal", "-shm"} {
			_ = os.Remove(path + suffix)
		}
		ok(t, os.WriteFile(path, original, 0o600))
		db, err := sql.Open("sqlite", path)
		ok(t, err)
		_, err = db.Exec(`DROP TRIGGER changes_stay; DROP TRIGGER changes_remain`)
		ok(t, err)
		what, err := tamper(r, db)
		ok(t, db.Close())
		if err != nil {
			i-- // the table's own constraints refused it
			continue
		}
		if report, err := verify(t, path); err == nil && report.OK() {
			t.Errorf("round %d: %s was not found", i, what)
		} else if err != nil && !errors.Is(err, numberdb.ErrCorrupt) {
			t.Errorf("round %d: %s: got %v, want ErrCorrupt", i, what, err)
		}
	}
}

func TestChangeLogIsAppendOnly(t *testing.T) {
	db, err := sql.Open("sqlite", lived(t))
	ok(t, err)
	defer func() { _ = db.Close() }()
	for _, q := range []string{`UPDATE changes SET author = 'x' WHERE seq = 1`, `DELETE FROM changes WHERE seq = 1`} {
		if _, err := db.Exec(q); err == nil {
			t.Errorf("%s: the table let it happen", q)
		}
	}
}

func TestDamagedFileIsRefusedWithAdvice(t *testing.T) {
	good := lived(t)
	original, err := os.ReadFile(good)
	ok(t, err)
	want, err := verify(t, good)
	ok(t, err)
	path := filepath.Join(t.TempDir(), "copy.db")
	r := rand.New(rand.NewPCG(7, 7))
	silent := 0
	const rounds = 15
	for range rounds {
		damaged := append([]byte(nil), original...)
		page := r.IntN(len(damaged)/4096) * 4096
		for range 100 {
			damaged[page+r.IntN(4096)] ^= byte(1 + r.IntN(255))
		}
		ok(t, os.WriteFile(path, damaged, 0o600))
		s, err := numberdb.Open(path, numberdb.Options{})
		if err == nil { // only where no content lies: everything still checks out
			if got, err := s.Verify(t.Context()); err != nil || !cmp.Equal(got, want) {
				silent++
			}
			ok(t, s.Close())
		} else if !errors.Is(err, numberdb.ErrCorrupt) && !errors.Is(err, numberdb.ErrNewer) || !strings.Contains(err.Error(), path) {
			t.Errorf("error gives no advice: %v", err)
		}
		for _, suffix := range []string{"-wal", "-shm"} {
			_ = os.Remove(path + suffix)
		}
	}
	if silent > 0 {
		t.Errorf("%d of %d damaged files were opened without a word", silent, rounds)
	}
	ok(t, os.WriteFile(path, []byte("this is no database, whatever its name says, and long enough to be looked at as one"), 0o600))
	if _, err := numberdb.Open(path, numberdb.Options{}); !errors.Is(err, numberdb.ErrCorrupt) {
		t.Errorf("text file: got %v, want ErrCorrupt", err)
	}
}

func TestNewerFileIsRefused(t *testing.T) {
	path := lived(t)
	db, err := sql.Open("sqlite", path)
	ok(t, err)
	_, err = db.Exec(`PRAGMA user_version = 99`)
	ok(t, err)
	ok(t, db.Close())
	if _, err := numberdb.Open(path, numberdb.Options{}); !errors.Is(err, numberdb.ErrNewer) {
		t.Errorf("got %v, want ErrNewer", err)
	}
}
