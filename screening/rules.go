package screening

// Stable ids of the rules that this package's own evidence comes from.
const (
	RuleNotScreened       = "gateway.not-screened"        // the number could not be checked
	RuleSaved             = "caller.saved"                // the merchant saved it
	RuleRefused           = "caller.refused"              // the merchant does not want it
	RuleRegistered        = "caller.registered"           // verified, calls out, trunk proves it
	RuleUnproven          = "caller.registered-unproven"  // a registered number on a trunk that proves nothing
	RuleUnverified        = "caller.unverified-listing"   // a listing that nobody has confirmed
	RuleNoDirection       = "caller.direction-unknown"    // verified, but not known to call out
	RuleInboundOnly       = "caller.inbound-only"         // never calls
	RuleSMSOnly           = "caller.sms-only"             // only sends texts
	RuleListed            = "caller.listed"               // confirmed scam listing
	RuleReported          = "caller.reported"             // scam reports that nobody has confirmed
	RuleConflict          = "caller.conflict"             // registered and reported at once
	RuleImitation         = "caller.imitation"            // imitates a listed number
	RuleResembles         = "caller.resembles"            // ends like a hotline, perhaps by chance
	RuleAnonymous         = "caller.anonymous"            // no number
	RuleMalformed         = "caller.malformed"            // not a number
	RuleImpossible        = "caller.impossible"           // cannot exist or cannot call
	RuleUnassigned        = "caller.unassigned"           // range not given out
	RuleForeign           = "caller.foreign"              // another country
	RuleMachine           = "caller.machine"              // IoT number or SMS port
	RuleTollFree          = "caller.toll-free"            // toll-free numbers do not call
	RulePremium           = "caller.premium"              // premium rate
	RuleAuthority         = "caller.authority-number"     // 110, 12xxx: does not ring, unless listed
	RuleCarrierCode       = "caller.carrier-code"         // 100xx: speaks for a telephone company only
	RuleCallCentre        = "caller.call-centre"          // 950/951/952/954/957
	RuleMVNO              = "caller.mvno"                 // virtual operator
	RuleSharedCost        = "caller.unlisted-400"         // 400, 800 without a listing
	RuleOrdinary          = "caller.ordinary"             // nothing known
	RulePattern           = "caller.pattern"              // an analyst's pattern
	RuleVelocity          = "caller.velocity"             // many lines in a short time
	RuleHomeFromAbroad    = "caller.home-number-abroad"   // a domestic number on an international trunk
	RuleDisplayName       = "display.institution"         // shows an institution's name, number not its own
	RuleDisplayMatches    = "display.matches"             // shows the name of the institution that the number is registered to
	RuleDisplayUnverified = "display.unverified"          // shows the name of the institution that is said to have the number, unproven
	RuleIdentityFailed    = "identity.failed"             // signed caller identity does not verify
	RuleIdentityVerified  = "identity.verified"           // signed caller identity verifies the number
	RuleMismatch          = "judge.institution-mismatch"  // says he is another institution than the number's
	RuleCarrierMismatch   = "judge.carrier-code-mismatch" // a carrier or authority number that speaks of accounts and terminals
	RuleDismissed         = "merchant.not-a-scam"         // key *1
)

// Prompt and label ids that decisions and warnings ask for. The prompts room
// has a text and a recording for each of them.
const (
	LabelRegistered  = "label.registered"
	LabelListed      = "label.listed"
	LabelRefused     = "label.refused"
	LabelImitation   = "label.imitation"
	LabelName        = "label.name-mismatch"
	LabelInboundOnly = "label.inbound-only"
	LabelForeign     = "label.foreign"
	LabelAnonymous   = "label.anonymous"
	LabelIrregular   = "label.irregular"
	LabelBulk        = "label.bulk"
	LabelUnverified  = "label.unverified"
	LabelNotScreened = "label.not-screened"

	PromptListed      = "announce.listed"
	PromptRefused     = "announce.refused"
	PromptImitation   = "announce.imitation"
	PromptName        = "announce.name-mismatch"
	PromptInboundOnly = "announce.inbound-only"
	PromptForeign     = "announce.foreign"
	PromptAnonymous   = "announce.anonymous"
	PromptIrregular   = "announce.irregular"
	PromptBulk        = "announce.bulk"
	PromptUnverified  = "announce.unverified"
	PromptNotScreened = "announce.not-screened"
	PromptKeys        = "announce.keys" // 1 connect, 2 refuse and report

	PromptFreeze           = "warn.freeze"            // frozen, not backed by the number
	PromptFreezeListed     = "warn.freeze-listed"     // the same from a listed number
	PromptFreezeRegistered = "warn.freeze-registered" // the number fits: check yourself, never read out codes
	PromptClaim            = "warn.claim"             // claims to be an institution, cannot be verified
	PromptPayment          = "warn.payment"           // wants money
	PromptCode             = "warn.code"              // wants a code or password
	PromptScreenShare      = "warn.screen-share"
	PromptTransfer         = "warn.transfer"
	PromptSecrecy          = "warn.secrecy"
	PromptRecording        = "warn.recording"  // known scam recording
	PromptCompliance       = "warn.compliance" // the merchant is giving it away
)

// LabelIDs lists every label that Decide may ask for.
func LabelIDs() []string {
	return []string{LabelRegistered, LabelListed, LabelRefused, LabelImitation, LabelName, LabelInboundOnly, LabelForeign,
		LabelAnonymous, LabelIrregular, LabelBulk, LabelUnverified, LabelNotScreened}
}

// PromptIDs lists every prompt that Decide and Case.Due may ask for.
func PromptIDs() []string {
	return []string{PromptListed, PromptRefused, PromptImitation, PromptName, PromptInboundOnly, PromptForeign,
		PromptAnonymous, PromptIrregular, PromptBulk, PromptUnverified, PromptNotScreened, PromptKeys,
		PromptFreeze, PromptFreezeListed, PromptFreezeRegistered, PromptClaim, PromptPayment, PromptCode,
		PromptScreenShare, PromptTransfer, PromptSecrecy, PromptRecording, PromptCompliance}
}
