// Package g711 is ITU-T G.711: A-law (PCMA) and µ-law (PCMU), 8 kHz, one octet
// a sample, to and from 16-bit linear samples. It knows no packets and keeps no
// state. Input beyond the coder's range is limited, as the recommendation says;
// the all-zero suppression of µ-law (§3.2) is not applied, as no packet network
// needs it.
package g711

// Law is one of the two companding laws. The zero value is no law.
type Law uint8

const (
	// A is A-law (PCMA).
	A Law = iota + 1
	// Mu is µ-law (PCMU).
	Mu
)

// String is the RTP encoding name: "PCMA" or "PCMU".
func (l Law) String() string {
	switch l {
	case A:
		return "PCMA"
	case Mu:
		return "PCMU"
	}
	return "no law"
}

// Tables, filled once from the formulas below. A-law's finest step is 16 in
// the scale of 16-bit samples, so 12 bits tell its codes apart; µ-law's
// decision values need 14.
var (
	aDecode  = decodeTable(expandA)
	muDecode = decodeTable(expandMu)
	aEncode  = encodeTable[[1 << 12]byte](compressA)
	muEncode = encodeTable[[1 << 14]byte](compressMu)
	aToMu    = crossTable(&aDecode, compressMu)
	muToA    = crossTable(&muDecode, compressA)
)

// Sample decodes one octet; no law gives 0.
func (l Law) Sample(code byte) int16 {
	switch l {
	case A:
		return aDecode[code]
	case Mu:
		return muDecode[code]
	}
	return 0
}

// Code encodes one sample; no law gives 0.
func (l Law) Code(sample int16) byte {
	switch l {
	case A:
		return aEncode[uint16(sample)>>4]
	case Mu:
		return muEncode[uint16(sample)>>2]
	}
	return 0
}

// Silence is the code of the sample 0.
func (l Law) Silence() byte { return l.Code(0) }

// Decode writes the samples of payload to pcm and returns how many; what does
// not fit is left out.
func (l Law) Decode(pcm []int16, payload []byte) int {
	n := min(len(pcm), len(payload))
	table := &muDecode
	if l == A {
		table = &aDecode
	}
	for i, c := range payload[:n] {
		pcm[i] = table[c]
	}
	return n
}

// Encode writes the codes of pcm to payload and returns how many; what does
// not fit is left out.
func (l Law) Encode(payload []byte, pcm []int16) int {
	n := min(len(pcm), len(payload))
	if l == A {
		for i, s := range pcm[:n] {
			payload[i] = aEncode[uint16(s)>>4]
		}
		return n
	}
	for i, s := range pcm[:n] {
		payload[i] = muEncode[uint16(s)>>2]
	}
	return n
}

// Convert rewrites a payload of law l in law to, in place.
func (l Law) Convert(payload []byte, to Law) {
	table := &muToA
	switch {
	case l == to:
		return
	case l == A:
		table = &aToMu
	}
	for i, c := range payload {
		payload[i] = table[c]
	}
}
