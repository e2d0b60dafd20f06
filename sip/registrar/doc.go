// Package registrar keeps where the phones of our lines are, and registers us at
// carriers (RFC 3261 §10, both sides).
//
// A [Registrar] takes REGISTER: several contacts a line with q and expiry, flows
// of RFC 5626 by instance and reg-id, NAT'd phones. It authenticates by
// sip/digest and decides with Config.Line whom a user may register. What is
// learnt is kept in memory, bounded. [Registrar.Save] and Restore carry it over a
// restart, but for contacts on connections: their phones come back by themselves.
//
// Calls to a contact go to where its REGISTER came from, or to the port that it
// names on that same host, and nowhere else: a phone cannot have our INVITEs
// sent to a third party. Path (RFC 3327) becomes the Route of the INVITE, which
// still goes to the host that sent the REGISTER.
//
// A [Registration] is one account of ours at a carrier, kept up by its Run.
//
// Goroutines: those that call Run.
package registrar
