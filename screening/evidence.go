package screening

import "time"

// Source is the sense that found a piece of evidence.
type Source uint8

// The sources.
const (
	SourceUnknown   Source = iota
	SourceNumber           // the caller number and the number database
	SourceDisplay          // the name that came with the number
	SourceIdentity         // a signed caller identity (STIR), or its lack
	SourceWords            // what a recogniser heard
	SourceRecording        // a match with a listed recording
	SourceBehaviour        // how the call is made, and what keys are pressed
	SourceMerchant         // the merchant's own word, by key
	SourceGateway          // the gateway about itself: not screened, not heard
	sourceCount
)

var sourceNames = [sourceCount]string{
	"unknown", "number", "display", "identity", "words", "recording", "behaviour", "merchant", "gateway",
}

// String returns the stable name, "unknown" for a value out of range.
func (s Source) String() string { return nameOf(sourceNames[:], uint8(s)) }

// Text is one sentence for people, in each language that we speak.
type Text struct {
	ZH string // simplified Chinese
	EN string
}

// In returns the sentence in lang, a BCP 47 tag: Chinese for any "zh...",
// English for everything else.
func (t Text) In(lang string) string {
	if len(lang) >= 2 && lang[:2] == "zh" {
		return t.ZH
	}
	return t.EN
}

// Evidence is one fact about a call that bears on the verdict. Its texts say
// what was checked and found, and no more.
type Evidence struct {
	At          time.Duration // since the INVITE arrived; 0 for what is known before the phone rings
	Source      Source
	Rule        string      // stable id of the rule that found it, like "caller.imitation"
	Caller      CallerClass // row of the matrix that it argues for, CallerUnknown for none
	Kind        Kind        // what was heard or done, KindNone for none
	By          Party       // who said or did it
	Strength    Strength
	Institution string // id of the institution that the number belongs to (Caller set) or that is claimed (Kind set); "" unknown
	Blockable   bool   // an analyst's confirmed listing stands behind it: a policy may block on it
	Shadow      bool   // a rule on trial: recorded, never counted
	Text        Text
	Words       string // words it rests on, digits already masked; "" for none
}

// counts reports whether e bears on the verdict at all: claims and requests
// are the caller's, compliance is the merchant's (never the other way round).
func (e *Evidence) counts() bool {
	switch {
	case e.Shadow:
		return false
	case e.Kind.IsCompliance() || e.Kind == Dismissed:
		return e.By != PartyCaller
	case e.Kind == KindNone:
		return true
	}
	return e.By != PartyMerchant
}
