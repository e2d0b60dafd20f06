package config

import (
	"fmt"
	"strings"

	"ringward/sip/sipmsg"
)

// checkSRTP finds lines whose phones could never be sent a key.
func checkSRTP(c *Config, d *decoder) {
	for i, l := range c.Lines {
		if l.SRTP != "required" || l.ClearKeys {
			continue
		}
		for j, t := range l.Targets {
			uri, err := sipmsg.ParseURI(strings.ReplaceAll(t, "{user}", "100"))
			if err != nil {
				continue
			}
			if network, _ := uri.Params.Get("transport"); !strings.EqualFold(network, "tls") {
				d.add(fmt.Sprintf("lines[%d].targets[%d]", i, j), fmt.Sprintf("%q is not reached by TLS, and srtp: required sends keys by TLS alone", t),
					"add ;transport=tls, or srtp_clear_keys: true where you answer for the network")
			}
		}
	}
}
