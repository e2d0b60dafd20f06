package certs

import (
	"crypto/x509"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// keepFor is how long an answer is kept: as Cache-Control says, within our
// limits, and never beyond the certificate.
func (s *Store) keepFor(h http.Header, leaf *x509.Certificate) time.Duration {
	keep := s.o.Keep
	for _, d := range strings.Split(h.Get("Cache-Control"), ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(d), "=")
		switch strings.ToLower(name) {
		case "no-store", "no-cache":
			keep = 0
		case "max-age":
			if n, err := strconv.ParseUint(strings.Trim(value, `"`), 10, 31); err == nil {
				keep = min(keep, time.Duration(n)*time.Second)
			}
		}
	}
	keep = max(keep, leastKeep)
	if left := leaf.NotAfter.Sub(s.o.Now()); left > 0 {
		keep = min(keep, left)
	}
	return keep
}
