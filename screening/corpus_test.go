package screening_test

import (
	"bufio"
	"encoding/json"
	"os"
	"testing"
	"time"

	"ringward/screening"
)

// corpusCall is what we read of a labelled call transcript.
type corpusCall struct {
	ID         string           `json:"id"`
	Kind       string           `json:"kind"`
	Source     string           `json:"source"`
	ClaimTurns map[string][]int `json:"claim_turns"`
}

// TestLabelledCalls judges the calls of the transcript corpus by their labels
// alone, as if every claim were heard perfectly from an ordinary number: what
// the matrix makes of perfect ears. Finding the claims in the words is another
// room's work.
func TestLabelledCalls(t *testing.T) {
	scams, warned := 0, 0
	for _, file := range []string{"dev-zh.jsonl", "dev-en.jsonl"} {
		for _, c := range readCorpus(t, "../../shared/corpus/"+file) {
			level := levelOfLabels(c)
			_, frozen := c.ClaimTurns["account_frozen"]
			switch {
			case c.Kind == "normal" && level >= screening.LevelWarning:
				t.Errorf("%s: normal call is judged %s by its labels %v", c.ID, level, c.ClaimTurns)
			case c.Kind == "scam" && frozen && level < screening.LevelWarning:
				t.Errorf("%s: freeze call is judged %s by its labels %v", c.ID, level, c.ClaimTurns)
			case c.Kind == "scam" && c.Source != "ftc-robocall": // robocalls are labelled in one piece
				scams++
				warned += b2i(level >= screening.LevelWarning)
			}
		}
	}
	if float64(warned) < 0.9*float64(scams) {
		t.Errorf("%d of %d scam calls reach a warning, want nine in ten", warned, scams)
	}
}

func readCorpus(t *testing.T, path string) []corpusCall {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Skip("the transcript corpus is not here: ", path)
	}
	defer f.Close()
	var calls []corpusCall
	sc := bufio.NewScanner(f)
	sc.Buffer(nil, 8<<20)
	for sc.Scan() {
		var c corpusCall
		if err := json.Unmarshal(sc.Bytes(), &c); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		calls = append(calls, c)
	}
	return calls
}

func levelOfLabels(c corpusCall) screening.Level {
	ev := []screening.Evidence{ordinary}
	for label, turns := range c.ClaimTurns {
		k, ok := screening.ParseKind(label)
		if !ok {
			continue
		}
		for _, turn := range turns {
			ev = append(ev, said(time.Duration(turn)*time.Second, k))
		}
	}
	return screening.Judge(ev).Level
}
