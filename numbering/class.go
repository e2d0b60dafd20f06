package numbering

import "strings"

// Class is what kind of number it is. Its String names are stable: rules,
// records and exports use them.
type Class uint8

// The classes. A class speaks of the form and the numbering plan only.
const (
	Unknown        Class = iota // a number of the home country that no plan entry describes
	Anonymous                   // no number: withheld, "unknown", or a name in place of a number
	Mobile                      // mobile of the network operators
	MVNO                        // mobile of a virtual operator (162, 165, 167, 170, 171)
	DataCard                    // data cards (145, 147, 149); voice is rare
	Satellite                   // satellite and emergency communication
	Fixed                       // geographic, or in plans that do not tell, fixed or mobile
	SharedCost                  // 400, and its like in other plans
	TollFree                    // 800, and its like in other plans
	ServiceCode                 // 953, 955, 956 and other 95 codes of large institutions
	CallCentre                  // 950, 951, 952, 954, 957: leased to anyone by call-centre operators
	ProvincialCode              // 96xxx, known inside one province
	CarrierCode                 // 100xx of the network operators
	EnterpriseCode              // 1010xxxx
	SMSPort                     // 106...: sends text messages, does not call
	IoT                         // 13 digits, machines: no ordinary voice
	PublicService               // 110, 119, 120, 122, 12xxx
	International               // valid number of another country
	Premium                     // premium rate
	Unassigned                  // right form, range not given out by the plan we have
	Impossible                  // a number that cannot exist, or cannot call this way
	Malformed                   // not a number
	classCount
)

var classNames = [classCount]string{
	"unknown", "anonymous", "mobile", "mvno", "data-card", "satellite", "fixed", "shared-cost", "toll-free",
	"service-code", "call-centre", "provincial-code", "carrier-code", "enterprise-code", "sms-port", "iot",
	"public-service", "international", "premium", "unassigned", "impossible", "malformed",
}

// String returns the stable name in kebab case, "unknown" for a value out of range.
func (c Class) String() string {
	if c >= classCount {
		return classNames[Unknown]
	}
	return classNames[c]
}

// ParseClass is String's inverse; false if no class has that name.
func ParseClass(s string) (Class, bool) {
	for c, name := range classNames {
		if name == s {
			return Class(c), true
		}
	}
	return Unknown, false
}

// Flags say how the number was written, beside what it is.
type Flags uint16

// The flags.
const (
	IntlForm     Flags = 1 << iota // came with + or an international prefix
	NotE164                        // came in international form without being valid E.164 (+8695588)
	AreaPrefixed                   // short code that came with an area code (010-95588)
	LocalForm                      // came without its area code; the trunk's was used
	Stripped                       // parameters or invisible characters were removed
	LookAlike                      // had full-width or confusable digits
)

var flagNames = []string{"intl-form", "not-e164", "area-prefixed", "local-form", "stripped", "look-alike"}

// Has reports whether all of want are set.
func (f Flags) Has(want Flags) bool { return f&want == want }

// String lists the flags by name, joined with commas.
func (f Flags) String() string {
	var names []string
	for i, name := range flagNames {
		if f&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return strings.Join(names, ",")
}

// ImitationKind is the sort of number that a number pretends to be.
type ImitationKind uint8

// The kinds of imitation that can be seen from the form alone.
const (
	ImitatesNone       ImitationKind = iota
	ImitatesService                  // 95xxx
	ImitatesSharedCost               // 400, 800
	ImitatesCarrier                  // 10086, 10000, 10010
	ImitatesAuthority                // 110, 12xxx, 96110
	ImitatesEnterprise               // 1010xxxx, 96xxx
	ImitatesMobile                   // a mobile behind a foreign or broken prefix
	ImitatesFixed                    // a fixed line behind a foreign or broken prefix
	imitationCount
)

var imitationNames = [imitationCount]string{
	"none", "service-code", "shared-cost", "carrier", "authority", "enterprise", "mobile", "fixed",
}

// String returns the stable name in kebab case, "none" for a value out of range.
func (k ImitationKind) String() string {
	if k >= imitationCount {
		return imitationNames[ImitatesNone]
	}
	return imitationNames[k]
}
