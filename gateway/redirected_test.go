package gateway_test

import (
	"fmt"
	"strings"
	"testing"

	"ringward/gateway"
)

// A 3xx of a phone is followed to a host of the line's own and to other lines,
// best first, with Diversion and History-Info; the caller hears nothing of it.
func TestRedirectionFollowed(t *testing.T) {
	for _, own := range []bool{true, false} {
		t.Run(fmt.Sprintf("own %v", own), func(t *testing.T) { redirectionFollowed(t, own) })
	}
}

func redirectionFollowed(t *testing.T, own bool) {
	w, back := withBack(t, options{})
	caller, merchant := w.call(ordinary)
	second := back
	to := "<sip:" + backNumber + "@elsewhere.example>;q=0.5"
	if own {
		second, to = w.merchant, "<sip:101@"+w.merchant.Addr().String()+">;q=0.5"
	}
	must(t, merchant.Redirect(to, "<sip:+8613912345678@192.0.2.1>;q=0.9")) // the better one may not be called
	next := recv(t, second.Incoming(), "the next phone to ring")
	inv := next.Invite()
	if v := inv.Values("Diversion"); len(v) != 1 || !strings.Contains(v[0], "862155550100") {
		t.Errorf("own %v: Diversion %q", own, v)
	}
	if v := inv.List("History-Info"); len(v) != 2 || !strings.Contains(v[0], "cause%3D302") || !strings.HasSuffix(v[0], "index=1") || !strings.Contains(v[1], "index=1.1") {
		t.Errorf("own %v: History-Info %q", own, v)
	}
	must(t, next.Answer())
	done(t, caller.Answered(), "the answer")
	packets(t, caller, 10)
	caller.Hangup()
	if r := w.record(); !hasEvent(r, "redirect", "") || !hasEvent(r, "redirect-refused", "") || r.Outcome != gateway.OutcomeAnswered {
		t.Errorf("own %v: got %+v", own, r)
	}
}

// A redirection that leads nowhere, in circles or too far is a phone that
// declines.
func TestRedirectionEnds(t *testing.T) {
	for _, c := range []struct {
		name   string
		policy gateway.Transfer
		to     func(w *world, n int) string
		note   string
		rings  int
	}{
		{"outside", gateway.TransferLines, func(*world, int) string { return "<sip:x@192.0.2.77>" }, "", 1},
		{"refused by policy", gateway.TransferRefuse, func(w *world, _ int) string { return "<sip:101@" + w.merchant.Addr().String() + ">" }, "", 1},
		{"in a circle", gateway.TransferLines, func(w *world, _ int) string { return "<sip:101@" + w.merchant.Addr().String() + ">" }, "loop", 2},
		{"on and on", gateway.TransferLines, func(w *world, n int) string {
			return "<sip:" + strings.Repeat("1", n+3) + "@" + w.merchant.Addr().String() + ">"
		}, "too deep", 4},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, options{line: func(l *gateway.Line) { l.Manners.Redirects = c.policy }})
			caller := w.dial(ordinary)
			for n := range c.rings {
				must(t, w.rings().Redirect(c.to(w, n)))
			}
			done(t, caller.Over(), "the caller to be told")
			if s := caller.Failure().Status; s != 480 {
				t.Errorf("answered %d, want 480", s)
			}
			if r := w.record(); c.note != "" && !hasEvent(r, "redirect-refused", c.note) {
				t.Errorf("got %+v", r.Events)
			}
		})
	}
}
