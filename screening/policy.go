package screening

// Action is what the gateway does about a call before it connects.
type Action uint8

// The actions, in rising order of what they do to the caller.
const (
	Pass      Action = iota // connect as it is
	Label                   // connect, with a label in the display name and its ring tone
	Announce                // label, and tell the merchant on answer; key 1 connects, 2 refuses
	Challenge               // let the caller prove that he is a person before the phone rings
	Divert                  // connect to another place: a voice box, a colleague
	Block                   // refuse
	actionCount
)

var actionNames = [actionCount]string{"pass", "label", "announce", "challenge", "divert", "block"}

// String returns the stable name, "pass" for a value out of range.
func (a Action) String() string { return nameOf(actionNames[:], uint8(a)) }

// ParseAction is String's inverse; false if no action has that name.
func ParseAction(s string) (Action, bool) {
	i, ok := indexOf(actionNames[:], s)
	return Action(i), ok
}

// Mode is how far a line's policy lets the gateway go.
type Mode uint8

// The modes, each allowing all that the one before it does.
const (
	ModeOff      Mode = iota // nothing is done nor recorded as due
	ModeShadow               // judged and recorded, never acted on
	ModeLabel                // display name and ring tone
	ModeAnnounce             // and spoken: on answer, and warnings while the call runs
	ModeBlock                // and listed callers are blocked
	modeCount
)

var modeNames = [modeCount]string{"off", "shadow", "label", "announce", "block"}

// String returns the stable name, "off" for a value out of range.
func (m Mode) String() string { return nameOf(modeNames[:], uint8(m)) }

// ParseMode is String's inverse; false if no mode has that name.
func ParseMode(s string) (Mode, bool) {
	i, ok := indexOf(modeNames[:], s)
	return Mode(i), ok
}

// Choice is the operator's own choice for a sort of caller, which goes before
// the thresholds. The zero value leaves it to the verdict.
type Choice uint8

// The choices: by the verdict, or the action of that name.
const (
	ByVerdict Choice = iota
	AlwaysPass
	AlwaysLabel
	AlwaysAnnounce
	AlwaysChallenge
	AlwaysDivert
	AlwaysBlock
	choiceCount
)

var choiceNames = [choiceCount]string{"screen", "pass", "label", "announce", "challenge", "divert", "block"}

// String returns the stable name, "screen" for a value out of range.
func (r Choice) String() string { return nameOf(choiceNames[:], uint8(r)) }

// ParseChoice is String's inverse; false if no choice has that name.
func ParseChoice(s string) (Choice, bool) {
	i, ok := indexOf(choiceNames[:], s)
	return Choice(i), ok
}

// Response is how a block is answered.
type Response uint8

// The responses.
const (
	ResponseRejected       Response = iota // 608 Rejected, with a redress contact (RFC 8688)
	ResponseNetworkBlocked                 // 603 Network Blocked, with a redress contact (ATIS-1000099)
	ResponseDecline                        // 603 Decline: the merchant's own refusal, or a line that says no more
	ResponseAnonymity                      // 433 Anonymity Disallowed (RFC 5079)
	responseCount
)

var responseNames = [responseCount]string{"608", "603+", "603", "433"}

// String returns the name used in configuration: "608", "603+", "603" or "433".
func (r Response) String() string { return nameOf(responseNames[:], uint8(r)) }

// ParseResponse is String's inverse; false if no response has that name.
func ParseResponse(s string) (Response, bool) {
	i, ok := indexOf(responseNames[:], s)
	return Response(i), ok
}

// Code is the SIP status.
func (r Response) Code() int { return [responseCount]int{608, 603, 603, 433}[min(r, responseCount-1)] }

// Phrase is the reason phrase that belongs to Code.
func (r Response) Phrase() string {
	return [responseCount]string{"Rejected", "Network Blocked", "Decline", "Anonymity Disallowed"}[min(r, responseCount-1)]
}

// Redress reports whether the answer has to name a contact for complaints.
func (r Response) Redress() bool { return r == ResponseRejected || r == ResponseNetworkBlocked }

// Policy is what a line's owner and the operator want done. The zero value
// does nothing.
type Policy struct {
	Mode           Mode
	LabelFrom      Level    // least level that is labelled; zero is LevelNotice
	AnnounceFrom   Level    // least level that is announced; zero is LevelWarning. Listed numbers and imitations always are
	ChallengeFrom  Level    // least level that is challenged; zero is never
	BlockResponse  Response // how a block of a listed caller is answered
	Listed         Choice   // listed callers in ModeBlock; ByVerdict blocks
	Anonymous      Choice   // callers without a number
	Foreign        Choice   // callers from another country
	Unscreened     Choice   // calls that could not be screened; ByVerdict lets them through, marked
	ShowRegistered bool     // label a registered number as such (the default says nothing of it)
}

func (p Policy) labelFrom() Level {
	if p.LabelFrom == LevelUnknown {
		return LevelNotice
	}
	return p.LabelFrom
}

func (p Policy) announceFrom() Level {
	if p.AnnounceFrom == LevelUnknown {
		return LevelWarning
	}
	return p.AnnounceFrom
}
