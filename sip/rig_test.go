package sip_test

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"ringward/sip"
	"ringward/sip/sipmsg"
	"ringward/sip/siptest"
	"ringward/sip/transaction"
)

const (
	stackAddr = "192.0.2.1:5060"
	peerAddr  = "192.0.2.9:5060"
)

// rig is a stack on a network in memory with a scripted peer, inside a synctest
// bubble: time is the bubble's, and the test fails if a goroutine is left over.
type rig struct {
	*testing.T
	net     *siptest.Net
	stack   *sip.Stack
	peer    *siptest.Agent
	legs    chan *sip.Leg
	others  chan *transaction.Server
	release chan struct{}
	stop    func()
}

// Invite implements sip.Handler: the test takes the leg and scripts it.
func (r *rig) Invite(l *sip.Leg) {
	r.legs <- l
	<-r.release
}

// Request implements sip.Handler.
func (r *rig) Request(tx *transaction.Server) { r.others <- tx }

// run calls script with a rig in a bubble. When it returns, everything of the
// stack has to be gone 64*T1 later, before and after it is stopped.
func run(t *testing.T, script func(r *rig), edits ...func(*sip.Config)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, edits...)
		script(r)
		time.Sleep(80 * time.Second)
		synctest.Wait()
		if legs, ghosts, timers := sip.Remains(r.stack); legs != 0 || ghosts != 0 || timers != 0 {
			t.Errorf("left after the script: %d legs, %d ghosts, %d timers, want none", legs, ghosts, timers)
		}
		r.stop()
	})
}

func newRig(t *testing.T, edits ...func(*sip.Config)) *rig {
	t.Helper()
	r := &rig{
		T: t, net: siptest.NewNet(), legs: make(chan *sip.Leg, 16),
		others: make(chan *transaction.Server, 16), release: make(chan struct{}),
	}
	end := r.net.End(stackAddr)
	cfg := sip.Config{Network: end, Log: slog.New(slog.DiscardHandler)}
	for _, e := range edits {
		e(&cfg)
	}
	s, err := sip.New(cfg, r)
	if err != nil {
		t.Fatal(err)
	}
	sip.CountTimers(s)
	r.stack = s
	r.peer = r.net.Agent(t, peerAddr)
	r.peer.Peer = end.Addr()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	r.stop = func() {
		cancel()
		synctest.Wait()
		close(r.release) // handlers have to return before Run does
		if err := <-done; err != nil {
			t.Errorf("run: %v", err)
		}
	}
	synctest.Wait()
	return r
}

// incoming sends an INVITE and returns both sides of the call.
func (r *rig) incoming(edits ...siptest.Edit) (*siptest.Call, *sip.Leg) {
	r.Helper()
	c := r.peer.NewCall()
	if edits == nil {
		edits = []siptest.Edit{siptest.SDP("offer")}
	}
	c.Send("INVITE", edits...)
	return c, r.leg()
}

func (r *rig) leg() *sip.Leg {
	r.Helper()
	synctest.Wait()
	select {
	case l := <-r.legs:
		return l
	default:
		r.Fatalf("no leg for the INVITE; peer has %s", lines(r.peer))
		return nil
	}
}

// confirmed is an incoming call up to its ACK.
func (r *rig) confirmed(edits ...siptest.Edit) (*siptest.Call, *sip.Leg) {
	r.Helper()
	c, l := r.incoming(edits...)
	r.ok(l.Answer(sdp("answer")))
	resp := r.peer.ExpectStatus(200, "INVITE")
	c.Learn(resp)
	c.Ack(resp)
	want[sip.Confirmed](r, l)
	return c, l
}

// outgoing dials the peer and returns both sides of the call.
func (r *rig) outgoing(edits ...func(*sip.DialOptions)) (*siptest.Call, *sip.Leg) {
	r.Helper()
	o := sip.DialOptions{
		From:   sipmsg.NameAddr{URI: mustURI("sip:us@192.0.2.1")},
		To:     sipmsg.NameAddr{URI: mustURI("sip:phone@192.0.2.9")},
		Target: r.net.End(peerAddr).Target(),
		Body:   sdp("offer"),
	}
	for _, e := range edits {
		e(&o)
	}
	l, err := r.stack.Dial(o)
	r.ok(err)
	inv := r.peer.ExpectRequest("INVITE")
	return r.peer.Accept(inv, "callee"), l
}

// answered is an outgoing call up to our ACK.
func (r *rig) answered(edits ...func(*sip.DialOptions)) (*siptest.Call, *sip.Leg) {
	r.Helper()
	c, l := r.outgoing(edits...)
	c.Reply(c.Invite, 200, siptest.SDP("answer"))
	want[sip.Answered](r, l)
	r.ok(l.Ack(sip.Body{}))
	r.peer.ExpectRequest("ACK")
	return c, l
}

func (r *rig) ok(err error) {
	r.Helper()
	if err != nil {
		r.Fatal(err)
	}
}

func sdp(name string) sip.Body {
	m := sipmsg.NewRequest("X", "sip:x")
	siptest.SDP(name)(m)
	return sip.Body{ContentType: "application/sdp", Data: m.Body}
}

func mustURI(s string) sipmsg.URI {
	u, err := sipmsg.ParseURI(s)
	if err != nil {
		panic(err)
	}
	return u
}

// want takes the next event of the leg, which must be of that type.
func want[E sip.Event](r *rig, l *sip.Leg) E {
	r.Helper()
	e := next(r, l)
	v, ok := e.(E)
	if !ok {
		r.Fatalf("event %s, want %T", describe(e), v)
	}
	return v
}

func next(r *rig, l *sip.Leg) sip.Event {
	r.Helper()
	select {
	case e, ok := <-l.Events():
		if !ok {
			r.Fatal("events closed")
		}
		return e
	case <-time.After(2 * time.Minute):
		r.Fatalf("no event in two minutes; peer has %s", lines(r.peer))
	}
	return nil
}

// ended takes the last event of the leg and sees that nothing follows.
func ended(r *rig, l *sip.Leg) sip.Ended {
	r.Helper()
	e := want[sip.Ended](r, l)
	if e2, ok := <-l.Events(); ok {
		r.Fatalf("event %s after Ended", describe(e2))
	}
	return e
}

// silent sees that the leg has nothing to say now.
func silent(r *rig, l *sip.Leg) {
	r.Helper()
	synctest.Wait()
	select {
	case e := <-l.Events():
		r.Fatalf("event %s, want none", describe(e))
	default:
	}
}

func describe(e sip.Event) string {
	switch v := e.(type) {
	case sip.Progressed:
		return fmt.Sprintf("Progressed %d", v.Status)
	case sip.Failed:
		return fmt.Sprintf("Failed %d %v", v.Status, v.Err)
	case sip.Requested:
		return "Requested " + v.Req.Method()
	case sip.Ended:
		return fmt.Sprintf("Ended by %v: %v", v.By, v.Cause)
	default:
		return fmt.Sprintf("%T", e)
	}
}

func lines(a *siptest.Agent) []string {
	var out []string
	for _, m := range a.Unread() {
		out = append(out, siptest.Line(m))
	}
	return out
}

// handlerFunc is a Handler that is only asked about calls.
type handlerFunc func(*sip.Leg)

func (f handlerFunc) Invite(l *sip.Leg)           { f(l) }
func (f handlerFunc) Request(*transaction.Server) {}

// secondStack starts another stack on the rig's network.
func secondStack(r *rig, h sip.Handler, edits ...func(*sip.Config)) (netip.AddrPort, func()) {
	end := r.net.End("192.0.2.2:5060")
	cfg := sip.Config{Network: end, Log: slog.New(slog.DiscardHandler)}
	for _, e := range edits {
		e(&cfg)
	}
	s, err := sip.New(cfg, h)
	r.ok(err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	synctest.Wait()
	return end.Addr(), func() { cancel(); r.ok(<-done) }
}

func nameAddr(uri string) sipmsg.NameAddr { return sipmsg.NameAddr{URI: mustURI(uri)} }

func all(*sipmsg.Message) bool { return true }

// loseNth loses the message with that number, counted from the call of it.
func loseNth(n int) func(*sipmsg.Message) bool {
	var i atomic.Int64
	return func(*sipmsg.Message) bool { return i.Add(1)-1 == int64(n) }
}

// loseThird loses a third of everything, by a generator with that seed.
func loseThird(seed uint64) func(*sipmsg.Message) bool {
	var mu sync.Mutex
	rnd := rand.New(rand.NewPCG(seed, 1))
	return func(*sipmsg.Message) bool {
		mu.Lock()
		defer mu.Unlock()
		return rnd.IntN(3) == 0
	}
}

// loseSome loses a tenth of everything.
func loseSome(seed uint64) func(*sipmsg.Message) bool {
	var mu sync.Mutex
	rnd := rand.New(rand.NewPCG(seed, 2))
	return func(*sipmsg.Message) bool {
		mu.Lock()
		defer mu.Unlock()
		return rnd.IntN(10) == 0
	}
}
