package sdp_test

import (
	"bytes"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ringward/media/sdp"
)

// holds asserts what must be true of any body: it is refused, or what we write of it parses again, says the same, is
// not much longer and names no address of the inner side.
func holds(t *testing.T, in []byte) {
	t.Helper()
	s, err := sdp.Parse(in)
	if err != nil {
		return
	}
	sameBytes(t, s, in)
	out, err := s.ForPeer(ours)
	if err != nil {
		return
	}
	if len(out) > len(in)+2048 {
		t.Errorf("%d octets became %d", len(in), len(out))
	}
	for _, a := range addresses(in) {
		if strings.Contains(string(out), a) {
			t.Errorf("inner address %s is passed on:\n%s\nof\n%q", a, out, in)
		}
	}
	if strings.Contains(string(out), "a=crypto") {
		t.Errorf("a key is passed on:\n%s\nof\n%q", out, in)
	}
	again, err := sdp.Parse(out)
	if err != nil {
		if len(out) <= sdp.MaxBytes {
			t.Errorf("our own words do not parse: %v\n%s", err, out)
		}
		return
	}
	if again.Media() != s.Media() {
		t.Errorf("%d sections became %d", s.Media(), again.Media())
	}
	if twice, err := again.ForPeer(ours); err != nil || !bytes.Equal(twice, out) {
		t.Errorf("not stable: %v\n%s\nthen\n%s", err, out, twice)
	}
	if answer, err := s.AnswerFor(ours, []sdp.Codec{sdp.PCMA, sdp.PCMU}); err == nil {
		if _, err := sdp.Agree(s, parse(t, answer)); err != nil {
			t.Errorf("our answer does not fit the offer: %v\n%s\nfor\n%q", err, answer, in)
		}
	}
}

// sameBytes asserts that Bytes is stable from its first output on.
func sameBytes(t *testing.T, s *sdp.Session, in []byte) {
	t.Helper()
	b, err := s.Bytes()
	if err != nil {
		t.Fatalf("Bytes: %v of %q", err, in)
	}
	if len(b) > sdp.MaxBytes {
		return
	}
	again, err := sdp.Parse(b)
	if err != nil {
		t.Fatalf("Bytes does not parse: %v\n%q\nof\n%q", err, b, in)
	}
	if twice, err := again.Bytes(); err != nil || !bytes.Equal(b, twice) {
		t.Errorf("Bytes is not stable: %v\n%q\nthen\n%q", err, b, twice)
	}
}

// addresses are the IP addresses on the o= and c= lines and in the candidates, but for ours and those that say nothing.
func addresses(in []byte) []string {
	var list []string
	for line := range strings.SplitSeq(string(in), "\n") {
		if !strings.HasPrefix(line, "o=") && !strings.HasPrefix(line, "c=") && !strings.HasPrefix(line, "a=candidate:") {
			continue
		}
		for _, f := range strings.Fields(line) {
			f, _, _ = strings.Cut(f, "/")
			ip, err := netip.ParseAddr(f)
			if err != nil || ip.IsUnspecified() || strings.Contains(ours.Addr.String(), ip.Unmap().String()) {
				continue
			}
			list = append(list, f, ip.Unmap().String())
		}
	}
	return list
}

func FuzzSession(f *testing.F) {
	f.Add(webrtcOffer)
	f.Add(pbxOffer)
	f.Add(describe("m=audio 4000 RTP/AVP 0 101", "a=rtpmap:101 telephone-event/8000", "a=fmtp:101 0-15", "a=rtcp:4444"))
	f.Add(describe("m=image 4400 udptl t38", "a=T38FaxVersion:0", "m=audio 4000 RTP/AVP 8", "c=IN IP4 0.0.0.0", "a=recvonly"))
	f.Add(lines("v=0", "o=- 1 2 IN IP6 2001:db8:9::1", "s=-", "i=x", "u=http://a/b?c#d", "e=x", "p=y", "c=IN IP6 2001:db8:9::1", "b=AS:1",
		"t=1 2", "r=7d 1h 0 25h", "z=2882844526 -1h", "k=prompt", "a=inactive", "m=audio 4000 RTP/AVP 0 0 00", "a=fmtp:0 2001:db8:9::1"))
	files, _ := filepath.Glob(filepath.Join(torture, "seeds/pjsip-sd*/*")) // none where the corpus is not
	for _, file := range files {
		if text, err := os.ReadFile(file); err == nil {
			f.Add(text)
		}
	}
	f.Fuzz(holds)
}

func BenchmarkParse(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := sdp.Parse(pbxOffer); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkForPeer(b *testing.B) {
	s, err := sdp.Parse(pbxOffer)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.ForPeer(ours); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAgree(b *testing.B) {
	s, _ := sdp.Parse(pbxOffer)
	text, _ := s.AnswerFor(ours, []sdp.Codec{sdp.PCMA})
	answer, _ := sdp.Parse(text)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := sdp.Agree(s, answer); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkParseLargest is the most work that a hostile body can ask for: the largest one, wrong in its last line.
func BenchmarkParseLargest(b *testing.B) {
	body := append(describe("m=audio 4000 RTP/AVP"+strings.Repeat(" 0", sdp.MaxFormats)),
		strings.Repeat("a=rtpmap:0 x\r\n", 1000)...)
	body = append(body, "v=0\r\n"...)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := sdp.Parse(body); err == nil {
			b.Fatal("accepted")
		}
	}
}
