package config

import (
	"net/netip"
	"net/url"
	"strings"
)

// Console is where the pages and the API are served.
type Console struct {
	Listen    netip.AddrPort `yaml:"listen"`     // address:port; "" for no console
	PublicURL string         `yaml:"public_url"` // how people reach it; empty: http(s) on listen
	CertFile  string         `yaml:"cert"`       // TLS certificate with its chain, PEM
	KeyFile   string         `yaml:"key"`        // its key, PEM
}

func checkConsole(c *Config, d *decoder) {
	k := c.Console
	if !k.Listen.IsValid() {
		return
	}
	if (k.CertFile == "") != (k.KeyFile == "") {
		d.add("console.cert", "a certificate needs its key, and a key its certificate", "set console.cert and console.key, or neither")
	}
	if k.PublicURL != "" {
		u, err := url.Parse(k.PublicURL)
		if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || strings.Trim(u.Path, "/") != "" {
			d.add("console.public_url", "no address of a site", "for example https://console.example.com")
		}
	}
	if !k.Listen.Addr().IsLoopback() && k.CertFile == "" && !strings.HasPrefix(k.PublicURL, "https://") {
		d.add("console.listen", "passwords would cross the network in clear", "set console.cert and console.key, or public_url: https://... of the proxy before it")
	}
}
