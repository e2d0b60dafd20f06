package main

import (
	"io"
	"strings"
	"sync"
)

// logTail keeps the last lines of the log for the operator's page, and hands
// new ones to those who watch. A watcher who is slow misses lines.
type logTail struct {
	mu       sync.Mutex
	lines    []string // a ring; guarded by mu, as all below
	next     int
	watchers map[chan string]bool
}

const (
	tailLines    = 500
	tailLine     = 2 << 10 // octets of a line that are kept
	tailWatchers = 16
)

func newLogTail() *logTail { return &logTail{watchers: map[chan string]bool{}} }

// Write takes what the log's writer writes, a line or more. It never waits.
func (t *logTail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for line := range strings.Lines(string(b)) {
		line = strings.TrimSuffix(line, "\n")
		line = strings.ToValidUTF8(line[:min(len(line), tailLine)], "")
		if len(t.lines) < tailLines {
			t.lines = append(t.lines, line)
		} else {
			t.lines[t.next] = line
			t.next = (t.next + 1) % tailLines
		}
		for w := range t.watchers {
			select {
			case w <- line:
			default:
			}
		}
	}
	return len(b), nil
}

// Lines is console.Logs.
func (t *logTail) Lines() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return append(append([]string{}, t.lines[t.next:]...), t.lines[:t.next]...)
}

// Watch is console.Logs.
func (t *logTail) Watch() (lines <-chan string, leave func()) {
	w := make(chan string, 256)
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.watchers) < tailWatchers {
		t.watchers[w] = true
	}
	return w, func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		delete(t.watchers, w)
	}
}

// logWriters writes to both, whatever one of them says.
type logWriters struct{ first, second io.Writer }

// Write is io.Writer.
func (w logWriters) Write(b []byte) (int, error) {
	_, _ = w.first.Write(b) // the tail never fails
	return w.second.Write(b)
}
