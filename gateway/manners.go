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
}
