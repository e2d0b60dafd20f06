package gateway_test

import (
	"net/netip"
	"strings"
	"testing"

	"ringward/gateway"
	"ringward/screening"
	"ringward/softphone"
)

func redirecting(r gateway.Redirect) func(*gateway.Trunk) {
	return func(t *gateway.Trunk) { t.Mode, t.Redirect = gateway.ModeRedirect, r }
}

func TestRedirectAnswersWithTheVerdict(t *testing.T) {
	blocking := func(l *gateway.Line) { l.Policy = screening.Policy{Mode: screening.ModeBlock} }
	for _, c := range []struct {
		name     string
		redirect gateway.Redirect
		line     func(*gateway.Line)
		caller   string
		number   string
		status   int
		contact  string // begins so
		identity string
	}{
		{"clean", gateway.Redirect{}, nil, ordinary, "", 302, "<sip:+862155550100@", ""},
		{"clean, to another host", gateway.Redirect{Contact: "sbc.example.com:5080"}, nil, ordinary, "", 302, "<sip:+862155550100@sbc.example.com:5080>", ""},
		{"clean means go on", gateway.Redirect{Clean: 404}, nil, ordinary, "", 404, "", ""},
		{"clean means try the next route", gateway.Redirect{Clean: 503}, nil, ordinary, "", 503, "", ""},
		{"labelled", gateway.Redirect{Clean: 404}, nil, "+85321095588", "", 302, "<sip:+862155550100@", `"!未核实`},
		{"listed, line labels", gateway.Redirect{}, nil, scammer, "", 302, "<sip:", `"!未核实`},
		{"listed, line blocks", gateway.Redirect{}, blocking, scammer, "", 608, "", ""},
		{"no such line", gateway.Redirect{}, nil, ordinary, "2125550199", 404, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, options{numbers: scamListing(scammer), trunk: redirecting(c.redirect), line: c.line,
				config: func(g *gateway.Config) { g.Redress.URL = "https://example.com/blocked" }})
			call := w.dial(c.caller, func(o *softphone.Outgoing) {
				if c.number != "" {
					o.Number = c.number
				}
			})
			done(t, call.Over(), "the answer")
			f := call.Failure()
			if f.Status != c.status {
				t.Fatalf("got %d %s, want %d", f.Status, f.Reason, c.status)
			}
			if got := f.Message.Get("Contact"); !strings.HasPrefix(got, c.contact) || (c.contact == "") != (got == "") {
				t.Errorf("Contact: got %q, want it to begin %q", got, c.contact)
			}
			if got := f.Message.Get("P-Asserted-Identity"); !strings.HasPrefix(got, c.identity) || (c.identity == "") != (got == "") {
				t.Errorf("P-Asserted-Identity: got %q, want it to begin %q", got, c.identity)
			}
			if c.number == "" && f.Message.Get(gateway.VerdictHeader) == "" {
				t.Error("no verdict header")
			}
			if n := w.engine.Stats().Bridges; n != 0 || w.stack.Stats().Legs != 0 {
				t.Errorf("%d bridges and %d legs for a verdict", n, w.stack.Stats().Legs)
			}
		})
	}
}

func TestStrangersAreRefusedWithoutState(t *testing.T) {
	w := newWorld(t, options{trunk: func(tr *gateway.Trunk) { tr.Sources = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")} }})
	call := w.dial(ordinary)
	done(t, call.Over(), "403")
	if f := call.Failure(); f.Status != 403 {
		t.Errorf("got %d", f.Status)
	}
	if s := w.stack.Stats(); s.InvitesIn != 0 {
		t.Errorf("%d legs were made for a stranger", s.InvitesIn)
	}
}

// BenchmarkRedirect is one verdict-only INVITE, decoded to answered, without
// sockets.
func BenchmarkRedirect(b *testing.B) { benchmarkGate(b) }
