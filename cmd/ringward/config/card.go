package config

import (
	"fmt"
	"net/url"
	"strings"
)

// Card is the signed contact card of RFC 8688 that a 608 points to. `ringward
// redress` makes it; a web server of the operator's shows it under URL.
type Card struct {
	URL         string `yaml:"url"`         // https, where the card is fetched
	Key         string `yaml:"key"`         // PEM file, private key on the curve P-256
	Certificate string `yaml:"certificate"` // https, where the key's certificate is fetched
	Name        string `yaml:"name"`        // who blocks, as people know it
}

func (r Redress) contact() bool { return r.URL != "" || r.Tel != "" || r.Email != "" }

func checkCard(r Redress, d *decoder) {
	c := r.Card
	if c == (Card{}) {
		return
	}
	for key, v := range map[string]string{"redress.card.url": c.URL, "redress.card.certificate": c.Certificate} {
		if !isHTTPS(v) {
			d.add(key, fmt.Sprintf("%q is no https address", v), "for example https://example.com/ringward.jws")
		}
	}
	if c.Key == "" {
		d.add("redress.card.key", "missing", "the PEM file of the private key that signs the card")
	}
	if !r.contact() {
		d.add("redress.card", "a card with no contact on it", "fill in redress.url, redress.tel or redress.email")
	}
}

// isHTTPS reports whether s is an https address that can stand in a header.
func isHTTPS(s string) bool {
	u, err := url.Parse(s)
	return err == nil && u.Scheme == "https" && u.Host != "" && !strings.ContainsAny(s, "<>\"\\ ,;")
}
