package gateway

import (
	"slices"
	"strings"

	"ringward/media"
	"ringward/sip"
	"ringward/sip/sipmsg"
)

// maxInfos bounds the INFOs of a call that wait for the other side's answer: one
// that never answers must not make us repeat as many as the first cares to send.
const maxInfos = 8

// relay passes an INFO on. A merchant's phone that sends its keys so answers
// announcements and warnings with them.
func (c *call) relay(from, to *party, req *sip.InDialog) {
	if key, ok := infoKey(req.Message()); ok && from.side == media.Merchant && c.wantsKeys() {
		c.respond(req, 200, sip.Body{})
		c.key(key)
		return
	}
	if to == nil || to.leg == nil || c.state != stateTalking {
		c.respond(req, 200, sip.Body{})
		return
	}
	c.infos = slices.DeleteFunc(c.infos, func(p *sip.Pending) bool {
		select {
		case <-p.Done():
			return true
		default:
			return false
		}
	})
	if len(c.infos) >= maxInfos {
		c.respond(req, 503, sip.Body{}, sipmsg.Header{Name: "Retry-After", Value: "1"})
		return
	}
	m := req.Message()
	ct := m.Get("Content-Type")
	p, err := to.leg.Send("INFO", sip.Body{ContentType: ct, Data: m.Body})
	if err != nil {
		c.respond(req, 500, sip.Body{})
		return
	}
	c.infos = append(c.infos, p)
	c.respond(req, 200, sip.Body{})
}

// infoKey is the key that an INFO of application/dtmf-relay ("Signal=1") or
// application/dtmf ("1") carries; the forms are no standard, but common.
func infoKey(m *sipmsg.Message) (rune, bool) {
	mt, _ := m.ContentType()
	text := strings.TrimSpace(string(m.Body[:min(len(m.Body), 64)]))
	switch strings.ToLower(mt) {
	case "application/dtmf-relay":
		first, _, _ := strings.Cut(text, "\n")
		name, value, ok := strings.Cut(first, "=")
		if !ok || !strings.EqualFold(strings.TrimSpace(name), "signal") {
			return 0, false
		}
		text = strings.TrimSpace(value)
	case "application/dtmf":
	default:
		return 0, false
	}
	if len(text) != 1 || !strings.Contains("0123456789*#", text) {
		return 0, false
	}
	return rune(text[0]), true
}

// wantsKeys reports whether the merchant's keys are meant for us now.
func (c *call) wantsKeys() bool { return c.state == stateAnnouncing || c.warning.open() }
