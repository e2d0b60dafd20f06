package media

import (
	"strings"

	"ringward/media/g711"
)

// kind is what a payload type of a side means.
type kind uint8

const (
	unknown kind = iota // not negotiated: dropped
	opaque              // a codec that we pass untouched
	voice               // G.711
	event               // telephone-event
	noise               // comfort noise
)

// hop is what becomes of a payload type on its way to the other side.
type hop struct {
	kind  kind
	cross bool  // the other side takes it
	pt    uint8 // its payload type there
	law   g711.Law
	to    g711.Law // law there; differs when the sides agreed on different ones
}

// hops maps every payload type that side a may send to side b. A side without
// codecs sends and takes everything as it is.
func hops(a, b Flow) (t [128]hop) {
	for pt := range t {
		if len(a.Codecs) == 0 {
			t[pt] = hop{kind: opaque, cross: len(b.Codecs) == 0, pt: uint8(pt)}
		}
	}
	if len(a.Codecs) == 0 {
		t[PCMU.PayloadType] = voiceHop(PCMU, b)
		t[PCMA.PayloadType] = voiceHop(PCMA, b)
	}
	for i := len(a.Codecs) - 1; i >= 0; i-- { // the first of a payload type wins
		c := a.Codecs[i]
		if c.IsG711() {
			t[c.PayloadType&127] = voiceHop(c, b)
			continue
		}
		o, ok := find(b, c)
		t[c.PayloadType&127] = hop{kind: opaque, cross: ok, pt: o.PayloadType & 127}
	}
	if a.Events != 0 {
		t[a.Events&127] = hop{kind: event, cross: b.Events != 0, pt: b.Events & 127}
	}
	if a.CN != 0 {
		t[a.CN&127] = hop{kind: noise, cross: b.CN != 0, pt: b.CN & 127}
	}
	return t
}

// voiceHop sends G.711 on in the same law, or in the other if that is all the
// other side has.
func voiceHop(c Codec, b Flow) hop {
	h := hop{kind: voice, law: lawOf(c)}
	o, ok := find(b, c)
	if !ok {
		o, ok = firstG711(b.Codecs)
	}
	if ok {
		h.cross, h.pt, h.to = true, o.PayloadType&127, lawOf(o)
	}
	return h
}

func find(f Flow, c Codec) (Codec, bool) {
	if len(f.Codecs) == 0 {
		return c, true
	}
	found, ok := Codec{}, false
	for _, o := range f.Codecs {
		switch {
		case !o.same(c):
		case o.PayloadType == c.PayloadType:
			return o, true // one of several forms of it, told apart by fmtp alone (AMR)
		case !ok:
			found, ok = o, true
		}
	}
	return found, ok
}

// common is what both sides have, in the order of a: an offer names more than
// its answer. Without anything in common, or with nothing known of b, it is all
// that a has.
func common(a, b Flow) (both []Codec) {
	for _, c := range a.Codecs {
		if _, ok := find(b, c); ok {
			both = append(both, c)
		}
	}
	if len(both) == 0 {
		return a.Codecs
	}
	return both
}

// firstG711 is the G.711 codec that we use towards a side.
func firstG711(codecs []Codec) (Codec, bool) {
	for _, c := range codecs {
		if c.IsG711() {
			return c, true
		}
	}
	return Codec{}, false
}

func lawOf(c Codec) g711.Law {
	if strings.EqualFold(c.Name, "PCMA") {
		return g711.A
	}
	return g711.Mu
}
