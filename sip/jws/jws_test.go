package jws_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"strings"
	"testing"

	"ringward/sip/jws"
)

func newKey(t testing.TB, curve elliptic.Curve) *ecdsa.PrivateKey {
	t.Helper()
	k, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestSignedIsVerified(t *testing.T) {
	key, other := newKey(t, elliptic.P256()), newKey(t, elliptic.P256())
	s, err := jws.Sign([]byte(`{"alg":"ES256"}`), []byte(`{"iat":1}`), key)
	if err != nil {
		t.Fatal(err)
	}
	token, err := jws.Parse(s)
	if err != nil {
		t.Fatal(err)
	}
	if string(token.Header) != `{"alg":"ES256"}` || string(token.Payload) != `{"iat":1}` {
		t.Errorf("got %s and %s", token.Header, token.Payload)
	}
	for _, c := range []struct {
		name  string
		token jws.Token
		key   *ecdsa.PublicKey
		want  error
	}{
		{"its key", token, &key.PublicKey, nil},
		{"another key", token, &other.PublicKey, jws.ErrSignature},
		{"no key", token, nil, jws.ErrKey},
		{"another curve", token, &newKey(t, elliptic.P384()).PublicKey, jws.ErrKey},
		{"other claims", token.With(token.Header, []byte(`{"iat":2}`)), &key.PublicKey, jws.ErrSignature},
		{"the same claims put together anew", token.With(token.Header, token.Payload), &key.PublicKey, nil},
	} {
		if err := c.token.Verify(c.key); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", c.name, err, c.want)
		}
	}
	if _, err := jws.Sign(nil, nil, newKey(t, elliptic.P384())); !errors.Is(err, jws.ErrKey) {
		t.Errorf("signed with P-384: %v", err)
	}
}

func TestMalformedIsRefused(t *testing.T) {
	sig := strings.Repeat("A", 86)
	for _, s := range []string{"", "a", "a.b", "a.b.c.d", "." + sig, "e30.." + sig, ".e30." + sig, "e30.e30.", "e30.e30.AAAA",
		"e30=.e30." + sig, "e3 0.e30." + sig, "e30.e30." + sig[:85] + "B"} {
		if _, err := jws.Parse(s); !errors.Is(err, jws.ErrSyntax) {
			t.Errorf("%q: got %v, want it refused", s, err)
		}
	}
	if _, err := jws.Parse(".." + sig); err != nil {
		t.Errorf("the compact form: %v", err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add("e30.e30." + strings.Repeat("A", 86))
	f.Add(".." + strings.Repeat("A", 86))
	key := newKey(f, elliptic.P256())
	f.Fuzz(func(t *testing.T, s string) {
		token, err := jws.Parse(s)
		if err != nil {
			return
		}
		if len(token.Header)+len(token.Payload) > len(s) {
			t.Errorf("%d octets made of %d", len(token.Header)+len(token.Payload), len(s))
		}
		if token.Verify(&key.PublicKey) == nil {
			t.Errorf("a key made at random signed %q", s)
		}
	})
}
