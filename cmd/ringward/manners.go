package main

import (
	"time"

	"ringward/cmd/ringward/config"
	"ringward/gateway"
)

// lineManners is how the phones of a line in the number database are dealt with
// while a call is up.
type lineManners struct {
	SessionSeconds int `json:"session_seconds,omitempty"` // RFC 4028
}

func (m lineManners) manners() gateway.Manners {
	return gateway.Manners{SessionTimer: time.Duration(m.SessionSeconds) * time.Second}
}

// mannersOf reads the words of a line that config has checked.
func mannersOf(l config.Line) gateway.Manners {
	return gateway.Manners{SessionTimer: l.SessionTimer}
}
