// Package sdp reads, checks and rewrites the session descriptions (SDP, RFC 4566 and RFC 8866) that two call legs
// exchange through us by offer and answer (RFC 3264).
//
// It stands on pion/sdp for the grammar and adds what a gateway between two parties needs: limits that hold before
// anything is parsed, sections that pion does not know (T.38 fax and others) kept as they are, one view of the audio
// stream, a description for the other leg that carries our address only, and the checks between an offer and its
// answer. RFC 3605 (a=rtcp), RFC 3551 (static payload types) and RFC 4733 (telephone-event) are obeyed where they
// touch it.
//
// It opens no socket, resolves no name and knows no SIP. It refuses media to addresses that must never get any
// (multicast, broadcast, unspecified, ports below 1024), and it refuses to answer an encrypted offer in the clear.
package sdp
