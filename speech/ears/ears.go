package ears

import (
	"slices"
	"strings"

	"ringward/screening"
	"ringward/screening/claims"
	"ringward/speech"
	"ringward/speech/engine"
	"ringward/speech/fingerprint"
)

// Options say what there is to listen with. The zero value hears nothing.
type Options struct {
	Recognisers []Recogniser
	// Recordings gives the known recordings as they are when a call begins; nil: none.
	Recordings func() Recordings
	// Institution finds the id of the institution that words name, "" for none; may be nil.
	Institution func(words string) string
	// Rules and Model find claims in words; nil Rules are those that the program carries.
	Rules *claims.Rules
	Model *claims.Model
	// RulesNow gives the rules as they are when a call begins; nil: Rules.
	RulesNow func() *claims.Rules
	// Keep takes the masked words of a line that keeps them; may be nil.
	Keep func(call string, h speech.Heard)
}

// Recogniser is one engine and the lines it is for.
type Recogniser struct {
	speech.Named
	Language   string // BCP 47; lines of another language do not use it unless they name it. "" is for all
	CallerOnly bool   // the merchant's side is not given to it
}

// Recordings are known recordings and what is known of them.
type Recordings struct {
	Index *fingerprint.Index
	Info  func(fingerprint.ID) (Known, bool)
}

// Known is what a match says of a recording.
type Known struct {
	Title       string
	Institution string // whose name it misuses; "" unknown
}

// Line is what matters of a protected line.
type Line struct {
	Language    string   // zh-CN, en
	Recognisers []string // by name; empty: those of the line's language
	KeepWords   bool     // its owner wants the words kept
}

// Ears makes what listens to calls. It is safe for concurrent use.
type Ears struct{ o Options }

// New returns ears; nothing is started.
func New(o Options) *Ears {
	if o.Rules == nil {
		o.Rules, o.Model = claims.Default(), claims.DefaultModel()
	}
	return &Ears{o}
}

// Listen makes what listens to one call, without its sound, clock and log.
// False: there is nothing to listen with.
func (e *Ears) Listen(call string, line Line) (speech.Config, bool) {
	c := speech.Config{
		Recognisers: e.recognisers(line),
		Options:     engine.Options{ID: call, Language: line.Language, Phrases: phrases(line.Language)},
	}
	known := Recordings{}
	if e.o.Recordings != nil {
		known = e.o.Recordings()
	}
	if len(c.Recognisers) == 0 && known.Index.Len() == 0 {
		return speech.Config{}, false
	}
	if known.Index.Len() > 0 {
		c.Sounds = append(c.Sounds, newRecordings(known))
	}
	e.listenToBehaviour(&c)
	if len(c.Recognisers) > 0 {
		c.Words = []speech.WordDetector{newWords(&e.o)}
	}
	if line.KeepWords && e.o.Keep != nil {
		c.Transcript = func(h speech.Heard) {
			if h.Final {
				e.o.Keep(call, h)
			}
		}
	}
	return c, true
}

// recognisers are those that listen to a line, by side.
func (e *Ears) recognisers(line Line) map[screening.Party][]speech.Named {
	out := map[screening.Party][]speech.Named{}
	for _, r := range e.o.Recognisers {
		if len(line.Recognisers) > 0 && !slices.Contains(line.Recognisers, r.Name) ||
			len(line.Recognisers) == 0 && !sameLanguage(r.Language, line.Language) {
			continue
		}
		out[screening.PartyCaller] = append(out[screening.PartyCaller], r.Named)
		if !r.CallerOnly {
			out[screening.PartyMerchant] = append(out[screening.PartyMerchant], r.Named)
		}
	}
	return out
}

// sameLanguage compares what stands before the region: zh is good for zh-CN.
func sameLanguage(have, want string) bool {
	a, _, _ := strings.Cut(have, "-")
	b, _, _ := strings.Cut(want, "-")
	return a == "" || strings.EqualFold(a, b)
}

// phrases are words that engines which weigh their guesses should expect: those
// that the claims are made of and everyday models know little of.
func phrases(language string) []string {
	if sameLanguage("zh", language) {
		return []string{"冻结", "封停", "停用", "解冻", "商户号", "收单机构", "POS机", "验证码", "安全账户", "共享屏幕"}
	}
	return nil
}
