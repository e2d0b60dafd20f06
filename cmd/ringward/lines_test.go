package main

import (
	"testing"

	"ringward/numberdb"
)

// TestStoredLinesOfOneNameAreTwo: rights and records go by the line's id.
func TestStoredLinesOfOneNameAreTwo(t *testing.T) {
	seen := map[string]bool{}
	for _, l := range []numberdb.Line{{Number: "+862155550177", Name: "shop"}, {Number: "+862155550178", Name: "shop"}, {Number: "+862155550177", Prefix: true, Name: "shop"}} {
		g, err := storedLine(l)
		if err != nil || seen[g.ID] {
			t.Errorf("%+v: id %q, %v", l, g.ID, err)
		}
		seen[g.ID] = true
	}
}
