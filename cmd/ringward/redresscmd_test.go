package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ringward/sip/jws"
)

func TestRedressSignsTheCard(t *testing.T) {
	dir := t.TempDir()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	keyFile, file := filepath.Join(dir, "key.pem"), filepath.Join(dir, "ringward.yaml")
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(keyFile, string(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der})))
	write(file, fmt.Sprintf("redress:\n  url: https://example.com/blocked\n  card:\n    url: https://example.com/card\n    certificate: https://example.com/cert\n    key: %s\n", keyFile))
	var out, errs bytes.Buffer
	if status := run(t.Context(), stdio{out: &out, err: &errs}, []string{"redress", "--config", file}); status != 0 {
		t.Fatalf("status %d: %s", status, &errs)
	}
	token, err := jws.Parse(out.String())
	if err != nil {
		t.Fatal(err)
	}
	if err := token.Verify(&key.PublicKey); err != nil || !strings.Contains(string(token.Payload), "https://example.com/blocked") {
		t.Errorf("%v: %s", err, token.Payload)
	}
	write(keyFile, "nothing")
	if status := run(t.Context(), stdio{out: &out, err: &errs}, []string{"redress", "--config", file}); status != 1 || !strings.Contains(errs.String(), "openssl") {
		t.Errorf("status %d: %s", status, &errs)
	}
	write(file, "redress:\n  card:\n    url: http://example.com/card\n")
	errs.Reset()
	if status := run(t.Context(), stdio{out: &out, err: &errs}, []string{"redress", "--config", file}); status != 1 || strings.Count(errs.String(), "redress.card") != 4 {
		t.Errorf("status %d: %s", status, &errs)
	}
}
