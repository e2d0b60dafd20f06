package screening

// kindTexts are the sentences for what was heard or done, for evidence that
// brings none of its own. They tell what was said, not that it is so.
var kindTexts = [kindCount]Text{
	InstitutionNamed:  {"对方自称是某家机构。", "The caller says that he speaks for an institution."},
	AuthorityNamed:    {"对方自称是公安、法院或监管部门。", "The caller says that he is the police, a court or another authority."},
	AccountFrozen:     {"对方说您的账户、收款码或POS机已被冻结或停用。", "The caller says that your account, terminal or money is frozen."},
	FreezeThreat:      {"对方说您的账户、收款码或POS机将被冻结或停用。", "The caller says that your account, terminal or money will be frozen."},
	ServiceSuspended:  {"对方说您的某项服务或证件已被停用。", "The caller says that a service or document of yours is suspended."},
	UpgradePitch:      {"对方说您的机器要升级或更换。", "The caller says that your terminal has to be upgraded or replaced."},
	RatePitch:         {"对方谈到费率的上调或优惠。", "The caller speaks of a higher or a lower rate."},
	RefundPitch:       {"对方说有押金、手续费或补贴可以退给您。", "The caller offers a refund, a deposit or a subsidy."},
	LegalThreat:       {"对方说您涉嫌违规违法，或会影响征信。", "The caller threatens with the police, a fine or your credit record."},
	Deadline:          {"对方催您在很短的时间内处理。", "The caller sets a short deadline."},
	CodeRequest:       {"对方向您要验证码或授权码。", "The caller asks for a verification or authorisation code."},
	CredentialRequest: {"对方向您要卡号、密码或证件号码。", "The caller asks for card numbers, passwords or identity numbers."},
	ScreenShare:       {"对方要您共享屏幕或安装远程软件。", "The caller wants to see or control your screen."},
	Transfer:          {"对方要您转账或刷卡到指定账户。", "The caller wants money moved to another account."},
	Secrecy:           {"对方要您不要挂电话，也不要告诉别人。", "The caller tells you to stay on the line or to tell nobody."},
	PaymentDemand:     {"对方要您付款。", "The caller wants a payment."},
	LinkOrApp:         {"对方要您打开链接、扫码或安装应用。", "The caller wants you to open a link, scan a code or install an app."},
	ChannelMove:       {"对方要您改用微信、QQ或会议软件联系。", "The caller wants to go on in another app or on another number."},
	RefusalToVerify:   {"对方不愿意让您回拨核实。", "The caller does not want to be called back or checked."},
	KnownRecording:    {"电话里的声音与已登记的诈骗录音相同。", "The voice is the same as a listed scam recording."},
	RobocallMenu:      {"电话里是录音，要您按键。", "A recorded voice asks you to press a key."},
	Monologue:         {"对方一直在说，不理会您的话。", "The voice goes on without minding what you say."},
	DigitsRead:        {"您正在向对方念数字。", "You are reading digits to the caller."},
	AgreedToShare:     {"您答应了对方的要求。", "You agreed to what the caller asks."},
	KeyPressed:        {"您按了对方要您按的键。", "You pressed the key that the recording asked for."},
	Dismissed:         textDismissed,
	NotHeard:          {"从这时起没有对通话内容进行识别。", "From here on nobody listened to the call."},
}

// Text is the sentence for k, empty for KindNone. A Case gives it to evidence
// that has no sentence of its own.
func (k Kind) Text() Text { return kindTexts[min(k, kindCount-1)] }
