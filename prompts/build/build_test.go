package build_test

import (
	"context"
	"errors"
	"flag"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"ringward/prompts"
	"ringward/prompts/build"
	"ringward/prompts/wave"
)

var update = flag.Bool("update", false, "make the built-in recordings in ../wav anew where they are stale (needs flite and espeak-ng)")

// fakeVoice speaks a tone as long as the text.
type fakeVoice struct {
	said []string
	fail string // text that cannot be read
}

func (f *fakeVoice) Say(_ context.Context, text, _ string) ([]byte, error) {
	if f.fail != "" && strings.Contains(text, f.fail) {
		return nil, errors.New("lost my voice")
	}
	f.said = append(f.said, text)
	samples := make([]int16, wave.Rate/10*(1+len([]rune(text))/8))
	for i := range samples {
		samples[i] = int16(3000 * math.Sin(float64(i)/3))
	}
	return wave.Encode(samples), nil
}

func options(dir string, v build.Voice) build.Options {
	return build.Options{
		Dir: dir, Languages: []string{"zh-CN"},
		Readers: map[string]build.Reader{"zh-CN": {Voice: v, Source: "a test", Licence: "none"}},
	}
}

func chinese(t *testing.T) []*prompts.Catalogue {
	t.Helper()
	all, err := prompts.Catalogues()
	if err != nil {
		t.Fatal(err)
	}
	return all[:1]
}

func TestRunMakesWhatCheckAsksFor(t *testing.T) {
	dir, v := t.TempDir(), &fakeVoice{}
	if err := build.Run(t.Context(), options(dir, v)); err != nil {
		t.Fatal(err)
	}
	if got := prompts.Check(os.DirFS(dir), chinese(t)); len(got) > 0 {
		t.Errorf("check after build finds %v, want nothing", got)
	}
	first := len(v.said)
	if err := build.Run(t.Context(), options(dir, v)); err != nil || len(v.said) != first {
		t.Errorf("a second build read %d texts (%v), want none", len(v.said)-first, err)
	}
	if err := os.Remove(filepath.Join(dir, "zh-CN", prompts.FileName(prompts.WarnCode))); err != nil {
		t.Fatal(err)
	}
	if err := build.Run(t.Context(), options(dir, v)); err != nil || len(v.said) != first+1 {
		t.Errorf("a build after one file was lost read %d texts (%v), want 1", len(v.said)-first, err)
	}
	o := options(dir, v)
	o.Force, o.Only = true, []prompts.ID{prompts.WarnCard, prompts.WarnCode}
	if err := build.Run(t.Context(), o); err != nil || len(v.said) != first+3 {
		t.Errorf("a forced build of two read %d texts (%v), want 3 in all", len(v.said)-first, err)
	}
}

func TestRunMakesStaleOnesAnew(t *testing.T) {
	dir, v := t.TempDir(), &fakeVoice{}
	o := options(dir, v)
	o.Catalogues = chinese(t)
	if err := build.Run(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	e := o.Catalogues[0].Prompts[prompts.WarnCode]
	e.Speech = "换了一句话"
	o.Catalogues[0].Prompts[prompts.WarnCode] = e
	found := prompts.Check(os.DirFS(dir), o.Catalogues)
	if len(found) != 1 || found[0].ID != prompts.WarnCode || found[0].Fault != prompts.Stale {
		t.Errorf("check finds %v, want one stale recording", found)
	}
	before := len(v.said)
	if err := build.Run(t.Context(), o); err != nil || len(v.said) != before+1 {
		t.Errorf("build read %d texts (%v), want 1", len(v.said)-before, err)
	}
}

func TestRunGoesOnPastFailures(t *testing.T) {
	dir := t.TempDir()
	err := build.Run(t.Context(), options(dir, &fakeVoice{fail: "shao1hou4"}))
	if err == nil || !strings.Contains(err.Error(), "caller.hold") {
		t.Errorf("got %v, want an error that names caller.hold", err)
	}
	found := prompts.Check(os.DirFS(dir), chinese(t))
	if len(found) != 1 || found[0].Fault != prompts.Missing {
		t.Errorf("check finds %v, want the one missing", found)
	}
}

func TestRunRefusesUnknownLanguages(t *testing.T) {
	o := options(t.TempDir(), &fakeVoice{})
	o.Languages = []string{"tlh"}
	if err := build.Run(t.Context(), o); err == nil || !strings.Contains(err.Error(), "tlh") {
		t.Errorf("got %v, want an error that names the language", err)
	}
}

func TestCommandPlaceholders(t *testing.T) {
	script := filepath.Join(t.TempDir(), "voice.sh")
	if err := os.WriteFile(script, []byte("#!/bin/sh\ncase $1 in out) printf '%s|%s' \"$2\" \"$3\" >\"$4\";; *) cat;; esac\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	got, err := build.Command{Argv: []string{"/bin/sh", script, "out", "{text}", "{lang}", "{out}"}}.Say(t.Context(), "a; rm -rf $HOME 'b'", "en")
	if err != nil || string(got) != "a; rm -rf $HOME 'b'|en" {
		t.Errorf("got %q, %v, want the text unharmed", got, err)
	}
	got, err = build.Command{Argv: []string{"/bin/sh", script, "in"}}.Say(t.Context(), "through the pipe", "en")
	if err != nil || string(got) != "through the pipe" {
		t.Errorf("got %q, %v, want the text from standard input", got, err)
	}
	if _, err = (build.Command{Argv: []string{"/nowhere/voice"}}).Say(t.Context(), "x", "en"); err == nil {
		t.Error("a program that is not there gave no error")
	}
}

func TestHTTPVoice(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		if r.URL.Path == "/broken" {
			http.Error(w, "no more credit", http.StatusPaymentRequired)
			return
		}
		io.WriteString(w, r.Method+" "+r.URL.Query().Get("t")+" "+r.Header.Get("X-Key")+" "+string(body))
	}))
	defer server.Close()
	say := func(h build.HTTP) (string, error) {
		got, err := h.Say(t.Context(), `a "b" & c`, "en")
		return string(got), err
	}
	if got, err := say(build.HTTP{URL: server.URL + "?t={text}", Header: map[string]string{"X-Key": "k"}}); err != nil || got != `GET a "b" & c k ` {
		t.Errorf("got %q, %v", got, err)
	}
	if got, err := say(build.HTTP{URL: server.URL, Body: `{"say":"{text}","in":"{lang}"}`}); err != nil || got != `POST   {"say":"a \"b\" & c","in":"en"}` {
		t.Errorf("got %q, %v", got, err)
	}
	if _, err := say(build.HTTP{URL: server.URL + "/broken"}); err == nil || !strings.Contains(err.Error(), "no more credit") {
		t.Errorf("got %v, want the service's reason", err)
	}
}

// With -update this is how the built-in recordings are made.
func TestBuiltInRecordingsAreUpToDate(t *testing.T) {
	dir := filepath.Join("..", "wav")
	if *update {
		if err := build.Run(t.Context(), build.Options{Dir: dir, Progress: func(s build.Step) {
			if !s.Kept {
				t.Logf("%s %s %.2f s %v", s.Language, s.ID, s.Seconds, s.Err)
			}
		}}); err != nil {
			t.Fatal(err)
		}
	}
	catalogues, err := prompts.Catalogues()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range prompts.Check(os.DirFS(dir), catalogues) {
		if f.Fault != prompts.Placeholder {
			t.Errorf("%s %s is %s: %s (go test ./prompts/build -update makes it anew)", f.Language, f.ID, f.Fault, f.Detail)
		}
	}
}

func TestDefaultVoicesSpeak(t *testing.T) {
	for lang, text := range map[string]string{"en": "Warning.", "zh-CN": "警告。"} {
		reader, ok := build.Default(lang)
		if !ok {
			t.Fatalf("no default voice for %s", lang)
		}
		program := reader.Voice.(build.Command).Argv[0]
		if _, err := exec.LookPath(program); err != nil {
			t.Logf("%s is not installed, its voice is not tried", program)
			continue
		}
		data, err := reader.Voice.Say(t.Context(), text, lang)
		if err != nil {
			t.Fatal(err)
		}
		s, err := wave.Decode(data)
		if err != nil || s.Seconds() < 0.2 || s.Seconds() > 3 {
			t.Errorf("%s says %q in %.2f s, %v", program, text, s.Seconds(), err)
		}
	}
}
