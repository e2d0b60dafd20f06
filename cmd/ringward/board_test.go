package main

import (
	"bytes"
	"context"
	"log/slog"
	"net/netip"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"ringward/cmd/ringward/config"
	"ringward/gateway"
)

var (
	metricName = regexp.MustCompile(`\bringward_[a-z_]+`)
	exposed    = regexp.MustCompile(`(?m)^(ringward_[a-z_]+)`)
)

// TestBoardAndAlertsNameRealMetrics: what the Grafana board and the alerts ask
// for is written by the gateway.
func TestBoardAndAlertsNameRealMetrics(t *testing.T) {
	cfg := config.Default()
	cfg.Data, cfg.Trunks = t.TempDir(), demoTrunks()
	cfg.Listen = []config.Listen{{Network: "udp", Addr: netip.MustParseAddrPort("127.0.0.1:0")}}
	cfg.Media.Ports = config.PortRange{Min: 31400, Max: 31599}
	cfg.Observe.HEP.Server = "127.0.0.1:9" // discard
	a, err := newApp(cfg, appOptions{log: slog.New(slog.DiscardHandler), dropped: func() uint64 { return 0 }})
	if err != nil {
		t.Fatal(err)
	}
	defer a.close()
	defer a.stack.Run(cancelled())
	now := time.Now()
	a.meters.record(gateway.Record{Start: now, Answered: now, End: now, Events: []gateway.RecordEvent{
		{Kind: "progress", Detail: "180"}, {Kind: "whisper", Detail: "x"}, {Kind: "key", Detail: "*1"}}})
	var b bytes.Buffer
	a.writeMetrics(&b)
	known := map[string]bool{"ringward_rules_total": true, "ringward_sip_requests_total": true, "ringward_sip_responses_total": true}
	for _, m := range exposed.FindAllString(b.String(), -1) {
		known[m] = true
	}
	for _, file := range []string{"../../deploy/grafana/ringward.json", "../../deploy/prometheus/ringward.rules.yml"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		names := metricName.FindAllString(string(text), -1)
		if len(names) == 0 {
			t.Errorf("%s names no metric", file)
		}
		for _, name := range names {
			if !known[name] && !strings.HasPrefix(name, "ringward_rules_yml") {
				t.Errorf("%s asks for %s, which nobody writes", file, name)
			}
		}
	}
}

// cancelled is a context that has ended: what runs by it only closes.
func cancelled() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}
