package claims

import (
	"time"
	"unicode/utf8"
)

// Level is what the words alone amount to.
type Level uint8

// The levels.
const (
	OK         Level = iota
	Suspicious       // claims or requests that no genuine caller needs
	Scam             // a claim with the request that completes the script
)

// String returns "ok", "suspicious" or "scam".
func (l Level) String() string { return [...]string{"ok", "suspicious", "scam"}[min(l, Scam)] }

// Finding is one thing heard.
type Finding struct {
	Label    Label
	Strength Strength
	Rule     string        // the rule that found it, "model" for the statistical model
	Words    string        // what was said, digits masked, at most maxQuote bytes
	Speaker  Speaker       // whose words
	Turn     int           // 0-based
	At       time.Duration // as given to Turn
	Partial  bool          // found in a partial result
}

// Assessment is what a call amounts to so far.
type Assessment struct {
	Level   Level
	Rule    string    // the row of the verdict table, or "model"; empty if ok
	Score   float64   // the model's probability of a scam, 0 to 1; 0 without a model
	Words   string    // what weighed most where Rule is the model
	Frozen  float64   // the model's probability that the caller said the account is frozen
	Heard   []Finding // the strongest finding of each label, in the order of Label
	Version string    // of rules and model
}

// Detector follows one call. It is for one goroutine; its memory does not
// grow with the call.
type Detector struct {
	rules *Rules
	model *Model

	toks  *tokeniser
	match matcher
	feats features

	turn     int
	open     Speaker // of the turn under way, SpeakerUnknown if none
	fired    [maxRules / 64]uint64
	heard    conceptSet // of finished caller turns
	during   conceptSet // of the turn under way too
	labels   labels
	found    [labelCount]Finding // the first, strongest of each label
	level    Level
	row      string // of the verdict table, or modelRule
	words    string // that the model rests on
	scam     float64
	frozen   float64
	doubted  Finding // a claim of a freeze that waits for the model
	findings []Finding
	digits   digitReader
}

// NewDetector returns a detector for one call. A nil model leaves the rules
// to themselves.
func NewDetector(r *Rules, m *Model) *Detector {
	d := &Detector{rules: r, model: m, toks: newTokeniser()}
	d.match.rules = r
	d.feats.model = m
	return d
}

// Reset makes d ready for another call.
func (d *Detector) Reset() {
	d.feats.reset()
	d.turn, d.open, d.digits, d.findings = 0, SpeakerUnknown, digitReader{}, d.findings[:0]
	d.fired, d.heard, d.during, d.labels = [maxRules / 64]uint64{}, conceptSet{}, conceptSet{}, 0
	d.found, d.level, d.row, d.scam, d.frozen = [labelCount]Finding{}, OK, "", 0, 0
	d.doubted, d.words = Finding{}, ""
}

// maxTurn bounds what is read of one turn, in bytes: minutes of speech.
const maxTurn = 16 << 10

// Turn takes what speaker says, and returns what is new. Partial results of a
// turn (final false) may be revised by the next call; what was found in one is
// reported once and stays. at is the time in the call, passed on in findings.
// The slice is valid until the next call.
func (d *Detector) Turn(speaker Speaker, text string, final bool, at time.Duration) []Finding {
	d.findings = d.findings[:0]
	if d.open != SpeakerUnknown && d.open != speaker {
		d.turn++ // the other side cut in before a final result
	}
	d.open = speaker
	text = text[:cutRune(text, maxTurn)]
	switch speaker {
	case Caller:
		d.caller(text, final, at)
	case Merchant:
		d.merchant(text, final, at)
	case Spotter:
		d.spotted(text, at)
	}
	if final {
		d.turn++
		d.open = SpeakerUnknown
	}
	return d.findings
}

// cutRune returns the greatest length up to n at which text can be cut between
// characters.
func cutRune(text string, n int) int {
	if n >= len(text) {
		return len(text)
	}
	for n > 0 && !utf8.RuneStart(text[n]) {
		n--
	}
	return n
}

func (d *Detector) caller(text string, final bool, at time.Duration) {
	d.during = d.heard
	for from := 0; from < len(text); {
		toks, end := d.toks.next(text, from)
		d.match.load(toks)
		d.during.union(&d.match.here)
		d.runRules(Caller, text, final, at)
		if final && d.feats.wanted() {
			d.feats.addTokens(toks)
			d.feats.addConcepts(d.rules.names, d.match.hits)
		}
		from = end
	}
	if final {
		d.heard = d.during
		d.judgeModel(text, at)
	}
	d.judge(text)
}

// spotted takes a phrase by itself. There are no words around it for the model
// to weigh, so the rules for phrases stand alone.
func (d *Detector) spotted(text string, at time.Duration) {
	toks, _ := d.toks.next(text, 0)
	d.match.load(toks)
	d.heard.union(&d.match.here)
	d.during = d.heard
	d.runRules(Caller, text, true, at)
	d.runRules(Spotter, text, true, at)
	d.judge(text)
}

func (d *Detector) merchant(text string, final bool, at time.Duration) {
	toks, _ := d.toks.next(text, 0)
	d.match.load(toks)
	d.during = d.heard
	d.runRules(Merchant, text, final, at)
	if !d.labels.any(requests) {
		return // nobody asked for them
	}
	if q, ok := d.digits.read(toks, text, final); ok {
		d.report(Finding{Label: DigitsRead, Strength: Plain, Rule: "digits", Words: q, Speaker: Merchant, At: at, Partial: !final})
	}
}

func (d *Detector) runRules(who Speaker, text string, final bool, at time.Duration) {
	for i := range d.rules.rules {
		r := &d.rules.rules[i]
		if r.who != who || d.fired[i/64]&(1<<(i%64)) != 0 {
			continue
		}
		s, ok := d.match.match(r, &d.during, d.labels)
		if !ok {
			continue
		}
		d.fired[i/64] |= 1 << (i % 64)
		f := Finding{Label: r.label, Strength: r.strength, Rule: r.id, Speaker: who.side(), At: at, Partial: !final}
		if s.sounds {
			f.Strength = weaker(f.Strength)
		}
		f.Words = quote(text, d.match.toks, s)
		d.feats.addRule(r.hash)
		if f.Label == AccountFrozen && f.Strength != Strong && d.model != nil && who != Spotter {
			d.doubt(f)
			continue
		}
		d.report(f)
	}
}

// doubt keeps a claim of a freeze that is not plain enough to stand alone
// until the model has heard the turn.
func (d *Detector) doubt(f Finding) {
	f.Turn = d.turn
	if d.doubted.Label == LabelNone || outweighs(f.Strength, d.doubted.Strength) {
		d.doubted = f
	}
}

func weaker(s Strength) Strength {
	if s == Strong {
		return Plain
	}
	return Weak
}

// report notes a finding.
func (d *Detector) report(f Finding) {
	f.Turn = d.turn
	if !d.labels.has(f.Label) || outweighs(f.Strength, d.found[f.Label].Strength) {
		d.found[f.Label] = f
	}
	if f.Rule != modelRule && (f.Label != AccountFrozen || f.Strength == Strong) {
		d.feats.addLabel(f.Label, d.labels)
	}
	d.labels.add(f.Label)
	d.findings = append(d.findings, f)
}

// outweighs orders the strengths weak, plain, strong.
func outweighs(a, b Strength) bool {
	rank := [...]int{Plain: 1, Weak: 0, Strong: 2}
	return rank[a] > rank[b]
}

// modelRule stands for the model where a rule is named.
const modelRule = "model"

// judgeModel scores the call after a whole caller turn.
func (d *Detector) judgeModel(text string, at time.Duration) {
	if d.model == nil {
		return
	}
	d.scam, d.frozen = d.model.score(&d.feats)
	if d.labels.has(AccountFrozen) {
		return
	}
	f := d.doubted
	if f.Label == LabelNone {
		f = Finding{Label: AccountFrozen, Strength: Weak, Rule: modelRule, Words: mask(text[:cutRune(text, maxQuote)]), Speaker: Caller, Turn: d.turn, At: at}
	}
	if d.frozen >= d.needed(f) {
		d.report(f)
	}
}

// needed is the probability that the model must give to a claim of a freeze.
func (d *Detector) needed(f Finding) float64 {
	t := &d.model.Thresholds
	switch {
	case f.Strength == Plain:
		return t.FrozenPlain
	case f.Rule != modelRule:
		return t.FrozenWeak
	case d.rules.guard.heard(&d.match.here, 0):
		return 2 // never
	case d.labels.any(hardRequests):
		return t.FrozenAsked
	}
	return t.Frozen
}

// judge raises the level; it never lowers it.
func (d *Detector) judge(text string) {
	for i := range d.rules.verdicts {
		v := &d.rules.verdicts[i]
		if v.level > d.level && d.holds(v) {
			d.level, d.row, d.words = v.level, v.id, ""
		}
	}
	if d.model == nil {
		return
	}
	t := &d.model.Thresholds
	switch {
	case d.scam < t.Bare && !d.labels.any(substance):
		// a tone of voice alone, with nothing to name
	case !d.labels.any(hardRequests) && d.rules.guard.heard(&d.match.here, 0):
		// words of who tells a story, or asks for nothing
	case d.scam >= t.Scam && d.level < Scam:
		d.level, d.row, d.words = Scam, modelRule, d.why(text)
	case d.scam >= t.Suspect && d.level < Suspicious:
		d.level, d.row, d.words = Suspicious, modelRule, d.why(text)
	}
}

func (d *Detector) holds(v *verdictRule) bool {
	if d.model == nil && !v.alone || d.model != nil && d.scam < v.score {
		return false
	}
	for i := range v.heard {
		if !v.heard[i].heard(&d.during, d.labels) {
			return false
		}
	}
	return !v.not.heard(&d.during, d.labels)
}

// Level returns what the call amounts to so far.
func (d *Detector) Level() Level { return d.level }

// Assessment returns what the call amounts to so far, with the words that it
// rests on.
func (d *Detector) Assessment() Assessment {
	a := Assessment{Level: d.level, Rule: d.row, Words: d.words, Score: d.scam, Frozen: d.frozen, Version: d.rules.version}
	if d.model != nil {
		a.Version += "+" + d.model.version
	}
	for l := LabelNone + 1; l < labelCount; l++ {
		if d.labels.has(l) {
			a.Heard = append(a.Heard, d.found[l])
		}
	}
	return a
}
