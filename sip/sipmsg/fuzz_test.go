package sipmsg_test

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ringward/sip/sipmsg"
)

// addMessages seeds a target with all messages of testdata and, where present,
// of ../shared/torture.
func addMessages(f *testing.F) {
	for _, pattern := range []string{"testdata/*/*.dat", tortureDir + "/seeds/*/*.sip", tortureDir + "/seeds/*/*.raw"} {
		files, _ := filepath.Glob(pattern)
		for _, file := range files {
			if b, err := os.ReadFile(file); err == nil && len(b) <= 16<<10 {
				f.Add(b)
			}
		}
	}
}

// FuzzDecode: what is accepted is encoded, and decodes to the same; what is
// refused can be answered or is dropped.
func FuzzDecode(f *testing.F) {
	addMessages(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, datagram := range []bool{true, false} {
			m, err := sipmsg.Decode(bytes.Clone(b), datagram)
			switch outcome(t, m, err) {
			case accepted:
				checkStable(t, m, bytes.Clone(b))
				useAll(m)
			case dropped:
			default:
				checkAnswer(t, m, err)
			}
		}
	})
}

// useAll calls every accessor; none may panic.
func useAll(m *sipmsg.Message) {
	_, _ = m.TopVia()
	_, _ = m.Vias()
	_, _ = m.Contacts()
	_, _ = m.Routes()
	_, _ = m.RecordRoutes()
	_, _ = m.URI()
	_, _, _ = m.CSeq()
	_, _, _ = m.MaxForwards()
	_, _, _ = m.Expires()
	_, _ = m.ContentType()
	_ = m.FromTag() + m.ToTag() + m.CallID()
	seen := make(map[string]bool)
	for _, h := range m.Headers {
		if !seen[h.Name] {
			_, _ = m.AddrList(h.Name)
			_ = m.List(h.Name)
		}
		seen[h.Name] = true
	}
	_, _ = m.Part("application/sdp")
}

// FuzzReadFrame: a frame is a prefix of the stream, is within the limits, and
// decodes with the body that it was cut by.
func FuzzReadFrame(f *testing.F) {
	addMessages(f)
	f.Add([]byte("\r\n\r\n\r\nOPTIONS sip:a SIP/2.0\r\nl:3\r\n\r\nabcINVITE"))
	f.Fuzz(func(t *testing.T, b []byte) {
		r := bufio.NewReaderSize(bytes.NewReader(b), 64)
		rest := b
		for {
			frame, err := sipmsg.ReadFrame(r, sipmsg.Limits{Message: 8 << 10, Head: 4 << 10})
			if errors.Is(err, sipmsg.ErrKeepAlive) {
				rest = rest[4:]
				continue
			}
			if len(frame) > 8<<10 {
				t.Fatalf("frame of %d octets", len(frame))
			}
			if err != nil {
				var e *sipmsg.Error
				if err != io.EOF && err != io.ErrUnexpectedEOF && !errors.As(err, &e) {
					t.Fatalf("error is a %T: %v", err, err)
				}
				return
			}
			rest = bytes.TrimPrefix(rest, []byte("\r\n"))
			if !bytes.HasPrefix(rest, frame) {
				t.Fatalf("frame %q is not how the stream %q begins", frame, rest)
			}
			rest = rest[len(frame):]
			checkFrame(t, frame)
		}
	})
}

func checkFrame(t *testing.T, frame []byte) {
	t.Helper()
	m, err := sipmsg.Decode(frame, false)
	if err != nil {
		return
	}
	head := bytes.Index(frame, []byte("\r\n\r\n")) + 4
	if len(m.Body) != len(frame)-head {
		t.Fatalf("body of %d octets in a frame of %d with a head of %d: %q", len(m.Body), len(frame), head, frame)
	}
}

func FuzzParseURI(f *testing.F) {
	for _, s := range uriSeeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		u, err := sipmsg.ParseURI(s)
		if err != nil {
			return
		}
		text := u.String()
		if strings.ContainsAny(text, "\r\n\x00 <>\"") {
			t.Fatalf("String of %q = %q", s, text)
		}
		v, err := sipmsg.ParseURI(text)
		if err != nil {
			t.Fatalf("ParseURI(%q), the String of %q: %v", text, s, err)
		}
		if again := v.String(); again != text {
			t.Fatalf("String of %q = %q, then %q", s, text, again)
		}
		if !u.Equal(v) || !v.Equal(u) {
			t.Fatalf("%q and its String %q are not Equal", s, text)
		}
	})
}

func FuzzParseVia(f *testing.F) {
	for _, s := range viaSeeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		v, err := sipmsg.ParseVia(s)
		if err != nil {
			return
		}
		again, err := sipmsg.ParseVia(v.String())
		if err != nil || again.String() != v.String() {
			t.Fatalf("%q: String %q, then %q, %v", s, v, again, err)
		}
	})
}

func FuzzParseNameAddrs(f *testing.F) {
	for _, s := range addrSeeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		list, err := sipmsg.ParseNameAddrs(s)
		if err != nil {
			return
		}
		var parts []string
		for _, a := range list {
			parts = append(parts, a.String())
		}
		text := strings.Join(parts, ", ")
		again, err := sipmsg.ParseNameAddrs(text)
		if err != nil || len(again) != len(list) {
			t.Fatalf("%q: String %q, %d then %d, %v", s, text, len(list), len(again), err)
		}
		for i := range again {
			if again[i].Display != list[i].Display || again[i].String() != parts[i] || again[i].Tag() != list[i].Tag() {
				t.Fatalf("%q: %q, then %q", s, parts[i], again[i])
			}
		}
	})
}

// FuzzPart: a part is a piece of the body.
func FuzzPart(f *testing.F) {
	for _, s := range multipartSeeds {
		f.Add(s.contentType, s.body)
	}
	f.Fuzz(func(t *testing.T, contentType, body string) {
		m := &sipmsg.Message{Body: []byte(body)}
		m.Set("Content-Type", contentType)
		for _, want := range []string{"application/sdp", "text/plain"} {
			if part, ok := m.Part(want); ok && !strings.Contains(body, string(part)) {
				t.Fatalf("part %q is not in %q", part, body)
			}
		}
	})
}
