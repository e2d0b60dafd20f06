package config

import (
	"net"
	"net/netip"
)

// Observe is what machines that watch the gateway get.
type Observe struct {
	Listen netip.AddrPort `yaml:"listen"` // private port: metrics, health, profiles; "" for none
	HEP    HEP            `yaml:"hep"`
}

// HEP is the capture server (Homer) that gets a copy of every SIP message.
type HEP struct {
	Server   string `yaml:"server"` // HOST:PORT, UDP; empty: nothing is captured
	Agent    uint32 `yaml:"agent"`  // capture agent number
	Password string `yaml:"password"`
}

func checkObserve(c *Config, d *decoder) {
	if s := c.Observe.HEP.Server; s != "" {
		if host, port, err := net.SplitHostPort(s); err != nil || host == "" || port == "" {
			d.add("observe.hep.server", "\""+s+"\" is no HOST:PORT", "for example homer.example.com:9060")
		}
	}
	if l := c.Observe.Listen; l.IsValid() && l == c.Console.Listen {
		d.add("observe.listen", l.String()+" is the console's address", "another port: this one has no sign-in")
	}
}
