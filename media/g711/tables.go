package g711

import "math/bits"

// compressA codes one sample by G.711 Table 1: sign, three bits of segment,
// four bits of step, even bits inverted. Negative samples are taken in ones'
// complement, as in ITU-T G.191, so that both halves have the same steps.
func compressA(s int16) byte {
	sign := byte(0x80)
	m := int(s)
	if m < 0 {
		sign, m = 0, ^m
	}
	m >>= 4 // 0..2047
	seg, step := 0, m
	if m >= 16 {
		seg = bits.Len(uint(m)) - 4
		step = m >> (seg - 1)
	}
	return (sign | byte(seg)<<4 | byte(step&15)) ^ 0x55
}

// expandA gives the middle of the code's interval.
func expandA(c byte) int16 {
	c ^= 0x55
	seg, m := c>>4&7, int16(c&15)<<4+8
	if seg > 0 {
		m = (m + 0x100) << (seg - 1)
	}
	if c&0x80 == 0 {
		return -m
	}
	return m
}

// compressMu codes one sample by G.711 Table 2: the magnitude with a bias of
// 33 (in 14 bits), all bits inverted.
func compressMu(s int16) byte {
	sign := byte(0)
	m := int(s)
	if m < 0 {
		sign, m = 0x80, ^m
	}
	m = min(m>>2+33, 0x1fff)
	seg := bits.Len(uint(m)) - 6
	return ^(sign | byte(seg)<<4 | byte(m>>(seg+1)&15))
}

// expandMu gives the middle of the code's interval.
func expandMu(c byte) int16 {
	c = ^c
	m := int16((int(c&15)<<1+33)<<(c>>4&7)-33) << 2
	if c&0x80 != 0 {
		return -m
	}
	return m
}

func decodeTable(expand func(byte) int16) (t [256]int16) {
	for i := range t {
		t[i] = expand(byte(i))
	}
	return t
}

// encodeTable is indexed by the upper bits of the sample's two's complement.
func encodeTable[T [1 << 12]byte | [1 << 14]byte](compress func(int16) byte) (t T) {
	width := 65536 / len(t)
	for i := range len(t) {
		t[i] = compress(int16(uint16(i * width)))
	}
	return t
}

func crossTable(from *[256]int16, compress func(int16) byte) (t [256]byte) {
	for i := range t {
		t[i] = compress(from[i])
	}
	return t
}
