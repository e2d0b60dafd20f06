package digest

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"ringward/sip/sipmsg"
)

var (
	// ErrRealm: nothing in the challenge is for the realm of the credentials.
	ErrRealm = errors.New("digest: challenged for another realm")
	// ErrTried: the request has credentials already; they are wrong, or the peer
	// wants to see them again and again.
	ErrTried = errors.New("digest: credentials were refused")
	// ErrPeer: the challenge comes from another address than the request went to.
	ErrPeer = errors.New("digest: challenged by another peer")
	// ErrUnsupported: the realm asks in no way that we answer.
	ErrUnsupported = errors.New("digest: no algorithm or qop that is supported")
)

// Credentials are a user's at one realm.
type Credentials struct {
	Realm, User, Password string
}

// String keeps the password out of logs.
func (c Credentials) String() string { return "credentials of " + c.User + " at " + c.Realm }

// GoString likewise.
func (c Credentials) GoString() string { return c.String() }

// Answer returns the field to add to a request that was answered 401 or 407. peer
// is where the request was sent. It refuses to answer a request twice, whatever
// the challenge says (so a peer sees at most two requests, and the credentials
// once), another realm, and another peer.
//
// It must be asked for requests of our own choice only, never for one within a
// call that came in: then anybody who calls could have the credentials proved
// to it.
func (c Credentials) Answer(req, challenge *sipmsg.Message, peer netip.Addr) (sipmsg.Header, error) {
	ask, reply := "WWW-Authenticate", "Authorization"
	if challenge.Status == 407 {
		ask, reply = "Proxy-Authenticate", "Proxy-Authorization"
	}
	switch {
	case challenge.Status != 401 && challenge.Status != 407:
		return sipmsg.Header{}, fmt.Errorf("%w: status %d is no challenge", ErrUnsupported, challenge.Status)
	case req.Has("Authorization") || req.Has("Proxy-Authorization"):
		return sipmsg.Header{}, ErrTried
	case challenge.Source.Addr().Unmap() != peer.Unmap():
		return sipmsg.Header{}, ErrPeer
	case !isPlain(c.User) || !isPlain(c.Realm):
		return sipmsg.Header{}, fmt.Errorf("%w: quote or backslash in user or realm", ErrUnsupported)
	}
	p, alg, err := c.choose(challenge.Values(ask))
	if err != nil {
		return sipmsg.Header{}, err
	}
	return sipmsg.Header{Name: reply, Value: c.answer(p, alg, req.Method, req.RequestURI, newCnonce())}, nil
}

// Retry returns the request to send in place of one that was challenged: a copy
// with the answer and the next CSeq number, and without our Via (RFC 3261
// §22.2). It is for requests outside dialogs; an INVITE goes by
// sip.DialOptions.Again, with the field of Answer.
func (c Credentials) Retry(req, challenge *sipmsg.Message, peer netip.Addr) (*sipmsg.Message, error) {
	h, err := c.Answer(req, challenge, peer)
	if err != nil {
		return nil, err
	}
	seq, method, err := req.CSeq()
	if err != nil {
		return nil, fmt.Errorf("digest: retry: %w", err)
	}
	m := req.Clone()
	m.Del("Via")
	m.Set("CSeq", strconv.FormatUint(uint64(seq)+1, 10)+" "+method)
	m.Headers = append(m.Headers, h)
	return m, nil
}

// maxChallenges bounds the challenges of one response that are looked at.
const maxChallenges = 8

// choose returns the challenge of the strongest algorithm for our realm.
func (c Credentials) choose(fields []string) (best params, alg Algorithm, err error) {
	err = ErrRealm
	for i, field := range fields {
		if i == maxChallenges {
			break
		}
		p, perr := parse(field)
		if perr != nil || p["realm"] != c.Realm {
			continue
		}
		a := parseAlgorithm(p)
		if a == None || !isPlain(p["nonce"]) || !isPlain(p["opaque"]) || !offersAuth(p) {
			if best == nil {
				err = ErrUnsupported
			}
			continue
		}
		if a > alg {
			best, alg, err = p, a, nil
		}
	}
	return best, alg, err
}

// offersAuth reports whether the challenge takes qop=auth or knows no qop.
func offersAuth(p params) bool {
	qop, given := p["qop"]
	if !given {
		return true
	}
	for q := range strings.SplitSeq(qop, ",") {
		if strings.EqualFold(trim(q), "auth") {
			return true
		}
	}
	return false
}

// answer writes the credentials for a challenge (RFC 7616 §3.4).
func (c Credentials) answer(p params, alg Algorithm, method, uri, cnonce string) string {
	nc := "00000001"
	if _, qop := p["qop"]; !qop {
		nc = "" // RFC 2069
	}
	ha1 := alg.hash(c.User, c.Realm, c.Password)
	var b strings.Builder
	fmt.Fprintf(&b, `Digest username="%s", realm="%s", nonce="%s", uri="%s", response="%s"`,
		c.User, c.Realm, p["nonce"], uri, alg.response(ha1, p["nonce"], nc, cnonce, method, uri))
	if _, given := p["algorithm"]; given {
		b.WriteString(", algorithm=" + alg.String())
	}
	if nc != "" {
		fmt.Fprintf(&b, `, qop=auth, nc=%s, cnonce="%s"`, nc, cnonce)
	}
	if opaque, given := p["opaque"]; given {
		fmt.Fprintf(&b, `, opaque="%s"`, opaque)
	}
	return b.String()
}

func newCnonce() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // it never fails (crypto/rand)
	return hex.EncodeToString(b[:])
}
