package media

import "encoding/binary"

const (
	rtpHeader  = 12
	maxPacket  = 1500 // larger datagrams are malformed here: G.711 at 60 ms needs 492
	bufferSize = 2048
	clock8k    = 8000
)

// packet is a view of a received RTP packet (RFC 3550 §5.1):
//
//	 0                   1                   2                   3
//	+-+-+-+-+-------+-+-------------+-------------------------------+
//	|V=2|P|X|  CC   |M|     PT      |       sequence number         |
//	+-+-+-+-+-------+-+-------------+-------------------------------+
//	|                           time stamp                          |
//	+---------------------------------------------------------------+
//	|                              SSRC                             |
//	+---------------------------------------------------------------+
type packet struct {
	raw     []byte
	payload []byte // part of raw, without padding
	ssrc    uint32
	ts      uint32
	seq     uint16
	pt      uint8
}

// parseRTP checks what RFC 3550 A.1 asks for of a single packet.
func parseRTP(b []byte) (p packet, ok bool) {
	if len(b) < rtpHeader || b[0]>>6 != 2 {
		return p, false
	}
	start, end := rtpHeader+4*int(b[0]&15), len(b)
	if b[0]&0x10 != 0 { // extension
		if start+4 > end {
			return p, false
		}
		start += 4 + 4*int(binary.BigEndian.Uint16(b[start+2:]))
	}
	if b[0]&0x20 != 0 { // padding; its last octet counts itself
		if b[end-1] == 0 {
			return p, false
		}
		end -= int(b[end-1])
	}
	if start > end {
		return p, false
	}
	return packet{
		raw:     b,
		payload: b[start:end],
		pt:      b[1] & 0x7f,
		seq:     binary.BigEndian.Uint16(b[2:]),
		ts:      binary.BigEndian.Uint32(b[4:]),
		ssrc:    binary.BigEndian.Uint32(b[8:]),
	}, true
}

// isRTCP tells RTCP from RTP on one port (RFC 5761 §4).
func isRTCP(b []byte) bool { return len(b) >= 2 && b[0]>>6 == 2 && b[1] >= 192 && b[1] <= 223 }

// slot is a place in an outgoing stream.
type slot struct {
	ts  uint32
	seq uint16
}

// readdress makes a received header ours; the marker stays.
func readdress(b []byte, pt uint8, at slot, ssrc uint32) {
	b[1] = b[1]&0x80 | pt
	putPlace(b, at, ssrc)
}

// putHeader writes a header of our own, without extension or CSRC.
func putHeader(b []byte, pt uint8, marker bool, at slot, ssrc uint32) {
	b[0], b[1] = 0x80, pt
	if marker {
		b[1] |= 0x80
	}
	putPlace(b, at, ssrc)
}

func putPlace(b []byte, at slot, ssrc uint32) {
	binary.BigEndian.PutUint16(b[2:], at.seq)
	binary.BigEndian.PutUint32(b[4:], at.ts)
	binary.BigEndian.PutUint32(b[8:], ssrc)
}
