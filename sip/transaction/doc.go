// Package transaction is the transaction layer of RFC 3261 §17 with the
// Accepted states of RFC 6026: it repeats what may have been lost, absorbs what
// is repeated, sends the ACK of a failed INVITE, answers CANCEL (§9.2), merged
// and looped requests (§8.2.2.2) and requests that could not be decoded, and
// shows each request and its answers to its [User] once.
//
// Departures: Call-ID and CSeq number join the key of §17.2.3, for peers that use
// a branch twice. A CANCEL is answered without a transaction, each repeat alike.
// A non-INVITE request that its user does not answer is forgotten after 64*T1,
// when its client has given up.
//
// It refuses: more server transactions than Config.MaxServer (503 with
// Retry-After, requests outside a dialog first), what a [Gatekeeper] turns away,
// and answers that a
// transaction's state has no room for. It never answers an ACK or a response.
// It knows no dialogs, adds no To tag of its own choice but where a response
// has none, and repeats no 2xx: those are the dialog layer's (RFC 6026 §8.3).
//
// Timer C, proxies' own, is left to the user. Names are resolved above (RFC
// 3263).
//
// Goroutines: one for each new request while [User.Request] runs, bounded by
// MaxServer; a timer that fires runs on its own for the time it takes to send.
package transaction
