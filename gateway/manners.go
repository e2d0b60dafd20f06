package gateway

import "time"

// Manners are how a line's phones are dealt with while a call is up. The zero
// value is the careful one.
type Manners struct {
	// SessionTimer is the interval of RFC 4028 that they are asked for; 0 asks
	// for none.
	SessionTimer time.Duration
	// Transfer is where they may send callers by REFER.
	Transfer Transfer
	// Redirects is where they may send callers by 3xx: to a host of the line's
	// own targets in any case but TransferRefuse, and as for Transfer.
	Redirects Transfer
}
