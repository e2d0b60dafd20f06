package certs

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"ringward/stir"
)

// Options are the limits of a Store; the zero value is useful.
type Options struct {
	Log      *slog.Logger
	Timeout  time.Duration  // of one fetch; 0 is 3 s
	Keep     time.Duration  // longest time that a certificate is kept; 0 is 24 h
	Entries  int            // kept at a time; 0 is 1000
	Parallel int            // fetches at a time; 0 is 8
	TLS      *x509.CertPool // believed for HTTPS; nil: the system's
	Now      func() time.Time

	// Inside allows private and loopback addresses, and any port: for tests, and
	// for networks that keep their own repository. Callers name the addresses.
	Inside bool
}

const (
	maxBody   = 64 << 10
	maxHost   = 2 // fetches from one host at a time: a slow one must not hold the others up
	leastKeep = 5 * time.Minute
	keepError = time.Minute // a fetch that failed is not tried again meanwhile
)

// Errors of a Store, for errors.Is.
var (
	ErrBusy   = fmt.Errorf("%w: too many are being fetched", stir.ErrNotYet)
	ErrClosed = errors.New("the store of certificates is closed")
)

// Store fetches and keeps. Its methods are safe for concurrent use; Close ends
// what is under way and waits for it.
type Store struct {
	o      Options
	client *http.Client
	slots  chan struct{}
	ctx    context.Context
	stop   context.CancelFunc
	join   sync.WaitGroup

	mu      sync.Mutex
	closed  bool
	entries map[string]*entry
	hosts   map[string]int // fetches under way
}

// entry is one address: being fetched while done is open, else what came of it.
type entry struct {
	done  chan struct{}
	chain []*x509.Certificate
	err   error
	until time.Time // kept; set with done
}

// New makes a Store. It starts nothing before the first Get.
func New(o Options) *Store {
	setDefault(&o.Timeout, 3*time.Second)
	setDefault(&o.Keep, 24*time.Hour)
	setDefault(&o.Entries, 1000)
	setDefault(&o.Parallel, 8)
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	s := &Store{o: o, slots: make(chan struct{}, o.Parallel), entries: map[string]*entry{}, hosts: map[string]int{}}
	s.ctx, s.stop = context.WithCancel(context.Background())
	dialer := &net.Dialer{Timeout: o.Timeout}
	if !o.Inside {
		dialer.Control = guard
	}
	s.client = &http.Client{
		// Nobody leads us on: what answers with a redirection has no certificate.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			DialContext: dialer.DialContext, TLSClientConfig: &tls.Config{RootCAs: o.TLS, MinVersion: tls.VersionTLS12},
			MaxResponseHeaderBytes: 16 << 10, DisableCompression: true, DisableKeepAlives: true,
		},
	}
	return s
}

func setDefault[T comparable](v *T, d T) {
	var zero T
	if *v == zero {
		*v = d
	}
}

// Cached returns what is kept of an address, without waiting and without
// fetching: the certificates, or why there are none; known is false when nothing
// is kept.
func (s *Store) Cached(address string) (chain []*x509.Certificate, known bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.entries[address]
	if e == nil || !e.over() || !s.o.Now().Before(e.until) {
		return nil, false, nil
	}
	return e.chain, true, e.err
}

// Get returns the certificates of an address: kept ones, or those that a fetch
// brings, one for all who ask. When ctx ends first, the error is stir.ErrNotYet,
// and the fetch goes on for those who ask later.
func (s *Store) Get(ctx context.Context, address string) ([]*x509.Certificate, error) {
	e, err := s.ask(address)
	if err != nil {
		return nil, err
	}
	select {
	case <-e.done:
		return e.chain, e.err
	default:
	}
	select {
	case <-e.done:
		return e.chain, e.err
	case <-ctx.Done():
		return nil, fmt.Errorf("%w: %w", stir.ErrNotYet, ctx.Err())
	}
}

// ask finds the entry of an address, or begins to fetch it.
func (s *Store) ask(address string) (*entry, error) {
	u, err := checkURL(address, s.o.Inside)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if e := s.entries[address]; e != nil && (!e.over() || s.o.Now().Before(e.until)) {
		return e, nil
	}
	if s.closed {
		return nil, ErrClosed
	}
	if s.hosts[u.Host] >= maxHost {
		return nil, ErrBusy
	}
	select {
	case s.slots <- struct{}{}:
	default:
		return nil, ErrBusy
	}
	s.hosts[u.Host]++
	s.makeRoom()
	e := &entry{done: make(chan struct{})}
	s.entries[address] = e
	s.join.Go(func() { s.fetch(address, u.Host, e) })
	return e, nil
}

func (e *entry) over() bool {
	select {
	case <-e.done:
		return true
	default:
		return false
	}
}

// makeRoom forgets what is out of date, else any: addresses are the callers'
// choice, and must not be able to fill our memory. mu is held.
func (s *Store) makeRoom() {
	if len(s.entries) < s.o.Entries {
		return
	}
	now := s.o.Now()
	for a, e := range s.entries {
		if e.over() && !now.Before(e.until) {
			delete(s.entries, a)
		}
	}
	for a, e := range s.entries {
		if len(s.entries) < s.o.Entries {
			return
		}
		if e.over() {
			delete(s.entries, a)
		}
	}
}

// fetch fills an entry and frees its slot.
func (s *Store) fetch(address, host string, e *entry) {
	chain, keep, err := s.load(address)
	if err != nil {
		keep = keepError
		s.o.Log.Info("certificate of a caller identity cannot be fetched", "url", address, "err", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	e.chain, e.err, e.until = chain, err, s.o.Now().Add(keep)
	close(e.done)
	if s.hosts[host]--; s.hosts[host] <= 0 {
		delete(s.hosts, host)
	}
	<-s.slots
}

// load asks the address once.
func (s *Store) load(address string) ([]*x509.Certificate, time.Duration, error) {
	ctx, cancel := context.WithTimeout(s.ctx, s.o.Timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, 0, err
	}
	req.Header.Set("Accept", "application/pem-certificate-chain, application/pkix-cert, application/x-pem-file")
	resp, err := s.client.Do(req)
	if err != nil {
		return nil, 0, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, 0, fmt.Errorf("answered %d", resp.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxBody+1))
	if err != nil {
		return nil, 0, err
	}
	if len(body) > maxBody {
		return nil, 0, fmt.Errorf("more than %d octets", maxBody)
	}
	chain, err := stir.ParseCertificates(body)
	if err != nil {
		return nil, 0, err
	}
	return chain, s.keepFor(resp.Header, chain[0]), nil
}

// Close ends the fetches under way and waits for them.
func (s *Store) Close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.stop()
	s.join.Wait()
	s.client.CloseIdleConnections()
}
