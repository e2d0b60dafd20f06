package sdp

import (
	"slices"
	"strconv"
	"strings"

	pion "github.com/pion/sdp/v3"
)

// pionMedia and pionProtos are what pion v3.0.20 accepts; TestPionKnows holds them against it.
var (
	pionMedia  = []string{"audio", "video", "text", "application", "message"}
	pionProtos = []string{"UDP", "RTP", "AVP", "SAVP", "SAVPF", "TLS", "DTLS", "SCTP", "AVPF", "TCP", "MSRP", "BFCP",
		"UDT", "IX", "MRCPv2", "FEC"}
	pionBandwidths = []string{"CT", "AS", "TIAS", "RS", "RR"} // and X-...
)

func pionKnows(n name) bool {
	if !slices.Contains(pionMedia, n.media) {
		return false
	}
	for part := range strings.SplitSeq(n.proto, "/") {
		if !slices.Contains(pionProtos, part) {
			return false
		}
	}
	return true
}

// source is the text that pion gets to read: the lines of a body that it can take.
type source struct {
	text    strings.Builder
	numbers []int // of its lines in the body
}

func (in *source) add(b block) {
	for i, line := range b.lines {
		if line = tolerate(line, b.name); line != "" {
			in.text.WriteString(line)
			in.text.WriteString(crlf)
			in.numbers = append(in.numbers, b.first+i)
		}
	}
}

// blame finds the line at which pion stops, 0 if it is none in particular. Every prefix of whole lines that ends before
// it parses, so halving finds it in ten rounds at most.
func (in *source) blame() int {
	text := in.text.String()
	ends := make([]int, 0, len(in.numbers))
	for i := range len(text) {
		if text[i] == '\n' {
			ends = append(ends, i+1)
		}
	}
	at, _ := slices.BinarySearchFunc(ends, true, func(end int, _ bool) int {
		var d pion.SessionDescription
		if d.UnmarshalString(text[:end]) != nil {
			return 0
		}
		return -1
	})
	if at >= len(in.numbers) {
		return 0
	}
	return in.numbers[at]
}

// tolerate turns a line that is in use in the field, but that pion refuses, into one that it takes; "" leaves the line
// out. None of what it changes is ever passed on.
func tolerate(line string, n name) string {
	switch line[0] {
	case 'b':
		kind, value, _ := strings.Cut(line[2:], ":")
		if !strings.HasPrefix(kind, "X-") && !slices.Contains(pionBandwidths, kind) ||
			!isUint64(value) {
			return ""
		}
	case 'o':
		// The session id is 64 bits by RFC 8866 §5.2; some peers send more, or letters.
		f := strings.Fields(line[2:])
		if len(f) == 6 && (!isUint64(f[1]) || !isUint64(f[2])) {
			return "o=" + f[0] + " 0 0 " + strings.Join(f[3:], " ")
		}
	case 'm':
		return "m=" + n.media + " " + n.ports + " " + n.proto + " " + strings.Join(n.formats, " ")
	}
	return line
}

func isUint64(s string) bool {
	_, err := strconv.ParseUint(s, 10, 64)
	return err == nil
}
