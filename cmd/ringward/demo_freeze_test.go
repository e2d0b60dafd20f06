package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestDemoHearsWordsToo gives the demonstration a recogniser.
func TestDemoHearsWordsToo(t *testing.T) {
	if testing.Short() {
		t.Skip("takes ten seconds: this is a real call")
	}
	url, _ := fakeVosk(t)
	dir := t.TempDir()
	file := filepath.Join(dir, "ringward.yaml")
	text := fmt.Sprintf("speech:\n  recognisers:\n    - {name: fake, kind: vosk, url: %q, language: zh-CN}\n", url)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	status, out, errs := ran(t, "demo", "--scenario", "freeze-call", "--config", file, "--lang", "en", "--json", "--out", dir)
	if status != 0 {
		t.Fatalf("status %d: %s", status, errs)
	}
	var doc struct{ Scenarios []demoResult }
	if err := json.Unmarshal([]byte(out), &doc); err != nil || len(doc.Scenarios) != 1 {
		t.Fatalf("%v in %s", err, out)
	}
	s, rules := doc.Scenarios[0], ""
	for _, r := range s.Verdict.Reasons {
		rules += r.Rule + " "
	}
	if s.Verdict.Level != "alarm" || !strings.Contains(rules, "words.frozen") || s.CallerHeardWarning || len(s.MerchantHeard) == 0 {
		t.Errorf("got %s because of %s; the merchant heard %v", s.Verdict.Level, rules, s.MerchantHeard)
	}
}
