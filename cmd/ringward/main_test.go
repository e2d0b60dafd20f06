package main

import (
	"bytes"
	"context"
	"encoding/json"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ringward/media/wav"
	"ringward/softphone"
)

// ran runs one command line in this process.
func ran(t *testing.T, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	status = run(t.Context(), stdio{strings.NewReader(""), &out, &errs}, args)
	return status, out.String(), errs.String()
}

func TestDemoAsJSON(t *testing.T) {
	if testing.Short() {
		t.Skip("takes ten seconds: these are real calls")
	}
	dir := t.TempDir()
	status, out, errs := ran(t, "demo", "--json", "--lang", "en", "--out", dir)
	if status != 0 {
		t.Fatalf("status %d: %s", status, errs)
	}
	var doc struct {
		Scenarios []struct {
			Name, Caller, Action string
			Verdict              struct {
				Level   string
				Reasons []struct{ Rule, Text string }
			}
			MerchantHeard      []string `json:"merchant_heard"`
			CallerHeardWarning bool     `json:"caller_heard_warning"`
			SetupMS            float64  `json:"setup_ms"`
			WAV                struct{ Caller, Merchant string }
		}
	}
	if err := json.Unmarshal([]byte(out), &doc); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	want := map[string]struct {
		level, action, rule string
		heard               bool
	}{
		"listed":         {"notice", "announce", "caller.listed", true},
		"imitation":      {"warning", "announce", "caller.imitation", true},
		"registered":     {"clear", "pass", "caller.registered", false},
		"unknown":        {"clear", "pass", "caller.ordinary", false},
		"freeze-call":    {"warning", "pass", "recording.match", true},
		"freeze-call-en": {"warning", "pass", "recording.match", true},
	}
	if len(doc.Scenarios) != len(want) {
		t.Fatalf("got %d scenarios, want %d", len(doc.Scenarios), len(want))
	}
	for _, s := range doc.Scenarios {
		w := want[s.Name]
		rules := ""
		for _, r := range s.Verdict.Reasons {
			rules += r.Rule + " "
		}
		if s.Verdict.Level != w.level || s.Action != w.action || !strings.Contains(rules, w.rule) {
			t.Errorf("%s: got level %s, action %s, rules %s; want %s, %s, %s", s.Name, s.Verdict.Level, s.Action, rules, w.level, w.action, w.rule)
		}
		if heard := len(s.MerchantHeard) > 0; heard != w.heard || s.CallerHeardWarning {
			t.Errorf("%s: merchant heard %v, caller heard a warning: %v", s.Name, s.MerchantHeard, s.CallerHeardWarning)
		}
		if s.SetupMS <= 0 {
			t.Errorf("%s: setup_ms %f", s.Name, s.SetupMS)
		}
		for _, path := range []string{s.WAV.Caller, s.WAV.Merchant} {
			if pcm := readWAV(t, path); s.Name != "listed" && len(pcm) < wav.Rate {
				t.Errorf("%s: %s holds %d samples, want a second at least", s.Name, path, len(pcm))
			}
		}
	}
}

func readWAV(t *testing.T, path string) []int16 {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	pcm, err := wav.Read(f)
	if err != nil {
		t.Fatal(err)
	}
	return pcm
}

func TestScreenExplains(t *testing.T) {
	data := t.TempDir()
	for _, c := range []struct{ number, level, action, rule string }{
		{"13800138000", "clear", "pass", "caller.ordinary"},
		{"+8695588", "clear", "pass", "caller.unverified-listing"}, // an example that nobody confirmed makes nothing look safe
		{"+4008208820", "notice", "announce", "caller.imitation"},
		{"anonymous", "notice", "label", "caller.anonymous"},
		{"15412345678", "notice", "label", "caller.unassigned"},
	} {
		status, out, errs := ran(t, "screen", c.number, "--data", data, "--json")
		if status != 0 {
			t.Fatalf("%s: status %d: %s", c.number, status, errs)
		}
		var r screenResult
		if err := json.Unmarshal([]byte(out), &r); err != nil {
			t.Fatal(err)
		}
		rules := ""
		for _, reason := range r.Verdict.Reasons {
			rules += reason.Rule + " "
		}
		if r.Verdict.Level != c.level || r.Action != c.action || !strings.Contains(rules, c.rule) {
			t.Errorf("%s: got %s, %s, %s; want %s, %s, %s", c.number, r.Verdict.Level, r.Action, rules, c.level, c.action, c.rule)
		}
	}
	if status, out, _ := ran(t, "screen", "010-95588", "--data", data, "--lang", "en"); status != 0 || !strings.Contains(out, "CN:95588") {
		t.Errorf("status %d: %s", status, out)
	}
}

func TestUsage(t *testing.T) {
	dir := t.TempDir()
	bad := filepath.Join(dir, "bad.yaml")
	if err := os.WriteFile(bad, []byte("listn: 1\ncountry: x\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args   []string
		status int
		want   string // somewhere in the output
	}{
		{nil, 2, "ringward demo"},
		{[]string{"help"}, 0, "serve"},
		{[]string{"dial"}, 2, `no command "dial"`},
		{[]string{"screen"}, 2, "give one number"},
		{[]string{"screen", "1", "--frob"}, 2, "frob"},
		{[]string{"screen", "--help"}, 0, "usage: ringward screen"},
		{[]string{"demo", "--lang", "fr"}, 2, "zh-CN or en"},
		{[]string{"demo", "--scenario", "x"}, 2, "listed, imitation"},
		{[]string{"config", "check", bad}, 1, "listn: unknown key"},
		{[]string{"config", "check", "../../ringward.example.yaml"}, 0, "is good"},
		{[]string{"serve", "--config", filepath.Join(dir, "none.yaml")}, 1, "none.yaml"},
		{[]string{"prompts", "list", "--lang", "en"}, 0, "announce.scam"},
		{[]string{"prompts", "check"}, 0, "every prompt has its recording"},
		{[]string{"prompts", "build"}, 2, "--out"},
		{[]string{"calls", "show", "x", "--data", dir}, 1, "no call x"},
		{[]string{"version"}, 0, "rules matrix-"},
	} {
		status, out, errs := ran(t, c.args...)
		if status != c.status || !strings.Contains(out+errs, c.want) {
			t.Errorf("ringward %v: status %d, want %d with %q in:\n%s%s", c.args, status, c.status, c.want, out, errs)
		}
	}
}

// TestServe runs the gateway from a configuration file, calls through it, ends
// it while the call runs, and finds the call in the record.
func TestServe(t *testing.T) {
	phone, err := softphone.New(softphone.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer phone.Close()
	dir := t.TempDir()
	file := filepath.Join(dir, "ringward.yaml")
	data := filepath.Join(dir, "data")
	text := "data: " + data + "\nlisten: [udp://127.0.0.1:35060]\nmedia: {ports: 36000-36399}\nlimits: {calls: 50, drain_timeout: 30s}\n" +
		"trunks: [{name: carrier, sources: [127.0.0.1/32], trusted: true, domestic: true}]\n" +
		"lines: [{number: \"+862155550100\", id: shop, targets: [\"sip:1@" + phone.Addr().String() + "\"]}]\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, term := context.WithCancel(t.Context())
	var out, errs bytes.Buffer
	served := make(chan int, 1)
	pr := &notify{Writer: &out, wrote: make(chan struct{}, 1)}
	go func() {
		served <- run(ctx, stdio{strings.NewReader(""), pr, &errs}, []string{"serve", "--config", file})
	}()
	<-pr.wrote
	caller, err := softphone.New(softphone.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer caller.Close()
	call, err := caller.Call(softphone.Outgoing{To: netip.MustParseAddrPort("127.0.0.1:35060"), Number: "+862155550100", From: "13800138000"})
	if err != nil {
		t.Fatal(err)
	}
	taken := <-phone.Incoming()
	if err := taken.Answer(); err != nil {
		t.Fatal(err)
	}
	<-call.Answered()
	term() // as SIGTERM does: the call goes on, new ones are refused
	refusedWhileDraining(t, caller, phone)
	call.Hangup()
	select {
	case status := <-served:
		if status != 0 {
			t.Errorf("serve: status %d: %s", status, errs.String())
		}
	case <-time.After(20 * time.Second):
		t.Fatal("serve does not end after its last call")
	}
	status, list, stderr := ran(t, "calls", "list", "--config", file)
	if status != 0 || !strings.Contains(list, "answered") || !strings.Contains(list, "+8613800138000") {
		t.Errorf("calls list: status %d: %s%s", status, list, stderr)
	}
}

// refusedWhileDraining calls until the gateway has noticed that it is to stop.
func refusedWhileDraining(t *testing.T, caller, phone *softphone.Phone) {
	t.Helper()
	for range 100 {
		c, err := caller.Call(softphone.Outgoing{To: netip.MustParseAddrPort("127.0.0.1:35060"), Number: "+862155550100", From: "13800138001"})
		if err != nil {
			t.Fatal(err)
		}
		select {
		case <-c.Over():
			if s := c.Failure().Status; s != 503 {
				t.Errorf("while draining: got %d, want 503", s)
			}
			return
		case <-phone.Incoming():
			c.Hangup()
			<-c.Over()
		}
	}
	t.Error("calls are still taken after the signal to stop")
}

// notify tells when something was written.
type notify struct {
	Writer *bytes.Buffer
	wrote  chan struct{}
}

func (n *notify) Write(b []byte) (int, error) {
	defer func() {
		select {
		case n.wrote <- struct{}{}:
		default:
		}
	}()
	return n.Writer.Write(b)
}
