package sipmsg

import "strings"

// Via is one element of the Via list.
type Via struct {
	// Transport in upper case: "UDP", "TCP", "TLS", "WS", "WSS" ...
	Transport string
	// Host without the brackets of an IPv6 reference.
	Host string
	// Port, 0 when there is none.
	Port   uint16
	Params Params
}

func badVia(detail string) *Error { return badRequest("Bad Via", detail) }

// ParseVia reads exactly one Via element.
func ParseVia(s string) (Via, error) {
	v, err := scanVia(trimSpace(s), true)
	if err == nil && !isText(s) {
		err = badVia("control character")
	}
	if err != nil {
		return Via{}, err
	}
	return v, nil
}

// scanVia reads one element:
//
//	SIP / 2.0 / transport  host [: port]  *( ; name [= value] )
func scanVia(s string, keep bool) (Via, *Error) {
	if len(s) > maxHeader {
		return Via{}, badVia("too long")
	}
	v, i, plain, err := scanSentBy(s)
	if err != nil {
		return Via{}, err
	}
	var paramsPlain bool
	if v.Params, paramsPlain, err = scanParams(s, i, keep); err != nil {
		return Via{}, err
	}
	if plain && paramsPlain {
		return v, nil
	}
	if !keep {
		v.Params, _, _ = scanParams(s, i, true)
	}
	if !agreesVia(&v, s) {
		return Via{}, badVia("not by the grammar")
	}
	return v, nil
}

// scanSentBy reads the part before the parameters and returns the position
// behind it.
func scanSentBy(s string) (v Via, i int, plain bool, err *Error) {
	transport, i, plain, ok := scanProtocol(s)
	if !ok {
		return v, 0, false, badVia("sent-protocol is not SIP/2.0/transport")
	}
	v.Transport = transport
	host := skipSpace(s, i)
	if host == i {
		return v, 0, false, badVia("no space before the host")
	}
	end := strings.IndexByte(s[host:], ';')
	if end < 0 {
		end = len(s)
	} else {
		end += host
	}
	i = end
	text := trimSpace(s[host:end])
	if len(text) != end-host {
		plain = false
	}
	if strings.ContainsAny(text, " \t") { // "host : port"
		plain = false
		if colon := strings.LastIndexByte(text, ':'); colon >= 0 {
			text = trimSpace(text[:colon]) + ":" + trimSpace(text[colon+1:])
		}
	}
	h, port, hostPlain, fault := splitHostPort(text)
	if fault != "" {
		return v, 0, false, badVia(fault)
	}
	v.Host, v.Port = h, uint16(max(port, 0)) // some write :0 for no port
	return v, i, plain && hostPlain, nil
}

// scanProtocol reads SIP/2.0/transport and returns the position behind it.
func scanProtocol(s string) (transport string, i int, plain, ok bool) {
	const usual = "SIP/2.0/"
	plain = strings.HasPrefix(s, usual)
	if plain {
		i = len(usual)
	} else {
		for _, part := range []string{"SIP", "/", "2.0", "/"} {
			i = skipSpace(s, i)
			if len(s)-i < len(part) || !strings.EqualFold(s[i:i+len(part)], part) {
				return "", 0, false, false
			}
			i += len(part)
		}
		i = skipSpace(s, i)
	}
	start := i
	for i < len(s) && is(s[i], chToken) {
		i++
	}
	return upperASCII(s[start:i]), i, plain, i > start
}

// Branch returns the branch parameter, "" when there is none.
func (v Via) Branch() string { s, _ := v.Params.Get("branch"); return s }

// Received returns the received parameter, "" when there is none.
func (v Via) Received() string { s, _ := v.Params.Get("received"); return s }

// RPort returns the port in the rport parameter (RFC 3581), 0 when it has none
// or not a valid one. asked tells that the parameter is there.
func (v Via) RPort() (port uint16, asked bool) {
	s, asked := v.Params.Get("rport")
	n, _ := parseNumber(s, 65535)
	return uint16(n), asked
}

// String writes the element.
func (v Via) String() string { return string(v.Append(nil)) }

// Append writes the element to dst.
func (v Via) Append(dst []byte) []byte {
	dst = append(append(dst, "SIP/2.0/"...), v.Transport...)
	dst = appendHostPort(append(dst, ' '), v.Host, v.Port)
	return v.Params.Append(dst)
}
