package numberdb_test

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"

	"ringward/numberdb"
	"ringward/numberdb/indextest"
	"ringward/numbering"
)

// TestImitationsAreRareAmongOrdinaryNumbers holds the register that ships, with
// 2000 made-up hotlines more, against numbers drawn from
// the whole of the plans: at most 1 in 100,000 valid Chinese and US mobile and
// fixed numbers may be taken for an imitation.
func TestImitationsAreRareAmongOrdinaryNumbers(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "numbers.db"), numberdb.Options{SeedExamples: true})
	g := indextest.New(11)
	var rows strings.Builder
	rows.WriteString("institution,number,purpose\n")
	for i := range 2000 {
		fmt.Fprintf(&rows, "icbc,%s,hotline\n", g.Hotline(i))
	}
	must[numberdb.ImportReport](t)(s.Import(t.Context(), alice, strings.NewReader(rows.String()), numberdb.ImportOptions{Name: "hotlines", Entity: numberdb.Numbers, Format: "csv"}))
	r := rand.New(rand.NewPCG(11, 22))
	digits := func(n int) string { return fmt.Sprintf("%0*d", n, r.Int64N(pow10(n))) }
	kinds := []struct {
		name string
		n    int
		make func() string
		is   func(numbering.Class) bool
	}{
		{"CN mobile", 300_000, func() string { return "+861" + digits(10) }, func(c numbering.Class) bool { return c == numbering.Mobile || c == numbering.MVNO }},
		{"CN fixed", 300_000, func() string {
			return "+86" + []string{"10", "2", "3", "4", "5", "6", "7", "8", "9"}[r.IntN(9)] + digits(9)
		}, func(c numbering.Class) bool { return c == numbering.Fixed }},
		{"US", 20_000, func() string { return "+1" + digits(10) }, func(c numbering.Class) bool { return c == numbering.International }},
	}
	for _, kind := range kinds {
		hits, tried := 0, 0
		for tried < kind.n {
			p := numbering.Parse(kind.make(), numbering.Options{})
			if !kind.is(p.Class) {
				continue
			}
			tried++
			if h, ok := s.Index().Imitation(p); ok {
				hits++
				if hits < 20 {
					t.Logf("%v: %s", p.Number, h.Explain("en"))
				}
			}
		}
		t.Logf("%s: %d hits in %d", kind.name, hits, tried)
		if hits*100_000 > tried {
			t.Errorf("%s: %d of %d ordinary numbers are taken for imitations", kind.name, hits, tried)
		}
	}
}

func pow10(n int) int64 {
	v := int64(1)
	for range n {
		v *= 10
	}
	return v
}
