// Package indextest makes up telephone numbers and listings for tests and
// benchmarks: seeded, so that every run sees the same, and of the forms that a
// country's register holds. Nothing in it is anybody's data.
package indextest

import (
	"fmt"
	"math/rand/v2"

	"ringward/numberdb/index"
	"ringward/numbering"
)

// Generator makes numbers. It is for one goroutine.
type Generator struct {
	r *rand.Rand
}

// New returns a Generator for a seed.
func New(seed uint64) *Generator { return &Generator{rand.New(rand.NewPCG(seed, 0x52494e47))} }

var (
	mobileHeads = []string{"130", "131", "133", "135", "136", "137", "138", "139", "150", "151", "152", "155", "158", "159", "170", "171", "176", "177", "180", "186", "187", "188", "189", "199"}
	longAreas   = []string{"311", "351", "371", "411", "431", "451", "512", "519", "531", "532", "551", "571", "574", "591", "592", "731", "755", "756", "757", "760", "769", "771", "851", "871", "898", "931", "951", "971", "991"}
	usAreas     = []string{"201", "202", "206", "212", "213", "214", "303", "305", "310", "312", "313", "314", "404", "408", "410", "415", "503", "512", "602", "604", "612", "617", "702", "703", "713", "718", "773", "801", "818", "919"}
)

func (g *Generator) pick(list []string) string { return list[g.r.IntN(len(list))] }

func (g *Generator) digits(n int) string {
	b := make([]byte, n)
	for i := range b {
		b[i] = '0' + byte(g.r.IntN(10))
	}
	return string(b)
}

// Mobile is a Chinese mobile number.
func (g *Generator) Mobile() numbering.Number {
	return numbering.Number{Country: "CN", Digits: "86" + g.pick(mobileHeads) + g.digits(8)}
}

// Fixed is a Chinese fixed number.
func (g *Generator) Fixed() numbering.Number {
	area, first := "1"+"0", 2+g.r.IntN(7)
	switch g.r.IntN(3) {
	case 0:
		area = "2" + string("01234578"[g.r.IntN(8)])
	case 1:
		area = g.pick(longAreas)
	}
	return numbering.Number{Country: "CN", Digits: fmt.Sprintf("86%s%d%s", area, first, g.digits(7))}
}

// US is a number of the United States; mobile and fixed share their ranges.
func (g *Generator) US() numbering.Number {
	return numbering.Number{Country: "US", Digits: fmt.Sprintf("1%s%d%s", g.pick(usAreas), 2+g.r.IntN(8), g.digits(6))}
}

// Number is one of all of these: mostly Chinese mobiles.
func (g *Generator) Number() numbering.Number {
	switch n := g.r.IntN(10); {
	case n < 7:
		return g.Mobile()
	case n < 9:
		return g.Fixed()
	}
	return g.US()
}

// Listing is a scam listing, as feeds have them; id becomes its ID.
func (g *Generator) Listing(id int64) index.Listing {
	return index.Listing{
		ID: id, Kind: index.Scam, Purpose: g.pick([]string{"pos-freeze", "refund", "authority", "loan", "robocall"}),
		Campaign: fmt.Sprintf("c%d", g.r.IntN(500)), Source: g.pick([]string{"feed-a", "feed-b", "reports"}),
		ValidTo: int32(20800 + g.r.IntN(365)), Reports: uint32(1 + g.r.IntN(200)), Confidence: uint8(10 * g.r.IntN(10)),
	}
}

// Hotline is the i-th of a list of made-up registered numbers: service codes,
// 400 numbers, fixed lines.
func (g *Generator) Hotline(i int) numbering.Number {
	switch i % 3 {
	case 0:
		return numbering.Number{Country: "CN", Digits: "955" + g.digits(2), Short: true}
	case 1:
		return numbering.Number{Country: "CN", Digits: "400" + g.digits(7), Short: true}
	}
	return g.Fixed()
}
