package gateway_test

import (
	"net/netip"
	"testing"
	"time"

	"ringward/gateway"
	"ringward/sip"
	"ringward/sip/siptest"
	"ringward/sip/transaction"
)

// hurry is a clock whose timers run fifty times as fast.
type hurry struct{}

const hurried = 50

var began = time.Now()

func (hurry) Now() time.Time { return began.Add(hurried * time.Since(began)) }

func (hurry) AfterFunc(d time.Duration, f func()) transaction.Timer {
	return hurriedTimer{time.AfterFunc(d/hurried, f)}
}

type hurriedTimer struct{ *time.Timer }

func (t hurriedTimer) Reset(d time.Duration) bool { return t.Timer.Reset(d / hurried) }

// inHurry makes a stack's timers fast, but for the repeats of lost messages.
func inHurry(c *sip.Config) {
	c.Clock = hurry{}
	c.Timers = transaction.Timers{T1: hurried * 500 * time.Millisecond, T2: hurried * 4 * time.Second, T4: hurried * time.Second}
}

// TestSIPpSessionTimers has a caller that we refresh by re-INVITE and a phone
// that asks for more by 422 and is refreshed by UPDATE, each on its own timer.
func TestSIPpSessionTimers(t *testing.T) {
	if testing.Short() {
		t.Skip("runs other programs")
	}
	const calls = 3
	phone := siptest.StartSIPp(t, "uas_timer", netip.AddrPort{}, calls)
	w := newWorld(t, options{sip: inHurry, line: func(l *gateway.Line) {
		l.Targets = []string{"sip:100@" + phone.Addr().String()}
		l.Manners.SessionTimer = 90 * time.Second
	}})
	caller := siptest.StartSIPp(t, "uac_timer", w.stack.Addrs()[0].Addr, calls, "-s", "862155550100")
	caller.Wait()
	phone.Wait()
	for range calls {
		if r := w.record(); r.Outcome != gateway.OutcomeAnswered || r.EndedBy != "merchant" {
			t.Errorf("got outcome %s by %s (%+v)", r.Outcome, r.EndedBy, r.Events)
		}
	}
}
