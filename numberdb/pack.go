package numberdb

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"

	"ringward/numberdb/index"
	"ringward/numbering"
)

// The pack column holds what the index loads of a number or a scam listing, so
// that opening ten million rows reads no JSON:
//
//	 0      1       3         7        8         ...
//	+------+-------+---------+-----------------------------------------------+
//	| kind |validTo| reports | common part: direction, match, verified,       |
//	|      |       |         | confidence, validFrom, 5 strings with length   |
//	+------+-------+---------+-----------------------------------------------+
//
// Rows that the index leaves out (rejected, retired) have none. Kind packPrefix
// marks a number that is a prefix: the index loads it as a pattern.
const packPrefix = 3

const packHead = 7

// packListing writes a pack.
func packListing(kind byte, l index.Listing) []byte {
	b := make([]byte, packHead, 64)
	b[0] = kind
	binary.LittleEndian.PutUint16(b[1:], uint16(min(l.ValidTo, math.MaxUint16)))
	binary.LittleEndian.PutUint32(b[3:], l.Reports)
	verified := byte(0)
	if l.Verified {
		verified = 1
	}
	b = append(b, byte(l.Direction), byte(l.Match), verified, l.Confidence)
	b = binary.LittleEndian.AppendUint16(b, uint16(l.ValidFrom))
	for _, s := range []string{l.Institution, l.Area, l.Purpose, l.Campaign, l.Source} {
		b = binary.AppendUvarint(b, uint64(len(s)))
		b = append(b, s...)
	}
	return b
}

// unpackCommon reads the common part of a pack.
func unpackCommon(kind byte, b []byte) (index.Listing, error) {
	if len(b) < 6 {
		return index.Listing{}, fmt.Errorf("%w: pack column is short", ErrCorrupt)
	}
	l := index.Listing{
		Kind: index.Kind(kind), Direction: index.Direction(b[0]), Match: index.Match(b[1]), Verified: b[2] == 1,
		Confidence: b[3], ValidFrom: int32(binary.LittleEndian.Uint16(b[4:])),
	}
	b = b[6:]
	for _, s := range []*string{&l.Institution, &l.Area, &l.Purpose, &l.Campaign, &l.Source} {
		n, used := binary.Uvarint(b)
		if used <= 0 || n > uint64(len(b)-used) {
			return index.Listing{}, fmt.Errorf("%w: pack column is cut short", ErrCorrupt)
		}
		*s, b = string(b[used:used+int(n)]), b[used+int(n):]
	}
	return l, nil
}

// unpack reads a whole pack; id is the row's.
func unpack(id int64, b []byte) (index.Listing, error) {
	if len(b) < packHead {
		return index.Listing{}, fmt.Errorf("%w: pack column is short", ErrCorrupt)
	}
	l, err := unpackCommon(b[0], b[packHead:])
	l.ID = id
	l.ValidTo = int32(binary.LittleEndian.Uint16(b[1:]))
	l.Reports = binary.LittleEndian.Uint32(b[3:])
	return l, err
}

// served reports whether records in this state of review reach the index.
func (r *Review) served() bool { return r.Status == "" || r.Status == Draft || r.Status == Verified }

func (r *Institution) pack() []byte { return nil }
func (r *Pattern) pack() []byte     { return nil }
func (r *Line) pack() []byte        { return nil }
func (r *Saved) pack() []byte       { return nil }
func (r *Appeal) pack() []byte      { return nil }

func (r *Number) pack() []byte {
	if !r.served() {
		return nil
	}
	kind := byte(index.Registered)
	if r.Match == "prefix" {
		kind = packPrefix
	}
	return packListing(kind, r.listing())
}

// listing is the number as the index has it. The record has been checked.
func (r *Number) listing() index.Listing {
	l := index.Listing{
		ID: r.ID, Kind: index.Registered, Institution: r.Institution, Area: r.Area, Purpose: r.Purpose,
		Verified: r.Status == Verified, Confidence: uint8(r.Confidence), Source: r.Source,
	}
	l.Direction, _ = index.ParseDirection(r.Direction)
	l.Match, _ = index.ParseMatch(r.Match)
	l.ValidFrom, _ = parseDay("", r.ValidFrom)
	l.ValidTo, _ = parseDay("", r.ValidTo)
	return l
}

func (r *Scam) pack() []byte {
	if !r.served() {
		return nil
	}
	reports, until := r.weigh()
	return packListing(byte(index.Scam), index.Listing{
		Purpose: r.Category, Verified: r.Status == Verified, ValidTo: until, Reports: reports,
		Campaign: r.Campaign, Source: r.Source,
	})
}

// How scam reports age: a year after a report it no longer counts beside newer
// ones, and each distinct household keeps the listing for another month, up to
// a year after the last report.
const (
	reportYear  = 365
	reportMonth = 30
)

// weigh counts the distinct households (one vote each) that reported within a
// year of the last report, and says until which day the listing holds.
func (r *Scam) weigh() (reports uint32, until int32) {
	newest := int32(0)
	days := map[string]int32{}
	for _, rep := range r.Reports {
		day, _ := parseDay("", rep.At)
		days[rep.Household] = max(days[rep.Household], day)
		newest = max(newest, day)
	}
	for _, day := range days {
		if newest-day < reportYear {
			reports++
		}
	}
	if newest > 0 {
		until = newest + int32(min(reports, 12))*reportMonth
	}
	if r.Expires != "" {
		until, _ = parseDay("", r.Expires)
	}
	return reports + uint32(r.Votes), until
}

func (r *Number) check() error {
	if _, ok := index.ParseMatch(r.Match); !ok {
		return fieldError("match", "has to be exact, area-short or prefix")
	}
	if _, ok := index.ParseDirection(r.Direction); !ok {
		return fieldError("direction", "has to be unknown, may-call-out, inbound-only, outbound-only or sms-only")
	}
	if r.Confidence < 0 || r.Confidence > 100 {
		return fieldError("confidence", "is a percentage, 0 to 100")
	}
	for field, day := range map[string]string{"valid_from": r.ValidFrom, "valid_to": r.ValidTo} {
		if _, err := parseDay(field, day); err != nil {
			return err
		}
	}
	if r.Callback != "" {
		if _, err := parseNumber("callback", r.Callback); err != nil {
			return err
		}
	}
	texts := []string{r.Area, r.Purpose, r.Source, r.Licence}
	for _, ev := range r.Evidence {
		texts = append(texts, ev.URL, ev.Scan, ev.Fetched, ev.By, ev.Note)
	}
	return checkTexts(maxText, texts...)
}

// keys is the range of keys that the pattern covers.
func (r *Pattern) keys() (first, last numbering.Key, err error) {
	if (r.Prefix == "") == (r.First == "") {
		return 0, 0, fieldError("prefix", "or first and last: a pattern needs one of the two")
	}
	if r.Prefix != "" {
		n, err := parseNumber("prefix", r.Prefix)
		if err != nil {
			return 0, 0, err
		}
		first, last = n.Range()
		return first, last, nil
	}
	a, err := parseNumber("first", r.First)
	if err != nil {
		return 0, 0, err
	}
	b, err := parseNumber("last", r.Last)
	if err != nil {
		return 0, 0, err
	}
	if a.Short != b.Short || a.Short && a.Country != b.Country || len(a.Digits) != len(b.Digits) || b.Key() < a.Key() {
		return 0, 0, fieldError("last", "has to be a number of the same kind and length as first, and not before it")
	}
	return a.Key(), b.Key(), nil
}

func checkKindAndDirection(kind, direction string) error {
	if !slices.Contains([]string{"", "scam", "registered"}, kind) {
		return fieldError("kind", "has to be scam or registered")
	}
	if _, ok := index.ParseDirection(direction); !ok {
		return fieldError("direction", "has to be unknown, may-call-out, inbound-only, outbound-only or sms-only")
	}
	return nil
}

func parseRelation(s string) (index.Relation, bool) {
	r, ok := index.ParseRelation(s)
	return r, ok && r != index.RelationNone
}

// form is the pattern as people write it.
func (r *Pattern) form() string {
	if r.Prefix != "" {
		return r.Prefix + "*"
	}
	return r.First + ".." + r.Last
}

// pattern is the record as the index has it.
func (r *Pattern) pattern() (index.Pattern, error) {
	first, last, err := r.keys()
	if err != nil {
		return index.Pattern{}, err
	}
	kind := index.Scam
	if r.Kind == "registered" {
		kind = index.Registered
	}
	l := index.Listing{ID: r.ID, Kind: kind, Institution: r.Institution, Purpose: r.Category, Match: index.MatchPrefix, Verified: r.Status == Verified}
	l.Direction, _ = index.ParseDirection(r.Direction)
	l.ValidTo, _ = parseDay("", r.Expires)
	return index.Pattern{
		ID: r.ID, First: first, Last: last, Digits: uint8(r.Digits), Shadow: r.Shadow, Listing: l,
		Form: r.form(), NoteZH: r.NoteZH, NoteEN: r.NoteEN, Severity: uint8(r.Severity),
	}, nil
}

// packOwn reads what a listing does not share with others.
func packOwn(b []byte) (validTo int32, reports uint32) {
	return int32(binary.LittleEndian.Uint16(b[1:])), binary.LittleEndian.Uint32(b[3:])
}
