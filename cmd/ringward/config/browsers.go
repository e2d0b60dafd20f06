package config

import (
	"fmt"
	"strings"
)

// Browsers is the telephone in the browser: lines with `browser: true` ring on
// the console's page while it is open.
type Browsers struct {
	Port     int     `yaml:"port"`     // UDP, on media.address: the sound of all browsers; 0: no telephone in the browser
	Sessions int     `yaml:"sessions"` // browsers in a call at once
	Servers  []Relay `yaml:"servers"`  // STUN and TURN, where browsers cannot reach media.advertise directly
}

// Relay is a STUN or TURN server. Its password is told to everybody who opens
// the telephone.
type Relay struct {
	URL      string `yaml:"url"` // stun:host:port, turn:host:port?transport=udp, turns:host:port
	User     string `yaml:"user"`
	Password string `yaml:"password"`
}

func checkBrowsers(c *Config, d *decoder) {
	b := c.Browsers
	if b.Port == 0 {
		return
	}
	if b.Port < 1024 || b.Port > 65535 {
		d.add("browsers.port", fmt.Sprintf("%d is no port that can be used", b.Port), "1024 to 65535, or 0 for no telephone in the browser")
	}
	if b.Sessions < 1 {
		d.add("browsers.sessions", "no browser could take a call", "1 or more; browsers.port: 0 for no telephone in the browser")
	}
	if b.Port >= int(c.Media.Ports.Min) && b.Port <= int(c.Media.Ports.Max) {
		d.add("browsers.port", fmt.Sprintf("%d is in media.ports", b.Port), "a port of its own")
	}
	for i, l := range c.Listen {
		if l.Network == "udp" && int(l.Addr.Port()) == b.Port {
			d.add("browsers.port", fmt.Sprintf("%d is the port of listen[%d]", b.Port, i), "a port of its own")
		}
	}
	for i, s := range b.Servers {
		at := fmt.Sprintf("browsers.servers[%d]", i)
		scheme, host, _ := strings.Cut(s.URL, ":")
		switch scheme {
		case "stun", "stuns":
		case "turn", "turns":
			if s.User == "" || s.Password == "" {
				d.add(at, "a TURN server wants a user and a password", "fill in user and password")
			}
		default:
			host = ""
		}
		if host == "" {
			d.add(at+".url", fmt.Sprintf("%q is no STUN or TURN server", s.URL), "for example stun:stun.example.com:3478 or turn:turn.example.com:3478")
		}
	}
}
