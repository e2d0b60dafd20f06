package prompts_test

import (
	"io/fs"
	"maps"
	"math"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"ringward/prompts"
	"ringward/prompts/wave"
)

func open(t *testing.T, o prompts.Options) *prompts.Set {
	t.Helper()
	s, err := prompts.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// builtInCopy is the built-in recordings, for taking some away.
func builtInCopy(t *testing.T) fstest.MapFS {
	t.Helper()
	files := fstest.MapFS{}
	err := fs.WalkDir(prompts.BuiltIn(), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(prompts.BuiltIn(), name)
		files[name] = &fstest.MapFile{Data: data}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// hum is a recording of hertz, seconds long.
func hum(hertz, seconds float64) []byte {
	x := make([]int16, int(seconds*wave.Rate))
	for i := range x {
		x[i] = int16(2000 * math.Sin(2*math.Pi*hertz*float64(i)/wave.Rate))
	}
	return wave.Encode(x)
}

func write(t *testing.T, dir, name string, data []byte) {
	t.Helper()
	name = filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestEveryPromptHasEveryFormInBothLanguages(t *testing.T) {
	s := open(t, prompts.Options{})
	if p := s.Problems(); len(p) > 0 {
		t.Errorf("the built-in prompts have problems: %v", p)
	}
	p := prompts.Params{Institution: "BANK-X", Hotline: "95588"}
	for _, lang := range []string{"zh-CN", "en"} {
		for _, spec := range prompts.Specs() {
			for _, form := range []prompts.Form{prompts.Short, prompts.ShortASCII, prompts.Long, prompts.Speech} {
				text := s.Text(spec.ID, lang, form, p)
				if text == "" || text == string(spec.ID) || strings.Contains(text, "{") {
					t.Errorf("%s %s form %d is %q", lang, spec.ID, form, text)
				}
				if form <= prompts.ShortASCII && len([]rune(text)) > prompts.MaxShort {
					t.Errorf("%s %s form %d is longer than %d: %q", lang, spec.ID, form, prompts.MaxShort, text)
				}
			}
			c := s.Lookup(spec.ID, lang)
			if len(c.Samples) == 0 {
				t.Errorf("%s %s is silent", lang, spec.ID)
			}
			if !spec.Tone && (c.Source != prompts.FromBuiltIn || c.Language != lang) {
				t.Errorf("%s %s comes from %v in %q, want built-in", lang, spec.ID, c.Source, c.Language)
			}
			if !spec.Tone && c.Placeholder != (lang == "zh-CN") {
				t.Errorf("%s %s: placeholder is %v; the Chinese machine voice is one", lang, spec.ID, c.Placeholder)
			}
		}
	}
}

// The wrong voice spells Chinese out in English: such a recording is far longer
// than its text. Levels and lengths are Usable's.
func TestBuiltInRecordingsAreUsableAndKeepPace(t *testing.T) {
	for lang, c := range catalogues(t) {
		for _, spec := range prompts.Specs() {
			if spec.Tone {
				continue
			}
			data, err := fs.ReadFile(prompts.BuiltIn(), path.Join(lang, prompts.FileName(spec.ID)))
			if err != nil {
				t.Error(err)
				continue
			}
			if err := prompts.Usable(data); err != nil {
				t.Errorf("%s %s: %v", lang, spec.ID, err)
			}
			speech := c.Prompts[spec.ID].Speech
			units, low, high := float64(len(strings.Fields(speech))), 0.2, 0.75
			if lang == "zh-CN" {
				units, low, high = float64(len([]rune(speech))), 0.12, 0.45
			}
			seconds := float64(len(data)-44) / 2 / wave.Rate
			if pace := seconds / units; pace < low || pace > high && seconds > 0.8 {
				t.Errorf("%s %s: %.2f s for each of %.0f words or characters, want %.2f to %.2f", lang, spec.ID, pace, units, low, high)
			}
		}
	}
}

func TestLookupOrder(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "zh-CN/warn.code.wav", hum(500, 1))
	write(t, dir, "yue/warn.card.wav", hum(700, 2))
	files := builtInCopy(t)
	delete(files, "en/warn.transfer.wav")
	delete(files, "en/warn.claim.wav")
	delete(files, "zh-CN/warn.claim.wav")
	s := open(t, prompts.Options{Dir: dir, BuiltIn: files})
	tests := []struct {
		name, lang string
		id         prompts.ID
		source     prompts.Source
		language   string
	}{
		{"operator's own", "zh-CN", prompts.WarnCode, prompts.FromOperator, "zh-CN"},
		{"any case of the language", "zh-cn", prompts.WarnCode, prompts.FromOperator, "zh-CN"},
		{"operator's other prompts stay built in", "zh-CN", prompts.WarnCard, prompts.FromBuiltIn, "zh-CN"},
		{"other languages stay built in", "en", prompts.WarnCode, prompts.FromBuiltIn, "en"},
		{"a language of the operator's", "yue", prompts.WarnCard, prompts.FromOperator, "yue"},
		{"the nearest language", "yue-HK", prompts.WarnScreenShare, prompts.FromBuiltIn, "zh-CN"},
		{"another region", "zh-HK", prompts.WarnScreenShare, prompts.FromBuiltIn, "zh-CN"},
		{"missing in this language", "en", prompts.WarnTransfer, prompts.FromBuiltIn, "zh-CN"},
		{"missing in every language", "en", prompts.WarnClaim, prompts.FromTone, ""},
		{"a language nobody has", "tlh", prompts.WarnCard, prompts.FromBuiltIn, "zh-CN"},
		{"a prompt nobody has", "en", "warn.nonsense", prompts.FromTone, ""},
		{"a tone", "en", prompts.ToneAlarm, prompts.FromTone, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := s.Lookup(tt.id, tt.lang)
			if c.Source != tt.source || c.Language != tt.language {
				t.Errorf("%s in %s comes from %v in %q, want %v in %q", tt.id, tt.lang, c.Source, c.Language, tt.source, tt.language)
			}
			if level := wave.Level(s.Clip(tt.id, tt.lang)); level < -30 || level > -10 {
				t.Errorf("%s in %s sounds at %.1f dBFS, want it to be heard", tt.id, tt.lang, level)
			}
		})
	}
}

func TestNothingIsSilentWithoutAnyRecording(t *testing.T) {
	s := open(t, prompts.Options{BuiltIn: fstest.MapFS{}})
	for _, spec := range prompts.Specs() {
		got := s.Speak(spec.ID, "zh-CN", prompts.Params{Hotline: "95588"})
		if level := wave.Level(got); level < -30 {
			t.Errorf("%s sounds at %.1f dBFS, want a tone to be heard", spec.ID, level)
		}
		if peak := wave.Peak(got); peak > wave.Ceiling {
			t.Errorf("%s peaks at %.1f dBFS", spec.ID, peak)
		}
	}
	if len(s.Problems()) == 0 {
		t.Error("no recordings at all, and no problem is told")
	}
}

func TestOperatorsRecordingsAreBroughtToLevel(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "en/warn.code.wav", hum(500, 1))
	got := wave.Level(open(t, prompts.Options{Dir: dir}).Clip(prompts.WarnCode, "en"))
	if math.Abs(got-wave.ActiveLevel) > 0.5 {
		t.Errorf("it plays at %.1f dBFS, want %.0f", got, wave.ActiveLevel)
	}
}

func TestOperatorsBadRecordingsAreToldAndLeftOut(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "en/warn.code.wav", []byte("this is no sound"))
	write(t, dir, "en/warn.card.wav", hum(500, prompts.MaxSeconds+1))
	write(t, dir, "en/warn.claim.wav", wave.Encode(make([]int16, 8000)))
	write(t, dir, "en/warn.code2.wav", hum(500, 1))
	write(t, dir, "en/"+prompts.ManifestName, []byte("{}"))
	s := open(t, prompts.Options{Dir: dir})
	if got := len(s.Problems()); got != 4 {
		t.Errorf("%d problems, want 4: %v", got, s.Problems())
	}
	for _, id := range []prompts.ID{prompts.WarnCode, prompts.WarnCard, prompts.WarnClaim} {
		if c := s.Lookup(id, "en"); c.Source != prompts.FromBuiltIn {
			t.Errorf("%s comes from %v, want the built-in one in place of the bad one", id, c.Source)
		}
	}
}

func TestOperatorsTextsOverrideOneByOne(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "en.yaml", []byte(`
hotline: the shop's helpline
prompts:
  warn.code: {long: "Our own words. Call {hotline}."}
  warn.card: {short: "much too long for a label"}
  warn.nonsense: {short: x, ascii: x, long: x, speech: x}
`))
	write(t, dir, "yue.yaml", []byte(`
prompts:
  warn.code: {short: 唔好報碼, ascii: READ NO CODES, long: "唔好報驗證碼，打{hotline}。", speech: 唔好報驗證碼}
`))
	write(t, dir, "zh-CN.yaml", []byte("# nothing yet\n"))
	write(t, dir, "fr.yaml", []byte("prompts: ["))
	s := open(t, prompts.Options{Dir: dir})
	text := func(id prompts.ID, lang string, f prompts.Form) string { return s.Text(id, lang, f, prompts.Params{}) }
	for _, tt := range []struct{ got, want string }{
		{text(prompts.WarnCode, "en", prompts.Long), "Our own words. Call the shop's helpline."},
		{text(prompts.WarnCode, "en", prompts.Short), "Read no codes"},
		{text(prompts.WarnCard, "en", prompts.Short), "No card details"},
		{text(prompts.WarnCode, "yue", prompts.Short), "唔好報碼"},
		{text(prompts.WarnCode, "yue", prompts.Long), "唔好報驗證碼，打合同或官方应用上的电话。"},
		{text(prompts.WarnCard, "yue", prompts.Short), "勿报卡号密码"},
	} {
		if tt.got != tt.want {
			t.Errorf("got %q, want %q", tt.got, tt.want)
		}
	}
	if got := len(s.Problems()); got != 3 {
		t.Errorf("%d problems, want 3: the long label, the unknown prompt, the broken file: %v", got, s.Problems())
	}
	if got := len(s.Catalogues()); got != 3 {
		t.Errorf("%d catalogues, want zh-CN, en and yue", got)
	}
}

func TestOpenNeedsTheOperatorsFolder(t *testing.T) {
	if _, err := prompts.Open(prompts.Options{Dir: filepath.Join(t.TempDir(), "nowhere")}); err == nil {
		t.Error("a folder that is not there gave no error")
	}
}

func TestTextFillsInWhatIsKnown(t *testing.T) {
	s := open(t, prompts.Options{})
	got := s.Text(prompts.WarnClaim, "en", prompts.Long, prompts.Params{Institution: "UnionPay", Hotline: "95516"})
	want := "Warning: the caller claims to be UnionPay; this number is not registered to it. Do not read codes. Hang up and call 95516."
	if got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	got = s.Text(prompts.WarnClaim, "zh-CN", prompts.Long, prompts.Params{Institution: "中国银联", Hotline: "95516"})
	want = "注意：来电自称中国银联，但号码不是其登记号码。请勿报验证码，请挂断后拨打95516。"
	if got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got = s.Text(prompts.WarnClaim, "en", prompts.Long, prompts.Params{}); !strings.Contains(got, "a bank or card processor") {
		t.Errorf("got %q, want general words for what is not known", got)
	}
	got = s.Text(prompts.WarnClaim, "en", prompts.Long, prompts.Params{Institution: "A\r\nB{hotline}\u202e" + strings.Repeat("x", 100)})
	if strings.ContainsAny(got, "\r\n\u202e") || strings.Contains(got, strings.Repeat("x", 80)) {
		t.Errorf("got %q, want one bounded line", got)
	}
	if got = s.Text("warn.nonsense", "en", prompts.Long, prompts.Params{}); got == "" {
		t.Error("an unknown prompt has no text at all")
	}
}

func TestCallerHearsNoWarning(t *testing.T) {
	for _, spec := range prompts.Specs() {
		neutral := spec.ID == prompts.CallerHold || spec.ID == prompts.CallerReject || spec.ID == prompts.ConsentNotice
		if (spec.Audience == prompts.Caller) != neutral {
			t.Errorf("%s is for audience %d; only the hold, the rejection and the consent notice are for the caller", spec.ID, spec.Audience)
		}
	}
}

func TestCheckFindsFaults(t *testing.T) {
	all, err := prompts.Catalogues()
	if err != nil {
		t.Fatal(err)
	}
	faults := func(change func(fstest.MapFS)) map[prompts.Fault]int {
		files := maps.Clone(builtInCopy(t))
		change(files)
		found := map[prompts.Fault]int{}
		for _, f := range prompts.Check(files, all) {
			found[f.Fault]++
		}
		delete(found, prompts.Placeholder)
		return found
	}
	tests := []struct {
		name   string
		change func(fstest.MapFS)
		want   prompts.Fault
	}{
		{"missing", func(f fstest.MapFS) { delete(f, "en/warn.code.wav") }, prompts.Missing},
		{"altered", func(f fstest.MapFS) { f["en/warn.code.wav"] = &fstest.MapFile{Data: hum(500, 1)} }, prompts.Altered},
		{"leftover", func(f fstest.MapFS) { f["en/old.wav"] = &fstest.MapFile{Data: hum(500, 1)} }, prompts.Leftover},
		{"broken-manifest", func(f fstest.MapFS) { f["en/manifest.json"] = &fstest.MapFile{Data: []byte("{")} }, prompts.Unusable},
		{"stale", func(f fstest.MapFS) {
			m := string(f["en/manifest.json"].Data)
			f["en/manifest.json"] = &fstest.MapFile{Data: []byte(strings.Replace(m, `"Please hold."`, `"Wait."`, 1))}
		}, prompts.Stale},
	}
	if got := faults(func(fstest.MapFS) {}); len(got) > 0 {
		t.Errorf("the built-in recordings have faults %v", got)
	}
	for _, tt := range tests {
		if got := faults(tt.change); got[tt.want] == 0 {
			t.Errorf("%s: found %v, want %s", tt.name, got, tt.want)
		}
	}
}
