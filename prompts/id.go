package prompts

// ID names a prompt. IDs are file names and catalogue keys; they are stable.
type ID string

// Announcements, heard by the merchant on answer; their short text is the
// label in the display name.
const (
	AnnounceClaim       ID = "announce.claim"        // names an institution whose number it does not have
	AnnounceScam        ID = "announce.scam"         // number listed as scam
	AnnounceImitation   ID = "announce.imitation"    // number imitates an official one
	AnnounceImpossible  ID = "announce.impossible"   // number unassigned or impossible
	AnnounceOverseas    ID = "announce.overseas"     // call from abroad
	AnnounceAnonymous   ID = "announce.anonymous"    // number withheld
	AnnounceInboundOnly ID = "announce.inbound-only" // hotline that does not call out
	AnnounceCallCentre  ID = "announce.call-centre"  // block leased to anyone
	AnnounceManyLines   ID = "announce.many-lines"   // one caller to many merchants
	AnnounceSuspicious  ID = "announce.suspicious"   // matches a pattern of the analysts
	AnnounceRegistered  ID = "announce.registered"   // number matches, still read no codes
	AnnounceSaved       ID = "announce.saved"        // merchant's own saved number
	AnnounceUnscreened  ID = "announce.unscreened"   // not checked
	MenuKeys            ID = "menu.keys"             // 1 connects, 2 refuses and reports
)

// Warnings, heard by the merchant during the call.
const (
	WarnClaim            ID = "warn.claim"             // claims to be an institution, number not registered
	WarnFreezeUnbacked   ID = "warn.freeze-unbacked"   // freeze claim that the number does not back
	WarnFreezeRegistered ID = "warn.freeze-registered" // freeze claim from a registered number: verify
	WarnCode             ID = "warn.code"              // asks for a code
	WarnCard             ID = "warn.card"              // asks for card number, PIN, CVV
	WarnScreenShare      ID = "warn.screen-share"      // wants the screen shared or an app installed
	WarnTransfer         ID = "warn.transfer"          // wants a transfer or a deposit
	WarnRecording        ID = "warn.recording"         // plays a known scam recording
	WarnCompliance       ID = "warn.compliance"        // the merchant reads digits to the caller
)

// Everything else that is played.
const (
	HotlineIs     ID = "hotline.is"      // before a hotline's digits
	HotlineAgain  ID = "hotline.again"   // before the digits' repetition
	CallParked    ID = "call.parked"     // to the merchant: caller on hold, 1 goes on, 2 hangs up
	CallerHold    ID = "caller.hold"     // to the caller while parked
	CallerReject  ID = "caller.rejected" // to a caller whom an algorithm blocked (RFC 8688)
	ConsentNotice ID = "consent.notice"  // to the caller: the call may be analysed
	ReportTaken   ID = "report.taken"    // after *2: hung up and reported
	AllowTaken    ID = "allow.taken"     // after *1: no warnings for 24 hours
	SilenceTaken  ID = "silence.taken"   // after *3: no more warnings in this call
	ToneBeep      ID = "tone.beep"       // one soft beep
	ToneAlarm     ID = "tone.alarm"      // two tones, before an alarm
)

// Digit returns the prompt of a decimal digit 0 to 9.
func Digit(d int) ID { return ID("digit." + string(rune('0'+d))) }

// Audience is who may hear a prompt.
type Audience uint8

// The audiences. The zero value is the merchant: the caller must never hear a warning.
const (
	Merchant Audience = iota
	Caller
)

// Spec says what a prompt is, the same in every language.
type Spec struct {
	ID       ID
	Audience Audience
	Hotline  bool // Speak adds the hotline's digits
	Tone     bool // a tone pattern, made here and not by a voice
}

// specs lists every prompt; catalogues have exactly these.
var specs = func() []Spec {
	list := []Spec{
		{ID: AnnounceClaim, Hotline: true}, {ID: AnnounceScam}, {ID: AnnounceImitation, Hotline: true},
		{ID: AnnounceImpossible}, {ID: AnnounceOverseas}, {ID: AnnounceAnonymous},
		{ID: AnnounceInboundOnly, Hotline: true}, {ID: AnnounceCallCentre}, {ID: AnnounceManyLines},
		{ID: AnnounceSuspicious}, {ID: AnnounceRegistered}, {ID: AnnounceSaved}, {ID: AnnounceUnscreened},
		{ID: MenuKeys},
		{ID: WarnClaim, Hotline: true}, {ID: WarnFreezeUnbacked, Hotline: true},
		{ID: WarnFreezeRegistered, Hotline: true}, {ID: WarnCode, Hotline: true}, {ID: WarnCard, Hotline: true},
		{ID: WarnScreenShare, Hotline: true}, {ID: WarnTransfer, Hotline: true}, {ID: WarnRecording},
		{ID: WarnCompliance, Hotline: true},
		{ID: HotlineIs}, {ID: HotlineAgain}, {ID: CallParked}, {ID: CallerHold, Audience: Caller},
		{ID: CallerReject, Audience: Caller}, {ID: ConsentNotice, Audience: Caller}, {ID: ReportTaken}, {ID: AllowTaken}, {ID: SilenceTaken},
		{ID: ToneBeep, Tone: true}, {ID: ToneAlarm, Tone: true},
	}
	for d := range 10 {
		list = append(list, Spec{ID: Digit(d)})
	}
	return list
}()

// Specs returns every prompt, in the order of a listing.
func Specs() []Spec { return append([]Spec(nil), specs...) }

// SpecOf returns what the prompt id is; false if there is none of that name.
func SpecOf(id ID) (Spec, bool) {
	for _, s := range specs {
		if s.ID == id {
			return s, true
		}
	}
	return Spec{}, false
}
