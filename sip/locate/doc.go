// Package locate finds where a SIP URI is served (RFC 3263: NAPTR, SRV with
// weights, A and AAAA) and remembers which of those places answer.
//
// A [Locator] resolves within two seconds, caches what it learnt and that it
// learnt nothing, and goes on with old knowledge when the name servers are gone.
// Targets come in the order to try them; those that were marked as failed (503,
// no answer, ICMP) come last. A [Probe] asks peers by OPTIONS and marks them.
//
// It refuses names that are none, answers beyond its bounds, and addresses that
// no peer can have. It follows no S-NAPTR and no NAPTR with a regular expression,
// and looks for no transport that Config.Networks leaves out. The certificate of
// a TLS target has to name the domain that was asked for, not the host that DNS
// said (RFC 5922 §4).
//
// Targets waits for DNS: it is for the goroutine of a call, never for that of a
// socket. Cached does not wait.
//
// Goroutines: that of Probe.Run, and those that it starts and waits for.
package locate
