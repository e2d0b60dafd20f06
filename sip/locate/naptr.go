package locate

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"slices"
	"strings"

	"golang.org/x/net/dns/dnsmessage"
)

const typeNAPTR dnsmessage.Type = 35 // RFC 3403

// naptr is one NAPTR record.
type naptr struct {
	order, preference uint16
	flags, service    string
	replacement       string // without the last dot
}

var errNAPTR = errors.New("malformed NAPTR")

// parseNAPTR reads the record's data (RFC 3403 §4.1):
//
//	order (2) preference (2) flags services regexp: length (1) octets; replacement: labels
//
// The name may not be compressed (RFC 3597 §4).
func parseNAPTR(b []byte) (n naptr, err error) {
	if len(b) < 4 {
		return n, errNAPTR
	}
	n.order, n.preference = binary.BigEndian.Uint16(b), binary.BigEndian.Uint16(b[2:])
	b = b[4:]
	var regexp string
	for _, s := range []*string{&n.flags, &n.service, &regexp} {
		if len(b) == 0 || len(b) < 1+int(b[0]) {
			return n, errNAPTR
		}
		end := 1 + int(b[0]) // an int: 255 octets and their length do not fit a byte
		*s, b = string(b[1:end]), b[end:]
	}
	var labels []string
	for {
		if len(b) == 0 || b[0] > 63 || len(b) < 1+int(b[0]) {
			return n, errNAPTR
		}
		if b[0] == 0 {
			break
		}
		if bytes.IndexByte(b[1:1+b[0]], '.') >= 0 {
			return n, errNAPTR // it would read as two labels
		}
		labels, b = append(labels, string(b[1:1+b[0]])), b[1+b[0]:]
	}
	n.replacement = strings.Join(labels, ".")
	if len(b) != 1 || regexp != "" || !isName(n.replacement) {
		return n, errNAPTR
	}
	return n, nil
}

// services are the NAPTR services that name a transport of ours (RFC 3263 §4.1).
var services = map[string]string{"SIP+D2U": "udp", "SIP+D2T": "tcp", "SIPS+D2T": "tls"}

// usable sorts the records of a domain and leaves those that we can follow.
func usable(records []record) []naptr {
	var out []naptr
	for _, r := range records {
		raw, ok := r.body.(*dnsmessage.UnknownResource)
		if !ok {
			continue
		}
		n, err := parseNAPTR(raw.Data)
		if err == nil && strings.EqualFold(n.flags, "s") && services[strings.ToUpper(n.service)] != "" {
			out = append(out, n)
		}
	}
	slices.SortStableFunc(out, func(a, b naptr) int {
		return cmp.Or(cmp.Compare(a.order, b.order), cmp.Compare(a.preference, b.preference))
	})
	return out
}
