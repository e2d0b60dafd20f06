package gateway

import (
	"net/netip"
	"sync"
	"time"
)

// strangers gives every address that is no trunk a small budget of datagrams a
// second. Its memory is bounded: when the table is full, all that are not in it
// share one budget.
type strangers struct {
	mu     sync.Mutex
	since  time.Time // start of the second that counts holds
	counts map[netip.Addr]int
	rest   int // of addresses that found no place
}

// maxStrangers is how many addresses are told apart in one second.
const maxStrangers = 4096

func newStrangers() *strangers { return &strangers{counts: map[netip.Addr]int{}} }

// admit reports whether a datagram of addr is within rate a second.
func (s *strangers) admit(addr netip.Addr, now time.Time, rate int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now.Sub(s.since) >= time.Second || now.Before(s.since) {
		s.since, s.rest = now, 0
		clear(s.counts)
	}
	n, known := s.counts[addr]
	if !known && len(s.counts) >= maxStrangers {
		s.rest++
		return s.rest <= rate
	}
	s.counts[addr] = n + 1
	return n < rate
}

// phoneBook knows the addresses that calls went out to: phones answer and hang
// up from there and are no strangers.
type phoneBook struct {
	mu    sync.RWMutex
	addrs map[netip.Addr]struct{}
}

// maxPhones bounds the book; an installation with more phone addresses than
// that gives the others a stranger's budget.
const maxPhones = 1 << 16

func newPhoneBook() *phoneBook { return &phoneBook{addrs: map[netip.Addr]struct{}{}} }

func (b *phoneBook) has(addr netip.Addr) bool {
	b.mu.RLock()
	defer b.mu.RUnlock()
	_, ok := b.addrs[addr]
	return ok
}

func (b *phoneBook) add(addr netip.Addr) {
	if b.has(addr) {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.addrs) < maxPhones {
		b.addrs[addr] = struct{}{}
	}
}
