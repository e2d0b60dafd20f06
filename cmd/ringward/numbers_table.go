package main

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/width"
)

// table is rows for people, cut to the width of their terminal.
type table struct {
	head []string
	rows [][]string
}

func (t *table) add(cells ...string) { t.rows = append(t.rows, cells) }

// leastColumn is how narrow a column is made for the sake of the others.
const leastColumn = 8

// print writes the table no wider than limit cells (0: as wide as it is), the
// widest columns cut first.
func (t *table) print(w io.Writer, limit int) {
	all := append([][]string{t.head}, t.rows...)
	wide := make([]int, len(t.head))
	for _, row := range all {
		for i, c := range row {
			row[i] = clean(c)
			wide[i] = max(wide[i], cells(row[i]))
		}
	}
	fit(wide, limit)
	for _, row := range all {
		var b strings.Builder
		for i, c := range row {
			c = cut(c, wide[i])
			b.WriteString(c)
			if i < len(row)-1 {
				b.WriteString(strings.Repeat(" ", wide[i]-cells(c)+2))
			}
		}
		fmt.Fprintln(w, strings.TrimRight(b.String(), " "))
	}
}

func fit(wide []int, limit int) {
	total := 2 * (len(wide) - 1)
	for _, n := range wide {
		total += n
	}
	for limit > 0 && total > limit {
		widest := 0
		for i := range wide {
			if wide[i] > wide[widest] {
				widest = i
			}
		}
		if wide[widest] <= leastColumn {
			return
		}
		wide[widest]--
		total--
	}
}

// cells is how many columns of a terminal a text takes.
func cells(s string) int {
	n := 0
	for _, r := range s {
		n += runeCells(r)
	}
	return n
}

func runeCells(r rune) int {
	switch k := width.LookupRune(r).Kind(); {
	case unicode.Is(unicode.Mn, r):
		return 0
	case k == width.EastAsianWide || k == width.EastAsianFullwidth:
		return 2
	}
	return 1
}

func cut(s string, limit int) string {
	if cells(s) <= limit {
		return s
	}
	n := 0
	for i, r := range s {
		if n += runeCells(r); n > limit-1 {
			return s[:i] + "…"
		}
	}
	return s
}

// clean takes out what would steer a terminal: data may come from anywhere.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return ' '
		}
		return r
	}, s)
}

// outputWidth is the width of the terminal behind w, 0 if it is none.
func outputWidth(w io.Writer) int {
	if n, err := strconv.Atoi(os.Getenv("COLUMNS")); err == nil && n > 0 {
		return n
	}
	if f, ok := w.(*os.File); ok {
		return terminalWidth(f)
	}
	return 0
}

func (d *desk) print(t *table) { t.print(d.io.out, outputWidth(d.io.out)) }
