package sip

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"ringward/sip/sipmsg"
)

// Bounds on what a peer can make a dialog keep.
const (
	maxRoutes = 16 // Record-Route elements of one dialog
	maxForks  = 16 // early dialogs of one INVITE that we follow
)

// dialog is the state of RFC 3261 §12 that belongs to one remote tag: an
// outgoing INVITE may have several. It is a plain value without a lock; the
// leg guards it. Call-ID and local tag are the leg's.
type dialog struct {
	remoteTag string
	local     string   // our From value in requests, with tag
	remote    string   // our To value in requests, with tag
	target    string   // remote target URI (§12.1, refreshed by §12.2)
	routes    []string // route set in the order of our Route fields
	localSeq  uint32   // CSeq number of our last request
	remoteSeq uint32   // of the peer's last request
	hasRemote bool     // remoteSeq is set
	rseq      uint32   // last RSeq seen in order (RFC 3262 §4); 0 = none yet
	rseqOf    uint32   // CSeq number of the INVITE that rseq belongs to
}

var errNoContact = errors.New("no usable Contact")

// newServerDialog makes the dialog of an INVITE received (RFC 3261 §12.1.1).
func newServerDialog(invite *sipmsg.Message, localTag string) (dialog, error) {
	seq, _, err := invite.CSeq()
	if err != nil {
		return dialog{}, fmt.Errorf("cseq: %w", err)
	}
	cs, err := invite.Contacts()
	if err != nil || len(cs) != 1 { // RFC 3261 §8.1.1.8: exactly one
		return dialog{}, errNoContact
	}
	target, err := reachable(cs[0])
	if err != nil {
		return dialog{}, err
	}
	routes := invite.List("Record-Route")
	if len(routes) > maxRoutes {
		return dialog{}, fmt.Errorf("record-route: %d elements, at most %d are kept", len(routes), maxRoutes)
	}
	return dialog{
		remoteTag: invite.FromTag(),
		local:     withTag(invite.Get("To"), localTag),
		remote:    invite.Get("From"),
		target:    target,
		routes:    routes,
		localSeq:  0,
		remoteSeq: seq, hasRemote: true,
	}, nil
}

// newClientDialog makes the dialog that a response to our INVITE creates (RFC
// 3261 §12.1.2). The response has a To-tag.
func newClientDialog(invite, resp *sipmsg.Message, seq uint32) dialog {
	d := dialog{
		remoteTag: resp.ToTag(),
		local:     invite.Get("From"),
		remote:    resp.Get("To"),
		target:    invite.RequestURI,
		localSeq:  seq,
	}
	d.update(resp)
	return d
}

// update takes remote target and route set from a response that creates or
// confirms the dialog: a 2xx recomputes the route set of an early dialog (RFC
// 3261 §13.2.2.4). Without a readable Contact the old target stays.
func (d *dialog) update(resp *sipmsg.Message) {
	d.refresh(resp)
	rr := resp.List("Record-Route")
	if len(rr) > maxRoutes || (len(rr) == 0 && resp.Status < 200) {
		return
	}
	d.routes = make([]string, len(rr))
	for i, r := range rr {
		d.routes[len(rr)-1-i] = r
	}
}

// refresh takes the remote target from a target refresh request or the 2xx to
// one (RFC 3261 §12.2, RFC 3311 §5).
func (d *dialog) refresh(m *sipmsg.Message) {
	if uri, err := contactURI(m); err == nil {
		d.target = uri
	}
}

// accepts holds the CSeq of a request received against the order of the dialog
// (RFC 3261 §12.2.2) and remembers it. ACK and CANCEL are not asked about.
func (d *dialog) accepts(seq uint32) bool {
	if d.hasRemote && seq <= d.remoteSeq {
		return false
	}
	d.remoteSeq, d.hasRemote = seq, true
	return true
}

// acceptsRSeq holds the RSeq of a reliable provisional response against the
// order of RFC 3262 §4: the first may be anything but 0, the others follow one
// by one.
func (d *dialog) acceptsRSeq(invite, rseq uint32) bool {
	if d.rseqOf != invite {
		d.rseq, d.rseqOf = 0, invite
	}
	if rseq == 0 || (d.rseq != 0 && rseq != d.rseq+1) {
		return false
	}
	d.rseq = rseq
	return true
}

// request builds a request within the dialog (RFC 3261 §12.2.1.1); seq 0 takes
// the next CSeq number, ACK and CANCEL name theirs.
func (d *dialog) request(method, callID string, seq uint32) *sipmsg.Message {
	if seq == 0 {
		d.localSeq++
		seq = d.localSeq
	}
	uri, routes := d.target, d.routes
	if len(routes) > 0 && !isLoose(routes[0]) {
		// A strict router: its URI goes into the request line, ours to the end.
		if first, err := sipmsg.ParseNameAddr(routes[0]); err == nil {
			strict := make([]string, 0, len(routes))
			strict = append(strict, routes[1:]...)
			uri, routes = stripURI(first.URI), append(strict, "<"+d.target+">")
		}
	}
	m := sipmsg.NewRequest(method, uri)
	m.Headers = make([]sipmsg.Header, 0, 12+len(routes))
	for _, r := range routes {
		m.Headers = append(m.Headers, sipmsg.Header{Name: "Route", Value: r})
	}
	m.Headers = append(m.Headers,
		sipmsg.Header{Name: "Max-Forwards", Value: "70"},
		sipmsg.Header{Name: "From", Value: d.local},
		sipmsg.Header{Name: "To", Value: d.remote},
		sipmsg.Header{Name: "Call-ID", Value: callID},
		sipmsg.Header{Name: "CSeq", Value: strconv.FormatUint(uint64(seq), 10) + " " + method},
	)
	return m
}

// nextHop is the URI that a request goes to: the topmost route or the remote
// target (RFC 3261 §8.1.2).
func (d *dialog) nextHop() (sipmsg.URI, error) {
	if len(d.routes) == 0 {
		return sipmsg.ParseURI(d.target)
	}
	a, err := sipmsg.ParseNameAddr(d.routes[0])
	if err != nil {
		return sipmsg.URI{}, fmt.Errorf("route: %w", err)
	}
	return a.URI, nil
}

// isLoose reports whether a route element has the lr parameter.
func isLoose(route string) bool {
	a, err := sipmsg.ParseNameAddr(route)
	return err != nil || a.URI.Params.Has("lr")
}

// stripURI removes what may not stand in a Request-URI (RFC 3261 §19.1.1): the
// method parameter and header fields.
func stripURI(u sipmsg.URI) string {
	u.Headers = ""
	u.Params = append(sipmsg.Params(nil), u.Params...)
	u.Params.Del("method")
	return u.String()
}

// contactURI returns the URI of the first Contact of a message.
func contactURI(m *sipmsg.Message) (string, error) {
	cs, err := m.Contacts()
	if err != nil || len(cs) == 0 {
		return "", errNoContact
	}
	return reachable(cs[0])
}

// reachable returns the URI of a Contact as it stands, if requests can go there.
func reachable(c sipmsg.NameAddr) (string, error) {
	if c.URI.Scheme != "sip" && c.URI.Scheme != "sips" {
		return "", fmt.Errorf("contact: scheme %q cannot be reached", c.URI.Scheme)
	}
	if c.RawURI != "" && !strings.Contains(c.RawURI, "?") {
		return c.RawURI, nil
	}
	return stripURI(c.URI), nil
}

// withTag adds a tag to a From or To value that has none.
func withTag(addr, tag string) string {
	if a, err := sipmsg.ParseNameAddr(addr); err == nil && !strings.ContainsRune(addr, '<') {
		// Without brackets a parameter would be the header's already; brackets
		// keep it so for readers that are less sure.
		return a.String() + ";tag=" + tag
	}
	return addr + ";tag=" + tag
}
