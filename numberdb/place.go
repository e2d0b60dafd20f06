package numberdb

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"ringward/numbering"
)

// record is what every table's type can do.
type record interface {
	entity() Entity
	// place checks the record and returns where it belongs: the key of its
	// number (0 for institutions) and what tells it from others with that key.
	place() (key numbering.Key, scope string, err error)
	// pack returns what the index loads of it (see pack.go), nil for nothing.
	pack() []byte
	review() *Review // nil for what is not reviewed
	setID(id int64)
}

// Limits of a record, so that no row can swell the index or the log.
const (
	maxText    = 500  // runes of a name, label, note
	maxNote    = 4000 // runes of an appeal
	maxList    = 200  // entries of a list
	maxReports = 500  // reports kept of one listing, the newest
	maxPolicy  = 64 << 10
)

// newRecord returns an empty record of a table.
func newRecord(e Entity) (record, error) {
	switch e {
	case Institutions:
		return &Institution{}, nil
	case Numbers:
		return &Number{}, nil
	case Scams:
		return &Scam{}, nil
	case Patterns:
		return &Pattern{}, nil
	case Lines:
		return &Line{}, nil
	case SavedNumbers:
		return &Saved{}, nil
	case Appeals:
		return &Appeal{}, nil
	case Recordings:
		return &Recording{}, nil
	case Rules:
		return &Rule{}, nil
	}
	return nil, fmt.Errorf("%w: no table is called %q", ErrInvalid, e)
}

// decode reads the JSON of a record of a table.
func decode(e Entity, id int64, doc []byte) (record, error) {
	r, err := newRecord(e)
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(doc, r); err != nil {
		return nil, fmt.Errorf("%w: %s %d does not read: %v", ErrCorrupt, e, id, err)
	}
	r.setID(id)
	return r, nil
}

// encode writes a record as its table keeps it: without its ID, which is the row's.
func encode(r record) ([]byte, error) {
	r.setID(0)
	return json.Marshal(r)
}

func (r *Institution) entity() Entity  { return Institutions }
func (r *Number) entity() Entity       { return Numbers }
func (r *Scam) entity() Entity         { return Scams }
func (r *Pattern) entity() Entity      { return Patterns }
func (r *Line) entity() Entity         { return Lines }
func (r *Saved) entity() Entity        { return SavedNumbers }
func (r *Appeal) entity() Entity       { return Appeals }
func (r *Institution) setID(int64)     {}
func (r *Number) setID(id int64)       { r.ID = id }
func (r *Scam) setID(id int64)         { r.ID = id }
func (r *Pattern) setID(id int64)      { r.ID = id }
func (r *Line) setID(id int64)         { r.ID = id }
func (r *Saved) setID(id int64)        { r.ID = id }
func (r *Appeal) setID(id int64)       { r.ID = id }
func (r *Institution) review() *Review { return &r.Review }
func (r *Number) review() *Review      { return &r.Review }
func (r *Scam) review() *Review        { return &r.Review }
func (r *Pattern) review() *Review     { return &r.Review }
func (r *Line) review() *Review        { return nil }
func (r *Saved) review() *Review       { return nil }
func (r *Appeal) review() *Review      { return nil }

func (r *Institution) place() (numbering.Key, string, error) {
	if !validSlug(r.ID) {
		return 0, "", fieldError("id", "has to be 1 to 60 of a-z, 0-9 and -, like icbc")
	}
	if r.NameZH == "" && r.NameEN == "" {
		return 0, "", fieldError("name_zh", "and name_en are both missing")
	}
	if r.Hotline != "" {
		if _, err := parseNumber("hotline", r.Hotline); err != nil {
			return 0, "", err
		}
	}
	texts := slices.Concat([]string{r.Kind, r.Country, r.NameZH, r.NameEN}, r.Aliases, r.Spoken, r.Confusable, r.NeverAsks)
	return 0, r.ID, checkTexts(maxText, texts...)
}

func (r *Number) place() (numbering.Key, string, error) {
	key, err := parseKey("number", r.Number)
	if err != nil {
		return 0, "", err
	}
	if !validSlug(r.Institution) {
		return 0, "", fieldError("institution", "has to be the id of an institution")
	}
	scope := r.Institution + "|" + r.Purpose + "|" + r.Area
	if r.Match == "prefix" {
		scope += "|*" + strconv.Itoa(r.Digits)
	}
	if err := r.check(); err != nil {
		return 0, "", err
	}
	return key, scope, nil
}

func validSlug(s string) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			return false
		}
	}
	return s != "" && len(s) <= 60
}

func (r *Scam) place() (numbering.Key, string, error) {
	key, err := parseKey("number", r.Number)
	if err != nil {
		return 0, "", err
	}
	if r.Votes < 0 || len(r.Reports) > maxReports {
		return 0, "", fieldError("votes", fmt.Sprintf("must not be negative, and at most %d reports are kept", maxReports))
	}
	for _, rep := range r.Reports {
		if _, err := parseDay("reports.at", rep.At); err != nil || rep.At == "" || rep.Household == "" {
			return 0, "", fieldError("reports", "need a household and a day like 2026-01-31")
		}
	}
	if _, err := parseDay("expires", r.Expires); err != nil {
		return 0, "", err
	}
	return key, r.Source, checkTexts(maxText, r.Category, r.Campaign, r.Source, r.Licence)
}

func (r *Pattern) place() (numbering.Key, string, error) {
	first, last, err := r.keys()
	if err != nil {
		return 0, "", err
	}
	if r.Digits < 0 || r.Digits > numbering.MaxDigits || r.Severity < 0 || r.Severity > 2 {
		return 0, "", fieldError("digits", "has to be 0 to 15 and severity 0 to 2")
	}
	if _, err := parseDay("expires", r.Expires); err != nil {
		return 0, "", err
	}
	if err := checkKindAndDirection(r.Kind, r.Direction); err != nil {
		return 0, "", err
	}
	scope := fmt.Sprintf("%s|%d|%d", r.Kind, uint64(last), r.Digits)
	return first, scope, checkTexts(maxText, r.Category, r.Institution, r.NoteZH, r.NoteEN)
}

func (r *Line) place() (numbering.Key, string, error) {
	key, err := parseKey("number", r.Number)
	if err != nil {
		return 0, "", err
	}
	if len(r.Policy) > maxPolicy || len(r.Policy) > 0 && !json.Valid(r.Policy) {
		return 0, "", fieldError("policy", "has to be JSON of at most 64 KiB")
	}
	scope := ""
	if r.Prefix {
		scope = "*"
	}
	return key, scope, checkTexts(maxText, append([]string{r.Name, r.Merchant, r.Language}, r.Targets...)...)
}

func (r *Saved) place() (numbering.Key, string, error) {
	key, err := parseKey("number", r.Number)
	if err != nil {
		return 0, "", err
	}
	line, err := parseNumber("line", r.Line)
	if err != nil {
		return 0, "", err
	}
	if _, ok := parseRelation(r.Relation); !ok {
		return 0, "", fieldError("relation", "has to be customer, agent, acquirer or refused")
	}
	return key, line.String(), checkTexts(maxText, r.Label, r.Institution)
}

func (r *Appeal) place() (numbering.Key, string, error) {
	key, err := parseKey("number", r.Number)
	if err != nil {
		return 0, "", err
	}
	if r.By == "" || r.Text == "" {
		return 0, "", fieldError("by", "and text say who objects and why; both are needed")
	}
	if !slices.Contains([]string{"", "upheld", "dismissed"}, r.Outcome) {
		return 0, "", fieldError("outcome", "has to be empty (open), upheld or dismissed")
	}
	return key, r.By, checkTexts(maxNote, r.By, r.Text, r.Note)
}

func checkTexts(limit int, texts ...string) error {
	if len(texts) > maxList {
		return fieldError("record", fmt.Sprintf("has more than %d names, aliases or targets", maxList))
	}
	for _, s := range texts {
		if !utf8.ValidString(s) || strings.ContainsAny(s, "\x00\r\n") && limit == maxText {
			return fieldError("text", fmt.Sprintf("%.40q has line breaks or is no UTF-8", s))
		}
		if utf8.RuneCountInString(s) > limit {
			return fieldError("text", fmt.Sprintf("%.40q... has more than %d characters", s, limit))
		}
	}
	return nil
}

// parseDay reads a day as days since 1970; "" is 0.
func parseDay(field, s string) (int32, error) {
	if s == "" {
		return 0, nil
	}
	t, err := time.Parse(time.DateOnly, s)
	if err != nil || t.Year() < 1970 || t.Year() > 2100 {
		return 0, fieldError(field, fmt.Sprintf("%.20q has to be a day between 1970 and 2100, like 2026-01-31", s))
	}
	return int32(t.Unix() / 86400), nil
}
