// Package stirtest makes what tests of caller identities need: an authority,
// certificates with lists of numbers, and signed Identity header fields.
package stirtest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"testing"
	"time"

	"ringward/sip/jws"
)

// Authority is a root that signs certificates.
type Authority struct {
	t    testing.TB
	Cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// NewAuthority makes a root.
func NewAuthority(t testing.TB) *Authority {
	t.Helper()
	a := &Authority{t: t, key: Key(t, elliptic.P256())}
	c := template("root")
	c.IsCA, c.BasicConstraintsValid, c.KeyUsage = true, true, x509.KeyUsageCertSign
	a.Cert = a.create(c, c, &a.key.PublicKey, a.key)
	return a
}

// Roots is the pool with this root in it.
func (a *Authority) Roots() *x509.CertPool {
	p := x509.NewCertPool()
	p.AddCert(a.Cert)
	return p
}

// PEM is the root in PEM.
func (a *Authority) PEM() []byte { return Encode(a.Cert) }

// Key makes a private key.
func Key(t testing.TB, curve elliptic.Curve) *ecdsa.PrivateKey {
	t.Helper()
	k, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func template(name string) *x509.Certificate {
	serial, _ := rand.Int(rand.Reader, big.NewInt(1<<62))
	return &x509.Certificate{SerialNumber: serial, Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-24 * time.Hour), NotAfter: time.Now().Add(365 * 24 * time.Hour), KeyUsage: x509.KeyUsageDigitalSignature}
}

func (a *Authority) create(c, parent *x509.Certificate, pub *ecdsa.PublicKey, key *ecdsa.PrivateKey) *x509.Certificate {
	a.t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, c, parent, pub, key)
	if err != nil {
		a.t.Fatal(err)
	}
	out, err := x509.ParseCertificate(der)
	if err != nil {
		a.t.Fatal(err)
	}
	return out
}

// Signer is who signs identities: a key and its certificates.
type Signer struct {
	Key   *ecdsa.PrivateKey
	Chain []*x509.Certificate
}

// Signer makes a certificate with a TNAuthList (DER, nil for none); change may
// alter the template, nil changes nothing.
func (a *Authority) Signer(list []byte, change func(*x509.Certificate)) *Signer {
	a.t.Helper()
	return a.SignerWith(Key(a.t, elliptic.P256()), list, change)
}

// SignerWith is Signer for a key of the test's own.
func (a *Authority) SignerWith(key *ecdsa.PrivateKey, list []byte, change func(*x509.Certificate)) *Signer {
	a.t.Helper()
	c := template("signer")
	if list != nil {
		c.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 1, 26}, Value: list}}
	}
	if change != nil {
		change(c)
	}
	return &Signer{key, []*x509.Certificate{a.create(c, a.Cert, &key.PublicKey, a.key)}}
}

// Below makes an authority between this one and a signer, with a list of its own.
func (a *Authority) Below(list []byte) *Authority {
	a.t.Helper()
	key := Key(a.t, elliptic.P256())
	c := template("between")
	c.IsCA, c.BasicConstraintsValid, c.KeyUsage = true, true, x509.KeyUsageCertSign
	if list != nil {
		c.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 1, 26}, Value: list}}
	}
	return &Authority{t: a.t, key: key, Cert: a.create(c, a.Cert, &key.PublicKey, a.key)}
}

// Encode is a chain in PEM.
func Encode(chain ...*x509.Certificate) []byte {
	var out []byte
	for _, c := range chain {
		out = append(out, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})...)
	}
	return out
}

// Entry is one element of a TNAuthList in DER: tag 0 a provider, 1 a range, 2 a
// number.
func Entry(tag int, inner []byte) asn1.RawValue {
	return asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: tag, IsCompound: true, Bytes: inner}
}

// List is a TNAuthList of entries.
func List(t testing.TB, entries ...asn1.RawValue) []byte {
	t.Helper()
	return marshal(t, entries, "")
}

// Provider is a list with a service provider code.
func Provider(t testing.TB, code string) []byte {
	t.Helper()
	return List(t, Entry(0, marshal(t, code, "ia5")))
}

// Number is a list with one number.
func Number(t testing.TB, number string) []byte {
	t.Helper()
	return List(t, Entry(2, marshal(t, number, "ia5")))
}

// Range is a list with a run of numbers.
func Range(t testing.TB, start string, count int) []byte {
	t.Helper()
	type r struct {
		Start string `asn1:"ia5"`
		Count int
	}
	return List(t, Entry(1, marshal(t, r{start, count}, "")))
}

func marshal(t testing.TB, v any, params string) []byte {
	t.Helper()
	b, err := asn1.MarshalWithParams(v, params)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Claims are what a token says.
type Claims map[string]any

// Call are the claims of a call from orig to dest at a time.
func Call(orig, dest string, at time.Time) Claims {
	return Claims{"orig": map[string]any{"tn": orig}, "dest": map[string]any{"tn": []string{dest}}, "iat": at.Unix()}
}

// With returns the claims with one more, or another value of one.
func (c Claims) With(name string, value any) Claims {
	out := Claims{}
	for k, v := range c {
		out[k] = v
	}
	out[name] = value
	return out
}

// Identity signs claims and writes the header field's value, full form.
func (s *Signer) Identity(t testing.TB, ppt, info string, claims Claims) string {
	t.Helper()
	head := map[string]any{"alg": "ES256", "typ": "passport", "x5u": info}
	if ppt != "" {
		head["ppt"] = ppt
	}
	return s.Sign(t, head, claims) + params(ppt, info)
}

// Sign signs any header and claims.
func (s *Signer) Sign(t testing.TB, head map[string]any, claims Claims) string {
	t.Helper()
	h, err1 := json.Marshal(head)
	p, err2 := json.Marshal(claims)
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	token, err := jws.Sign(h, p, s.Key)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func params(ppt, info string) string {
	out := ";info=<" + info + ">;alg=ES256"
	if ppt != "" {
		out += `;ppt="` + ppt + `"`
	}
	return out
}
