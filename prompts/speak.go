package prompts

import (
	"strings"

	"ringward/prompts/wave"
)

// Pauses of spoken numbers and between parts, in samples.
const (
	digitGap = wave.Rate * 70 / 1000  // between digits, 60 to 80 ms
	groupGap = wave.Rate * 250 / 1000 // between groups of digits, and before the first
	partGap  = wave.Rate * 350 / 1000 // between sentences
)

// maxDigits bounds what is read out of a hotline.
const maxDigits = 15

// Speak returns the sound of id in lang with what p adds: a prompt that tells
// the merchant to call the official number gives its digits twice, slowly. It is
// never empty. The result is the caller's own.
func (s *Set) Speak(id ID, lang string, p Params) []int16 {
	out := append([]int16(nil), s.Clip(id, lang)...)
	spec, _ := SpecOf(id)
	if !spec.Hotline || len(Groups(p.Hotline)) == 0 {
		return out
	}
	number := s.Number(p.Hotline, lang)
	for _, intro := range []ID{HotlineIs, HotlineAgain} {
		out = pause(out, partGap)
		out = append(out, s.Clip(intro, lang)...)
		out = pause(out, groupGap)
		out = append(out, number...)
	}
	return out
}

// Number returns the digits of number spoken one by one in lang, in groups; nil
// if it has no digits or more than a telephone number.
func (s *Set) Number(number, lang string) []int16 {
	var out []int16
	for i, group := range Groups(number) {
		if i > 0 {
			out = pause(out, groupGap)
		}
		for k, digit := range group {
			if k > 0 {
				out = pause(out, digitGap)
			}
			out = append(out, tighten(s.Clip(Digit(digit), lang))...)
		}
	}
	return out
}

// Groups splits a number as it is written for people ("400-820-8820",
// "138 0013 8000") into groups of digits, as they are spoken. A group of more
// than five digits is split as people say it: 3-4-4, 3-3-4, otherwise in twos
// and threes. nil if there are no digits or more than 15.
func Groups(number string) [][]int {
	var groups [][]int
	total := 0
	for field := range strings.FieldsFuncSeq(number, func(r rune) bool { return r < '0' || r > '9' }) {
		total += len(field)
		if total > maxDigits {
			return nil
		}
		for _, n := range split(len(field)) {
			var group []int
			for _, d := range field[:n] {
				group = append(group, int(d-'0'))
			}
			groups, field = append(groups, group), field[n:]
		}
	}
	return groups
}

// split gives the sizes of the groups that n digits are spoken in.
func split(n int) []int {
	switch {
	case n <= 5:
		return []int{n}
	case n == 10:
		return []int{3, 3, 4}
	case n == 11:
		return []int{3, 4, 4}
	case n == 8:
		return []int{4, 4}
	}
	return append([]int{3}, split(n-3)...)
}

// tighten cuts what is nearly silent from both ends of a digit, so that the
// gaps between digits are as long as they are meant to be.
func tighten(samples []int16) []int16 {
	const quiet = 200 // about -44 dBFS
	first, last := 0, len(samples)
	for first < last && samples[first] > -quiet && samples[first] < quiet {
		first++
	}
	for last > first && samples[last-1] > -quiet && samples[last-1] < quiet {
		last--
	}
	return samples[first:last]
}

func pause(out []int16, n int) []int16 { return append(out, make([]int16, n)...) }
