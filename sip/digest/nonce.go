package digest

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"net/netip"
	"strconv"
	"time"
)

// A nonce says when it was made and proves that we made it, for whom:
//
//	seconds since 1970 (4) | random (4) | HMAC-SHA-256 over these, realm and address, cut (12)
//
// so nothing is kept for a challenge. It is no longer than it must be, because
// a challenge goes to whoever's address a stranger wrote on a request: 20 octets
// in base64 are 27 characters.
const (
	nonceHead = 8
	nonceMAC  = 12
	nonceSize = nonceHead + nonceMAC
	nonceText = 27
)

// nonces makes and recognises nonces.
type nonces struct {
	key   [32]byte
	realm string
}

func newNonces(realm string) nonces {
	n := nonces{realm: realm}
	_, _ = rand.Read(n.key[:]) // it never fails (crypto/rand)
	return n
}

func (n *nonces) issue(source netip.Addr, now time.Time) string {
	var b [nonceSize]byte
	binary.BigEndian.PutUint32(b[:4], uint32(now.Unix()))
	_, _ = rand.Read(b[4:nonceHead]) // likewise
	copy(b[nonceHead:], n.mac(b[:nonceHead], source))
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// issued returns when a nonce was made; false if it is not ours for that source.
func (n *nonces) issued(nonce string, source netip.Addr) (time.Time, bool) {
	var b [nonceSize]byte
	if len(nonce) != nonceText {
		return time.Time{}, false
	}
	if _, err := base64.RawURLEncoding.Strict().Decode(b[:], []byte(nonce)); err != nil {
		return time.Time{}, false
	}
	if !hmac.Equal(b[nonceHead:], n.mac(b[:nonceHead], source)) {
		return time.Time{}, false
	}
	return time.Unix(int64(binary.BigEndian.Uint32(b[:4])), 0), true
}

func (n *nonces) mac(head []byte, source netip.Addr) []byte {
	h := hmac.New(sha256.New, n.key[:])
	h.Write(head)
	addr := source.Unmap().WithZone("").As16()
	h.Write(addr[:])
	h.Write([]byte(n.realm))
	return h.Sum(nil)[:nonceMAC]
}

// parseCount reads nc: eight hexadecimal digits, not all zero (RFC 7616 §3.4).
func parseCount(s string) (uint32, bool) {
	if len(s) != 8 {
		return 0, false
	}
	n, err := strconv.ParseUint(s, 16, 32)
	return uint32(n), err == nil && n > 0
}

// counts remembers how far each nonce was used, of those that a right answer
// used. When there are too many the oldest are forgotten, and with them all
// nonces made as long ago: a forgotten one must not count from the start again.
type counts struct {
	used  bounded[string, usedNonce]
	floor time.Time // nonces made until then are too old, whatever their age
}

type usedNonce struct {
	made time.Time
	last uint32
}

// fresh reports whether that count of a nonce has not been used.
func (c *counts) fresh(nonce string, made time.Time, count uint32) bool {
	if u, ok := c.used.get(nonce); ok {
		return count > u.last
	}
	return made.After(c.floor)
}

// use enters a count; false if another request was first.
func (c *counts) use(nonce string, made time.Time, count uint32, now time.Time) bool {
	if !c.fresh(nonce, made, count) {
		return false
	}
	c.used.expire(func(u usedNonce) bool { return now.Sub(u.made) > 2*nonceLife })
	if dropped, ok := c.used.put(nonce, usedNonce{made, count}); ok && dropped.made.After(c.floor) {
		c.floor = dropped.made
	}
	return true
}
