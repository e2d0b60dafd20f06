package console_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"ringward/console"
	"ringward/console/people"
)

func TestHeadersOfEveryAnswer(t *testing.T) {
	r := newRig(t)
	b := r.as("anna", people.Merchant, "shop-a")
	for _, path := range []string{"/", "/login", "/nothing", "/v1/me", "/v1/nothing", "/static/console.css", "/healthz"} {
		h := b.get(path).header
		csp := h.Get("Content-Security-Policy")
		for _, part := range []string{"default-src 'none'", "script-src 'self'", "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'", "form-action 'self'"} {
			if !strings.Contains(csp, part) {
				t.Errorf("%s: CSP lacks %s: %s", path, part, csp)
			}
		}
		if strings.Contains(csp, "unsafe") || h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Referrer-Policy") != "same-origin" || h.Get("Server") != "" {
			t.Errorf("%s: %v", path, h)
		}
		if !strings.HasPrefix(path, "/static") && h.Get("Cache-Control") != "no-store" {
			t.Errorf("%s may be cached", path)
		}
		if h.Get("Strict-Transport-Security") != "" {
			t.Errorf("%s: HSTS on plain http", path)
		}
	}
}

func TestNothingInline(t *testing.T) {
	r := newRig(t)
	b := r.as("boss", people.Operator)
	m := r.as("anna", people.Merchant, "shop-a")
	r.c.Tell(console.Event{Kind: console.Answered, Call: "live-a", Line: "shop-a", At: time.Now(), Verdict: alarm()})
	for _, page := range []string{b.get("/operate").body, b.get("/people").body, b.get("/api").body, m.get("/").body, m.get("/saved").body, r.browser().get("/login").body} {
		for _, bad := range []string{" style=", "<style", "javascript:", " onclick", " onload", " onerror"} {
			if strings.Contains(page, bad) {
				t.Errorf("%q in %s", bad, page)
			}
		}
		if strings.Contains(strings.ReplaceAll(page, `<script src="/static/`, ""), "<script") {
			t.Error("a script that is not a file of ours")
		}
	}
}

func TestCookie(t *testing.T) {
	for _, tc := range []struct {
		name, public string
		secure       bool
		cookie       string
	}{{"http", "", false, "ringward"}, {"https in front", "https://console.example.com", true, "__Host-ringward"}} {
		t.Run(tc.name, func(t *testing.T) {
			r := newRig(t, func(o *console.Options) { o.PublicURL = tc.public })
			r.add(people.User{Name: "anna", Role: people.Merchant})
			b := r.browser()
			// As a proxy hands it on: over plain http, under the public name. The jar keeps no Secure cookie of http, so it is carried by hand.
			origin, header := b.url, map[string]string{}
			if tc.public != "" {
				origin, header["Host"] = tc.public, "console.example.com"
			}
			page := b.do("GET", "/login", "", header)
			cookie, _, _ := strings.Cut(page.header.Get("Set-Cookie"), ";")
			header["Cookie"], header["Origin"], header["Content-Type"] = cookie, origin, "application/x-www-form-urlencoded"
			form := url.Values{"csrf_token": {csrfField.FindStringSubmatch(page.body)[1]}, "username": {"anna"}, "password": {password}}
			got := b.do("POST", "/login", form.Encode(), header)
			if got.status != http.StatusSeeOther {
				t.Fatalf("%d %s", got.status, got.body)
			}
			set := got.header.Values("Set-Cookie")[0]
			if !strings.HasPrefix(set, tc.cookie+"=") || !strings.Contains(set, "HttpOnly") || !strings.Contains(set, "SameSite=Lax") || strings.Contains(set, "Secure") != tc.secure || strings.Contains(set, "Domain") {
				t.Error(set)
			}
			if value, _, _ := strings.Cut(strings.TrimPrefix(set, tc.cookie+"="), ";"); len(value) < 43 {
				t.Errorf("less than 256 bits: %q", value)
			}
			if hsts := got.header.Get("Strict-Transport-Security"); (hsts != "") != tc.secure {
				t.Errorf("HSTS %q", hsts)
			}
		})
	}
}

func TestForeignPagesCannotWrite(t *testing.T) {
	r := newRig(t)
	b := r.as("anna", people.Merchant, "shop-a")
	csrf := b.csrf("/account")
	body := `{"number":"13900139000","relation":"customer"}`
	form := "csrf_token=" + csrf + "&line=shop-a&number=13900139000&relation=customer"
	for _, tc := range []struct {
		name   string
		header map[string]string
		want   bool
	}{
		{"own page", map[string]string{"Origin": r.url, "X-CSRF-Token": csrf}, true},
		{"own page, Sec-Fetch-Site alone", map[string]string{"Sec-Fetch-Site": "same-origin", "X-CSRF-Token": csrf}, true},
		{"no token", map[string]string{"Origin": r.url, "X-CSRF-Token": ""}, false},
		{"wrong token", map[string]string{"Origin": r.url, "X-CSRF-Token": strings.Repeat("x", 43)}, false},
		{"foreign Origin", map[string]string{"Origin": "http://evil.example", "X-CSRF-Token": csrf}, false},
		{"Origin null", map[string]string{"Origin": "null", "X-CSRF-Token": csrf}, false},
		{"Origin that begins alike", map[string]string{"Origin": r.url + ".evil.example", "X-CSRF-Token": csrf}, false},
		{"neither", map[string]string{"X-CSRF-Token": csrf}, false},
		{"cross-site", map[string]string{"Origin": r.url, "Sec-Fetch-Site": "cross-site", "X-CSRF-Token": csrf}, false},
	} {
		h := map[string]string{"Content-Type": "application/json"}
		for k, v := range tc.header {
			h[k] = v
		}
		if got := b.do("POST", "/v1/lines/shop-a/saved", body, h); (got.status == http.StatusCreated) != tc.want || !tc.want && got.status != http.StatusForbidden {
			t.Errorf("API, %s: %d %s", tc.name, got.status, got.body)
		}
		if _, has := tc.header["X-CSRF-Token"]; has && tc.header["X-CSRF-Token"] != csrf {
			continue // the form below has the right one
		}
		delete(h, "X-CSRF-Token")
		h["Content-Type"] = "application/x-www-form-urlencoded"
		if got := b.do("POST", "/saved", form, h); (got.status == http.StatusSeeOther) != tc.want {
			t.Errorf("form, %s: %d", tc.name, got.status)
		}
	}
	if got := b.do("GET", "/v1/events", "", map[string]string{"Origin": "http://evil.example"}); got.status != http.StatusForbidden {
		t.Errorf("events to a foreign page: %d", got.status)
	}
	if got := b.do("GET", "/v1/calls", "", map[string]string{"Sec-Fetch-Site": "cross-site"}); got.status != http.StatusForbidden {
		t.Errorf("calls to a foreign page: %d", got.status)
	}
	other := r.as("bert", people.Merchant, "shop-b")
	if got := other.do("POST", "/v1/lines/shop-b/saved", body, map[string]string{"Content-Type": "application/json", "Origin": r.url, "X-CSRF-Token": csrf}); got.status != http.StatusForbidden {
		t.Errorf("another's token: %d", got.status)
	}
}

func TestWhatIsNotLookedAt(t *testing.T) {
	r := newRig(t)
	b := r.browser()
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	_, _ = z.Write(make([]byte, 1<<20))
	z.Close()
	for _, tc := range []struct {
		name, method, path, body string
		header                   map[string]string
		want                     int
	}{
		{"foreign Host", "GET", "/", "", map[string]string{"Host": "evil.example"}, http.StatusMisdirectedRequest},
		{"foreign Host of the health check", "GET", "/healthz", "", map[string]string{"Host": "evil.example"}, http.StatusMisdirectedRequest},
		{"compressed", "POST", "/login", zipped.String(), map[string]string{"Content-Encoding": "gzip"}, http.StatusUnsupportedMediaType},
		{"too large", "POST", "/login", strings.Repeat("a", 1<<20+1), nil, http.StatusRequestEntityTooLarge},
		{"unknown method", "BREW", "/", "", nil, http.StatusForbidden},
		{"login without its form", "POST", "/login", "username=anna", map[string]string{"Content-Type": "application/x-www-form-urlencoded"}, http.StatusForbidden},
		{"basic authentication", "GET", "/v1/me", "", map[string]string{"Authorization": "Basic YWRtaW46YWRtaW4="}, http.StatusUnauthorized},
		{"empty token", "GET", "/v1/me", "", map[string]string{"Authorization": "Bearer null"}, http.StatusUnauthorized},
	} {
		if got := b.do(tc.method, tc.path, tc.body, tc.header); got.status != tc.want {
			t.Errorf("%s: got %d, want %d", tc.name, got.status, tc.want)
		}
	}
}

// raw sends octets and returns all that comes back.
func raw(t *testing.T, r *rig, text string) string {
	t.Helper()
	c, err := net.Dial("tcp", r.c.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(10 * time.Second))
	if _, err := io.WriteString(c, text); err != nil {
		t.Fatal(err)
	}
	b, _ := io.ReadAll(c)
	return string(b)
}

// TestBothFramingsEndTheConnection: RFC 9112 §6.1.
func TestBothFramingsEndTheConnection(t *testing.T) {
	r := newRig(t)
	host := r.c.Addr().String()
	got := raw(t, r, fmt.Sprintf("POST /login HTTP/1.1\r\nHost: %s\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: %s\r\n\r\n", host, host))
	if n := strings.Count(got, "HTTP/1.1 "); n != 1 {
		t.Errorf("%d answers: %s", n, got)
	}
}

func TestOneAddressHoldsNoMoreThanItsShare(t *testing.T) {
	r := newRig(t)
	var open []net.Conn
	defer func() {
		for _, c := range open {
			c.Close()
		}
	}()
	served := 0
	for range 70 {
		c, err := net.Dial("tcp", r.c.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		open = append(open, c)
	}
	for _, c := range open {
		_ = c.SetDeadline(time.Now().Add(10 * time.Second))
		if _, err := fmt.Fprintf(c, "GET /healthz HTTP/1.1\r\nHost: %s\r\n\r\n", r.c.Addr()); err != nil {
			continue
		}
		if res, err := http.ReadResponse(bufio.NewReader(c), nil); err == nil && res.StatusCode == http.StatusOK {
			served++
		}
	}
	if served != 64 {
		t.Errorf("%d connections of one address were served", served)
	}
	open[0].Close()
	b := r.browser()
	for i := 0; ; i++ { // the place is free as soon as the server has seen the close
		res, err := b.http.Get(r.url + "/healthz")
		if err == nil {
			res.Body.Close()
			return
		}
		if i == 1000 {
			t.Fatal(err)
		}
	}
}

func TestLogin(t *testing.T) {
	r := newRig(t)
	r.add(people.User{Name: "anna", Role: people.Merchant})
	b := r.browser()
	bodies := map[string]bool{}
	for _, name := range []string{"anna", "nobody"} {
		b := r.browser()
		got := b.post("/login", b.csrf("/login"), url.Values{"username": {name}, "password": {"wrong"}})
		if got.status != http.StatusUnauthorized {
			t.Errorf("%s: %d", name, got.status)
		}
		bodies[csrfField.ReplaceAllString(got.body, "")] = true
	}
	if len(bodies) != 1 {
		t.Error("an unknown name is answered differently")
	}
	b.login("anna")
	u, _ := url.Parse(r.url)
	session := func() string {
		for _, c := range b.http.Jar.Cookies(u) {
			if c.Name == "ringward" {
				return c.Value
			}
		}
		return ""
	}
	first := session()
	b.login("anna")
	if session() == first {
		t.Error("a login keeps the session's secret")
	}
	stale := map[string]string{"Cookie": "ringward=" + first}
	if got := r.browser().do("GET", "/v1/me", "", stale); got.status != http.StatusUnauthorized {
		t.Errorf("the session before the second login lives: %d", got.status)
	}
	second := session()
	if got := b.post("/logout", b.csrf("/account"), url.Values{}); got.status != http.StatusSeeOther {
		t.Fatal(got.status)
	}
	if got := r.browser().do("GET", "/v1/me", "", map[string]string{"Cookie": "ringward=" + second}); got.status != http.StatusUnauthorized {
		t.Errorf("the session lives after logout: %d", got.status)
	}
	for _, e := range r.audit() {
		if strings.Contains(e, "nobody") || strings.Contains(e, "wrong") {
			t.Errorf("the audit keeps what was typed: %s", e)
		}
	}
}
