package screening

// textIdentityVouched: the number is proved, by whom and how far.
func textIdentityVouched(s Signed) Text {
	if s.By == VoucherTrunk {
		return Text{"线路运营商表示来电号码通过了核验" + attestZH(s.Attest) + "；这只证明号码，不证明所说的话。",
			"The trunk says that the caller number was verified" + attestEN(s.Attest) + ". That proves the number, not what is said."}
	}
	return Text{"来电号码的签名通过了核验" + attestZH(s.Attest) + "；这只证明号码，不证明所说的话。",
		"The caller number is proved by a signature" + attestEN(s.Attest) + ". That proves the number, not what is said."}
}

// textIdentityPartial: somebody signed the call, and does not vouch for its number.
func textIdentityPartial(s Signed) Text {
	return Text{"来电带有签名" + attestZH(s.Attest) + "，但签名方不担保这个号码。",
		"The call is signed" + attestEN(s.Attest) + ", but its signer does not vouch for the number."}
}

// textIdentityUnchecked: a signature came, and nothing is known of it.
func textIdentityUnchecked(s Signed) Text {
	if s.Problem != "" {
		return Text{"来电号码带有签名，但没能核验（" + s.Problem + "）。", "The caller number is signed, but the signature could not be checked: " + s.Problem + "."}
	}
	return Text{"来电号码带有签名，但没有来得及核验。", "The caller number is signed, but the signature could not be checked in time."}
}

func textIdentityProblem(s Signed) Text {
	t := Text{"来电号码的签名没有通过核验", "The signature that should prove the caller number does not verify"}
	if s.By == VoucherTrunk {
		t = Text{"线路运营商表示来电号码没有通过核验", "The trunk says that the caller number did not pass verification"}
	}
	if s.Problem != "" {
		return Text{t.ZH + "（" + s.Problem + "）。", t.EN + ": " + s.Problem + "."}
	}
	return Text{t.ZH + "。", t.EN + "."}
}

func textSignedName(name string) Text {
	return Text{"签名方给出的来电名称是“" + name + "”。", "The signer names the caller: " + name + "."}
}

func textSignedNameFits(who Text) Text {
	return Text{"签名方给出的名称与号码登记的机构一致：" + who.ZH + "。", "The signer names the institution that the number is registered to: " + who.EN + "."}
}

func textForwarded(f Forward) Text {
	by := f.By.String()
	switch {
	case f.Unknown:
		return Text{"这个电话由" + by + "转接而来，原来是谁打的并不知道。", "The call was forwarded by " + by + "; who called first is not known."}
	case f.Unproven:
		return Text{"这个电话由" + by + "转接而来；核查的是原来电话的号码，没有运营商担保它。", "The call was forwarded by " + by + "; what is judged is the original caller's number, which nobody vouches for."}
	}
	return Text{"这个电话由" + by + "转接而来；核查的是原来电话的号码。", "The call was forwarded by " + by + "; what is judged is the original caller's number."}
}

func attestZH(level byte) string {
	if level == 0 {
		return ""
	}
	return "（" + string(rune(level)) + "级）"
}

func attestEN(level byte) string {
	if level == 0 {
		return ""
	}
	return " (attestation " + string(rune(level)) + ")"
}
