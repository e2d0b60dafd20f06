package screening

// Kind is what was heard or done in the call, one thing at a time. Names are
// stable: rules, scripts and records use them.
type Kind uint8

// The kinds. Claims and requests count on the caller's side only, compliance
// on the merchant's side only.
const (
	KindNone Kind = iota // evidence of the number alone

	// who the caller says he is
	InstitutionNamed // speaks as, or shows the name of, a bank, acquirer, card scheme, platform, vendor
	AuthorityNamed   // speaks as police, court, prosecutor, tax office, regulator

	// claims
	AccountFrozen    // the merchant's account, terminal, funds or collecting is frozen, stopped, locked
	FreezeThreat     // it will or may be
	ServiceSuspended // the same of something that is no payment account (benefits, electricity, licence)
	UpgradePitch     // a new or better terminal, 4G, "old machines are withdrawn"
	RatePitch        // a lower rate, or a rise that can be avoided
	RefundPitch      // a deposit, fee or subsidy to be paid out
	LegalThreat      // police, prosecution, fine, blacklist, credit record
	Deadline         // today, within the hour, the ticket closes when you hang up

	// requests
	CodeRequest       // a verification code, PIN or terminal authorisation code
	CredentialRequest // card or account numbers, passwords, identity numbers
	ScreenShare       // a shared screen, remote control, or a program for it
	Transfer          // money moved to a "safe" or other account, a test swipe, a forced sale
	Secrecy           // stay on the line, tell nobody, do not call the agent or the bank
	PaymentDemand     // any other payment: deposit, fee, fine, gift card
	LinkOrApp         // a link, a QR code, an app, a page to fill in
	ChannelMove       // to WeChat, QQ, a meeting app, another number
	RefusalToVerify   // does not want to be called back or checked

	// how the call is made
	KnownRecording // sound that matches a listed scam recording
	RobocallMenu   // a recorded voice that says "press 1"
	Monologue      // a voice that ignores being spoken to

	// what the merchant does
	DigitsRead    // reads four or more digits aloud
	AgreedToShare // agrees to share, install, transfer
	KeyPressed    // presses the key that a recorded menu asked for
	Dismissed     // presses *1: not a scam

	// the gateway about itself
	NotHeard // nobody listened from here on: recogniser gone or lagging

	kindCount
)

var kindNames = [kindCount]string{
	"none", "institution_named", "authority_named",
	"account_frozen", "freeze_threat", "service_suspended", "upgrade_pitch", "rate_pitch", "refund_pitch", "legal_threat", "deadline",
	"code_request", "credential_request", "screen_share", "transfer", "secrecy", "payment_demand", "link_or_app", "channel_move", "refusal_to_verify",
	"known_recording", "robocall_menu", "monologue",
	"digits_read", "agreed_to_share", "key_pressed", "dismissed",
	"not_heard",
}

// kindAliases are the labels of the transcript corpus that name the same thing.
var kindAliases = map[string]Kind{
	"otp_request":             CodeRequest,
	"safe_account_transfer":   Transfer,
	"remote_control":          ScreenShare,
	"impersonate_institution": InstitutionNamed,
	"impersonate_authority":   AuthorityNamed,
	"lure":                    RefundPitch,
	"extortion":               LegalThreat,
}

// String returns the stable name, "none" for a value out of range.
func (k Kind) String() string { return nameOf(kindNames[:], uint8(k)) }

// ParseKind is String's inverse; it also takes the corpus labels that mean the
// same ("otp_request" for code_request). False if no kind has that name.
func ParseKind(s string) (Kind, bool) {
	if k, ok := kindAliases[s]; ok {
		return k, true
	}
	i, ok := indexOf(kindNames[:], s)
	return Kind(i), ok
}

// IsClaim reports whether k says that something is so, who the caller is included.
func (k Kind) IsClaim() bool { return k >= InstitutionNamed && k <= Deadline }

// IsRequest reports whether k asks the merchant for something.
func (k Kind) IsRequest() bool { return k >= CodeRequest && k <= RefusalToVerify }

// IsCompliance reports whether k is something that the merchant does for the caller.
func (k Kind) IsCompliance() bool { return k >= DigitsRead && k <= KeyPressed }

// Party is the side of the call that evidence was heard from.
type Party uint8

// The parties.
const (
	PartyNone Party = iota // not heard in the call
	PartyCaller
	PartyMerchant
	partyCount
)

var partyNames = [partyCount]string{"none", "caller", "merchant"}

// String returns the stable name, "none" for a value out of range.
func (p Party) String() string { return nameOf(partyNames[:], uint8(p)) }

// ParseParty is String's inverse; false if no party has that name.
func ParseParty(s string) (Party, bool) {
	i, ok := indexOf(partyNames[:], s)
	return Party(i), ok
}

// Strength is how much one piece of evidence carries.
type Strength uint8

// The strengths. Weak evidence never reaches a warning alone, however often it
// comes; no single plain claim does either. A strong claim names its object
// ("your POS terminal has been frozen", "move the balance to a safe account"),
// so that it speaks as an institution without naming one.
const (
	Plain  Strength = iota // one slot found in a whole phrase
	Weak                   // a bare word, a doubtful hearing, a loose match
	Strong                 // the claim with its object, nothing else it could mean
	strengthCount
)

var strengthNames = [strengthCount]string{"plain", "weak", "strong"}

// String returns the stable name, "plain" for a value out of range.
func (s Strength) String() string { return nameOf(strengthNames[:], uint8(s)) }

// ParseStrength is String's inverse; false if no strength has that name.
func ParseStrength(s string) (Strength, bool) {
	i, ok := indexOf(strengthNames[:], s)
	return Strength(i), ok
}
