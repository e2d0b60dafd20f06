package gateway

import (
	"testing"

	"ringward/sip/sipmsg"
)

func TestInfoKey(t *testing.T) {
	for _, c := range []struct {
		contentType, body string
		want              rune
		ok                bool
	}{
		{"application/dtmf-relay", "Signal=1\r\nDuration=160\r\n", '1', true},
		{"application/dtmf-relay", "signal= *\nDuration=160", '*', true},
		{"Application/DTMF", "2", '2', true},
		{"application/dtmf-relay", "Duration=160", 0, false},
		{"application/dtmf-relay", "Signal=12", 0, false},
		{"application/dtmf", "x", 0, false},
		{"text/plain", "1", 0, false},
		{"application/dtmf", "", 0, false},
	} {
		m := sipmsg.NewRequest("INFO", "sip:a@b")
		m.Set("Content-Type", c.contentType)
		m.Body = []byte(c.body)
		if got, ok := infoKey(m); got != c.want || ok != c.ok {
			t.Errorf("%s %q: got %q, %v; want %q, %v", c.contentType, c.body, got, ok, c.want, c.ok)
		}
	}
}
