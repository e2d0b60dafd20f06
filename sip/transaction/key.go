package transaction

import (
	"hash/maphash"
	"math/rand/v2"
	"strconv"
	"strings"

	"ringward/sip/sipmsg"
)

// cookie begins every branch that is unique by RFC 3261 §8.1.1.7.
const cookie = "z9hG4bK"

// keySize fits the keys of ordinary messages, so that looking one up allocates
// nothing.
const keySize = 256

// serverKey appends what a request's server transaction is found by: top Via and
// method (RFC 3261 §17.2.3). method is the request's, or INVITE to find what an
// ACK or CANCEL belongs to. Call-ID and CSeq number, which repeats, ACK and
// CANCEL have in common with their request, are looked at too: peers exist that
// use one branch twice, and an answer must not go to another request.
func serverKey(dst []byte, m *sipmsg.Message, top *sipmsg.Via, method string) []byte {
	seq, _, _ := m.CSeq() // a request without a readable CSeq does not get here
	dst = append(append(dst, method...), ' ')
	dst = append(strconv.AppendUint(dst, uint64(seq), 10), '\n')
	dst = append(append(dst, m.CallID()...), '\n')
	if branch := top.Branch(); hasCookie(branch) {
		dst = append(append(dst, branch...), '\n')
		dst = append(append(dst, top.Host...), ':')
		return strconv.AppendUint(dst, uint64(top.Port), 10)
	}
	// RFC 2543: also Request-URI, From tag and the whole Via. The To tag is left
	// out: an ACK has one that the INVITE had not.
	dst = append(append(dst, m.RequestURI...), '\n')
	dst = append(append(dst, fromTag(m)...), '\n')
	return top.Append(dst)
}

func hasCookie(branch string) bool {
	return len(branch) > len(cookie) && strings.EqualFold(branch[:len(cookie)], cookie)
}

// clientKey appends what a response's client transaction is found by (RFC 3261
// §17.1.3): the branch, which only CANCEL shares with another.
func clientKey(dst []byte, branch, method string) []byte {
	dst = append(dst, branch...)
	if method == "CANCEL" {
		dst = append(dst, "\nCANCEL"...)
	}
	return dst
}

// mergeKey is what copies of one request that came by different ways share
// (RFC 3261 §8.2.2.2), hashed with the layer's seed.
func (l *Layer) mergeKey(m *sipmsg.Message, seq uint32) uint64 {
	var b [keySize]byte
	k := append(append(b[:0], m.CallID()...), '\n')
	k = append(append(k, fromTag(m)...), '\n')
	k = strconv.AppendUint(append(append(k, m.Method...), '\n'), uint64(seq), 10)
	return max(maphash.Bytes(l.seed, k), 1) // 0 means none
}

// statelessTag is the To tag of an answer for which no transaction is kept: the
// same for each repeat of a request and to be known again in its ACK.
func (l *Layer) statelessTag(m *sipmsg.Message, top *sipmsg.Via) string {
	var b [keySize]byte
	seq, _, _ := m.CSeq() // broken requests are answered too, with 0
	k := append(append(b[:0], top.Branch()...), '\n')
	k = append(append(k, m.CallID()...), '\n')
	k = strconv.AppendUint(k, uint64(seq), 10)
	return string(strconv.AppendUint(append(b[:0], statelessMark...), maphash.Bytes(l.seed, k), 36))
}

// statelessMark tells that a tag may be one of statelessTag.
const statelessMark = "s-"

// newBranch returns a branch that nobody can guess.
func newBranch() string {
	var b [len(cookie) + 26]byte
	out := append(b[:0], cookie...)
	out = strconv.AppendUint(out, rand.Uint64(), 36)
	return string(strconv.AppendUint(out, rand.Uint64(), 36))
}

// newTag returns a To tag (RFC 3261 §19.3 asks for 32 random bits).
func newTag() string { return strconv.FormatUint(rand.Uint64(), 36) }
