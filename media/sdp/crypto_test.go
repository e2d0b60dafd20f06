package sdp_test

import (
	"encoding/base64"
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"ringward/media/sdp"
)

var key30 = base64.StdEncoding.EncodeToString([]byte(strings.Repeat("k", 30)))

func secured(profile, crypto string) string {
	return "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 4000 " + profile + " 8\r\n" + crypto
}

// What of RFC 4568 is taken, and what is not.
func TestCryptoLines(t *testing.T) {
	for _, c := range []struct {
		line string
		want string // tag and suite, "" refused
	}{
		{"1 AES_CM_128_HMAC_SHA1_80 inline:" + key30, "1 AES_CM_128_HMAC_SHA1_80"},
		{"7 aes_cm_128_hmac_sha1_32 inline:" + key30 + "|2^31", "7 AES_CM_128_HMAC_SHA1_32"},
		{"1 AES_CM_128_HMAC_SHA1_80 inline:" + key30 + "|1000 WSH=64 -x=1", "1 AES_CM_128_HMAC_SHA1_80"},
		{"2 AEAD_AES_128_GCM inline:" + base64.StdEncoding.EncodeToString(make([]byte, 28)), "2 AEAD_AES_128_GCM"},
		{"3 AEAD_AES_256_GCM inline:" + base64.RawStdEncoding.EncodeToString(make([]byte, 44)), "3 AEAD_AES_256_GCM"},
		{"1 AES_CM_128_HMAC_SHA1_80 inline:" + key30 + "|2^31|1:4", ""}, // master key identifier
		{"1 AES_CM_128_HMAC_SHA1_80 inline:" + key30 + "|1:4", ""},
		{"1 AES_CM_128_HMAC_SHA1_80 inline:" + key30 + ";inline:" + key30, ""},
		{"1 AES_CM_128_HMAC_SHA1_80 inline:" + key30 + " UNENCRYPTED_SRTP", ""},
		{"1 AES_CM_128_HMAC_SHA1_80 inline:" + key30 + " UNAUTHENTICATED_SRTP", ""},
		{"1 AES_CM_128_HMAC_SHA1_80 inline:" + key30 + " UNENCRYPTED_SRTCP", ""},
		{"1 AES_CM_128_HMAC_SHA1_80 inline:" + key30 + " KDR=1", ""},
		{"1 AES_CM_128_HMAC_SHA1_80 inline:" + key30 + " FEC_ORDER=FEC_SRTP", ""},
		{"1 AES_CM_128_HMAC_SHA1_80 inline:AAAA", ""},
		{"1 F8_128_HMAC_SHA1_80 inline:" + key30, ""},
		{"1 NULL_HMAC_SHA1_80 inline:" + key30, ""},
		{"x AES_CM_128_HMAC_SHA1_80 inline:" + key30, ""},
		{"1 AES_CM_128_HMAC_SHA1_80", ""},
		{"1 AES_CM_128_HMAC_SHA1_80 uri:" + key30, ""},
	} {
		s, err := sdp.Parse([]byte(secured("RTP/SAVP", "a=crypto:"+c.line+"\r\n")))
		if err != nil {
			t.Fatal(err)
		}
		a, _ := s.Audio()
		got := ""
		if len(a.Crypto) > 0 {
			got = a.Crypto[0].String()
		}
		if got != c.want {
			t.Errorf("%s: got %q, want %q", c.line, got, c.want)
		}
		if err := s.Check(); (err == nil) != (c.want != "") {
			t.Errorf("%s: Check says %v", c.line, err)
		}
	}
}

// The profile is the leg's own: what crosses has the keys of neither party.
func TestProtectionEndsAtTheLeg(t *testing.T) {
	local := sdp.Local{Addr: netip.MustParseAddr("198.51.100.1"), RTPPort: 30000}
	in, err := sdp.Parse([]byte(secured("RTP/SAVP", "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:"+key30+"\r\n")))
	if err != nil {
		t.Fatal(err)
	}
	plain, err := in.ForPeer(local)
	if err != nil {
		t.Fatal(err)
	}
	if s := string(plain); strings.Contains(s, "crypto") || strings.Contains(s, key30) || !strings.Contains(s, " RTP/AVP 8") {
		t.Errorf("in the clear:\n%s", s)
	}
	local.Secure, local.Crypto = true, sdp.NewCryptos()
	protected, err := in.ForPeer(local)
	if err != nil {
		t.Fatal(err)
	}
	again, err := sdp.Parse(protected)
	if err != nil {
		t.Fatal(err)
	}
	a, _ := again.Audio()
	if a.Profile != "RTP/SAVP" || len(a.Crypto) != 4 || strings.Contains(string(protected), key30) {
		t.Errorf("protected:\n%s", protected)
	}
	for i, c := range a.Crypto {
		if string(c.Key) != string(local.Crypto[i].Key) || c.Tag != uint32(i+1) {
			t.Errorf("line %d came back as %v", i, c)
		}
	}
	answer, err := sdp.Parse([]byte(secured("RTP/AVP", "")))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := sdp.Agree(in, answer); err != nil {
		t.Errorf("a protected offer and the other leg's answer in the clear: %v", err)
	}
}

func TestKeysAreNotPrinted(t *testing.T) {
	c := sdp.NewCryptos()[0]
	secret := string(c.Key)
	for _, s := range []string{fmt.Sprint(c), fmt.Sprintf("%v %+v %#v %s", c, c, c, c), fmt.Sprintf("%+v", []sdp.Crypto{c})} {
		if strings.Contains(s, secret) || strings.Contains(s, base64.StdEncoding.EncodeToString(c.Key)) || strings.Contains(s, "0x") {
			t.Errorf("a key in %q", s)
		}
	}
}
