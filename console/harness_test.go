package console_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/netip"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"ringward/calllog"
	"ringward/console"
	"ringward/console/people"
	"ringward/numberdb"
	"ringward/screening"
)

const password = "correct horse battery"

// rig is a console that serves on loopback, with real files behind it.
type rig struct {
	t       *testing.T
	c       *console.Console
	people  *people.Store
	numbers *numberdb.Store
	calls   *calllog.Log
	control *control
	url     string
}

// control notes what was done to running calls.
type control struct {
	mu   sync.Mutex
	done []string
	over bool
}

func (k *control) Dismiss(call string, _ time.Duration) error { return k.do("dismiss " + call) }
func (k *control) Refuse(call string) error                   { return k.do("refuse " + call) }

func (k *control) do(what string) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.over {
		return console.ErrNoCall
	}
	k.done = append(k.done, what)
	return nil
}

func (k *control) list() []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return append([]string(nil), k.done...)
}

type lines []console.Line

func (l lines) Lines() []console.Line { return l }

var twoLines = lines{
	{ID: "shop-a", Number: "+862155550101", Name: "A", Language: "zh-CN", Mode: "announce", Listens: "never"},
	{ID: "shop-b", Number: "+862155550102", Name: "B", Language: "en", Mode: "block", Listens: "unverified", Keeps: true},
}

type health struct{}

func (health) Phones() []console.PhoneRegistered {
	return []console.PhoneRegistered{{Line: "shop-a", Network: "udp", Address: "192.0.2.9:5060", Agent: "phone", Until: time.Now().Add(time.Hour)}}
}

func (health) Gauges() []console.Gauge {
	return []console.Gauge{{Name: "active", Value: 1}, {Name: "panics", Value: 2, Bad: true}}
}
func (health) Trunks() []console.Trunk {
	return []console.Trunk{{Name: "carrier", Sources: []string{"192.0.2.0/28"}, Traits: []string{"trusted", "domestic"}}}
}

// verdicts answers every question with one verdict.
type verdicts struct{}

func (verdicts) Verdict(_ context.Context, q console.Question) (console.Answer, error) {
	if q.Line == "gone" {
		return console.Answer{}, fmt.Errorf("%w: no line %q", console.ErrQuestion, q.Line)
	}
	v := alarm()
	return console.Answer{Number: "+8613800138000", National: "138 0013 8000", Class: "mobile", Action: "announce", Versions: console.Versions{Register: "1", Rules: "2"}, Raw: &v}, nil
}

func alarm() screening.Verdict {
	return screening.Verdict{Level: screening.LevelAlarm, Reasons: []screening.Reason{{Rule: "caller.imitation", Text: screening.Text{ZH: "号码模仿官方热线。", EN: "The number imitates a hotline."}}}}
}

func newRig(t *testing.T, change ...func(*console.Options)) *rig {
	t.Helper()
	dir := t.TempDir()
	r := &rig{t: t, control: &control{}}
	var err error
	if r.people, err = people.Open(people.Options{Path: filepath.Join(dir, "people.db"), Failures: 100}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.people.Close() })
	if r.numbers, err = numberdb.Open(filepath.Join(dir, "numbers.db"), numberdb.Options{SeedExamples: true}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.numbers.Close() })
	if r.calls, err = calllog.Open(calllog.Options{Path: filepath.Join(dir, "calls.db")}); err != nil {
		t.Fatal(err)
	}
	o := console.Options{Log: slog.New(slog.DiscardHandler), Listen: netip.MustParseAddrPort("127.0.0.1:0"), People: r.people, Numbers: r.numbers, Calls: r.calls,
		Lines: twoLines, Verdicts: verdicts{}, Dismiss: r.control, Refuse: r.control, Health: health{}, Retention: 180 * 24 * time.Hour}
	for _, f := range change {
		f(&o)
	}
	if r.c, err = console.New(o); err != nil {
		t.Fatal(err)
	}
	r.url = "http://" + r.c.Addr().String()
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := r.c.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	wg.Go(func() { _ = r.calls.Run(ctx) })
	t.Cleanup(func() {
		cancel()
		wg.Wait()
		end, stop := context.WithTimeout(context.Background(), 5*time.Second)
		defer stop()
		_ = r.calls.Close(end)
	})
	return r
}

// keep writes calls and waits until they can be read.
func (r *rig) keep(recs ...calllog.Record) {
	r.t.Helper()
	for _, rec := range recs {
		if !r.calls.Keep(rec) {
			r.t.Fatal("not kept")
		}
	}
	for r.calls.Counters().Waiting > 0 || int(r.calls.Counters().Written) < len(recs) {
		if err := r.calls.Counters().Failing; err != nil {
			r.t.Fatal(err)
		}
	}
}

var began = time.Now().Add(-2 * time.Hour).Truncate(time.Second)

func record(id, line string) calllog.Record {
	return calllog.Record{
		Summary: calllog.Summary{ID: id, Trunk: "carrier", Line: line, Caller: "+8613800138000", CallerName: "银联客服", Start: began, Answered: began.Add(5 * time.Second),
			End: began.Add(65 * time.Second), Level: calllog.Alarm, Action: "announce", Outcome: "answered", Status: 200, EndedBy: "merchant"},
		CallerRaw: "13800138000", Called: "+862155550101", Screened: true,
		Reasons: []calllog.Reason{{Rule: "caller.imitation", ZH: "号码模仿官方热线。", EN: "The number imitates a hotline."}},
		Events:  []calllog.Event{{Kind: "verdict", Detail: "alarm"}, {At: 5 * time.Second, Kind: "answer"}, {At: time.Minute, Kind: "key", Detail: "*1"}},
	}
}

// browser is one person's browser.
type browser struct {
	*rig
	http *http.Client
}

func (r *rig) browser() *browser {
	jar, _ := cookiejar.New(nil)
	return &browser{r, &http.Client{Jar: jar, Timeout: 20 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// add makes a user with a password.
func (r *rig) add(u people.User) {
	r.t.Helper()
	if u.Lang == "" {
		u.Lang = "en"
	}
	link, err := r.people.Add(context.Background(), u)
	if err != nil {
		r.t.Fatal(err)
	}
	if _, err := r.people.UseLink(context.Background(), link, password); err != nil {
		r.t.Fatal(err)
	}
}

// as logs a new user of a role in.
func (r *rig) as(name string, role people.Role, lines ...string) *browser {
	r.t.Helper()
	r.add(people.User{Name: name, Role: role, Lines: lines})
	b := r.browser()
	b.login(name)
	return b
}

var csrfField = regexp.MustCompile(`name="csrf_token" value="([^"]+)"`)

func (b *browser) login(name string) {
	b.t.Helper()
	res := b.post("/login", b.csrf("/login"), url.Values{"username": {name}, "password": {password}})
	if res.status != http.StatusSeeOther {
		b.t.Fatalf("login of %s: %d %s", name, res.status, res.body)
	}
}

// csrf reads the token of a page's first form.
func (b *browser) csrf(page string) string {
	b.t.Helper()
	m := csrfField.FindStringSubmatch(b.get(page).body)
	if m == nil {
		b.t.Fatalf("%s has no form", page)
	}
	return m[1]
}

type result struct {
	status int
	header http.Header
	body   string
}

func (b *browser) do(method, path, body string, header map[string]string) result {
	b.t.Helper()
	req, err := http.NewRequest(method, b.url+path, strings.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	for k, v := range header {
		if k == "Host" {
			req.Host = v
			continue
		}
		req.Header.Set(k, v)
	}
	res, err := b.http.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return result{res.StatusCode, res.Header, string(text)}
}

func (b *browser) get(path string) result { return b.do("GET", path, "", nil) }

// post sends a form as a page of the console does.
func (b *browser) post(path, csrf string, form url.Values) result {
	form.Set("csrf_token", csrf)
	return b.do("POST", path, form.Encode(), map[string]string{"Content-Type": "application/x-www-form-urlencoded", "Origin": b.url, "Sec-Fetch-Site": "same-origin"})
}

// api sends JSON as a script of the console's own pages does.
func (b *browser) api(method, path, body string, header map[string]string) result {
	h := map[string]string{"Content-Type": "application/json", "Origin": b.url, "X-CSRF-Token": b.csrf("/account")}
	for k, v := range header {
		h[k] = v
	}
	return b.do(method, path, body, h)
}

// audit is what the audit says was done, the latest first.
func (r *rig) audit() []string {
	r.t.Helper()
	entries, err := r.people.Entries(context.Background(), 0, 1000)
	if err != nil {
		r.t.Fatal(err)
	}
	var out []string
	for _, e := range entries {
		out = append(out, strings.TrimSpace(e.Who+" "+e.Action+" "+e.Subject))
	}
	return out
}

func unmarshal(t *testing.T, text string, v any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), v); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
}
