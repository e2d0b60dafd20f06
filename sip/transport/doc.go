// Package transport moves SIP messages between sockets and a [Sink]: UDP, TCP
// and TLS of RFC 3261 §18, WebSocket with and without TLS (RFC 7118), symmetric
// responses (RFC 3581), and keep-alive by CRLF in both directions (RFC 5626
// §3.5.1, §4.4.1).
//
// It stamps the top Via of what it receives, so that nothing above has to
// believe a sender about its own address, routes responses by §18.2.2, and
// refuses: messages that Admit turns away, more connections than the limits
// allow, peers that stop half way in a message, and peers that do not read
// what they are sent. It resolves no names and knows no transactions.
//
// Departures from RFC 3261: the maddr parameter of a Via is ignored, because
// it lets a stranger choose who gets our answer; received and rport in a
// request are always replaced by what the socket saw. A TLS peer that we connect
// to is known by the DNS name or address in its certificate, not by a sip URI
// there (RFC 5922 §7.1); a connection that a TLS peer made is used for answers
// and for targets that name it, never found by its address. A connection over
// which nothing comes is closed, WebSocket ping frames and CRLF counting as
// something.
//
// Goroutines: one reader per UDP socket, one accept loop per listener of another
// kind, one reader and one writer per connection. All end with Close and are waited
// for.
package transport
