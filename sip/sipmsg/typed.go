package sipmsg

var errTodo = badRequest("Bad Request", "not implemented")

// TopVia returns the topmost Via element.
func (m *Message) TopVia() (Via, error) { return Via{}, errTodo }

// Vias returns all Via elements, topmost first.
func (m *Message) Vias() ([]Via, error) { return nil, errTodo }

// From returns the From address.
func (m *Message) From() (NameAddr, error) { return NameAddr{}, errTodo }

// To returns the To address.
func (m *Message) To() (NameAddr, error) { return NameAddr{}, errTodo }

// FromTag returns the tag of From, "" when there is none.
func (m *Message) FromTag() string { return "" }

// ToTag returns the tag of To, "" when there is none.
func (m *Message) ToTag() string { return "" }

// Contacts returns the Contact addresses; none for "*".
func (m *Message) Contacts() ([]NameAddr, error) { return nil, errTodo }

// ContactStar reports a "Contact: *".
func (m *Message) ContactStar() bool { return m.Get("Contact") == "*" }

// Routes returns the Route set, topmost first.
func (m *Message) Routes() ([]NameAddr, error) { return m.AddrList("Route") }

// RecordRoutes returns the Record-Route set, topmost first.
func (m *Message) RecordRoutes() ([]NameAddr, error) { return m.AddrList("Record-Route") }

// AddrList returns the addresses of all lines of the named field.
func (m *Message) AddrList(name string) ([]NameAddr, error) { return nil, errTodo }

// URI parses the Request-URI.
func (m *Message) URI() (URI, error) { return ParseURI(m.RequestURI) }

// CallID returns the Call-ID.
func (m *Message) CallID() string { return m.Get("Call-ID") }

// CSeq returns sequence number and method of the CSeq field.
func (m *Message) CSeq() (seq uint32, method string, err error) { return 0, "", errTodo }

// MaxForwards returns the Max-Forwards value; ok is false when it is absent.
func (m *Message) MaxForwards() (n int, ok bool, err error) { return 0, false, errTodo }

// Expires returns the Expires value in seconds; ok is false when it is absent.
func (m *Message) Expires() (secs uint32, ok bool, err error) { return 0, false, errTodo }

// ContentType returns the media type in lower case ("application/sdp") and its
// parameters; "" when there is none or it cannot be read.
func (m *Message) ContentType() (mediaType string, params Params) { return "", nil }

// Part returns the body if it has that media type, or else the first part of
// that type inside a multipart body (4 levels, 16 parts at most). The slice is
// part of the body.
func (m *Message) Part(mediaType string) ([]byte, bool) { return nil, false }
