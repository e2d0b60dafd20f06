package numberdb_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"ringward/numberdb"
	"ringward/numberdb/index"
	"ringward/numbering"
)

var (
	alice = numberdb.Edit{Author: "alice", Reason: "checked on the bank's site"}
	bob   = numberdb.Edit{Author: "bob", Reason: "checked again"}
)

func open(t testing.TB, path string, o numberdb.Options) *numberdb.Store {
	t.Helper()
	s, err := numberdb.Open(path, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func fresh(t testing.TB) *numberdb.Store {
	return open(t, filepath.Join(t.TempDir(), "numbers.db"), numberdb.Options{})
}

func number(t testing.TB, s string) numbering.Number {
	t.Helper()
	n, err := numbering.ParseCanonical(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func must[T any](t testing.TB) func(v T, err error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func bank(t testing.TB, s *numberdb.Store) {
	t.Helper()
	ok(t, s.PutInstitution(t.Context(), alice, numberdb.Institution{ID: "icbc", Kind: "bank", Country: "CN", NameZH: "中国工商银行", NameEN: "ICBC", Aliases: []string{"工行"}, Hotline: "CN:95588"}))
}

func TestNumberIsVerifiedOnlyBySecondPerson(t *testing.T) {
	s := fresh(t)
	bank(t, s)
	ctx := t.Context()
	id := must[int64](t)(s.PutNumber(ctx, alice, numberdb.Number{Institution: "icbc", Number: "CN:95588", Direction: "may-call-out", Purpose: "hotline",
		Review: numberdb.Review{Status: numberdb.Verified, VerifiedBy: []string{"a", "b"}}})) // what the caller claims is ignored
	look := func() index.Listing {
		ls := s.Index().Exact(number(t, "CN:95588").Key(), nil)
		if len(ls) != 1 {
			t.Fatalf("%d listings, want 1", len(ls))
		}
		return ls[0]
	}
	if l := look(); l.Verified || l.Institution != "icbc" || l.Direction != index.MayCallOut || l.ID != id {
		t.Errorf("after the proposal: %+v", l)
	}
	for _, own := range []string{"alice", " Alice ", "ＡＬＩＣＥ"} {
		if err := s.Approve(ctx, numberdb.Edit{Author: own, Reason: "r"}, numberdb.Numbers, "1"); !errors.Is(err, numberdb.ErrReview) {
			t.Errorf("own approval as %q: %v, want ErrReview", own, err)
		}
	}
	ok(t, s.Approve(ctx, bob, numberdb.Numbers, "1"))
	if l := look(); !l.Verified {
		t.Errorf("after the approval: %+v", l)
	}
	if in, _ := s.Index().InstitutionByID("icbc"); !in.HotlineVerified {
		t.Error("the hotline is not verified with its number")
	}
	seq := must[[]numberdb.Change](t)(s.Changes(ctx, 0, 100))
	must[int64](t)(s.PutNumber(ctx, bob, numberdb.Number{Institution: "icbc", Number: "CN:95588", Direction: "may-call-out", Purpose: "hotline"}))
	if again := must[[]numberdb.Change](t)(s.Changes(ctx, 0, 100)); len(again) != len(seq) || !look().Verified {
		t.Error("putting what is there already made a change")
	}
	must[int64](t)(s.PutNumber(ctx, bob, numberdb.Number{ID: id, Institution: "icbc", Number: "CN:95588", Direction: "inbound-only", Purpose: "hotline"}))
	if l := look(); l.Verified {
		t.Error("a changed number stayed verified")
	}
	ok(t, s.Approve(ctx, alice, numberdb.Numbers, "1"))
	ok(t, s.Retire(ctx, alice, numberdb.Numbers, "1"))
	if ls := s.Index().Exact(number(t, "CN:95588").Key(), nil); len(ls) != 0 {
		t.Errorf("retired number is still served: %+v", ls)
	}
}

func TestEditsAreRefused(t *testing.T) {
	s := fresh(t)
	bank(t, s)
	ctx := t.Context()
	put := func(r numberdb.Number) error { _, err := s.PutNumber(ctx, alice, r); return err }
	for name, tc := range map[string]struct {
		err  error
		want error
	}{
		"no author":              {s.PutInstitution(ctx, numberdb.Edit{Reason: "r"}, numberdb.Institution{ID: "a", NameEN: "A"}), numberdb.ErrNoAuthor},
		"no reason":              {s.PutInstitution(ctx, numberdb.Edit{Author: "a"}, numberdb.Institution{ID: "a", NameEN: "A"}), numberdb.ErrNoAuthor},
		"no number":              {put(numberdb.Number{Institution: "icbc"}), numberdb.ErrInvalid},
		"number not canonical":   {put(numberdb.Number{Institution: "icbc", Number: "95588"}), numberdb.ErrInvalid},
		"unknown institution":    {put(numberdb.Number{Institution: "nobody", Number: "CN:95588"}), numberdb.ErrNotFound},
		"unknown direction":      {put(numberdb.Number{Institution: "icbc", Number: "CN:95588", Direction: "sideways"}), numberdb.ErrInvalid},
		"bad day":                {put(numberdb.Number{Institution: "icbc", Number: "CN:95588", ValidTo: "soon"}), numberdb.ErrInvalid},
		"line break":             {put(numberdb.Number{Institution: "icbc", Number: "CN:95588", Source: "a\nb"}), numberdb.ErrInvalid},
		"no such row":            {put(numberdb.Number{ID: 99, Institution: "icbc", Number: "CN:95588"}), numberdb.ErrNotFound},
		"bad id":                 {s.PutInstitution(ctx, alice, numberdb.Institution{ID: "I C", NameEN: "A"}), numberdb.ErrInvalid},
		"approve what is not":    {s.Approve(ctx, bob, numberdb.Numbers, "7"), numberdb.ErrNotFound},
		"approve SQL":            {s.Approve(ctx, bob, "numbers; DROP TABLE changes", "1"), numberdb.ErrInvalid},
		"institution as pattern": {s.Retire(ctx, bob, numberdb.Institutions, "%"), numberdb.ErrNotFound},
	} {
		if !errors.Is(tc.err, tc.want) {
			t.Errorf("%s: got %v, want %v", name, tc.err, tc.want)
		}
	}
	if _, err := s.PutLine(ctx, alice, numberdb.Line{Number: "+8610", Policy: json.RawMessage(`{"mode":`)}); !errors.Is(err, numberdb.ErrInvalid) {
		t.Errorf("broken policy: %v", err)
	}
}

func TestLines(t *testing.T) {
	s := fresh(t)
	ctx := t.Context()
	put := must[int64](t)
	put(s.PutLine(ctx, alice, numberdb.Line{Number: "+862161190000", Targets: []string{"sip:shop@127.0.0.1:5080"}, Language: "zh-CN", Policy: json.RawMessage(`{"mode":"label"}`)}))
	put(s.PutLine(ctx, alice, numberdb.Line{Number: "+8621611", Prefix: true, Name: "block"}))
	put(s.PutLine(ctx, alice, numberdb.Line{Number: "+86216119", Prefix: true, Name: "inner block"}))
	for called, want := range map[string]string{"+862161190000": "", "+862161199999": "inner block", "+862161100000": "block", "+862100000000": "none"} {
		l, found := s.Line(number(t, called))
		if found != (want != "none") || found && l.Name != want {
			t.Errorf("%s: %q %v, want %q", called, l.Name, found, want)
		}
	}
	if l, _ := s.Line(number(t, "+862161190000")); string(l.Policy) != `{"mode":"label"}` || len(l.Targets) != 1 || l.ID == 0 {
		t.Errorf("line came back as %+v", l)
	}
	ok(t, s.Retire(ctx, alice, numberdb.Lines, "1"))
	if l, _ := s.Line(number(t, "+862161190000")); l.Name != "inner block" || len(s.Lines()) != 2 {
		t.Errorf("retired line is still there: %+v", s.Lines())
	}
}

func TestScamReportsCountHouseholdsOnce(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	s := open(t, filepath.Join(t.TempDir(), "numbers.db"), numberdb.Options{Now: func() time.Time { return now }})
	n := number(t, "+8617012345678")
	report := func(household string) {
		t.Helper()
		_, err := s.ReportScam(t.Context(), alice, n, household, "pos-freeze")
		ok(t, err)
	}
	report("shop-1")
	report("shop-1")
	report("shop-2")
	l := s.Index().Exact(n.Key(), nil)[0]
	if l.Kind != index.Scam || l.Reports != 2 || l.ValidTo != int32(now.Unix()/86400)+60 || l.Verified || l.Purpose != "pos-freeze" {
		t.Errorf("after two households: %+v", l)
	}
	now = now.AddDate(2, 0, 0)
	report("shop-3")
	if l := s.Index().Exact(n.Key(), nil)[0]; l.Reports != 1 {
		t.Errorf("reports two years old still count: %+v", l)
	}
}

func TestSavedPatternsAndPrefixes(t *testing.T) {
	s := fresh(t)
	bank(t, s)
	ctx := t.Context()
	put := must[int64](t)
	put(s.PutSaved(ctx, alice, numberdb.Saved{Line: "+862161190000", Number: "+8613800138000", Relation: "agent", Label: "张姐"}))
	put(s.PutPattern(ctx, alice, numberdb.Pattern{Prefix: "+86170", Category: "mvno", Shadow: true, NoteEN: "virtual operator"}))
	put(s.PutPattern(ctx, alice, numberdb.Pattern{First: "+8617050000000", Last: "+8617050000999", Severity: 2}))
	put(s.PutNumber(ctx, alice, numberdb.Number{Institution: "icbc", Number: "+861066100", Match: "prefix", Digits: 12, Direction: "may-call-out"}))
	if v, found := s.Index().Saved("+862161190000", number(t, "+8613800138000").Key()); !found || v.Relation != index.Agent || v.Label != "张姐" {
		t.Errorf("saved: %+v %v", v, found)
	}
	ps := s.Index().Patterns(number(t, "+8617050000001"), nil)
	if len(ps) != 2 || ps[0].Severity != 2 || !ps[1].Shadow || ps[1].Listing.Kind != index.Scam {
		t.Errorf("patterns: %+v", ps)
	}
	ps = s.Index().Patterns(number(t, "+861066100123"), nil)
	if len(ps) != 1 || ps[0].Listing.Institution != "icbc" || ps[0].Listing.Kind != index.Registered {
		t.Errorf("prefix of an institution: %+v", ps)
	}
	ok(t, s.Retire(ctx, bob, numberdb.Patterns, "1"))
	ok(t, s.Retire(ctx, bob, numberdb.Numbers, "1"))
	ok(t, s.Retire(ctx, bob, numberdb.SavedNumbers, "1"))
	if _, found := s.Index().Saved("+862161190000", number(t, "+8613800138000").Key()); found {
		t.Error("retired saved number is still there")
	}
	if got := len(s.Index().Patterns(number(t, "+8617050000001"), nil)) + len(s.Index().Patterns(number(t, "+861066100123"), nil)); got != 1 {
		t.Errorf("%d patterns left, want 1", got)
	}
}

func TestExamplesAreUnverified(t *testing.T) {
	path := filepath.Join(t.TempDir(), "numbers.db")
	s := open(t, path, numberdb.Options{SeedExamples: true})
	for _, canonical := range []string{"CN:95588", "CN:95516", "CN:95016", "CN:4001195508", "+18557006000"} {
		ls := s.Index().Exact(number(t, canonical).Key(), nil)
		if len(ls) != 1 || ls[0].Verified || ls[0].Kind != index.Registered {
			t.Errorf("%s: %+v, want one unverified listing", canonical, ls)
		}
	}
	if in := s.Index().InstitutionsNamed(numbering.FoldName("银联风控中心")); len(in) != 1 || in[0].ID != "unionpay" || in[0].HotlineVerified {
		t.Errorf("银联风控中心 names %+v", in)
	}
	h, hit := s.Index().Imitation(numbering.Parse("+95588", numbering.Options{}))
	if !hit || h.Institution != "icbc" {
		t.Errorf("+95588: %v %+v", hit, h)
	}
	before := s.Index().Version()
	ok(t, s.Close())
	if again := open(t, path, numberdb.Options{SeedExamples: true}); again.Index().Version() != before {
		t.Error("examples were loaded twice")
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("file mode %v, want 0600", info.Mode())
	}
}

func TestRunSeesOtherProcessesEdits(t *testing.T) {
	path := filepath.Join(t.TempDir(), "numbers.db")
	s := open(t, path, numberdb.Options{Poll: 10 * time.Millisecond})
	other := open(t, path, numberdb.Options{}) // own connections, as another process has
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	n := number(t, "+8617012345678")
	start := time.Now()
	must[int64](t)(other.PutScam(t.Context(), alice, numberdb.Scam{Number: n.String(), Source: "feed"}))
	must[int64](t)(other.PutLine(t.Context(), alice, numberdb.Line{Number: "+8610"}))
	waitFor(t, func() bool {
		_, line := s.Line(number(t, "+8610"))
		return line && len(s.Index().Exact(n.Key(), nil)) == 1
	})
	if took := time.Since(start); took > time.Second {
		t.Errorf("an edit took %v to be seen", took)
	}
	if s.Index().Version() != other.Index().Version() {
		t.Errorf("versions differ: %s, %s", s.Index().Version(), other.Index().Version())
	}
	cancel()
	ok(t, <-done)
}

// waitFor polls an index that changes by itself; there is no event to wait for.
func waitFor(t *testing.T, met func() bool) {
	t.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(10 * time.Second)
	for !met() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatal("not seen within 10 s")
		}
	}
}
