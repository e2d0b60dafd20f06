package gateway

import (
	"strconv"
	"strings"

	"ringward/screening"
	"ringward/sip/sipmsg"
)

// Redress is how a blocked caller can complain: RFC 8688 §3.2 and
// ATIS-1000099 ask for at least one.
type Redress struct {
	URL   string // https
	Tel   string // canonical number
	Email string

	// CardURL is where the signed card is fetched (https, see Card); "" is none.
	CardURL string
	// Silent sends 608 without the announcement that callers get who are not
	// known to understand it.
	Silent bool
}

// IsZero reports whether there is no contact at all.
func (r Redress) IsZero() bool { return r.URL == "" && r.Tel == "" && r.Email == "" }

// block refuses the call as the line's policy says, with the words that tell a
// caller whom to complain to.
func (c *call) block() {
	r := c.do.Response
	c.gw.counters.blocked.Add(1)
	c.tellRejected()
	if c.state == stateOver {
		return
	}
	hdr := c.gw.live().Redress.headers(r, c.rec.ID)
	c.rejectWith(r.Code(), r.Phrase(), OutcomeBlocked, hdr...)
}

// headers are what an answer r to the call id carries.
func (d Redress) headers(r screening.Response, id string) []sipmsg.Header {
	if !r.Redress() || d.IsZero() {
		return nil
	}
	switch r {
	case screening.ResponseNetworkBlocked:
		// The text stays quoted: it contains ";" (ATIS-1000099).
		return []sipmsg.Header{{Name: "Reason", Value: `SIP;cause=603;text="` + d.analytics(id) + `";location=RPN`}}
	case screening.ResponseRejected:
		var hdr []sipmsg.Header
		switch {
		case d.CardURL != "":
			hdr = append(hdr, sipmsg.Header{Name: "Call-Info", Value: "<" + d.CardURL + ">;purpose=jwscard"})
		case d.URL != "":
			hdr = append(hdr, sipmsg.Header{Name: "Call-Info", Value: "<" + d.URL + ">;purpose=info"})
		}
		return append(hdr, sipmsg.Header{Name: "Reason", Value: `SIP;cause=608;text="` + d.analytics(id) + `";location=RPN`})
	}
	return nil
}

// analytics is the text of ATIS-1000099: "v=analytics1;url=...;tel=...;id=...".
func (d Redress) analytics(id string) string {
	parts := []string{"v=analytics1"}
	for _, p := range []struct{ key, value string }{{"url", d.URL}, {"tel", d.Tel}, {"email", d.Email}, {"id", id}} {
		if p.value != "" && !strings.ContainsAny(p.value, "\";\\") {
			parts = append(parts, p.key+"="+p.value)
		}
	}
	return strings.Join(parts, ";")
}

func statusText(status int) string {
	return strconv.Itoa(status) + " " + sipmsg.ReasonPhrase(status)
}
