package sipmsg_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"ringward/sip/sipmsg"
)

// Outcomes of Decode beside an error status.
const (
	accepted = 0
	dropped  = -1 // refused, and nothing to answer
)

// rfc4475 holds the outcome for each message of RFC 4475, as datagrams. Where
// the RFC lets an element choose, the comment says what we chose.
var rfc4475 = map[string]int{
	// 3.1.1 valid messages
	"wsinv": accepted, "intmeth": accepted, "esc01": accepted, "escnull": accepted, "esc02": accepted,
	"lwsdisp": accepted, "longreq": accepted, "dblreq": accepted, "semiuri": accepted,
	"transports": accepted, "mpart01": accepted, "unreason": accepted, "noreason": accepted,
	// 3.1.2 invalid messages
	"badinv01": 400, "clerr": 400, "ncl": 400, "scalar02": 400, "scalarlg": dropped, "quotbal": 400,
	"ltgtruri": 400, "lwsruri": 400, "lwsstart": 400, "trws": 400, "baddn": 400, "badvers": 505,
	"mismatch01": 400, "mismatch02": 400, "bigcode": dropped,
	"escruri":  400,      // rather than drop the headers and go on
	"baddate":  accepted, // nothing here reads Date
	"regbadct": 400,      // rather than guess where the URI ends
	"badaspec": 400,      // rather than trim inside the brackets
	// 3.2 transaction layer, 3.3 application layer
	"badbranch": accepted, "insuf": 400, "unkscm": 416, "novelsc": 416, "unksm2": accepted,
	"bext01": accepted, "invut": accepted, "regaut01": accepted, "multi01": 400, "mcl01": 400,
	"bcast": accepted, "zeromf": accepted, "cparam01": accepted, "cparam02": accepted,
	"regescrt": accepted, "sdp01": accepted,
	// 3.4 backward compatibility
	"inv2543": accepted,
	// in the archive, not in the text: no version and no Via
	"test": dropped,
}

// rfc5118 likewise; three colons are tolerated as §4.5 recommends.
var rfc5118 = map[string]int{
	"ipv6-good": accepted, "ipv6-bad": 400, "port-unambiguous": accepted,
	"via-received-param-with-delim": accepted, "mult-ip-in-header": accepted, "mult-ip-in-sdp": accepted,
	"ipv6-bug-abnf-3-colons": accepted, "ipv6-correct-abnf-2-colons": accepted,
}

func TestRFC4475(t *testing.T) { testOutcomes(t, "testdata/rfc4475", rfc4475, nil) }
func TestRFC5118(t *testing.T) { testOutcomes(t, "testdata/rfc5118", rfc5118, nil) }

// testOutcomes decodes all files of a folder, twice: as a datagram, and, where
// stream has an outcome of its own, as a frame of a stream.
func testOutcomes(t *testing.T, dir string, want, stream map[string]int) {
	files, err := filepath.Glob(filepath.Join(dir, "*.dat"))
	if err != nil || len(files) != len(want) {
		t.Errorf("%s: %d files, %d outcomes (%v)", dir, len(files), len(want), err)
	}
	for _, file := range files {
		name := filepath.Base(file[:len(file)-len(".dat")])
		t.Run(name, func(t *testing.T) {
			b, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			w, ok := want[name]
			if !ok {
				t.Fatalf("no outcome listed for %s", name)
			}
			checkOutcome(t, b, true, w)
			if s, ok := stream[name]; ok {
				checkOutcome(t, b, false, s)
			}
		})
	}
}

func checkOutcome(t *testing.T, b []byte, datagram bool, want int) {
	t.Helper()
	in := bytes.Clone(b)
	m, err := sipmsg.Decode(in, datagram)
	got := outcome(t, m, err)
	if got != want {
		t.Fatalf("Decode(datagram=%v) = %d (%v), want %d", datagram, got, err, want)
	}
	switch {
	case got == accepted:
		checkStable(t, m, in)
	case got > 0:
		checkAnswer(t, m, err)
	}
}

func outcome(t *testing.T, m *sipmsg.Message, err error) int {
	t.Helper()
	if err == nil {
		return accepted
	}
	e, ok := err.(*sipmsg.Error)
	switch {
	case !ok:
		t.Fatalf("error is a %T: %v", err, err)
	case m == nil:
		return dropped
	case e.Status < 400 || e.Status > 599 || e.Reason == "":
		t.Fatalf("error without status or reason: %+v", e)
	}
	return e.Status
}

// checkStable overwrites the input, then wants the encoded message to decode to
// the same and to encode to the same octets.
func checkStable(t *testing.T, m *sipmsg.Message, in []byte) {
	t.Helper()
	for i := range in {
		in[i] = 'X'
	}
	first, err := m.Append(nil)
	if err != nil {
		t.Fatalf("Append: %v", err)
	}
	again, err := sipmsg.Decode(first, true)
	if err != nil {
		t.Fatalf("second Decode: %v of\n%s", err, first)
	}
	if diff := diffMessages(m, again); diff != "" {
		t.Fatalf("message changed on the way:\n%s", diff)
	}
	second, err := again.Append(nil)
	if err != nil || !bytes.Equal(first, second) {
		t.Fatalf("second Append: %v\n%s\nfirst:\n%s", err, second, first)
	}
}

// checkAnswer wants a partial message to be enough for an answer.
func checkAnswer(t *testing.T, m *sipmsg.Message, err error) {
	t.Helper()
	e := err.(*sipmsg.Error)
	if _, err := m.TopVia(); err != nil {
		t.Errorf("partial message: TopVia: %v", err)
	}
	out, err := sipmsg.NewResponse(m, e.Status, e.Reason).Append(nil)
	if err != nil {
		t.Errorf("encode the %d: %v", e.Status, err)
	}
	if !bytes.HasPrefix(out, []byte("SIP/2.0 ")) || bytes.Count(out, []byte("\r\nFrom:")) > 1 {
		t.Errorf("answer: %s", out)
	}
}
