package media

import "testing"

// A key that was taken from the other side stays taken to its last packet,
// also when capture ends with the key's first end packet.
func TestBreachCapturedKeyStaysCapturedToItsEnd(t *testing.T) {
	r, src := talking(t), newSource()
	r.b.Digits(Merchant)
	r.b.CaptureDigits(Merchant, true)
	r.talk(Merchant, src, 2)
	r.out(Caller)
	for _, d := range []uint16{160, 320, 480} {
		r.in(Merchant, src.key(1, d, false))
		r.pass(20e6)
	}
	r.in(Merchant, src.key(1, 480, true))
	r.b.CaptureDigits(Merchant, false) // the key is known: 1 connects
	r.pass(20e6)
	r.in(Merchant, src.key(1, 480, true))
	r.in(Merchant, src.key(1, 480, true))
	for i, p := range r.out(Caller) {
		if p.pt == 101 {
			t.Errorf("packet %d at the caller is an event: % x", i, p.payload)
		}
	}
}
