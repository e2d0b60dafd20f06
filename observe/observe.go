// Package observe is the private port of a running gateway, for machines that
// watch it: metrics for Prometheus, liveness and readiness for what starts and
// stops it, profiles for engineers. People look at the console instead.
//
// It has no sign-in: it belongs on loopback or on a network for management. It
// changes nothing, and a failure of it ends no call.
package observe

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"net/netip"
	"sync"
	"time"

	"ringward/observe/prom"
)

// Options are what the port shows.
type Options struct {
	Log     *slog.Logger
	Listen  netip.AddrPort
	Metrics func(io.Writer) // writes the gateway's own in Prometheus' text format
	// Ready says why the gateway should get no new calls; nil: it should.
	// Readiness is asked for often, so it must be cheap.
	Ready func() error
}

// Server serves the port.
type Server struct {
	log  *slog.Logger
	ln   net.Listener
	http http.Server
}

// New binds the port; Run serves.
func New(o Options) (*Server, error) {
	ln, err := net.Listen("tcp", o.Listen.String())
	if err != nil {
		return nil, fmt.Errorf("observe: %w", err)
	}
	s := &Server{log: o.Log, ln: ln}
	s.http = http.Server{
		Handler:           routes(o),
		ReadHeaderTimeout: 5 * time.Second,
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          slog.NewLogLogger(o.Log.Handler(), slog.LevelDebug),
	}
	return s, nil
}

func routes(o Options) http.Handler {
	mux := http.NewServeMux()
	var scraping sync.Mutex // scrapes one after another: they cost, and nobody needs two
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, _ *http.Request) {
		scraping.Lock()
		defer scraping.Unlock()
		w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
		o.Metrics(w)
		prom.Process(w)
	})
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { answer(w, nil) })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) { answer(w, o.Ready()) })
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	return mux
}

func answer(w http.ResponseWriter, not error) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	if not != nil {
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = fmt.Fprintln(w, not)
		return
	}
	_, _ = fmt.Fprintln(w, "ok")
}

// Addr is the address that the port is bound to.
func (s *Server) Addr() netip.AddrPort {
	return s.ln.Addr().(*net.TCPAddr).AddrPort()
}

// Run serves until ctx ends.
func (s *Server) Run(ctx context.Context) error {
	stop := context.AfterFunc(ctx, func() { _ = s.http.Close() })
	defer stop()
	if err := s.http.Serve(s.ln); err != nil && !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("observe: %w", err)
	}
	return nil
}

// Close closes a port that was never run.
func (s *Server) Close() error { return s.ln.Close() }
