package sipmsg

// validate makes the checks of RFC 3261 §8.2 that need no state. For a response
// any fault means that it is dropped, so only what routing a response needs is
// looked at.
func (d *decoder) validate() *Error {
	if !d.datagram && d.count[fieldContentLength] == 0 && d.count[fieldContentType] > 0 {
		return badRequest("Missing Content-Length", "") // RFC 3261 §18.3
	}
	for _, f := range [...]struct {
		field field
		name  string
	}{{fieldVia, "Via"}, {fieldFrom, "From"}, {fieldTo, "To"}, {fieldCallID, "Call-ID"}, {fieldCSeq, "CSeq"}} {
		if d.count[f.field] == 0 {
			return errAbsent(f.name)
		}
	}
	if err := d.checkFields(); err != nil {
		return err
	}
	if !d.m.IsRequest() {
		return nil
	}
	if err := d.checkRequestURI(); err != nil {
		return err
	}
	return d.checkContact()
}

// checkFields reads every field that RFC 3261 gives a meaning to here.
func (d *decoder) checkFields() *Error {
	var elements [fieldCount]int
	request := d.m.IsRequest()
	for i := range d.m.Headers {
		h := &d.m.Headers[i]
		var err *Error
		switch f := d.kinds[i]; f {
		case fieldVia:
			err = checkList(h, &elements[f], checkVia)
		case fieldFrom, fieldTo:
			err = checkAddr(h.Value)
		case fieldCallID:
			err = checkCallID(h.Value)
		case fieldCSeq:
			err = d.checkCSeq(h.Value)
		case fieldMaxForwards:
			if _, ok := parseNumber(h.Value, 255); !ok && request {
				err = badRequest("Bad Max-Forwards", "not a number up to 255")
			}
		case fieldRoute, fieldRecordRoute, fieldContact:
			if request && (f != fieldContact || h.Value != "*") {
				err = checkList(h, &elements[f], checkAddr)
			}
		}
		if err != nil {
			return &Error{Status: err.Status, Reason: "Bad " + h.Name, Detail: err.Detail}
		}
	}
	return nil
}

func checkList(h *Header, n *int, check func(string) *Error) *Error {
	return eachElement(h.Value, func(elem string) *Error {
		if *n++; *n > maxElements {
			return badRequest("Too Many Values", "more than 64 elements")
		}
		return check(elem)
	})
}

func checkVia(s string) *Error {
	_, err := scanVia(s, false)
	return err
}

func checkAddr(s string) *Error {
	_, err := scanNameAddr(s, false)
	return err
}

// checkCallID takes more than word [@ word]: = # $ and the like are common.
// Spaces and empty values are not.
func checkCallID(s string) *Error {
	for i := range len(s) {
		if s[i] <= ' ' {
			return badRequest("Bad Call-ID", "space")
		}
	}
	if s == "" {
		return badRequest("Bad Call-ID", "empty")
	}
	return nil
}

func (d *decoder) checkCSeq(s string) *Error {
	_, method, ok := parseCSeq(s)
	if !ok {
		return badRequest("Bad CSeq", "not a number below 2^31 and a method")
	}
	if d.m.IsRequest() && method != d.m.Method {
		return badRequest("Bad CSeq", "method is not that of the request")
	}
	return nil
}

// checkRequestURI answers 416 to schemes that are not for SIP (RFC 3261
// §8.2.2.1) and 400 to URI headers, which have no place there (§19.1.1).
func (d *decoder) checkRequestURI() *Error {
	u, err := scanURI(d.m.RequestURI, false)
	switch {
	case err != nil:
		return badRequest("Bad Request-URI", err.Detail)
	case u.Scheme != "tel" && !u.IsSIP():
		return &Error{Status: 416, Reason: ReasonPhrase(416)}
	case u.Headers != "":
		return badRequest("Bad Request-URI", "headers in the Request-URI")
	}
	return nil
}

// checkContact: "*" stands alone, in a REGISTER with Expires 0 (RFC 3261
// §10.2.2). An INVITE has a Contact (§8.1.1.8), unless it comes from an element
// of RFC 2543, which is told by the branch (§8.1.1.7).
func (d *decoder) checkContact() *Error {
	m := d.m
	star := false
	for i := range m.Headers {
		if m.Headers[i].Name == "Contact" && m.Headers[i].Value == "*" {
			star = true
		}
	}
	if star {
		secs, ok, err := m.Expires()
		if m.Method != "REGISTER" || d.count[fieldContact] > 1 || !ok || err != nil || secs != 0 {
			return badRequest("Bad Contact", "* without REGISTER and Expires 0")
		}
		return nil
	}
	if m.Method == "INVITE" && d.count[fieldContact] == 0 {
		if via, err := m.TopVia(); err == nil && hasCookie(via.Branch()) {
			return errAbsent("Contact")
		}
	}
	return nil
}

// branchCookie begins the branch of everybody who follows RFC 3261.
const branchCookie = "z9hG4bK"

func hasCookie(branch string) bool {
	return len(branch) > len(branchCookie) && branch[:len(branchCookie)] == branchCookie
}
