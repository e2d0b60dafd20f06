package claims

// Label is what was heard, one thing at a time. The names are stable and the
// same as those of screening's kinds, where screening has such a kind.
type Label uint8

// The labels. All but the last two are the caller's.
const (
	LabelNone         Label = iota
	InstitutionNamed        // speaks as bank, acquirer, card scheme, platform, courier, vendor
	AuthorityNamed          // speaks as police, court, tax office, regulator
	AccountFrozen           // account, terminal, funds or collecting is frozen, stopped, locked
	FreezeThreat            // it will or may be
	FreezeOffer             // a protective freeze is offered
	ServiceSuspended        // something that is no payment account is suspended
	UpgradePitch            // a new terminal, an upgrade
	RatePitch               // a lower or rising rate
	RefundPitch             // a prize, refund, subsidy, high return
	LegalThreat             // arrest, prosecution, a case, a fine, a blacklist
	Extortion               // kidnapping, accident, harm to a relative
	Deadline                // today, within the hour, or the ticket closes
	CodeRequest             // a verification code, PIN or pass code
	CredentialRequest       // card, account or identity numbers, passwords
	ScreenShare             // screen sharing, remote control, a program for it
	Transfer                // money to a "safe" or other account
	PaymentDemand           // any other payment: deposit, fee, fine, gift card
	LinkOrApp               // a link, a QR code, an app, a page to fill in
	ChannelMove             // on to WeChat, QQ, a meeting app
	Secrecy                 // stay on the line, tell nobody
	RefusalToVerify         // does not want to be called back or checked
	RobocallMenu            // a recorded voice that says "press 1"
	DigitsRead              // the merchant reads four or more digits aloud
	AgreedToShare           // the merchant agrees to share, install, transfer
	labelCount
)

var labelNames = [labelCount]string{
	"none", "institution_named", "authority_named",
	"account_frozen", "freeze_threat", "freeze_offer", "service_suspended",
	"upgrade_pitch", "rate_pitch", "refund_pitch", "legal_threat", "extortion", "deadline",
	"code_request", "credential_request", "screen_share", "transfer", "payment_demand",
	"link_or_app", "channel_move", "secrecy", "refusal_to_verify", "robocall_menu",
	"digits_read", "agreed_to_share",
}

// transcriptNames are the labels of annotated call transcripts where they
// differ from ours. A label without such a name of its own is not among them.
var transcriptNames = map[Label]string{
	InstitutionNamed: "impersonate_institution", AuthorityNamed: "impersonate_authority",
	CodeRequest: "otp_request", ScreenShare: "remote_control", Transfer: "safe_account_transfer",
	RefundPitch: "lure",
}

// String returns the stable name, "none" for a value out of range.
func (l Label) String() string {
	if l >= labelCount {
		return labelNames[0]
	}
	return labelNames[l]
}

// Transcript returns the name that annotated transcripts use for l.
func (l Label) Transcript() string {
	if s, ok := transcriptNames[l]; ok {
		return s
	}
	return l.String()
}

// ParseLabel takes a stable name or a transcript's name; false if neither.
func ParseLabel(s string) (Label, bool) {
	for l, name := range transcriptNames {
		if name == s {
			return l, true
		}
	}
	for i, name := range labelNames {
		if name == s && i > 0 {
			return Label(i), true
		}
	}
	return LabelNone, false
}

// labels is a set of Label, one bit each.
type labels uint32

func labelsOf(list ...Label) (s labels) {
	for _, l := range list {
		s |= 1 << l
	}
	return s
}

func (s labels) has(l Label) bool   { return s&(1<<l) != 0 }
func (s labels) any(of labels) bool { return s&of != 0 }
func (s *labels) add(l Label)       { *s |= 1 << l }

// hardRequests are those that nobody genuine makes on a call of his own.
var hardRequests = labelsOf(CodeRequest, CredentialRequest, ScreenShare, Transfer, PaymentDemand)

// substance is what a suspicion can rest on: more than who calls and what he sells.
var substance = requests | labelsOf(AccountFrozen, FreezeThreat, FreezeOffer, ServiceSuspended,
	RefundPitch, LegalThreat, Extortion, Secrecy, RefusalToVerify, RobocallMenu)

// Strength is how much one finding carries, with the meaning of screening's.
type Strength uint8

// The strengths.
const (
	Plain  Strength = iota // one slot found in a whole phrase
	Weak                   // a doubtful hearing, an inference, a loose match
	Strong                 // the claim with its object, nothing else it could mean
)

var strengthNames = [...]string{"plain", "weak", "strong"}

// String returns the stable name, "plain" for a value out of range.
func (s Strength) String() string {
	if int(s) >= len(strengthNames) {
		return strengthNames[0]
	}
	return strengthNames[s]
}

func parseStrength(s string) (Strength, bool) {
	if s == "" {
		return Plain, true
	}
	for i, name := range strengthNames {
		if name == s {
			return Strength(i), true
		}
	}
	return Plain, false
}

// Speaker is the side of the call that said a turn.
type Speaker uint8

// The speakers.
const (
	SpeakerUnknown Speaker = iota // taken for nobody: no claim, no compliance
	Caller
	Merchant
	Spotter // phrases that were listened for in what the caller says, each by itself
)

// side is whose words those of who are.
func (who Speaker) side() Speaker {
	if who == Spotter {
		return Caller
	}
	return who
}

// requests are the labels that ask the merchant for something.
var requests = labelsOf(CodeRequest, CredentialRequest, ScreenShare, Transfer, PaymentDemand, LinkOrApp, ChannelMove)
