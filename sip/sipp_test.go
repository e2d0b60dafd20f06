package sip_test

import (
	"net/netip"
	"sync"
	"testing"
	"time"

	"ringward/sip"
	"ringward/sip/siptest"
	"ringward/sip/transport"
)

// SIPp calls a stack of ours: what each scenario checks is in its XML.
func TestSIPpCaller(t *testing.T) {
	if testing.Short() {
		t.Skip("runs other programs")
	}
	for _, tc := range []struct {
		scenario string
		serve    func(*sip.Leg)
		args     []string
	}{
		{"uac_call", serveCall, []string{"-d", "50", "-r", "50"}},
		{"uac_call", serveCall, []string{"-d", "50", "-r", "50", "-t", "t1"}},
		{"uac_call", serveCall, []string{"-d", "50", "-r", "50", "-lost", "10"}},
		{"uac_cancel", serveRinging, []string{"-d", "50"}},
		{"uac_busy", func(l *sip.Leg) { _ = l.Progress(180, "", sip.Body{}); _ = l.Reject(486, "") }, nil},
		{"uac_noanswer", func(l *sip.Leg) { _ = l.Reject(480, "") }, nil},
		{"uac_refused", func(l *sip.Leg) { _ = l.Reject(603, "Network Blocked") }, nil},
		{"uac_hold", serveCall, []string{"-d", "50"}},
		{"uac_offerless", serveCall, []string{"-d", "50"}},
		{"uac_prack", servePrack, []string{"-d", "50"}},
		{"uac_abandon", serveCall, nil},
	} {
		t.Run(tc.scenario, func(t *testing.T) {
			t.Parallel()
			network := "udp"
			for _, a := range tc.args {
				if a == "t1" {
					network = "tcp"
				}
			}
			s, addr := listening(t, network, handlerFunc(tc.serve), quick)
			siptest.StartSIPp(t, tc.scenario, addr, 10, tc.args...).Wait()
			emptied(t, s)
		})
	}
}

// SIPp is the phone that a stack of ours calls. (Not with -lost: as a phone it
// takes a repeated INVITE for an unexpected one.)
func TestSIPpPhone(t *testing.T) {
	if testing.Short() {
		t.Skip("runs other programs")
	}
	for _, tc := range []struct {
		scenario string
		call     func(*testing.T, *sip.Leg)
		noOffer  bool
	}{
		{"uas_call", hangUpOnAnswer, false},
		{"uas_call", hangUpOnAnswer, true},
		{"uas_hangup", waitForEnd, false},
		{"uas_hold", endAfterReinvites, false},
		{"uas_reinvited", reinviteTwice, false},
		{"uas_busy", waitForEnd, false},
		{"uas_decline", waitForEnd, false},
		{"uas_noanswer", cancelOnRinging, false},
		{"uas_prack", hangUpOnAnswer, false},
	} {
		t.Run(tc.scenario, func(t *testing.T) {
			t.Parallel()
			s, _ := listening(t, "udp", handlerFunc(func(*sip.Leg) {}), quick)
			const calls = 5
			phone := siptest.StartSIPp(t, tc.scenario, netip.AddrPort{}, calls, "-d", "30")
			var wg sync.WaitGroup
			var legs []*sip.Leg
			for range calls {
				o := sip.DialOptions{
					From: nameAddr("sip:us@127.0.0.1"), To: nameAddr("sip:phone@127.0.0.1"), Body: sdp("offer"),
					Target: transport.Target{Network: "udp", Addr: phone.Addr()},
				}
				if tc.noOffer {
					o.Body = sip.Body{}
				}
				l, err := s.Dial(o)
				if err != nil {
					t.Fatal(err)
				}
				legs = append(legs, l)
				wg.Go(func() { tc.call(t, l) })
			}
			phone.Wait()
			if t.Failed() {
				for _, l := range legs {
					l.Close()
				}
			}
			wg.Wait()
			emptied(t, s)
		})
	}
}

// quick shortens T1 so that give-ups take 6.4 s.
func quick(c *sip.Config) { c.Timers.T1 = 100 * time.Millisecond }

// emptied waits for the last leg to go.
func emptied(t *testing.T, s *sip.Stack) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for range 1000 {
		if s.Stats().Legs == 0 {
			return
		}
		<-tick.C
	}
	t.Errorf("%d legs left", s.Stats().Legs)
}

// serveCall rings, answers, and answers every request within the dialog.
func serveCall(l *sip.Leg) {
	_ = l.Progress(180, "", sip.Body{})
	_ = l.Answer(sdp("answer"))
	serveRequests(l)
}

func serveRequests(l *sip.Leg) {
	for e := range l.Events() {
		if q, ok := e.(sip.Requested); ok {
			_ = q.Req.Respond(200, "", sdp("answer"))
		}
	}
}

func servePrack(l *sip.Leg) {
	_ = l.Progress(183, "", sdp("answer"))
	_ = l.Answer(sip.Body{})
	serveRequests(l)
}

func serveRinging(l *sip.Leg) {
	_ = l.Progress(180, "", sip.Body{})
	for range l.Events() {
	}
}

// follow reads the events of a call until the end; it acknowledges the answer.
func follow(t *testing.T, l *sip.Leg, on func(sip.Event)) {
	for e := range l.Events() {
		switch v := e.(type) {
		case sip.Answered:
			if err := l.Ack(sip.Body{}); err != nil {
				t.Errorf("ack: %v", err)
			}
		case sip.Requested:
			if err := v.Req.Respond(200, "", sdp("answer")); err != nil {
				t.Errorf("respond: %v", err)
			}
		case sip.Ended:
			if v.Cause != nil {
				t.Errorf("ended by %v: %v", v.By, v.Cause)
			}
		}
		on(e)
	}
}

func waitForEnd(t *testing.T, l *sip.Leg) { follow(t, l, func(sip.Event) {}) }

func hangUpOnAnswer(t *testing.T, l *sip.Leg) {
	follow(t, l, func(e sip.Event) {
		if _, ok := e.(sip.Answered); ok {
			_ = l.Bye()
		}
	})
}

func cancelOnRinging(t *testing.T, l *sip.Leg) {
	follow(t, l, func(e sip.Event) {
		if _, ok := e.(sip.Progressed); ok {
			_ = l.Cancel()
		}
	})
}

// endAfterReinvites hangs up when the phone has held and resumed.
func endAfterReinvites(t *testing.T, l *sip.Leg) {
	n := 0
	follow(t, l, func(e sip.Event) {
		if q, ok := e.(sip.Requested); ok {
			<-q.Req.Acked()
			if n++; n == 2 {
				_ = l.Bye()
			}
		}
	})
}

// reinviteTwice holds and resumes, then hangs up.
func reinviteTwice(t *testing.T, l *sip.Leg) {
	follow(t, l, func(e sip.Event) {
		if _, ok := e.(sip.Answered); !ok {
			return
		}
		for range 2 {
			p, err := l.Send("INVITE", sdp("again"))
			if err != nil {
				t.Errorf("re-INVITE: %v", err)
				break
			}
			<-p.Done()
			if err := p.Ack(sip.Body{}); err != nil {
				t.Errorf("ack of re-INVITE: %v", err)
			}
		}
		_ = l.Bye()
	})
}
