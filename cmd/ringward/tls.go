package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

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

// reloadTLS reads the certificates again on every SIGHUP, until ctx ends.
// Connections that exist stay; on an error all stays as it was.
func (a *app) reloadTLS(ctx context.Context) error {
	if a.tls == nil {
		return nil
	}
	hup := make(chan os.Signal, 1)
	signal.Notify(hup, syscall.SIGHUP)
	defer signal.Stop(hup)
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-hup:
			if err := a.tls.Reload(); err != nil {
				a.log.Error("certificates stay as they are", "err", err)
				continue
			}
			a.log.Info("certificates read again")
		}
	}
}
