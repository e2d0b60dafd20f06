package numbering

// Key is the identity of a Number in one word, for look-ups. 0 is no number.
//
//	 63        52 51                                  0
//	+------------+-------------------------------------+
//	|   scope    |  15 digits, base 11, left-aligned   |
//	+------------+-------------------------------------+
//
// scope: 0 for an E.164 number; for a short code 1 + 26*(first letter) +
// (second letter) of its country, letters counted from A=0 (1..676).
// digits: sum of (digit+1) * 11^(14-i) over the positions i from the left, an
// absent position counts 0; below 11^15 < 2^52.
//
// Keys therefore order by scope, then as text orders the digits: "139" <
// "1390" < "1391", so all numbers that begin with the same digits are one
// range of keys (see Range). The area of a short code is not in its key.
type Key uint64

const (
	scopeShift = 52
	digitMask  = 1<<scopeShift - 1
)

// weight[i] is 11^(14-i), the weight of digit i.
var weight = func() (w [MaxDigits]uint64) {
	p := uint64(1)
	for i := MaxDigits - 1; i >= 0; i-- {
		w[i] = p
		p *= 11
	}
	return w
}()

// Key returns n's identity, 0 for none and for anything that is no canonical
// number (more than 15 digits, other characters, a short code without country).
func (n Number) Key() Key {
	if len(n.Digits) == 0 || len(n.Digits) > MaxDigits {
		return 0
	}
	var k uint64
	for i := 0; i < len(n.Digits); i++ {
		d := n.Digits[i] - '0'
		if d > 9 {
			return 0
		}
		k += uint64(d+1) * weight[i]
	}
	if !n.Short {
		return Key(k)
	}
	if !isCountry(n.Country) {
		return 0
	}
	scope := 1 + 26*uint64(n.Country[0]-'A') + uint64(n.Country[1]-'A')
	return Key(scope<<scopeShift | k)
}

// Range returns the first and the last key of the numbers that begin with n's
// digits, n itself included: n is the prefix. 0, 0 if n has no key.
func (n Number) Range() (first, last Key) {
	first = n.Key()
	if first == 0 {
		return 0, 0
	}
	return first, first + Key(weight[len(n.Digits)-1]) - 1
}

// AppendDigits appends the digits of the number that k is the key of.
func (k Key) AppendDigits(dst []byte) []byte {
	v := uint64(k) & digitMask
	for n := 0; n < MaxDigits && v > 0; n++ {
		d := v / weight[n]
		if d == 0 || d > 10 {
			break
		}
		dst = append(dst, '0'+byte(d-1))
		v -= d * weight[n]
	}
	return dst
}

// Number returns the number that k is the key of; the zero Number for a k that
// is no key of any number.
func (k Key) Number() Number {
	v := uint64(k) & digitMask
	var buf [MaxDigits]byte
	digits := string(k.AppendDigits(buf[:0]))
	if (Number{Digits: digits}).Key() != Key(v) || v == 0 {
		return Number{}
	}
	scope := uint64(k) >> scopeShift
	switch {
	case scope == 0:
		return Number{Country: countryOf(digits), Digits: digits}
	case scope > 26*26:
		return Number{}
	}
	scope--
	return Number{Country: string([]byte{'A' + byte(scope/26), 'A' + byte(scope%26)}), Digits: digits, Short: true}
}
