package numberdb_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ringward/numberdb"
	"ringward/numberdb/index"
	"ringward/numberdb/indextest"
	"ringward/numbering"
)

// picture is everything that an index says of some numbers.
func picture(x *index.Index, numbers []numbering.Number) map[string]any {
	out := map[string]any{"institutions": x.Institutions()}
	for _, n := range numbers {
		ls := x.Exact(n.Key(), nil)
		slices.SortFunc(ls, func(a, b index.Listing) int { return int(a.ID-b.ID)*4 + int(a.Kind) - int(b.Kind) })
		saved, _ := x.Saved("+8610", n.Key())
		out[n.String()] = []any{ls, x.Patterns(n, nil), saved}
	}
	return out
}

func TestAsOfIsWhatWasServedThen(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	s := open(t, filepath.Join(t.TempDir(), "numbers.db"), numberdb.Options{Now: func() time.Time { return now }})
	ctx := t.Context()
	g, r := indextest.New(8), rand.New(rand.NewPCG(8, 8))
	var numbers []numbering.Number
	for i := range 25 {
		numbers = append(numbers, g.Hotline(i))
	}
	type moment struct {
		at      time.Time
		version string
		want    map[string]any
	}
	moments := []moment{{now.Add(-time.Hour), "0-000000000000", picture(s.Index(), numbers)}}
	id := func() string { return fmt.Sprint(1 + r.IntN(20)) }
	for step := range 150 {
		now = now.Add(time.Minute)
		n := numbers[r.IntN(len(numbers))].String()
		bank := fmt.Sprintf("bank-%d", r.IntN(3))
		e := []numberdb.Edit{alice, bob}[step%2]
		switch r.IntN(9) {
		case 0:
			_ = s.PutInstitution(ctx, e, numberdb.Institution{ID: bank, NameEN: fmt.Sprint("Bank ", step), Hotline: n})
		case 1, 2:
			_, _ = s.PutNumber(ctx, e, numberdb.Number{Institution: bank, Number: n, Confidence: r.IntN(100), Match: []string{"", "prefix"}[r.IntN(2)]})
		case 3:
			_, _ = s.PutScam(ctx, e, numberdb.Scam{Number: n, Source: "feed", Votes: r.IntN(9)})
		case 4:
			_ = s.Approve(ctx, e, numberdb.Numbers, id())
		case 5:
			_ = s.Retire(ctx, e, []numberdb.Entity{numberdb.Numbers, numberdb.Scams, numberdb.Patterns, numberdb.SavedNumbers}[r.IntN(4)], id())
		case 6:
			_ = s.Undo(ctx, e, 1+r.Int64N(100))
		case 7:
			_, _ = s.PutPattern(ctx, e, numberdb.Pattern{Prefix: n, Shadow: r.IntN(2) == 0})
		case 8:
			_, _ = s.PutSaved(ctx, e, numberdb.Saved{Line: "+8610", Number: n, Relation: "agent", Label: fmt.Sprint(step)})
		}
		moments = append(moments, moment{now, s.Index().Version(), picture(s.Index(), numbers)})
	}
	for i := 0; i < len(moments); i += 7 {
		m := moments[i]
		x, err := s.AsOf(ctx, m.at)
		ok(t, err)
		if diff := cmp.Diff(m.want, picture(x, numbers)); diff != "" {
			t.Fatalf("moment %d (was, as of): %s", i, diff)
		}
		if i > 0 && strings.SplitN(m.version, "-", 2)[0] != "empty" && x.Version() != m.version {
			t.Errorf("moment %d: version %s, want %s", i, x.Version(), m.version)
		}
	}
	verifyOK(t, s)
	again := open(t, filepath.Join(t.TempDir(), "empty.db"), numberdb.Options{}) // a fresh store has no past
	x, err := again.AsOfChange(ctx, 99)
	if err != nil || len(x.Institutions()) != 0 {
		t.Errorf("past of an empty database: %v", err)
	}
}

func TestConflictsAreShownAndNotApproved(t *testing.T) {
	s := fresh(t)
	ctx := t.Context()
	bank(t, s)
	ok(t, s.PutInstitution(ctx, alice, numberdb.Institution{ID: "fake", NameEN: "Fake"}))
	must[int64](t)(s.PutNumber(ctx, alice, numberdb.Number{Institution: "icbc", Number: "CN:95588"}))
	must[int64](t)(s.PutNumber(ctx, alice, numberdb.Number{Institution: "fake", Number: "CN:95588"}))
	must[int64](t)(s.PutScam(ctx, alice, numberdb.Scam{Number: "CN:95588", Source: "feed"}))
	ok(t, s.Approve(ctx, bob, numberdb.Numbers, "1"))
	if err := s.Approve(ctx, bob, numberdb.Numbers, "2"); !errors.Is(err, numberdb.ErrConflict) {
		t.Errorf("second institution: %v, want ErrConflict", err)
	}
	if err := s.Approve(ctx, bob, numberdb.Scams, "1"); !errors.Is(err, numberdb.ErrConflict) {
		t.Errorf("scam listing of a verified number: %v, want ErrConflict", err)
	}
	kinds := func() (out []string) {
		for _, c := range must[[]numberdb.Conflict](t)(s.Conflicts(ctx, 10)) {
			out = append(out, fmt.Sprintf("%s %s %d", c.Number, c.Kind, len(c.Records)))
		}
		return out
	}
	if diff := cmp.Diff(kinds(), []string{"CN:95588 two-institutions 3", "CN:95588 scam-and-registered 3"}); diff != "" {
		t.Error(diff)
	}
	ok(t, s.Reject(ctx, bob, numberdb.Numbers, "2"))
	ok(t, s.Reject(ctx, bob, numberdb.Scams, "1"))
	if left := kinds(); len(left) != 0 {
		t.Errorf("conflicts left: %v", left)
	}
}

func TestSearch(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "numbers.db"), numberdb.Options{SeedExamples: true})
	for text, want := range map[string]string{
		"95588": "icbc", "+8695588": "icbc", "010-95588": "icbc", "9558": "icbc", "工商": "icbc", "gongshang": "icbc", "gsyh": "icbc",
		"industrial and comm": "icbc", "855 853 8340": "clover", "(855) 853-8340": "", "lakala": "lakala", "拉卡": "lakala", "%": "", "*": "", "_": "",
		"' OR 1=1 --": "", "CN:95016": "lakala",
	} {
		found := must[[]numberdb.Record](t)(s.Search(t.Context(), text, 50))
		ids := ""
		for _, r := range found {
			ids += r.ID + " " + string(r.Doc)
		}
		if want == "" && len(found) > 0 && text != "(855) 853-8340" || !strings.Contains(ids, want) {
			t.Errorf("%q: found %.200s, want %q", text, ids, want)
		}
	}
	if _, err := s.Search(t.Context(), strings.Repeat("9", 300), 5); !errors.Is(err, numberdb.ErrInvalid) {
		t.Errorf("endless text: %v", err)
	}
}

func TestListGetStaleAndStats(t *testing.T) {
	now := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	s := open(t, filepath.Join(t.TempDir(), "numbers.db"), numberdb.Options{Now: func() time.Time { return now }})
	ctx := t.Context()
	bank(t, s)
	put := must[int64](t)
	put(s.PutNumber(ctx, alice, numberdb.Number{Institution: "icbc", Number: "CN:95588", Evidence: []numberdb.Evidence{{URL: "https://icbc.example", Fetched: "2026-05-20", By: "alice"}}}))
	put(s.PutNumber(ctx, alice, numberdb.Number{Institution: "icbc", Number: "CN:95599", Source: "old", Evidence: []numberdb.Evidence{{Fetched: "2024-05-20"}}}))
	put(s.PutNumber(ctx, alice, numberdb.Number{Institution: "icbc", Number: "CN:95566"}))
	ok(t, s.Approve(ctx, bob, numberdb.Numbers, "2"))
	list := func(f numberdb.Filter) int { return len(must[[]numberdb.Record](t)(s.List(ctx, numberdb.Numbers, f))) }
	for name, got := range map[string][2]int{
		"all": {list(numberdb.Filter{}), 3}, "drafts": {list(numberdb.Filter{Status: numberdb.Draft}), 2}, "source": {list(numberdb.Filter{Source: "old"}), 1},
		"after": {list(numberdb.Filter{After: 2}), 1}, "nobody": {list(numberdb.Filter{ProposedBy: "nobody"}), 0}, "limit": {list(numberdb.Filter{Limit: 2}), 2},
	} {
		if got[0] != got[1] {
			t.Errorf("%s: %d records, want %d", name, got[0], got[1])
		}
	}
	stale := must[[]numberdb.Record](t)(s.Stale(ctx, 365, 10))
	if len(stale) != 2 || stale[0].ID != "2" || stale[1].ID != "3" {
		t.Errorf("stale: %+v", stale)
	}
	st := must[numberdb.Stats](t)(s.Stats(ctx))
	if st.Changes != 5 || st.Tables[numberdb.Numbers]["verified"] != 1 || st.Tables[numberdb.Numbers]["draft"] != 2 || st.Tables[numberdb.Institutions]["all"] != 1 {
		t.Errorf("stats: %+v", st)
	}
	r := must[numberdb.Record](t)(s.Get(ctx, numberdb.Institutions, "icbc"))
	var in numberdb.Institution
	if err := json.Unmarshal(r.Doc, &in); err != nil || in.NameEN != "ICBC" {
		t.Errorf("get: %s %v", r.Doc, err)
	}
	if _, err := s.Get(ctx, numberdb.Numbers, "99"); !errors.Is(err, numberdb.ErrNotFound) {
		t.Errorf("get what is not there: %v", err)
	}
}

func TestApproveManyIsAllOrNothing(t *testing.T) {
	s := fresh(t)
	ctx := t.Context()
	bank(t, s)
	for i, e := range []numberdb.Edit{alice, alice, bob} {
		must[int64](t)(s.PutNumber(ctx, e, numberdb.Number{Institution: "icbc", Number: fmt.Sprintf("CN:9558%d", i)}))
	}
	if err := s.ApproveMany(ctx, bob, numberdb.Numbers, []string{"1", "2", "3"}); !errors.Is(err, numberdb.ErrReview) {
		t.Errorf("bulk approval with an own draft in it: %v, want ErrReview", err)
	}
	verified := func() int {
		return len(must[[]numberdb.Record](t)(s.List(ctx, numberdb.Numbers, numberdb.Filter{Status: numberdb.Verified})))
	}
	if n := verified(); n != 0 {
		t.Errorf("%d were approved all the same", n)
	}
	ok(t, s.ApproveMany(ctx, bob, numberdb.Numbers, []string{"1", "2"}))
	if n := verified(); n != 2 {
		t.Errorf("%d verified, want 2", n)
	}
	last := must[[]numberdb.Change](t)(s.Changes(ctx, 4, 10))
	if len(last) != 1 || len(last[0].Items) != 2 {
		t.Errorf("bulk approval made %+v", last)
	}
}
