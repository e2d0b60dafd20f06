// Package sip is the signalling endpoint that the gateway talks to: a [Stack]
// that listens, and a [Leg] for each call it takes or places.
//
// A Leg is one INVITE dialog usage, on either side (RFC 3261 §12 to §15). The
// stack keeps by itself what the standards leave no choice in: tags, CSeq
// order, route sets and remote targets, reliable provisional responses (RFC
// 3262), retransmission of 2xx and ACK, forked early dialogs, glare, and the
// answers of RFC 3261 §8.2 to requests that it cannot or must not serve. What
// is left to choose reaches the owner of the Leg as events, in order, on one
// channel.
//
// The package knows no SDP: a body is octets with a content type. It knows no
// product word, resolves no names and authenticates nobody. Messages are in
// sipmsg, sockets in transport, transactions in transaction.
//
// It follows RFC 3261 (UA core), 3262 (100rel), 3311 (UPDATE), 5407 and 6337
// where they settle races, and 6026 with its transaction layer.
package sip
