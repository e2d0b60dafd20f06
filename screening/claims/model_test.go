package claims

import (
	"bufio"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"
)

func TestModelFileRoundTrip(t *testing.T) {
	m := Learn(Default(), []Example{
		{Turns: []Said{{Caller, "您的账户被冻结了，念验证码"}}, Scam: true, Frozen: 0},
		{Turns: []Said{{Caller, "订两份盒饭"}}, Frozen: -1},
	})
	b, err := m.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	got, err := ReadModel(b)
	if err != nil {
		t.Fatal(err)
	}
	got.version = m.version
	if *got != *m {
		t.Error("a model read back differs")
	}
	for _, bad := range [][]byte{nil, []byte("RWCLAIM"), []byte("nonsense of some length"), b[:len(modelMagic)+4]} {
		if _, err := ReadModel(bad); !errors.Is(err, errModel) {
			t.Errorf("ReadModel of %d bytes: %v, want %v", len(bad), err, errModel)
		}
	}
	if _, err := ReadModel(b[:len(b)-1]); err == nil {
		t.Error("a model cut short was accepted")
	}
}

func TestParseRefuses(t *testing.T) {
	const ok = "concepts: {mask: [冷冻], a: [账户]}\n"
	for name, text := range map[string]string{
		"unknown key":     ok + "rulez: []",
		"unknown label":   ok + "rules: [{id: x, label: nonsense, all: [a]}]",
		"unknown concept": ok + "rules: [{id: x, label: deadline, all: [b]}]",
		"no concept":      ok + "rules: [{id: x, label: deadline}]",
		"same id":         ok + "rules: [{id: x, label: deadline, all: [a]}, {id: x, label: deadline, all: [a]}]",
		"bad level":       ok + "verdicts: [{id: x, level: dreadful, heard: [a]}]",
		"bad strength":    ok + "rules: [{id: x, label: deadline, strength: huge, all: [a]}]",
		"term is number":  "concepts: {mask: [冷冻], a: [一百]}",
		"empty term":      "concepts: {mask: [冷冻], a: ['。']}",
		"no mask":         "concepts: {a: [账户]}",
	} {
		if _, err := Parse([]byte(text)); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if _, err := Parse([]byte(ok)); err != nil {
		t.Errorf("good file refused: %v", err)
	}
}

// TestCorpusStaysInReach runs the carried model over the development corpus,
// which it was trained on: no measure of quality, but a change of the rules
// without new training, or of the folding, shows here.
func TestCorpusStaysInReach(t *testing.T) {
	files, _ := filepath.Glob("../../../shared/corpus/dev-*.jsonl")
	if len(files) == 0 {
		t.Skip("no corpus at ../shared/corpus beside the repository")
	}
	var scams, caught, normals, alarms int
	d := NewDetector(Default(), DefaultModel())
	for _, name := range files {
		f, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		sc := bufio.NewScanner(f)
		sc.Buffer(nil, 8<<20)
		for sc.Scan() {
			var call struct {
				Kind  string
				Turns []struct{ Speaker, Text string }
			}
			if err := json.Unmarshal(sc.Bytes(), &call); err != nil {
				t.Fatal(err)
			}
			d.Reset()
			for _, turn := range call.Turns {
				who := Merchant
				if turn.Speaker == "caller" {
					who = Caller
				}
				d.Turn(who, turn.Text, true, 0)
			}
			if call.Kind == "scam" {
				scams++
				caught += min(int(d.Level()), 1)
			} else {
				normals++
				alarms += min(int(d.Level()), 1)
			}
		}
		f.Close()
	}
	if caught*100 < scams*98 || alarms*1000 > normals*8 {
		t.Errorf("%d of %d scam calls found, %d of %d normal calls flagged: the model no longer fits the rules; run ringward claims train", caught, scams, alarms, normals)
	}
}
