package main

import (
	"bytes"
	"io"
	"strings"
	"testing"
)

// A log that nobody reads must hold up nobody.
func TestLogPipeNeverWaits(t *testing.T) {
	r, w := io.Pipe() // takes nothing until somebody reads
	p := newLogPipe(w)
	for range logQueue + 100 {
		if _, err := p.Write([]byte("line\n")); err != nil {
			t.Fatal(err)
		}
	}
	got := make(chan string)
	go func() {
		b, _ := io.ReadAll(r)
		got <- string(b)
	}()
	p.close()
	_ = w.Close()
	text := <-got
	if n := strings.Count(text, "line\n"); n < logQueue || n > logQueue+1 {
		t.Errorf("%d lines arrived, want the %d queued", n, logQueue)
	}
	if !strings.Contains(text, "log lines were dropped") {
		t.Error("nothing tells that lines were dropped")
	}
}

func TestLogPipeKeepsOrder(t *testing.T) {
	var b bytes.Buffer
	p := newLogPipe(&b)
	for _, s := range []string{"a\n", "b\n", "c\n"} {
		_, _ = p.Write([]byte(s))
	}
	p.close()
	if b.String() != "a\nb\nc\n" {
		t.Errorf("got %q", b.String())
	}
}
