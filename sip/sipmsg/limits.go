package sipmsg

const (
	maxMessage  = 64 << 10 // octets of head and body
	maxHead     = 32 << 10 // octets of the head
	maxHeader   = 8 << 10  // octets of one header field, folded lines included, and of one value
	maxFields   = 256      // header fields
	maxElements = 64       // Via, Route, Record-Route, Contact and other address lists
	maxParams   = 64       // parameters of one URI, Via or address
	maxDepth    = 4        // nested multipart bodies
	maxParts    = 16       // parts of all multipart bodies of a message
	maxBoundary = 70       // octets of a multipart boundary (RFC 2046 §5.1.1)
)

// Limits bound what ReadFrame takes from a stream. They are checked before
// anything is allocated for what they bound. A zero field means the default.
// Decode has the default limits, and further ones: 8 KiB for a header field,
// 256 fields, 64 elements of a list, 64 parameters, multipart bodies of 4 levels
// and 16 parts.
type Limits struct {
	Message int // octets of head and body, 64 KiB by default
	Head    int // octets up to and including the empty line, 32 KiB by default
}

// DefaultLimits are the limits of Decode.
var DefaultLimits = Limits{Message: maxMessage, Head: maxHead}

// withDefaults fills in the fields that are not set.
func (l Limits) withDefaults() Limits {
	if l.Message <= 0 {
		l.Message = maxMessage
	}
	if l.Head <= 0 {
		l.Head = maxHead
	}
	return l
}
