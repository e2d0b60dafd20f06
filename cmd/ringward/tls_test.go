package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// selfSigned writes a certificate for 127.0.0.1 and returns its pool.
func selfSigned(t *testing.T, dir string) *x509.CertPool {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "ringward test"}, NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{"cert.pem": {Type: "CERTIFICATE", Bytes: der}, "key.pem": {Type: "PRIVATE KEY", Bytes: private}} {
		if err := os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	pool := x509.NewCertPool()
	pool.AddCert(mustParse(t, der))
	return pool
}

func mustParse(t *testing.T, der []byte) *x509.Certificate {
	t.Helper()
	c, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestServeTLS asks a gateway with a TLS listener for its abilities.
func TestServeTLS(t *testing.T) {
	dir := t.TempDir()
	pool := selfSigned(t, dir)
	file := filepath.Join(dir, "ringward.yaml")
	text := "data: " + filepath.Join(dir, "data") + "\nlisten: [tls://127.0.0.1:35061]\nmedia: {ports: 36400-36799}\nlimits: {calls: 50}\n" +
		"console: {listen: \"127.0.0.1:0\"}\n" +
		"tls: {certificate: " + filepath.Join(dir, "cert.pem") + ", key: " + filepath.Join(dir, "key.pem") + "}\n" +
		"trunks: [{name: carrier, sources: [127.0.0.1/32]}]\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, term := context.WithCancel(t.Context())
	var out, errs bytes.Buffer
	served := make(chan int, 1)
	pr := &notify{Writer: &out, wrote: make(chan struct{}, 1)}
	go func() {
		served <- run(ctx, stdio{strings.NewReader(""), pr, &errs}, []string{"serve", "--config", file})
	}()
	select {
	case <-pr.wrote:
	case status := <-served:
		t.Fatalf("serve ended with status %d: %s", status, errs.String())
	}
	defer func() { term(); <-served }()
	var conn *tls.Conn
	var err error
	for range 200 { // the listener opens just after the welcome
		if conn, err = tls.Dial("tcp", "127.0.0.1:35061", &tls.Config{RootCAs: pool}); err == nil {
			break
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_, err = conn.Write([]byte("OPTIONS sip:gw@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TLS 127.0.0.1:5061;branch=z9hG4bK-tls\r\nMax-Forwards: 70\r\n" +
		"From: <sip:a@127.0.0.1>;tag=1\r\nTo: <sip:gw@127.0.0.1>\r\nCall-ID: tls-1\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.SetReadDeadline(time.Now().Add(20 * time.Second))
	b := make([]byte, 4096)
	n, err := conn.Read(b)
	if err != nil || !strings.HasPrefix(string(b[:n]), "SIP/2.0 200 ") {
		t.Errorf("got %q, %v; want 200", b[:n], err)
	}
}
