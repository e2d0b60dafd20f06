package sdp

import (
	"crypto/rand"
	"encoding/base64"
	"strconv"
	"strings"
)

// maxCrypto bounds the a=crypto lines of a stream that are looked at.
const maxCrypto = 16

// Crypto is one a=crypto line: a suite and the master key with its salt that its
// writer protects his media with (RFC 4568). The key is a secret: String and
// GoString do not write it.
type Crypto struct {
	Tag   uint32
	Suite string
	Key   []byte // master key and salt
}

// String gives tag and suite.
func (c Crypto) String() string { return strconv.FormatUint(uint64(c.Tag), 10) + " " + c.Suite }

// GoString is String: %#v prints no key either.
func (c Crypto) GoString() string { return c.String() }

// suites are those that we use, as we prefer them, with the octets of master key
// and salt: RFC 7714 §14.2, RFC 4568 §6.2. The one with the short tag is last: it
// is there for peers that have nothing else.
var suites = []struct {
	name string
	key  int
}{{"AEAD_AES_256_GCM", 44}, {"AEAD_AES_128_GCM", 28}, {"AES_CM_128_HMAC_SHA1_80", 30}, {"AES_CM_128_HMAC_SHA1_32", 30}}

// NewCryptos makes a line with a fresh key for every suite that we use, tagged
// from 1: an offer of ours.
func NewCryptos() []Crypto {
	list := make([]Crypto, len(suites))
	for i, s := range suites {
		list[i] = Crypto{Tag: uint32(i + 1), Suite: s.name, Key: make([]byte, s.key)}
		rand.Read(list[i].Key) // never fails
	}
	return list
}

// parseCrypto reads "<tag> <suite> inline:<key>[|<lifetime>] [<parameters>]". It
// reports false for what we cannot or will not do: other suites, several keys, a
// master key identifier, and every parameter that switches protection off or
// that we do not know (RFC 4568 §6.3: a line with one must not be taken). Of the
// parameters only WSH=, a hint, and those that may be overlooked ("-...") pass.
func parseCrypto(value string) (Crypto, bool) {
	f := strings.Fields(value)
	if len(f) < 3 || len(f) > 8 || len(f[0]) > 9 {
		return Crypto{}, false
	}
	tag, err := strconv.ParseUint(f[0], 10, 32)
	inline, ok := strings.CutPrefix(f[2], "inline:")
	if err != nil || !ok || strings.Contains(inline, ";") {
		return Crypto{}, false
	}
	for _, p := range f[3:] {
		if !strings.HasPrefix(p, "WSH=") && !strings.HasPrefix(p, "-") {
			return Crypto{}, false
		}
	}
	text, rest, _ := strings.Cut(inline, "|")
	if strings.Contains(rest, ":") || strings.Contains(rest, "|") {
		return Crypto{}, false // a master key identifier
	}
	key, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		if key, err = base64.RawStdEncoding.DecodeString(text); err != nil { // some leave the padding out
			return Crypto{}, false
		}
	}
	for _, s := range suites {
		if strings.EqualFold(s.name, f[1]) && len(key) == s.key {
			return Crypto{Tag: uint32(tag), Suite: s.name, Key: key}, true
		}
	}
	return Crypto{}, false
}

// crypto writes a line.
func (t *text) crypto(c Crypto) {
	t.add("a=crypto:")
	t.number(uint64(c.Tag))
	t.add(" " + c.Suite + " inline:" + base64.StdEncoding.EncodeToString(c.Key) + crlf)
}

// profile is base, an RTP profile in the clear or keyed by SDES, with or without
// the S of SRTP.
func profile(base string, secure bool) string {
	clear := strings.Replace(base, "RTP/SAVP", "RTP/AVP", 1)
	if !secure {
		return clear
	}
	return strings.Replace(clear, "RTP/AVP", "RTP/SAVP", 1)
}
