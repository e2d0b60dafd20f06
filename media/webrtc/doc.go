// Package webrtc carries one side of a bridge to a browser: ICE, DTLS-SRTP and
// one audio stream, on pion.
//
// An [Endpoint] is the UDP port that browsers reach us at, a [Session] one
// browser that answered one call. The browser makes the offer; the answer names
// the first of the call's own codecs that the browser has, so that payloads
// cross unchanged, and telephone-event. A session is a [media.Carrier]: prompts,
// keys, taps and the relay are the bridge's, as on any leg.
//
// What it refuses: more sessions than configured, descriptions that are not one
// audio stream, packets above 1500 octets, and, as long as no STUN or TURN
// server is configured, every candidate that a browser names: we send nothing to
// an address before it has proved to know the session's password. What comes from
// other addresses is dropped before it is looked at.
//
// RFC 8445 (ICE), RFC 8842 and 5764 (DTLS-SRTP), RFC 8834 (RTP in browsers),
// RFC 7587 (Opus), RFC 4733 (keys), RFC 8829 (JSEP, as the answerer).
package webrtc
