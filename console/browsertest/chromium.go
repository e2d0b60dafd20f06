// Package browsertest drives a real Chromium for tests, by chromedriver (W3C
// WebDriver).
package browsertest

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// Chromium is one window of a browser, closed with its test.
type Chromium struct {
	t    *testing.T
	base string
}

// New starts a browser with more switches of its own, if any; the test is
// skipped where there is no chromedriver.
func New(t *testing.T, more ...string) *Chromium {
	t.Helper()
	driver, err := exec.LookPath("chromedriver")
	if err != nil {
		t.Skip("no chromedriver in PATH: apt-get install chromium chromium-driver")
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := ln.Addr().(*net.TCPAddr).Port
	ln.Close()
	cmd := exec.Command(driver, fmt.Sprintf("--port=%d", port))
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	b := &Chromium{t, fmt.Sprintf("http://127.0.0.1:%d", port)}
	started := make([]byte, 0, 4096)
	for !bytes.Contains(started, []byte("started successfully")) {
		chunk := make([]byte, 512)
		n, err := out.Read(chunk)
		if err != nil {
			t.Fatalf("chromedriver: %v: %s", err, started)
		}
		started = append(started, chunk[:n]...)
	}
	args := []string{"--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
		"--disable-component-update", "--disable-sync", "--user-data-dir=" + t.TempDir(), "--window-size=390,844",
		"--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"}
	args = append(args, more...)
	var s struct{ SessionID string }
	b.Ask("POST", "/session", map[string]any{"capabilities": map[string]any{"alwaysMatch": map[string]any{"unhandledPromptBehavior": "ignore",
		"goog:chromeOptions": map[string]any{"args": args}, "goog:loggingPrefs": map[string]any{"browser": "ALL"}}}}, &s)
	b.base += "/session/" + s.SessionID
	t.Cleanup(func() { b.Ask("DELETE", "", nil, nil) })
	return b
}

// Ask sends one command of the protocol and decodes its value into answer, if
// there is one.
func (b *Chromium) Ask(method, path string, body, answer any) {
	b.t.Helper()
	status, got := b.Tell(method, path, body)
	if status != http.StatusOK {
		b.t.Fatalf("%s: %s", path, got)
	}
	if answer != nil {
		if err := json.Unmarshal([]byte(got), &struct{ Value any }{answer}); err != nil {
			b.t.Fatalf("%s: %v: %s", path, err, got)
		}
	}
}

// Tell is Ask for who can live with a refusal.
func (b *Chromium) Tell(method, path string, body any) (status int, answer string) {
	b.t.Helper()
	text := []byte("{}")
	if body != nil {
		text, _ = json.Marshal(body)
	}
	req, _ := http.NewRequest(method, b.base+path, bytes.NewReader(text))
	res, err := (&http.Client{Timeout: time.Minute}).Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	got, _ := io.ReadAll(res.Body)
	return res.StatusCode, string(got)
}

// Open loads a page.
func (b *Chromium) Open(url string) {
	b.t.Helper()
	b.Ask("POST", "/url", map[string]any{"url": url}, nil)
}

// Script runs a function's body in the page and returns its text.
func (b *Chromium) Script(js string) (v string) {
	b.t.Helper()
	b.Ask("POST", "/execute/sync", map[string]any{"script": js, "args": []any{}}, &v)
	return v
}

// Until waits for an expression to hold. It asks again and again: a script that
// waits in the page dies with it when another page loads.
func (b *Chromium) Until(what string) {
	b.t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for limit := time.Now().Add(time.Minute); time.Now().Before(limit); <-tick.C {
		status, got := b.Tell("POST", "/execute/sync", map[string]any{"script": "return !!(" + what + ")", "args": []any{}})
		if status == http.StatusOK && strings.Contains(got, `"value":true`) {
			return
		}
	}
	b.t.Fatalf("never came: %s\n%s", what, b.Script("return document.body.innerText"))
}

// element is the id of the first one that a selector finds.
func (b *Chromium) element(css string) string {
	b.t.Helper()
	var e map[string]string
	b.Ask("POST", "/element", map[string]any{"using": "css selector", "value": css}, &e)
	for _, id := range e {
		return id
	}
	return ""
}

// Fill types into an element.
func (b *Chromium) Fill(css, text string) {
	b.t.Helper()
	b.Ask("POST", "/element/"+b.element(css)+"/value", map[string]any{"text": text}, nil)
}

// Click clicks an element. A live page may draw it anew meanwhile: then the new
// one is clicked.
func (b *Chromium) Click(css string) {
	b.t.Helper()
	for range 50 {
		status, got := b.Tell("POST", "/element/"+b.element(css)+"/click", nil)
		if status == http.StatusOK {
			return
		}
		if !strings.Contains(got, "stale element reference") {
			b.t.Fatalf("click %s: %s", css, got)
		}
	}
	b.t.Fatalf("click %s: it is drawn anew again and again", css)
}

// Screenshot writes what the window shows to a PNG file.
func (b *Chromium) Screenshot(file string) {
	b.t.Helper()
	var text string
	b.Ask("GET", "/screenshot", nil, &text)
	png, err := base64.StdEncoding.DecodeString(text)
	if err == nil {
		err = os.WriteFile(file, png, 0o600)
	}
	if err != nil {
		b.t.Fatalf("screenshot: %v", err)
	}
}

// Faults are the errors that the page has met, broken policies among them.
func (b *Chromium) Faults() (faults []string) {
	b.t.Helper()
	var log []struct{ Level, Message string }
	b.Ask("POST", "/se/log", map[string]any{"type": "browser"}, &log)
	for _, l := range log {
		if l.Level == "SEVERE" || strings.Contains(l.Message, "Content Security Policy") {
			faults = append(faults, l.Level+": "+l.Message)
		}
	}
	return faults
}
