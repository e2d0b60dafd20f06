package screening

// Level is how strongly a call should be doubted.
type Level uint8

// The levels, in rising order. The zero value says that nothing was judged.
const (
	LevelUnknown Level = iota // not judged: nothing is known, or screening failed
	LevelClear                // L0: nothing to tell
	LevelNotice               // L1: a fact worth a label
	LevelWarning              // L2: an interruptive warning is due
	LevelAlarm                // L3: a request that no genuine caller makes
	levelCount
)

var levelNames = [levelCount]string{"unknown", "clear", "notice", "warning", "alarm"}

// String returns the stable name, "unknown" for a value out of range.
func (l Level) String() string { return nameOf(levelNames[:], uint8(l)) }

// ParseLevel is String's inverse; false if no level has that name.
func ParseLevel(s string) (Level, bool) {
	i, ok := indexOf(levelNames[:], s)
	return Level(i), ok
}

// CallerClass is a row of the matrix: what the caller number itself tells.
type CallerClass uint8

// The caller classes. From CallerRegistered on they are ordered by guilt: of
// two that evidence argues for, the later one holds. CallerSaved beats them all.
const (
	CallerUnknown     CallerClass = iota // no evidence of the number; judged as CallerOrdinary
	CallerSaved                          // the merchant saved or allowed this number himself
	CallerRegistered                     // verified, may call out, and came in on a trunk that proves it
	CallerOrdinary                       // a mobile or fixed line like any other
	CallerBulk                           // sold to anyone or in bulk: call-centre codes, virtual operators, unlisted 400; or rings many lines
	CallerInboundOnly                    // verified number that its owner never calls from, or only sends texts from
	CallerIrregular                      // from abroad, anonymous, imitation, unassigned, impossible, IoT or SMS port
	CallerListed                         // listed as scam or part of a campaign
	callerClassCount
)

var callerClassNames = [callerClassCount]string{
	"unknown", "saved", "registered", "ordinary", "bulk", "inbound-only", "irregular", "listed",
}

// String returns the stable name, "unknown" for a value out of range.
func (c CallerClass) String() string { return nameOf(callerClassNames[:], uint8(c)) }

// ParseCallerClass is String's inverse; false if no class has that name.
func ParseCallerClass(s string) (CallerClass, bool) {
	i, ok := indexOf(callerClassNames[:], s)
	return CallerClass(i), ok
}

// and returns the class that holds when evidence argues for both.
func (c CallerClass) and(d CallerClass) CallerClass {
	switch {
	case c == CallerSaved || d == CallerSaved:
		return CallerSaved
	case d >= callerClassCount: // no class that we know
		return c
	}
	return max(c, d)
}

// Heard is a column of the matrix: how far what was heard goes.
type Heard uint8

// The columns, in rising order.
const (
	HeardNothing     Heard = iota // nothing relevant
	HeardInstitution              // the caller says or shows that he is an institution, or one claim alone
	HeardPitch                    // and sells: upgrade, rate, refund
	HeardFreeze                   // and says that the account, terminal or money is frozen or will be
	HeardRequest                  // and asks for a code, a shared screen, a transfer or secrecy
	heardCount
)

var heardNames = [heardCount]string{"nothing", "institution", "pitch", "freeze", "request"}

// String returns the stable name, "nothing" for a value out of range.
func (h Heard) String() string { return nameOf(heardNames[:], uint8(h)) }

// ParseHeard is String's inverse; false if no column has that name.
func ParseHeard(s string) (Heard, bool) {
	i, ok := indexOf(heardNames[:], s)
	return Heard(i), ok
}

func nameOf(names []string, i uint8) string {
	if int(i) >= len(names) {
		return names[0]
	}
	return names[i]
}

func indexOf(names []string, s string) (int, bool) {
	for i, name := range names {
		if name == s {
			return i, true
		}
	}
	return 0, false
}
