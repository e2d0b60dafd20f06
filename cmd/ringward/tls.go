package main

import (
	"fmt"

	"ringward/cmd/ringward/config"
	"ringward/sip/transport"
)

// openTLS reads the certificates that the configuration names, nil for none.
func openTLS(c config.TLS) (*transport.TLS, error) {
	if c == (config.TLS{}) {
		return nil, nil
	}
	files := transport.TLSFiles{Authorities: c.ClientCA}
	if c.Certificate != "" {
		files.Pairs = []transport.KeyPair{{Cert: c.Certificate, Key: c.Key}}
	}
	t, err := transport.LoadTLS(files)
	if err != nil {
		return nil, fmt.Errorf("tls: %w", err)
	}
	return t, nil
}
