package sipmsg

// NewResponse returns the answer to a request, with the fields that RFC 3261
// §8.2.6 copies: all Via, From, To, Call-ID, CSeq and Timestamp as they are, and
// for 18x and 2xx to a request that makes a dialog also Record-Route (§12.1.1).
// Source, Local, Transport and ConnID are copied as well. An empty reason means
// the standard phrase. The To tag is the caller's business.
func NewResponse(req *Message, status int, reason string) *Message {
	if reason == "" {
		reason = ReasonPhrase(status)
	}
	res := &Message{
		Status: status, Reason: reason, Headers: make([]Header, 0, len(req.Headers)),
		Source: req.Source, Local: req.Local, Transport: req.Transport, ConnID: req.ConnID,
	}
	routes := makesDialog(req.Method) && (status > 100 && status < 200 || status/100 == 2)
	for _, h := range req.Headers {
		switch name := canonicalName(h.Name); name {
		case "Via":
			res.Headers = append(res.Headers, h)
		case "From", "To", "Call-ID", "CSeq", "Timestamp":
			if !res.Has(name) { // a faulty request may have two
				res.Headers = append(res.Headers, h)
			}
		case "Record-Route":
			if routes {
				res.Headers = append(res.Headers, h)
			}
		}
	}
	return res
}

func makesDialog(method string) bool {
	switch method {
	case "INVITE", "SUBSCRIBE", "REFER", "NOTIFY":
		return true
	}
	return false
}

// ReasonPhrase returns the standard phrase of a status code, or that of its
// class for one that is not registered.
func ReasonPhrase(status int) string {
	if s, ok := phrases[status]; ok {
		return s
	}
	switch status / 100 {
	case 1:
		return "Session Progress"
	case 2:
		return "OK"
	case 3:
		return "Multiple Choices"
	case 4:
		return "Bad Request"
	case 5:
		return "Server Internal Error"
	case 6:
		return "Busy Everywhere"
	}
	return "Unknown"
}

// phrases is the IANA registry of SIP response codes.
var phrases = map[int]string{
	100: "Trying", 180: "Ringing", 181: "Call Is Being Forwarded", 182: "Queued",
	183: "Session Progress", 199: "Early Dialog Terminated",
	200: "OK", 202: "Accepted", 204: "No Notification",
	300: "Multiple Choices", 301: "Moved Permanently", 302: "Moved Temporarily",
	305: "Use Proxy", 380: "Alternative Service",
	400: "Bad Request", 401: "Unauthorized", 402: "Payment Required", 403: "Forbidden",
	404: "Not Found", 405: "Method Not Allowed", 406: "Not Acceptable",
	407: "Proxy Authentication Required", 408: "Request Timeout", 410: "Gone",
	412: "Conditional Request Failed", 413: "Request Entity Too Large",
	414: "Request-URI Too Long", 415: "Unsupported Media Type",
	416: "Unsupported URI Scheme", 417: "Unknown Resource-Priority", 420: "Bad Extension",
	421: "Extension Required", 422: "Session Interval Too Small", 423: "Interval Too Brief",
	424: "Bad Location Information", 425: "Bad Alert Message", 428: "Use Identity Header",
	429: "Provide Referrer Identity", 430: "Flow Failed", 433: "Anonymity Disallowed",
	436: "Bad Identity Info", 437: "Unsupported Credential", 438: "Invalid Identity Header",
	439: "First Hop Lacks Outbound Support", 440: "Max-Breadth Exceeded",
	469: "Bad Info Package", 470: "Consent Needed", 480: "Temporarily Unavailable",
	481: "Call/Transaction Does Not Exist", 482: "Loop Detected", 483: "Too Many Hops",
	484: "Address Incomplete", 485: "Ambiguous", 486: "Busy Here", 487: "Request Terminated",
	488: "Not Acceptable Here", 489: "Bad Event", 491: "Request Pending",
	493: "Undecipherable", 494: "Security Agreement Required",
	500: "Server Internal Error", 501: "Not Implemented", 502: "Bad Gateway",
	503: "Service Unavailable", 504: "Server Time-out", 505: "Version Not Supported",
	513: "Message Too Large", 555: "Push Notification Service Not Supported",
	580: "Precondition Failure",
	600: "Busy Everywhere", 603: "Decline", 604: "Does Not Exist Anywhere",
	606: "Not Acceptable", 607: "Unwanted", 608: "Rejected",
}
