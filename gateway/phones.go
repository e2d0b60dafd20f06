package gateway

import (
	"sync"
	"time"

	"ringward/media/sdp"
	"ringward/sip"
	"ringward/sip/sipmsg"
)

// phone is one outgoing leg to a merchant's phone.
type phone struct {
	leg    contactLeg
	route  route           // places[0] is where it was called
	dialed sip.DialOptions // as it was called, to do it again with credentials
	proved bool            // our credentials are in dialed
	silent *time.Timer     // runs while another place might do better; nil for none
	early  *sdp.Session    // what a provisional response said
	failed int             // final status, 0 while it is undecided
	ended  bool            // its Ended event was read

	redirect   *redirection // it rings for a 3xx; nil: for the line
	protection protection   // of its media, as it was offered

	refusal *sipmsg.Message // the response behind failed, nil when there was none
}

// phones are the legs that ring together. With one phone its events are read
// straight from its leg; with several, a goroutine each brings them together.
type phones struct {
	list    []*phone
	body    sip.Body // what they are offered
	ringing bool     // their events are read: who comes later joins them
	forks   chan forkEvent
	join    sync.WaitGroup
	quit    chan struct{}
}

type forkEvent struct {
	phone *phone
	ev    sip.Event
	ok    bool
}

func (p *phones) single() <-chan sip.Event {
	if p.forks != nil || len(p.list) == 0 || p.list[0].ended {
		return nil
	}
	return p.list[0].leg.Events()
}

func (p *phones) forked() <-chan forkEvent { return p.forks }

// merge starts reading the events of several phones together.
func (p *phones) merge() {
	if len(p.list) < 2 {
		return
	}
	p.forks, p.quit = make(chan forkEvent), make(chan struct{})
	for _, ph := range p.list {
		if !ph.ended {
			p.read(ph)
		}
	}
}

// add takes in one more phone, also while others ring already.
func (p *phones) add(ph *phone) {
	p.list = append(p.list, ph)
	switch {
	case p.forks != nil:
		p.read(ph)
	case p.ringing:
		p.merge()
	}
}

// read brings a phone's events to the others'.
func (p *phones) read(ph *phone) {
	p.join.Go(func() {
		for ev := range ph.leg.Events() {
			select {
			case p.forks <- forkEvent{ph, ev, true}:
			case <-p.quit:
			}
		}
	})
}

// undecided is how many phones have not failed.
func (p *phones) undecided() int {
	n := 0
	for _, ph := range p.list {
		if ph.failed == 0 {
			n++
		}
	}
	return n
}

func (p *phones) cancel(hdr ...sipmsg.Header) {
	for _, ph := range p.list {
		if ph.leg.Cancel(hdr...) != nil {
			ph.leg.Close()
		}
	}
}

// others gives up every phone but the one that was taken up (RFC 3326: the
// others must not show a missed call).
func (p *phones) others(taken *phone) {
	for _, ph := range p.list {
		if ph != taken {
			_ = ph.leg.Cancel(sipmsg.Header{Name: "Reason", Value: `SIP;cause=200;text="Call completed elsewhere"`})
		}
	}
}

func (p *phones) hangup(hdr []sipmsg.Header) {
	for _, ph := range p.list {
		if len(hdr) > 0 && (ph.leg.Bye(hdr...) == nil || ph.leg.Cancel(hdr...) == nil) {
			continue
		}
		ph.leg.Close()
	}
}

func (p *phones) close() {
	for _, ph := range p.list {
		if ph.silent != nil {
			ph.silent.Stop()
		}
		ph.leg.Close()
	}
}

func (p *phones) drain() {
	if p.forks != nil {
		close(p.quit)
		p.join.Wait()
		return
	}
	for _, ph := range p.list {
		for range ph.leg.Events() {
		}
	}
}

// refusal is the response of the first phone that failed with this status.
func (p *phones) refusal(status int) *sipmsg.Message {
	for _, ph := range p.list {
		if ph.failed == status {
			return ph.refusal
		}
	}
	return nil
}
