package console_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"strings"
	"testing"
	"time"

	"ringward/console"
	"ringward/console/people"
)

// chromium is a real browser, driven by chromedriver (W3C WebDriver).
type chromium struct {
	t    *testing.T
	base string
}

func newChromium(t *testing.T) *chromium {
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
	b := &chromium{t, fmt.Sprintf("http://127.0.0.1:%d", port)}
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
	var s struct{ SessionID string }
	b.ask("POST", "/session", map[string]any{"capabilities": map[string]any{"alwaysMatch": map[string]any{"unhandledPromptBehavior": "ignore",
		"goog:chromeOptions": map[string]any{"args": args}, "goog:loggingPrefs": map[string]any{"browser": "ALL"}}}}, &s)
	b.base += "/session/" + s.SessionID
	t.Cleanup(func() { b.ask("DELETE", "", nil, nil) })
	return b
}

func (b *chromium) ask(method, path string, body, answer any) {
	b.t.Helper()
	status, got := b.tell(method, path, body)
	if status != http.StatusOK {
		b.t.Fatalf("%s: %s", path, got)
	}
	if answer != nil {
		unmarshal(b.t, got, &struct{ Value any }{answer})
	}
}

// tell is ask for who can live with a refusal.
func (b *chromium) tell(method, path string, body any) (status int, answer string) {
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

func (b *chromium) open(url string) {
	b.t.Helper()
	b.ask("POST", "/url", map[string]any{"url": url}, nil)
}

func (b *chromium) script(js string) (v string) {
	b.t.Helper()
	b.ask("POST", "/execute/sync", map[string]any{"script": js, "args": []any{}}, &v)
	return v
}

// until waits for an expression to hold. It asks again and again: a script that
// waits in the page dies with it when another page loads.
func (b *chromium) until(what string) {
	b.t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for limit := time.Now().Add(time.Minute); time.Now().Before(limit); <-tick.C {
		status, got := b.tell("POST", "/execute/sync", map[string]any{"script": "return !!(" + what + ")", "args": []any{}})
		if status == http.StatusOK && strings.Contains(got, `"value":true`) {
			return
		}
	}
	b.t.Fatalf("never came: %s\n%s", what, b.script("return document.body.innerText"))
}

func (b *chromium) element(css string) string {
	b.t.Helper()
	var e map[string]string
	b.ask("POST", "/element", map[string]any{"using": "css selector", "value": css}, &e)
	for _, id := range e {
		return id
	}
	return ""
}

func (b *chromium) fill(css, text string) {
	b.t.Helper()
	b.ask("POST", "/element/"+b.element(css)+"/value", map[string]any{"text": text}, nil)
}

func (b *chromium) click(css string) {
	b.t.Helper()
	for range 20 { // a live page may have drawn it anew meanwhile
		status, got := b.tell("POST", "/element/"+b.element(css)+"/click", nil)
		if status == http.StatusOK {
			return
		}
		if !strings.Contains(got, "stale element") {
			b.t.Fatalf("click %s: %s", css, got)
		}
	}
	b.t.Fatalf("click %s: it never stays", css)
}

// TestMerchantInChromium goes the merchant's way in a real browser: the link,
// the login, a call that rings while the page is open, the buttons. Names that
// callers chose stay text, and no policy of the page is hit.
func TestMerchantInChromium(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a browser")
	}
	b, r := newChromium(t), newRig(t)
	rec := record("call-a", "shop-a")
	rec.CallerName = hostile[0]
	r.keep(rec)
	link, err := r.people.Add(t.Context(), people.User{Name: "anna", Role: people.Merchant, Lang: "en", Lines: []string{"shop-a"}})
	if err != nil {
		t.Fatal(err)
	}
	b.open(r.c.SetupURL(link))
	b.fill("input[name=password]", password)
	b.fill("input[name=again]", password)
	b.click("button.main")
	b.until(`location.pathname === "/login"`)
	b.fill("input[name=username]", "anna")
	b.fill("input[name=password]", password)
	b.click("button.main")
	b.until(`location.pathname === "/" && document.body.innerText.includes("No call now")`)
	b.script("window.same = true") // the page must not be loaded anew
	v := alarm()
	v.Reasons[0].Text.EN = hostile[1]
	r.c.Tell(console.Event{Kind: console.Answered, Call: "live-a", Line: "shop-a", Caller: "+8613800138000", CallerName: hostile[2], At: time.Now(), Verdict: v})
	b.until(`window.same && document.querySelector("article.call.alarm") && document.title.startsWith("⚠") && document.getElementById("say").textContent !== ""`)
	for _, name := range hostile[:3] {
		if text := b.script("return document.body.innerText"); !strings.Contains(text, name) {
			t.Errorf("%q is not shown as text: %s", name, text)
		}
	}
	b.click("#dismiss-live-a")
	b.until(`document.querySelector("article.call.dismissed")`)
	b.click("#refuse-live-a")
	b.until(`location.search === "?done=refused"`)
	if got := r.control.list(); len(got) != 2 {
		t.Errorf("done: %v", got)
	}
	r.c.Tell(console.Event{Kind: console.Ended, Call: "live-a", Line: "shop-a", At: time.Now(), Verdict: v, Outcome: "refused"})
	b.until(`document.body.innerText.includes("No call now")`)
	b.click("form[action='/logout'] button")
	b.until(`location.pathname === "/login"`)
	var log []struct{ Level, Message string }
	b.ask("POST", "/se/log", map[string]any{"type": "browser"}, &log)
	for _, l := range log {
		if l.Level == "SEVERE" || strings.Contains(l.Message, "Content Security Policy") {
			t.Errorf("%s: %s", l.Level, l.Message)
		}
	}
}
