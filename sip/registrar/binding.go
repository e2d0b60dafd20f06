package registrar

import (
	"math"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"ringward/sip/sipmsg"
	"ringward/sip/transport"
)

// binding is one contact of a line. It is immutable once in the table.
type binding struct {
	line     string
	user     string     // who registered it
	uri      sipmsg.URI // of the contact, as the phone gave it
	q        float64
	until    time.Time
	callID   string
	cseq     uint32
	instance string // +sip.instance, "" without
	regID    uint32 // RFC 5626, 0 without
	agent    string
	source   netip.AddrPort
	target   transport.Target
	pin      bool
	nat      bool     // the contact is not where it sends from
	path     []string // Path of the REGISTER, topmost first (RFC 3327)
	slot     int      // when Run pings it
}

// The bounds on what one contact may be.
const (
	maxURI      = 512 // octets
	maxInstance = 256
)

// read takes the contacts of a REGISTER apart; refusal says why not. A contact
// with until in the past is to be removed.
func (r *Registrar) read(req *sipmsg.Message, line, user string, now time.Time) (asked []*binding, star bool, refusal *sipmsg.Message) {
	if req.ContactStar() {
		return nil, true, nil // Expires: 0 is with it (sipmsg)
	}
	contacts, err := req.Contacts()
	cseq, _, cerr := req.CSeq()
	if err != nil || cerr != nil {
		return nil, false, sipmsg.NewResponse(req, 400, "Bad Contact")
	}
	if len(contacts) > r.cfg.MaxContacts {
		return nil, false, sipmsg.NewResponse(req, 400, "Too Many Contacts")
	}
	path, ok := pathOf(req)
	if !ok {
		return nil, false, sipmsg.NewResponse(req, 400, "Bad Path")
	}
	outbound := supports(req, "outbound") && firstHop(path)
	for i, c := range contacts {
		life := r.life(req, c)
		if life > 0 && life < r.cfg.MinExpires {
			resp := sipmsg.NewResponse(req, 423, "")
			resp.Add("Min-Expires", seconds(r.cfg.MinExpires))
			return nil, false, resp
		}
		b, ok := newBinding(line, user, c, outbound && len(contacts) == 1)
		if !ok {
			return nil, false, sipmsg.NewResponse(req, 400, "Bad Contact")
		}
		b.until, b.callID, b.cseq = now.Add(life), strings.Clone(req.CallID()), cseq
		b.agent, b.source = strings.Clone(clip(req.Get("User-Agent"), 128)), req.Source
		b.slot = int(req.Source.Port()) + i
		b.target, b.pin, b.nat = reach(req, c.URI)
		b.path = path
		b.pin = b.pin || path != nil
		asked = append(asked, b)
	}
	return asked, false, nil
}

// life is how long a contact is wanted, within MaxExpires (RFC 3261 §10.3 step 7).
// What cannot be read counts as not said (§10.2.1.1).
func (r *Registrar) life(req *sipmsg.Message, c sipmsg.NameAddr) time.Duration {
	d := r.cfg.Expires
	if v, given := c.Params.Get("expires"); given {
		if n, err := strconv.ParseUint(v, 10, 32); err == nil {
			d = time.Duration(n) * time.Second
		}
	} else if n, given, err := req.Expires(); given && err == nil {
		d = time.Duration(n) * time.Second
	}
	return min(d, r.cfg.MaxExpires)
}

// newBinding reads one contact. outbound tells that the phone speaks RFC 5626.
func newBinding(line, user string, c sipmsg.NameAddr, outbound bool) (*binding, bool) {
	b := &binding{line: line, user: user, q: 1}
	text := c.URI.String() // a copy: parts of the message would keep it all in memory
	if !c.URI.IsSIP() || c.URI.Host == "" || c.URI.Headers != "" || len(text) > maxURI {
		return nil, false
	}
	var err error
	if b.uri, err = sipmsg.ParseURI(text); err != nil {
		return nil, false
	}
	if v, given := c.Params.Get("q"); given {
		q, err := strconv.ParseFloat(v, 64)
		if err != nil || math.IsNaN(q) || q < 0 || q > 1 {
			return nil, false
		}
		b.q = q
	}
	instance, _ := c.Params.Get("+sip.instance")
	if len(instance) > maxInstance {
		return nil, false
	}
	b.instance = strings.Clone(instance)
	if v, given := c.Params.Get("reg-id"); given && outbound && b.instance != "" {
		n, err := strconv.ParseUint(v, 10, 31)
		if err != nil || n == 0 {
			return nil, false
		}
		b.regID = uint32(n)
	}
	return b, true
}

// reach returns where calls to a contact go. pin tells that nothing else will do:
// the phone is behind a NAT (nat), or can only be reached by its connection.
func reach(req *sipmsg.Message, uri sipmsg.URI) (to transport.Target, pin, nat bool) {
	to = transport.Target{Network: req.Transport, Addr: req.Source, ConnID: req.ConnID, Local: req.Local}
	addr, err := netip.ParseAddr(uri.Host)
	nat = (err != nil || addr.Unmap() != req.Source.Addr().Unmap()) && !req.Has("Path")
	if nat || to.Network != "udp" && to.Network != "tcp" || req.Has("Path") {
		to.Flow = to.Reliable()
		return to, true, nat
	}
	port := uri.Port
	if port == 0 {
		port = 5060
	}
	to.Addr = netip.AddrPortFrom(req.Source.Addr(), port)
	return to, false, false
}

// maxPath bounds the proxies between a phone and us.
const maxPath = 8

// pathOf is the way that calls to the contacts of a REGISTER take: through the
// proxies that it came by (RFC 3327 §5.3). Whatever stands there, the INVITE goes
// to where the REGISTER came from.
func pathOf(req *sipmsg.Message) ([]string, bool) {
	var path []string
	for _, v := range req.List("Path") {
		a, err := sipmsg.ParseNameAddr(v)
		if err != nil || !a.URI.IsSIP() || len(v) > maxURI || len(path) == maxPath {
			return nil, false
		}
		path = append(path, strings.Clone(v))
	}
	return path, true
}

// firstHop reports whether the flow of RFC 5626 is known: the phone speaks to us
// itself, or its first proxy keeps the flow (§6).
func firstHop(path []string) bool {
	if len(path) == 0 {
		return true
	}
	a, err := sipmsg.ParseNameAddr(path[len(path)-1])
	return err == nil && a.URI.Params.Has("ob")
}

func supports(req *sipmsg.Message, option string) bool {
	return slices.ContainsFunc(req.List("Supported"), func(s string) bool { return strings.EqualFold(s, option) })
}

// same reports whether two bindings are of one contact (RFC 3261 §10.3 step 7,
// RFC 5626 §6).
func (b *binding) same(c *binding) bool {
	if b.user != c.user {
		return false
	}
	if b.regID > 0 || c.regID > 0 {
		return b.regID == c.regID && b.instance == c.instance
	}
	return b.uri.Equal(c.uri)
}

// asContact is the binding as the 200 lists it.
func (b *binding) asContact(now time.Time) string {
	c := sipmsg.NameAddr{URI: b.uri}
	c.Params = sipmsg.Params{{Name: "expires", Value: seconds(b.until.Sub(now))}}
	if b.q != 1 {
		c.Params = append(c.Params, sipmsg.Param{Name: "q", Value: strconv.FormatFloat(b.q, 'g', 3, 64)})
	}
	if b.instance != "" {
		c.Params = append(c.Params, sipmsg.Param{Name: "+sip.instance", Value: b.instance, Quoted: true})
	}
	if b.regID > 0 {
		c.Params = append(c.Params, sipmsg.Param{Name: "reg-id", Value: strconv.FormatUint(uint64(b.regID), 10)})
	}
	return c.String()
}

// seconds rounds up: a phone that comes in time is in time.
func seconds(d time.Duration) string {
	return strconv.FormatInt(int64((d+time.Second-1)/time.Second), 10)
}

func clip(s string, n int) string {
	if len(s) > n {
		return strings.ToValidUTF8(s[:n], "")
	}
	return s
}
