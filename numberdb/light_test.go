package numberdb_test

import (
	"path/filepath"
	"testing"
	"time"

	"ringward/numberdb"
	"ringward/numberdb/index"
)

// TestNoListingsKnowsEverythingElse: records are found and edited, and the past
// is judged whole; only the index goes without listings.
func TestNoListingsKnowsEverythingElse(t *testing.T) {
	path := filepath.Join(t.TempDir(), "numbers.db")
	full := open(t, path, numberdb.Options{SeedExamples: true})
	light := open(t, path, numberdb.Options{NoListings: true})
	if got := light.Index().Size().Listings; got != 0 {
		t.Errorf("%d listings in the index", got)
	}
	if _, found := light.Index().InstitutionByID("icbc"); !found || light.Index().Version() != full.Index().Version() {
		t.Error("the rest of the index is not there")
	}
	n := number(t, "CN:95588")
	if found := must[[]numberdb.Record](t)(light.Of(t.Context(), n)); len(found) != 1 {
		t.Errorf("records of %v: %+v", n, found)
	}
	must[int64](t)(light.PutScam(t.Context(), alice, numberdb.Scam{Number: "+8617012345678"}))
	for _, s := range []*numberdb.Store{full, light} {
		x := must[*index.Index](t)(s.AsOf(t.Context(), time.Now().Add(time.Hour)))
		if len(x.Exact(n.Key(), nil)) != 1 || len(x.Exact(number(t, "+8617012345678").Key(), nil)) != 1 {
			t.Error("the past lacks listings")
		}
	}
}
