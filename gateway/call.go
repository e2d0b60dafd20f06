package gateway

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"ringward/media"
	"ringward/media/sdp"
	"ringward/numbering"
	"ringward/screening"
	"ringward/sip"
	"ringward/sip/sipmsg"
	"ringward/speech"
)

// callState is where a call stands.
type callState int

const (
	stateArriving   callState = iota // the INVITE is there, the phone does not ring yet
	stateRinging                     // the phones ring
	stateAnnouncing                  // the merchant took up and hears what we know; the caller hears ringing
	stateTalking                     // both are connected
	stateOver
)

// call is one call, owned by the goroutine that runs conduct. Others reach it
// through commands only.
type call struct {
	gw    *Gateway
	log   *slog.Logger
	ctx   context.Context
	stop  context.CancelFunc
	start time.Time
	rec   Record

	commands chan func(*call) // capacity 8; a sender waits or learns that the call is gone
	gone     chan struct{}    // closed when nobody reads commands any more
	played   chan playedClip  // capacity 4: one playback a side runs at a time

	assessment
	case_ *screening.Case

	state    callState
	in       *party
	merchant *party // once a phone took up
	taken    *phone // that one
	phones   *phones
	bridge   *media.Bridge
	offer    *sdp.Session // the caller's, or our own when it sent none
	offerOwn bool
	data     bool // machines use it: see dataCall
	rang     bool // the caller hears ringing, or the phone's early media
	exchange *exchange
	infos    []*sip.Pending  // INFOs passed on and not yet answered
	stir     []sipmsg.Header // what was wrong with the caller's identity, for the next response

	timer   *time.Timer // the state's own limit: ringing, the choice, the longest call
	warning warningKeys

	outgoing    bool             // a registered phone of the line calls out
	destination numbering.Number // of a call out
	spent       bool             // it has a place in its line's account
	unkept      bool             // nothing of it is recorded: it was no call
	through     []*trunkState    // trunks that it goes out through, where it takes a place each

	parked   *parking    // nil: nobody waits
	hotlines []*sip.Leg  // every hotline that was called, for the end
	ear      *speech.Ear // nil: nobody listens
	earStop  context.CancelFunc
	heard    <-chan screening.Evidence

	redirects  map[string]bool // where 3xx sent it
	forwarding []sipmsg.Header // of the INVITEs that are sent for a 3xx

	transfer  *transfer // nil: none is under way
	transfers int       // that were begun
	retired   []*phones // out of the call, but not yet hung up

	side sync.WaitGroup // goroutines that see a request of ours to its end
}

type playedClip struct {
	what   string
	result media.PlayResult
}

func newCall(g *Gateway, leg *sip.Leg) *call {
	ctx, stop := context.WithCancel(context.Background())
	id := newID()
	c := &call{
		gw: g, ctx: ctx, stop: stop, start: g.cfg.Now(), log: g.log.With("call", id),
		commands: make(chan func(*call), 8), gone: make(chan struct{}), played: make(chan playedClip, 4),
		in: newParty(media.Caller, leg, false), phones: &phones{}, timer: time.NewTimer(time.Hour),
	}
	c.rec = Record{ID: id, Start: c.start, EndedBy: "gateway"}
	return c
}

func newID() string {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], rand.Uint64())
	return hex.EncodeToString(b[:])
}

// conduct is the call, told in order. Each step that ends the call returns false.
func (c *call) conduct() {
	c.in.leg.SetOwner(c)
	if c.replaceDialog() || !c.admit() {
		return
	}
	_ = c.in.leg.Trying()
	if !c.outgoing && !c.receive() {
		return
	}
	if !c.anchor() || !c.ring() {
		return
	}
	for c.state != stateOver {
		c.next()
	}
}

// receive finds out who calls which line, and what is thought of it.
func (c *call) receive() bool {
	if !c.identify() || !c.authenticateCaller() {
		return false
	}
	c.screen()
	if c.do.Action == screening.Block {
		c.block()
		return false
	}
	return true
}

// admit finds the trunk and a place for the call.
func (c *call) admit() bool {
	from := c.in.leg.Remote().Addr()
	c.trunk = c.gw.live().trunks.of(from)
	if c.trunk == nil && c.gw.knownPhone(from) {
		return c.callOut()
	}
	if c.trunk == nil {
		c.gw.counters.rejected.Add(1)
		c.reject(403, OutcomeFailed)
		return false
	}
	if !c.vouched() {
		c.trunk = nil // no place was taken
		return false
	}
	c.gw.counters.calls.Add(1)
	c.rec.Trunk, c.log = c.trunk.Name, c.log.With("trunk", c.trunk.Name)
	if err := c.trunk.enter(c.start); err != nil {
		c.trunk = nil // no place was taken
		c.overloaded(err)
		return false
	}
	if err := c.gw.enter(c); err != nil {
		c.overloaded(err)
		return false
	}
	c.in.protection = newProtection(c.trunk.SRTP, c.in.leg.Invite().Transport, c.trunk.SRTPClearKeys)
	c.in.leg.Time(sip.SessionTimer{Expires: c.trunk.SessionTimer})
	c.in.nat, c.in.advertise = c.trunk.NAT, c.trunk.Advertise
	return true
}

func (c *call) overloaded(err error) {
	c.gw.counters.overloaded.Add(1)
	c.log.Warn("call refused", "why", err)
	c.reject(503, OutcomeOverloaded, sipmsg.Header{Name: "Retry-After", Value: "5"})
}

// identify finds out who calls and which line is called.
func (c *call) identify() bool {
	ok := c.gw.identify(&c.assessment, c.in.leg.Invite())
	c.rec.Caller = c.caller.number.Number.String()
	c.rec.CallerRaw = sipmsg.CleanText(c.caller.user)
	c.rec.CallerName = stripMarks(c.caller.name)
	c.rec.Called = sipmsg.CleanText(c.called)
	if !ok {
		c.log.Info("no such line", "trunk", c.trunk.Name, "called", c.rec.Called)
		c.reject(404, OutcomeFailed)
		return false
	}
	if c.caller.privacy.beyond { // RFC 3323 §5: critical, and we cannot
		c.log.Info("privacy that is not served", "wanted", sipmsg.CleanText(c.in.leg.Invite().Get("Privacy")))
		c.reject(500, OutcomeFailed)
		return false
	}
	c.rec.Line = c.line.ID
	c.log = c.log.With("line", c.line.ID)
	c.note("invite", c.trunk.Name)
	return true
}

// anchor takes ports and reads the caller's offer.
func (c *call) anchor() bool {
	offer, err := session(c.in.leg.Invite())
	if err == nil && offer != nil {
		err = c.checkMedia(c.in, offer)
	}
	if err != nil {
		c.log.Info("offer refused", "err", err)
		c.reject(statusOf(err), OutcomeFailed)
		return false
	}
	if c.bridge, err = c.gw.cfg.Media.NewBridge(media.BridgeOptions{}); err != nil {
		c.overloaded(err)
		return false
	}
	c.offer = offer
	return true
}

// next waits for the one thing that happens next and deals with it.
func (c *call) next() {
	var answered <-chan struct{}
	var acked, withdrawn <-chan *sipmsg.Message
	if x := c.exchange; x != nil {
		if x.acked != nil {
			acked = x.acked
		} else {
			answered = x.sent.Done()
			if x.req != nil && !x.withdrawn {
				withdrawn = x.req.Acked() // closed before our answer: cancelled
			}
		}
	}
	select {
	case ev, ok := <-c.callerEvents():
		c.fromCaller(ev, ok)
	case ev, ok := <-c.hotlineEvents():
		c.fromHotline(ev, ok)
	case <-c.holdAnswered():
		c.held()
	case <-c.hotlineLimit():
		c.unpark("no answer")
	case ev, ok := <-c.phones.single():
		c.fromPhone(c.phones.list[0], ev, ok)
	case fe := <-c.phones.forked():
		c.fromPhone(fe.phone, fe.ev, fe.ok)
	case ev, ok := <-c.transferSingle():
		c.fromTransferee(c.transfer.phones.list[0], ev, ok)
	case fe := <-c.transferForked():
		c.fromTransferee(fe.phone, fe.ev, fe.ok)
	case g := <-c.transferGiven():
		c.adopt(g)
	case <-c.transferLimit():
		c.transferFailed(408)
	case <-answered:
		c.exchanged()
	case <-withdrawn:
		c.exchange.withdrawn = true
		_ = c.exchange.sent.Cancel() // ErrState: it was answered already
	case ack := <-acked:
		c.acknowledged(ack)
	case d, ok := <-c.digits():
		if ok {
			c.key(d.Rune)
		}
	case p := <-c.played:
		c.clipEnded(p)
	case do := <-c.commands:
		do(c)
	case <-c.timer.C:
		c.timeout()
	case <-c.warning.over():
		c.closeKeys()
	case <-c.warning.due():
		c.warn()
	case e, ok := <-c.heard:
		c.hear(e, ok)
	case <-c.gw.hangup:
		c.end(endGateway, "gateway stops")
	}
}

// digits gives the merchant's keys: those meant for us, and, while somebody
// listens, that one was pressed at all (a recorded menu asks for it).
func (c *call) digits() <-chan media.Digit {
	if c.wantsKeys() || c.ear != nil {
		return c.bridge.Digits(media.Merchant)
	}
	return nil
}

// fromCaller deals with what the caller's leg tells.
func (c *call) fromCaller(ev sip.Event, ok bool) {
	if !ok {
		c.end(endCaller, "leg closed")
		return
	}
	switch ev := ev.(type) {
	case sip.Confirmed:
		c.confirmed(ev.Ack)
	case sip.Requested:
		c.request(c.in, c.merchant, ev.Req)
	case sip.RefreshDue:
		c.refreshSession(c.in, c.merchant)
	case sip.Ended:
		c.callerEnded(ev)
	}
}

// confirmed takes the caller's answer, when the offer was the gateway's.
func (c *call) confirmed(ack *sipmsg.Message) {
	if !c.offerOwn {
		return
	}
	c.offerOwn = false
	said, err := session(ack)
	if err != nil || said == nil || c.checkMedia(c.in, said) != nil {
		c.log.Info("no usable answer in ACK", "err", err)
		c.end(endGateway, "no answer in ACK")
		return
	}
	if err := c.settle(c.merchant, c.in, c.merchant.said, said); err != nil {
		c.log.Info("answer in ACK does not fit", "err", err)
		c.end(endGateway, "answer does not fit")
		return
	}
	c.in.said = said
	c.bridge.Connect(true)
}

// connect joins both sides: the caller's call is answered now.
func (c *call) connect() {
	c.bridge.CaptureDigits(media.Merchant, false)
	var body sip.Body
	var err error
	if c.offerOwn {
		body, err = c.describe(c.merchant.said, c.in)
	} else {
		body, err = c.reply(c.merchant.said, c.in, c.offer)
	}
	if err == nil {
		err = c.in.leg.Answer(body, c.takeSTIR()...)
	}
	if err != nil {
		c.log.Warn("answer the caller", "err", err)
		c.end(endGateway, "answer")
		return
	}
	c.state = stateTalking
	c.rec.Outcome, c.rec.Status, c.rec.Answered = OutcomeAnswered, 200, c.gw.cfg.Now()
	c.gw.counters.answered.Add(1)
	c.note("connect", "")
	c.watch()
	if !c.offerOwn {
		c.bridge.Connect(true)
	}
	c.tell(EventAnswered)
	c.listen()
	c.warn() // what was due before there was anybody to tell
}

// watch sets the clock for the next look at a connected call.
func (c *call) watch() {
	left := c.gw.live().MaxDuration - c.gw.cfg.Now().Sub(c.rec.Answered)
	c.timer.Reset(max(min(left, c.gw.live().SilenceLimit/4), time.Millisecond))
}

// deserted reports whether neither side has sent anything for so long that both
// must be gone without a BYE: their ports are needed. A call on hold may be silent.
func (c *call) deserted(now time.Time) bool {
	if c.in.heldOff || c.merchant.heldOff {
		return false
	}
	last := c.rec.Answered
	for _, side := range []media.Side{media.Caller, media.Merchant} {
		if at := c.bridge.Stats(side).LastPacket; at.After(last) {
			last = at
		}
	}
	return now.Sub(last) >= c.gw.live().SilenceLimit
}

// elapsed is the time since the INVITE arrived.
func (c *call) elapsed() time.Duration { return c.gw.cfg.Now().Sub(c.start) }

func (c *call) note(kind, detail string) {
	c.rec.note(c.elapsed(), kind, detail)
	c.log.Debug(kind, "detail", detail)
}
