package screening

import (
	"strconv"

	"ringward/numberdb/index"
	"ringward/numbering"
)

// Sentences for evidence. They say what was checked and what came of it; a
// shop owner has to understand them without a glossary. "Scam" stands only
// where a listing says so.
var (
	textNotScreened = Text{"本次来电未能核查，请自行判断。", "This call could not be checked."}
	textOrdinary    = Text{"号码库中没有这个号码的登记。", "This number is not registered to any institution that we know."}
	textAllowed     = Text{"您在24小时内按 *1 表示过这个号码不是诈骗电话。", "Within the last 24 hours you pressed *1 for this number: not a scam."}
	textRefused     = Text{"您已把这个号码设为拒接。", "You chose not to take calls from this number."}

	textAnonymous      = Text{"来电隐藏了号码。", "The caller hides his number."}
	textMalformed      = Text{"来电显示的不是一个电话号码。", "What is shown as the caller number is no telephone number."}
	textImpossible     = Text{"来电显示的号码不可能这样打进来。", "A call cannot come from the number that is shown."}
	textUnassigned     = Text{"来电显示的号段尚未启用。", "The number shown is from a range that has not been given out."}
	textForeign        = Text{"来电显示的是境外号码。", "The number shown is from another country."}
	textIoT            = Text{"来电显示的是物联网设备号码，一般不能打电话。", "The number shown belongs to a machine (IoT). Machines do not make ordinary calls."}
	textSMSPort        = Text{"来电显示的是短信端口号码，只发短信、不打电话。", "The number shown is used for text messages only and does not call."}
	textPremium        = Text{"来电显示的是高额收费号码。", "The number shown charges a premium to those who call it."}
	textTollFree       = Text{"来电显示的是免费热线，这类号码只接听、不外呼。", "The number shown is a toll-free line, which takes calls and does not make them."}
	textTollFreeAbroad = Text{"这是没有登记的免费热线号码。", "This toll-free number is not registered to any institution that we know."}
	textAuthority      = Text{"来电显示的是公共服务号码，这类号码一般不会打给您。", "The number shown belongs to a public service that does not ordinarily call."}
	textCarrierCode    = Text{"来电显示的是电信运营商号码，运营商不管您的收款账户和POS机。", "The number shown belongs to a telephone company, which has no say over your account or terminal."}
	textCallCentre     = Text{"这个号段由呼叫中心租给各种公司使用。", "Numbers of this range are leased by call centres to any company."}
	textMVNO           = Text{"这是虚拟运营商号码。", "This number is from a virtual mobile operator."}
	textSharedCost     = Text{"这是没有登记的400号码；400号码一般只接听、不外呼。", "This 400 number is not registered; such numbers mostly take calls and do not make them."}

	textMobileFromAbroad = Text{"国内手机号从境外线路打来，可能在漫游，也可能不是机主。", "A domestic mobile number came in from abroad: it may be travelling, or not be its owner."}
	textFixedFromAbroad  = Text{"国内号码从境外线路打来，本机主一般不会这样打来。", "A domestic number came in from abroad, where its owner would not call from."}

	textMismatch        = Text{"来电号码登记在另一家机构名下，不是对方自称的机构。", "The number is registered to another institution than the one that the caller claims to be."}
	textCarrierMismatch = Text{"来电显示的是电信运营商号码，说的却是收款账户或POS机的事。", "The number belongs to a telephone company, yet the caller speaks of your account or terminal."}
	textDismissed       = Text{"您按 *1 表示这不是诈骗电话。", "You pressed *1: not a scam."}
)

func textSaved(s index.Saved) Text {
	switch {
	case s.Label != "":
		return Text{"您保存过这个号码：" + s.Label + "。", "You saved this number: " + s.Label + "."}
	case s.Relation == index.Agent:
		return Text{"您保存过这个号码，是您的服务商。", "You saved this number as your agent's."}
	case s.Relation == index.Acquirer:
		return Text{"您保存过这个号码，是您的收单机构。", "You saved this number as your acquirer's."}
	}
	return Text{"您保存过这个号码。", "You saved this number."}
}

func textVelocity(lines int) Text {
	n := strconv.Itoa(lines)
	return Text{"这个号码短时间内打了" + n + "家商户。", "This number rang " + n + " merchants within a short time."}
}

func textRegistered(who Text) Text {
	return Text{"号码相符：这是" + who.ZH + "登记的外呼号码。仍请勿报验证码。", "The number is registered to " + who.EN + " for calling out. Still, never read out a code."}
}

func textUnproven(who Text) Text {
	return Text{"号码与" + who.ZH + "登记的号码相同，但这条线路不核验主叫号码，无法核实。", "The number equals one of " + who.EN + ", but this route does not check caller numbers: it cannot be verified."}
}

func textUnverified(who Text) Text {
	return Text{"有人提供过这个号码属于" + who.ZH + "，但尚未核实。", "This number is said to belong to " + who.EN + ", which nobody has confirmed."}
}

func textNoDirection(who Text) Text {
	return Text{"这是" + who.ZH + "登记的号码，但不知道它是否外呼，无法核实。", "The number is registered to " + who.EN + ", but whether it calls out is not known: it cannot be verified."}
}

func textInboundOnly(who Text) Text {
	return Text{who.ZH + "的这个号码只接听、不外呼。", "This number of " + who.EN + " takes calls and never makes them."}
}

func textSMSOnly(who Text) Text {
	return Text{who.ZH + "的这个号码只发短信、不打电话。", "This number of " + who.EN + " sends text messages and never calls."}
}

func textHotlineFromAbroad(who Text) Text {
	return Text{"显示的是" + who.ZH + "的号码，却从境外线路打来。", "The number shown is one of " + who.EN + ", but the call came in from abroad."}
}

func textConflict(who Text) Text {
	return Text{"号码登记在" + who.ZH + "名下，同时有人举报，正在核查。", "The number is registered to " + who.EN + " and has been reported as well; this is being looked into."}
}

func textListed(campaign string) Text {
	if campaign == "" {
		return Text{"号码已列入诈骗号码库。", "The number is listed as a scam number."}
	}
	return Text{"号码已列入诈骗号码库（" + campaign + "）。", "The number is listed as a scam number (" + campaign + ")."}
}

func textReported(reports uint32) Text {
	n := strconv.FormatUint(uint64(reports), 10)
	return Text{"有" + n + "人举报过这个号码，尚未核实。", "The number was reported by " + n + " people; nobody has confirmed it."}
}

func textPattern(p *index.Pattern) Text {
	t := Text{p.NoteZH, p.NoteEN}
	if t.ZH == "" {
		t.ZH = "号码属于号段规则 " + p.Form + "。"
	}
	if t.EN == "" {
		t.EN = "The number falls into the pattern " + p.Form + "."
	}
	return t
}

func textImitation(of numbering.Number) Text {
	if of.IsZero() {
		return Text{"来电号码的写法在冒充另一类号码。", "The number is written so that it looks like another sort of number."}
	}
	n := numbering.FormatNational(of)
	return Text{"来电号码看起来像 " + n + "，但不是。", "The number is made to look like " + n + ", which it is not."}
}

func textResembles(of numbering.Number) Text {
	n := numbering.FormatNational(of)
	return Text{"这个境外号码的结尾与 " + n + " 相同，可能是巧合。", "This foreign number ends like " + n + ", perhaps by chance."}
}

func textForeignFrom(p numbering.Parsed) Text {
	zh, en := p.RegionChinese, p.Region
	if zh == "" || en == "" {
		return textForeign
	}
	return Text{"来电显示的是境外号码（" + zh + "）。", "The number shown is from another country (" + en + ")."}
}

func textDisplayName(who Text) Text {
	return Text{"来电名称自称" + who.ZH + "，但号码不是其登记号码。", "The caller's name says " + who.EN + ", but the number is not registered to it."}
}

func textDisplayUnverified(who Text) Text {
	return Text{"来电名称自称" + who.ZH + "，号码无法核实。", "The caller's name says " + who.EN + "; the number cannot be verified."}
}

func textDisplayMatches(who Text) Text {
	return Text{"来电名称与号码登记的机构" + who.ZH + "相符。", "The caller's name fits the institution that the number is registered to, " + who.EN + "."}
}
