package config

import (
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"ringward/sip/sipmsg"
)

// check finds what is wrong with the values together, after each was decoded.
func check(c *Config, d *decoder) {
	if len(c.Country) != 2 || strings.ToUpper(c.Country) != c.Country {
		d.add("country", fmt.Sprintf("%q is no country code", c.Country), "two capital letters, for example CN or US")
	}
	if len(c.Listen) == 0 {
		d.add("listen", "no listener", "at least one, for example udp://127.0.0.1:5060")
	}
	for i, l := range c.Listen {
		if (l.Network == "tls" || l.Network == "wss") && (c.TLS.Certificate == "" || c.TLS.Key == "") {
			d.add(fmt.Sprintf("listen[%d]", i), l.String()+" needs a certificate", "fill in tls.certificate and tls.key")
		}
		if slices.Contains(c.Listen[:i], l) {
			d.add(fmt.Sprintf("listen[%d]", i), l.String()+" stands here twice", "keep one of them")
		}
		if m := c.Media; l.Network == "udp" && l.Addr.Port() >= m.Ports.Min && l.Addr.Port() <= m.Ports.Max {
			d.add("media.ports", fmt.Sprintf("the range holds port %d of %s", l.Addr.Port(), l), "keep RTP and SIP ports apart")
		}
	}
	for key, v := range map[string]time.Duration{"limits.ring_timeout": c.Limits.RingTimeout, "limits.call_duration": c.Limits.CallDuration, "limits.silence": c.Limits.Silence, "limits.queue_delay": c.Limits.QueueDelay, "limits.announce_choice": c.Limits.AnnounceAfter, "calls.retention": c.Calls.Retention} {
		if v <= 0 {
			d.add(key, "0 is no time", "for example "+defaultOf(key).String())
		}
	}
	if !c.Media.Address.IsValid() || c.Media.Address.IsMulticast() {
		d.add("media.address", "no usable address", "an address of this machine")
	}
	if c.Media.Address.IsUnspecified() && !c.Media.Advertise.IsValid() {
		d.add("media.advertise", "missing", "phones cannot send sound to "+c.Media.Address.String()+": name the address they reach us at")
	}
	if what := hotlineFault(c); what != "" {
		d.add("hotline_route", fmt.Sprintf("%q %s", c.Hotline, what), "for example sip:{number}@192.0.2.1, to a carrier that takes calls from us")
	}
	checkTrunks(c, d)
	checkLines(c, d)
	checkDialogs(c, d)
	checkPhones(c, d)
	checkRedress(c, d)
	checkSRTP(c, d)
	checkIdentity(c, d)
	checkConsole(c, d)
	checkFeeds(c, d)
	checkObserve(c, d)
	checkWebhooks(c, d)
	checkBrowsers(c, d)
	checkSpeech(c, d)
	if c.Limits.Calls < 1 {
		d.add("limits.calls", "no call would ever be taken", "1 or more")
	}
	if ports := int(c.Media.Ports.Max) - int(c.Media.Ports.Min) + 1; ports/4 < c.Limits.Calls && d.set("media.ports") {
		d.add("media.ports", fmt.Sprintf("%d ports are too few for limits.calls: %d", ports, c.Limits.Calls), "four ports a call: widen the range or lower limits.calls")
	}
	if !(c.Prompts.DuckDB >= 0 && c.Prompts.DuckDB <= 60) { // NaN is neither
		d.add("prompts.duck_db", "out of range", "0 (not ducked) to 60 (silent), in dB")
	}
}

func (d *decoder) set(path string) bool { _, ok := d.where[path]; return ok }

func checkTrunks(c *Config, d *decoder) {
	names := map[string]int{}
	for i, t := range c.Trunks {
		at := fmt.Sprintf("trunks[%d]", i)
		if t.Name == "" {
			d.add(at, "no name", "a short name for logs and records")
		} else if j, dup := names[t.Name]; dup {
			d.add(at+".name", fmt.Sprintf("%q is the name of trunks[%d] already", t.Name, j), "every trunk needs its own")
		}
		names[t.Name] = i
		if len(t.Sources) == 0 {
			d.add(at, "no sources", "the addresses this peer sends from, for example [192.0.2.0/28]")
		}
		for j, p := range t.Sources {
			if p.Addr().Is4In6() {
				d.add(fmt.Sprintf("%s.sources[%d]", at, j), p.String()+" never matches: IPv4 peers are known by their IPv4 address", "write it as IPv4, for example 192.0.2.0/28")
			}
			for k := range c.Trunks[:i] {
				for _, q := range c.Trunks[k].Sources {
					if p.IsValid() && q == p {
						d.add(fmt.Sprintf("%s.sources[%d]", at, j), fmt.Sprintf("%s belongs to trunk %q already", p, c.Trunks[k].Name), "one trunk for one source")
					}
				}
			}
		}
		checkTrunkOut(c, t, at, d)
		if t.Domestic && t.International {
			d.add(at+".international", "a trunk is either domestic or international", "set one of the two")
		}
		if strings.Trim(t.Area, "0123456789") != "" {
			d.add(at+".area", fmt.Sprintf("%q is no area code", t.Area), "digits, for example \"010\" in quotes")
		}
	}
}

func checkLines(c *Config, d *decoder) {
	seen := map[string]int{}
	for i, l := range c.Lines {
		at := fmt.Sprintf("lines[%d]", i)
		digits := strings.TrimSuffix(strings.TrimPrefix(l.Number, "+"), "*")
		switch {
		case l.Number == "":
			d.add(at, "no number", "the called number, for example \"+862155550100\", or \"2155*\" for all that begin so, or \"*\"")
		case strings.Trim(digits, "0123456789") != "":
			d.add(at+".number", fmt.Sprintf("%q is no number", l.Number), "digits, perhaps + before and * after, in quotes")
		}
		if j, dup := seen[l.Number]; dup {
			d.add(at+".number", fmt.Sprintf("%q is lines[%d] already", l.Number, j), "one entry a number")
		}
		seen[l.Number] = i
		if len(l.Targets) == 0 && len(l.Phones) == 0 && !l.Browser {
			d.add(at, "no targets", "the SIP address of its phone, for example sip:100@192.0.2.10:5060, or phones that register, or browser: true")
		}
		for j, t := range l.Targets {
			what := ""
			if strings.HasPrefix(t, "trunk:") {
				what = trunkTargetFault(c, t)
			} else {
				what = targetFault(t, c.Listen)
			}
			if what != "" {
				d.add(fmt.Sprintf("%s.targets[%d]", at, j), fmt.Sprintf("%q %s", t, what), "for example sip:100@192.0.2.10:5060;transport=udp")
			}
		}
		if l.Listen != "" && l.Listen != "never" && !l.OwnerAgreed {
			d.add(at+".listen", "calls are listened to only with the agreement of the line's owner", "once you have it, set owner_agreed: true beside it")
		}
		if blocks := l.Mode == "block" || l.Anonymous == "block"; blocks && l.Response != "603" && !c.Redress.contact() {
			d.add(at+".mode", "a line that blocks needs a way to complain", "fill in redress.url, redress.tel or redress.email, or set block_response: \"603\"")
		}
	}
}

func hotlineFault(c *Config) string {
	text := c.Hotline
	if text == "" {
		return ""
	}
	if !strings.Contains(text, "{number}") {
		return "has no place for the {number}"
	}
	if strings.HasPrefix(text, "trunk:") {
		return trunkTargetFault(c, text)
	}
	return targetFault(strings.ReplaceAll(text, "{number}", "95500"), c.Listen)
}

// targetFault says what is wrong with a phone's address, "" when nothing is.
func targetFault(text string, own []Listen) string {
	uri, err := sipmsg.ParseURI(strings.ReplaceAll(text, "{user}", "100"))
	if err != nil || uri.Scheme != "sip" || uri.Host == "" {
		return "is no SIP address"
	}
	if strings.ContainsAny(uri.User, "{}") {
		return "has a place to fill that is not {user}"
	}
	network := "udp"
	if t, ok := uri.Params.Get("transport"); ok {
		network = strings.ToLower(t)
	}
	if network != "udp" && network != "tcp" && network != "tls" {
		return "asks for transport " + network + ", which is not served: udp, tcp or tls"
	}
	port := uri.Port
	if port == 0 {
		port = 5060
	}
	if a, err := netip.ParseAddr(uri.Host); err == nil && slices.Contains(own, Listen{network, netip.AddrPortFrom(a, port)}) {
		return "is this gateway itself"
	}
	return ""
}

func defaultOf(key string) time.Duration {
	c := Default()
	switch key {
	case "limits.ring_timeout":
		return c.Limits.RingTimeout
	case "limits.call_duration":
		return c.Limits.CallDuration
	case "limits.queue_delay":
		return c.Limits.QueueDelay
	case "limits.silence":
		return c.Limits.Silence
	case "limits.announce_choice":
		return c.Limits.AnnounceAfter
	}
	return c.Calls.Retention
}

func checkRedress(c *Config, d *decoder) {
	for key, v := range map[string]string{"redress.url": c.Redress.URL, "redress.tel": c.Redress.Tel, "redress.email": c.Redress.Email} {
		if strings.ContainsAny(v, "\";\\\r\n") {
			d.add(key, fmt.Sprintf("%q cannot stand in a SIP answer and would be left out", v), "no quotes, semicolons, backslashes or line ends")
		}
	}
	checkCard(c.Redress, d)
	if c.Redress.URL == "" {
		return
	}
	if u, err := url.Parse(c.Redress.URL); err != nil || u.Scheme != "https" || u.Host == "" {
		d.add("redress.url", fmt.Sprintf("%q is no https address", c.Redress.URL), "for example https://example.com/blocked (ATIS-1000099 asks for https)")
	}
}
