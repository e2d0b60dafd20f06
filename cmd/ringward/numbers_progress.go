package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"ringward/numberdb"
)

// progress draws one line that tells how far an import is.
type progress struct {
	w     io.Writer
	size  int64 // bytes of the input, 0 unknown
	on    bool
	start time.Time
	last  time.Time
	drawn bool
}

// drawEvery is the time between two drawings.
const drawEvery = 200 * time.Millisecond

func newProgress(w io.Writer, size int64, on bool) *progress {
	return &progress{w: w, size: size, on: on, start: time.Now()}
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && terminalWidth(f) > 0
}

// show draws the line, not too often.
func (p *progress) show(r numberdb.ImportReport, read int64) {
	now := time.Now()
	if !p.on || p.drawn && now.Sub(p.last) < drawEvery {
		return
	}
	p.last, p.drawn = now, true
	fmt.Fprintf(p.w, "\r\x1b[K%s", progressLine(r, read, p.size, now.Sub(p.start)))
}

func (p *progress) end() {
	if p.drawn {
		fmt.Fprintln(p.w)
	}
}

// progressLine tells rows, rate and time left.
func progressLine(r numberdb.ImportReport, read, size int64, took time.Duration) string {
	done := r.Rows - r.Skipped
	rate := float64(done) / max(took.Seconds(), 0.001)
	line := fmt.Sprintf("%d rows, %.0f/s, %d bad", r.Rows, rate, r.Bad)
	if size <= 0 || read <= 0 {
		return line
	}
	part := min(float64(read)/float64(size), 1)
	if r.Read > r.Rows { // what was read and waits for the database is not done
		part *= float64(r.Rows) / float64(r.Read)
	}
	left := time.Duration(float64(took) * (1 - part) / part).Round(time.Second)
	const width = 20
	full := int(part * width)
	return fmt.Sprintf("[%s%s] %3.0f%%  %s, %s left", strings.Repeat("#", full), strings.Repeat("-", width-full), part*100, line, left)
}
