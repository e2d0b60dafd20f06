package console_test

import (
	"context"
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"ringward/console"
	"ringward/console/people"
)

// handset notes what is asked of the telephone.
type handset struct{ *control }

func (h handset) Answer(_ context.Context, call, offer string) (string, error) {
	if offer == "bad" {
		return "", fmt.Errorf("%w: no audio", console.ErrBrowser)
	}
	return "answer to " + offer, h.do("answer " + call)
}
func (h handset) Restart(_ context.Context, call, offer string) (string, error) {
	return "again " + offer, h.do("restart " + call)
}
func (h handset) Leave(call string) error { return h.do("leave " + call) }

func phoneRig(t *testing.T) *rig {
	t.Helper()
	k := &control{}
	r := newRig(t, func(o *console.Options) { o.Phone, o.Dismiss, o.Refuse = handset{k}, k, k })
	r.control = k
	return r
}

func ringingCall(id, line string) console.Event {
	return console.Event{Kind: console.Ringing, Call: id, Line: line, Caller: "+8613800138000", At: time.Now(), Verdict: alarm(), Phone: console.PhoneRinging}
}

// TestPhoneOperations: the owner of a line answers, finds a new path and leaves;
// nobody else does, no program, and nothing without the page's token.
func TestPhoneOperations(t *testing.T) {
	r := phoneRig(t)
	r.c.Tell(ringingCall("live-a", "shop-a"))
	a, b, op := r.as("anna", people.Merchant, "shop-a"), r.as("bert", people.Merchant, "shop-b"), r.as("boss", people.Operator)
	var got console.PhoneOffer
	res := a.api("POST", "/v1/phone/live-a/answer", `{"sdp":"offer"}`, nil)
	unmarshal(t, res.body, &got)
	if res.status != http.StatusOK || got.SDP != "answer to offer" {
		t.Errorf("answered %d %s", res.status, res.body)
	}
	for _, c := range []struct {
		who       *browser
		act, body string
		status    int
	}{
		{a, "live-a/restart", `{"sdp":"x"}`, 200}, {a, "live-a/leave", "", 200},
		{a, "live-a/answer", `{"sdp":"bad"}`, 422}, {a, "live-a/answer", `{"sdp":"x","more":1}`, 400}, {a, "no-call/answer", `{"sdp":"x"}`, 404},
		{b, "live-a/answer", `{"sdp":"x"}`, 404}, {b, "live-a/leave", "", 404}, {op, "live-a/leave", "", 403},
	} {
		if res := c.who.api("POST", "/v1/phone/"+c.act, c.body, nil); res.status != c.status {
			t.Errorf("%s: %d %s, want %d", c.act, res.status, res.body, c.status)
		}
	}
	if res := a.api("POST", "/v1/phone/live-a/leave", "", map[string]string{"X-CSRF-Token": "forged"}); res.status != http.StatusForbidden {
		t.Errorf("with a forged token: %d", res.status)
	}
	if got, want := strings.Join(r.control.list(), ", "), "answer live-a, restart live-a, leave live-a"; got != want {
		t.Errorf("done: %s; want %s", got, want)
	}
	if op.get("/phone").status != http.StatusNotFound || a.get("/phone").status != http.StatusOK {
		t.Error("the page is for owners of lines")
	}
	if h := a.get("/phone").header.Get("Permissions-Policy"); !strings.Contains(h, "microphone=(self)") {
		t.Errorf("the microphone is not allowed on the telephone's page: %s", h)
	}
	if h := a.get("/").header.Get("Permissions-Policy"); !strings.Contains(h, "microphone=()") {
		t.Errorf("the microphone is allowed elsewhere: %s", h)
	}
}

// TestPresence: a line rings in a browser while its owner's page is open, and a
// little longer.
func TestPresence(t *testing.T) {
	var later atomic.Int64 // than the clock says
	r := newRig(t, func(o *console.Options) {
		o.Phone = handset{&control{}}
		o.Now = func() time.Time { return time.Now().Add(time.Duration(later.Load())) }
	})
	if r.c.Present("shop-a") {
		t.Fatal("present before any page is open")
	}
	a := r.as("anna", people.Merchant, "shop-a")
	ctx, leave := context.WithCancel(t.Context())
	defer leave()
	req, _ := http.NewRequestWithContext(ctx, "GET", r.url+"/v1/phone/events", nil)
	res, err := a.http.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK || !r.c.Present("shop-a") || r.c.Present("shop-b") {
		t.Errorf("with anna's page open: %d, shop-a %v, shop-b %v", res.StatusCode, r.c.Present("shop-a"), r.c.Present("shop-b"))
	}
	if got := r.as("boss", people.Operator).api("GET", "/v1/phone/events", "", nil); got.status != http.StatusForbidden {
		t.Errorf("an operator's page: %d, want 403", got.status)
	}
	leave()
	if !r.c.Present("shop-a") {
		t.Error("gone at once: a page that reloads would miss a call")
	}
	for limit := time.Now().Add(20 * time.Second); r.c.Present("shop-a"); later.Add(int64(10 * time.Second)) {
		if time.Now().After(limit) {
			t.Fatal("still present though the page was closed")
		}
		runtime.Gosched()
	}
}
