package ears_test

import (
	"encoding/json"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/mozillazg/go-pinyin"

	"ringward/screening"
	"ringward/speech"
	"ringward/speech/ears"
)

// spoken writes Chinese as a recogniser that writes pinyin would. wrong is the
// share of syllables that it hears as another one of the same text.
func spoken(text string, wrong float64, r *rand.Rand) string {
	a := pinyin.NewArgs()
	a.Style = pinyin.Tone
	var out []string
	for _, c := range text {
		if unicode.Is(unicode.Han, c) {
			if p := pinyin.SinglePinyin(c, a); len(p) > 0 {
				out = append(out, p[0])
			}
		}
	}
	for i := range out {
		if r.Float64() < wrong {
			out[i] = out[r.IntN(len(out))]
		}
	}
	return strings.Join(out, " ")
}

// transcript is a call of the corpus.
type transcript struct {
	Kind   string
	Claims []string
	Turns  []struct{ Speaker, Text string }
}

func transcripts(t *testing.T, pattern string) (list []transcript) {
	t.Helper()
	files, _ := filepath.Glob(pattern)
	if len(files) == 0 {
		t.Skipf("no transcripts at %s", pattern)
	}
	for _, name := range files {
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		for dec := json.NewDecoder(f); dec.More(); {
			var call transcript
			if err := dec.Decode(&call); err != nil {
				t.Fatal(err)
			}
			list = append(list, call)
		}
	}
	return list
}

// TestPinyinOfNormalCalls: transcripts as a recogniser writes them that knows
// sounds and no characters, some of them wrong. No more than one false claim of
// a freeze in five hours of ordinary talk, at four syllables a second, a few more
// where many sounds are wrong.
func TestPinyinOfNormalCalls(t *testing.T) {
	calls := append(transcripts(t, "../../../shared/corpus/dev-zh.jsonl"), transcripts(t, "../../screening/claims/train/zh.jsonl")...)
	for _, wrong := range []float64{0, 0.1, 0.2} {
		r := rand.New(rand.NewPCG(1, 2))
		var scams, caught, alarms, syllables int
		for _, call := range calls {
			frozen := slices.Contains(call.Claims, "account_frozen")
			if call.Kind == "scam" && !frozen {
				continue // a threat, an offer: either answer is right
			}
			cfg := listen(t, ears.Options{Recognisers: []ears.Recogniser{recogniser("asr", "")}}, ears.Line{Language: "zh-CN"})
			claimed := false
			for _, turn := range call.Turns {
				if turn.Speaker != "caller" {
					continue
				}
				text := spoken(turn.Text, wrong, r)
				if !frozen {
					syllables += len(strings.Fields(text))
				}
				e, ok := find(hear(cfg, speech.Heard{By: screening.PartyCaller, Pinyin: true, Final: true, Text: text}), screening.AccountFrozen)
				claimed = claimed || ok && e.Strength != screening.Weak
			}
			switch {
			case frozen && claimed:
				caught++
				fallthrough
			case frozen:
				scams++
			case claimed:
				alarms++
			}
		}
		hours := float64(syllables) / 4 / 3600
		t.Logf("%.0f %% of the syllables wrong: %d of %d calls with the claim, plain and evasive; %d false claims in %.1f h, %.2f an hour", 100*wrong, caught, scams, alarms, hours, float64(alarms)/hours)
		if most := 0.2 + wrong/2; float64(alarms) > most*hours {
			t.Errorf("%.2f false claims an hour, at most %.2f", float64(alarms)/hours, most)
		}
		if wrong == 0 && caught*2 < scams {
			t.Errorf("%d of %d calls with the claim found, want half", caught, scams)
		}
	}
}
