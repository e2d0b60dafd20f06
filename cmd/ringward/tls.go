package main

import (
	"fmt"

	"ringward/cmd/ringward/config"
	"ringward/sip/transport"
)

// certificates are what we show and believe: to trunks and phones on tls://, and
// to browsers on wss://, who are never asked for one of theirs; dial is for
// connections that we make.
type certificates struct{ sip, web, dial *transport.TLS }

// openTLS reads the certificates that the configuration names, nil for none.
func openTLS(c config.TLS) (*certificates, error) {
	if c.Certificate == "" && c.ClientCA == "" && c.Trust == "" {
		return nil, nil
	}
	files := transport.TLSFiles{Authorities: c.ClientCA, Optional: c.Clients == "optional"}
	for _, p := range append([]config.KeyPair{{Certificate: c.Certificate, Key: c.Key}}, c.More...) {
		if p.Certificate != "" {
			files.Pairs = append(files.Pairs, transport.KeyPair{Cert: p.Certificate, Key: p.Key})
		}
	}
	var t certificates
	var err error
	if t.sip, err = transport.LoadTLS(files); err != nil {
		return nil, fmt.Errorf("tls: %w", err)
	}
	if t.web, err = transport.LoadTLS(transport.TLSFiles{Pairs: files.Pairs}); err != nil {
		return nil, fmt.Errorf("tls: %w", err)
	}
	trust := c.Trust
	switch trust {
	case "":
		trust = c.ClientCA
	case "system":
		trust = ""
	}
	if t.dial, err = transport.LoadTLS(transport.TLSFiles{Pairs: files.Pairs, Authorities: trust}); err != nil {
		return nil, fmt.Errorf("tls: %w", err)
	}
	return &t, nil
}

// calling is what connections that we make show and believe; nil is the system's
// authorities.
func (t *certificates) calling() *transport.TLS {
	if t == nil {
		return nil
	}
	return t.dial
}

// of is what a listener shows; nil where there are no certificates.
func (t *certificates) of(network string) *transport.TLS {
	switch {
	case t == nil:
		return nil
	case network == "wss":
		return t.web
	}
	return t.sip
}

// reload reads the files again; on an error all stays as it was.
func (t *certificates) reload() error {
	if err := t.sip.Reload(); err != nil {
		return err
	}
	if err := t.dial.Reload(); err != nil {
		return err
	}
	return t.web.Reload()
}
