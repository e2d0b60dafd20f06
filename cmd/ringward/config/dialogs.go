package config

import (
	"fmt"
	"time"
)

// shortestSession is the shortest session timer of RFC 4028 §5.
const shortestSession = 90 * time.Second

// checkDialogs looks at what trunks and lines say of calls that are up.
func checkDialogs(c *Config, d *decoder) {
	for i, t := range c.Trunks {
		checkTimer(fmt.Sprintf("trunks[%d].session_timer", i), t.SessionTimer, d)
	}
	for i, l := range c.Lines {
		checkTimer(fmt.Sprintf("lines[%d].session_timer", i), l.SessionTimer, d)
	}
}

func checkTimer(key string, v time.Duration, d *decoder) {
	if v != 0 && v < shortestSession {
		d.add(key, v.String()+" is shorter than RFC 4028 allows", "90s or more, for example 30m, or 0 for none")
	}
}
