package screening

import "ringward/numbering"

// Voucher is who says that a caller's identity holds.
type Voucher uint8

// The vouchers.
const (
	VoucherSignature Voucher = iota // a signature that we checked ourselves (RFC 8224)
	VoucherTrunk                    // a trusted trunk's word: verstat (3GPP TS 24.229), Attestation-Info
)

// Signed is what stands behind an Identity.
type Signed struct {
	By      Voucher
	Attest  byte   // attestation level 'A', 'B' or 'C' (RFC 8588 §4), 0 none
	Late    bool   // a signature came, and could not be checked (in time, or at all): Identity is IdentityNone
	Name    string // name that the signature covers (RFC 9795), "" none
	Problem string // why it failed or could not be checked, in English, for the reasons; "" unknown
}

// Forward is how a call came to the line, as a trusted trunk tells it by
// Diversion (RFC 5806) or History-Info (RFC 7044).
type Forward struct {
	By numbering.Number // who forwarded it last; zero: nobody
	// Unproven says that the trunk vouched for the forwarder's number, so that
	// nobody vouches for the original caller's.
	Unproven bool
	// Unknown says that the original caller's number did not come with the call.
	Unknown bool
}

// IdentityEvidence is what a signature, or a trusted trunk, says of the number;
// ok is false where that is nothing, as without a signature: most countries have
// none. It may come when the call runs already.
func IdentityEvidence(i Identity, s Signed) (e Evidence, ok bool) {
	e.Source = SourceIdentity
	switch {
	case i == IdentityFailed:
		e.Rule, e.Caller, e.Text = RuleIdentityFailed, CallerBulk, textIdentityProblem(s)
	case i == IdentityVerified:
		e.Rule, e.Text = RuleIdentityVerified, textIdentityVouched(s)
	case i == IdentityPartial:
		e.Rule, e.Text = RuleIdentityPartial, textIdentityPartial(s)
	case s.Late:
		e.Rule, e.Text = RuleIdentityLate, textIdentityUnchecked(s)
	default:
		return e, false
	}
	return e, true
}

func (s *screener) identity() {
	e, ok := IdentityEvidence(s.c.Identity, s.c.Signed)
	if !ok {
		return
	}
	s.add(e)
	if s.c.Identity == IdentityVerified && s.c.Signed.Name != "" {
		s.signedName()
	}
}

// signedName: the name is the signer's word for who calls, worth more than a
// display name; where it names the institution that the number belongs to, that
// is said. It never speaks for what is asked in the call.
func (s *screener) signedName() {
	e := Evidence{Source: SourceIdentity, Rule: RuleIdentityName, Text: textSignedName(s.c.Signed.Name)}
	for _, inst := range s.x.InstitutionsNamed(numbering.FoldName(s.c.Signed.Name)) {
		if inst.ID == s.owner {
			e.Text = textSignedNameFits(s.nameOf(inst.ID))
			break
		}
	}
	s.add(e)
}

// forwarded: the number that is judged is the original caller's.
func (s *screener) forwarded() {
	if s.c.Forward.By.IsZero() {
		return
	}
	s.add(Evidence{Rule: RuleForwarded, Text: textForwarded(s.c.Forward)})
}
