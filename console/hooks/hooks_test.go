package hooks_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"ringward/console/hooks"
)

// desk is an address that is told, and what it was told.
type desk struct {
	*httptest.Server
	got    chan received
	mu     sync.Mutex
	status int
	answer string
}

type received struct {
	header http.Header
	query  url.Values
	body   []byte
}

func newDesk(t *testing.T) *desk {
	d := &desk{got: make(chan received, 100), status: 200, answer: "{}"}
	d.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		d.got <- received{r.Header, r.URL.Query(), b}
		d.mu.Lock()
		defer d.mu.Unlock()
		if d.status >= 300 && d.status < 400 {
			w.Header().Set("Location", "http://127.0.0.1:1/")
		}
		w.WriteHeader(d.status)
		io.WriteString(w, d.answer)
	}))
	t.Cleanup(d.Close)
	return d
}

func (d *desk) say(status int, answer string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.status, d.answer = status, answer
}

const secret = "0123456789abcdef"

func open(t *testing.T, path string, now func() time.Time, list ...hooks.Hook) *hooks.Hooks {
	t.Helper()
	h, err := hooks.Open(hooks.Options{Path: path, Hooks: list, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.Close() })
	return h
}

func event() hooks.Event {
	return hooks.Event{Kind: hooks.Warning, At: time.Unix(1_800_000_000, 0), Call: "c1", Line: "shop", Caller: "+8613800138000", Level: "alarm",
		Institution: &hooks.Name{ZH: "中国银联", EN: "UnionPay"}, Reasons: []hooks.EventReason{{Rule: "caller.imitation", ZH: "号码 13800138000 模仿热线 @all。", EN: "13800138000 imitates a hotline."}}}
}

// TestProgramIsToldSigned: what a receiver checks by the documented rule holds.
func TestProgramIsToldSigned(t *testing.T) {
	d := newDesk(t)
	h := open(t, filepath.Join(t.TempDir(), "hooks.db"), nil, hooks.Hook{Name: "desk", URL: d.URL, Secret: secret, Private: true, Mask: true})
	ctx, cancel := context.WithCancel(t.Context())
	var join sync.WaitGroup
	join.Go(func() { _ = h.Run(ctx) })
	defer join.Wait()
	defer cancel()
	quiet := event()
	quiet.Level = "notice" // below what the hook wants
	h.Take(quiet)
	h.Take(event())
	got := <-d.got
	stamp, sum, ok := strings.Cut(strings.TrimPrefix(got.header.Get("Ringward-Signature"), "t="), ",v1=")
	m := hmac.New(sha256.New, []byte(secret))
	io.WriteString(m, stamp+"."+string(got.body))
	if !ok || sum != hex.EncodeToString(m.Sum(nil)) {
		t.Errorf("the signature does not hold: %v", got.header)
	}
	var e hooks.Event
	if err := json.Unmarshal(got.body, &e); err != nil {
		t.Fatal(err)
	}
	if e.Caller != "+8613*******00" || strings.Contains(string(got.body), "13800138000") {
		t.Errorf("the number is not masked: %s", got.body)
	}
	if e.ID == "" || got.header.Get("Ringward-Delivery") != e.ID || e.Kind != "warning" {
		t.Errorf("delivery %+v, header %v", e, got.header)
	}
}

// TestRobots: each robot gets its own form and its own sign.
func TestRobots(t *testing.T) {
	clock := time.UnixMilli(1_800_000_123_456)
	m := func(key, text string) string {
		h := hmac.New(sha256.New, []byte(key))
		io.WriteString(h, text)
		return base64.StdEncoding.EncodeToString(h.Sum(nil))
	}
	for _, c := range []struct {
		kind  hooks.Kind
		check func(received) bool
	}{
		{hooks.WeCom, func(r received) bool {
			return r.query.Get("key") == "k" && strings.Contains(string(r.body), `"msgtype":"text"`)
		}},
		{hooks.DingTalk, func(r received) bool {
			return r.query.Get("timestamp") == "1800000123456" && r.query.Get("sign") == m(secret, "1800000123456\n"+secret) && r.query.Get("key") == "k"
		}},
		{hooks.Feishu, func(r received) bool {
			var b struct {
				Timestamp, Sign string
				MsgType         string `json:"msg_type"`
				Content         struct{ Text string }
			}
			return json.Unmarshal(r.body, &b) == nil && b.Sign == m("1800000123\n"+secret, "") && b.Timestamp == "1800000123" && b.MsgType == "text" && b.Content.Text != ""
		}},
	} {
		d := newDesk(t)
		h := open(t, filepath.Join(t.TempDir(), "hooks.db"), func() time.Time { return clock }, hooks.Hook{Name: "r", Kind: c.kind, URL: d.URL + "/send?key=k", Secret: secret, Private: true})
		h.Keep(t.Context(), event())
		d.say(200, `{"errcode":310000,"errmsg":"sign not match"}`) // a robot's no
		if err := h.Try(t.Context(), "r"); err != nil {
			t.Fatal(err)
		}
		got := <-d.got
		if !c.check(got) {
			t.Errorf("%s: %v %s", c.kind, got.query, got.body)
		}
		if text := string(got.body); strings.Contains(text, "@all") || !strings.Contains(text, "中国银联") || !strings.Contains(text, "严重警告") {
			t.Errorf("%s: %s", c.kind, text)
		}
		if list, _, err := h.Status(t.Context()); err != nil || list[0].Waiting != 1 || !strings.Contains(list[0].Why, "310000") || strings.Contains(list[0].Host, "key") {
			t.Errorf("%s: %+v, %v", c.kind, list, err)
		}
	}
}

// TestDeadAfterBoundedTriesAndSentAgain: what never gets there is given up
// after some days, survives a restart, and can be sent again.
func TestDeadAfterBoundedTriesAndSentAgain(t *testing.T) {
	d, path := newDesk(t), filepath.Join(t.TempDir(), "hooks.db")
	d.say(302, "")
	now := time.Now()
	hook := hooks.Hook{Name: "desk", URL: d.URL, Secret: secret, Private: true}
	h := open(t, path, func() time.Time { return now }, hook)
	h.Keep(t.Context(), event())
	begun := now
	for range hooks.Tries() {
		if err := h.Try(t.Context(), "desk"); err != nil {
			t.Fatal(err)
		}
		<-d.got
		waiting, err := h.Deliveries(t.Context(), "desk", hooks.Waiting, 0, 1)
		if err != nil {
			t.Fatal(err)
		}
		if len(waiting) == 1 {
			if !waiting[0].Next.After(now.Add(-time.Millisecond)) {
				t.Errorf("try %d: next at %s, it is %s", waiting[0].Tries, waiting[0].Next, now)
			}
			now = waiting[0].Next
		}
	}
	if took := now.Sub(begun); took < 12*time.Hour || took > 48*time.Hour {
		t.Errorf("given up after %s", took)
	}
	h.Close()
	h = open(t, path, func() time.Time { return now }, hook)
	dead, err := h.Deliveries(t.Context(), "desk", hooks.Dead, 0, 10)
	if err != nil || len(dead) != 1 || dead[0].Why != "answered 302" || dead[0].Tries != hooks.Tries() {
		t.Fatalf("%+v, %v", dead, err)
	}
	d.say(204, "")
	if n, err := h.Again(t.Context(), "desk", dead[0].ID); n != 1 || err != nil {
		t.Fatalf("%d, %v", n, err)
	}
	if err := h.Try(t.Context(), "desk"); err != nil {
		t.Fatal(err)
	}
	<-d.got
	if list, _, err := h.Status(t.Context()); err != nil || list[0].Waiting+list[0].Dead != 0 || list[0].Sent != 1 {
		t.Errorf("%+v, %v", list, err)
	}
}

// TestNoWayIntoTheOwnNetwork: a hook that is not marked private reaches no
// address of the gateway's network, whatever its name resolves to.
func TestNoWayIntoTheOwnNetwork(t *testing.T) {
	d := newDesk(t)
	at := strings.Replace(d.URL, "http://127.0.0.1", "https://localhost", 1)
	h := open(t, filepath.Join(t.TempDir(), "hooks.db"), nil, hooks.Hook{Name: "desk", URL: at, Secret: secret})
	h.Keep(t.Context(), event())
	if err := h.Try(t.Context(), "desk"); err != nil {
		t.Fatal(err)
	}
	if list, _, _ := h.Status(t.Context()); !strings.Contains(list[0].Why, "not a public one") {
		t.Errorf("%+v", list)
	}
	if len(d.got) > 0 {
		t.Error("it was told")
	}
	for _, a := range []string{"127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1",
		"fd00::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "2001:db8::1"} {
		if hooks.Public(a) {
			t.Errorf("%s passes for public", a)
		}
	}
	for _, a := range []string{"8.8.8.8", "2400:3200::1"} {
		if !hooks.Public(a) {
			t.Errorf("%s is refused", a)
		}
	}
}

func TestHookCheck(t *testing.T) {
	for name, k := range map[string]hooks.Hook{
		"no name": {URL: "https://a", Secret: secret}, "http": {Name: "a", URL: "http://a", Secret: secret}, "user": {Name: "a", URL: "https://u:p@a", Secret: secret},
		"secret": {Name: "a", URL: "https://a", Secret: "short"}, "kind": {Name: "a", URL: "https://a", Kind: "fax"}, "event": {Name: "a", URL: "https://a", Secret: secret, Events: []string{"x"}},
		"level": {Name: "a", URL: "https://a", Secret: secret, AtLeast: "loud"}, "scheme": {Name: "a", URL: "file:///etc/passwd", Secret: secret},
	} {
		if k.Check() == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if err := (hooks.Hook{Name: "a", URL: "https://a/b?c=d", Kind: hooks.WeCom}).Check(); err != nil {
		t.Error(err)
	}
}
