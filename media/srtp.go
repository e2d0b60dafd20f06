package media

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/srtp/v3"
)

// SRTP is how one side's media is protected (RFC 3711, keys by RFC 4568). The
// keys are the sides' secrets: nothing here writes them anywhere.
type SRTP struct {
	Suite  string // crypto-suite by its name in RFC 4568 §6.2 or RFC 7714 §14.2
	Local  []byte // master key and salt, one after the other: of what we send
	Remote []byte // of what the side sends
}

// String names the suite and no key.
func (k SRTP) String() string { return k.Suite }

// GoString is String: %#v prints no key either.
func (k SRTP) GoString() string { return k.Suite }

// suites gives pion's name and the length of the master key in octets; what is
// left of a key is the salt.
var suites = map[string]struct {
	profile   srtp.ProtectionProfile
	key, salt int
}{
	"AES_CM_128_HMAC_SHA1_80": {srtp.ProtectionProfileAes128CmHmacSha1_80, 16, 14},
	"AES_CM_128_HMAC_SHA1_32": {srtp.ProtectionProfileAes128CmHmacSha1_32, 16, 14},
	"AEAD_AES_128_GCM":        {srtp.ProtectionProfileAeadAes128Gcm, 16, 12},
	"AEAD_AES_256_GCM":        {srtp.ProtectionProfileAeadAes256Gcm, 32, 12},
}

const (
	// replayWindow is how old a packet may be, in packets; RFC 3711 §3.3.2 asks
	// for 64 at least. 256 are five seconds of the shortest packets.
	replayWindow = 256
	// maxSources bounds how often a side may change its SSRC under one key: each
	// leaves its counters behind.
	maxSources = 256
)

// secure is the protection of one side's packets. Guarded by the bridge's mutex.
// A side whose keys cannot be used has one with nothing in it: then nothing is
// taken and nothing sent, never in the clear.
type secure struct {
	keys    SRTP
	in, out *srtp.Context
	source  uint32
	sources int
	rtp     rtp.Header // to read into, so that no packet allocates
	rtcp    rtcp.Header
}

// renew gives the protection for keys, nil for nil. What did not change goes on
// with its counters: a new description with the same key is no new stream.
func (s *secure) renew(k *SRTP) (*secure, error) {
	switch {
	case k == nil:
		return nil, nil
	case s != nil && s.keys.Suite == k.Suite && bytes.Equal(s.keys.Local, k.Local) && bytes.Equal(s.keys.Remote, k.Remote):
		return s, nil
	}
	next := &secure{keys: SRTP{k.Suite, bytes.Clone(k.Local), bytes.Clone(k.Remote)}}
	in, err := newContext(k.Suite, k.Remote)
	if err != nil {
		return next, err
	}
	if s != nil && s.out != nil && s.keys.Suite == k.Suite && bytes.Equal(s.keys.Local, k.Local) {
		next.in, next.out = in, s.out
		return next, nil
	}
	out, err := newContext(k.Suite, k.Local)
	if err != nil {
		return next, err
	}
	next.in, next.out = in, out
	return next, nil
}

func newContext(suite string, key []byte) (*srtp.Context, error) {
	s, ok := suites[suite]
	if !ok || len(key) != s.key+s.salt {
		return nil, fmt.Errorf("SRTP suite %s with a key of %d octets cannot be used", suite, len(key))
	}
	return srtp.CreateContext(key[:s.key], key[s.key:], s.profile,
		srtp.SRTPReplayProtection(replayWindow), srtp.SRTCPReplayProtection(replayWindow))
}

// openRTP checks and decrypts a packet in place; false drops it: it is forged,
// damaged or was here before.
func (s *secure) openRTP(b []byte) ([]byte, bool) {
	if s.in == nil || len(b) < rtpHeader {
		return nil, false
	}
	source := binary.BigEndian.Uint32(b[8:])
	if source != s.source && s.sources >= maxSources {
		return nil, false
	}
	out, err := s.in.DecryptRTP(b, b, &s.rtp)
	if err != nil {
		return nil, false
	}
	if source != s.source || s.sources == 0 {
		s.source = source
		s.sources++
	}
	return out, true
}

// openRTCP is openRTP for control packets. Their senders are not counted: the
// SSRC of one that is not the media's is refused.
func (s *secure) openRTCP(b []byte) ([]byte, bool) {
	if s.in == nil || len(b) < rrSize || s.sources > 0 && binary.BigEndian.Uint32(b[4:]) != s.source {
		return nil, false
	}
	out, err := s.in.DecryptRTCP(b, b, &s.rtcp)
	return out, err == nil
}

// sealRTP encrypts a packet in place; b needs room for the tag behind it.
func (s *secure) sealRTP(b []byte) ([]byte, bool) {
	if s.out == nil {
		return nil, false
	}
	out, err := s.out.EncryptRTP(b, b, &s.rtp)
	return out, err == nil
}

// sealRTCP is sealRTP for control packets.
func (s *secure) sealRTCP(b []byte) ([]byte, bool) {
	if s.out == nil {
		return nil, false
	}
	out, err := s.out.EncryptRTCP(b, b, &s.rtcp)
	return out, err == nil
}
