package main

import (
	"crypto/x509"
	"fmt"
	"log/slog"
	"os"

	"ringward/cmd/ringward/config"
	"ringward/gateway"
	"ringward/stir/certs"
)

// openIdentities reads the roots that signed caller identities are believed by,
// and makes the store of their certificates: nil where nothing is configured.
func openIdentities(c config.Identity, log *slog.Logger) (gateway.Identities, *certs.Store, error) {
	if len(c.Roots) == 0 {
		return gateway.Identities{}, nil, nil
	}
	roots := x509.NewCertPool()
	for _, file := range c.Roots {
		text, err := os.ReadFile(file)
		if err != nil {
			return gateway.Identities{}, nil, fmt.Errorf("identity.roots: %w", err)
		}
		if !roots.AppendCertsFromPEM(text) {
			return gateway.Identities{}, nil, fmt.Errorf("identity.roots: %s holds no certificate in PEM", file)
		}
	}
	store := certs.New(certs.Options{Log: log, Inside: c.Private})
	return gateway.Identities{Certificates: store, Roots: roots, Wait: c.Wait, Fresh: c.Fresh}, store, nil
}

func identityOf(t config.Trunk) gateway.IdentityCheck {
	i, _ := gateway.ParseIdentityCheck(t.Identity) // checked by config
	return i
}
