package config

import (
	"fmt"
	"net/url"
	"strings"
)

// check finds what is wrong with the values together, after each was decoded.
func check(c *Config, d *decoder) {
	if len(c.Country) != 2 || strings.ToUpper(c.Country) != c.Country {
		d.add("country", fmt.Sprintf("%q is no country code", c.Country), "two capital letters, for example CN or US")
	}
	if len(c.Listen) == 0 {
		d.add("listen", "no listener", "at least one, for example udp://127.0.0.1:5060")
	}
	if !c.Media.Address.IsValid() || c.Media.Address.IsMulticast() {
		d.add("media.address", "no usable address", "an address of this machine")
	}
	if c.Media.Address.IsUnspecified() && !c.Media.Advertise.IsValid() {
		d.add("media.advertise", "missing", "phones cannot send sound to "+c.Media.Address.String()+": name the address they reach us at")
	}
	checkTrunks(c, d)
	checkLines(c, d)
	checkRedress(c, d)
	if c.Limits.Calls < 1 {
		d.add("limits.calls", "no call would ever be taken", "1 or more")
	}
	if ports := int(c.Media.Ports.Max) - int(c.Media.Ports.Min) + 1; ports/4 < c.Limits.Calls && d.set("media.ports") {
		d.add("media.ports", fmt.Sprintf("%d ports are too few for limits.calls: %d", ports, c.Limits.Calls), "four ports a call: widen the range or lower limits.calls")
	}
	if c.Prompts.DuckDB < 0 || c.Prompts.DuckDB > 60 {
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
			for k := range c.Trunks[:i] {
				for _, q := range c.Trunks[k].Sources {
					if p.IsValid() && q == p {
						d.add(fmt.Sprintf("%s.sources[%d]", at, j), fmt.Sprintf("%s belongs to trunk %q already", p, c.Trunks[k].Name), "one trunk for one source")
					}
				}
			}
		}
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
		if len(l.Targets) == 0 {
			d.add(at, "no targets", "the SIP address of its phone, for example sip:100@192.0.2.10:5060")
		}
		for j, t := range l.Targets {
			if !strings.HasPrefix(t, "sip:") {
				d.add(fmt.Sprintf("%s.targets[%d]", at, j), fmt.Sprintf("%q is no SIP address", t), "for example sip:100@192.0.2.10:5060;transport=udp")
			}
		}
		if l.Listen != "" && l.Listen != "never" && !l.OwnerAgreed {
			d.add(at+".listen", "calls are listened to only with the agreement of the line's owner", "once you have it, set owner_agreed: true beside it")
		}
		if blocks := l.Mode == "block" || l.Anonymous == "block"; blocks && l.Response != "603" && c.Redress == (Redress{}) {
			d.add(at+".mode", "a line that blocks needs a way to complain", "fill in redress.url, redress.tel or redress.email, or set block_response: \"603\"")
		}
	}
}

func checkRedress(c *Config, d *decoder) {
	if c.Redress.URL == "" {
		return
	}
	if u, err := url.Parse(c.Redress.URL); err != nil || u.Scheme != "https" || u.Host == "" {
		d.add("redress.url", fmt.Sprintf("%q is no https address", c.Redress.URL), "for example https://example.com/blocked (ATIS-1000099 asks for https)")
	}
}
