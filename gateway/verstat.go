package gateway

import (
	"strings"

	"ringward/screening"
	"ringward/sip/sipmsg"
)

// verstat is what a carrier's check of the caller's number said (3GPP TS
// 24.229 §7.2A.20), from the URI of P-Asserted-Identity or From.
//
// It stands among the parameters of a tel URI, of the telephone number in the
// user part of a SIP URI, or, by many, of the SIP URI itself.
func verstatOf(u sipmsg.URI) string {
	if v, ok := u.Params.Get("verstat"); ok {
		return v
	}
	_, params, _ := strings.Cut(u.User, ";")
	for p := range strings.SplitSeq(params, ";") {
		if name, value, ok := strings.Cut(p, "="); ok && strings.EqualFold(name, "verstat") {
			return value
		}
	}
	return ""
}

// bareUser is a user part without a verstat: only we say what was checked.
func bareUser(user string) string {
	head, params, ok := strings.Cut(user, ";")
	if !ok {
		return user
	}
	for p := range strings.SplitSeq(params, ";") {
		if name, _, _ := strings.Cut(p, "="); !strings.EqualFold(name, "verstat") {
			head += ";" + p
		}
	}
	return head
}

// judgeVerstat reads a carrier's word, with the vendors' variants that name the
// attestation: TN-Validation-Passed-A, -B, -C.
func judgeVerstat(value string, attest byte) (screening.Identity, screening.Signed) {
	signed := screening.Signed{By: screening.VoucherTrunk, Attest: attest}
	v := strings.ToLower(value)
	if i := strings.LastIndexByte(v, '-'); i > 0 && len(v) == i+2 && v[i+1] >= 'a' && v[i+1] <= 'c' {
		v, signed.Attest = v[:i], v[i+1]-'a'+'A'
	}
	switch {
	case v == "tn-validation-failed":
		return screening.IdentityFailed, signed
	case v != "tn-validation-passed":
		return screening.IdentityNone, screening.Signed{}
	case signed.Attest == 'B' || signed.Attest == 'C':
		return screening.IdentityPartial, signed
	}
	return screening.IdentityVerified, signed
}

// attestationOf reads Attestation-Info: one letter (3GPP TS 24.229 §7.2.17).
func attestationOf(inv *sipmsg.Message) byte {
	switch v := strings.ToUpper(strings.TrimSpace(inv.Get("Attestation-Info"))); v {
	case "A", "B", "C":
		return v[0]
	}
	return 0
}

// verstatFor is the verstat of what phones are shown, "" where nothing is known.
func verstatFor(i screening.Identity) string {
	switch i {
	case screening.IdentityVerified:
		return "TN-Validation-Passed"
	case screening.IdentityFailed:
		return "TN-Validation-Failed"
	}
	return ""
}
