package numberdb

import (
	"encoding/json"

	"ringward/numbering"
)

// Entity names a table of the record.
type Entity string

// The tables.
const (
	Institutions Entity = "institution"
	Numbers      Entity = "number"
	Scams        Entity = "scam"
	Patterns     Entity = "pattern"
	Lines        Entity = "line"
	SavedNumbers Entity = "saved"
	Appeals      Entity = "appeal"
	Recordings   Entity = "recording"
	Rules        Entity = "rule"
)

// Status is where a record stands in review.
type Status string

// The states of review. Only Verified may make a call look safe.
const (
	Draft    Status = "draft"
	Verified Status = "verified"
	Rejected Status = "rejected"
	Retired  Status = "retired" // no longer true; kept for history
)

// Review is where a record stands between proposal and approval. The store sets
// it; what a caller puts there is ignored.
type Review struct {
	Status     Status   `json:"status,omitempty"`
	ProposedBy string   `json:"proposed_by,omitempty"` // author of the last change of content
	VerifiedBy []string `json:"verified_by,omitempty"` // proposer and approver, two different people
}

// Institution is a bank, acquirer, card scheme, agent, carrier or authority
// that callers pretend to be.
type Institution struct {
	ID         string   `json:"id"` // short lower-case name: "icbc"
	Kind       string   `json:"kind"`
	Country    string   `json:"country"`
	NameZH     string   `json:"name_zh,omitempty"`
	NameEN     string   `json:"name_en,omitempty"`
	Aliases    []string `json:"aliases,omitempty"`    // short names people use
	Spoken     []string `json:"spoken,omitempty"`     // what speech recognition makes of the name
	Confusable []string `json:"confusable,omitempty"` // look-alike and sound-alike spellings
	Hotline    string   `json:"hotline,omitempty"`    // canonical number to call instead
	NeverAsks  []string `json:"never_asks,omitempty"` // code, pin, transfer, screen-share, fee ...
	Review
}

// Evidence is where a number was found.
type Evidence struct {
	URL     string `json:"url,omitempty"`
	Scan    string `json:"scan,omitempty"`    // reference of a scanned contract or letter
	Fetched string `json:"fetched,omitempty"` // day, 2006-01-02
	By      string `json:"by,omitempty"`      // who looked
	Note    string `json:"note,omitempty"`    //
}

// Number is a number that belongs to an institution.
type Number struct {
	ID          int64      `json:"id,omitempty"` // 0 for a new one
	Institution string     `json:"institution"`
	Number      string     `json:"number"`           // canonical; for a prefix match its leading digits
	Match       string     `json:"match,omitempty"`  // exact (default), area-short, prefix
	Area        string     `json:"area,omitempty"`   // area-short: the only area, "" any
	Digits      int        `json:"digits,omitempty"` // prefix: number of digits of the whole number, 0 any
	Direction   string     `json:"direction,omitempty"`
	Purpose     string     `json:"purpose,omitempty"`    // hotline, card-outbound, marketing, sms
	ValidFrom   string     `json:"valid_from,omitempty"` // 2006-01-02
	ValidTo     string     `json:"valid_to,omitempty"`   // 2006-01-02, last day
	Evidence    []Evidence `json:"evidence,omitempty"`
	Confidence  int        `json:"confidence,omitempty"` // percent
	Callback    string     `json:"callback,omitempty"`   // canonical hotline to verify a call from here
	Source      string     `json:"source,omitempty"`
	Licence     string     `json:"licence,omitempty"` // of the source
	Review
}

// Report is one report of a scam call. A household has one vote.
type Report struct {
	Household string `json:"household"` // opaque; the line or account that reported
	At        string `json:"at"`        // day, 2006-01-02
}

// Scam is a number reported as a scam caller.
type Scam struct {
	ID       int64    `json:"id,omitempty"`
	Number   string   `json:"number"`             // canonical
	Category string   `json:"category,omitempty"` // pos-freeze, refund, authority ...
	Campaign string   `json:"campaign,omitempty"`
	Reports  []Report `json:"reports,omitempty"`
	Votes    int      `json:"votes,omitempty"`   // distinct reporters counted by a feed that does not name them
	Expires  string   `json:"expires,omitempty"` // last day, 2006-01-02
	Source   string   `json:"source,omitempty"`  // feed or person; a number has one listing per source
	Licence  string   `json:"licence,omitempty"`
	Review
}

// Pattern is a rule over a prefix or a range of numbers.
type Pattern struct {
	ID          int64  `json:"id,omitempty"`
	Prefix      string `json:"prefix,omitempty"` // canonical leading digits: "+86170", "CN:9500"
	First       string `json:"first,omitempty"`  // or a range of canonical numbers of equal length
	Last        string `json:"last,omitempty"`
	Digits      int    `json:"digits,omitempty"` // digits of the whole number, 0 any
	Kind        string `json:"kind,omitempty"`   // scam (default) or registered
	Category    string `json:"category,omitempty"`
	Institution string `json:"institution,omitempty"`
	Direction   string `json:"direction,omitempty"`
	Severity    int    `json:"severity,omitempty"` // 0 weight only, 1 notice, 2 warning
	Shadow      bool   `json:"shadow,omitempty"`
	NoteZH      string `json:"note_zh,omitempty"`
	NoteEN      string `json:"note_en,omitempty"`
	Expires     string `json:"expires,omitempty"`
	Review
}

// Line is a merchant's telephone number (or a prefix of a block of them) that
// the gateway protects, and how to reach its phone.
type Line struct {
	ID       int64           `json:"id,omitempty"`
	Number   string          `json:"number"`           // canonical
	Prefix   bool            `json:"prefix,omitempty"` // Number is the beginning of every number of the line
	Name     string          `json:"name,omitempty"`   // the merchant's
	Merchant string          `json:"merchant,omitempty"`
	Targets  []string        `json:"targets,omitempty"`  // SIP URIs of the phone, in order of preference
	Language string          `json:"language,omitempty"` // zh-CN, en
	Policy   json.RawMessage `json:"policy,omitempty"`   // validated by the caller (screening's policy)
}

// Saved is a number that a merchant saved for a line.
type Saved struct {
	ID          int64  `json:"id,omitempty"`
	Line        string `json:"line"`     // canonical number of the line
	Number      string `json:"number"`   // canonical
	Relation    string `json:"relation"` // customer, agent, acquirer, refused
	Label       string `json:"label,omitempty"`
	Institution string `json:"institution,omitempty"`
}

// Appeal is somebody's objection to a listing of his number, with its outcome.
type Appeal struct {
	ID      int64  `json:"id,omitempty"`
	Number  string `json:"number"` // canonical
	By      string `json:"by"`
	Text    string `json:"text"`
	Outcome string `json:"outcome,omitempty"` // "" open, upheld, dismissed
	Note    string `json:"note,omitempty"`
}

// parseNumber reads the canonical text of a record's field.
func parseNumber(field, s string) (numbering.Number, error) {
	n, err := numbering.ParseCanonical(s)
	if err != nil {
		return n, fieldError(field, err.Error())
	}
	if n.IsZero() {
		return n, fieldError(field, "is missing")
	}
	return n, nil
}

// parseKey is parseNumber for where only the key is needed.
func parseKey(field, s string) (numbering.Key, error) {
	k, err := numbering.CanonicalKey(s)
	if err != nil {
		return 0, fieldError(field, err.Error())
	}
	if k == 0 {
		return 0, fieldError(field, "is missing")
	}
	return k, nil
}
