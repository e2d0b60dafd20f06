package gateway_test

import (
	"net/netip"
	"runtime"
	"testing"
	"time"

	"ringward/gateway"
	"ringward/sip"
	"ringward/sip/siptest"
)

// TestSIPpThroughTheGateway puts the gateway between two SIPp processes: what
// each side must see is in its scenario.
func TestSIPpThroughTheGateway(t *testing.T) {
	if testing.Short() {
		t.Skip("runs other programs")
	}
	for _, c := range []struct {
		name          string
		caller, phone string
		callerArgs    []string
		calls         int
		outcome       gateway.Outcome
		ring          time.Duration
	}{
		{name: "call", caller: "uac_call", phone: "uas_call", callerArgs: []string{"-d", "100", "-r", "20"}, calls: 40, outcome: gateway.OutcomeAnswered},
		{name: "cancel", caller: "uac_cancel", phone: "uas_noanswer", callerArgs: []string{"-d", "100"}, calls: 5, outcome: gateway.OutcomeCancelled},
		{name: "busy", caller: "uac_busy", phone: "uas_busy", calls: 5, outcome: gateway.OutcomeBusy},
		{name: "declined", caller: "uac_refused", phone: "uas_decline", calls: 5, outcome: gateway.OutcomeBusy},
		{name: "no answer", caller: "uac_noanswer", phone: "uas_noanswer", calls: 3, outcome: gateway.OutcomeNoAnswer, ring: 300 * time.Millisecond},
		{name: "caller holds and resumes", caller: "uac_hold", phone: "uas_reinvited", callerArgs: []string{"-d", "100"}, calls: 5, outcome: gateway.OutcomeAnswered},
		{name: "INVITE without an offer", caller: "uac_offerless", phone: "uas_call", callerArgs: []string{"-d", "100"}, calls: 5, outcome: gateway.OutcomeAnswered},
		{name: "caller requires 100rel", caller: "uac_prack", phone: "uas_call", callerArgs: []string{"-d", "100"}, calls: 5, outcome: gateway.OutcomeAnswered},
		{name: "phone sends 180 reliably", caller: "uac_call", phone: "uas_prack", callerArgs: []string{"-d", "100"}, calls: 5, outcome: gateway.OutcomeAnswered},
		{name: "one packet in ten lost on the caller's side", caller: "uac_call", phone: "uas_call", callerArgs: []string{"-d", "100", "-lost", "10"}, calls: 10, outcome: gateway.OutcomeAnswered},
	} {
		t.Run(c.name, func(t *testing.T) {
			phone := siptest.StartSIPp(t, c.phone, netip.AddrPort{}, c.calls, "-d", "50")
			w := newWorld(t, options{line: func(l *gateway.Line) {
				l.Targets = []string{"sip:100@" + phone.Addr().String()}
				l.RingTimeout = c.ring
			}, sip: func(s *sip.Config) { s.Timers.T1 = 100 * time.Millisecond }})
			caller := siptest.StartSIPp(t, c.caller, w.stack.Addrs()[0].Addr, c.calls, append(c.callerArgs, "-s", "862155550100")...)
			caller.Wait()
			phone.Wait()
			for range c.calls {
				if r := w.record(); r.Outcome != c.outcome {
					t.Errorf("got outcome %s (status %d, %+v), want %s", r.Outcome, r.Status, r.Events, c.outcome)
				}
			}
		})
	}
}

// TestSIPpLoad is 50 calls a second for 20 s with RTP both ways: the caller
// plays A-law, the phone echoes it. No call may fail.
func TestSIPpLoad(t *testing.T) {
	if testing.Short() {
		t.Skip("takes half a minute")
	}
	const rate, seconds = "50", 20
	const calls = 50 * seconds
	phone := siptest.StartSIPp(t, "uas_call", netip.AddrPort{}, calls, "-rtp_echo", "-d", "10")
	w := newWorld(t, options{ports: 4000, line: func(l *gateway.Line) { l.Targets = []string{"sip:100@" + phone.Addr().String()} }})
	caller := siptest.StartSIPp(t, "uac_rtp", w.stack.Addrs()[0].Addr, calls, "-s", "862155550100", "-r", rate, "-d", "1000",
		"-mp", "31000")
	caller.Wait()
	phone.Wait()
	var relayed uint64
	for range calls {
		r := w.record()
		if r.Outcome != gateway.OutcomeAnswered {
			t.Fatalf("a call ended %s: %+v", r.Outcome, r)
		}
		relayed += r.Media.FromCaller
	}
	if relayed < calls*30 {
		t.Errorf("%d packets came from %d callers, want a second of sound from each", relayed, calls)
	}
	t.Logf("%d calls, %d packets from callers, echoed %d", calls, relayed, w.engine.Stats().Total.PacketsOut)
}

// TestThousandCallsAtOnce holds 1,000 anchored calls at a time and finds
// goroutines, ports and memory back where they were.
func TestThousandCallsAtOnce(t *testing.T) {
	if testing.Short() {
		t.Skip("takes half a minute")
	}
	const calls = 1000
	phone := siptest.StartSIPp(t, "uas_call", netip.AddrPort{}, calls, "-d", "10")
	w := newWorld(t, options{ports: 4400, line: func(l *gateway.Line) { l.Targets = []string{"sip:100@" + phone.Addr().String()} }})
	goroutines, heap := runtime.NumGoroutine(), heapInUse()
	caller := siptest.StartSIPp(t, "uac_call", w.stack.Addrs()[0].Addr, calls, "-s", "862155550100", "-r", "150", "-l", "1000", "-d", "12000")
	untilAfter(t, time.Minute, "1,000 calls at once", func() bool { return len(w.gateway.Calls()) == calls })
	most, peak := runtime.NumGoroutine(), heapInUse()
	caller.Wait()
	phone.Wait()
	for range calls {
		if r := w.record(); r.Outcome != gateway.OutcomeAnswered {
			t.Fatalf("a call ended %s: %+v", r.Outcome, r)
		}
	}
	// A lost answer to a BYE is waited for 32 s (RFC 3261 Timer F).
	untilAfter(t, time.Minute, "the last leg to go", func() bool { return w.stack.Stats().Legs == 0 })
	noGoroutineLeft(t, goroutines+10) // those of the stacks may have started after the count; a leak would be a thousand
	if s := w.engine.Stats(); s.Bridges != 0 || s.PairsInUse != 0 {
		t.Errorf("%d bridges and %d port pairs are left", s.Bridges, s.PairsInUse)
	}
	after := heapInUse()
	t.Logf("goroutines %d, at 1,000 calls %d; heap %d KiB, at 1,000 calls %d KiB, after %d KiB", goroutines, most, heap>>10, peak>>10, after>>10)
	if after > heap+16<<20 {
		t.Errorf("heap grew from %d to %d KiB", heap>>10, after>>10)
	}
}

func heapInUse() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
