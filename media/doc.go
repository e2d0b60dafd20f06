// Package media moves sound between the two legs of a call: the caller's and
// the merchant's.
//
// An [Engine] owns the UDP ports, the receive loops and the one clock that
// generated packets keep to. A [Bridge] is one call: two ports towards each
// side, an RTP stream of our own towards each side (our SSRC, sequence numbers
// and time stamps, continuous from the first packet to the last), and what is
// done to the sound on its way, which is nothing at all unless a prompt plays:
// then a G.711 payload of that one side is decoded, ducked, mixed and encoded
// again in place, or a packet is made when none arrives.
//
// What it refuses: packets from any address but the signalled one (or, behind
// NAT, the one learnt once from the signalling address), what the direction of
// the session description forbids, payload types that were not negotiated, and
// whatever is not RTP or RTCP. All of it is counted, none of it is answered and
// none of it ends a call; neither does an RTCP BYE.
//
// RTCP is rewritten, not generated: sender and receiver reports cross with our
// SSRC, packet counts, time stamps and sequence numbers, so that both ends
// still measure the round trip between them. Our own CNAME replaces theirs;
// every other report is dropped.
//
// RFC 3550 and 3551 (RTP, RTCP, audio profile), RFC 4733 (telephone events),
// RFC 3389 (comfort noise), RFC 3264 (direction), RFC 7022 (CNAME),
// ITU-T G.711 (package g711).
package media
