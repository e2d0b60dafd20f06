package main

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

const (
	logBurst   = 100    // lines of one source at once
	logSources = 10_000 // remembered; more than that share a fresh start
)

// logLimit lets a source (a trunk, or an address that is none) write so many
// lines a second; what is left out is counted in the next line that it may write.
// Errors, and lines of no source, always pass.
type logLimit struct {
	next   slog.Handler
	state  *logBudgets
	source string // of With
}

// logBudgets is what the handlers made by With share.
type logBudgets struct {
	rate float64 // lines a second
	now  func() time.Time

	mu      sync.Mutex
	sources map[string]*logBudget
}

type logBudget struct {
	left   float64
	filled time.Time
	out    int // lines left out since the last one
}

// limitLog wraps a handler; rate 0 limits nothing.
func limitLog(next slog.Handler, rate int, now func() time.Time) slog.Handler {
	if rate <= 0 {
		return next
	}
	return &logLimit{next: next, state: &logBudgets{rate: float64(rate), now: now, sources: map[string]*logBudget{}}}
}

// sourceOf returns the source that an attribute names, "" for none.
func sourceOf(a slog.Attr) string {
	if a.Key == "source" || a.Key == "trunk" {
		return a.Value.String()
	}
	return ""
}

// Enabled is slog.Handler.
func (l *logLimit) Enabled(ctx context.Context, level slog.Level) bool {
	return l.next.Enabled(ctx, level)
}

// WithAttrs is slog.Handler.
func (l *logLimit) WithAttrs(attrs []slog.Attr) slog.Handler {
	c := *l
	c.next = l.next.WithAttrs(attrs)
	for _, a := range attrs {
		if s := sourceOf(a); s != "" {
			c.source = s
		}
	}
	return &c
}

// WithGroup is slog.Handler.
func (l *logLimit) WithGroup(name string) slog.Handler {
	c := *l
	c.next = l.next.WithGroup(name)
	return &c
}

// Handle is slog.Handler.
func (l *logLimit) Handle(ctx context.Context, r slog.Record) error {
	source := l.source
	r.Attrs(func(a slog.Attr) bool {
		if s := sourceOf(a); s != "" {
			source = s
		}
		return true
	})
	if source == "" || r.Level >= slog.LevelError {
		return l.next.Handle(ctx, r)
	}
	pass, out := l.state.take(source)
	if !pass {
		return nil
	}
	if out > 0 {
		r = r.Clone()
		r.AddAttrs(slog.Int("left_out", out))
	}
	return l.next.Handle(ctx, r)
}

// take asks for one line, and tells how many were left out before it.
func (b *logBudgets) take(source string) (pass bool, out int) {
	now := b.now()
	b.mu.Lock()
	defer b.mu.Unlock()
	s := b.sources[source]
	if s == nil {
		if len(b.sources) >= logSources {
			clear(b.sources)
		}
		s = &logBudget{left: logBurst, filled: now}
		b.sources[source] = s
	}
	s.left = min(logBurst, s.left+b.rate*now.Sub(s.filled).Seconds())
	s.filled = now
	if s.left < 1 {
		s.out++
		return false, 0
	}
	s.left--
	out, s.out = s.out, 0
	return true, out
}
