package sipmsg

// Limits bound what one message may cost. They are checked before anything is
// allocated for what they bound. The zero value of a field means the default.
type Limits struct {
	Message int // octets of head and body
	Head    int // octets up to and including the empty line
	Header  int // octets of one header field, folded lines included
	Fields  int // header fields
}

// DefaultLimits are the limits of Decode.
var DefaultLimits = Limits{Message: 64 << 10, Head: 32 << 10, Header: 8 << 10, Fields: 256}

const (
	maxElements = 64 // Via, Route, Record-Route, Contact and other address lists
	maxParams   = 64 // parameters of one URI, Via or address
	maxDepth    = 4  // nested multipart bodies
	maxParts    = 16 // parts of all multipart bodies of a message
)

// withDefaults fills in the fields that are not set.
func (l Limits) withDefaults() Limits {
	for _, f := range []struct {
		v *int
		d int
	}{{&l.Message, DefaultLimits.Message}, {&l.Head, DefaultLimits.Head},
		{&l.Header, DefaultLimits.Header}, {&l.Fields, DefaultLimits.Fields}} {
		if *f.v <= 0 {
			*f.v = f.d
		}
	}
	return l
}
