package numberdb_test

import (
	"fmt"
	"strings"
	"testing"

	"ringward/numberdb"
)

func TestSearchInsideNumbers(t *testing.T) {
	s := fresh(t)
	for _, n := range []string{"+8617012345678", "+8617112345679", "CN:4008205678", "+442071835678"} {
		must[int64](t)(s.PutScam(t.Context(), alice, numberdb.Scam{Number: n}))
	}
	must[int64](t)(s.PutLine(t.Context(), alice, numberdb.Line{Number: "+862161195678", Name: "shop-77", Merchant: "老王百货"}))
	must[int64](t)(s.PutScam(t.Context(), alice, numberdb.Scam{Number: "+8613900005678"}))
	ok(t, s.Undo(t.Context(), alice, must[numberdb.Stats](t)(s.Stats(t.Context())).Changes))
	for text, want := range map[string]int{
		"5678": 4, "567 8": 4, "95678": 1, "12345": 2, "7112345": 1, "0208-0": 0, "00567": 5, "9999": 0,
		"56": 0, "%678": 0, "_5678": 0, "5678*": 4, "shop": 0, "1234567890123456": 0, "": 0,
	} {
		found, all, err := s.Inside(t.Context(), text, 100, 0)
		if err != nil || len(found) != want || !all {
			t.Errorf("inside %q: %d records, all %v, %v; want %d", text, len(found), all, err, want)
		}
	}
	if found, all, err := s.Inside(t.Context(), "5678", 100, 2); err != nil || all || len(found) > 2 {
		t.Errorf("two keys only: %d records, all %v, %v", len(found), all, err)
	}
	if found, _, err := s.Inside(t.Context(), "5678", 1, 0); err != nil || len(found) != 1 {
		t.Errorf("one record only: %d, %v", len(found), err)
	}
	for _, text := range []string{"shop-77", "老王"} {
		if found := must[[]numberdb.Record](t)(s.Search(t.Context(), text, 10)); len(found) != 1 || found[0].Entity != numberdb.Lines {
			t.Errorf("search %q: %+v", text, found)
		}
	}
}

// TestListGoesOnPastAThousand pages through more institutions than one answer
// holds.
func TestListGoesOnPastAThousand(t *testing.T) {
	s := fresh(t)
	var in strings.Builder
	in.WriteString("id,name_zh\n")
	for i := range 2500 {
		fmt.Fprintf(&in, "bank-%d,银行%d\n", i, i)
	}
	must[numberdb.ImportReport](t)(s.Import(t.Context(), alice, strings.NewReader(in.String()), numberdb.ImportOptions{Name: "banks", Entity: numberdb.Institutions, Format: "csv"}))
	seen, f := map[string]bool{}, numberdb.Filter{Limit: 1000}
	for pages := 0; ; pages++ {
		page := must[[]numberdb.Record](t)(s.List(t.Context(), numberdb.Institutions, f))
		for _, r := range page {
			seen[r.ID] = true
		}
		if len(page) < f.Limit || pages > 5 {
			break
		}
		f.After = page[len(page)-1].Row
	}
	if len(seen) != 2500 {
		t.Errorf("%d institutions were listed, want 2500", len(seen))
	}
}
