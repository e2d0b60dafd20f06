// Package hep writes SIP messages as HEP version 3 packets and sends them to a
// capture server such as Homer (heplify-server, sipcapture), so that operators
// see our signalling beside that of their other elements.
//
// Format: the HEP3 specification, revision 27 (sipcapture/HEP): the word HEP3,
// the packet's length, and chunks of vendor, type, length and value, all in
// network order. Only generic chunks (vendor 0) are written.
//
// It refuses to wait: what the server does not take is counted and lost.
package hep

import (
	"encoding/binary"
	"errors"
	"net/netip"
	"time"
)

// MaxPacket is the longest packet, the most that its length field tells.
const MaxPacket = 65535

// ErrTooLong is returned for a payload that makes the packet too long.
var ErrTooLong = errors.New("hep: packet longer than 65535 octets")

// Packet is one captured message.
type Packet struct {
	At       time.Time
	From, To netip.AddrPort
	Stream   bool   // TCP and what runs over it; false is UDP
	Agent    uint32 // capture agent, as the server's operators number them
	Password string // "" for none
	Payload  []byte // the SIP message
}

// Generic chunk types (HEP3 specification, section 4).
const (
	chunkFamily   = 0x0001 // 2 for IPv4, 10 for IPv6
	chunkIPProto  = 0x0002 // 6 or 17
	chunkSource4  = 0x0003
	chunkDest4    = 0x0004
	chunkSource6  = 0x0005
	chunkDest6    = 0x0006
	chunkFromPort = 0x0007
	chunkToPort   = 0x0008
	chunkSeconds  = 0x0009
	chunkMicros   = 0x000a
	chunkProtocol = 0x000b // of the payload
	chunkAgent    = 0x000c
	chunkPassword = 0x000e
	chunkPayload  = 0x000f
)

const protocolSIP = 1

// Append writes p after b.
func (p *Packet) Append(b []byte) ([]byte, error) {
	start := len(b)
	b = append(b, "HEP3\x00\x00"...)
	from, to := p.From.Addr().Unmap().WithZone(""), p.To.Addr().Unmap().WithZone("")
	family, source, dest := byte(2), uint16(chunkSource4), uint16(chunkDest4)
	if !from.Is4() || !to.Is4() {
		// One packet has one family: an IPv4 address is written as it stands in IPv6.
		family, source, dest = 10, chunkSource6, chunkDest6
		from, to = netip.AddrFrom16(from.As16()), netip.AddrFrom16(to.As16())
	}
	proto := byte(17)
	if p.Stream {
		proto = 6
	}
	b = append(chunk(b, chunkFamily, 1), family)
	b = append(chunk(b, chunkIPProto, 1), proto)
	b = append(chunk(b, source, len(from.AsSlice())), from.AsSlice()...)
	b = append(chunk(b, dest, len(to.AsSlice())), to.AsSlice()...)
	b = binary.BigEndian.AppendUint16(chunk(b, chunkFromPort, 2), p.From.Port())
	b = binary.BigEndian.AppendUint16(chunk(b, chunkToPort, 2), p.To.Port())
	b = binary.BigEndian.AppendUint32(chunk(b, chunkSeconds, 4), uint32(p.At.Unix()))
	b = binary.BigEndian.AppendUint32(chunk(b, chunkMicros, 4), uint32(p.At.Nanosecond()/1000))
	b = append(chunk(b, chunkProtocol, 1), protocolSIP)
	b = binary.BigEndian.AppendUint32(chunk(b, chunkAgent, 4), p.Agent)
	if p.Password != "" {
		b = append(chunk(b, chunkPassword, len(p.Password)), p.Password...)
	}
	b = append(chunk(b, chunkPayload, len(p.Payload)), p.Payload...)
	if len(b)-start > MaxPacket {
		return b[:start], ErrTooLong
	}
	binary.BigEndian.PutUint16(b[start+4:], uint16(len(b)-start))
	return b, nil
}

// chunk writes the head of a generic chunk whose value has n octets.
func chunk(b []byte, kind uint16, n int) []byte {
	b = binary.BigEndian.AppendUint16(b, 0) // vendor: generic
	b = binary.BigEndian.AppendUint16(b, kind)
	return binary.BigEndian.AppendUint16(b, uint16(6+n))
}
