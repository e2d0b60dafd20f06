package gateway

import (
	"errors"
	"fmt"
	"slices"

	"ringward/media"
	"ringward/media/sdp"
	"ringward/sip"
	"ringward/sip/sipmsg"
)

// SRTP says whether a trunk's or a line's media is protected (RFC 3711), with
// keys in the session description (RFC 4568).
type SRTP uint8

// The choices. Optional is RFC 8643: protection is offered beside RTP/AVP, and
// taken when it is offered; Required takes and offers RTP/SAVP alone.
const (
	SRTPOff SRTP = iota
	SRTPOptional
	SRTPRequired
)

var srtpNames = [...]string{"off", "optional", "required"}

// String is the word used in configuration.
func (s SRTP) String() string { return srtpNames[min(int(s), len(srtpNames)-1)] }

// ParseSRTP reads "off" (also ""), "optional" or "required".
func ParseSRTP(s string) (SRTP, bool) {
	if s == "" {
		return SRTPOff, true
	}
	i := slices.Index(srtpNames[:], s)
	return SRTP(max(i, 0)), i >= 0
}

// Why a description is refused that would be carried without SRTP, or with it.
// The caller is told 488; these are for the log.
var (
	errUnprotected = errors.New("media in the clear where srtp: required")
	errNoSRTP      = errors.New("SRTP is not configured for this side")
	errKeysInClear = errors.New("keys would cross in the clear: srtp needs signalling over TLS (or srtp_clear_keys: true)")
)

// protection is how one party's media is protected.
type protection struct {
	mode    SRTP
	refused bool         // required, and its keys must not cross its signalling
	mine    []sdp.Crypto // ours towards it, one a suite, for the life of the stream
	used    bool         // packets go by them
	savp    bool         // its profile is RTP/SAVP, and stays so
}

// newProtection is what mode comes to over a network. Keys are worth nothing to
// those who read them on the way: without TLS there is no protection, unless the
// operator answers for the way (RFC 4568 §9.1).
func newProtection(mode SRTP, network string, clearKeys bool) protection {
	p := protection{mode: mode}
	if network != "tls" && network != "wss" && !clearKeys {
		p = protection{refused: mode == SRTPRequired}
	}
	if p.mode != SRTPOff {
		p.mine = sdp.NewCryptos()
	}
	return p
}

// fits refuses what a party says of its media when it is less, or more, than was
// configured: never a downgrade, never SRTP that we would not speak.
func (p *protection) fits(a sdp.Audio) error {
	switch {
	case p.refused:
		return errKeysInClear
	case p.mode == SRTPOff && a.Secure():
		return fmt.Errorf("%w: %w", sdp.ErrProfile, errNoSRTP)
	case p.mode == SRTPRequired && !a.Secure():
		return errUnprotected
	}
	return nil
}

// agreed is the line of a party's description that both take: its first whose
// suite we have. Offer or answer, the tag is the offerer's.
func (p *protection) agreed(a sdp.Audio) (theirs, mine sdp.Crypto, ok bool) {
	if p.mode == SRTPOff {
		return theirs, mine, false
	}
	for _, c := range a.Crypto {
		if i := slices.IndexFunc(p.mine, func(m sdp.Crypto) bool { return m.Suite == c.Suite }); i >= 0 {
			return c, p.mine[i], true
		}
	}
	return theirs, mine, false
}

// keys are those for the media side, nil for RTP in the clear.
func (p *protection) keys(a sdp.Audio) *media.SRTP {
	theirs, mine, ok := p.agreed(a)
	if !ok {
		p.leave()
		return nil
	}
	p.used, p.savp = true, a.Secure()
	return &media.SRTP{Suite: mine.Suite, Local: mine.Key, Remote: theirs.Key}
}

// offer puts what we offer the party into our half of a description.
func (p *protection) offer(l *sdp.Local) {
	l.Secure, l.Crypto = p.savp || p.mode == SRTPRequired, p.mine
}

// answer puts what we answer to the party's own offer into it: the same profile,
// the line that was chosen, under its tag.
func (p *protection) answer(l *sdp.Local, offer *sdp.Session) {
	a, _ := offer.Audio()
	l.Secure, l.Crypto = a.Secure(), nil
	if theirs, mine, ok := p.agreed(a); ok {
		mine.Tag = theirs.Tag
		l.Crypto = []sdp.Crypto{mine}
	}
}

// protectionOf is the protection of a callee at its first place: the trunk's
// that it is called through, or the line's.
func (c *call) protectionOf(r route) (protection, error) {
	mode, clearKeys := c.line.SRTP, c.line.SRTPClearKeys
	if r.trunk != nil {
		mode, clearKeys = r.trunk.SRTP, r.trunk.SRTPClearKeys
	}
	p := newProtection(mode, r.places[0].Network, clearKeys)
	if p.refused {
		return p, errKeysInClear
	}
	return p, nil
}

// offered is what the phone that is being called is offered: what all are, or
// that with its own keys.
func (c *call) offered() (sip.Body, error) {
	if c.merchant.protection.mode == SRTPOff {
		return c.phones.body, nil
	}
	return c.offerFor(c.merchant)
}

// rekey draws new keys of ours. A stream that was left for another must not go
// on under the old ones: its packets are no longer counted, and a counter that
// comes twice gives two plaintexts away (RFC 3711 §9.1).
func (p *protection) rekey() {
	if p.mode != SRTPOff {
		p.mine, p.used = sdp.NewCryptos(), false
	}
}

// leave is rekey where the stream has really gone by keys.
func (p *protection) leave() {
	if p.used {
		p.rekey()
	}
}

// rekeyed takes the caller's keys from his answer to a hold of ours. While the
// hotline has his side of the bridge they wait.
func (c *call) rekeyed(answer *sipmsg.Message) {
	said, err := session(answer)
	if err != nil || said == nil || c.in.protection.mode == SRTPOff {
		return
	}
	a, ok := said.Audio()
	if !ok || c.in.protection.fits(a) != nil {
		return
	}
	c.in.agreed.Crypto, c.in.agreed.Profile = a.Crypto, a.Profile
	if p := c.parked; p.hotline == nil || p.ended {
		c.flow(c.in, c.in.agreed)
	}
}
