package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"time"

	"ringward/cmd/ringward/config"
	"ringward/gateway"
)

const redressUsage = `redress --config FILE

Signs the card that a 608 points to (RFC 8688) with the key that redress.card
names, and writes it to standard output: put it where redress.card.url says, and
make it anew every day, because receivers look at its date.`

func runRedress(_ context.Context, io stdio, args []string) error {
	f := newFlags(io, "redress", redressUsage)
	file := f.String("config", "", "configuration `FILE`")
	if rest, err := f.parse(args); err != nil {
		return err
	} else if len(rest) > 0 || *file == "" {
		return f.wrong("give --config FILE and nothing else")
	}
	cfg, err := config.Load(*file)
	if err != nil {
		return fmt.Errorf("the configuration is not usable:\n%w", err)
	}
	c := cfg.Redress.Card
	if c.URL == "" {
		return errors.New("no card is configured: fill in redress.card")
	}
	key, err := readSigningKey(c.Key)
	if err != nil {
		return err
	}
	text, err := gateway.Card{Redress: redressOf(cfg.Redress), Name: c.Name, Certificate: c.Certificate, Key: key}.Sign(time.Now())
	if err != nil {
		return err
	}
	fmt.Fprint(io.out, text)
	return nil
}

// readSigningKey reads a private key on P-256, PKCS #8 or SEC 1.
func readSigningKey(file string) (*ecdsa.PrivateKey, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("redress.card.key: %w", err)
	}
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		if k, err := x509.ParseECPrivateKey(block.Bytes); err == nil {
			return k, nil
		}
		if k, err := x509.ParsePKCS8PrivateKey(block.Bytes); err == nil {
			if k, ok := k.(*ecdsa.PrivateKey); ok {
				return k, nil
			}
		}
	}
	return nil, fmt.Errorf("redress.card.key: %s holds no private key for ES256: make one with openssl ecparam -name prime256v1 -genkey -noout", file)
}

func redressOf(r config.Redress) gateway.Redress {
	return gateway.Redress{URL: r.URL, Tel: r.Tel, Email: r.Email, CardURL: r.Card.URL, Silent: r.Silent}
}
