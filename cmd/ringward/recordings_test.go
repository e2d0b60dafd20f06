package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ringward/media/wav"
)

// rec runs `ringward recordings` and wants a status.
func rec(t *testing.T, want int, data string, args ...string) (out, errs string) {
	t.Helper()
	status, out, errs := ran(t, append(append([]string{"recordings"}, args...), "--data", data)...)
	if status != want {
		t.Fatalf("recordings %q: status %d, want %d: %s", args, status, want, errs)
	}
	return out, errs
}

func TestRecordingsFromAddToRetire(t *testing.T) {
	data := t.TempDir()
	const zh, en = "sounds/freeze-call.wav", "sounds/freeze-call-en.wav"
	rec(t, 2, data, "add", zh, "--as", "ann", "--reason", "r") // no title
	rec(t, 1, data, "add", zh, "--title", "x", "--as", "ann")  // no reason
	out, _ := rec(t, 0, data, "add", zh, "--title", "账户冻结", "--lang", "zh-CN", "--campaign", "pos-freeze", "--as", "ann", "--reason", "a merchant sent it")
	if !strings.Contains(out, "recording 1: 账户冻结, 15.1 s") || !strings.Contains(out, "draft") {
		t.Errorf("got %s", out)
	}
	if _, errs := rec(t, 1, data, "add", zh, "--title", "again", "--as", "ann", "--reason", "r"); !strings.Contains(errs, "already known") {
		t.Errorf("added twice: %s", errs)
	}
	if _, errs := rec(t, 1, data, "add", "main.go", "--title", "no sound", "--as", "ann", "--reason", "r"); !strings.Contains(errs, "not a usable WAV") {
		t.Errorf("no sound: %s", errs)
	}
	for file, want := range map[string]string{zh: "strict", en: "no match"} {
		if out, _ := rec(t, 0, data, "match", file); !strings.Contains(out, want) {
			t.Errorf("match %s: got %s, want %s", file, out, want)
		}
	}
	if _, errs := rec(t, 1, data, "approve", "1", "--as", "ann", "--reason", "r"); !strings.Contains(errs, "second person") {
		t.Errorf("approved by who added it: %s", errs)
	}
	rec(t, 0, data, "approve", "recording:1", "--as", "bob", "--reason", "heard it")
	if out, _ := rec(t, 0, data, "show", "1"); !strings.Contains(out, "verified") || !strings.Contains(out, "bob approve: heard it") {
		t.Errorf("got %s", out)
	}
	file := filepath.Join(t.TempDir(), "recordings.jsonl")
	out, _ = rec(t, 0, data, "export")
	if err := os.WriteFile(file, []byte(out), 0o600); err != nil {
		t.Fatal(err)
	}
	other := t.TempDir()
	rec(t, 0, other, "import", file, "--name", "from a colleague", "--as", "eve", "--reason", "shared")
	if out, _ := rec(t, 0, other, "match", zh); !strings.Contains(out, "账户冻结") {
		t.Errorf("imported, but no match: %s", out)
	}
	rec(t, 0, data, "remove", "1", "--as", "bob", "--reason", "no longer played")
	var list struct {
		Recordings []struct{ Title, Status string }
	}
	out, _ = rec(t, 0, data, "list", "--json")
	if err := json.Unmarshal([]byte(out), &list); err != nil || len(list.Recordings) != 1 || list.Recordings[0].Status != "retired" {
		t.Errorf("got %s %v", out, err)
	}
	if out, _ := rec(t, 0, data, "match", zh); !strings.Contains(out, "no match") {
		t.Errorf("matched after it was retired: %s", out)
	}
}

// listenTo runs `ringward listen --json`.
func listenTo(t *testing.T, data, file string) (doc listened) {
	t.Helper()
	status, out, errs := ran(t, "listen", file, "--data", data, "--lang", "en", "--json")
	if status != 0 {
		t.Fatalf("status %d: %s", status, errs)
	}
	if err := json.Unmarshal([]byte(out), &doc); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	return doc
}

func TestListenHearsAsTheGatewayDoes(t *testing.T) {
	data := t.TempDir()
	if status, _, errs := ran(t, "listen", "sounds/freeze-call.wav", "--data", data); status != 1 || !strings.Contains(errs, "nothing to listen with") {
		t.Errorf("without recordings: status %d: %s", status, errs)
	}
	rec(t, 0, data, "add", "sounds/freeze-call.wav", "--title", "freeze", "--as", "ann", "--reason", "r")
	doc := listenTo(t, data, "sounds/freeze-call.wav")
	if doc.Verdict.Level != "warning" || len(doc.Warnings) != 1 || doc.Warnings[0].Prompt != "warn.recording" || doc.Warnings[0].At > 3.5 {
		t.Errorf("got %+v", doc)
	}
	if doc := listenTo(t, data, "sounds/freeze-call-en.wav"); doc.Verdict.Level != "clear" || len(doc.Warnings) != 0 {
		t.Errorf("a recording that nobody knows: got %+v", doc)
	}
	other, freeze := readWAV(t, "sounds/freeze-call-en.wav"), readWAV(t, "sounds/freeze-call.wav")
	stereo := filepath.Join(t.TempDir(), "stereo.wav")
	writeStereo(t, stereo, freeze, other[:len(freeze)])
	if doc := listenTo(t, data, stereo); doc.Verdict.Level != "warning" {
		t.Errorf("the caller on the left: got %+v", doc)
	}
	writeStereo(t, stereo, other[:len(freeze)], freeze)
	if doc := listenTo(t, data, stereo); doc.Verdict.Level != "clear" {
		t.Errorf("the recording on the merchant's side: got %+v", doc)
	}
}

// writeStereo writes two channels side by side.
func writeStereo(t *testing.T, path string, left, right []int16) {
	t.Helper()
	both := make([]int16, 0, 2*len(left))
	for i := range left {
		both = append(both, left[i], right[i])
	}
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := wav.Write(f, both); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	b[22], b[32] = 2, 4 // channels, block
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}
