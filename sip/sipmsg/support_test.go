package sipmsg_test

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"ringward/sip/sipmsg"
)

// crlf turns the line ends of a Go string into those of SIP.
func crlf(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") }

// decode decodes a datagram that must be good.
func decode(t testing.TB, s string) *sipmsg.Message {
	t.Helper()
	m, err := sipmsg.Decode([]byte(s), true)
	if err != nil {
		t.Fatalf("Decode: %v of\n%s", err, s)
	}
	return m
}

// encode encodes a message that must be good.
func encode(t testing.TB, m *sipmsg.Message) string {
	t.Helper()
	b, err := m.Append(nil)
	if err != nil {
		t.Fatalf("Append: %v", err)
	}
	return string(b)
}

func diffMessages(a, b *sipmsg.Message) string {
	return cmp.Diff(a, b, cmpopts.EquateComparable(a.Source), cmpopts.EquateEmpty())
}

// request returns a good request with these lines in its head; a line replaces
// the default line of the same name, "-Name" takes it out.
func request(method string, lines ...string) string {
	head := []string{
		"Via: SIP/2.0/UDP pbx.example.com;branch=z9hG4bKa",
		"From: <sip:a@x.example>;tag=1",
		"To: <sip:b@x.example>",
		"Call-ID: 1@x.example",
		"CSeq: 1 " + method,
		"Contact: <sip:a@192.0.2.1>",
	}
	for _, line := range lines {
		name, _, _ := strings.Cut(strings.TrimPrefix(line, "-"), ":")
		for i := range head {
			if strings.HasPrefix(head[i], name+":") {
				head = append(head[:i], head[i+1:]...)
				break
			}
		}
	}
	for _, line := range lines {
		if line[0] != '-' {
			head = append(head, strings.TrimPrefix(line, "+"))
		}
	}
	return method + " sip:b@x.example SIP/2.0\r\n" + strings.Join(head, "\r\n") + "\r\n\r\n"
}

func readFile(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
