package console_test

import (
	"encoding/base64"
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"ringward/calllog"
	"ringward/console"
	"ringward/console/browsertest"
	"ringward/console/hooks"
	"ringward/console/people"
	"ringward/numberdb"
)

// axeSource is axe-core (https://github.com/dequelabs/axe-core), as
// scripts/install-test-tools.sh puts it there.
func axeSource(t *testing.T) string {
	t.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Skip(err)
	}
	b, err := os.ReadFile(filepath.Join(cache, "ringward", "node", "node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		t.Skip("axe-core is not installed: scripts/install-test-tools.sh")
	}
	return string(b)
}

// everything is a rig in which no page is empty.
func everything(t *testing.T) *rig {
	h, err := hooks.Open(hooks.Options{Path: filepath.Join(t.TempDir(), "hooks.db"), Hooks: []hooks.Hook{{Name: "desk", Kind: hooks.Feishu, URL: "https://192.0.2.1/x", Mask: true}}})
	if err != nil {
		t.Fatal(err)
	}
	r := newRig(t, func(o *console.Options) {
		o.Effects, o.Bench, o.Hooks, o.Logs, o.Demo, o.Choices = effects{}, bench{}, h, logs{}, demo{}, choices{map[string]console.Choice{}}
		o.Modes, o.Config = modes{make(chan string, 1)}, func() string { return "data: \"x\"\n" }
	})
	t.Cleanup(func() { h.Close() })
	notice := record("call-n", "shop-b")
	notice.Level, notice.CallerName = calllog.Notice, hostile[0]
	r.keep(record("call-a", "shop-a"), notice)
	ctx, e := t.Context(), numberdb.Edit{Author: "ann", Reason: "test"}
	must := func(_ int64, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(r.numbers.PutScam(ctx, e, numberdb.Scam{Number: "CN:95588", Campaign: "winter", Source: "feed"}))
	must(r.numbers.PutNumber(ctx, e, numberdb.Number{Institution: "icbc", Number: "CN:95588", Direction: "may-call-out", Source: "x",
		Evidence: []numberdb.Evidence{{URL: "https://example.com/a", Fetched: "2026-01-01", By: "ann"}}}))
	must(r.numbers.PutPattern(ctx, e, numberdb.Pattern{Prefix: "+86170", Category: "mvno", Severity: 1}))
	must(r.numbers.PutAppeal(ctx, e, numberdb.Appeal{Number: "+8613800138000", By: "a caller", Text: "not me"}))
	return r
}

// demo is a demonstration that plays nothing.
type demo struct{}

func (demo) Line() string              { return "shop-a" }
func (demo) Scenes() []string          { return []string{"freeze-call", "listed", "imitation", "registered"} }
func (demo) Play(string, string) error { return nil }

// pagesOf are the pages that each role opens.
var pagesOf = map[people.Role][]string{
	people.Merchant: {"/", "/calls", "/calls/call-a", "/saved", "/privacy", "/check?number=95588", "/account", "/api", "/demo", "/nothing"},
	people.Operator: {"/demo", "/operate", "/operate/log", "/operate/config", "/calls?level=notice", "/people", "/people/anna", "/hooks", "/api", "/account"},
	people.Analyst: {"/numbers?q=icbc", "/numbers/institution", "/numbers/institution/icbc", "/numbers/institution/icbc/edit", "/numbers/number/new", "/numbers/pattern/1", "/number?number=95588",
		"/campaigns", "/numbers/rule/new", "/review", "/conflicts", "/import", "/bench?number=95588"},
	people.Reviewer: {"/review?entity=scam", "/conflicts", "/numbers/scam/1"},
	people.Auditor:  {"/audit", "/operate", "/calls/call-a"},
}

// TestPagesAreAccessible: axe finds nothing serious on any page, light or dark.
func TestPagesAreAccessible(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a browser")
	}
	axe := axeSource(t)
	b, r := browsertest.New(t), everything(t)
	b.Ask("POST", "/goog/cdp/execute", map[string]any{"cmd": "Page.addScriptToEvaluateOnNewDocument", "params": map[string]any{"source": axe}}, nil)
	for _, look := range []struct {
		scheme, lang string
		width        int
	}{{"light", "zh-CN", 390}, {"dark", "en", 1280}} {
		b.Ask("POST", "/goog/cdp/execute", map[string]any{"cmd": "Emulation.setDeviceMetricsOverride", "params": map[string]any{"width": look.width, "height": 900, "deviceScaleFactor": 1, "mobile": false}}, nil)
		b.Ask("POST", "/goog/cdp/execute", map[string]any{"cmd": "Emulation.setEmulatedMedia", "params": map[string]any{"features": []any{map[string]any{"name": "prefers-color-scheme", "value": look.scheme}}}}, nil)
		b.Open(r.url + "/login?lang=" + look.lang)
		check(t, b, look.scheme+" /login")
		for role, pages := range pagesOf {
			name := map[people.Role]string{people.Merchant: "anna", people.Operator: "boss", people.Analyst: "ann", people.Reviewer: "rob", people.Auditor: "otto"}[role]
			if look.scheme == "dark" {
				name += "-en"
			}
			r.add(people.User{Name: name, Role: role, Lang: look.lang, Lines: map[bool][]string{true: {"shop-a", "shop-b"}}[role == people.Merchant]})
			r.c.Tell(console.Event{Kind: console.Warned, Call: "live-a", Line: "shop-a", Caller: "+8613800138000", CallerName: hostile[1], At: time.Now(), Verdict: alarm()})
			r.signIn(b, name)
			for _, page := range pages {
				b.Open(r.url + page)
				path, _, _ := strings.Cut(page, "?")
				if at := b.Script("return location.pathname"); at != path {
					t.Errorf("%s of the %s leads to %s", page, role, at)
				}
				check(t, b, look.scheme+" "+page)
				picture(b, look.scheme+" "+string(role)+" "+page)
			}
		}
	}
}

// signIn gives the browser a session of a user's.
func (r *rig) signIn(b *browsertest.Chromium, name string) {
	r.t.Helper()
	own := r.browser()
	own.login(name)
	at, _ := url.Parse(r.url)
	for _, k := range own.http.Jar.Cookies(at) {
		b.Ask("POST", "/cookie", map[string]any{"cookie": map[string]any{"name": k.Name, "value": k.Value, "path": "/", "httpOnly": true}}, nil)
	}
}

// picture keeps what the page looks like, where RINGWARD_SHOTS names a folder.
func picture(b *browsertest.Chromium, name string) {
	dir := os.Getenv("RINGWARD_SHOTS")
	if dir == "" {
		return
	}
	var tall struct{ Data string }
	b.Ask("POST", "/goog/cdp/execute", map[string]any{"cmd": "Page.captureScreenshot", "params": map[string]any{"format": "png", "captureBeyondViewport": true}}, &tall)
	png, _ := base64.StdEncoding.DecodeString(tall.Data) // an empty file says it
	_ = os.WriteFile(filepath.Join(dir, strings.NewReplacer("/", "_", "?", "_", " ", "-").Replace(name)+".png"), png, 0o600)
}

// check runs axe on the page that is open.
func check(t *testing.T, b *browsertest.Chromium, where string) {
	t.Helper()
	found := b.Script(`return axe.run(document, {resultTypes: ["violations"]}).then((r) => r.passes.length < 10 ? "axe did not look" : JSON.stringify(r.violations.map((v) =>
		({id: v.id, impact: v.impact, help: v.help, nodes: v.nodes.slice(0, 3).map((n) => n.html.slice(0, 200) + " " + (n.any[0] ? n.any[0].message : ""))}))))`)
	var all []struct {
		ID, Impact, Help string
		Nodes            []string
	}
	if err := json.Unmarshal([]byte(found), &all); err != nil {
		t.Fatalf("%s: %v: %s", where, err, strconv.Quote(found))
	}
	for _, v := range all {
		if v.Impact == "serious" || v.Impact == "critical" {
			t.Errorf("%s: %s (%s): %s", where, v.ID, v.Help, strings.Join(v.Nodes, "\n\t"))
		} else {
			t.Logf("%s: %s (%s, %s): %s", where, v.ID, v.Impact, v.Help, strings.Join(v.Nodes, "\n\t"))
		}
	}
}
