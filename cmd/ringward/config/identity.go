package config

import (
	"fmt"
	"time"
)

// Identity is how signed caller identities are checked (STIR, RFC 8224).
type Identity struct {
	Roots   []string      `yaml:"roots"`             // PEM files: authorities that are believed
	Wait    time.Duration `yaml:"wait"`              // a call waits for its certificate no longer; 0 is 150 ms
	Fresh   time.Duration `yaml:"fresh"`             // how far a signature's time may be off; 0 is 60 s
	Private bool          `yaml:"private_addresses"` // certificates may be fetched from addresses that are not public
}

// longestWait bounds what a check may delay every signed call by.
const longestWait = 2 * time.Second

func checkIdentity(c *Config, d *decoder) {
	for i, t := range c.Trunks {
		at := fmt.Sprintf("trunks[%d]", i)
		if (t.Identity == "check" || t.Identity == "require") && len(c.Identity.Roots) == 0 {
			d.add(at+".identity", "nobody's certificates are believed", "name the authorities' PEM files in identity.roots")
		}
		if t.IdentityFails == "refuse" && (t.Identity == "" || t.Identity == "off") {
			d.add(at+".identity_failure", "identities of this trunk are not checked", "set identity: check or require beside it")
		}
	}
	if c.Identity.Wait < 0 || c.Identity.Wait > longestWait {
		d.add("identity.wait", "out of range", "up to "+longestWait.String()+": callers hear nothing meanwhile")
	}
	if c.Identity.Fresh < 0 || c.Identity.Fresh > time.Hour {
		d.add("identity.fresh", "out of range", "60s is what RFC 8224 recommends")
	}
}
