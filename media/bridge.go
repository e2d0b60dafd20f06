package media

import (
	"crypto/rand"
	"encoding/base64"
	"net/netip"
	"sync"
)

// Bridge is the media of one call. Its methods may be used from any goroutine.
type Bridge struct {
	e      *Engine
	w      *worker
	cname  [cnameSize]byte
	inlets [4]inlet

	// mu guards what follows and the legs. It is held over sending, which
	// never waits, so that no packet goes out through a port that is closed.
	mu        sync.Mutex
	connected bool
	closed    bool
	ticking   bool
	over      []ended
	legs      [2]leg
}

func newBridge(e *Engine, w *worker) *Bridge {
	b := &Bridge{e: e, w: w}
	var id [12]byte
	rand.Read(id[:]) // never fails
	base64.StdEncoding.Encode(b.cname[:], id[:])
	for i := range b.legs {
		b.legs[i] = leg{b: b, side: Side(i), out: newStream(), fade: newFade()}
	}
	for i := range b.inlets {
		b.inlets[i] = inlet{b: b, side: Side(i / 2), rtcp: i%2 == 1}
	}
	return b
}

// unlock releases the mutex, then tells the playbacks that ended.
func (b *Bridge) unlock() {
	over := b.over
	b.over = nil
	b.mu.Unlock()
	for _, o := range over {
		o.done(o.res)
	}
}

// contain keeps a fault in one call from ending the others: its bridge is
// closed, and the fault logged. For the loops; what the gateway calls panics in
// the gateway.
func (b *Bridge) contain() {
	if fault := recover(); fault != nil {
		b.e.fault(fault)
		b.Close()
	}
}

// Local is the address and the ports that side s is to send to: what goes into
// the session description that it gets.
func (b *Bridge) Local(s Side) (addr netip.Addr, rtp, rtcp uint16) {
	l := &b.legs[s] // constant since NewBridge
	return l.local, l.rtpPort, l.rtcpPort
}

// Set takes over what side s's session description says, at set-up and again
// whenever it changes. Behind NAT it opens the window in which the port is
// learnt.
func (b *Bridge) Set(s Side, f Flow) {
	b.mu.Lock()
	defer b.unlock()
	if b.closed {
		return
	}
	now := b.e.now()
	l := &b.legs[s]
	l.configure(f, now)
	for i := range b.legs {
		l := &b.legs[i]
		l.agree()
		if p := l.player; p != nil && l.playable(p.Mix) != nil {
			l.finish(Hangup)
		}
	}
	if f.Events == 0 {
		l.sender = nil
	}
	b.resume(now)
}

// Connect lets the two sides hear each other, or parts them: then nothing
// crosses, while prompts still play. Connecting opens the window in which the
// port of a side behind NAT is learnt, as Set does, if it is not known yet.
func (b *Bridge) Connect(on bool) {
	b.mu.Lock()
	defer b.unlock()
	now := b.e.now()
	if on && !b.connected {
		for i := range b.legs {
			b.legs[i].rtp.open(now)
			b.legs[i].rtcp.open(now)
		}
	}
	b.connected = on
}

// Analysable reports whether what side s sends is G.711, so that it can be
// tapped and mixed. Any other codec is passed through untouched.
func (b *Bridge) Analysable(s Side) bool {
	b.mu.Lock()
	defer b.unlock()
	return b.legs[s].analysable()
}

// Tap copies what side s says to q; nil ends it. A queue that is replaced or
// whose bridge is closed is told so.
func (b *Bridge) Tap(s Side, q *TapQueue) {
	b.mu.Lock()
	defer b.unlock()
	l := &b.legs[s]
	if l.tap != nil && l.tap != q {
		l.tap.close()
	}
	l.tap, l.tapNew = q, true
	if b.closed && q != nil {
		q.close()
	}
}

// Stats counts what passed between us and side s.
func (b *Bridge) Stats(s Side) FlowStats {
	b.mu.Lock()
	defer b.unlock()
	return b.legs[s].snapshot()
}

// Close ends the bridge and gives its ports back. It may be called twice.
func (b *Bridge) Close() {
	b.mu.Lock()
	defer b.unlock()
	if b.closed {
		return
	}
	b.closed = true
	for i := range b.legs {
		b.legs[i].silence()
	}
	b.release()
	b.w.deactivate(b)
	b.e.forget(b)
}

// silence ends what plays, taps and listens.
func (l *leg) silence() {
	l.finish(Hangup)
	l.sender = nil
	if l.tap != nil {
		l.tap.close()
	}
	if l.digits != nil {
		close(l.digits)
	}
}
