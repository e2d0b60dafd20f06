package people

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1" // RFC 6238 §1.2: authenticator apps speak SHA-1
	"crypto/subtle"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"hash"
	"net/url"
	"time"
)

const (
	totpStep   = 30 // seconds, RFC 6238 §4.1
	totpDigits = 6
	totpSkew   = 1 // steps that a clock may be off, RFC 6238 §5.2
)

var base32NoPad = base32.StdEncoding.WithPadding(base32.NoPadding)

// hotp is the counter-based one-time password of RFC 4226 §5.3 with the hash
// that RFC 6238 §1.2 leaves open.
func hotp(h func() hash.Hash, key []byte, counter uint64, digits int) string {
	mac := hmac.New(h, key)
	_ = binary.Write(mac, binary.BigEndian, counter) // a hash never fails
	sum := mac.Sum(nil)
	at := sum[len(sum)-1] & 0xf
	v := binary.BigEndian.Uint32(sum[at:]) & 0x7fffffff
	mod := uint32(1)
	for range digits {
		mod *= 10
	}
	return fmt.Sprintf("%0*d", digits, v%mod)
}

// totpStepOf returns the step at which code is right, and whether there is one
// later than last: a code counts once (RFC 6238 §5.2).
func totpStepOf(secret, code string, now time.Time, last int64) (int64, bool) {
	key, err := base32NoPad.DecodeString(secret)
	if err != nil || len(key) == 0 || len(code) != totpDigits {
		return 0, false
	}
	step := now.Unix() / totpStep
	for s := step - totpSkew; s <= step+totpSkew; s++ {
		right := subtle.ConstantTimeCompare([]byte(hotp(sha1.New, key, uint64(s), totpDigits)), []byte(code)) == 1
		if right && s > last {
			return s, true
		}
	}
	return 0, false
}

func newTOTPSecret() string {
	b := make([]byte, 20) // RFC 4226 §4: 160 bits are recommended
	_, _ = rand.Read(b)   // never fails (crypto/rand)
	return base32NoPad.EncodeToString(b)
}

// TOTPLink is what an authenticator app reads from a link or a QR code.
func TOTPLink(user, secret string) string {
	q := url.Values{"secret": {secret}, "issuer": {"Ringward"}}
	return "otpauth://totp/" + url.PathEscape("Ringward:"+user) + "?" + q.Encode()
}
