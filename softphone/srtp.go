package softphone

import (
	"errors"

	"github.com/pion/srtp/v3"

	"ringward/media/sdp"
)

// Protection is how a phone protects its media, with keys in the session
// description (RFC 4568).
type Protection uint8

// The protections. The zero value has none and refuses RTP/SAVP.
const (
	Clear         Protection = iota
	Opportunistic            // RTP/AVP with keys beside it (RFC 8643)
	Protected                // RTP/SAVP and nothing else
)

var (
	errClear     = errors.New("RTP/SAVP is offered, and this phone has no SRTP")
	errProtected = errors.New("RTP in the clear, and this phone has SRTP alone")
)

// profiles are the suites that a phone speaks, with their master key's octets.
var profiles = map[string]struct {
	profile srtp.ProtectionProfile
	key     int
}{
	"AES_CM_128_HMAC_SHA1_80": {srtp.ProtectionProfileAes128CmHmacSha1_80, 16},
	"AES_CM_128_HMAC_SHA1_32": {srtp.ProtectionProfileAes128CmHmacSha1_32, 16},
	"AEAD_AES_128_GCM":        {srtp.ProtectionProfileAeadAes128Gcm, 16},
	"AEAD_AES_256_GCM":        {srtp.ProtectionProfileAeadAes256Gcm, 32},
}

// keys are a call's own lines: those of the suites that the phone is told to
// have, or all.
func (p *Phone) keys() []sdp.Crypto {
	if p.opts.Protection == Clear {
		return nil
	}
	all := sdp.NewCryptos()
	if p.opts.Suite == "" {
		return all
	}
	for _, c := range all {
		if c.Suite == p.opts.Suite {
			return []sdp.Crypto{c}
		}
	}
	return nil
}

// offerKeys fills in what we offer.
func (c *Call) offerKeys(l *sdp.Local) {
	l.Secure, l.Crypto = c.phone.opts.Protection == Protected, c.mine
}

// answerKeys fills in what we answer to an offer.
func (c *Call) answerKeys(l *sdp.Local, offer sdp.Audio) error {
	switch {
	case c.phone.opts.Protection == Clear && offer.Secure():
		return errClear
	case c.phone.opts.Protection == Protected && !offer.Secure():
		return errProtected
	}
	l.Secure, l.Crypto = offer.Secure(), nil
	if theirs, mine, ok := c.chosen(offer); ok {
		mine.Tag = theirs.Tag
		l.Crypto = []sdp.Crypto{mine}
	}
	return nil
}

// chosen is the other side's first line whose suite we have.
func (c *Call) chosen(a sdp.Audio) (theirs, mine sdp.Crypto, ok bool) {
	for _, t := range a.Crypto {
		for _, m := range c.mine {
			if m.Suite == t.Suite {
				return t, m, true
			}
		}
	}
	return theirs, mine, false
}

// protect has the sound go by the keys of both sides, or in the clear.
func (c *Call) protect(a sdp.Audio) {
	theirs, mine, ok := c.chosen(a)
	if !ok {
		c.sound.protect("", nil, nil)
		return
	}
	c.sound.protect(mine.Suite, theirs.Key, mine.Key)
}

// protect takes keys over; the same keys go on as they are.
func (s *sound) protect(suite string, theirs, mine []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := suite + string(theirs) + string(mine)
	if id == s.keyed {
		return
	}
	s.keyed, s.opens, s.seals = id, nil, nil
	p, ok := profiles[suite]
	if !ok {
		return
	}
	var err1, err2 error
	s.opens, err1 = srtp.CreateContext(theirs[:p.key], theirs[p.key:], p.profile, srtp.SRTPReplayProtection(64))
	s.seals, err2 = srtp.CreateContext(mine[:p.key], mine[p.key:], p.profile)
	if err := errors.Join(err1, err2); err != nil {
		s.complain("keys: %v", err)
	}
}

// open decrypts a packet that came; nil drops it.
func (s *sound) open(b []byte) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.keyed == "" {
		return b
	}
	out, err := s.opens.DecryptRTP(nil, b, nil)
	if err != nil {
		s.refused++
		return nil
	}
	return out
}

// Undecryptable counts the packets that came and did not fit the keys.
func (c *Call) Undecryptable() int {
	c.sound.mu.Lock()
	defer c.sound.mu.Unlock()
	return c.sound.refused
}

// Encrypted reports whether the call's media goes by keys.
func (c *Call) Encrypted() bool {
	c.sound.mu.Lock()
	defer c.sound.mu.Unlock()
	return c.sound.keyed != ""
}
