package index

import "ringward/numbering"

// Kind is what a listing says of its number.
type Kind uint8

// The kinds of listing.
const (
	KindNone   Kind = iota // no listing
	Registered             // belongs to an institution
	Scam                   // reported as a scam caller
)

// String returns "none", "registered" or "scam".
func (k Kind) String() string { return nameOf(k, kindNames) }

// ParseKind is String's inverse; false if no kind has that name.
func ParseKind(s string) (Kind, bool) { return parseName[Kind](s, kindNames) }

var kindNames = []string{"none", "registered", "scam"}

// Direction is which way calls and messages of a registered number go.
type Direction uint8

// The directions. Unknown is the safe value: it never makes a call look right.
const (
	DirectionUnknown Direction = iota
	MayCallOut                 // calls and takes calls
	InboundOnly                // takes calls, never calls (do not originate)
	OutboundOnly               // calls, takes none
	SMSOnly                    // sends messages, never calls
)

// String returns "unknown", "may-call-out", "inbound-only", "outbound-only" or "sms-only".
func (d Direction) String() string { return nameOf(d, directionNames) }

// ParseDirection is String's inverse; "" is unknown.
func ParseDirection(s string) (Direction, bool) {
	if s == "" {
		return DirectionUnknown, true
	}
	return parseName[Direction](s, directionNames)
}

// CallsOut reports whether a genuine call may show this number.
func (d Direction) CallsOut() bool { return d == MayCallOut || d == OutboundOnly }

var directionNames = []string{"unknown", "may-call-out", "inbound-only", "outbound-only", "sms-only"}

// Match is how a listing's number is compared with a caller's.
type Match uint8

// The ways to match.
const (
	MatchExact     Match = iota // the number itself
	MatchAreaShort              // a short code that also arrives behind an area code; Listing.Area, if set, is the only area
	MatchPrefix                 // every number with these leading digits (and length); kept as a Pattern
)

// String returns "exact", "area-short" or "prefix".
func (m Match) String() string { return nameOf(m, matchNames) }

// ParseMatch is String's inverse; "" is exact.
func ParseMatch(s string) (Match, bool) {
	if s == "" {
		return MatchExact, true
	}
	return parseName[Match](s, matchNames)
}

var matchNames = []string{"exact", "area-short", "prefix"}

// Listing is one thing that the database says of one number.
type Listing struct {
	ID          int64     // row of the number or the scam listing, by Kind
	Kind        Kind      //
	Institution string    // institution's id, "" if none
	Direction   Direction // of a Registered number
	Match       Match     //
	Area        string    // for MatchAreaShort: the only area code that it may come with, "" any
	Purpose     string    // hotline, card-outbound, marketing, sms; of a scam: its category
	Verified    bool      // approved by a second person; an unverified listing must never make a call look safe
	Confidence  uint8     // percent
	ValidFrom   int32     // first day, in days since 1970-01-01 UTC; 0 open
	ValidTo     int32     // last day; 0 open
	Reports     uint32    // weighted distinct reporters of a Scam
	Campaign    string    //
	Source      string    // where it comes from, for the explanation
}

// ValidOn reports whether the listing holds on a day (days since 1970-01-01 UTC).
func (l *Listing) ValidOn(day int32) bool {
	return (l.ValidFrom == 0 || day >= l.ValidFrom) && (l.ValidTo == 0 || day <= l.ValidTo)
}

// Institution is one that callers pretend to be.
type Institution struct {
	ID              string
	Names           []string // every name that identifies it: full, short, aliases, confusable spellings
	NameZH          string
	NameEN          string
	Kind            string           // bank, acquirer, scheme, agent, regulator, carrier, police
	Country         string           // ISO 3166-1 alpha-2
	Hotline         numbering.Number // what the merchant should call instead; zero if none is known
	HotlineVerified bool             // the hotline's listing is verified
	NeverAsks       []string         // what it never asks for: code, pin, transfer, screen-share ...
}

// Relation is what a merchant says of a number that he saved.
type Relation uint8

// The relations.
const (
	RelationNone Relation = iota
	Customer              // customers, suppliers, family: anyone the merchant knows
	Agent                 // his agent's (服务商) mobile
	Acquirer              // his own acquirer's number, from contract or receipt
	Refused               // the merchant does not want this caller
)

// String returns "none", "customer", "agent", "acquirer" or "refused".
func (r Relation) String() string { return nameOf(r, relationNames) }

// ParseRelation is String's inverse; false if no relation has that name.
func ParseRelation(s string) (Relation, bool) { return parseName[Relation](s, relationNames) }

var relationNames = []string{"none", "customer", "agent", "acquirer", "refused"}

// Saved is a number that a merchant saved for one of his lines.
type Saved struct {
	ID          int64
	Relation    Relation
	Label       string // the merchant's own word for it
	Institution string // institution's id, for Acquirer and Agent; "" unknown
}

// Pattern is a rule over a range of numbers.
type Pattern struct {
	ID       int64
	First    numbering.Key // range of keys, both ends included
	Last     numbering.Key
	Digits   uint8   // numbers have this many digits (Number.Digits); 0 any
	Shadow   bool    // tried out: reported, must not count
	Listing  Listing // what it says of the numbers in it; ID is the pattern's, or the number's for MatchPrefix
	Form     string  // as people write it: "+86170*", "CN:9500..CN:9509"
	NoteZH   string  // why, for the explanation
	NoteEN   string  //
	Severity uint8   // 0 weight only, 1 notice, 2 warning: what the analyst meant by it
}

func nameOf[T ~uint8](v T, names []string) string {
	if int(v) >= len(names) {
		return names[0]
	}
	return names[v]
}

func parseName[T ~uint8](s string, names []string) (T, bool) {
	for i, name := range names {
		if name == s {
			return T(i), true
		}
	}
	return 0, false
}
