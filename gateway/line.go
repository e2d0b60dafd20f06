package gateway

import (
	"time"

	"ringward/numbering"
	"ringward/screening"
)

// Line is a protected number and how to reach its phones.
type Line struct {
	ID          string
	Number      string   // canonical; what the merchant saved is kept under it
	Targets     []string // SIP URIs, or trunk:NAME[/NUMBER], rung together and with its registered phones; {user} stands for the called user
	Outbound    Outbound // where its registered phones may call; nowhere by default
	Language    string   // zh-CN or en
	ASCIILabels bool     // its phones show ASCII names only
	NAT         bool     // its phones' RTP addresses are learnt once, from their signalling address
	Browser     bool     // rings in its owner's browser as well, while a page is open
	RingTimeout time.Duration
	Listen      Listening // the owner's agreement; never by default
	TellCaller  bool      // tell the caller that the call may be analysed
	Policy      screening.Policy
	SRTP        SRTP

	SRTPClearKeys bool // its keys may cross signalling that is not TLS
	VerdictUUI    bool // its PBX gets the verdict in User-to-User as well (RFC 7433)
	UpdateDisplay bool // its phones show what the verdict becomes while the call runs
	Manners       Manners
}

// For is the line as it is called at number: a line that stands for many takes
// the one that was called as its own.
func (l Line) For(number numbering.Number) Line {
	if l.Number == "" {
		l.Number = number.String()
	}
	return l
}
