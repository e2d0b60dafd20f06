package sip

import (
	"crypto/rand"
	"encoding/base32"
	"hash/maphash"
	"sync"
	"sync/atomic"
)

const shards = 64

// legTable finds the leg of a dialog by its local tag, which is ours and
// unique; the leg itself compares Call-ID and remote tag.
type legTable struct {
	seed   maphash.Seed
	count  atomic.Int64
	shards [shards]struct {
		mu   sync.RWMutex
		legs map[string]*Leg
	}
}

func (t *legTable) init() {
	t.seed = maphash.MakeSeed()
	for i := range t.shards {
		t.shards[i].legs = make(map[string]*Leg)
	}
}

func (t *legTable) len() int { return int(t.count.Load()) }

// add enters the leg unless there are limit legs already.
func (t *legTable) add(l *Leg, limit int) bool {
	if t.count.Add(1) > int64(limit) {
		t.count.Add(-1)
		return false
	}
	s := &t.shards[maphash.String(t.seed, l.tag)%shards]
	s.mu.Lock()
	s.legs[l.tag] = l
	s.mu.Unlock()
	return true
}

func (t *legTable) remove(l *Leg) {
	s := &t.shards[maphash.String(t.seed, l.tag)%shards]
	s.mu.Lock()
	if s.legs[l.tag] == l {
		delete(s.legs, l.tag)
		t.count.Add(-1)
	}
	s.mu.Unlock()
}

// find returns the leg with this local tag and Call-ID, or nil.
func (t *legTable) find(localTag, callID string) *Leg {
	if localTag == "" {
		return nil
	}
	s := &t.shards[maphash.String(t.seed, localTag)%shards]
	s.mu.RLock()
	l := s.legs[localTag]
	s.mu.RUnlock()
	if l == nil || l.callID != callID {
		return nil
	}
	return l
}

// all returns the legs there are.
func (t *legTable) all() []*Leg {
	var legs []*Leg
	for i := range t.shards {
		s := &t.shards[i]
		s.mu.RLock()
		for _, l := range s.legs {
			legs = append(legs, l)
		}
		s.mu.RUnlock()
	}
	return legs
}

var tagEncoding = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// newTag returns 80 random bits as 16 letters and digits: a From- or To-tag
// (RFC 3261 §19.3 asks for 32 bits), globally unique.
func newTag() string {
	var b [10]byte
	_, _ = rand.Read(b[:]) // never fails, see crypto/rand
	return tagEncoding.EncodeToString(b[:])
}
