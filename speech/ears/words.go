package ears

import (
	"slices"
	"strings"
	"time"

	"ringward/screening"
	"ringward/screening/claims"
	"ringward/speech"
)

// maxListeners bounds the claim detectors of a call: one for each recogniser
// that hears the caller, and one for the phrases that it spots.
const maxListeners = 8

// words finds claims in what is heard (speech.WordDetector). Each recogniser
// has a detector of its own, because each tells the whole call in its words;
// what the merchant says is told to all of them.
type words struct {
	o         *Options
	rules     *claims.Rules // those that the call began with
	listeners []listener
}

type listener struct {
	engine   string
	spotted  bool
	detector *claims.Detector
	merchant string        // the recogniser whose words for the merchant it takes
	answered time.Duration // when that one was last heard
}

// takes reports whether words of the merchant from engine are for l. Two
// recognisers that hear the merchant both write down every digit: each listener
// takes the words of one, and of another when that one has gone silent.
func (l *listener) takes(engine string, at time.Duration) bool {
	if l.merchant != engine && l.merchant != "" && l.engine != engine && at < l.answered+silentFor {
		return false
	}
	l.merchant, l.answered = engine, at
	return true
}

// silentFor is how long a recogniser says nothing of the merchant before
// another one's words are taken: longer than most pauses.
const silentFor = 10 * time.Second

func newWords(o *Options) *words {
	w := &words{o: o, rules: o.Rules}
	if o.RulesNow != nil {
		w.rules = o.RulesNow()
	}
	return w
}

// Hear is speech.WordDetector.
func (w *words) Hear(h speech.Heard) []screening.Evidence {
	text := h.Text
	if h.Pinyin {
		text = readable(text, h.By == screening.PartyMerchant)
	}
	var out []screening.Evidence
	switch h.By {
	case screening.PartyCaller:
		d := w.listener(h.Engine, h.Spotted)
		who := claims.Caller
		if h.Spotted {
			who = claims.Spotter
		}
		out = w.evidence(out, d.Turn(who, text, h.Final || h.Spotted, h.At), h)
	case screening.PartyMerchant:
		w.listener(h.Engine, false)
		for i := range w.listeners {
			if l := &w.listeners[i]; l.takes(h.Engine, h.At) {
				out = w.evidence(out, l.detector.Turn(claims.Merchant, text, h.Final, h.At), h)
			}
		}
	}
	return out
}

// listener returns the detector of an engine.
func (w *words) listener(engine string, spotted bool) *claims.Detector {
	for _, l := range w.listeners {
		if l.engine == engine && l.spotted == spotted {
			return l.detector
		}
	}
	if len(w.listeners) == maxListeners {
		return w.listeners[0].detector
	}
	d := claims.NewDetector(w.rules, w.o.Model)
	w.listeners = append(w.listeners, listener{engine: engine, spotted: spotted, detector: d})
	return d
}

// evidence appends findings as evidence, each kind and strength once.
func (w *words) evidence(out []screening.Evidence, found []claims.Finding, h speech.Heard) []screening.Evidence {
	for _, f := range found {
		kind, ok := screening.ParseKind(f.Label.String())
		if !ok || kind == screening.KindNone {
			continue // what the verdict takes no notice of
		}
		strength, _ := screening.ParseStrength(f.Strength.String()) // the names are the same
		e := screening.Evidence{At: f.At, Source: screening.SourceWords, Rule: "words." + f.Rule, Kind: kind, By: h.By,
			Strength: strength, Text: kind.Text(), Words: plainPinyin(f.Words, h.Pinyin)}
		if kind == screening.InstitutionNamed && w.o.Institution != nil {
			e.Institution = w.o.Institution(h.Text)
		}
		if !slices.ContainsFunc(out, func(o screening.Evidence) bool { return o.Kind == e.Kind && o.Strength == e.Strength }) {
			out = append(out, e)
		}
	}
	return out
}

// pinyinDigits are the digits as a voice says them, by syllable.
var pinyinDigits = map[string]string{"líng": "零", "yī": "一", "yāo": "幺", "èr": "二", "liǎng": "二", "sān": "三", "sì": "四",
	"wǔ": "五", "liù": "六", "qī": "七", "bā": "八", "jiǔ": "九"}

// minDigits is how many syllables that sound like digits make a number; fewer
// are more often other words (sì is also "to be like", yī "clothes").
const minDigits = 4

// readable writes a recogniser's pinyin so that package claims knows it for
// pinyin: a syllable without a tone mark gets the number of the neutral tone.
// With digits, rows of syllables that sound like digits are written as such.
func readable(text string, digits bool) string {
	syllables := strings.Fields(text)
	for i := 0; i < len(syllables); i++ {
		n := 0
		for digits && i+n < len(syllables) && pinyinDigits[syllables[i+n]] != "" {
			n++
		}
		if n >= minDigits {
			for k := range n {
				syllables[i+k] = pinyinDigits[syllables[i+k]]
			}
			i += n - 1
			continue
		}
		if isPlain(syllables[i]) {
			syllables[i] += "5"
		}
	}
	return strings.Join(syllables, " ")
}

// isPlain reports whether a syllable has plain letters alone.
func isPlain(s string) bool {
	for _, r := range s {
		if r < 'a' || r > 'z' {
			return false
		}
	}
	return s != ""
}

// plainPinyin takes the neutral tone's number off again.
func plainPinyin(quote string, pinyin bool) string {
	if !pinyin {
		return quote
	}
	syllables := strings.Fields(quote)
	for i, s := range syllables {
		syllables[i] = strings.TrimRight(s, "5*") // claims masks the 5
	}
	return strings.Join(syllables, " ")
}
