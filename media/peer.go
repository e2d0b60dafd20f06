package media

import (
	"net/netip"
	"time"
)

// latchWindow is how long after Set or Connect(true) a port may be learnt.
const latchWindow = 3 * time.Second

// peer is where one side's packets of one kind (RTP or RTCP) come from and go
// to: the same address, always. Guarded by the bridge's mutex.
type peer struct {
	addr    target     // signalled or learnt; invalid: nothing is taken or sent
	latch   netip.Addr // signalling address, if the port may be learnt
	until   time.Time  // end of the window
	latched bool       // learnt or confirmed: closed until the next Set
}

// set takes a signalled address over. Behind NAT it counts only when it is the
// signalling address itself; what was learnt before stays until the window that
// opens now brings something else.
func (p *peer) set(at netip.AddrPort, latch netip.Addr, changed bool, now time.Time) {
	at = plainAddr(at)
	latch = latch.Unmap().WithZone("")
	if !latch.IsValid() {
		*p = peer{addr: newTarget(at)}
		return
	}
	keep := p.latch == latch && !changed && p.addr.valid()
	p.latch, p.latched = latch, false
	p.open(now)
	switch {
	case keep:
	case at.Addr() == latch:
		p.addr = newTarget(at)
	default:
		p.addr = target{}
	}
}

// open lets a port be learnt for a while, unless one is.
func (p *peer) open(now time.Time) {
	if p.latch.IsValid() && !p.latched {
		p.until = now.Add(latchWindow)
	}
}

// accepts reports whether a packet from this address is the side's. learn says
// that it is so only if the packet is sound: then call learnt.
func (p *peer) accepts(from netip.AddrPort, now time.Time) (ok, learn bool) {
	pending := p.latch.IsValid() && !p.latched && now.Before(p.until)
	if p.addr.valid() && from == p.addr.addr {
		return true, pending
	}
	return pending && from.Addr() == p.latch, pending
}

// learnt closes the window with this address.
func (p *peer) learnt(from netip.AddrPort) {
	p.latched = true
	if from != p.addr.addr {
		p.addr = newTarget(from)
	}
}

// plainAddr drops what would keep equal addresses from being equal.
func plainAddr(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(a.Addr().Unmap().WithZone(""), a.Port())
}

// target is an address to send to, with the form the kernel wants beside it.
type target struct {
	addr netip.AddrPort
	raw  rawAddr
}

// newTarget refuses what is no single host: such a target is never sent to.
func newTarget(a netip.AddrPort) target {
	ip := a.Addr()
	if !ip.IsValid() || a.Port() == 0 || ip.IsUnspecified() || ip.IsMulticast() || ip == netip.AddrFrom4([4]byte{255, 255, 255, 255}) {
		return target{}
	}
	return target{addr: a, raw: newRawAddr(a)}
}

func (t *target) valid() bool { return t.addr.IsValid() }

// rtcpOf is the RTCP address that goes with a flow (RFC 3605, RFC 3550 §11).
func rtcpOf(f Flow) netip.AddrPort {
	if f.RTCP.IsValid() || !f.RTP.IsValid() || f.RTP.Port() == 0 || f.RTP.Port() == 65535 {
		return f.RTCP
	}
	return netip.AddrPortFrom(f.RTP.Addr(), f.RTP.Port()+1)
}
