package gateway_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"ringward/gateway"
	"ringward/screening"
	"ringward/softphone"
)

const (
	ordinary = "13800138000"
	scammer  = "+8617000001234"
)

func TestOrdinaryCallConnectsBothWays(t *testing.T) {
	w := newWorld(t, options{})
	caller, merchant := w.call(ordinary)
	caller.Say(sine(300, time.Minute))
	merchant.Say(sine(500, time.Minute))
	must(t, merchant.Ring())
	done(t, caller.Ringing(), "ringing")
	must(t, merchant.Answer())
	done(t, caller.Answered(), "the answer")
	until(t, "a second of sound each way", func() bool {
		in1, _ := caller.Packets()
		in2, _ := merchant.Packets()
		return in1 >= 50 && in2 >= 50
	})
	if p := power(tail(merchant.Heard(), 4000), 300); p < 0.8 {
		t.Errorf("merchant hears the caller's tone at %.2f, want it whole", p)
	}
	if p := power(tail(caller.Heard(), 4000), 500); p < 0.8 {
		t.Errorf("caller hears the merchant's tone at %.2f, want it whole", p)
	}
	caller.Hangup()
	done(t, merchant.Over(), "the merchant's leg to end")
	done(t, caller.Over(), "the caller's leg to end")
	r := w.record()
	if r.Outcome != gateway.OutcomeAnswered || r.EndedBy != "caller" || r.Action != screening.Pass || !r.Screened {
		t.Errorf("got %+v, want an answered call that passed", r)
	}
	bitExact(t, "caller to merchant", caller, merchant)
	bitExact(t, "merchant to caller", merchant, caller)
	for _, c := range []*softphone.Call{caller, merchant} {
		if bad := c.MediaErrors(); len(bad) > 0 {
			t.Errorf("RTP as received: %v", bad)
		}
	}
}

// bitExact checks that what one side heard is a run of what the other sent.
func bitExact(t *testing.T, what string, from, to *softphone.Call) {
	t.Helper()
	_, sent := from.Payloads()
	got, _ := to.Payloads()
	if len(got) == 0 {
		t.Errorf("%s: nothing arrived", what)
		return
	}
	if !bytes.Contains(bytes.Join(sent, nil), bytes.Join(got, nil)) {
		t.Errorf("%s: the %d payloads that arrived are no run of the %d sent", what, len(got), len(sent))
	}
}

func tail(pcm []int16, n int) []int16 {
	if len(pcm) > n {
		return pcm[len(pcm)-n:]
	}
	return pcm
}

func TestListedCallerIsAnnouncedToTheMerchantOnly(t *testing.T) {
	w := newWorld(t, options{numbers: scamListing(scammer)})
	caller, merchant := w.call(scammer, func(o *softphone.Outgoing) { o.Name = "[V] POS机售后" })
	if from, err := merchant.Invite().From(); err != nil || from.Display != "!未核实 POS机售后" {
		t.Errorf("display: got %q, %v; want the label, and the forged mark gone", from.Display, err)
	}
	if v := merchant.Invite().Get(gateway.VerdictHeader); !strings.Contains(v, "level=notice") && !strings.Contains(v, "level=warning") {
		t.Errorf("verdict header: got %q", v)
	}
	if merchant.Invite().Get("Alert-Info") == "" {
		t.Error("no Alert-Info on a labelled call")
	}
	caller.Say(sine(300, time.Minute))
	must(t, merchant.Ring())
	must(t, merchant.Answer())
	w.event(gateway.EventChoice)
	if p := power(merchant.Heard(), promptHz); p < 0.3 {
		t.Errorf("the merchant hears the announcement at %.2f, want it clearly", p)
	}
	if in, _ := caller.Packets(); in != 0 {
		t.Errorf("the caller got %d packets while the merchant was told", in)
	}
	if p := power(merchant.Heard(), 300); p > 0.01 {
		t.Errorf("the merchant hears the caller at %.3f before he chose", p)
	}
	must(t, merchant.Press('1'))
	done(t, caller.Answered(), "the call to be connected by key 1")
	caller.Hangup()
	r := w.record()
	if r.Outcome != gateway.OutcomeAnswered || r.Action != screening.Announce || !hasEvent(r, "key", "1") {
		t.Errorf("got %+v", r)
	}
	done(t, merchant.Over(), "the merchant's leg to end")
}

func hasEvent(r gateway.Record, kind, detail string) bool {
	for _, e := range r.Events {
		if e.Kind == kind && (detail == "" || e.Detail == detail) {
			return true
		}
	}
	return false
}

func TestKeyTwoRefusesAndReports(t *testing.T) {
	w := newWorld(t, options{numbers: scamListing(scammer)})
	caller, merchant := w.call(scammer)
	must(t, merchant.Answer())
	w.event(gateway.EventChoice)
	must(t, merchant.Press('2'))
	done(t, caller.Over(), "the caller to be refused")
	if f := caller.Failure(); f.Status != 607 {
		t.Errorf("caller got %d, want 607: a human refused (RFC 8197)", f.Status)
	}
	done(t, merchant.Over(), "the merchant's leg to end")
	if rep := recv(t, w.reports, "the report"); rep.Caller.String() != scammer || rep.Line != "shop" {
		t.Errorf("got report %+v", rep)
	}
	if r := w.record(); r.Outcome != gateway.OutcomeRefused || r.EndedBy != "merchant" {
		t.Errorf("got %+v", r)
	}
}

func TestSilenceAfterTheAnnouncementConnects(t *testing.T) {
	w := newWorld(t, options{numbers: scamListing(scammer), config: func(c *gateway.Config) { c.ChoiceTimeout = 50 * time.Millisecond }})
	caller, merchant := w.call(scammer)
	must(t, merchant.Answer())
	done(t, caller.Answered(), "the call to be connected without a key")
	merchant.Hangup()
	done(t, caller.Over(), "the caller's leg to end")
	if r := w.record(); r.EndedBy != "merchant" || !hasEvent(r, "timeout", "choice") {
		t.Errorf("got %+v", r)
	}
}

func TestBlock(t *testing.T) {
	for _, c := range []struct {
		name     string
		response screening.Response
		status   int
		phrase   string
		reason   string
	}{
		{"608 with a redress contact (RFC 8688)", screening.ResponseRejected, 608, "Rejected", `SIP;cause=608;text="v=analytics1;url=https://example.com/blocked;id=`},
		{"603+ (ATIS-1000099)", screening.ResponseNetworkBlocked, 603, "Network Blocked", `SIP;cause=603;text="v=analytics1;url=https://example.com/blocked;id=`},
		{"603", screening.ResponseDecline, 603, "Decline", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, options{numbers: scamListing(scammer),
				config: func(g *gateway.Config) { g.Redress.URL = "https://example.com/blocked" },
				line: func(l *gateway.Line) {
					l.Policy = screening.Policy{Mode: screening.ModeBlock, BlockResponse: c.response}
				}})
			caller := w.dial(scammer)
			done(t, caller.Over(), "the refusal")
			f := caller.Failure()
			if f.Status != c.status || f.Reason != c.phrase {
				t.Errorf("got %d %s, want %d %s", f.Status, f.Reason, c.status, c.phrase)
			}
			if got := f.Message.Get("Reason"); !strings.HasPrefix(got, c.reason) || (c.reason == "") != (got == "") {
				t.Errorf("Reason: got %q, want it to begin %q", got, c.reason)
			}
			if r := w.record(); r.Outcome != gateway.OutcomeBlocked || r.Status != c.status {
				t.Errorf("got %+v", r)
			}
		})
	}
}

func TestEndingsLeaveNothing(t *testing.T) {
	for _, c := range []struct {
		name    string
		do      func(t *testing.T, w *world)
		outcome gateway.Outcome
		status  int
	}{
		{"caller cancels while ringing", func(t *testing.T, w *world) {
			caller, merchant := w.call(ordinary)
			must(t, merchant.Ring())
			done(t, caller.Ringing(), "ringing")
			caller.Hangup()
			done(t, merchant.Over(), "the phone to stop ringing")
		}, gateway.OutcomeCancelled, 487},
		{"phone busy", func(t *testing.T, w *world) {
			caller, merchant := w.call(ordinary)
			must(t, merchant.Reject(486))
			done(t, caller.Over(), "busy")
			if s := caller.Failure().Status; s != 486 {
				t.Errorf("caller got %d", s)
			}
		}, gateway.OutcomeBusy, 486},
		{"phone declines", func(t *testing.T, w *world) {
			caller, merchant := w.call(ordinary)
			must(t, merchant.Reject(603))
			done(t, caller.Over(), "decline")
		}, gateway.OutcomeBusy, 603},
		{"phone challenges", func(t *testing.T, w *world) {
			caller, merchant := w.call(ordinary)
			must(t, merchant.Reject(401))
			done(t, caller.Over(), "failure")
			if s := caller.Failure().Status; s != 500 {
				t.Errorf("caller got %d, want 500: a challenge of the inner network stays there", s)
			}
		}, gateway.OutcomeFailed, 500},
		{"nobody answers", func(t *testing.T, w *world) {
			w.setLine(func(l *gateway.Line) { l.RingTimeout = 100 * time.Millisecond })
			caller, merchant := w.call(ordinary)
			must(t, merchant.Ring())
			done(t, caller.Over(), "no answer")
			done(t, merchant.Over(), "the phone to stop ringing")
			if s := caller.Failure().Status; s != 480 {
				t.Errorf("caller got %d", s)
			}
		}, gateway.OutcomeNoAnswer, 480},
		{"caller hangs up during the announcement", func(t *testing.T, w *world) {
			w.setLine(func(l *gateway.Line) { l.Policy.AnnounceFrom = screening.LevelNotice })
			caller, merchant := w.call("+85321095588")
			must(t, merchant.Answer())
			w.event(gateway.EventAnnounced)
			caller.Hangup()
			done(t, merchant.Over(), "the merchant's leg to end")
		}, gateway.OutcomeCancelled, 487},
		{"merchant hangs up during the announcement", func(t *testing.T, w *world) {
			w.setLine(func(l *gateway.Line) { l.Policy.AnnounceFrom = screening.LevelNotice })
			caller, merchant := w.call("+85321095588")
			must(t, merchant.Answer())
			w.event(gateway.EventAnnounced)
			merchant.Hangup()
			done(t, caller.Over(), "the caller to be refused")
		}, gateway.OutcomeRefused, 603},
		{"no such line", func(t *testing.T, w *world) {
			caller := w.dial(ordinary, func(o *softphone.Outgoing) { o.Number = "2125550199" })
			done(t, caller.Over(), "404")
		}, gateway.OutcomeFailed, 404},
		{"phone unreachable", func(t *testing.T, w *world) {
			w.setLine(func(l *gateway.Line) { l.Targets = []string{"sip:1@127.0.0.1;transport=sctp"} })
			caller := w.dial(ordinary)
			done(t, caller.Over(), "480")
		}, gateway.OutcomeFailed, 480},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, options{})
			c.do(t, w)
			if r := w.record(); r.Outcome != c.outcome || r.Status != c.status {
				t.Errorf("got outcome %s, status %d; want %s, %d", r.Outcome, r.Status, c.outcome, c.status)
			}
		})
	}
}
