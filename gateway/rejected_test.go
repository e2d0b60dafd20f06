package gateway_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"testing"
	"time"

	"ringward/gateway"
	"ringward/screening"
	"ringward/sip/jws"
	"ringward/softphone"
)

func blockWith(r screening.Response) func(*gateway.Line) {
	return func(l *gateway.Line) { l.Policy = screening.Policy{Mode: screening.ModeBlock, BlockResponse: r} }
}

// RFC 8688 §3.4: who is not known to understand 608 hears it said, unpaid.
func TestBlockedCallerHearsSo(t *testing.T) {
	for _, c := range []struct {
		name   string
		caps   string
		line   func(*gateway.Line)
		status int
		hears  bool
	}{
		{"no capability", "", blockWith(screening.ResponseRejected), 608, true},
		{"another one", "*;+sip.607", blockWith(screening.ResponseRejected), 608, true},
		{"sip.608", `*;+g.x="y";+sip.608`, blockWith(screening.ResponseRejected), 608, false},
		{"603+", "", blockWith(screening.ResponseNetworkBlocked), 603, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, options{numbers: scamListing(scammer), line: c.line, config: func(g *gateway.Config) {
				g.Redress = gateway.Redress{URL: "https://example.com/blocked", CardURL: "https://example.com/card.jws"}
			}})
			var more []func(*softphone.Outgoing)
			if c.caps != "" {
				more = append(more, hdr("Feature-Caps", c.caps))
			}
			call := w.dial(scammer, more...)
			done(t, call.Over(), "the block")
			f := call.Failure()
			if f.Status != c.status {
				t.Fatalf("got %d", f.Status)
			}
			if p := power(call.Heard(), promptHz); (p > 0.3) != c.hears {
				t.Errorf("the caller hears the announcement at %.2f, want heard: %v", p, c.hears)
			}
			if got := f.Message.Get("Call-Info"); c.status == 608 && got != "<https://example.com/card.jws>;purpose=jwscard" {
				t.Errorf("Call-Info: %q", got)
			}
			if r := w.record(); r.Outcome != gateway.OutcomeBlocked || r.Status != c.status || hasEvent(r, "rejected-announcement", "") != c.hears {
				t.Errorf("got %+v", r)
			}
		})
	}
}

// A blocked caller that hangs up while he is told.
func TestBlockedCallerHangsUp(t *testing.T) {
	w := newWorld(t, options{numbers: scamListing(scammer), line: blockWith(screening.ResponseRejected), config: func(g *gateway.Config) {
		g.Redress.URL = "https://example.com/blocked"
		g.Voice = longWinded{beeps{}}
	}})
	call := w.dial(scammer)
	done(t, call.Ringing(), "the announcement")
	call.Hangup()
	done(t, call.Over(), "the end")
	if r := w.record(); r.Outcome != gateway.OutcomeBlocked {
		t.Errorf("got %+v", r)
	}
}

// longWinded is a voice that takes a minute for everything.
type longWinded struct{ beeps }

func (longWinded) Clip(string, string) []int16 { return sine(promptHz, time.Minute) }

// RFC 8688 §3.4: the capability goes to the phone only from callers that have it.
func TestFeatureCapsReachThePhone(t *testing.T) {
	inv, _ := seen(t, options{}, ordinary, hdr("Feature-Caps", "*;+sip.608"))
	if got := inv.Get("Feature-Caps"); got != "*;+sip.608" {
		t.Errorf("got %q", got)
	}
	if inv, _ = seen(t, options{}, ordinary); inv.Has("Feature-Caps") {
		t.Errorf("got %q from a caller without", inv.Get("Feature-Caps"))
	}
}

// RFC 8688 §3.2: the card is a JWS of a jCard.
func TestRedressCard(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	card := gateway.Card{Redress: gateway.Redress{URL: "https://example.com/blocked", Tel: "+862155550199", Email: "a@example.com"},
		Name: "示例", Certificate: "https://example.com/cert.pem", Key: key}
	text, err := card.Sign(time.Unix(1700000000, 0))
	must(t, err)
	token, err := jws.Parse(text)
	must(t, err)
	must(t, token.Verify(&key.PublicKey))
	if got := string(token.Header); got != `{"alg":"ES256","typ":"vcard+json","x5u":"https://example.com/cert.pem"}` {
		t.Errorf("header %s", got)
	}
	var claims map[string]any
	must(t, json.Unmarshal(token.Payload, &claims))
	want := `{"iat":1700000000,"jcard":["vcard",[["version",{},"text","4.0"],["fn",{},"text","示例"],["url",{},"uri","https://example.com/blocked"],["email",{},"text","a@example.com"],["tel",{"type":"voice"},"uri","tel:+862155550199"]]]}`
	if string(token.Payload) != want {
		t.Errorf("claims\n%s, want\n%s", token.Payload, want)
	}
	if _, err := (gateway.Card{Key: key}).Sign(time.Now()); err == nil {
		t.Error("a card without a contact was signed")
	}
}
