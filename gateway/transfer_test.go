package gateway_test

import (
	"fmt"
	"net/netip"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"ringward/gateway"
	"ringward/numbering"
	"ringward/screening"
	"ringward/sip/sipmsg"
	"ringward/sip/siptest"
	"ringward/softphone"
)

// backNumber is a second line, whose phone is w.back.
const backNumber = "+862155550177"

// twoLines finds the world's line and a second one.
type twoLines struct {
	one  oneLine
	back atomic.Pointer[softphone.Phone] // set once the gateway runs
}

func (l *twoLines) Line(user string, n numbering.Number) (gateway.Line, bool) {
	if n.String() == backNumber {
		return gateway.Line{ID: "back", Targets: []string{"sip:200@" + l.back.Load().Addr().String()}, Language: "zh-CN"}.For(n), true
	}
	return l.one.Line(user, n)
}

// withBack is a world with a second line.
func withBack(t *testing.T, o options) (*world, *softphone.Phone) {
	t.Helper()
	lines := &twoLines{}
	before := o.config
	o.config = func(c *gateway.Config) {
		if before != nil {
			before(c)
		}
		lines.one = c.Lines.(oneLine)
		c.Lines = lines
	}
	w, back := newWorld(t, o), newPhone(t) // in this order: the world counts goroutines
	t.Cleanup(func() { _ = back.Close() })
	lines.back.Store(back)
	return w, back
}

// A blind transfer to another line: the new phone rings, the caller stays, and
// so does what is known of him; the old phone is told and let go.
func TestBlindTransfer(t *testing.T) {
	for _, held := range []bool{false, true} {
		t.Run(fmt.Sprintf("held %v", held), func(t *testing.T) { blindTransfer(t, held) })
	}
}

func blindTransfer(t *testing.T, held bool) {
	w, back := withBack(t, options{})
	caller, merchant := talking(t, w)
	id := w.gateway.Calls()[0]
	if held {
		must(t, merchant.Hold(true))
	}
	status, err := merchant.Transfer(backNumber)
	if must(t, err); status != 202 {
		t.Fatalf("REFER answered %d", status)
	}
	second := recv(t, back.Incoming(), "the second phone to ring")
	if from, _ := second.Invite().From(); from.URI.User != ordinary {
		t.Errorf("the second phone sees %q", from.URI.User)
	}
	must(t, second.Ring())
	second.Say(sine(900, time.Minute))
	must(t, second.Answer())
	done(t, merchant.Over(), "the first phone to be let go")
	if n := merchant.Notified(); !slices.Equal(n, []int{100, 180, 200}) {
		t.Errorf("held %v: the first phone was told %v", held, n)
	}
	packets(t, second, 30)
	packets(t, caller, 60)
	if p := power(lastSecond(caller), 900); p < 0.5 {
		t.Errorf("held %v: the caller hears %.2f of the second phone", held, p)
	}
	must(t, w.gateway.Warn(id, alarming))
	w.event(gateway.EventWarned)
	packets(t, second, 30)
	if p := power(second.Heard(), promptHz); p < 0.1 {
		t.Errorf("held %v: the second phone hears %.2f of the warning", held, p)
	}
	if p := power(caller.Heard(), promptHz); p > 0.02 {
		t.Errorf("held %v: the caller hears %.2f of the warning", held, p)
	}
	if e := append(caller.MediaErrors(), second.MediaErrors()...); len(e) > 0 {
		t.Errorf("held %v: %v", held, e)
	}
	second.Hangup()
	done(t, caller.Over(), "the call to end")
	r := w.record()
	if r.ID != id || !hasEvent(r, "transferred", "") || r.EndedBy != "merchant" || r.Outcome != gateway.OutcomeAnswered {
		t.Errorf("held %v: got %+v", held, r)
	}
}

// A transfer that nobody takes leaves the call as it was; one that its phone did
// not wait for ends it.
func TestTransferNotTaken(t *testing.T) {
	w, back := withBack(t, options{})
	caller, merchant := talking(t, w)
	for _, leave := range []bool{false, true} {
		status, err := merchant.Transfer(backNumber)
		if must(t, err); status != 202 {
			t.Fatalf("REFER answered %d", status)
		}
		second := recv(t, back.Incoming(), "the second phone to ring")
		if leave {
			merchant.Hangup()
			done(t, merchant.Over(), "the first phone to leave")
			must(t, second.Reject(486))
			done(t, caller.Over(), "the call to end")
			continue
		}
		must(t, second.Reject(486))
		until(t, "the first phone to be told", func() bool { return slices.Equal(merchant.Notified(), []int{100, 486}) })
		packets(t, merchant, 10)
		packets(t, caller, 10)
	}
	if r := w.record(); !hasEvent(r, "transfer-failed", "486") || !hasEvent(r, "transfer-left", "") || r.EndedBy != "merchant" {
		t.Errorf("got %+v", r)
	}
}

// The phone may leave before the other answers: the caller waits and is served.
func TestTransferLeftByItsPhone(t *testing.T) {
	w, back := withBack(t, options{})
	caller, merchant := talking(t, w)
	status, err := merchant.Transfer(backNumber, sipmsg.Header{Name: "Refer-Sub", Value: "false"}, sipmsg.Header{Name: "Supported", Value: "norefersub"})
	if must(t, err); status != 202 {
		t.Fatalf("REFER answered %d", status)
	}
	second := recv(t, back.Incoming(), "the second phone to ring")
	merchant.Hangup()
	done(t, merchant.Over(), "the first phone to leave")
	must(t, second.Answer())
	packets(t, second, 20)
	packets(t, caller, 20)
	if n := merchant.Notified(); len(n) > 0 {
		t.Errorf("told %v, but nothing was asked for", n)
	}
	caller.Hangup()
	done(t, second.Over(), "the call to end")
}

// Callers are sent nowhere that the line may not send them.
func TestTransferRefused(t *testing.T) {
	for _, c := range []struct {
		name   string
		policy gateway.Transfer
		to     string
		by     string
		want   int
	}{
		{"to a number outside", gateway.TransferLines, "+8613912345678", "merchant", 403},
		{"to a premium number", gateway.TransferAllow, "+8616812345678", "merchant", 403},
		{"without a right to call out", gateway.TransferAllow, "+8613912345678", "merchant", 403},
		{"to itself", gateway.TransferLines, lineNumber, "merchant", 403},
		{"by policy", gateway.TransferRefuse, backNumber, "merchant", 403},
		{"by the caller", gateway.TransferLines, backNumber, "caller", 403},
	} {
		t.Run(c.name, func(t *testing.T) {
			w, _ := withBack(t, options{line: func(l *gateway.Line) { l.Manners.Transfer = c.policy }})
			caller, merchant := talking(t, w)
			by := merchant
			if c.by == "caller" {
				by = caller
			}
			status, err := by.Transfer(c.to)
			if must(t, err); status != c.want {
				t.Errorf("REFER answered %d, want %d", status, c.want)
			}
			packets(t, merchant, 10)
			caller.Hangup()
			if r := w.record(); !hasEvent(r, "transfer-refused", "") {
				t.Errorf("got %+v", r.Events)
			}
		})
	}
}

// An attended transfer joins the far sides of two calls of the same phone.
func TestAttendedTransfer(t *testing.T) {
	w := newWorld(t, options{line: func(l *gateway.Line) { l.Policy = screening.Policy{Mode: screening.ModeLabel} }})
	caller, merchant := talking(t, w)
	must(t, merchant.Hold(true))
	other, toOther := w.call("+8613800138111")
	other.Say(sine(900, time.Minute))
	must(t, toOther.Answer())
	done(t, other.Answered(), "the second call's answer")
	packets(t, other, 10)
	must(t, toOther.Hold(true))
	status, err := merchant.TransferTo(toOther)
	if must(t, err); status != 202 {
		t.Fatalf("REFER answered %d", status)
	}
	done(t, merchant.Over(), "the phone's first call to end")
	done(t, toOther.Over(), "the phone's second call to end")
	if n := merchant.Notified(); !slices.Equal(n, []int{100, 200}) {
		t.Errorf("told %v", n)
	}
	packets(t, caller, 60)
	packets(t, other, 60)
	if p := power(lastSecond(caller), 900); p < 0.5 {
		t.Errorf("the caller hears %.2f of the other", p)
	}
	if p := power(lastSecond(other), 300); p < 0.5 {
		t.Errorf("the other hears %.2f of the caller", p)
	}
	caller.Hangup()
	done(t, other.Over(), "the call to end")
	ended := []string{}
	for range 2 {
		r := w.record()
		ended = append(ended, r.EndedBy)
		if !hasEvent(r, "transferred", "") && !hasEvent(r, "end", "transferred") {
			t.Errorf("got %+v", r.Events)
		}
	}
	slices.Sort(ended)
	if !slices.Equal(ended, []string{"caller", "merchant"}) {
		t.Errorf("ended by %v", ended)
	}
}

// A call that is not there, or not this phone's, is not joined.
func TestAttendedTransferOfNothing(t *testing.T) {
	w := newWorld(t, options{})
	caller, merchant := talking(t, w)
	status, err := merchant.TransferTo(merchant) // itself
	if must(t, err); status != 202 {
		t.Fatalf("REFER answered %d", status)
	}
	until(t, "the phone to be told", func() bool { return slices.Equal(merchant.Notified(), []int{100, 481}) })
	packets(t, caller, 10)
	caller.Hangup()
}

// An INVITE with Replaces from the phone's own address takes its call over; one
// that names no call of ours gets 481.
func TestInviteWithReplaces(t *testing.T) {
	w := newWorld(t, options{})
	caller, merchant := talking(t, w)
	second, err := w.merchant.Call(softphone.Outgoing{To: w.stack.Addrs()[0].Addr, Number: "pickup", From: "100", Headers: []sipmsg.Header{merchant.Replacing()}})
	must(t, err)
	second.Say(sine(900, time.Minute))
	done(t, second.Answered(), "the second phone to have the call")
	done(t, merchant.Over(), "the first phone to be let go")
	packets(t, second, 30)
	packets(t, caller, 60)
	if p := power(lastSecond(caller), 900); p < 0.5 {
		t.Errorf("the caller hears %.2f of the second phone", p)
	}
	nobody, err := w.merchant.Call(softphone.Outgoing{To: w.stack.Addrs()[0].Addr, Number: "pickup", From: "100",
		Headers: []sipmsg.Header{{Name: "Replaces", Value: "x@y;to-tag=1;from-tag=2"}}})
	must(t, err)
	done(t, nobody.Over(), "the INVITE to be refused")
	if s := nobody.Failure().Status; s != 481 {
		t.Errorf("answered %d, want 481", s)
	}
	over, err := w.caller.Call(softphone.Outgoing{To: w.stack.Addrs()[0].Addr, Number: "pickup", From: "100", Headers: []sipmsg.Header{caller.Replacing()}})
	must(t, err)
	done(t, over.Over(), "the caller's side to be kept")
	if s := over.Failure().Status; s != 403 {
		t.Errorf("taking the caller's side over: answered %d, want 403", s)
	}
	second.Hangup()
	done(t, caller.Over(), "the call to end")
	if r := w.record(); !hasEvent(r, "replace", "") || r.EndedBy != "merchant" {
		t.Errorf("got %+v", r)
	}
}

// TestSIPpTransfer has a phone that is SIPp send its caller to another.
func TestSIPpTransfer(t *testing.T) {
	if testing.Short() {
		t.Skip("runs other programs")
	}
	const calls = 3
	phone := siptest.StartSIPp(t, "uas_refer", netip.AddrPort{}, calls)
	second := siptest.StartSIPp(t, "uas_call", netip.AddrPort{}, calls, "-d", "50")
	w := newWorld(t, options{line: func(l *gateway.Line) { l.Targets = []string{"sip:100@" + phone.Addr().String()} },
		config: func(c *gateway.Config) { c.Lines = sippLines{c.Lines, second.Addr().String()} }})
	caller := siptest.StartSIPp(t, "uac_call", w.stack.Addrs()[0].Addr, calls, "-s", "862155550100", "-d", "2000")
	caller.Wait()
	phone.Wait()
	second.Wait()
	for range calls {
		if r := w.record(); !hasEvent(r, "transferred", "") || r.EndedBy != "caller" {
			t.Errorf("got %+v", r)
		}
	}
}

// sippLines has a second line whose phone is at an address.
type sippLines struct {
	gateway.Lines
	back string
}

func (l sippLines) Line(user string, n numbering.Number) (gateway.Line, bool) {
	if n.String() == backNumber {
		return gateway.Line{ID: "back", Targets: []string{"sip:200@" + l.back}, Language: "zh-CN"}.For(n), true
	}
	return l.Lines.Line(user, n)
}
