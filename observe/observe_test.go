package observe_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"

	"ringward/observe"
)

func TestPort(t *testing.T) {
	var draining atomic.Bool
	s, err := observe.New(observe.Options{
		Log: slog.New(slog.DiscardHandler), Listen: netip.MustParseAddrPort("127.0.0.1:0"),
		Metrics: func(w io.Writer) { fmt.Fprintln(w, "ringward_test_total 3") },
		Ready: func() error {
			if draining.Load() {
				return errors.New("draining")
			}
			return nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	get := func(path string) (int, string) {
		t.Helper()
		res, err := http.Get("http://" + s.Addr().String() + path)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		b, _ := io.ReadAll(res.Body)
		return res.StatusCode, string(b)
	}
	for _, tt := range []struct {
		path   string
		status int
		has    string
	}{
		{"/metrics", 200, "ringward_test_total 3"},
		{"/metrics", 200, "go_goroutines"},
		{"/healthz", 200, "ok"},
		{"/readyz", 200, "ok"},
		{"/debug/pprof/", 200, "goroutine"},
		{"/", 404, ""},
	} {
		if status, body := get(tt.path); status != tt.status || !strings.Contains(body, tt.has) {
			t.Errorf("%s: %d %.80q, want %d with %q", tt.path, status, body, tt.status, tt.has)
		}
	}
	draining.Store(true)
	if status, body := get("/readyz"); status != 503 || !strings.Contains(body, "draining") {
		t.Errorf("/readyz while draining: %d %q, want 503 with the reason", status, body)
	}
	if status, _ := get("/healthz"); status != 200 {
		t.Errorf("/healthz while draining: %d, want 200: it still carries calls", status)
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	http.DefaultClient.CloseIdleConnections()
}
