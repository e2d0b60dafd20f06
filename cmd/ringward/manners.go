package main

import (
	"time"

	"ringward/cmd/ringward/config"
	"ringward/gateway"
)

// lineManners is how the phones of a line in the number database are dealt with
// while a call is up.
type lineManners struct {
	SessionSeconds int    `json:"session_seconds,omitempty"` // RFC 4028
	Transfer       string `json:"transfer,omitempty"`        // lines, allow, refuse
	Redirects      string `json:"redirects,omitempty"`       // likewise
}

func (m lineManners) manners() gateway.Manners {
	transfer, _ := gateway.ParseTransfer(m.Transfer) // a word that is none refuses
	redirects, _ := gateway.ParseTransfer(m.Redirects)
	return gateway.Manners{SessionTimer: time.Duration(m.SessionSeconds) * time.Second, Transfer: transfer, Redirects: redirects}
}

// earlyMediaOf reads the word of a trunk that config has checked.
func earlyMediaOf(t config.Trunk) gateway.EarlyMedia {
	e, _ := gateway.ParseEarlyMedia(t.EarlyMedia)
	return e
}

// mannersOf reads the words of a line that config has checked.
func mannersOf(l config.Line) gateway.Manners {
	transfer, _ := gateway.ParseTransfer(l.Transfer)
	redirects, _ := gateway.ParseTransfer(l.Redirects)
	return gateway.Manners{SessionTimer: l.SessionTimer, Transfer: transfer, Redirects: redirects}
}
