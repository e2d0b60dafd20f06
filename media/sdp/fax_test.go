package sdp_test

import (
	"errors"
	"net/netip"
	"strings"
	"testing"

	"ringward/media/sdp"
)

// faxOffer is a re-INVITE to T.38 as gateways send it.
var faxOffer = describe("m=audio 0 RTP/AVP 8", "m=image 4400 UDPTL t38", "c=IN IP4 10.9.8.8", "a=T38FaxVersion:0", "a=T38MaxBitRate:14400",
	"a=t38FaxRateManagement:transferredTCF", "a=T38FaxMaxDatagram:200", "a=T38VendorInfo:10.9.8.7", "a=sendrecv", "a=x-secret:1")

func TestFaxForPeer(t *testing.T) {
	s := parse(t, faxOffer)
	if f, ok := s.Fax(); !ok || f.Index != 1 || f.At != netip.MustParseAddrPort("10.9.8.8:4400") || f.Held {
		t.Errorf("got %+v, %v", f, ok)
	}
	out, err := s.FaxForPeer(ours)
	if err != nil {
		t.Fatal(err)
	}
	want := "v=0\r\no=- 5 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 0 RTP/AVP 8\r\nm=image 30000 udptl t38\r\n" +
		"a=T38FaxVersion:0\r\na=T38MaxBitRate:14400\r\na=t38FaxRateManagement:transferredTCF\r\na=T38FaxMaxDatagram:200\r\n"
	if string(out) != want {
		t.Errorf("got\n%s\nwant\n%s", out, want)
	}
}

func TestFax(t *testing.T) {
	for _, c := range []struct {
		name  string
		media []string
		is    bool
		err   error
	}{
		{"fax alone", []string{"m=image 4400 udptl t38"}, true, nil},
		{"fax and audio", []string{"m=image 4400 udptl t38", "m=audio 4000 RTP/AVP 8"}, false, sdp.ErrNoAudio},
		{"refused", []string{"m=image 0 udptl t38"}, false, sdp.ErrNoAudio},
		{"over TCP", []string{"m=image 4400 tcptl t38"}, false, sdp.ErrNoAudio},
		{"two faxes", []string{"m=image 0 udptl t38", "m=image 4400 udptl t38"}, true, nil},
		{"to a low port", []string{"m=image 53 udptl t38"}, true, sdp.ErrAddress},
		{"to a group", []string{"m=image 4400 udptl t38", "c=IN IP4 224.0.0.1"}, true, sdp.ErrAddress},
		{"to a name", []string{"m=image 4400 udptl t38", "c=IN IP4 fax.example.com"}, true, sdp.ErrAddress},
		{"held", []string{"m=image 4400 udptl t38", "c=IN IP4 0.0.0.0"}, true, nil},
	} {
		s := parse(t, describe(c.media...))
		if _, ok := s.Fax(); ok != c.is {
			t.Errorf("%s: fax %v, want %v", c.name, ok, c.is)
		}
		if err := s.CheckFax(); !errors.Is(err, c.err) {
			t.Errorf("%s: got %v, want %v", c.name, err, c.err)
		}
	}
}

func TestAgreeFax(t *testing.T) {
	offer := parse(t, faxOffer)
	for _, c := range []struct {
		name   string
		answer []byte
		err    error
	}{
		{"taken up", describe("m=audio 0 RTP/AVP 8", "m=image 5500 udptl t38"), nil},
		{"refused", describe("m=audio 0 RTP/AVP 8", "m=image 0 udptl t38"), sdp.ErrNoAudio},
		{"one section", describe("m=image 5500 udptl t38"), sdp.ErrMismatch},
		{"sound instead", describe("m=audio 5500 RTP/AVP 8", "m=image 5500 udptl t38"), sdp.ErrMismatch},
		{"to ourselves nowhere", describe("m=audio 0 RTP/AVP 8", "m=image 5500 udptl t38", "c=IN IP4 255.255.255.255"), sdp.ErrAddress},
	} {
		o, a, err := sdp.AgreeFax(offer, parse(t, c.answer))
		if !errors.Is(err, c.err) {
			t.Errorf("%s: got %v, want %v", c.name, err, c.err)
		}
		if err == nil && (o.At.Port() != 4400 || a.At.Port() != 5500) {
			t.Errorf("%s: agreed on %v and %v", c.name, o.At, a.At)
		}
	}
}

// FuzzFax: what goes to the other leg is a fax stream at our address, without a word of the inner side's.
func FuzzFax(f *testing.F) {
	f.Add(faxOffer)
	f.Add(describe("m=image 4400 udptl t38", "a=T38FaxVersion:0"))
	f.Fuzz(func(t *testing.T, body []byte) {
		s, err := sdp.Parse(body)
		if err != nil {
			return
		}
		out, err := s.FaxForPeer(ours)
		if err != nil {
			return
		}
		again, err := sdp.Parse(out)
		if err != nil {
			t.Fatalf("cannot be read: %v\n%s", err, out)
		}
		fax, ok := again.Fax()
		if !ok || fax.At != netip.AddrPortFrom(ours.Addr, ours.RTPPort) || again.Media() != s.Media() {
			t.Errorf("got %+v, %v of\n%s", fax, ok, out)
		}
		if strings.Count(string(out), "a=") > 64 || len(out) > 2*sdp.MaxBytes {
			t.Errorf("%d octets:\n%s", len(out), out)
		}
	})
}
