package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestModelsList(t *testing.T) {
	status, out, errs := ran(t, "models", "list", "--dir", t.TempDir(), "--json")
	var doc struct {
		Models []struct {
			Name, Licence string
			Installed     bool
		}
	}
	if err := json.Unmarshal([]byte(out), &doc); status != 0 || err != nil {
		t.Fatalf("status %d, %v: %s", status, err, errs)
	}
	if len(doc.Models) < 10 || doc.Models[0].Name == "" || doc.Models[0].Licence == "" || doc.Models[0].Installed {
		t.Errorf("models %+v", doc.Models)
	}
}

// TestModelsFetch downloads from a server on this machine.
func TestModelsFetch(t *testing.T) {
	const tiny = "../../speech/engine/models/testdata/tiny.tar.bz2"
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, tiny) }))
	defer s.Close()
	const name = "sherpa-onnx-streaming-zipformer-en-20M-2023-02-17"
	dir := t.TempDir()
	status, out, errs := ran(t, "models", "fetch", name, "--dir", dir, "--url", s.URL+"/tiny.tar.bz2")
	if status != 0 || !strings.Contains(out, "sha256 of the download: ") || !strings.Contains(out, "gives no checksum") || !strings.Contains(errs, "(100 %)") {
		t.Errorf("status %d\n%s\n%s", status, out, errs)
	}
	if _, err := os.Stat(filepath.Join(dir, name, "tokens.txt")); err != nil {
		t.Error(err)
	}
	if _, out, _ := ran(t, "models", "list", "--dir", dir); !strings.Contains(out, "yes") {
		t.Errorf("list does not show it:\n%s", out)
	}
	// The parts of this one are known, and these are others.
	status, _, errs = ran(t, "models", "fetch", "sherpa-onnx-kws-zipformer-wenetspeech-3.3M-2024-01-01-mobile", "--dir", dir, "--url", s.URL+"/tiny.tar.bz2")
	if status != 1 || !strings.Contains(errs, "checksum differs") {
		t.Errorf("other parts: status %d: %s", status, errs)
	}
	status, _, errs = ran(t, "models", "fetch", name, "--dir", t.TempDir(), "--url", s.URL+"/tiny.tar.bz2", "--sha256", strings.Repeat("0", 64))
	if status != 1 || !strings.Contains(errs, "checksum differs") {
		t.Errorf("wrong checksum: status %d: %s", status, errs)
	}
}

func TestModelsErrorsSayWhatToDo(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	model := t.TempDir()
	for _, f := range []string{"tokens.txt", "model.onnx"} {
		if err := os.WriteFile(filepath.Join(model, f), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	dir := t.TempDir()
	for _, tt := range []struct {
		args   string
		status int
		want   string
	}{
		{"models", 2, "expected list, fetch NAME or check NAME"},
		{"models fetch nope --dir " + dir, 1, "ringward models list"},
		{"models check sherpa-onnx-streaming-zipformer-en-20M-2023-02-17 --dir " + dir, 1, "first: ringward models fetch"},
		{"models check " + dir, 1, "no tokens.txt"},
		{"models check " + model, 1, "go build -tags sherpa"},
		{"models check " + model + " --worker " + dir + "/none", 1, "no such file"},
		{"models check " + model + " --wav modelscmd_test.go", 1, "sox IN"},
		{"models check silero_vad", 1, "recognises nothing"},
	} {
		status, _, errs := ran(t, strings.Fields(tt.args)...)
		if status != tt.status || !strings.Contains(errs, tt.want) {
			t.Errorf("%s: status %d (want %d): %s (want %q in it)", tt.args, status, tt.status, errs, tt.want)
		}
	}
}
