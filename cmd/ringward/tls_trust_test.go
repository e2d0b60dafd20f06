package main

import (
	"path/filepath"
	"testing"

	"ringward/cmd/ringward/config"
)

// TestOpenTLS: what is read of which files, and that one that is missing is said.
func TestOpenTLS(t *testing.T) {
	dir := t.TempDir()
	selfSigned(t, dir)
	cert, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for name, c := range map[string]struct {
		tls  config.TLS
		none bool
		bad  bool
	}{
		"nothing":               {config.TLS{}, true, false},
		"a certificate":         {config.TLS{Certificate: cert, Key: key}, false, false},
		"trust alone":           {config.TLS{Trust: cert}, false, false},
		"the system's":          {config.TLS{Certificate: cert, Key: key, ClientCA: cert, Trust: "system"}, false, false},
		"two, by SNI":           {config.TLS{Certificate: cert, Key: key, More: []config.KeyPair{{Certificate: cert, Key: key}}}, false, false},
		"no such authority":     {config.TLS{Certificate: cert, Key: key, Trust: cert + ".not"}, false, true},
		"no such second one":    {config.TLS{Certificate: cert, Key: key, More: []config.KeyPair{{Certificate: cert, Key: key + ".not"}}}, false, true},
		"a key that is a chain": {config.TLS{Certificate: cert, Key: cert}, false, true},
	} {
		got, err := openTLS(c.tls)
		if (err != nil) != c.bad || (got == nil) != (c.none || c.bad) {
			t.Errorf("%s: got %v, %v", name, got, err)
		}
		if err == nil && got != nil {
			if err := got.reload(); err != nil || got.of("tls") == nil || got.of("wss") == got.of("tls") || got.calling() == nil {
				t.Errorf("%s: after reload %v: %+v", name, err, got)
			}
		}
	}
}
