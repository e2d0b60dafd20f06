package sipmsg_test

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"ringward/sip/sipmsg"
)

// frames reads a stream to its end.
func frames(r io.Reader, lim sipmsg.Limits) (got []string, err error) {
	br := bufio.NewReaderSize(r, 64)
	for {
		frame, err := sipmsg.ReadFrame(br, lim)
		if errors.Is(err, sipmsg.ErrKeepAlive) {
			got = append(got, "ping")
			continue
		}
		if err != nil {
			return got, err
		}
		got = append(got, string(frame))
	}
}

func TestReadFrame(t *testing.T) {
	invite := request("INVITE", "Content-Type: text/plain", "Content-Length: 6") + "\r\n\r\nab"
	options := request("OPTIONS", "L \t:\r\n 0")
	none := request("OPTIONS")
	tests := []struct {
		name, in string
		want     []string
		err      error
	}{
		{"two in one segment", invite + options, []string{invite, options}, io.EOF},
		{"no length, no body", none + invite, []string{none, invite}, io.EOF},
		{"ping and pong", "\r\n\r\n" + "\r\n" + options + "\r\n\r\n", []string{"ping", options, "ping"}, io.EOF},
		{"clean end", "", nil, io.EOF},
		{"end in the head", options[:40], nil, io.ErrUnexpectedEOF},
		{"end in the body", invite[:len(invite)-1], nil, io.ErrUnexpectedEOF},
		{"bare LF ends nothing", "OPTIONS sip:a SIP/2.0\n\n" + options, []string{"OPTIONS sip:a SIP/2.0\n\n" + options}, io.EOF},
	}
	for _, test := range tests {
		for way, r := range map[string]io.Reader{
			"at once": strings.NewReader(test.in), "by octets": iotest.OneByteReader(strings.NewReader(test.in)),
		} {
			got, err := frames(r, sipmsg.Limits{})
			if !slices.Equal(got, test.want) || !errors.Is(err, test.err) {
				t.Errorf("%s, %s: %q, %v; want %q, %v", test.name, way, got, err, test.want, test.err)
			}
		}
	}
}

// TestReadFrameRefuses: lengths that lie, twice or too much, and heads without
// end. What comes with the error is enough to answer 400 or 513.
func TestReadFrameRefuses(t *testing.T) {
	for _, test := range []struct {
		name, in string
		status   int
		answer   bool
	}{
		{"two lengths", request("OPTIONS", "Content-Length: 0", "+l: 5") + "abcde", 400, true},
		{"equal lengths", request("OPTIONS", "Content-Length: 0", "+l: 0"), 400, true},
		{"2^31", request("OPTIONS", "Content-Length: 2147483648"), 400, true},
		{"2^64", request("OPTIONS", "Content-Length: 18446744073709551616"), 400, true},
		{"negative", request("OPTIONS", "Content-Length: -1"), 400, true},
		{"not a number", request("OPTIONS", "Content-Length: 1 0"), 400, true},
		{"2^31-1", request("OPTIONS", "Content-Length: 2147483647"), 513, true},
		{"over the limit", request("OPTIONS", "Content-Length: 65400") + strings.Repeat("x", 65400), 513, true},
		{"endless head", request("OPTIONS")[:200] + strings.Repeat("X", 200<<10), 513, true},
		{"endless line", strings.Repeat("X", 200<<10), 513, false},
		{"many fields", request("OPTIONS", slices.Repeat([]string{"+Z: 1"}, 300)...), 400, true},
		{"folded start line", "OPTIONS sip:a SIP/2.0\r\n l: 5\r\n" + request("OPTIONS")[30:], 400, true},
		{"not a field", "OPTIONS sip:a SIP/2.0\r\nfoo\r\n\r\n", 400, false},
	} {
		r := bufio.NewReader(strings.NewReader(test.in))
		head, err := sipmsg.ReadFrame(r, sipmsg.Limits{})
		var e *sipmsg.Error
		if !errors.As(err, &e) || e.Status != test.status {
			t.Errorf("%s: %v, want %d", test.name, err, test.status)
			continue
		}
		if len(head) > 32<<10 {
			t.Errorf("%s: %d octets of head", test.name, len(head))
		}
		m, derr := sipmsg.Decode(head, false)
		if derr == nil || (m != nil) != test.answer {
			t.Errorf("%s: Decode of the head = %v, %v", test.name, m, derr)
		}
	}
}

// TestContentLength: by transport, smaller, larger, absent, 0.
func TestContentLength(t *testing.T) {
	typed := "Content-Type: text/plain"
	for _, test := range []struct {
		name     string
		lines    []string
		datagram bool
		want     int
		body     string
	}{
		{"smaller", []string{typed, "l: 3"}, true, accepted, "abc"},
		{"exact", []string{typed, "l: 5"}, true, accepted, "abcde"},
		{"larger", []string{typed, "l: 6"}, true, 400, ""},
		{"absent", []string{typed}, true, accepted, "abcde"},
		{"zero", []string{"l: 0"}, true, accepted, ""},
		{"smaller", []string{typed, "l: 3"}, false, accepted, "abc"},
		{"larger", []string{typed, "l: 6"}, false, 400, ""},
		{"absent, and a body announced", []string{typed}, false, 400, ""},
		{"absent", nil, false, accepted, ""},
	} {
		m, err := sipmsg.Decode([]byte(request("OPTIONS", test.lines...)+"abcde"), test.datagram)
		if got := outcome(t, m, err); got != test.want || got == accepted && string(m.Body) != test.body {
			t.Errorf("%s, datagram %v: %d (%v), %+v", test.name, test.datagram, got, err, m)
		}
	}
}

func TestMultipart(t *testing.T) {
	const sdp, pidf = "v=0\r\no=- 1 1 IN IP4 h\r\n", "<presence/>\r\n"
	body := "--u.n;i\r\nContent-Type: application/pidf+xml\r\n\r\n" + pidf + "\r\n--u.n;i\r\n" +
		"content-type : Application/SDP; x=y\r\nContent-ID: <a@b>\r\n\r\n" + sdp + "\r\n--u.n;i--\r\n"
	m := decode(t, request("INVITE", `Content-Type: multipart/mixed; boundary="u.n;i"`)+body)
	for want, content := range map[string]string{"application/sdp": sdp, "Application/PIDF+xml": pidf} {
		if part, ok := m.Part(want); !ok || string(part) != content {
			t.Errorf("Part(%s) = %q, %v", want, part, ok)
		}
	}
	if part, ok := m.Part("text/plain"); ok {
		t.Errorf("Part(text/plain) = %q", part)
	}
	if out := encode(t, m); !strings.HasSuffix(out, body) || !strings.Contains(out, `boundary="u.n;i"`) {
		t.Errorf("multipart body changed:\n%s", out)
	}
}

// TestMultipartLimits: 4 levels, 16 parts, a boundary of 1 to 70 octets, no
// transfer encoding that is not plain.
func TestMultipartLimits(t *testing.T) {
	nested := func(levels int) string {
		s := "Content-Type: application/sdp\r\n\r\nv=0"
		for i := range levels {
			b := strings.Repeat("b", i+1)
			s = "Content-Type: multipart/mixed;boundary=" + b + "\r\n\r\n--" + b + "\r\n" + s + "\r\n--" + b + "--"
		}
		return s
	}
	parts := func(n int) string {
		return "Content-Type: multipart/mixed;boundary=b\r\n\r\n" + strings.Repeat("--b\r\n\r\nx\r\n", n-1) +
			"--b\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n--b--"
	}
	one := func(boundary, head string) string {
		return "Content-Type: multipart/mixed;boundary=" + boundary + "\r\n\r\n--" + strings.Trim(boundary, `"`) +
			"\r\nContent-Type: application/sdp\r\n" + head + "\r\nv=0\r\n--" + strings.Trim(boundary, `"`) + "--"
	}
	for _, test := range []struct {
		name, in string
		found    bool
	}{
		{"4 levels", nested(4), true}, {"5 levels", nested(5), false}, {"120 levels", nested(120), false},
		{"16 parts", parts(16), true}, {"17 parts", parts(17), false}, {"1200 parts", parts(1200), false},
		{"70 octets", one(strings.Repeat("b", 70), ""), true}, {"71 octets", one(strings.Repeat("b", 71), ""), false},
		{"empty", one(`""`, ""), false}, {"8bit", one("b", "Content-Transfer-Encoding: 8bit\r\n"), true},
		{"base64", one("b", "Content-Transfer-Encoding: base64\r\n"), false},
	} {
		head, body, _ := strings.Cut(test.in, "\r\n\r\n")
		m := decode(t, request("INVITE", head)+body)
		if part, ok := m.Part("application/sdp"); ok != test.found || ok && string(part) != "v=0" {
			t.Errorf("%s: %q, %v", test.name, part, ok)
		}
	}
}

func TestMultipartRFC4475(t *testing.T) {
	m := decode(t, string(readFile(t, "testdata/rfc4475/mpart01.dat")))
	part, ok := m.Part("text/plain")
	if !ok || string(part) != "Hello" {
		t.Errorf("text part of mpart01 = %q, %v", part, ok)
	}
	if part, ok := m.Part("application/octet-stream"); !ok || bytes.HasSuffix(part, []byte("--")) {
		t.Errorf("binary part of mpart01 = %q, %v", part, ok)
	}
}
