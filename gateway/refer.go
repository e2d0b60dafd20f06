package gateway

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"ringward/numbering"
	"ringward/sip"
	"ringward/sip/sipmsg"
)

// Transfer says where a line's phones may transfer callers to.
type Transfer uint8

// The choices. The zero value lets nobody be sent where a call costs money.
const (
	TransferLines  Transfer = iota // to lines of this gateway
	TransferAllow                  // and to what the line may call out to
	TransferRefuse                 // nowhere
)

var transferNames = [...]string{"lines", "allow", "refuse"}

// String is the word used in configuration.
func (t Transfer) String() string { return transferNames[min(int(t), len(transferNames)-1)] }

// ParseTransfer reads "lines" (also ""), "allow" or "refuse".
func ParseTransfer(s string) (Transfer, bool) {
	for t, name := range transferNames {
		if s == name || s == "" {
			return Transfer(t), true
		}
	}
	return TransferRefuse, false
}

// refer is what a REFER asks for (RFC 3515 §2).
type refer struct {
	target   sipmsg.NameAddr
	replaces *sip.Replaces // attended (RFC 3891); nil: blind
	silent   bool          // no NOTIFY is wanted (RFC 4488)
}

var errRefer = errors.New("want one Refer-To with a SIP or tel URI that is to be invited")

// readRefer reads a REFER.
func readRefer(m *sipmsg.Message) (refer, error) {
	values := m.Values("Refer-To")
	if len(values) != 1 {
		return refer{}, errRefer
	}
	to, err := sipmsg.ParseNameAddr(values[0])
	if err != nil {
		return refer{}, errRefer
	}
	if method, ok := to.URI.Params.Get("method"); ok && !strings.EqualFold(method, "INVITE") {
		return refer{}, errRefer
	}
	if s := to.URI.Scheme; s != "sip" && s != "sips" && s != "tel" {
		return refer{}, errRefer
	}
	r := refer{target: to, silent: strings.EqualFold(strings.TrimSpace(m.Get("Refer-Sub")), "false")}
	for h := range strings.SplitSeq(to.URI.Headers, "&") {
		name, value, _ := strings.Cut(h, "=")
		if !strings.EqualFold(name, "Replaces") {
			continue
		}
		replaces, err := sip.ParseReplaces(sipmsg.Unescape(value))
		if err != nil || r.replaces != nil {
			return refer{}, errRefer
		}
		r.replaces = &replaces
	}
	r.target.URI.Headers, r.target.RawURI = "", ""
	return r, nil
}

// Why a transfer is refused.
var (
	errTransferOff  = errors.New("the line's phones may not transfer calls")
	errTransferBusy = errors.New("another transfer, a hold or a hotline is under way")
	errTransferMany = errors.New("the call was transferred too often")
	errTransferTo   = errors.New("the line may not transfer calls there")
)

// maxTransfers bounds the transfers of one call: two phones may send a caller to
// each other.
const maxTransfers = 8

// refer answers a REFER. Only the merchant's phone may send his caller elsewhere.
func (c *call) refer(from *party, req *sip.InDialog) {
	if from != c.merchant || c.outgoing {
		c.note("transfer-refused", from.side.String())
		c.respond(req, 403, sip.Body{})
		return
	}
	r, err := readRefer(req.Message())
	if err != nil {
		c.respond(req, 400, sip.Body{})
		return
	}
	status, err := c.mayTransfer()
	if err == nil && r.replaces == nil {
		err = c.transferBlind(r, req)
		status = 403
		if errors.Is(err, errNoPlace) {
			status = 404
		}
	} else if err == nil {
		c.transferAttended(r, req)
	}
	if err != nil {
		c.note("transfer-refused", err.Error())
		c.log.Info("transfer refused", "to", sipmsg.CleanText(r.target.URI.User), "why", err)
		c.respond(req, status, sip.Body{})
	}
}

// mayTransfer says whether the call can be transferred at all now.
func (c *call) mayTransfer() (status int, err error) {
	switch {
	case c.line.Manners.Transfer == TransferRefuse:
		return 403, errTransferOff
	case c.state != stateTalking || c.parked != nil || c.transfer != nil || c.exchange != nil || c.offerOwn:
		return 491, errTransferBusy
	case c.data:
		return 403, errTransferTo
	case c.transfers >= maxTransfers:
		return 403, errTransferMany
	}
	return 0, nil
}

var errNoPlace = errors.New("nobody can be reached there")

// routesTo are where the target of a transfer or redirection is rung, if the line
// may send callers there: another line of this gateway, or, where the operator allows it,
// what the line may call out to. The address in the URI does not count: only the
// number is looked at, and it is looked up here.
func (c *call) routesTo(to sipmsg.NameAddr, policy Transfer) ([]route, error) {
	user := sipmsg.Unescape(to.URI.User)
	opts := numbering.Options{Country: c.gw.cfg.Country, Area: c.trunk.Area}
	p := numbering.Parse(telephoneOf(to), opts)
	line, ok := c.gw.cfg.Lines.Line(user, p.Number)
	if ok && (line.ID != c.line.ID || user != c.called) {
		list := c.gw.registered(line.ID)
		for _, text := range line.Targets {
			if r, err := c.gw.reach(c.ctx, text, user); err == nil {
				list = append(list, r)
			}
		}
		if len(list) == 0 {
			return nil, errNoPlace
		}
		return list, nil
	}
	if ok || policy != TransferAllow {
		return nil, errTransferTo
	}
	return c.transferOut(p)
}

// transferOut is the way to a number outside, which costs money: it is held
// against all that the line's own calls out are held against.
func (c *call) transferOut(p numbering.Parsed) ([]route, error) {
	o := c.line.Outbound
	if err := o.permits(p, c.gw.cfg.Country); err != nil {
		return nil, err
	}
	t := c.gw.live().trunks.named(o.Trunk)
	if t == nil {
		return nil, errNoPlace
	}
	if c.spent {
		return nil, errTransferMany // one call out a call
	}
	if err := c.gw.spending.spend(c.line.ID, o, c.gw.cfg.Now()); err != nil {
		return nil, err
	}
	c.spent = true
	r, err := c.gw.onTrunk(c.ctx, t, t.Format.number(p.Number, c.gw.cfg.Country))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errNoPlace, err)
	}
	return []route{r}, nil
}

// subscription is the implicit one of a REFER (RFC 3515 §2.4.4): how its sender
// hears what becomes of it.
type subscription struct {
	leg  *sip.Leg
	id   string          // of the event, where the dialog had one before (§2.4.6)
	off  bool            // nobody wants to hear
	join *sync.WaitGroup // of the goroutines that see a NOTIFY to its end
	told chan struct{}   // closed when the newest was answered; nil: there is none
}

// subscribed accepts a REFER.
func (c *call) subscribed(r refer, req *sip.InDialog, leg *sip.Leg) *subscription {
	s := &subscription{leg: leg, off: r.silent, join: &c.side}
	if c.transfers > 1 {
		if seq, _, err := req.Message().CSeq(); err == nil {
			s.id = ";id=" + strconv.FormatUint(uint64(seq), 10)
		}
	}
	var hdr []sipmsg.Header
	if r.silent {
		hdr = append(hdr, sipmsg.Header{Name: "Refer-Sub", Value: "false"})
	}
	c.respond(req, 202, sip.Body{}, hdr...)
	s.tell(100, false)
	return s
}

// tell sends a NOTIFY with the status as sipfrag (RFC 3515 §2.4.5), after the one
// before was answered: what overtakes another is refused (RFC 3261 §12.2.2).
func (s *subscription) tell(status int, last bool) {
	if s.off {
		return
	}
	before, after := s.told, make(chan struct{})
	s.told = after
	s.join.Go(func() {
		defer close(after)
		if before != nil {
			<-before
		}
		s.notify(status, last)
	})
}

// notify sends one and waits for its answer, at the latest for the leg's end.
func (s *subscription) notify(status int, last bool) {
	state := "active;expires=180"
	if last {
		state = "terminated;reason=noresource"
	}
	sent, err := s.leg.Send("NOTIFY", sip.Body{
		ContentType: "message/sipfrag;version=2.0",
		Data:        []byte("SIP/2.0 " + strconv.Itoa(status) + " " + sipmsg.ReasonPhrase(status) + "\r\n"),
	}, sipmsg.Header{Name: "Event", Value: "refer" + s.id}, sipmsg.Header{Name: "Subscription-State", Value: state})
	if err == nil { // else the phone is gone: there is nobody to tell
		<-sent.Done()
	}
}
