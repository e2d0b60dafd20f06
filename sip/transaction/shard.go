package transaction

import (
	"hash/maphash"
	"sync"
)

// numShards spreads the look-ups over locks; a power of two.
const numShards = 64

// shard holds part of the live transactions. Lock order: a transaction's mutex
// comes before a shard's, never after.
type shard struct {
	mu     sync.Mutex
	closed bool
	server map[string]*serverTx // by serverKey
	client map[string]*clientTx // by clientKey
	merged map[uint64]struct{}  // by mergeKey, of requests outside dialogs
}

func (s *shard) init() {
	s.server = make(map[string]*serverTx)
	s.client = make(map[string]*clientTx)
	s.merged = make(map[uint64]struct{})
}

func (l *Layer) shardOf(key []byte) *shard {
	return &l.shards[maphash.Bytes(l.seed, key)%numShards]
}

func (l *Layer) findServer(key []byte) *serverTx {
	sh := l.shardOf(key)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	return sh.server[string(key)]
}

func (l *Layer) findClient(key []byte) *clientTx {
	sh := l.shardOf(key)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	return sh.client[string(key)]
}

// addServer enters s; false with the transaction found there first, or with
// nil when the layer is closed.
func (l *Layer) addServer(key []byte, s *serverTx) (*serverTx, bool) {
	sh := l.shardOf(key)
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if old := sh.server[string(key)]; old != nil || sh.closed {
		return old, false
	}
	s.key = string(key)
	sh.server[s.key] = s
	l.stats.server.Add(1)
	return s, true
}

func (l *Layer) removeServer(s *serverTx) {
	sh := l.shardOf([]byte(s.key))
	sh.mu.Lock()
	if sh.server[s.key] == s {
		delete(sh.server, s.key)
		l.stats.server.Add(-1)
	}
	sh.mu.Unlock()
	if s.merge != 0 {
		l.unmerge(s.merge)
	}
}

// addClient enters c; false when the layer is closed.
func (l *Layer) addClient(c *clientTx) bool {
	sh := l.shardOf([]byte(c.key))
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if sh.closed {
		return false
	}
	sh.client[c.key] = c
	l.stats.client.Add(1)
	return true
}

func (l *Layer) removeClient(c *clientTx) {
	sh := l.shardOf([]byte(c.key))
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if sh.client[c.key] == c {
		delete(sh.client, c.key)
		l.stats.client.Add(-1)
	}
}

// addMerge enters a request by what merged copies of it share; false if one is
// there.
func (l *Layer) addMerge(key uint64) bool {
	sh := &l.shards[key%numShards]
	sh.mu.Lock()
	defer sh.mu.Unlock()
	if _, ok := sh.merged[key]; ok {
		return false
	}
	sh.merged[key] = struct{}{}
	return true
}

func (l *Layer) unmerge(key uint64) {
	sh := &l.shards[key%numShards]
	sh.mu.Lock()
	defer sh.mu.Unlock()
	delete(sh.merged, key)
}

// close refuses new transactions and returns those there.
func (s *shard) close() (servers []*serverTx, clients []*clientTx) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	for _, t := range s.server {
		servers = append(servers, t)
	}
	for _, t := range s.client {
		clients = append(clients, t)
	}
	return servers, clients
}
