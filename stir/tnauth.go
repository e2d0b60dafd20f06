package stir

import (
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"strconv"
	"strings"
)

// oidTNAuthList is id-pe-TNAuthList (RFC 8226 §9).
var oidTNAuthList = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 1, 26}

// maxEntries bounds the entries of one list.
const maxEntries = 10_000

var errTNAuthList = errors.New("not a TNAuthorizationList of RFC 8226")

// TNAuthList is whom a certificate may speak for: service providers, whose
// customers' numbers no list could name, and numbers.
type TNAuthList struct {
	Providers []string // service provider codes
	Numbers   []string
	Ranges    []Range
}

// Range is a run of numbers of equal length.
type Range struct {
	Start string
	Count uint64
}

// Covers reports whether a certificate with this list may sign for number
// (canonical digits). A service provider may for any: whose they are is his own
// word, the attestation.
func (l TNAuthList) Covers(number string) bool {
	if len(l.Providers) > 0 {
		return true
	}
	for _, n := range l.Numbers {
		if n == number {
			return true
		}
	}
	for _, r := range l.Ranges {
		if r.has(number) {
			return true
		}
	}
	return false
}

func (r Range) has(number string) bool {
	if len(number) != len(r.Start) {
		return false
	}
	start, err1 := strconv.ParseUint(r.Start, 10, 64)
	n, err2 := strconv.ParseUint(number, 10, 64)
	return err1 == nil && err2 == nil && n >= start && n-start < r.Count
}

// listOf finds a certificate's list; ok is false when it has none.
func listOf(c *x509.Certificate) (list TNAuthList, ok bool, err error) {
	for _, e := range c.Extensions {
		if e.Id.Equal(oidTNAuthList) {
			list, err = ParseTNAuthList(e.Value)
			return list, true, err
		}
	}
	return list, false, nil
}

// ParseTNAuthList reads the extension's value:
//
//	TNAuthorizationList ::= SEQUENCE SIZE (1..MAX) OF TNEntry
//	TNEntry ::= CHOICE { spc [0] IA5String, range [1] SEQUENCE { start IA5String,
//	    count INTEGER (2..MAX), ... }, one [2] IA5String }    -- explicit tags
func ParseTNAuthList(der []byte) (TNAuthList, error) {
	var list TNAuthList
	var entries []asn1.RawValue
	rest, err := asn1.Unmarshal(der, &entries)
	if err != nil || len(rest) > 0 || len(entries) == 0 || len(entries) > maxEntries {
		return list, errTNAuthList
	}
	for _, e := range entries {
		if e.Class != asn1.ClassContextSpecific || !e.IsCompound {
			return TNAuthList{}, errTNAuthList
		}
		if err := list.add(e.Tag, e.Bytes); err != nil {
			return TNAuthList{}, err
		}
	}
	return list, nil
}

func (l *TNAuthList) add(tag int, der []byte) error {
	var text string
	var rng struct {
		Start string `asn1:"ia5"`
		Count int64
	}
	switch tag {
	case 0, 2:
		rest, err := asn1.UnmarshalWithParams(der, &text, "ia5")
		if err != nil || len(rest) > 0 || text == "" {
			return errTNAuthList
		}
		if tag == 0 {
			l.Providers = append(l.Providers, text)
			return nil
		}
		if !isNumber(text) {
			return errTNAuthList
		}
		l.Numbers = append(l.Numbers, text)
	case 1:
		rest, err := asn1.Unmarshal(der, &rng)
		if err != nil || len(rest) > 0 || !isNumber(rng.Start) || rng.Count < 2 {
			return errTNAuthList
		}
		l.Ranges = append(l.Ranges, Range{rng.Start, uint64(rng.Count)})
	default:
		return errTNAuthList
	}
	return nil
}

// isNumber is TelephoneNumber of RFC 8226: 1 to 15 of 0-9, # and *.
func isNumber(s string) bool {
	return len(s) >= 1 && len(s) <= 15 && strings.Trim(s, "0123456789#*") == ""
}
