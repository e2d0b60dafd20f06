package prompts_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/mozillazg/go-pinyin"

	"ringward/prompts"
)

func catalogues(t *testing.T) map[string]*prompts.Catalogue {
	t.Helper()
	all, err := prompts.Catalogues()
	if err != nil {
		t.Fatal(err)
	}
	byLanguage := map[string]*prompts.Catalogue{}
	for _, c := range all {
		byLanguage[c.Language] = c
	}
	if byLanguage["zh-CN"] == nil || byLanguage["en"] == nil {
		t.Fatal("the catalogues have to be zh-CN and en at least")
	}
	return byLanguage
}

// A warning says what was found; "scam" is a judgement that only a listing allows.
func TestScamIsSaidOfListedOnesOnly(t *testing.T) {
	allowed := map[string][]prompts.ID{
		"诈骗":    {prompts.AnnounceScam, prompts.WarnRecording, prompts.ConsentNotice},
		"scam":  {prompts.AnnounceScam, prompts.WarnRecording},
		"fraud": {prompts.ConsentNotice},
	}
	for lang, c := range catalogues(t) {
		for id, e := range c.Prompts {
			all := strings.ToLower(strings.Join([]string{e.Short, e.ASCII, e.Long, e.Speech}, "\n"))
			for word, ids := range allowed {
				if strings.Contains(all, word) && !slices.Contains(ids, id) {
					t.Errorf("%s %s says %q, which is for listed ones", lang, id, word)
				}
			}
		}
	}
}

// What, why, do: each warning tells the merchant what to do and where to call.
func TestWarningsSayWhatToDo(t *testing.T) {
	do := regexp.MustCompile(`请|勿|不要|Do not|Hang up|hang up|do not|Read no|Stop|Press no`)
	for lang, c := range catalogues(t) {
		for id, e := range c.Prompts {
			if !strings.HasPrefix(string(id), "warn.") {
				continue
			}
			if !do.MatchString(e.Speech) || !do.MatchString(e.Long) {
				t.Errorf("%s %s does not say what to do", lang, id)
			}
			if !strings.Contains(e.Long, "{hotline}") {
				t.Errorf("%s %s names no official number in its long text", lang, id)
			}
		}
	}
}

// The machine voice gets pinyin; it has to be the pinyin of the text.
func TestChineseVoiceIsThePinyinOfTheSpeech(t *testing.T) {
	syllable := regexp.MustCompile(`[a-z]+[1-5]`)
	args := pinyin.NewArgs()
	args.Heteronym = true
	for id, e := range catalogues(t)["zh-CN"].Prompts {
		var characters []rune
		for _, r := range e.Speech {
			if unicode.Is(unicode.Han, r) {
				characters = append(characters, r)
			}
		}
		if spec, _ := prompts.SpecOf(id); spec.Tone {
			continue
		}
		syllables := syllable.FindAllString(e.Voice, -1)
		if len(syllables) != len(characters) {
			t.Errorf("%s: %d characters, but %d syllables", id, len(characters), len(syllables))
			continue
		}
		for i, r := range characters {
			readings := pinyin.SinglePinyin(r, args)
			if r == '幺' {
				readings = append(readings, "yao")
			}
			if got := strings.TrimRight(syllables[i], "12345"); !slices.Contains(readings, got) {
				t.Errorf("%s: %c is read %s, want one of %v", id, r, got, readings)
			}
		}
	}
}

func TestReadCatalogueTellsAllThatIsWrong(t *testing.T) {
	data, err := os.ReadFile("catalogue/en.yaml")
	if err != nil {
		t.Fatal(err)
	}
	good := string(data)
	tests := []struct{ name, old, new, want string }{
		{"missing-prompt", "  warn.code:\n", "  warn.cod:\n", "prompt warn.code is missing"},
		{"unknown-prompt", "  warn.code:\n", "  warn.cod:\n", "prompt warn.cod is not known"},
		{"too-long-a-label", "short: Overseas call", "short: Overseas caller here", "at most 15"},
		{"no-ASCII", "ascii: OVERSEAS CALL", "ascii: ÖVERSEAS CALL", "printable ASCII"},
		{"empty-form", "ascii: OVERSEAS CALL", `ascii: ""`, "all have to be given"},
		{"unknown-key", "ascii: OVERSEAS CALL", "asci: OVERSEAS CALL", "asci"},
		{"parameter-in-speech", "speech: Please hold.", `speech: "Please {hotline} hold."`, "only long"},
		{"no-language", "language: en", "language: \"\"", "language, name"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := prompts.ReadCatalogue("en.yaml", []byte(strings.Replace(good, tt.old, tt.new, 1)))
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want an error with %q", err, tt.want)
			}
		})
	}
}
