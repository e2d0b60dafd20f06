package sipmsg

import "strings"

// NameAddr is an address with an optional display name (From, To, Contact,
// Route, P-Asserted-Identity ...).
type NameAddr struct {
	// Display name without quotes and escapes, repaired to valid UTF-8, without
	// control characters.
	Display string
	URI     URI
	// RawURI is the URI as received. It is written only if URI is not set.
	RawURI string
	// Params are the parameters of the field, not those of the URI.
	Params Params
}

func badAddr(detail string) *Error { return badRequest("Bad Address", detail) }

// ParseNameAddr reads exactly one address.
func ParseNameAddr(s string) (NameAddr, error) {
	a, err := scanNameAddr(trimSpace(s), true)
	if err == nil && !isText(s) {
		err = badAddr("control character")
	}
	if err != nil {
		return NameAddr{}, err
	}
	return a, nil
}

// ParseNameAddrs reads a comma-separated list of addresses, 64 at most.
func ParseNameAddrs(s string) ([]NameAddr, error) {
	var out []NameAddr
	err := eachElement(s, func(elem string) *Error {
		if len(out) == maxElements {
			return badAddr("too many addresses")
		}
		a, err := scanNameAddr(elem, true)
		if err == nil {
			out = append(out, a)
		}
		return err
	})
	if err == nil && !isText(s) {
		err = badAddr("control character")
	}
	if err != nil {
		return nil, err
	}
	return out, nil
}

// eachElement calls f with each element of a comma-separated list, empty ones
// included, until it returns an error.
func eachElement(s string, f func(elem string) *Error) *Error {
	for more := true; more; {
		var elem string
		elem, s, more = nextElement(s)
		if err := f(elem); err != nil {
			return err
		}
	}
	return nil
}

// scanNameAddr reads [display] <URI> params, or a URI without brackets, of
// which all after the first semicolon are then parameters of the field.
func scanNameAddr(s string, keep bool) (NameAddr, *Error) {
	var a NameAddr
	if len(s) > maxHeader {
		return a, badAddr("too long")
	}
	open, err := a.scanDisplay(s, keep)
	if err != nil {
		return NameAddr{}, err
	}
	params := 0
	if open >= 0 {
		end := strings.IndexByte(s[open:], '>')
		if end < 0 {
			return NameAddr{}, badAddr("bracket not closed")
		}
		a.RawURI = s[open+1 : open+end]
		params = open + end + 1
	} else if a.RawURI, params, err = nakedURI(s); err != nil {
		return NameAddr{}, err
	}
	if a.URI, err = scanURI(a.RawURI, keep); err != nil {
		return NameAddr{}, err
	}
	if params < len(s) {
		if err = a.scanTail(s[params:], keep); err != nil {
			return NameAddr{}, err
		}
	}
	return a, nil
}

func (a *NameAddr) scanTail(text string, keep bool) *Error {
	params, plain, err := scanParams(text, 0, keep)
	if err != nil {
		return err
	}
	if !plain {
		if !keep {
			params, _, _ = scanParams(text, 0, true)
		}
		if !agreesParams(params, text) {
			return badAddr("parameters not by the grammar")
		}
	}
	a.Params = params
	return nil
}

// scanDisplay reads the display name and returns the position of the opening
// bracket, -1 if there is none. An unquoted name may hold what the grammar
// forbids (dots, brackets, non-ASCII) as long as it can be read in one way only.
func (a *NameAddr) scanDisplay(s string, keep bool) (open int, err *Error) {
	if s == "" {
		return 0, badAddr("empty")
	}
	if s[0] == '"' {
		end, escaped, ok := scanQuoted(s, 0)
		if !ok {
			return 0, badAddr("quoted string does not end")
		}
		open = skipSpace(s, end)
		if open == len(s) || s[open] != '<' {
			return 0, badAddr("no bracket after the display name")
		}
		if keep {
			a.Display = repairText(unquote(s[:end], escaped))
		}
		return open, nil
	}
	open = strings.IndexByte(s, '<')
	if open < 0 || strings.ContainsAny(s[:open], `";,`) {
		return -1, nil
	}
	if keep {
		a.Display = repairText(s[:open])
	}
	return open, nil
}

// nakedURI cuts the URI off an address without brackets. One with a comma or
// question mark, or with a semicolon in its user part, must have them (RFC 3261
// §20.10): without, it can be read in two ways.
func nakedURI(s string) (uri string, params int, err *Error) {
	params = strings.IndexByte(s, ';')
	if params < 0 {
		params = len(s)
	}
	uri = trimSpace(s[:params])
	if strings.ContainsAny(uri, "?,<>") {
		return "", 0, badAddr("needs angle brackets")
	}
	if !strings.Contains(uri, "@") && strings.Contains(s[params:], "@") {
		return "", 0, badAddr("needs angle brackets")
	}
	return uri, params, nil
}

// Tag returns the tag parameter, "" when there is none.
func (a NameAddr) Tag() string { t, _ := a.Params.Get("tag"); return t }

// String writes the address with angle brackets and, if there is a display
// name, with that in quotes.
func (a NameAddr) String() string { return string(a.Append(nil)) }

// Append writes the address to dst.
func (a NameAddr) Append(dst []byte) []byte {
	if a.Display != "" {
		dst = append(appendQuoted(dst, a.Display), ' ')
	}
	dst = append(dst, '<')
	if a.URI.Scheme != "" {
		dst = a.URI.Append(dst)
	} else {
		dst = appendEscaped(dst, a.RawURI, chURI)
	}
	return a.Params.Append(append(dst, '>'))
}
