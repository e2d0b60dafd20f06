package sdp_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ringward/media/sdp"
)

// torture is the folder of attack messages; without it these tests are skipped.
const torture = "../../../shared/torture"

// corpus reads manifest.json: file name to what is expected of a SIP element that gets it.
func corpus(tb testing.TB) map[string]struct{ Kind, Expect, Note string } {
	tb.Helper()
	text, err := os.ReadFile(filepath.Join(torture, "manifest.json"))
	if err != nil {
		tb.Skipf("no attack messages in %s: %v", torture, err)
	}
	var m map[string]struct{ Kind, Expect, Note string }
	if err := json.Unmarshal(text, &m); err != nil {
		tb.Fatal(err)
	}
	return m
}

// body reads a file of the corpus and cuts the SIP head off; it reports false if the message carries no description.
func body(tb testing.TB, file, kind string) ([]byte, bool) {
	tb.Helper()
	text, err := os.ReadFile(filepath.Join(torture, file))
	if err != nil {
		tb.Fatal(err)
	}
	if kind == "sdp" {
		return text, true
	}
	head, rest, ok := bytes.Cut(text, []byte("\r\n\r\n"))
	return rest, ok && bytes.Contains(head, []byte("application/sdp")) && len(rest) > 0
}

// outcome is what a gateway would do with the description: pass it on, or why not.
func outcome(b []byte) string {
	s, err := sdp.Parse(b)
	if err == nil {
		_, err = s.ForPeer(ours)
	}
	if err != nil {
		return err.Error()
	}
	return "passed"
}

// TestTorture holds each sdp-* message against the manifest and against the very reason.
func TestTorture(t *testing.T) {
	reasons := map[string]string{
		"sdp-bomb-a-8000":      "over a limit",
		"sdp-bomb-m-2000":      "over a limit",
		"sdp-bomb-pt-5000":     "over a limit",
		"sdp-c-broadcast":      "broadcast",
		"sdp-c-long":           "not an IP address",
		"sdp-c-multicast":      "multicast",
		"sdp-c-self":           "passed", // only the gateway knows its sockets; TestCheck gives them
		"sdp-c-third-party":    "port 53 is below 1024",
		"sdp-ct-gzip":          "line 1",
		"sdp-dtls-no-fp":       "profile not supported: UDP/TLS/RTP/SAVPF",
		"sdp-fmtp-nul":         "line 8: NUL",
		"sdp-ice-ufrag-long":   "profile not supported: UDP/TLS/RTP/SAVPF",
		"sdp-no-v":             "line 1",
		"sdp-o-overflow":       "passed",
		"sdp-only-nul":         "line 1",
		"sdp-port-99999":       "line 6",
		"sdp-pt-4294967296":    "line 6",
		"sdp-rtpmap-rate0":     "no usable codec",
		"sdp-srtp-badkey":      "profile not supported: RTP/SAVP",
		"sdp-srtp-unenc":       "profile not supported: RTP/SAVP",
		"seed-crypto-":         "profile not supported: RTP/SAVP",
		"pjsip-sdp/input":      "not an IP address", // host names, which are not resolved
		"rfc5118/mult-ip-in-s": "passed",
		"rfc4475/wsinv":        "passed",
		"rfc4475/unreason":     "passed",
	}
	seen := map[string]bool{}
	for file, m := range corpus(t) {
		for part, want := range reasons {
			if !strings.Contains(file, part) {
				continue
			}
			seen[part] = true
			b, ok := body(t, file, m.Kind)
			if !ok && m.Kind == "sdp" || len(b) == 0 {
				t.Errorf("%s: no description in it", file)
			}
			got := outcome(b)
			if !strings.Contains(got, want) {
				t.Errorf("%s (%s): got %q, want %q", file, m.Note, got, want)
			}
			if m.Expect == "reject" && got == "passed" || m.Expect == "valid" && got != "passed" {
				t.Errorf("%s: got %q, the manifest asks for %s", file, got, m.Expect)
			}
		}
	}
	for part := range reasons {
		if !seen[part] {
			t.Errorf("no file for %s", part)
		}
	}
}

// TestTortureSeeds: every description in any message of the corpus comes to an end, and what is passed is clean.
func TestTortureSeeds(t *testing.T) {
	n := 0
	for file, m := range corpus(t) {
		if m.Kind != "sip" && m.Kind != "sdp" {
			continue
		}
		if b, ok := body(t, file, m.Kind); ok {
			n++
			holds(t, b)
		}
	}
	if n < 50 {
		t.Errorf("got %d descriptions, want 50 or more", n)
	}
}
