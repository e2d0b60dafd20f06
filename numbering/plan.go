package numbering

import (
	"fmt"
	"strconv"
	"strings"
)

// lengths is a set of digit counts: bit n is set when n digits are allowed.
type lengths uint32

func (l lengths) has(n int) bool { return n < 32 && l&(1<<n) != 0 }

// trie finds, for a string of digits, the row with the longest prefix that
// allows the string's length. Node 0 is the root; child 0 is none.
type trie struct {
	nodes []trieNode
}

type trieNode struct {
	child [10]uint16
	rows  []trieRow
}

type trieRow struct {
	lengths lengths
	row     int // index into the plan's rows
}

func newTrie() *trie { return &trie{nodes: make([]trieNode, 1)} }

func (t *trie) add(prefix string, l lengths, row int) {
	at := uint16(0)
	for i := 0; i < len(prefix); i++ {
		next := t.nodes[at].child[prefix[i]-'0']
		if next == 0 {
			next = uint16(len(t.nodes))
			t.nodes = append(t.nodes, trieNode{})
			t.nodes[at].child[prefix[i]-'0'] = next
		}
		at = next
	}
	t.nodes[at].rows = append(t.nodes[at].rows, trieRow{l, row})
}

// find returns the row for digits, -1 for none.
func (t *trie) find(digits string) int {
	found, at := -1, uint16(0)
	for i := 0; i < len(digits); i++ {
		at = t.nodes[at].child[digits[i]-'0']
		if at == 0 {
			break
		}
		for _, r := range t.nodes[at].rows {
			if r.lengths.has(len(digits)) {
				found = r.row
			}
		}
	}
	return found
}

// planFile is a data file: its header and its rows of tab-separated fields.
type planFile struct {
	header map[string]string // "date", "source", "country", "licence"
	rows   [][]string
}

// readPlanFile splits text into header ("# key: value") and rows of width fields.
func readPlanFile(name, text string, width int) (planFile, error) {
	f := planFile{header: map[string]string{}}
	for i, line := range strings.Split(text, "\n") {
		if comment, ok := strings.CutPrefix(line, "#"); ok {
			if key, value, ok := strings.Cut(comment, ": "); ok && len(f.rows) == 0 {
				f.header[strings.TrimSpace(key)] = strings.TrimSpace(value)
			}
			continue
		}
		if line == "" {
			continue
		}
		fields := strings.Split(line, "\t")
		if len(fields) != width {
			return planFile{}, fmt.Errorf("%s:%d: got %d fields, want %d separated by tabs", name, i+1, len(fields), width)
		}
		f.rows = append(f.rows, fields)
	}
	for _, key := range []string{"country", "date", "source"} {
		if f.header[key] == "" {
			return planFile{}, fmt.Errorf("%s: header has no %q line", name, key)
		}
	}
	return f, nil
}

// expandRanges turns "130-132,17" into 130 131 132 17.
func expandRanges(s string) ([]string, error) {
	var out []string
	for part := range strings.SplitSeq(s, ",") {
		from, to, isRange := strings.Cut(part, "-")
		if !isRange {
			to = from
		}
		a, errA := strconv.Atoi(from)
		b, errB := strconv.Atoi(to)
		if errA != nil || errB != nil || a < 0 || a > b || b-a > 1000 {
			return nil, fmt.Errorf("range %q has to be digits or from-to", part)
		}
		for ; a <= b; a++ {
			out = append(out, strconv.Itoa(a))
		}
	}
	return out, nil
}

func parseLengths(s string) (lengths, error) {
	parts, err := expandRanges(s)
	if err != nil {
		return 0, err
	}
	var l lengths
	for _, p := range parts {
		n, err := strconv.Atoi(p)
		if err != nil || n < 1 || n > 31 {
			return 0, fmt.Errorf("length %q has to be 1 to 31", p)
		}
		l |= 1 << n
	}
	return l, nil
}
