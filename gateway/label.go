package gateway

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// fakeMarks are the signs of verification that a caller must not be able to
// write into his own name: only the gateway says what was checked.
var fakeMarks = []string{"[v]", "(v)", "<v>", "[verified]", "(verified)", "verified:", "已验证", "已驗證", "已认证", "已認證", "官方认证", "官方認證", "✓", "✔", "✅", "☑", "√"}

// maxName bounds a caller's display name, in runes, as it is shown and kept.
const maxName = 64

// stripMarks takes forged signs of verification out of a caller's display name
// and what cannot be seen with them. It repeats until none is left, so that
// "[[V]V]" does not become one.
func stripMarks(display string) string {
	name := []rune(norm.NFKC.String(visible(display)))
	if len(name) > maxName {
		name = name[:maxName]
	}
	for {
		cut := cutMark(name)
		if len(cut) == len(name) {
			return strings.Join(strings.Fields(string(name)), " ")
		}
		name = cut
	}
}

// cutMark removes the first forged mark, if there is one.
func cutMark(name []rune) []rune {
	lower := make([]rune, len(name))
	for i, r := range name {
		lower[i] = unicode.ToLower(r)
	}
	for _, mark := range fakeMarks {
		if i := indexRunes(lower, []rune(mark)); i >= 0 {
			out := append([]rune{}, name[:i]...)
			return append(out, name[i+len([]rune(mark)):]...)
		}
	}
	return name
}

func indexRunes(s, sub []rune) int {
outer:
	for i := 0; i+len(sub) <= len(s); i++ {
		for j := range sub {
			if s[i+j] != sub[j] {
				continue outer
			}
		}
		return i
	}
	return -1
}

// visible drops control and format characters (zero-width, bidirectional
// overrides) and variation selectors, which hide marks from a plain comparison.
func visible(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Variation_Selector, r) {
			return -1
		}
		return r
	}, s)
}

// labelled puts our label before what is left of the caller's own name. A
// phone that truncates keeps the label.
func labelled(label, name string) string {
	switch {
	case label == "":
		return name
	case name == "":
		return label
	}
	return label + " " + name
}

// ascii is the name for phones that show nothing else: other characters go.
func ascii(name string) string {
	s := strings.Map(func(r rune) rune {
		if r < 0x20 || r > 0x7e {
			return -1
		}
		return r
	}, name)
	return strings.Join(strings.Fields(s), " ")
}
