package gateway

import (
	"crypto/ecdsa"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"ringward/sip/jws"
)

// Card is the signed contact that the Call-Info of a 608 points to (RFC 8688
// §3.2): whom a caller can complain to, in a form that machines believe.
type Card struct {
	Redress
	Name        string            // of who blocks, as people know it
	Certificate string            // https URL of the certificate (x5u)
	Key         *ecdsa.PrivateKey // P-256
}

// cardHeader is the protected header of RFC 8688 §3.2.1.
type cardHeader struct {
	Alg string `json:"alg"`
	Typ string `json:"typ"`
	X5U string `json:"x5u"`
}

// cardClaims are its claims: the time of signing and a jCard (RFC 7095).
type cardClaims struct {
	IssuedAt int64 `json:"iat"`
	JCard    []any `json:"jcard"`
}

// Sign makes the card as it is fetched: a compact JWS. A card without any
// contact is an error: RFC 8688 asks for at least one.
func (c Card) Sign(now time.Time) (string, error) {
	if c.URL == "" && c.Tel == "" && c.Email == "" {
		return "", errors.New("sign the redress card: no url, tel or email to complain to")
	}
	header, err := json.Marshal(cardHeader{Alg: "ES256", Typ: "vcard+json", X5U: c.Certificate})
	if err != nil {
		return "", fmt.Errorf("sign the redress card: %w", err)
	}
	claims, err := json.Marshal(cardClaims{IssuedAt: now.Unix(), JCard: c.jcard()})
	if err != nil {
		return "", fmt.Errorf("sign the redress card: %w", err)
	}
	return jws.Sign(header, claims, c.Key)
}

// jcard is the contact in RFC 7095 form; version and fn must be there.
func (c Card) jcard() []any {
	none := struct{}{}
	name := c.Name
	if name == "" {
		name = "Ringward"
	}
	fields := []any{[]any{"version", none, "text", "4.0"}, []any{"fn", none, "text", name}}
	for _, f := range []struct{ name, kind, value string }{{"url", "uri", c.URL}, {"email", "text", c.Email}} {
		if f.value != "" {
			fields = append(fields, []any{f.name, none, f.kind, f.value})
		}
	}
	if c.Tel != "" {
		fields = append(fields, []any{"tel", map[string]any{"type": "voice"}, "uri", "tel:" + c.Tel})
	}
	return []any{"vcard", fields}
}
