package certs_test

import (
	"context"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ringward/stir/certs"
	"ringward/stir/stirtest"
)

// repository serves certificates over HTTPS on loopback.
func repository(t *testing.T, answer http.HandlerFunc) (url string, pool *x509.CertPool, asked *atomic.Int32) {
	t.Helper()
	asked = new(atomic.Int32)
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		answer(w, r)
	}))
	srv.Config.ErrorLog = log.New(io.Discard, "", 0)
	srv.StartTLS()
	t.Cleanup(srv.Close)
	pool = x509.NewCertPool()
	pool.AddCert(srv.Certificate())
	return srv.URL + "/cert.pem", pool, asked
}

func store(t *testing.T, o certs.Options) *certs.Store {
	t.Helper()
	s := certs.New(o)
	t.Cleanup(s.Close)
	return s
}

func TestFetchedOnceAndKept(t *testing.T) {
	signer := stirtest.NewAuthority(t).Signer(stirtest.Provider(t, "1"), nil)
	url, pool, asked := repository(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Cache-Control", "public, max-age=600")
		_, _ = w.Write(stirtest.Encode(signer.Chain...))
	})
	var mu sync.Mutex
	now := time.Now()
	s := store(t, certs.Options{TLS: pool, Inside: true, Now: func() time.Time { mu.Lock(); defer mu.Unlock(); return now }})
	if _, ok, _ := s.Cached(url); ok {
		t.Error("something is kept before anything was fetched")
	}
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			chain, err := s.Get(t.Context(), url)
			if err != nil || len(chain) != 1 || !chain[0].Equal(signer.Chain[0]) {
				t.Errorf("got %v, %v", chain, err)
			}
		})
	}
	wg.Wait()
	if n := asked.Load(); n != 1 {
		t.Errorf("asked %d times for one certificate", n)
	}
	if chain, ok, err := s.Cached(url); !ok || err != nil || len(chain) != 1 {
		t.Error("it is not kept")
	}
	mu.Lock()
	now = now.Add(601 * time.Second)
	mu.Unlock()
	if _, ok, _ := s.Cached(url); ok {
		t.Error("it is kept longer than its repository says")
	}
	if _, err := s.Get(t.Context(), url); err != nil || asked.Load() != 2 {
		t.Errorf("%v, asked %d times", err, asked.Load())
	}
}

// What comes instead of a certificate.
func TestFetchFails(t *testing.T) {
	for _, c := range []struct {
		name   string
		answer http.HandlerFunc
		want   string
	}{
		{"not there", http.NotFound, "answered 404"},
		{"somewhere else", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "https://127.0.0.1:1/", http.StatusFound)
		}, "answered 302"},
		{"no certificate", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("hello")) }, "cannot be read"},
		{"without end", func(w http.ResponseWriter, _ *http.Request) {
			for range 1000 {
				if _, err := w.Write(make([]byte, 1024)); err != nil {
					return
				}
			}
		}, "more than 65536 octets"},
		{"never", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, "deadline exceeded"},
	} {
		t.Run(c.name, func(t *testing.T) {
			url, pool, asked := repository(t, c.answer)
			s := store(t, certs.Options{TLS: pool, Inside: true, Timeout: 2 * time.Second})
			for range 2 { // the failure is kept, too
				if _, err := s.Get(t.Context(), url); err == nil || !strings.Contains(err.Error(), c.want) {
					t.Errorf("got %v, want %q", err, c.want)
				}
			}
			if n := asked.Load(); n != 1 {
				t.Errorf("asked %d times", n)
			}
			if _, ok, err := s.Cached(url); !ok || err == nil {
				t.Errorf("kept: %v, %v", err, ok)
			}
		})
	}
	t.Run("a repository that nobody vouches for", func(t *testing.T) {
		url, _, _ := repository(t, http.NotFound)
		s := store(t, certs.Options{Inside: true})
		if _, err := s.Get(t.Context(), url); err == nil || !strings.Contains(err.Error(), "certificate") {
			t.Errorf("got %v", err)
		}
	})
}

// Nothing inside is asked, whatever it is called (row: no requests to private
// addresses), and nothing that is no repository.
func TestAddressesThatAreNotAsked(t *testing.T) {
	url, pool, asked := repository(t, http.NotFound)
	s := store(t, certs.Options{TLS: pool})
	local := strings.TrimPrefix(url, "https://")
	_, port, _ := strings.Cut(strings.TrimSuffix(local, "/cert.pem"), ":")
	for _, u := range []string{url, "http://example.com/c", "https://user@example.com/c", "https://example.com/c#x", "https://example.com:22/c",
		"ftp://example.com/c", "https:///c", "file:///etc/passwd", "", "https://example.com/" + strings.Repeat("x", 600),
		"https://127.0.0.1:8443/c", "https://localhost:8443/c", "https://[::1]:8443/c", "https://[::ffff:127.0.0.1]:8443/c", "https://10.0.0.1/c",
		"https://192.168.1.1/c", "https://169.254.169.254/latest/meta-data", "https://[fe80::1]/c", "https://[fd00::1]/c", "https://0.0.0.0:8443/c",
		"https://100.64.0.1/c", "https://[64:ff9b::7f00:1]/c", "https://[2002:7f00:1::]/c", "https://localhost:" + port + "/c"} {
		if _, err := s.Get(t.Context(), u); !errors.Is(err, certs.ErrAddress) {
			t.Errorf("%s: got %v, want it refused", u, err)
		}
	}
	if n := asked.Load(); n != 0 {
		t.Errorf("the local server was asked %d times", n)
	}
}

// A caller does not wait longer than he wants to, and the fetch goes on.
func TestWaitIsBounded(t *testing.T) {
	signer := stirtest.NewAuthority(t).Signer(stirtest.Provider(t, "1"), nil)
	release := make(chan struct{})
	url, pool, _ := repository(t, func(w http.ResponseWriter, _ *http.Request) {
		<-release
		_, _ = w.Write(stirtest.Encode(signer.Chain...))
	})
	s := store(t, certs.Options{TLS: pool, Inside: true, Parallel: 1})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Get(ctx, url); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if _, ok, _ := s.Cached(url); ok {
		t.Error("kept before it came")
	}
	if _, err := s.Get(ctx, url+"?other"); !errors.Is(err, certs.ErrBusy) {
		t.Errorf("a second at a time of one: got %v", err)
	}
	close(release)
	if chain, err := s.Get(t.Context(), url); err != nil || len(chain) != 1 {
		t.Errorf("got %v, %v", chain, err)
	}
}

// One slow repository leaves places for the others.
func TestSlowRepositoryHoldsNobodyUp(t *testing.T) {
	slow, pool, _ := repository(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	quick, _, _ := repository(t, http.NotFound) // all servers of net/http/httptest show one certificate
	s := store(t, certs.Options{TLS: pool, Inside: true, Parallel: 4, Timeout: time.Minute})
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for _, q := range []string{"?1", "?2", "?3", "?4", "?5"} {
		_, _ = s.Get(ended, slow+q)
	}
	if _, err := s.Get(t.Context(), quick); err == nil || errors.Is(err, certs.ErrBusy) || !strings.Contains(err.Error(), "404") {
		t.Errorf("got %v, want the quick one's answer", err)
	}
}

func TestKeptIsBounded(t *testing.T) {
	url, pool, _ := repository(t, http.NotFound)
	s := store(t, certs.Options{TLS: pool, Inside: true, Entries: 3})
	kept := 0
	for _, q := range []string{"?1", "?2", "?3", "?4", "?5", "?6"} {
		_, _ = s.Get(t.Context(), url+q)
	}
	for _, q := range []string{"?1", "?2", "?3", "?4", "?5", "?6"} {
		if _, ok, _ := s.Cached(url + q); ok {
			kept++
		}
	}
	if kept != 3 {
		t.Errorf("%d kept, want 3", kept)
	}
}

func TestClose(t *testing.T) {
	url, pool, _ := repository(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	s := certs.New(certs.Options{TLS: pool, Inside: true, Timeout: time.Minute})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, _ = s.Get(ctx, url)
	s.Close() // waits for the fetch, which it ends
	if _, err := s.Get(t.Context(), url+"?more"); !errors.Is(err, certs.ErrClosed) {
		t.Errorf("got %v", err)
	}
}
