package gateway

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// fakeMarks are the signs of verification that a caller must not be able to
// write into his own name: only the gateway says what was checked. They are
// looked for without the blanks and dots that a writer may put between them.
var fakeMarks = []string{"[v]", "(v)", "<v>", "{v}", "[verified]", "(verified)", "<verified>", "verified:",
	"已验证", "已驗證", "已认证", "已認證", "已核实", "已核實", "官方认证", "官方認證",
	"✓", "✔", "✅", "☑", "√", "🗸", "🗹", "🅥", "🆅"}

// folded maps what looks like a character of a mark to it, -1 what is passed
// over between two of them.
func folded(r rune) rune {
	switch r {
	case '【', '〔', '〖', '「', '『', '⟦', '｢':
		return '['
	case '】', '〕', '〗', '」', '』', '⟧', '｣':
		return ']'
	case 'ѵ', 'Ѵ', 'ν', 'ᴠ':
		return 'v'
	case '·', '・', '•', '‧', '.', '-', '_':
		return -1
	}
	if unicode.IsSpace(r) || unicode.Is(unicode.Mn, r) {
		return -1
	}
	return unicode.ToLower(r)
}

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
	plain, at := make([]rune, 0, len(name)), make([]int, 0, len(name))
	for i, r := range name {
		if f := folded(r); f >= 0 {
			plain, at = append(plain, f), append(at, i)
		}
	}
	for _, mark := range fakeMarks {
		m := []rune(mark)
		if i := indexRunes(plain, m); i >= 0 {
			out := append([]rune{}, name[:at[i]]...)
			return append(out, name[at[i+len(m)-1]+1:]...)
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
