package screening

// Stable ids of the rules that this package's own evidence comes from.
const (
	RuleNotScreened       = "gateway.not-screened"        // the number could not be checked
	RuleSaved             = "caller.saved"                // the merchant saved it
	RuleAllowed           = "caller.allowed"              // the merchant pressed *1 in an earlier call
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
	RuleIdentityPartial   = "identity.partial"            // signature holds, but its signer does not vouch for the number
	RuleIdentityLate      = "identity.late"               // the signature could not be checked in time
	RuleIdentityName      = "identity.name"               // a signed name came with the number
	RuleForwarded         = "caller.forwarded"            // forwarded here: the original caller is judged
	RuleMismatch          = "judge.institution-mismatch"  // says he is another institution than the number's
	RuleCarrierMismatch   = "judge.carrier-code-mismatch" // a carrier or authority number that speaks of accounts and terminals
	RuleDismissed         = "merchant.not-a-scam"         // key *1
)

// Ids of what the merchant hears; the short text of an announcement is also the
// label on the phone's display. The prompts room has texts and recordings for
// all of them.
const (
	PromptClaim       = "announce.claim"        // names an institution whose number it does not have; cannot be verified
	PromptListed      = "announce.scam"         // listed as scam
	PromptImitation   = "announce.imitation"    // imitates a listed number
	PromptImpossible  = "announce.impossible"   // unassigned, impossible, no number
	PromptForeign     = "announce.overseas"     // from abroad
	PromptAnonymous   = "announce.anonymous"    // number withheld
	PromptInboundOnly = "announce.inbound-only" // hotline that does not call out
	PromptCallCentre  = "announce.call-centre"  // range leased to anyone
	PromptManyLines   = "announce.many-lines"   // one caller to many merchants
	PromptSuspicious  = "announce.suspicious"   // an analyst's pattern, reports, a machine's number
	PromptRegistered  = "announce.registered"   // number fits, still read out no codes
	PromptNotScreened = "announce.unscreened"   // not checked
	PromptKeys        = "menu.keys"             // 1 connect, 2 refuse and report

	WarnClaim            = "warn.claim"             // claims to be an institution, cannot be verified
	WarnFreeze           = "warn.freeze-unbacked"   // frozen, and the number does not back it
	WarnFreezeRegistered = "warn.freeze-registered" // the number fits: check yourself, never read out codes
	WarnCode             = "warn.code"              // wants a code
	WarnCard             = "warn.card"              // wants card numbers, passwords, identity numbers
	WarnScreenShare      = "warn.screen-share"      // wants the screen shared or a program installed
	WarnTransfer         = "warn.transfer"          // wants money
	WarnRecording        = "warn.recording"         // known scam recording
	WarnCompliance       = "warn.compliance"        // the merchant is reading it out
)

// PromptIDs lists every id that Decide and Case.Due may ask for.
func PromptIDs() []string {
	return []string{PromptClaim, PromptListed, PromptImitation, PromptImpossible, PromptForeign, PromptAnonymous,
		PromptInboundOnly, PromptCallCentre, PromptManyLines, PromptSuspicious, PromptRegistered, PromptNotScreened, PromptKeys,
		WarnClaim, WarnFreeze, WarnFreezeRegistered, WarnCode, WarnCard, WarnScreenShare, WarnTransfer, WarnRecording, WarnCompliance}
}
