package main

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"ringward/cmd/ringward/config"
	"ringward/numberdb"
	"ringward/numbering"
)

// lines is a log that a test waits for.
type logLines struct {
	mu   sync.Mutex
	buf  bytes.Buffer
	more chan struct{}
}

func (l *logLines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.buf.Write(b)
	select {
	case l.more <- struct{}{}:
	default:
	}
	return len(b), nil
}

func (l *logLines) await(t *testing.T, want string) {
	t.Helper()
	for {
		l.mu.Lock()
		text := l.buf.String()
		l.mu.Unlock()
		if strings.Contains(text, want) {
			return
		}
		select {
		case <-l.more:
		case <-t.Context().Done():
			t.Fatalf("%q was never logged:\n%s", want, text)
		case <-time.After(time.Minute):
			t.Fatalf("%q was not logged:\n%s", want, text)
		}
	}
}

// TestFeedsAreTakenWhileServing: bundles of a folder come in while the gateway
// runs; one that is not to be believed is told and changes nothing.
func TestFeedsAreTakenWhileServing(t *testing.T) {
	x := newExchange(t)
	x.verified("17000003001")
	x.create("1")
	db, err := numberdb.Open(numbersFile(x.to.data), numberdb.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	told := &logLines{more: make(chan struct{}, 1)}
	cfg := config.Default()
	cfg.Data = x.to.data
	cfg.Feeds = []config.Feed{
		{Name: "gone", Source: x.path("missing"), Trust: []string{x.path("k.pub")}, Every: time.Hour},
		{Name: "acme", Source: x.dir, Trust: []string{x.path("k.pub")}, Every: 10 * time.Millisecond},
	}
	f := newFeeds(cfg, db, slog.New(slog.NewTextHandler(told, nil)))
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- f.run(ctx) }()
	told.await(t, "feed=gone")
	told.await(t, "sequence=1")
	listed := func(s string) bool {
		n, err := numbering.ParseCanonical(s)
		return err == nil && len(db.Index().Exact(n.Key(), nil)) == 1
	}
	if !listed("+8617000003001") {
		t.Error("the number of the feed is not served")
	}
	if err := os.WriteFile(x.path("9.rwb"), []byte("no bundle"), 0o600); err != nil {
		t.Fatal(err)
	}
	told.await(t, "feed=acme source")
	x.to.does("bundle", "rollback", "acme", "--reason", "x", "--yes")
	x.verified("17000003002")
	x.create("2")
	told.await(t, "sequence=2")
	if !listed("+8617000003002") {
		t.Error("the second bundle is not served")
	}
	var metrics bytes.Buffer
	f.write(&metrics)
	for _, want := range []string{`ringward_feed_failing{feed="gone"} 1`, `ringward_feed_bundles_total{feed="acme"} 2`} {
		if !strings.Contains(metrics.String(), want) {
			t.Errorf("metrics lack %s:\n%s", want, &metrics)
		}
	}
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
}
