//go:build sherpa && cgo && linux

package main

import (
	"encoding/json"
	"os/exec"
	"path/filepath"
	"testing"

	"ringward/speech/engine/enginetest"
)

// TestModelsCheck builds the worker and lets the small model hear a person.
func TestModelsCheck(t *testing.T) {
	dir := enginetest.SmallModel(t, "../..")
	worker := filepath.Join(t.TempDir(), "asr-worker")
	if b, err := exec.Command("go", "build", "-tags", "sherpa", "-o", worker, "ringward/cmd/asr-worker").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, b)
	}
	status, out, errs := ran(t, "models", "check", dir, "--worker", worker, "--wav", filepath.Join(dir, "test_pos_8k", "t00.wav"), "--json")
	var got checked
	if err := json.Unmarshal([]byte(out), &got); status != 0 || err != nil {
		t.Fatalf("status %d, %v: %s", status, err, errs)
	}
	if len(got.Heard) == 0 || got.Wall <= 0 || got.CPU <= 0 || got.CPU > 1 {
		t.Errorf("checked %+v", got)
	}
	t.Logf("real-time factor %.3f, %.3f of a core, heard %q", got.Wall, got.CPU, got.Heard[0].Text)
}
