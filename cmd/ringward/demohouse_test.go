package main

import (
	"bufio"
	"context"
	"encoding/json"
	"log/slog"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"ringward/cmd/ringward/config"
	"ringward/console"
	"ringward/numberdb"
)

// newDemoOffice is what `ringward serve` with nothing but defaults opens, on
// ports of its own.
func newDemoOffice(t *testing.T) *office {
	t.Helper()
	cfg, err := loadConfig("", t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	cfg.Listen = []config.Listen{{Network: "udp", Addr: netip.MustParseAddrPort("127.0.0.1:0")}}
	cfg.Media.Ports = config.PortRange{Min: 31200, Max: 31399}
	cfg.Console.Listen = netip.MustParseAddrPort("127.0.0.1:0")
	house, err := openDemoHouse(&cfg, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(house.close)
	o := &office{t: t, front: &front{}, phone: house.phone}
	if o.app, err = newApp(cfg, appOptions{log: slog.New(slog.DiscardHandler), seed: true, events: o.front.tell}); err != nil {
		t.Fatal(err)
	}
	if err := house.furnish(t.Context(), o.app); err != nil {
		t.Fatal(err)
	}
	if err := house.furnish(t.Context(), o.app); err != nil { // a second start adds nothing
		t.Fatal(err)
	}
	o.app.front, o.app.house = o.front, house
	o.front.open(t.Context(), o.app)
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := o.app.run(ctx, ctx); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() { cancel(); wg.Wait(); o.front.close(); o.app.close() })
	o.merchant()
	return o
}

// TestDemoCallWarnsInTheConsole: the button's call goes through the gateway, is
// answered by the demonstration's phone, is known by its sound, and ends on the
// merchant's word.
func TestDemoCallWarnsInTheConsole(t *testing.T) {
	o := newDemoOffice(t)
	if text := o.front.welcome(); !strings.Contains(text, "/setup/") || !strings.Contains(text, o.front.console.Load().URL()) {
		t.Errorf("welcome does not show the way: %s", text)
	}
	events := bufio.NewScanner(o.ask("GET", "/v1/events", "").Body)
	tick, late := time.NewTicker(10*time.Millisecond), time.After(20*time.Second)
	defer tick.Stop()
	for o.app.house.Play("freeze-call", "en") != nil { // until the house is open
		select {
		case <-tick.C:
		case <-late:
			t.Fatal("the demonstration never opens")
		}
	}
	if err := o.app.house.Play("listed", "en"); err == nil {
		t.Error("a second call is placed beside the first")
	}
	kind := ""
	for events.Scan() {
		if k, ok := strings.CutPrefix(events.Text(), "event: "); ok {
			kind = k
		}
		data, ok := strings.CutPrefix(events.Text(), "data: ")
		if !ok || kind == "snapshot" {
			continue
		}
		var e console.LiveEvent
		if err := json.Unmarshal([]byte(data), &e); err != nil {
			t.Fatal(err)
		}
		if e.Kind == console.Warned {
			if e.Call.Verdict.Level != "alarm" && e.Call.Verdict.Level != "warning" {
				t.Errorf("warned at level %s", e.Call.Verdict.Level)
			}
			if status := o.answer("POST", "/v1/calls/"+e.Call.Call+"/refuse", "", nil); status != 200 {
				t.Errorf("refuse: %d", status)
			}
		}
		if e.Kind == console.Ended {
			if e.Call.Warnings == 0 || e.Call.Outcome != "refused" {
				t.Errorf("ended as %s after %d warnings", e.Call.Outcome, e.Call.Warnings)
			}
			return
		}
	}
	t.Fatalf("the events ended: %v", events.Err())
}

// TestExamplesAreNotConfirmedElsewhere: what the demonstration put into the
// number database is named when a real configuration uses it.
func TestExamplesAreNotConfirmedElsewhere(t *testing.T) {
	o := newDemoOffice(t)
	var b strings.Builder
	o.app.log = slog.New(slog.NewTextHandler(&b, nil))
	warnExamples(t.Context(), o.app)
	if !strings.Contains(b.String(), "demonstration") {
		t.Errorf("nothing is said of the records of the demonstration: %s", b.String())
	}
	have, err := o.app.numbers.List(t.Context(), numberdb.Scams, numberdb.Filter{Source: demoSource})
	if err != nil || len(have) != 1 {
		t.Errorf("%d scam listings of the demonstration, %v", len(have), err)
	}
}
