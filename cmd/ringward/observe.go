package main

import (
	"bytes"
	"errors"
	"fmt"
	"time"

	"ringward/observe"
	"ringward/observe/hep"
	"ringward/sip/transport"
)

// openObserve binds the private port and makes the capture sender, where they
// are configured.
func (a *app) openObserve() (err error) {
	c := a.cfg.Observe
	if c.HEP.Server != "" {
		if a.trace, err = hep.NewSender(hep.Config{Server: c.HEP.Server, Agent: c.HEP.Agent, Password: c.HEP.Password}); err != nil {
			return err
		}
	}
	if !c.Listen.IsValid() {
		return nil
	}
	a.private, err = observe.New(observe.Options{Log: a.log, Listen: c.Listen, Metrics: a.writeMetrics, Ready: a.ready})
	if err != nil {
		return fmt.Errorf("%w (observe.listen: another program has the port, or it is no address of this machine)", err)
	}
	return nil
}

// ready says why new calls should go to another gateway.
func (a *app) ready() error {
	s := a.gateway.Stats()
	switch {
	case !a.serving.Load():
		return errors.New("starting or stopping")
	case s.Draining:
		return errors.New("draining: running calls go on, new ones are refused")
	case s.Active >= a.current().Limits.Calls:
		return fmt.Errorf("full: %d calls", s.Active)
	}
	return nil
}

// traced is what the stack shows of each message that crosses the wire; nil
// when nobody captures.
func (a *app) traced() func(transport.Crossing) {
	if a.trace == nil {
		return nil
	}
	return func(c transport.Crossing) {
		from, to := c.Remote, c.Local
		if c.Out {
			from, to = to, from
		}
		a.trace.Message(time.Now(), from, to, c.Network != "udp", withoutKeys(c.Octets))
	}
}

// withoutKeys hides media keys (RFC 4568 §9.2: inline:KEY) from the capture.
func withoutKeys(octets []byte) []byte {
	const mark = "inline:"
	if !bytes.Contains(octets, []byte(mark)) {
		return octets
	}
	out := bytes.Clone(octets)
	for rest := out; ; {
		i := bytes.Index(rest, []byte(mark))
		if i < 0 {
			return out
		}
		rest = rest[i+len(mark):]
		for j := 0; j < len(rest) && rest[j] > ' ' && rest[j] != '|'; j++ {
			rest[j] = '*'
		}
	}
}
