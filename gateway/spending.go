package gateway

import (
	"sync"
	"time"
)

// spending counts what lines call out, so that a stolen password costs little.
// It is as large as the lines are many.
type spending struct {
	mu    sync.Mutex
	lines map[string]*spent // guarded by mu
}

// spent is one line's account.
type spent struct {
	running     int
	minute, day count
	denied      count // within an hour
	abroad      bool
}

// count counts within a time that begins with the first.
type count struct {
	since time.Time
	n     int
}

// in returns the count as it stands, begun anew when its time is over.
func (c *count) in(now time.Time, within time.Duration) *int {
	if now.Sub(c.since) >= within || now.Before(c.since) {
		*c = count{since: now}
	}
	return &c.n
}

func newSpending() *spending { return &spending{lines: map[string]*spent{}} }

// of returns a line's account; mu is held.
func (s *spending) of(line string) *spent {
	a := s.lines[line]
	if a == nil {
		a = &spent{}
		s.lines[line] = a
	}
	return a
}

// spend takes a place for one call out of a line, or says that there is none.
func (s *spending) spend(line string, o Outbound, now time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.of(line)
	minute, day := a.minute.in(now, time.Minute), a.day.in(now, 24*time.Hour)
	if a.running >= limit(o.MaxCalls, outgoingCalls) || *minute >= limit(o.PerMinute, outgoingPerMinute) || *day >= limit(o.PerDay, outgoingPerDay) {
		return errSpent
	}
	a.running++
	*minute++
	*day++
	return nil
}

func limit(n, otherwise int) int {
	if n > 0 {
		return n
	}
	return otherwise
}

// over gives a running call's place back.
func (s *spending) over(line string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.of(line).running--
}

// alarm counts a refused call; the first of an hour is to be told, with how many
// there were in the hour before.
func (s *spending) alarm(line string, now time.Time) (tell bool, before int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.of(line)
	before = a.denied.n
	n := a.denied.in(now, time.Hour)
	*n++
	return *n == 1, before
}

// firstAbroad is true once a line.
func (s *spending) firstAbroad(line string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.of(line)
	first := !a.abroad
	a.abroad = true
	return first
}
