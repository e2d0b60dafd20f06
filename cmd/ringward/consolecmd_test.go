package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"ringward/cmd/ringward/config"
	"ringward/console"
	"ringward/console/people"
	"ringward/gateway"
	"ringward/numbering"
	"ringward/screening"
	"ringward/softphone"
)

// office is a gateway with its console, and a merchant's phone.
type office struct {
	t     *testing.T
	app   *app
	front *front
	phone *softphone.Phone
	token string // of the merchant
}

func newOffice(t *testing.T) *office { t.Helper(); return openOffice(t, func(*config.Config) {}) }

// openOffice is newOffice with a configuration of its own.
func openOffice(t *testing.T, change func(*config.Config)) *office {
	t.Helper()
	phone, err := softphone.New(softphone.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { phone.Close() })
	cfg := config.Default()
	cfg.Data, cfg.Trunks, cfg.Lines = t.TempDir(), demoTrunks(), []config.Line{demoLine(phone.Addr().String())}
	cfg.Listen = []config.Listen{{Network: "udp", Addr: netip.MustParseAddrPort("127.0.0.1:0")}}
	cfg.Media.Ports = config.PortRange{Min: 31000, Max: 31199}
	cfg.Console.Listen = netip.MustParseAddrPort("127.0.0.1:0")
	cfg.Browsers.Port = 0
	change(&cfg)
	o := &office{t: t, front: &front{}, phone: phone}
	if o.app, err = newApp(cfg, appOptions{log: slog.New(slog.DiscardHandler), seed: true, events: o.front.tell, browsers: o.front}); err != nil {
		t.Fatal(err)
	}
	o.app.front = o.front
	o.front.open(t.Context(), o.app)
	if o.front.console.Load() == nil {
		t.Fatal("no console")
	}
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

// merchant makes the owner of the demonstration line, with a token.
func (o *office) merchant() {
	o.t.Helper()
	ctx, s := context.Background(), o.front.people
	if _, err := s.Add(ctx, people.User{Name: "anna", Role: people.Merchant, Lang: "en", Lines: []string{"demo"}}); err != nil {
		o.t.Fatal(err)
	}
	var err error
	if o.token, err = s.AddToken(ctx, people.Reader{User: "anna", Role: people.Merchant}, "test",
		[]people.Scope{people.ScopeCalls, people.ScopeEvents, people.ScopeAct, people.ScopeVerdict, people.ScopeLines, people.ScopeSaved}, time.Hour); err != nil {
		o.t.Fatal(err)
	}
}

func (o *office) ask(method, path, body string) *http.Response {
	o.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	o.t.Cleanup(cancel)
	req, err := http.NewRequestWithContext(ctx, method, o.front.console.Load().URL()+path, strings.NewReader(body))
	if err != nil {
		o.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+o.token)
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		o.t.Fatal(err)
	}
	o.t.Cleanup(func() { res.Body.Close() })
	return res
}

// answer decodes the answer of an operation.
func (o *office) answer(method, path, body string, v any) int {
	o.t.Helper()
	res := o.ask(method, path, body)
	b, err := io.ReadAll(res.Body)
	if err == nil && v != nil {
		err = json.Unmarshal(b, v)
	}
	if err != nil {
		o.t.Fatalf("%s: %v: %s", path, err, b)
	}
	return res.StatusCode
}

// TestConsoleFollowsARealCall: what happens in a call reaches its merchant, and
// the record of it can be read afterwards.
func TestConsoleFollowsARealCall(t *testing.T) {
	o := newOffice(t)
	events := bufio.NewScanner(o.ask("GET", "/v1/events", "").Body)
	next := func(want console.Kind) console.LiveEvent {
		t.Helper()
		for events.Scan() {
			text, ok := strings.CutPrefix(events.Text(), "data: ")
			var e console.LiveEvent
			if !ok || json.Unmarshal([]byte(text), &e) != nil || e.Kind != want {
				continue
			}
			return e
		}
		t.Fatalf("no event %s: %v", want, events.Err())
		return console.LiveEvent{}
	}
	if !events.Scan() || events.Text() != "event: snapshot" {
		t.Fatalf("got %q", events.Text())
	}
	caller, err := softphone.New(softphone.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer caller.Close()
	hostile := "<img src=x onerror=alert(1)>"
	call, err := caller.Call(softphone.Outgoing{To: o.app.stack.Addrs()[0].Addr, Number: demoNumber, From: "+85321095588", Name: hostile})
	if err != nil {
		t.Fatal(err)
	}
	started := next(console.Started)
	if started.Call.Line != "demo" || started.Call.Caller != "+85321095588" || started.Call.Verdict.Level == "unknown" || len(started.Call.Verdict.Reasons) == 0 {
		t.Errorf("%+v", started.Call)
	}
	ringing := <-o.phone.Incoming()
	if err := ringing.Answer(); err != nil {
		t.Fatal(err)
	}
	next(console.Announced)
	if status := o.answer("POST", "/v1/calls/"+started.Call.Call+"/dismiss", "", nil); status != http.StatusOK {
		t.Errorf("dismiss: %d", status)
	}
	if e := next(console.Judged); !e.Call.Verdict.Dismissed {
		t.Errorf("%+v", e.Call.Verdict)
	}
	call.Hangup()
	ended := next(console.Ended)
	if ended.Call.CallerName != hostile || ended.Call.Outcome == "" {
		t.Errorf("%+v", ended.Call)
	}
	<-call.Over()
	var rec console.CallRecord
	for o.answer("GET", "/v1/calls/"+started.Call.Call, "", &rec) == http.StatusNotFound { // until the log has written it
		rec = console.CallRecord{}
		if err := o.app.recorder.log.Load().Counters().Failing; err != nil {
			t.Fatal(err)
		}
	}
	if rec.CallerName != hostile || len(rec.Timeline) == 0 || rec.CallSummary.Line != "demo" {
		t.Errorf("%+v", rec)
	}
	if status := o.answer("POST", "/v1/calls/"+started.Call.Call+"/dismiss", "", nil); status != http.StatusNotFound {
		t.Errorf("dismiss of a call that is over: %d", status)
	}
}

// TestConsoleAndScreenAgree: the look-up says what the gateway would.
func TestConsoleAndScreenAgree(t *testing.T) {
	o := newOffice(t)
	for _, number := range []string{"95588", "+85321095588", "13800138000", "anonymous", "17000005001"} {
		var a console.Answer
		body, _ := json.Marshal(console.Question{Number: number})
		if status := o.answer("POST", "/v1/verdict", string(body), &a); status != http.StatusOK {
			t.Fatalf("%s: %d", number, status)
		}
		status, out, stderr := ran(t, "screen", number, "--data", o.app.cfg.Data, "--json")
		var r struct {
			Number  struct{ Canonical string }
			Action  string
			Verdict struct {
				Level   string
				Reasons []struct{ Rule string }
			}
		}
		if err := json.Unmarshal([]byte(out), &r); err != nil || status != 0 {
			t.Fatalf("screen: status %d, %v: %s", status, err, stderr)
		}
		if a.Number != r.Number.Canonical || a.Verdict.Level != r.Verdict.Level || a.Action != r.Action || len(a.Verdict.Reasons) != len(r.Verdict.Reasons) {
			t.Errorf("%s: console %+v, screen %+v", number, a, r)
		}
	}
	var p console.Problem
	if status := o.answer("POST", "/v1/verdict", `{"number":"95588","trunk":"none"}`, &p); status != http.StatusUnprocessableEntity || !strings.Contains(p.Detail, "demo-carrier") {
		t.Errorf("%d %+v", status, p)
	}
}

func TestConsoleLinesAndHealth(t *testing.T) {
	o := newOffice(t)
	var lines console.LineList
	o.answer("GET", "/v1/lines", "", &lines)
	if len(lines.Items) != 1 || lines.Items[0].ID != "demo" || lines.Items[0].Number != numbering.Parse(demoNumber, numbering.Options{}).Number.String() || lines.Items[0].Listens != "never" {
		t.Errorf("%+v", lines)
	}
	h := frontHealth{o.app}
	if g := h.Gauges(); len(g) < 5 || len(h.Trunks()) != 1 || h.Trunks()[0].Traits[0] != "trusted" {
		t.Errorf("%+v %+v", g, h.Trunks())
	}
}

func TestConsoleSaysWhenACallIsOver(t *testing.T) {
	if err := goneCall(gateway.ErrNoCall); !errors.Is(err, console.ErrNoCall) {
		t.Error(err)
	}
	if err := goneCall(nil); err != nil {
		t.Error(err)
	}
}

// TestServeGoesOnWithoutConsole: a taken address costs the console, not the calls.
func TestServeGoesOnWithoutConsole(t *testing.T) {
	o := newOffice(t)
	var log bytes.Buffer
	cfg := o.app.cfg
	cfg.Console.Listen = o.front.console.Load().Addr()
	second := &front{}
	second.open(t.Context(), &app{cfg: cfg, log: slog.New(slog.NewTextHandler(&log, nil)), numbers: o.app.numbers, recorder: &recorder{}, gateway: o.app.gateway})
	if second.console.Load() != nil || !strings.Contains(log.String(), "calls go on") || second.welcome() != "" {
		t.Errorf("%s", log.String())
	}
	second.tell(gateway.Event{Kind: gateway.EventEnded, Verdict: screening.Verdict{}}) // to nobody
	if !strings.Contains(o.front.welcome(), "/setup/") {
		t.Errorf("no link for the first operator: %s", o.front.welcome())
	}
}
