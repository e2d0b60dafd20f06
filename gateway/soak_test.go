package gateway_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ringward/gateway"
	"ringward/media/sdp"
	"ringward/screening"
	"ringward/sip"
	"ringward/sip/sipmsg"
	"ringward/sip/transaction"
	"ringward/sip/transport"
)

// soakCalls is how many calls the soak makes, in how many parts: a few, or
// RINGWARD_SOAK_CALLS (scripts/soak.sh: 100,000).
func soakCalls(t *testing.T) (calls, parts int) {
	text := os.Getenv("RINGWARD_SOAK_CALLS")
	if text == "" {
		return 450, 3
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 10 {
		t.Fatalf("RINGWARD_SOAK_CALLS=%q: want a number of calls, 10 or more", text)
	}
	return n, 10
}

// TestSoak makes many calls of every kind, some hundred at a time, and looks
// after every part at what is left when all have ended: the heap must not grow
// from one to the next, and no goroutine, leg, port or call may stay.
func TestSoak(t *testing.T) {
	calls, parts := soakCalls(t)
	long := parts > 3
	w := newWorld(t, options{ports: 20000, rest: 100 * time.Millisecond, sip: briskly, config: func(c *gateway.Config) { c.Recorder, c.Events = nil, nil }})
	phone := newSoakPhone(t, "phone", answerSoak)
	caller := newSoakPhone(t, "caller", func(l *sip.Leg) { _ = l.Reject(405, "") })
	w.setLine(func(l *gateway.Line) {
		l.Targets = []string{"sip:100@" + phone.addr().String()}
		l.Policy = screening.Policy{Mode: screening.ModeLabel}
	})
	goroutines, heaps := make([]int, parts), make([]uint64, parts)
	for i := range parts {
		began := time.Now()
		caller.call(t, w.stack.Addrs()[0].Addr, calls/parts)
		took := time.Since(began)
		untilAfter(t, time.Minute, "every leg and timer to go", func() bool {
			return idle(w.stack, long) && idle(caller.stack, long) && idle(phone.stack, long) && w.gateway.Stats().Active == 0 && w.engine.Stats().Bridges == 0
		})
		goroutines[i], heaps[i] = runtime.NumGoroutine(), heapInUse()
		t.Logf("%6d calls: heap %d KiB, %d goroutines, %.0f calls/s", (i+1)*(calls/parts), heaps[i]>>10, goroutines[i],
			float64(calls/parts)/took.Seconds())
	}
	const tolerance = 2 << 20 // of the runtime's own: timers, stacks, pools
	if first, last := heaps[1], heaps[parts-1]; last > first+tolerance {
		t.Errorf("the heap grew from %d to %d KiB", first>>10, last>>10)
	}
	if first, last := goroutines[1], goroutines[parts-1]; last > first+5 {
		t.Errorf("goroutines grew from %d to %d", first, last)
	}
	if s := w.gateway.Stats(); s.Panics != 0 || s.Calls != uint64(calls/parts*parts) {
		t.Errorf("%d faults in %d calls", s.Panics, s.Calls)
	}
}

// briskly has transactions die in 1.9 s instead of 32.
func briskly(c *sip.Config) {
	c.Timers = transaction.Timers{T1: 30 * time.Millisecond, T2: 240 * time.Millisecond, T4: 300 * time.Millisecond}
}

// soakPhone is a stack that calls or is called, without sound.
type soakPhone struct {
	stack *sip.Stack
	serve func(*sip.Leg)
}

func (p *soakPhone) Invite(l *sip.Leg)           { p.serve(l) }
func (p *soakPhone) Request(*transaction.Server) {}

func newSoakPhone(t *testing.T, name string, serve func(*sip.Leg)) *soakPhone {
	t.Helper()
	p := &soakPhone{serve: serve}
	c := sip.Config{Log: slog.New(slog.DiscardHandler), Listen: []transport.Listen{{Network: "udp", Addr: netip.MustParseAddrPort("127.0.0.1:0"), Sockets: 1}}}
	briskly(&c)
	var err error
	if p.stack, err = sip.New(c, p); err != nil {
		t.Fatalf("soak %s: %v", name, err)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- p.stack.Run(ctx) }()
	t.Cleanup(func() { stop(); <-done })
	return p
}

func (p *soakPhone) addr() netip.AddrPort { return p.stack.Addrs()[0].Addr }

// idle reports whether a stack has nothing left of its calls. What refused an
// INVITE is remembered for 32 s (RFC 3261 Timer D): only a long soak waits for it.
func idle(stack *sip.Stack, long bool) bool {
	s := stack.Stats()
	return s.Legs == 0 && s.Transaction.Server == 0 && (s.Transaction.Client == 0 || !long)
}

func soakSDP(port uint16, dir sdp.Direction) sip.Body {
	o := sdp.NewOffer(sdp.Local{Addr: netip.MustParseAddr("127.0.0.1"), RTPPort: port, SessionID: 1, Version: 1}, []sdp.Codec{sdp.PCMA}, dir)
	return sip.Body{ContentType: "application/sdp", Data: o}
}

// soakAtOnce is how many calls run at a time.
const soakAtOnce = 200

// call makes n calls and waits for their ends.
func (p *soakPhone) call(t *testing.T, to netip.AddrPort, n int) {
	t.Helper()
	var failed atomic.Int64
	var first atomic.Value
	var wg sync.WaitGroup
	slots := make(chan struct{}, soakAtOnce)
	for i := range n {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			if why := p.one(i, to); why != "" {
				failed.Add(1)
				first.CompareAndSwap(nil, why)
			}
		})
	}
	wg.Wait()
	if f := failed.Load(); f > 0 {
		t.Errorf("%d of %d calls went wrong, first: %s", f, n, first.Load())
	}
}

// one makes one call: of ten, one is cancelled, one held and resumed, and two
// hang up on the other side; one is to a busy phone. It returns what went wrong.
func (p *soakPhone) one(i int, to netip.AddrPort) string {
	kind := i % 10
	uri := sipmsg.URI{Scheme: "sip", User: "862155550100", Host: to.Addr().String(), Port: to.Port()}
	l, err := p.stack.Dial(sip.DialOptions{
		To: sipmsg.NameAddr{URI: uri}, Target: transport.Target{Network: "udp", Addr: to},
		From: sipmsg.NameAddr{URI: sipmsg.URI{Scheme: "sip", User: "+861380000000" + strconv.Itoa(kind), Host: "127.0.0.1"}},
		Body: soakSDP(9000, sdp.SendRecv),
	})
	if err != nil {
		return err.Error()
	}
	fine, seen := false, ""
	for e := range l.Events() {
		seen += fmt.Sprintf(" %T", e)
		switch e := e.(type) {
		case sip.Progressed:
			if kind == soakCancel {
				_ = l.Cancel()
			}
		case sip.Answered:
			_ = l.Ack(sip.Body{})
			fine = kind != soakCancel && kind != soakBusy
			go soakTalk(l, kind)
		case sip.Requested:
			_ = e.Req.Respond(200, "", sip.Body{})
		case sip.Failed:
			fine = kind == soakBusy && e.Status == 486
			seen += fmt.Sprintf("(%d %v)", e.Status, e.Err)
		case sip.Ended:
			fine = fine || kind == soakCancel
			seen += fmt.Sprintf("(%v)", e.Cause)
		}
	}
	if fine {
		return ""
	}
	return fmt.Sprintf("kind %d:%s", kind, seen)
}

// The kinds of calls that are not just answered and ended by the caller.
const (
	soakCancel = 0
	soakBusy   = 1
	soakHold   = 2
	soakCallee = 3 // and 4: the phone hangs up
)

// soakTalk is what the caller does with an answered call.
func soakTalk(l *sip.Leg, kind int) {
	if kind == soakHold {
		for _, dir := range []sdp.Direction{sdp.SendOnly, sdp.SendRecv} {
			if again, err := l.Send("INVITE", soakSDP(9000, dir)); err == nil {
				<-again.Done()
				_ = again.Ack(sip.Body{})
			}
		}
	}
	if kind != soakCallee && kind != soakCallee+1 {
		_ = l.Bye()
	}
}

// answerSoak is the merchant's phone.
func answerSoak(l *sip.Leg) {
	from, _ := l.Invite().From()
	kind, _ := strconv.Atoi(from.URI.User[len(from.URI.User)-1:])
	_ = l.Progress(180, "", sip.Body{})
	switch kind {
	case soakBusy:
		_ = l.Reject(486, "")
	case soakCancel:
	default:
		_ = l.Answer(soakSDP(9002, sdp.SendRecv))
	}
	for e := range l.Events() {
		switch e := e.(type) {
		case sip.Confirmed:
			if kind == soakCallee || kind == soakCallee+1 {
				_ = l.Bye()
			}
		case sip.Requested:
			_ = e.Req.Respond(200, "", soakSDP(9002, sdp.RecvOnly))
		}
	}
}
