package sdp

import (
	"strconv"
	"strings"
)

// Codec is one RTP payload format of an audio stream: a payload type with what it stands for.
type Codec struct {
	PT       uint8  // RTP payload type, 0 to 127
	Name     string // encoding name as the peer wrote it; compare with Same or Is
	Clock    uint32 // RTP clock in Hz, never 0
	Channels uint8  // 1 unless given
	FMTP     string // format parameters (a=fmtp) without the payload type; several lines joined by ";"
}

// The codecs that we can make ourselves, ready for NewOffer and AnswerFor.
var (
	PCMU = Codec{PT: 0, Name: "PCMU", Clock: 8000, Channels: 1}
	PCMA = Codec{PT: 8, Name: "PCMA", Clock: 8000, Channels: 1}
	// ComfortNoise is the static comfort noise payload of RFC 3389.
	ComfortNoise = Codec{PT: 13, Name: "CN", Clock: 8000, Channels: 1}
	// TelephoneEvent carries key presses (RFC 4733), events 0 to 15, at the usual payload type.
	TelephoneEvent = Codec{PT: 101, Name: "telephone-event", Clock: 8000, Channels: 1, FMTP: "0-15"}
)

// static holds the audio payload types that RFC 3551 table 4 fixes.
var static = map[uint8]Codec{
	0: PCMU, 8: PCMA, 13: ComfortNoise,
	3:  {PT: 3, Name: "GSM", Clock: 8000, Channels: 1},
	4:  {PT: 4, Name: "G723", Clock: 8000, Channels: 1},
	5:  {PT: 5, Name: "DVI4", Clock: 8000, Channels: 1},
	6:  {PT: 6, Name: "DVI4", Clock: 16000, Channels: 1},
	7:  {PT: 7, Name: "LPC", Clock: 8000, Channels: 1},
	9:  {PT: 9, Name: "G722", Clock: 8000, Channels: 1}, // clock is 8000 by a mistake that RFC 3551 §4.5.2 keeps
	10: {PT: 10, Name: "L16", Clock: 44100, Channels: 2},
	11: {PT: 11, Name: "L16", Clock: 44100, Channels: 1},
	12: {PT: 12, Name: "QCELP", Clock: 8000, Channels: 1},
	14: {PT: 14, Name: "MPA", Clock: 90000, Channels: 1},
	15: {PT: 15, Name: "G728", Clock: 8000, Channels: 1},
	16: {PT: 16, Name: "DVI4", Clock: 11025, Channels: 1},
	17: {PT: 17, Name: "DVI4", Clock: 22050, Channels: 1},
	18: {PT: 18, Name: "G729", Clock: 8000, Channels: 1},
}

// Same reports whether both name one encoding: name (in any case), clock and channels. Payload types and parameters
// may differ.
func (c Codec) Same(o Codec) bool {
	return c.Clock == o.Clock && c.Channels == o.Channels && strings.EqualFold(c.Name, o.Name)
}

// G711 reports whether the codec is A-law or µ-law at 8 kHz, mono: what we can decode, analyse and mix into.
func (c Codec) G711() bool { return c.Same(PCMU) || c.Same(PCMA) }

// maxClock is the highest RTP clock accepted (192 kHz, the highest audio rate in use; MPA uses 90000).
const maxClock = 192000

// parseRTPMap reads "<pt> <name>/<clock>[/<channels>]" (RFC 8866 §6.6). A clock of 0 or over maxClock, a name that is
// no token and a payload type over 127 are not a codec.
func parseRTPMap(value string) (Codec, bool) {
	pt, rest, ok := strings.Cut(strings.TrimSpace(value), " ")
	if !ok {
		return Codec{}, false
	}
	number, err := strconv.ParseUint(pt, 10, 7)
	if err != nil {
		return Codec{}, false
	}
	name, rate, ok := strings.Cut(strings.TrimSpace(rest), "/")
	if !ok || !isToken(name) {
		return Codec{}, false
	}
	rate, channels, given := strings.Cut(rate, "/")
	clock, err := strconv.ParseUint(rate, 10, 32)
	if err != nil || clock == 0 || clock > maxClock {
		return Codec{}, false
	}
	c := Codec{PT: uint8(number), Name: name, Clock: uint32(clock), Channels: 1}
	if given {
		n, err := strconv.ParseUint(channels, 10, 8)
		if err != nil || n == 0 {
			return Codec{}, false
		}
		c.Channels = uint8(n)
	}
	return c, true
}

// appendRTPMap writes the value of the a=rtpmap line for the codec.
func (c Codec) appendRTPMap(b []byte) []byte {
	b = append(strconv.AppendUint(b, uint64(c.PT), 10), ' ')
	b = append(append(b, c.Name...), '/')
	b = strconv.AppendUint(b, uint64(c.Clock), 10)
	if c.Channels > 1 {
		b = strconv.AppendUint(append(b, '/'), uint64(c.Channels), 10)
	}
	return b
}

// maxFMTP bounds the joined parameters of one codec; a line that would go past it is left out of the view.
const maxFMTP = 2048

func (c *Codec) addFMTP(params string) {
	switch {
	case c.FMTP == "":
		c.FMTP = params
	case len(c.FMTP)+len(params) < maxFMTP:
		c.FMTP += ";" + params
	}
}

// isToken reports whether s is a non-empty token of RFC 8866 §9.
func isToken(s string) bool {
	for i := range len(s) {
		c := s[i]
		if c <= ' ' || c >= 0x7f || strings.IndexByte(`"(),/:;<=>?@[\]`, c) >= 0 {
			return false
		}
	}
	return s != ""
}
