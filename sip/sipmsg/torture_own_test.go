package sipmsg_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"ringward/sip/sipmsg"
)

// ownRefused lists the outcome of those messages of testdata/own that are not
// accepted. What is accepted here may well be refused further up: by
// authentication, by the session description, for want of a dialog.
var ownRefused = map[string]int{
	"auth-long": 400, "auth-nul": 400,
	"clen-2p31": 400, "clen-2p32m1": 400, "clen-2p64": 400, "clen-empty": 400, "clen-hex": 400,
	"clen-plus": 400, "clen-space": 400, "clen-two-differ": 400,
	"cseq-2p32": 400, "cseq-hex": 400, "cseq-long": 400, "cseq-neg": 400,
	"double-from": 400, "empty-call-id": 400, "empty-cseq": 400, "empty-from": 400,
	"empty-max-forwards": 400, "empty-to": 400, "empty-datagram": dropped,
	"hdr-5000": 513, "hdr-colon-only": 400, "hdr-dup-compact": 400, "hdr-fold-2000": 400,
	"hdr-name-10k": 400, "http-get": dropped, "jak": dropped, "maxfwd-huge": 400, "maxfwd-neg": 400,
	"method-64k": dropped, "missing-call-id": 400, "missing-call-id-options": 400,
	"missing-contact": 400, "missing-cseq": 400, "missing-cseq-options": 400, "missing-from": 400,
	"missing-from-options": 400, "missing-to": 400, "missing-via-options": dropped, "no-end": 400,
	"one-byte": dropped, "rand-60k": dropped, "response-code-000": dropped,
	"response-code-099": dropped, "response-code-2OO": dropped, "response-code-999": dropped,
	"route-2000": 400, "smuggle-xauth-lf-fold": 400, "smuggle-xauth-nbsp": 400,
	"smuggle-xauth-x08": 400, "tcp-clen-2g": 400, "tcp-clen-4g": 400, "tcp-half": 400,
	"tcp-header-200k": dropped, "uri-bracket-unclosed": 400, "uri-empty": 400,
	"uri-headers-embedded": 400, "uri-port-0": 400, "uri-port-70000": 400, "uri-userinfo-at": 400,
	"ver-3": 505, "ver-none": 400, "via-500": 400, "via-comma-2000": 513, "via-crcitt": dropped,
	"via-rport-empty-eq": 400,
}

func TestOwn(t *testing.T) {
	files, err := filepath.Glob("testdata/own/*.dat")
	if err != nil || len(files) == 0 {
		t.Fatal("testdata/own is empty", err)
	}
	want := make(map[string]int, len(files))
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".dat")
		want[name] = ownRefused[name]
	}
	for name := range ownRefused {
		if _, ok := want[name]; !ok {
			t.Errorf("no file for %s", name)
		}
	}
	testOutcomes(t, "testdata/own", want, want) // the same over a stream
}

// settledAbove are messages that the manifest wants refused for what this
// package does not read: session descriptions, credentials, registrations.
var settledAbove = []string{
	"own/sdp-c-long.dat", "own/sdp-no-v.dat", "own/sdp-only-nul.dat", "own/sdp-port-99999.dat",
	"own/sdp-pt-4294967296.dat", "own/register-third-party-contact.dat", "rfc4475/regaut01.dat",
}

// neverAnswered are messages without an answer though they are well formed.
var neverAnswered = []string{
	"own/ack-no-dialog.dat", "own/response-200-unsolicited.dat", "own/tcp-half.dat",
	"rfc4475/noreason.dat", "rfc4475/unreason.dat",
}

// TestTortureManifest holds every SIP message of the collection beside the
// repository against what its manifest expects, as far as decoding decides.
func TestTortureManifest(t *testing.T) {
	b, err := os.ReadFile(filepath.Join(tortureDir, "manifest.json"))
	if err != nil {
		t.Skipf("no torture collection: %v", err)
	}
	var manifest map[string]struct{ Kind, Expect, Transports string }
	if err := json.Unmarshal(b, &manifest); err != nil {
		t.Fatal(err)
	}
	for file, entry := range manifest {
		if entry.Kind != "sip" {
			continue
		}
		t.Run(file, func(t *testing.T) {
			b, err := os.ReadFile(filepath.Join(tortureDir, file))
			if err != nil {
				t.Fatal(err)
			}
			for _, transport := range entry.Transports {
				m, err := receive(b, transport == 'u')
				got := outcome(t, m, err)
				if !meets(file, entry.Expect, got) {
					t.Errorf("%c: outcome %d (%v), manifest expects %s", transport, got, err, entry.Expect)
				}
				if got == accepted {
					checkStable(t, m, slices.Clone(b))
				}
			}
		})
	}
}

// receive decodes a datagram, or the first message of a stream.
func receive(b []byte, datagram bool) (*sipmsg.Message, error) {
	if datagram {
		return sipmsg.Decode(b, true)
	}
	frame, err := sipmsg.ReadFrame(bufio.NewReader(bytes.NewReader(b)), sipmsg.Limits{})
	if frame == nil {
		return nil, &sipmsg.Error{Status: 400, Reason: "Bad Message", Detail: err.Error()}
	}
	return sipmsg.Decode(frame, false)
}

func meets(file, expect string, got int) bool {
	switch expect {
	case "any":
		return true
	case "valid":
		return got == accepted
	case "reject":
		return got == 400 || got == 416 || got == accepted && slices.Contains(settledAbove, file)
	case "lenient":
		return got == accepted || got == 400 || file == "rfc4475/test.dat" // which has no Via
	case "none":
		return got == dropped || slices.Contains(neverAnswered, file)
	}
	// A list of codes: what is not refused here gets its answer further up.
	codes := strings.Split(expect, ",")
	policy := got == accepted && !slices.Contains([]string{"505", "416"}, codes[0])
	return policy || slices.Contains(codes, strconv.Itoa(got))
}
