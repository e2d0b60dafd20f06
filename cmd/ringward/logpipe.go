package main

import (
	"fmt"
	"io"
	"sync/atomic"
	"time"
)

// logPipe keeps calls from waiting for whoever reads the log: lines go through a
// bounded queue to one goroutine. When the reader stands still, lines are
// dropped and counted, and the next one that is written is preceded by the count.
type logPipe struct {
	out     io.Writer
	lines   chan []byte
	dropped atomic.Uint64 // and not told of yet
	lost    atomic.Uint64 // dropped since the start
	quit    chan struct{}
	done    chan struct{}
}

const (
	logQueue = 4096        // lines
	logLast  = time.Second // for the last lines at the end
)

func newLogPipe(out io.Writer) *logPipe {
	p := &logPipe{out: out, lines: make(chan []byte, logQueue), quit: make(chan struct{}), done: make(chan struct{})}
	go p.run()
	return p
}

// Write queues one line. It never waits and never fails.
func (p *logPipe) Write(b []byte) (int, error) {
	select {
	case p.lines <- append([]byte(nil), b...):
	default:
		p.dropped.Add(1)
		p.lost.Add(1)
	}
	return len(b), nil
}

func (p *logPipe) run() {
	defer close(p.done)
	for {
		select {
		case b := <-p.lines:
			p.put(b)
		case <-p.quit:
			for {
				select {
				case b := <-p.lines:
					p.put(b)
				default:
					return
				}
			}
		}
	}
}

func (p *logPipe) put(b []byte) {
	if n := p.dropped.Swap(0); n > 0 {
		_, _ = fmt.Fprintf(p.out, "%d log lines were dropped: the log was not read\n", n)
	}
	_, _ = p.out.Write(b) // a log that cannot be written has nobody to be told
}

// close writes what is queued, as long as that takes no longer than logLast.
func (p *logPipe) close() {
	close(p.quit)
	select {
	case <-p.done:
	case <-time.After(logLast):
	}
}
