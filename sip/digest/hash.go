package digest

import (
	"crypto/md5"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"fmt"
	"strings"
)

// Algorithm is a hash of RFC 8760. The zero value is none.
type Algorithm uint8

// The algorithms, weakest first.
const (
	None      Algorithm = iota
	MD5                 // what phones have always spoken
	SHA256              // SHA-256
	SHA512256           // SHA-512-256; answered, not offered
)

// String is the name on the wire.
func (a Algorithm) String() string {
	switch a {
	case MD5:
		return "MD5"
	case SHA256:
		return "SHA-256"
	case SHA512256:
		return "SHA-512-256"
	default:
		return "none"
	}
}

// parseAlgorithm reads the parameter; without it MD5 is meant (RFC 7616 §3.3).
func parseAlgorithm(p params) Algorithm {
	name, given := p["algorithm"]
	if !given {
		return MD5
	}
	for _, a := range []Algorithm{MD5, SHA256, SHA512256} {
		if strings.EqualFold(name, a.String()) {
			return a
		}
	}
	return None
}

// hash is H() of RFC 7616 §3.3: in hexadecimal, of the parts with colons between.
func (a Algorithm) hash(parts ...string) string {
	data := []byte(strings.Join(parts, ":"))
	switch a {
	case SHA256:
		sum := sha256.Sum256(data)
		return hex.EncodeToString(sum[:])
	case SHA512256:
		sum := sha512.Sum512_256(data)
		return hex.EncodeToString(sum[:])
	default:
		sum := md5.Sum(data)
		return hex.EncodeToString(sum[:])
	}
}

// response is the proof of RFC 7616 §3.4.1 for qop=auth, and with an empty nc
// that of RFC 2069. ha1 is H(user:realm:password).
func (a Algorithm) response(ha1, nonce, nc, cnonce, method, uri string) string {
	ha2 := a.hash(method, uri)
	if nc == "" {
		return a.hash(ha1, nonce, ha2)
	}
	return a.hash(ha1, nonce, nc, cnonce, "auth", ha2)
}

// Secret is what a server keeps of a password: enough to check it for one user
// and realm with either algorithm that it offers. It is as secret as the password.
type Secret struct{ md5, sha256 string }

// NewSecret makes the secret of a password.
func NewSecret(user, realm, password string) Secret {
	return Secret{MD5.hash(user, realm, password), SHA256.hash(user, realm, password)}
}

// ParseSecret reads a secret as Hashes writes it, for operators who keep no
// passwords. One of the two may be empty: answers with that algorithm fail.
func ParseSecret(md5Hex, sha256Hex string) (Secret, error) {
	for _, h := range []struct {
		name, hex string
		octets    int
	}{{"MD5", md5Hex, md5.Size}, {"SHA-256", sha256Hex, sha256.Size}} {
		if b, err := hex.DecodeString(h.hex); err != nil || len(b) != h.octets && len(b) != 0 {
			return Secret{}, fmt.Errorf("digest: %s of user:realm:password must be %d hexadecimal digits", h.name, 2*h.octets)
		}
	}
	return Secret{strings.ToLower(md5Hex), strings.ToLower(sha256Hex)}, nil
}

// Hashes returns the two hashes of user:realm:password, for ParseSecret.
func (s Secret) Hashes() (md5Hex, sha256Hex string) { return s.md5, s.sha256 }

// String says nothing of it, so that no log does.
func (Secret) String() string { return "secret" }

// GoString likewise.
func (s Secret) GoString() string { return s.String() }

func (s Secret) ha1(a Algorithm) string {
	if a == SHA256 {
		return s.sha256
	}
	return s.md5
}
