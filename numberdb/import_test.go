package numberdb_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ringward/numberdb"
	"ringward/numberdb/indextest"
)

const scamCSV = `number,category,campaign,votes,expires,source
+8617012345678,pos-freeze,c1,3,2027-01-31,feed
170 1234 5679,refund,c1,1,,feed
not a number,refund,c1,1,,feed
+8617012345680,refund,c1,many,,feed
+8617012345681,refund,c1,1,tomorrow,feed
"+8617012345682,refund
+8617012345683,refund,c2,7,,feed,extra
`

func TestImportKeepsGoodRowsAndListsBadOnes(t *testing.T) {
	s := fresh(t)
	o := numberdb.ImportOptions{Name: "feed-1", Entity: numberdb.Scams, Format: "csv", DryRun: true}
	dry := must[numberdb.ImportReport](t)(s.Import(t.Context(), alice, strings.NewReader(scamCSV), o))
	if dry.Added != 2 || dry.Bad == 0 || len(s.Index().Exact(number(t, "+8617012345678").Key(), nil)) != 0 {
		t.Fatalf("dry run: %+v", dry)
	}
	o.DryRun = false
	r := must[numberdb.ImportReport](t)(s.Import(t.Context(), alice, strings.NewReader(scamCSV), o))
	if r.Added != dry.Added || r.Bad != dry.Bad {
		t.Errorf("import did %+v, the dry run said %+v", r, dry)
	}
	for i, line := range []int{4, 5, 6} {
		if r.BadRows[i].Line != line || r.BadRows[i].Reason == "" {
			t.Errorf("bad row %d: %+v, want line %d", i, r.BadRows[i], line)
		}
	}
	if ls := s.Index().Exact(number(t, "+8617012345679").Key(), nil); len(ls) != 1 || ls[0].Campaign != "c1" || ls[0].Verified {
		t.Errorf("imported listing: %+v", ls)
	}
	again := must[numberdb.ImportReport](t)(s.Import(t.Context(), bob, strings.NewReader(scamCSV), o))
	if again.Unchanged != 2 || again.Added+again.Changed != 0 {
		t.Errorf("the same import again: %+v", again)
	}
	changed := must[numberdb.ImportReport](t)(s.Import(t.Context(), bob, strings.NewReader("number,votes,source\n+8617012345678,9,feed\n"), numberdb.ImportOptions{Name: "feed-2", Entity: numberdb.Scams, Format: "csv"}))
	if changed.Changed != 1 || len(changed.Diff) != 1 || !strings.Contains(changed.Diff[0].Before, `"votes":3`) || !strings.Contains(changed.Diff[0].After, `"votes":9`) {
		t.Errorf("changed row: %+v", changed)
	}
	verifyOK(t, s)
}

func verifyOK(t testing.TB, s *numberdb.Store) {
	t.Helper()
	if r, err := s.Verify(t.Context()); err != nil || !r.OK() {
		t.Errorf("verify: %+v, %v", r, err)
	}
}

func TestImportRefuses(t *testing.T) {
	s := fresh(t)
	for name, tc := range map[string]struct {
		input string
		o     numberdb.ImportOptions
	}{
		"no name":        {"", numberdb.ImportOptions{Entity: numberdb.Scams, Format: "csv"}},
		"no header":      {"", numberdb.ImportOptions{Name: "a", Entity: numberdb.Scams, Format: "csv"}},
		"unknown column": {"number,colour\n", numberdb.ImportOptions{Name: "a", Entity: numberdb.Scams, Format: "csv"}},
		"unknown format": {"", numberdb.ImportOptions{Name: "a", Entity: numberdb.Scams, Format: "xml"}},
		"unknown table":  {"", numberdb.ImportOptions{Name: "a", Entity: "changes", Format: "csv"}},
	} {
		if _, err := s.Import(t.Context(), alice, strings.NewReader(tc.input), tc.o); !errors.Is(err, numberdb.ErrInvalid) {
			t.Errorf("%s: got %v, want ErrInvalid", name, err)
		}
	}
	r := must[numberdb.ImportReport](t)(s.Import(t.Context(), alice, strings.NewReader("institution,number\nnobody,CN:95588\n"), numberdb.ImportOptions{Name: "a", Entity: numberdb.Numbers, Format: "csv"}))
	if r.Bad != 1 || r.Added != 0 {
		t.Errorf("number of an unknown institution: %+v", r)
	}
}

func TestExportComesBack(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "a.db"), numberdb.Options{SeedExamples: true})
	ctx := t.Context()
	_, err := s.PutScam(ctx, alice, numberdb.Scam{Number: "+8617012345678", Category: "=cmd|x", Campaign: "a;b,\"c\"", Source: "feed"})
	ok(t, err)
	_, err = s.PutLine(ctx, alice, numberdb.Line{Number: "+862161190000", Targets: []string{"sip:a@b", "sip:c@d"}, Policy: []byte(`{"mode":"label"}`)})
	ok(t, err)
	for _, format := range []string{"jsonl", "csv"} {
		other := open(t, filepath.Join(t.TempDir(), "b.db"), numberdb.Options{})
		for _, entity := range []numberdb.Entity{numberdb.Institutions, numberdb.Numbers, numberdb.Scams, numberdb.Lines} {
			var first, second bytes.Buffer
			n := must[int](t)(s.Export(ctx, &first, entity, format))
			text := first.String()
			if format == "csv" && strings.Contains(text, "\n=") || strings.Contains(text, ",=") {
				t.Errorf("a cell begins with a formula: %s", text)
			}
			r := must[numberdb.ImportReport](t)(other.Import(ctx, bob, &first, numberdb.ImportOptions{Name: string(entity), Entity: entity, Format: format}))
			if r.Added != n || r.Bad != 0 {
				t.Fatalf("%s %s: exported %d, imported %+v", format, entity, n, r)
			}
			must[int](t)(other.Export(ctx, &second, entity, format))
			if format == "csv" && second.String() != text {
				t.Errorf("%s as csv came back changed:\n%s\n%s", entity, text, second.String())
			}
		}
		verifyOK(t, other)
	}
}

func TestUndoOfEditsAndImports(t *testing.T) {
	s := fresh(t)
	ctx := t.Context()
	bank(t, s)
	id := must[int64](t)(s.PutNumber(ctx, alice, numberdb.Number{Institution: "icbc", Number: "CN:95588", Confidence: 10}))
	must[int64](t)(s.PutNumber(ctx, alice, numberdb.Number{Institution: "icbc", Number: "CN:95588", Confidence: 20}))
	if err := s.Undo(ctx, bob, 2); !errors.Is(err, numberdb.ErrConflict) {
		t.Errorf("undo of a change that was changed again: %v, want ErrConflict", err)
	}
	ok(t, s.Undo(ctx, bob, 3))
	key := number(t, "CN:95588").Key()
	if ls := s.Index().Exact(key, nil); len(ls) != 1 || ls[0].Confidence != 10 {
		t.Errorf("after undo: %+v", ls)
	}
	ok(t, s.Undo(ctx, bob, 4)) // undo of the undo
	if ls := s.Index().Exact(key, nil); ls[0].Confidence != 20 {
		t.Errorf("after undo of the undo: %+v", ls)
	}
	h := must[[]numberdb.Change](t)(s.History(ctx, numberdb.Numbers, fmt.Sprint(id)))
	if len(h) != 4 || h[0].Action != "undo" || h[3].Items[0].Before != nil || h[3].Author != "alice" {
		t.Errorf("history: %+v", h)
	}

	in := numberdb.ImportOptions{Name: "feed", Entity: numberdb.Scams, Format: "csv"}
	must[numberdb.ImportReport](t)(s.Import(ctx, alice, strings.NewReader(scamCSV), in))
	must[int64](t)(s.PutScam(ctx, bob, numberdb.Scam{Number: "+8617012345678", Source: "feed", Votes: 99}))
	kept, err := s.UndoImport(ctx, bob, "feed")
	if err != nil || kept != 1 {
		t.Errorf("undo import: kept %d, %v; want 1", kept, err)
	}
	if ls := s.Index().Exact(number(t, "+8617012345679").Key(), nil); len(ls) != 0 {
		t.Errorf("imported listing survived the undo: %+v", ls)
	}
	if ls := s.Index().Exact(number(t, "+8617012345678").Key(), nil); len(ls) != 1 || ls[0].Reports != 99 {
		t.Errorf("listing edited by hand: %+v", ls)
	}
	if _, err := s.UndoImport(ctx, bob, "feed"); !errors.Is(err, numberdb.ErrNotFound) {
		t.Errorf("second undo: %v, want ErrNotFound", err)
	}
	r := must[numberdb.ImportReport](t)(s.Import(ctx, alice, strings.NewReader(scamCSV), in))
	if r.Added != 1 || r.Changed != 1 {
		t.Errorf("import after its undo: %+v", r)
	}
	verifyOK(t, s)
}

// feed is n rows of CSV made up on the way.
func feed(seed uint64, n int) io.Reader {
	r, w := io.Pipe()
	go func() {
		g := indextest.New(seed)
		out := &bytes.Buffer{}
		out.WriteString("number,category,campaign,votes,expires,source\n")
		for i := range n {
			l := g.Listing(1)
			fmt.Fprintf(out, "%s,%s,%s,%d,%s,feed-%d\n", g.Number(), l.Purpose, l.Campaign, l.Reports, time.Unix(int64(l.ValidTo)*86400, 0).UTC().Format(time.DateOnly), seed)
			if out.Len() > 1<<16 || i == n-1 {
				if _, err := w.Write(out.Bytes()); err != nil {
					return
				}
				out.Reset()
			}
		}
		_ = w.Close()
	}()
	return r
}

// stopAfter cancels the import when a part of the input has been read.
type stopAfter struct {
	io.Reader
	left int
	stop func()
}

func (b *stopAfter) Read(p []byte) (int, error) {
	n, err := b.Reader.Read(p)
	if b.left -= n; b.left <= 0 {
		b.stop()
	}
	return n, err
}

func TestImportGoesOnWhereItStopped(t *testing.T) {
	s := fresh(t)
	all := must[[]byte](t)(io.ReadAll(feed(5, 5000)))
	o := numberdb.ImportOptions{Name: "feed", Entity: numberdb.Scams, Format: "csv", Commit: 500}
	ctx, stop := context.WithCancel(t.Context())
	first, err := s.Import(ctx, alice, &stopAfter{Reader: bytes.NewReader(all), left: 150_000, stop: stop}, o)
	if !errors.Is(err, context.Canceled) || first.Rows == 5000 {
		t.Fatalf("the import was not interrupted: %v %+v", err, first)
	}
	second := must[numberdb.ImportReport](t)(s.Import(t.Context(), alice, bytes.NewReader(all), o))
	if second.Skipped == 0 || second.Rows != 5000 || second.Unchanged+second.Changed > 20 {
		t.Errorf("second run: skipped %d, rows %d, unchanged %d", second.Skipped, second.Rows, second.Unchanged)
	}
	if got := s.Index().Size(); got.Listings+got.Edited < 4990 {
		t.Errorf("index has %+v", got)
	}
	verifyOK(t, s)
}

func TestLargeImportIsServedAndSingleEditsStaySmall(t *testing.T) {
	s := fresh(t)
	r := must[numberdb.ImportReport](t)(s.Import(t.Context(), alice, feed(6, 30_000), numberdb.ImportOptions{Name: "big", Entity: numberdb.Scams, Format: "csv"}))
	size := s.Index().Size()
	if r.Added < 29_900 || size.Listings != r.Added || size.Edited != 0 {
		t.Errorf("imported %+v, index %+v", r, size)
	}
	must[int64](t)(s.PutScam(t.Context(), alice, numberdb.Scam{Number: "+8617012345678"}))
	if size := s.Index().Size(); size.Listings != r.Added || size.Edited != 1 {
		t.Errorf("one edit made index %+v", size)
	}
}

func TestRunServesEditsWhileAnImportIsIndexed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "numbers.db")
	s := open(t, path, numberdb.Options{Poll: 5 * time.Millisecond})
	other := open(t, path, numberdb.Options{})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	r := must[numberdb.ImportReport](t)(other.Import(t.Context(), alice, feed(7, 25_000), numberdb.ImportOptions{Name: "big", Entity: numberdb.Scams, Format: "csv"}))
	n := number(t, "+8617012345678")
	must[int64](t)(other.PutScam(t.Context(), alice, numberdb.Scam{Number: n.String()}))
	waitFor(t, func() bool { return len(s.Index().Exact(n.Key(), nil)) == 1 })
	waitFor(t, func() bool { return s.Index().Size().Listings >= r.Added })
	waitFor(t, func() bool { return s.Index().Version() == other.Index().Version() })
	if len(s.Index().Exact(n.Key(), nil)) != 1 {
		t.Error("the edit was lost when the import was indexed")
	}
	cancel()
	ok(t, <-done)
}

// BenchmarkImport imports a file of RINGWARD_BENCH_LISTINGS (default 100,000)
// made-up rows into an empty database once, in ten parts as the command line
// does, and opens it again. The processor time tells of the program, the wall
// clock of the machine too.
func BenchmarkImport(b *testing.B) {
	n := benchRows()
	for b.Loop() {
		b.StopTimer()
		csv := filepath.Join(b.TempDir(), "feed.csv")
		out := must[*os.File](b)(os.Create(csv))
		must[int64](b)(io.Copy(out, feed(1, n)))
		ok(b, out.Close())
		in := must[*os.File](b)(os.Open(csv))
		path := filepath.Join(b.TempDir(), "numbers.db")
		s := open(b, path, numberdb.Options{})
		b.StartTimer()

		start, cpu := time.Now(), indextest.ProcessorTime()
		r, err := s.Import(b.Context(), alice, in, numberdb.ImportOptions{Name: "bench", Entity: numberdb.Scams, Format: "csv", Commit: n / 10})
		ok(b, err)
		took, cpu := time.Since(start), indextest.ProcessorTime()-cpu
		ok(b, s.Close())
		start = time.Now()
		opened := indextest.ProcessorTime()
		s, err = numberdb.Open(path, numberdb.Options{})
		ok(b, err)
		b.ReportMetric(time.Since(start).Seconds(), "s/open")
		b.ReportMetric((indextest.ProcessorTime() - opened).Seconds(), "cpu-s/open")
		b.ReportMetric(float64(r.Rows)/took.Seconds(), "rows/s")
		b.ReportMetric(float64(r.Rows)/cpu.Seconds(), "rows/cpu-s")
		info := must[os.FileInfo](b)(os.Stat(path))
		b.ReportMetric(float64(info.Size())/float64(n), "file-B/row")
		ok(b, s.Close())
	}
}
