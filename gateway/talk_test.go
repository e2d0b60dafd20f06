package gateway_test

import (
	"bytes"
	"context"
	"errors"
	"net/netip"
	"testing"
	"time"

	"ringward/gateway"
	"ringward/media/g711"
	"ringward/numberdb/index"
	"ringward/screening"
	"ringward/sip"
	"ringward/softphone"
)

// talking connects an ordinary call with a tone each way.
func talking(t *testing.T, w *world, more ...func(*softphone.Outgoing)) (caller, merchant *softphone.Call) {
	t.Helper()
	caller, merchant = w.call(ordinary, more...)
	caller.Say(sine(300, time.Minute))
	merchant.Say(sine(500, time.Minute))
	must(t, merchant.Answer())
	done(t, caller.Answered(), "the answer")
	packets(t, merchant, 10)
	packets(t, caller, 10)
	return caller, merchant
}

// packets waits until n more packets have arrived at c.
func packets(t *testing.T, c *softphone.Call, n int) {
	t.Helper()
	from, _ := c.Packets()
	until(t, "RTP to arrive", func() bool { in, _ := c.Packets(); return in >= from+n })
}

func TestWarningIsWhisperedToTheMerchantOnly(t *testing.T) {
	w := newWorld(t, options{})
	caller, merchant := talking(t, w)
	id := w.gateway.Calls()[0]
	must(t, w.gateway.Warn(id, screening.Evidence{Source: screening.SourceWords, Rule: "words.account-frozen", Kind: screening.AccountFrozen,
		By: screening.PartyCaller, Strength: screening.Strong, Institution: "unionpay", At: time.Second,
		Text: screening.Text{ZH: "来电称账户被冻结", EN: "says that the account is frozen"}}))
	w.event(gateway.EventWarned)
	packets(t, merchant, 30)
	if p := power(merchant.Heard(), promptHz); p < 0.1 {
		t.Errorf("the merchant hears the warning at %.2f", p)
	}
	must(t, merchant.Press('*'))
	must(t, merchant.Press('1'))
	until(t, "key *1 to be taken", func() bool {
		select {
		case e := <-w.events:
			return e.Verdict.Dismissed
		default:
			return false
		}
	})
	packets(t, caller, 20)
	caller.Hangup()
	done(t, caller.Over(), "the end")
	done(t, merchant.Over(), "the end")
	onlyWhatWasSent(t, merchant, caller)
	if p := power(caller.Heard(), promptHz); p > 0.01 {
		t.Errorf("the caller hears the warning at %.3f", p)
	}
	for _, c := range []*softphone.Call{caller, merchant} {
		if bad := c.MediaErrors(); len(bad) > 0 {
			t.Errorf("RTP as received: %v", bad)
		}
	}
	r := w.record()
	if !hasEvent(r, "whisper", "") || !hasEvent(r, "key", "*1") || !r.Verdict.Dismissed {
		t.Errorf("got %+v", r)
	}
}

// onlyWhatWasSent checks, octet by octet, that the receiver got nothing but the
// sender's payloads, and silence in the place of keys that were taken out.
func onlyWhatWasSent(t *testing.T, from, to *softphone.Call) {
	t.Helper()
	_, out := from.Payloads()
	sent := map[string]bool{}
	for _, p := range out {
		sent[string(p)] = true
	}
	silence := string(bytes.Repeat([]byte{g711.A.Silence()}, 160))
	in, _ := to.Payloads()
	for i, p := range in {
		if !sent[string(p)] && string(p) != silence {
			t.Fatalf("payload %d of %d was never sent by the other side", i, len(in))
		}
	}
}

func TestKeyStarTwoHangsUpAndReports(t *testing.T) {
	w := newWorld(t, options{})
	caller, merchant := talking(t, w)
	must(t, w.gateway.Whisper(w.gateway.Calls()[0], "warn.code"))
	until(t, "the whisper to start", func() bool { return power(merchant.Heard(), promptHz) > 0.01 })
	must(t, merchant.Press('*'))
	must(t, merchant.Press('2'))
	done(t, caller.Over(), "the call to end")
	done(t, merchant.Over(), "the call to end")
	recv(t, w.reports, "the report")
	if r := w.record(); r.Outcome != gateway.OutcomeRefused || r.EndedBy != "merchant" {
		t.Errorf("got %+v", r)
	}
	if e := caller.Ended(); e.Message == nil || e.Message.Get("Reason") != `SIP;cause=607;text="Unwanted"` {
		t.Errorf("the caller's BYE: %+v", e.Message)
	}
}

func TestRefuseFromOutside(t *testing.T) {
	t.Run("while the phone rings", func(t *testing.T) {
		w := newWorld(t, options{})
		caller, merchant := w.call(ordinary)
		must(t, merchant.Ring())
		done(t, caller.Ringing(), "ringing")
		must(t, w.gateway.Refuse(w.gateway.Calls()[0]))
		done(t, caller.Over(), "the refusal")
		done(t, merchant.Over(), "the phone to stop ringing")
		if s := caller.Failure().Status; s != 607 {
			t.Errorf("got %d, want 607", s)
		}
		recv(t, w.reports, "the report")
	})
	t.Run("while they talk", func(t *testing.T) {
		w := newWorld(t, options{})
		caller, merchant := talking(t, w)
		must(t, w.gateway.Refuse(w.gateway.Calls()[0]))
		done(t, caller.Over(), "the caller's end")
		done(t, merchant.Over(), "the merchant's end")
		recv(t, w.reports, "the report")
		if r := w.record(); r.Outcome != gateway.OutcomeRefused {
			t.Errorf("got %+v", r)
		}
	})
}

func TestDismissFromOutsideAllowsForADay(t *testing.T) {
	w := newWorld(t, options{})
	caller, merchant := talking(t, w)
	must(t, w.gateway.Dismiss(w.gateway.Calls()[0]))
	until(t, "the dismissal", func() bool {
		select {
		case e := <-w.events:
			return e.Verdict.Dismissed
		default:
			return false
		}
	})
	caller.Hangup()
	done(t, merchant.Over(), "the end")
	w.record()
	_, again := w.call(ordinary)
	must(t, again.Reject(486))
	if r := w.record(); r.Verdict.Caller != screening.CallerSaved {
		t.Errorf("called again: caller class %s, want saved", r.Verdict.Caller)
	}
	if err := w.gateway.Dismiss("none"); !errors.Is(err, gateway.ErrNoCall) {
		t.Errorf("no such call: got %v", err)
	}
}

func TestHoldAndResume(t *testing.T) {
	for _, who := range []string{"caller", "merchant"} {
		t.Run(who, func(t *testing.T) {
			w := newWorld(t, options{})
			caller, merchant := talking(t, w)
			holder, held := caller, merchant
			if who == "merchant" {
				holder, held = merchant, caller
			}
			must(t, holder.Hold(true))
			before, _ := holder.Packets()
			packets(t, held, 10) // the holder still sends (sendonly): its music
			if after, _ := holder.Packets(); after > before+2 {
				t.Errorf("the holder got %d packets on hold", after-before)
			}
			must(t, holder.Hold(false))
			packets(t, holder, 10)
			caller.Hangup()
			done(t, merchant.Over(), "the end")
			done(t, caller.Over(), "the end")
			if r := w.record(); !hasEvent(r, "hold", "") || !hasEvent(r, "resume", "") {
				t.Errorf("the record shows no hold: %+v", r.Events)
			}
		})
	}
}

func TestInviteWithoutOffer(t *testing.T) {
	w := newWorld(t, options{})
	caller, merchant := talking(t, w, func(o *softphone.Outgoing) { o.NoOffer = true })
	packets(t, caller, 20)
	packets(t, merchant, 20)
	merchant.Hangup()
	done(t, caller.Over(), "the end")
	bitExact(t, "caller to merchant", caller, merchant)
}

func TestSeveralPhonesFirstAnswerWins(t *testing.T) {
	second := newPhone(t)
	w := newWorld(t, options{line: func(l *gateway.Line) { l.Targets = append(l.Targets, "sip:101@"+second.Addr().String()) }})
	t.Cleanup(func() { _ = second.Close() })
	caller, first := w.call(ordinary)
	other := recv(t, second.Incoming(), "the second phone to ring")
	must(t, first.Ring())
	must(t, other.Ring())
	must(t, other.Answer())
	done(t, caller.Answered(), "the answer")
	done(t, first.Over(), "the first phone to stop ringing")
	packets(t, other, 5)
	caller.Hangup()
	done(t, other.Over(), "the end")
	if w.record().Outcome != gateway.OutcomeAnswered {
		t.Error("want an answered call")
	}
}

func TestRefusals(t *testing.T) {
	for _, c := range []struct {
		name   string
		o      options
		before func(t *testing.T, w *world)
		status int
	}{
		{"no ports left", options{ports: 4}, func(t *testing.T, w *world) { talking(t, w) }, 503},
		{"unknown source", options{trunk: func(tr *gateway.Trunk) { tr.Sources = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")} }}, nil, 403},
		{"trunk full", options{trunk: func(tr *gateway.Trunk) { tr.MaxCalls = 1 }}, func(t *testing.T, w *world) { talking(t, w) }, 503},
		{"too many a second", options{trunk: func(tr *gateway.Trunk) { tr.CallsPerSecond = 1 }}, func(t *testing.T, w *world) { talking(t, w) }, 503},
		{"gateway full", options{config: func(g *gateway.Config) { g.MaxCalls = 1 }}, func(t *testing.T, w *world) { talking(t, w) }, 503},
		{"draining", options{}, func(t *testing.T, w *world) {
			ctx, cancel := context.WithCancel(context.Background())
			talking(t, w)
			cancel()
			if err := w.gateway.Drain(ctx); !errors.Is(err, context.Canceled) {
				t.Errorf("drain with a call up: got %v", err)
			}
		}, 503},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, c.o)
			if c.before != nil {
				c.before(t, w)
			}
			caller := w.dial("13800138001")
			done(t, caller.Over(), "the refusal")
			f := caller.Failure()
			if f.Status != c.status {
				t.Errorf("got %d, want %d", f.Status, c.status)
			}
			if c.status == 503 && f.Message.Get("Retry-After") == "" {
				t.Error("503 without Retry-After")
			}
		})
	}
}

// broken is a register whose index cannot be had.
type broken struct{}

func (broken) Index() *index.Index { panic("the index is gone") }

func TestScreeningFaultLetsTheCallThrough(t *testing.T) {
	w := newWorld(t, options{config: func(g *gateway.Config) { g.Register = broken{} }})
	_, merchant := w.call(ordinary)
	must(t, merchant.Reject(486))
	if r := w.record(); r.Screened || r.Verdict.Level != screening.LevelUnknown {
		t.Errorf("got screened=%v level=%s, want a call marked as not screened", r.Screened, r.Verdict.Level)
	}
}

func TestScreeningFaultOnATrunkThatFailsClosed(t *testing.T) {
	w := newWorld(t, options{config: func(g *gateway.Config) { g.Register = broken{} }, trunk: func(tr *gateway.Trunk) { tr.FailClosed = true }})
	caller := w.dial(ordinary)
	done(t, caller.Over(), "the refusal")
	if s := caller.Failure().Status; s != 603 {
		t.Errorf("got %d, want 603", s)
	}
}

func TestHangupEndsRunningCalls(t *testing.T) {
	w := newWorld(t, options{})
	caller, merchant := talking(t, w)
	w.gateway.Hangup()
	done(t, caller.Over(), "the caller's leg to end")
	done(t, merchant.Over(), "the merchant's leg to end")
	if e := caller.Ended(); e.By != sip.Remote {
		t.Errorf("the caller's leg ended by %v", e.By)
	}
	if r := w.record(); r.EndedBy != "gateway" {
		t.Errorf("got %+v", r)
	}
}
