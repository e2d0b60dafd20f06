package main

import (
	"fmt"

	"ringward/gateway"
)

// lineCarrier is how a stored line's phones or PBX are spoken to, beyond manners.
type lineCarrier struct {
	SRTP          string `json:"srtp,omitempty"`            // off, optional, required
	SRTPClearKeys bool   `json:"srtp_clear_keys,omitempty"` // its keys may cross signalling that is not TLS
	UpdateDisplay bool   `json:"update_display,omitempty"`  // the display follows the verdict
	VerdictUUI    bool   `json:"verdict_uui,omitempty"`     // the verdict in User-to-User as well
}

// put writes the settings into a line. A word that is none is an error: a line
// that was to be protected must not be served in the clear.
func (c lineCarrier) put(l *gateway.Line) error {
	srtp, ok := gateway.ParseSRTP(c.SRTP)
	if !ok {
		return fmt.Errorf("srtp %q: use off, optional or required", c.SRTP)
	}
	l.SRTP, l.SRTPClearKeys, l.VerdictUUI, l.UpdateDisplay = srtp, c.SRTPClearKeys, c.VerdictUUI, c.UpdateDisplay
	return nil
}
