// Package transport moves SIP messages between sockets and a [Sink]: UDP and
// TCP of RFC 3261 §18, symmetric responses (RFC 3581), and keep-alive by CRLF
// (RFC 5626 §3.5.1).
//
// It stamps the top Via of what it receives, so that nothing above has to
// believe a sender about its own address, routes responses by §18.2.2, and
// refuses: messages that Admit turns away, more connections than the limits
// allow, peers that stop half way in a message, and peers that do not read
// what they are sent. It resolves no names and knows no transactions.
//
// Departures from RFC 3261: the maddr parameter of a Via is ignored, because
// it lets a stranger choose who gets our answer; received and rport in a
// request are always replaced by what the socket saw.
//
// Goroutines: one reader per UDP socket, one accept loop per TCP listener, one
// reader and one writer per TCP connection. All end with Close and are waited
// for.
package transport
