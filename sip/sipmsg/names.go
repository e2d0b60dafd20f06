package sipmsg

// field tells the header fields that Decode looks into.
type field uint8

const (
	fieldOther field = iota
	fieldVia
	fieldFrom
	fieldTo
	fieldCallID
	fieldCSeq
	fieldMaxForwards
	fieldContentLength
	fieldContentType
	fieldContact
	fieldRoute
	fieldRecordRoute
	fieldExpires
	// The rest are single-valued fields of which a second line would leave two
	// readers of one message with two meanings.
	fieldEvent
	fieldReferTo
	fieldReferredBy
	fieldReplaces
	fieldSessionExpires
	fieldMinSE
	fieldRAck
	fieldRSeq
	fieldCount
)

// single marks the fields that may stand once only.
var single = [fieldCount]bool{
	fieldFrom: true, fieldTo: true, fieldCallID: true, fieldCSeq: true, fieldMaxForwards: true,
	fieldContentLength: true, fieldContentType: true, fieldExpires: true, fieldEvent: true,
	fieldReferTo: true, fieldReferredBy: true, fieldReplaces: true, fieldSessionExpires: true,
	fieldMinSE: true, fieldRAck: true, fieldRSeq: true,
}

type knownName struct {
	name  string
	field field
}

// compactNames are the one-letter forms of the IANA SIP header field registry.
var compactNames = map[byte]string{
	'a': "Accept-Contact", 'b': "Referred-By", 'c': "Content-Type", 'd': "Request-Disposition",
	'e': "Content-Encoding", 'f': "From", 'i': "Call-ID", 'j': "Reject-Contact", 'k': "Supported",
	'l': "Content-Length", 'm': "Contact", 'n': "Identity-Info", 'o': "Event", 'r': "Refer-To",
	's': "Subject", 't': "To", 'u': "Allow-Events", 'v': "Via", 'x': "Session-Expires", 'y': "Identity",
}

var checkedNames = map[string]field{
	"Via": fieldVia, "From": fieldFrom, "To": fieldTo, "Call-ID": fieldCallID, "CSeq": fieldCSeq,
	"Max-Forwards": fieldMaxForwards, "Content-Length": fieldContentLength,
	"Content-Type": fieldContentType, "Contact": fieldContact, "Route": fieldRoute,
	"Record-Route": fieldRecordRoute, "Expires": fieldExpires, "Event": fieldEvent,
	"Refer-To": fieldReferTo, "Referred-By": fieldReferredBy, "Replaces": fieldReplaces,
	"Session-Expires": fieldSessionExpires, "Min-SE": fieldMinSE, "RAck": fieldRAck, "RSeq": fieldRSeq,
}

var plainNames = []string{
	"Accept", "Accept-Encoding", "Accept-Language", "Alert-Info", "Allow", "Authentication-Info",
	"Authorization", "Call-Info", "Content-Disposition", "Content-ID", "Content-Language", "Date",
	"Diversion", "Error-Info", "Feature-Caps", "Flow-Timer", "Geolocation", "History-Info",
	"In-Reply-To", "Info-Package", "Join", "MIME-Version", "Min-Expires", "Organization",
	"P-Access-Network-Info", "P-Asserted-Identity", "P-Called-Party-ID", "P-Charging-Vector",
	"P-Early-Media", "P-Preferred-Identity", "P-Visited-Network-ID", "Path", "Priority", "Privacy",
	"Proxy-Authenticate", "Proxy-Authorization", "Proxy-Require", "Reason", "Recv-Info",
	"Remote-Party-ID", "Reply-To", "Require", "Resource-Priority", "Retry-After", "SIP-ETag",
	"SIP-If-Match", "Server", "Service-Route", "Session-ID", "Subscription-State", "Target-Dialog",
	"Timestamp", "Unsupported", "User-Agent", "User-to-User", "WWW-Authenticate", "Warning",
}

var names = buildNames()

// buildNames maps the usual, the lower-case and the compact spellings.
func buildNames() map[string]knownName {
	m := make(map[string]knownName, 256)
	add := func(name string) {
		k := knownName{name, checkedNames[name]}
		m[name], m[lowerASCII(name)] = k, k
	}
	for name := range checkedNames {
		add(name)
	}
	for _, name := range plainNames {
		add(name)
	}
	for c, name := range compactNames {
		add(name)
		m[string(c)], m[string(c-'a'+'A')] = m[name], m[name]
	}
	return m
}

const longestName = 32 // no known name is longer

// lookupName returns the long usual form of a field name and what it means to
// Decode. An unknown name is returned as it is. It does not allocate.
func lookupName(name string) (string, field) {
	if k, ok := names[name]; ok {
		return k.name, k.field
	}
	if len(name) > longestName {
		return name, fieldOther
	}
	var buf [longestName]byte
	for i := range len(name) {
		c := name[i]
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		buf[i] = c
	}
	if k, ok := names[string(buf[:len(name)])]; ok {
		return k.name, k.field
	}
	return name, fieldOther
}

func canonicalName(name string) string {
	long, _ := lookupName(name)
	return long
}
