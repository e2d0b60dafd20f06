package sipmsg

import "strings"

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

// names holds the known names by nameHash; compact the one-letter ones.
var names, compact = buildNames()

func buildNames() (table [256][]knownName, letters [256]knownName) {
	seen := map[string]bool{}
	add := func(name string) {
		if !seen[name] {
			seen[name] = true
			h := nameHash(name)
			table[h] = append(table[h], knownName{name, checkedNames[name]})
		}
	}
	for name := range checkedNames {
		add(name)
	}
	for _, name := range plainNames {
		add(name)
	}
	for c, name := range compactNames {
		add(name)
		k := knownName{name, checkedNames[name]}
		letters[c], letters[c-'a'+'A'] = k, k
	}
	return table, letters
}

// nameHash is the same for all spellings of a name of two letters or more.
func nameHash(name string) byte {
	n := len(name)
	return (name[0]|0x20)*7 + (name[n/2]|0x20)*29 + (name[n-1]|0x20)*13 + byte(n)*17
}

// lookupName returns the long usual form of a field name and what it means to
// Decode. An unknown name is returned as it is. It does not allocate.
func lookupName(name string) (string, field) {
	if len(name) <= 1 {
		if name != "" && compact[name[0]].name != "" {
			return compact[name[0]].name, compact[name[0]].field
		}
		return name, fieldOther
	}
	known := names[nameHash(name)]
	for i := range known {
		if known[i].name == name {
			return known[i].name, known[i].field
		}
	}
	for i := range known {
		if len(known[i].name) == len(name) && strings.EqualFold(known[i].name, name) {
			return known[i].name, known[i].field
		}
	}
	return name, fieldOther
}

func canonicalName(name string) string {
	long, _ := lookupName(name)
	return long
}
