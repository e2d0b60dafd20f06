package screening

var (
	textMismatch  = Text{ZH: "来电号码登记的机构，不是对方自称的机构。", EN: "The number is registered to another institution than the one that the caller claims to be."}
	textDismissed = Text{ZH: "您按 *1 表示这不是诈骗电话。", EN: "You pressed *1: not a scam."}
)
