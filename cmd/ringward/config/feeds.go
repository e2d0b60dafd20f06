package config

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Feed is a place where another gateway's bundles of numbers appear, looked at
// while the gateway runs.
type Feed struct {
	Name    string        `yaml:"name"`    // in logs and metrics
	Source  string        `yaml:"source"`  // a folder, or https://host/path
	Trust   []string      `yaml:"trust"`   // public key files of issuers, as "numbers bundle keygen" writes them
	Every   time.Duration `yaml:"every"`   // between two looks; 0: 1 h
	MaxAge  time.Duration `yaml:"max_age"` // older bundles are refused; 0: 30 days
	MaxMB   int           `yaml:"max_mb"`  // larger ones too; 0: 1024
	Private bool          `yaml:"private"` // the address may be inside our own network
}

func checkFeeds(c *Config, d *decoder) {
	names := []string{}
	for i, f := range c.Feeds {
		at := fmt.Sprintf("feeds[%d]", i)
		switch {
		case f.Name == "":
			d.add(at, "no name", "a short name for logs, for example acme")
		case slices.Contains(names, f.Name):
			d.add(at+".name", fmt.Sprintf("%q stands here twice", f.Name), "every feed needs its own")
		}
		names = append(names, f.Name)
		if what := feedSourceFault(f.Source); what != "" {
			d.add(at+".source", what, "a folder, or https://host/path")
		}
		if len(f.Trust) == 0 {
			d.add(at+".trust", "nobody is trusted", "the public key file of the issuer, for example [/etc/ringward/acme.pub]")
		}
		if f.Every > 0 && f.Every < time.Second {
			d.add(at+".every", f.Every.String()+" is too often", "1s or more; 1h is usual")
		}
		if f.MaxMB < 0 || f.MaxMB > 1<<20 {
			d.add(at+".max_mb", "out of range", "1 to 1048576")
		}
	}
}

func feedSourceFault(s string) string {
	if s == "" {
		return "missing"
	}
	if !strings.Contains(s, "://") {
		return ""
	}
	u, err := url.Parse(s)
	switch {
	case err != nil || u.Scheme != "https" || u.Host == "":
		return fmt.Sprintf("%q is no https address", s)
	case u.User != nil:
		return "a password in the address would be written to logs"
	}
	return ""
}
