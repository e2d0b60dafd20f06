//go:build sherpa && cgo && linux

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"ringward/media/wav"
	"ringward/speech/engine/enginetest"
)

// TestDemoKnowsACallByItsWords: people's voices say in Mandarin that the
// account is frozen, over real SIP and RTP through the real gateway; the small
// model in its worker hears it, and the merchant is warned. No recording is
// listed of these voices.
func TestDemoKnowsACallByItsWords(t *testing.T) {
	model := enginetest.SmallModel(t, "../..")
	dir := t.TempDir()
	worker := filepath.Join(dir, "asr-worker")
	if b, err := exec.Command("go", "build", "-tags", "sherpa", "-o", worker, "ringward/cmd/asr-worker").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, b)
	}
	var call []int16
	for _, name := range []string{"t04", "t06", "t01"} { // "I am from the bank ...", "... your account is frozen"
		call = append(call, enginetest.Recording(t, filepath.Join(model, "test_pos_8k", name+".wav"))...)
		call = append(call, make([]int16, 8000)...)
	}
	sound, config := filepath.Join(dir, "call.wav"), filepath.Join(dir, "ringward.yaml")
	f, err := os.Create(sound)
	if err != nil {
		t.Fatal(err)
	}
	if err := wav.Write(f, call); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprintf("speech:\n  recognisers:\n    - {name: zh-small, kind: worker, model: %q, task: both, keywords: [账户被冻结, 被冻结, 已经冻结], language: zh-CN, caller_only: true}\n  worker: {program: [%q]}\n", model, worker)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	status, out, errs := ran(t, "demo", "--scenario", "freeze-call", "--sound", sound, "--config", config, "--lang", "en", "--out", dir)
	if status != 0 {
		t.Fatalf("status %d: %s", status, errs)
	}
	inOrder(t, out, "Heard: The caller says that your account", "The verdict rises: warning", "The merchant hears, the caller does not")
	if !strings.Contains(out, "The caller heard nothing of it") {
		t.Errorf("the caller heard the warning: %s", out)
	}
	status, out, errs = ran(t, "listen", sound, "--config", config, "--words")
	if status != 0 {
		t.Fatalf("listen: status %d: %s", status, errs)
	}
	inOrder(t, out, "[words.frozen", "verdict   warning", "whisper")
}

// inOrder wants the words one after another.
func inOrder(t *testing.T, text string, words ...string) {
	t.Helper()
	at := 0
	for _, w := range words {
		i := strings.Index(text[at:], w)
		if i < 0 {
			t.Fatalf("no %q after %d octets of:\n%s", w, at, text)
		}
		at += i
	}
}
