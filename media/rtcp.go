package media

import (
	"encoding/binary"
	"net/netip"
	"time"
)

// RTCP packet types (RFC 3550 §12.1).
const (
	typeSR   = 200
	typeRR   = 201
	typeSDES = 202
)

const (
	srSize, rrSize, blockSize = 28, 8, 24
	cnameSize                 = 16
	maxRTCP                   = srSize + blockSize + 8 + 2 + cnameSize + 4
	maxCompound               = 16 // packets looked at in one datagram
)

// report is what we take from a compound RTCP packet.
type report struct {
	sender   uint32 // SSRC of who sent it
	hasSR    bool
	ntp      uint64
	ts       uint32
	hasBlock bool
	block    [blockSize]byte // about the stream that we send
}

// parseRTCP checks a compound packet (RFC 3550 A.2) and reads its sender
// report and the one report block about ssrc. BYE, APP, XR and feedback are
// passed over.
func parseRTCP(b []byte, ssrc uint32) (r report, ok bool) {
	be := binary.BigEndian
	for i := range maxCompound {
		if len(b) == 0 && i > 0 {
			return r, true
		}
		if len(b) < 4 || b[0]>>6 != 2 {
			return r, false
		}
		size := 4 * (int(be.Uint16(b[2:])) + 1)
		if size > len(b) || i == 0 && b[1] != typeSR && b[1] != typeRR {
			return r, false
		}
		if b[1] == typeSR || b[1] == typeRR {
			if !r.read(b[:size], ssrc) {
				return r, false
			}
		}
		b = b[size:]
	}
	return r, false
}

func (r *report) read(b []byte, ssrc uint32) bool {
	be := binary.BigEndian
	head := rrSize
	if b[1] == typeSR {
		head = srSize
	}
	blocks := int(b[0] & 31)
	if len(b) < head+blocks*blockSize {
		return false
	}
	r.sender = be.Uint32(b[4:])
	if b[1] == typeSR {
		r.hasSR, r.ntp, r.ts = true, be.Uint64(b[8:]), be.Uint32(b[16:])
	}
	for b = b[head:]; blocks > 0; blocks-- {
		if be.Uint32(b) == ssrc {
			r.hasBlock = true
			copy(r.block[:], b)
		}
		b = b[blockSize:]
	}
	return true
}

func (l *leg) receiveMuxed(b []byte, from netip.AddrPort, now time.Time) {
	if l.set && l.flow.RTCP.IsValid() && l.flow.RTCP == l.flow.RTP {
		l.receiveRTCP(b, from, &l.rtp, now)
		return
	}
	if ok, _ := l.rtp.accepts(from, now); ok {
		l.stats.Malformed++ // RTCP on a port that is for RTP alone
		return
	}
	l.stats.Foreign++
}

func (l *leg) receiveRTCP(b []byte, from netip.AddrPort, p *peer, now time.Time) {
	ok, learn := p.accepts(from, now)
	if !ok {
		l.stats.Foreign++
		return
	}
	if l.secure != nil {
		if b, ok = l.secure.openRTCP(b); !ok {
			l.stats.Unauthentic++
			return
		}
	}
	r, ok := parseRTCP(b, l.out.ssrc)
	if !ok {
		l.stats.Malformed++
		return
	}
	if learn && p == &l.rtcp {
		p.learnt(from)
	}
	l.stats.RTCPIn++
	if l.b.connected {
		l.far().sendReport(r, b[:0], l)
	}
}

// sendReport sends on what the other side reported, in the terms of our
// streams: its sender report becomes one of the stream that we send here, its
// report on our stream there becomes one on what this side sends. NTP times,
// LSR and DLSR stay, so the round trip measured is that of both legs.
func (l *leg) sendReport(r report, buf []byte, from *leg) {
	to, conn := &l.rtcp.addr, l.rtcpConn
	if l.flow.RTCP.IsValid() && l.flow.RTCP == l.flow.RTP {
		to, conn = &l.rtp.addr, l.rtpConn
	}
	if !l.set || !to.valid() || !l.out.started || cap(buf) < maxRTCP {
		return
	}
	b := l.appendReport(buf, r, from)
	b = appendName(b, l.out.ssrc, l.b.cname)
	if l.secure != nil {
		var ok bool
		if b, ok = l.secure.sealRTCP(b); !ok {
			l.stats.SendErrors++
			return
		}
	}
	if !conn.send(b, to) {
		l.stats.SendErrors++
		return
	}
	l.stats.RTCPOut++
}

func (l *leg) appendReport(b []byte, r report, from *leg) []byte {
	be := binary.BigEndian
	blocks := byte(0)
	if r.hasBlock && from.out.known {
		blocks = 1
	}
	if r.hasSR && l.out.known && l.out.source == r.sender {
		b = append(b, 0x80|blocks, typeSR, 0, 6+6*blocks)
		b = be.AppendUint32(b, l.out.ssrc)
		b = be.AppendUint64(b, r.ntp)
		b = be.AppendUint32(b, r.ts+l.out.dTS)
		b = be.AppendUint32(b, uint32(l.stats.PacketsOut))
		b = be.AppendUint32(b, l.octets)
	} else {
		b = append(b, 0x80|blocks, typeRR, 0, 1+6*blocks)
		b = be.AppendUint32(b, l.out.ssrc)
	}
	if blocks == 0 {
		return b
	}
	be.PutUint32(r.block[0:], from.out.source)
	be.PutUint32(r.block[8:], shiftSeq(be.Uint32(r.block[8:]), from.out.dSeq))
	return append(b, r.block[:]...)
}

// shiftSeq takes an offset off an extended highest sequence number; its cycles
// never go below zero.
func shiftSeq(ext uint32, d uint16) uint32 {
	low := uint16(ext) - d
	cycles := ext >> 16
	if low > uint16(ext) && cycles > 0 {
		cycles--
	}
	return cycles<<16 | uint32(low)
}

// appendName adds our SDES: one chunk with our CNAME (RFC 3550 §6.5, RFC 7022
// §4.2), which tells nothing of the other side.
func appendName(b []byte, ssrc uint32, cname [cnameSize]byte) []byte {
	const words = (8 + 2 + cnameSize + 2) / 4
	b = append(b, 0x81, typeSDES, 0, words-1)
	b = binary.BigEndian.AppendUint32(b, ssrc)
	b = append(b, 1, cnameSize)
	b = append(b, cname[:]...)
	return append(b, 0, 0)
}
