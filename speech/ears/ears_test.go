package ears_test

import (
	"context"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"ringward/screening"
	"ringward/speech"
	"ringward/speech/ears"
	"ringward/speech/engine"
	"ringward/speech/fingerprint"
)

// deaf is a recogniser that is only there to be chosen.
type deaf struct{}

func (deaf) Open(context.Context, engine.Options) (engine.Session, error) {
	return nil, engine.ErrBusy
}

func recogniser(name, language string) ears.Recogniser {
	return ears.Recogniser{Named: speech.Named{Name: name, Recogniser: deaf{}}, Language: language}
}

// listen makes what listens to a call of a line.
func listen(t testing.TB, o ears.Options, line ears.Line) speech.Config {
	t.Helper()
	c, ok := ears.New(o).Listen("call-1", line)
	if !ok {
		t.Fatal("there is nothing to listen with")
	}
	return c
}

// hear gives what was heard to all word detectors.
func hear(c speech.Config, list ...speech.Heard) (out []screening.Evidence) {
	for i, h := range list {
		if h.Engine == "" {
			h.Engine = "asr"
		}
		h.At = time.Duration(i+1) * time.Second
		for _, d := range c.Words {
			out = append(out, d.Hear(h)...)
		}
	}
	return out
}

func says(text string) speech.Heard {
	return speech.Heard{By: screening.PartyCaller, Text: text, Final: true}
}

func answers(text string) speech.Heard {
	return speech.Heard{By: screening.PartyMerchant, Text: text, Final: true}
}

func find(list []screening.Evidence, k screening.Kind) (screening.Evidence, bool) {
	for _, e := range list {
		if e.Kind == k {
			return e, true
		}
	}
	return screening.Evidence{}, false
}

func TestWordsBecomeEvidence(t *testing.T) {
	byName := func(words string) string {
		if strings.Contains(words, "银联") {
			return "unionpay"
		}
		return ""
	}
	for _, c := range []struct {
		name  string
		heard []speech.Heard
		want  screening.Kind
		by    screening.Party
	}{
		{"Mandarin", []speech.Heard{says("您的商户账户现在已经被冻结了")}, screening.AccountFrozen, screening.PartyCaller},
		{"English", []speech.Heard{says("your merchant account has been suspended")}, screening.AccountFrozen, screening.PartyCaller},
		{"toned pinyin", []speech.Heard{{By: screening.PartyCaller, Pinyin: true, Final: true, Text: "nín de shāng hù zhàng hù xiàn zài yǐ jīng bèi dòng jié le"}}, screening.AccountFrozen, screening.PartyCaller},
		{"a partial result", []speech.Heard{{By: screening.PartyCaller, Text: "您的商户账户现在已经被冻结了"}}, screening.AccountFrozen, screening.PartyCaller},
		{"a spotted phrase", []speech.Heard{{By: screening.PartyCaller, Spotted: true, Text: "您的账户已被冻结"}}, screening.AccountFrozen, screening.PartyCaller},
		{"the institution", []speech.Heard{says("您好我是中国银联商户风控中心的")}, screening.InstitutionNamed, screening.PartyCaller},
		{"the code", []speech.Heard{says("您的商户账户已经被冻结了"), says("请把验证码报给我")}, screening.CodeRequest, screening.PartyCaller},
		{"digits that the merchant reads", []speech.Heard{says("您的商户账户已经被冻结了"), says("请把验证码报给我"), answers("三八二九一七")}, screening.DigitsRead, screening.PartyMerchant},
		{"digits in pinyin", []speech.Heard{says("请把验证码报给我"), {By: screening.PartyMerchant, Pinyin: true, Final: true, Text: "sān bā èr jiǔ yī qī"}}, screening.DigitsRead, screening.PartyMerchant},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg := listen(t, ears.Options{Recognisers: []ears.Recogniser{recogniser("asr", "")}, Institution: byName}, ears.Line{Language: "zh-CN"})
			got := hear(cfg, c.heard...)
			e, ok := find(got, c.want)
			if !ok || e.By != c.by || !strings.HasPrefix(e.Rule, "words.") || e.Text == (screening.Text{}) {
				t.Fatalf("got %+v, want %s by %s", got, c.want, c.by)
			}
			if c.want == screening.InstitutionNamed && e.Institution != "unionpay" {
				t.Errorf("institution %q", e.Institution)
			}
			if strings.ContainsAny(e.Words, "0123456789") || strings.Contains(e.Words, "三八") || strings.Contains(e.Words, "sān bā") {
				t.Errorf("words %q hold digits", e.Words)
			}
		})
	}
}

// TestDigitsAreNoticedWithinTheTurn: the warning must come while the merchant
// still reads, whatever number of recognisers listens.
func TestDigitsAreNoticedWithinTheTurn(t *testing.T) {
	cfg := listen(t, ears.Options{Recognisers: []ears.Recogniser{recogniser("asr", ""), recogniser("other", "")}}, ears.Line{Language: "zh-CN"})
	ask := says("请把验证码报给我")
	partly := func(engine, text string, final bool) speech.Heard {
		return speech.Heard{By: screening.PartyMerchant, Engine: engine, Text: text, Final: final}
	}
	other := ask
	other.Engine = "other"
	quiet := hear(cfg, ask, other, partly("asr", "三八", false), partly("other", "三八", false), partly("asr", "三八", true), partly("other", "三八", true))
	if e, ok := find(quiet, screening.DigitsRead); ok {
		t.Errorf("two digits heard by two recognisers were taken for a code: %+v", e)
	}
	if _, ok := find(hear(cfg, partly("asr", "二九一", false)), screening.DigitsRead); !ok {
		t.Error("five digits in a partial result were not noticed")
	}
}

func TestAnInnocentCallIsNoEvidenceOfAFreeze(t *testing.T) {
	cfg := listen(t, ears.Options{Recognisers: []ears.Recogniser{recogniser("asr", "")}}, ears.Line{Language: "zh-CN"})
	got := hear(cfg, says("你好我想订两份盒饭"), answers("好的一共多少钱"), says("我那张卡被冻结了能不能用微信付"), answers("可以"))
	if e, ok := find(got, screening.AccountFrozen); ok && e.Strength != screening.Weak {
		t.Errorf("got %+v", e)
	}
}

func TestLinesChooseTheirRecognisers(t *testing.T) {
	merchantToo, callerOnly := recogniser("zh", "zh-CN"), recogniser("spotter", "zh")
	callerOnly.CallerOnly = true
	o := ears.Options{Recognisers: []ears.Recogniser{merchantToo, callerOnly, recogniser("en", "en"), recogniser("any", "")}}
	names := func(list []speech.Named) (s string) {
		for _, n := range list {
			s += n.Name + " "
		}
		return s
	}
	for _, c := range []struct {
		line             ears.Line
		caller, merchant string
	}{
		{ears.Line{Language: "zh-CN"}, "zh spotter any ", "zh any "},
		{ears.Line{Language: "en"}, "en any ", "en any "},
		{ears.Line{Language: "en", Recognisers: []string{"zh"}}, "zh ", "zh "},
	} {
		cfg := listen(t, o, c.line)
		if got := names(cfg.Recognisers[screening.PartyCaller]); got != c.caller {
			t.Errorf("%+v: the caller is heard by %q, want %q", c.line, got, c.caller)
		}
		if got := names(cfg.Recognisers[screening.PartyMerchant]); got != c.merchant {
			t.Errorf("%+v: the merchant is heard by %q, want %q", c.line, got, c.merchant)
		}
	}
	if _, ok := ears.New(ears.Options{}).Listen("call-1", ears.Line{}); ok {
		t.Error("ears without anything to listen with listen")
	}
}

func TestWordsAreKeptOnlyWhereTheLineSaysSo(t *testing.T) {
	o := ears.Options{Recognisers: []ears.Recogniser{recogniser("asr", "")}, Keep: func(string, speech.Heard) {}}
	if listen(t, o, ears.Line{}).Transcript != nil {
		t.Error("a line that does not say so keeps words")
	}
	if listen(t, o, ears.Line{KeepWords: true}).Transcript == nil {
		t.Error("a line that says so keeps none")
	}
}

// babble is noise that changes 20 times a second: no two seeds are alike.
func babble(seed uint64, d time.Duration) []int16 {
	rnd := rand.New(rand.NewPCG(seed, 1))
	pcm := make([]int16, int(d.Seconds()*engine.Rate))
	a, b, gain := 0.0, 0.0, 0.0
	var x1, x2 float64
	for i := range pcm {
		if i%400 == 0 {
			a, b, gain = 1.6*rnd.Float64()-0.8, -0.3-0.6*rnd.Float64(), 400+3000*rnd.Float64()
		}
		x := rnd.NormFloat64() + a*x1 + b*x2
		x1, x2 = x, x1
		pcm[i] = int16(max(-32000, min(32000, gain*x)))
	}
	return pcm
}

func known(list ...[]int16) func() ears.Recordings {
	var entries []fingerprint.Entry
	for i, pcm := range list {
		entries = append(entries, fingerprint.Entry{ID: fingerprint.ID(i + 1), Recording: fingerprint.NewRecording(pcm)})
	}
	ix := fingerprint.NewIndex(entries)
	return func() ears.Recordings {
		return ears.Recordings{Index: ix, Info: func(id fingerprint.ID) (ears.Known, bool) {
			return ears.Known{Title: "freeze call", Institution: "unionpay"}, true
		}}
	}
}

// sound gives a side's sound to all sound detectors from a time on, 20 ms at a
// time, and returns what they found.
func sound(c speech.Config, by screening.Party, at time.Duration, pcm []int16) (out []screening.Evidence) {
	voice := c.NewVoice()
	for ; len(pcm) >= 160; pcm = pcm[160:] {
		s := speech.Sound{By: by, At: at, PCM: pcm[:160], Voice: voice.Speech(pcm[:160])}
		for _, d := range c.Sounds {
			out = append(out, d.Listen(s)...)
		}
		at += 20 * time.Millisecond
	}
	return out
}

func TestAKnownRecordingIsEvidence(t *testing.T) {
	freeze := babble(1, 15*time.Second)
	o := ears.Options{Recordings: known(freeze, babble(2, 15*time.Second))}
	c := listen(t, o, ears.Line{})
	got := sound(c, screening.PartyCaller, time.Second, freeze[3*engine.Rate:9*engine.Rate])
	var strong []screening.Evidence
	for _, e := range got {
		if e.Rule == ears.RuleRecording {
			strong = append(strong, e)
		}
	}
	if len(strong) != 1 {
		t.Fatalf("got %+v, want the recording once", got)
	}
	e := strong[0]
	if e.Strength != screening.Strong || e.Institution != "unionpay" || e.At > 5*time.Second || !strings.Contains(e.Text.EN, "freeze call") {
		t.Errorf("got %+v", e)
	}
	if got := sound(listen(t, o, ears.Line{}), screening.PartyMerchant, 0, freeze); len(got) > 0 {
		if _, ok := find(got, screening.KnownRecording); ok {
			t.Error("the merchant's side is matched")
		}
	}
}

// TestThePacketThatDecidesBringsTheEvidence holds what the ears tell against the
// matcher alone: they add no packet of delay.
func TestThePacketThatDecidesBringsTheEvidence(t *testing.T) {
	freeze := babble(1, 15*time.Second)
	o := ears.Options{Recordings: known(freeze, babble(2, 15*time.Second))}
	c := listen(t, o, ears.Line{})
	m := fingerprint.NewMatcher(o.Recordings().Index)
	told := 0
	for from := 4 * engine.Rate; from+160 <= 10*engine.Rate; from += 160 {
		at := engine.Span(from - 4*engine.Rate)
		want := len(m.Feed(freeze[from:from+160], nil))
		got := 0
		for _, e := range sound(c, screening.PartyCaller, at, freeze[from:from+160]) {
			if e.Kind == screening.KnownRecording {
				got++
				if e.At != at+20*time.Millisecond {
					t.Errorf("the packet at %v: got evidence at %v, want its end", at, e.At)
				}
			}
		}
		told += got
		if got != want {
			t.Errorf("the packet at %v: got %d pieces of evidence, the matcher has %d hits", at, got, want)
		}
	}
	if told == 0 {
		t.Error("got no evidence of a known recording")
	}
}

func TestAPauseInThePacketsLosesNoRecording(t *testing.T) {
	freeze := babble(1, 15*time.Second)
	c := listen(t, ears.Options{Recordings: known(freeze)}, ears.Line{})
	got := sound(c, screening.PartyCaller, 0, freeze[:engine.Rate])
	got = append(got, sound(c, screening.PartyCaller, 2*time.Second, freeze[2*engine.Rate:6*engine.Rate])...) // a second of DTX
	got = append(got, sound(c, screening.PartyCaller, time.Minute, babble(9, time.Second))...)                // and one that ends the match
	if e, ok := find(got, screening.KnownRecording); !ok || e.At > 6*time.Second {
		t.Errorf("got %+v", got)
	}
}

func sine(hz float64, d time.Duration) []int16 {
	pcm := make([]int16, int(d.Seconds()*engine.Rate))
	for i := range pcm {
		pcm[i] = int16(8000 * math.Sin(2*math.Pi*hz*float64(i)/engine.Rate))
	}
	return pcm
}

func TestAFaxEndsTheListening(t *testing.T) {
	for _, by := range []screening.Party{screening.PartyCaller, screening.PartyMerchant} {
		c := listen(t, ears.Options{Recordings: known(babble(1, 8*time.Second))}, ears.Line{})
		got := sound(c, by, 0, sine(2100, 2*time.Second))
		if len(got) != 1 || got[0].Rule != ears.RuleData || got[0].By != by {
			t.Errorf("%s: got %+v", by, got)
		}
		if !stopped(c) {
			t.Errorf("%s: the ear listens on", by)
		}
	}
	c := listen(t, ears.Options{Recordings: known(babble(1, 8*time.Second))}, ears.Line{})
	if sound(c, screening.PartyCaller, 0, babble(3, 5*time.Second)); stopped(c) {
		t.Error("a voice ends the listening")
	}
}

func stopped(c speech.Config) bool {
	for _, d := range c.Sounds {
		if s, ok := d.(speech.Stopper); ok && s.Stop() {
			return true
		}
	}
	return false
}

// both speaks on both sides in turns of 20 ms: 1 is voice, 0 silence.
func both(c speech.Config, from time.Duration, frames int, caller, merchant func(i int) bool) (out []screening.Evidence) {
	for i := range frames {
		at := from + time.Duration(i)*20*time.Millisecond
		for by, voice := range map[screening.Party]bool{screening.PartyCaller: caller(i), screening.PartyMerchant: merchant(i)} {
			s := speech.Sound{By: by, At: at, PCM: make([]int16, 160), Voice: voice}
			for _, d := range c.Sounds {
				out = append(out, d.Listen(s)...)
			}
		}
	}
	return out
}

func always(int) bool { return true }
func never(int) bool  { return false }

func TestAVoiceThatMindsNobodyIsEvidence(t *testing.T) {
	o := ears.Options{Recordings: known(babble(1, 8*time.Second))}
	got := both(listen(t, o, ears.Line{}), time.Second, 1100, always, never)
	if len(got) != 1 || got[0].Rule != ears.RuleMonologue || got[0].Strength != screening.Weak {
		t.Errorf("a monologue: got %+v", got)
	}
	got = both(listen(t, o, ears.Line{}), time.Second, 1500, always, func(i int) bool { return i > 100 && i%250 < 50 })
	found := false
	for _, e := range got {
		found = found || e.Rule == ears.RuleTalkOver && e.Kind == screening.Monologue
	}
	if !found {
		t.Errorf("talk-over: got %+v", got)
	}
	turn := func(i int) bool { return i/150%2 == 0 }
	if got := both(listen(t, o, ears.Line{}), 0, 3000, turn, func(i int) bool { return !turn(i) }); len(got) > 0 {
		t.Errorf("two people who take turns: got %+v", got)
	}
}

func TestAKeyPressedIsEvidenceButNotWhich(t *testing.T) {
	c := listen(t, ears.Options{Recordings: known(babble(1, 8*time.Second))}, ears.Line{})
	key := sine(697, 100*time.Millisecond)
	for i, v := range sine(1209, 100*time.Millisecond) {
		key[i] = key[i]/2 + v/2
	}
	both(c, 0, 400, always, never)
	got := sound(c, screening.PartyMerchant, 8*time.Second, append(key, make([]int16, 800)...))
	if _, ok := find(got, screening.KeyPressed); !ok {
		t.Errorf("got %+v", got)
	}
	if e, ok := find(got, screening.RobocallMenu); !ok || e.Rule != ears.RuleMenu {
		t.Errorf("got %+v, want the menu", got)
	}
	for _, e := range got {
		if e.Words != "" {
			t.Errorf("%s tells %q", e.Rule, e.Words)
		}
	}
}
