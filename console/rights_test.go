package console_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"ringward/console"
	"ringward/console/people"
)

// TestPagesByRole is the table of who may open what.
func TestPagesByRole(t *testing.T) {
	r := newRig(t)
	r.keep(record("call-a", "shop-a"))
	r.c.Tell(console.Event{Kind: console.Answered, Call: "live-a", Line: "shop-a", Caller: "+8613800138000", At: time.Now(), Verdict: alarm()})
	roles := []people.Role{people.Merchant, people.Analyst, people.Reviewer, people.Operator, people.Auditor}
	browsers := map[people.Role]*browser{}
	for _, role := range roles {
		browsers[role] = r.as("the-"+string(role), role, "shop-a")
	}
	nobody := r.browser()
	for _, p := range []struct {
		path string
		who  string // first letters: m, a(nalyst), r, o, u (auditor)
	}{
		{"/now", "maou"}, {"/calls", "maou"}, {"/calls/call-a", "maou"}, {"/saved", "m"}, {"/privacy", "m"}, {"/check?number=95588", "maro"},
		{"/operate", "ou"}, {"/operate/now", "ou"}, {"/numbers?q=95588", "arou"}, {"/numbers/institution/icbc", "arou"},
		{"/people", "o"}, {"/people/the-merchant", "o"}, {"/audit", "u"}, {"/api", "mao"}, {"/account", "marou"},
		{"/v1/me", "marou"}, {"/v1/calls", "maou"}, {"/v1/calls/call-a", "maou"}, {"/v1/calls/running", "maou"}, {"/v1/lines", "maou"},
		{"/v1/lines/shop-a/saved", "m"}, {"/v1/openapi.json", "marou"},
	} {
		for _, role := range roles {
			letter := string(role[0])
			if role == people.Auditor {
				letter = "u"
			}
			want := http.StatusForbidden
			if strings.Contains(p.who, letter) {
				want = http.StatusOK
			}
			if got := browsers[role].get(p.path); got.status != want {
				t.Errorf("%s as %s: got %d, want %d", p.path, role, got.status, want)
			}
		}
		want := http.StatusSeeOther
		if strings.HasPrefix(p.path, "/v1") {
			want = http.StatusUnauthorized
		}
		if got := nobody.get(p.path); got.status != want {
			t.Errorf("%s as nobody: got %d, want %d", p.path, got.status, want)
		}
	}
}

// TestMerchantsAreApart: what belongs to another merchant is answered like what is not there.
func TestMerchantsAreApart(t *testing.T) {
	r := newRig(t)
	r.keep(record("call-a", "shop-a"))
	r.c.Tell(console.Event{Kind: console.Answered, Call: "live-a", Line: "shop-a", Caller: "+8613800138000", At: time.Now(), Verdict: alarm()})
	a, b, none := r.as("anna", people.Merchant, "shop-a"), r.as("bert", people.Merchant, "shop-b"), r.as("carl", people.Merchant)
	saved := a.api("POST", "/v1/lines/shop-a/saved", `{"number":"13900139000","relation":"customer"}`, nil)
	if saved.status != http.StatusCreated {
		t.Fatal(saved)
	}
	var s console.Saved
	unmarshal(t, saved.body, &s)
	for _, other := range []*browser{b, none} {
		for _, tc := range []struct{ method, path, body string }{
			{"GET", "/v1/calls/call-a", ""}, {"GET", "/v1/calls?line=shop-a", ""}, {"GET", "/v1/lines/shop-a/saved", ""},
			{"POST", "/v1/lines/shop-a/saved", `{"number":"13900139001","relation":"customer"}`},
			{"DELETE", fmt.Sprintf("/v1/lines/shop-a/saved/%d", s.ID), ""}, {"DELETE", fmt.Sprintf("/v1/lines/shop-b/saved/%d", s.ID), ""},
			{"POST", "/v1/calls/call-a/report", ""}, {"POST", "/v1/calls/live-a/dismiss", ""}, {"POST", "/v1/calls/live-a/refuse", ""},
			{"POST", "/v1/verdict", `{"number":"95588","line":"shop-a"}`}, {"GET", "/v1/events?line=shop-a", ""},
		} {
			theirs := other.api(tc.method, tc.path, tc.body, nil)
			missing := other.api(tc.method, strings.NewReplacer("shop-a", "no-line", "call-a", "no-call", "live-a", "no-call", fmt.Sprintf("/saved/%d", s.ID), "/saved/999999").Replace(tc.path), strings.Replace(tc.body, "shop-a", "no-line", 1), nil)
			if theirs.status != http.StatusNotFound || missing.status != theirs.status || missing.body != theirs.body {
				t.Errorf("%s %s: %d %s; of what is not there: %d %s", tc.method, tc.path, theirs.status, theirs.body, missing.status, missing.body)
			}
		}
		for _, page := range []string{"/", "/now", "/calls", "/saved", "/v1/calls", "/v1/calls/running", "/v1/lines"} {
			if got := other.get(page); strings.Contains(got.body, "call-a") || strings.Contains(got.body, "live-a") || strings.Contains(got.body, "shop-a") || strings.Contains(got.body, "139 0013 9000") {
				t.Errorf("%s shows another's data: %s", page, got.body)
			}
		}
		if got := other.get("/calls/call-a"); got.status != http.StatusNotFound {
			t.Errorf("the page of another's call: %d", got.status)
		}
	}
	if got := a.get("/v1/calls/call-a"); got.status != http.StatusOK {
		t.Errorf("the own call: %d", got.status)
	}
	if got := r.control.list(); len(got) > 0 {
		t.Errorf("a stranger did %v", got)
	}
}

// TestLinesOfOneNameAreNobodys: two lines with one id cannot be told apart in the records.
func TestLinesOfOneNameAreNobodys(t *testing.T) {
	r := newRig(t, func(o *console.Options) {
		o.Lines = lines{{ID: "shop", Number: "+862155550101"}, {ID: "shop", Number: "+862155550102"}, {ID: "other", Number: "+862155550103"}}
	})
	op := r.as("boss", people.Operator)
	csrf := op.csrf("/people")
	if got := op.post("/people", csrf, url.Values{"name": {"anna"}, "role": {"merchant"}, "lang": {"en"}, "line": {"shop"}}); got.status != http.StatusSeeOther || !strings.Contains(got.header.Get("Location"), "err=") {
		t.Errorf("a line that is two was given out: %d %s", got.status, got.header.Get("Location"))
	}
	m := r.as("bert", people.Merchant, "shop", "other") // given before the second line came
	if got := m.get("/v1/lines"); strings.Contains(got.body, `"shop"`) || !strings.Contains(got.body, `"other"`) {
		t.Error(got.body)
	}
}

func TestEveryReadIsInTheAudit(t *testing.T) {
	r := newRig(t)
	r.keep(record("call-a", "shop-a"), record("call-b", "shop-b"))
	r.c.Tell(console.Event{Kind: console.Answered, Call: "live-a", Line: "shop-a", At: time.Now(), Verdict: alarm()})
	m := r.as("anna", people.Merchant, "shop-a")
	for _, tc := range []struct{ path, want string }{
		{"/calls", "anna list calls call-a"}, {"/v1/calls", "anna list calls call-a"},
		{"/calls/call-a", "anna read call call-a"}, {"/v1/calls/call-a", "anna read call call-a"},
		{"/now", "anna watch calls live-a"},
	} {
		before := len(r.audit())
		if got := m.get(tc.path); got.status != http.StatusOK {
			t.Fatalf("%s: %d", tc.path, got.status)
		}
		after := r.audit()
		if len(after) != before+1 || after[0] != tc.want {
			t.Errorf("%s: got %q, want %q", tc.path, after[:len(after)-before], tc.want)
		}
	}
	before := len(r.audit())
	m.get("/now")
	if after := r.audit(); len(after) != before {
		t.Errorf("the same running call was noted twice: %v", after[0])
	}
	if _, _, err := r.people.VerifyAudit(context.Background()); err != nil {
		t.Error(err)
	}
	// No audit, no read.
	r.people.Close()
	if got := m.get("/v1/calls/call-a"); got.status < 500 || strings.Contains(got.body, "13800138000") {
		t.Errorf("read without an audit: %d %s", got.status, got.body)
	}
}

func TestOperatorMakesUsersByLinks(t *testing.T) {
	r := newRig(t)
	link, err := r.people.Begin(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	setup := strings.TrimPrefix(r.c.SetupURL(link), r.c.URL())
	b := r.browser()
	if got := b.get("/"); got.status != http.StatusSeeOther || got.header.Get("Location") != "/login" {
		t.Errorf("first visit: %d %v", got.status, got.header)
	}
	choose := func(b *browser, at, one, two string) result {
		return b.post(at, b.csrf(at), url.Values{"password": {one}, "again": {two}})
	}
	if got := choose(b, setup, password, "another one here"); got.status != http.StatusUnprocessableEntity {
		t.Errorf("two different passwords: %d", got.status)
	}
	if got := choose(b, setup, "short", "short"); got.status != http.StatusUnprocessableEntity {
		t.Errorf("a short password: %d", got.status)
	}
	if got := choose(b, setup, password, password); got.status != http.StatusSeeOther {
		t.Fatalf("a good password: %d %s", got.status, got.body)
	}
	if got := b.get(setup); got.status != http.StatusNotFound || strings.Contains(got.body, "csrf_token") {
		t.Errorf("the link works again: %d", got.status)
	}
	b.login(people.FirstOperator)
	made := b.post("/people", b.csrf("/people"), url.Values{"name": {"anna"}, "role": {"merchant"}, "lang": {"zh-CN"}, "line": {"shop-a"}})
	i := strings.Index(made.body, "/setup/")
	if made.status != http.StatusOK || i < 0 {
		t.Fatalf("%d %s", made.status, made.body)
	}
	at := made.body[i : i+strings.IndexByte(made.body[i:], '<')]
	m := r.browser()
	if got := choose(m, at, password, password); got.status != http.StatusSeeOther {
		t.Fatalf("the merchant's link: %d", got.status)
	}
	m.login("anna")
	if got := m.get("/"); got.status != http.StatusOK || !strings.Contains(got.body, `lang="zh-CN"`) {
		t.Errorf("the merchant's page: %d", got.status)
	}
	for name, form := range map[string]url.Values{
		"taken": {"name": {"anna"}, "role": {"merchant"}, "lang": {"en"}},
		"role":  {"name": {"eve"}, "role": {"root"}, "lang": {"en"}},
		"name":  {"name": {"<script>"}, "role": {"merchant"}, "lang": {"en"}},
		"line":  {"name": {"eve"}, "role": {"merchant"}, "lang": {"en"}, "line": {"no-line"}},
	} {
		if got := b.post("/people", b.csrf("/people"), form); !strings.Contains(got.header.Get("Location"), "err=") {
			t.Errorf("%s: %d %v", name, got.status, got.header.Get("Location"))
		}
	}
	// Disabled: out at once.
	if got := b.post("/people/anna", b.csrf("/people/anna"), url.Values{"role": {"merchant"}, "lang": {"en"}, "line": {"shop-a"}, "disabled": {"1"}}); got.status != http.StatusSeeOther {
		t.Fatal(got.status)
	}
	if got := m.get("/"); got.header.Get("Location") != "/login" {
		t.Errorf("a disabled user is still in: %d", got.status)
	}
	if got := b.post("/people/operator", b.csrf("/people/operator"), url.Values{"role": {"analyst"}, "lang": {"en"}}); !strings.Contains(got.header.Get("Location"), "err=last") {
		t.Errorf("the last operator went: %v", got.header.Get("Location"))
	}
	if !slices.Contains(r.audit(), "operator add user anna as merchant of shop-a") {
		t.Errorf("audit: %v", r.audit())
	}
}
