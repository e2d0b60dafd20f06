// Package gateway conducts calls: it takes an INVITE from a trunk, finds the
// line it is for, has the caller judged, rings the line's phones with what is
// known in the display, tells the merchant on answer, joins the two sides,
// whispers warnings while they talk, and leaves a record.
//
// call.go tells one call in order; the other files hold one step each. A call
// belongs to one goroutine, the one that sip.Stack started for its INVITE;
// everything reaches it by channel. Whatever ends a call first, close in
// call.go lets go of all it held.
//
// A call never fails because screening failed: it goes through, marked. The
// calling number is never rewritten; only the display name, headers and ring
// tone carry what we say. Nothing that is said to the merchant reaches the
// caller.
//
// RFC 3261 (a back-to-back user agent), RFC 3264, RFC 3325, RFC 3326, RFC 8197,
// RFC 8688, RFC 7462; docs/rfc.md lists what is done and where it departs.
package gateway
