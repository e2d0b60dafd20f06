package main

import (
	"bytes"
	"context"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ringward/softphone"
)

// TestRunningGatewaySeesEdits: what an analyst edits by the command while the
// gateway serves holds for calls within a second.
func TestRunningGatewaySeesEdits(t *testing.T) {
	a := newAnalyst(t)
	phone, err := softphone.New(softphone.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer phone.Close()
	file := filepath.Join(t.TempDir(), "ringward.yaml")
	text := "data: " + a.data + "\nlisten: [udp://127.0.0.1:35071]\nmedia: {ports: 36400-36799}\nlimits: {calls: 50, drain_timeout: 5s}\n" +
		"redress: {email: a@example.com}\ntrunks: [{name: carrier, sources: [127.0.0.1/32], trusted: true, domestic: true}]\n"
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
	defer func() {
		term()
		<-served
	}()
	a.does("line", "add", "+862155550100", "--targets", "sip:1@"+phone.Addr().String(), "--mode", "block", "--reason", "new shop")
	untilCall(t, phone, "the new line rings", func(status int, rang bool) bool { return rang })
	a.does("scam", "add", "17000005001", "--category", "pos-freeze", "--source", "letter", "--reason", "letter of the police")
	a.does("scam", "approve", "17000005001", "--as", "bob", "--reason", "read the letter")
	untilCall(t, phone, "the listed caller is blocked", func(status int, rang bool) bool { return status == 608 && !rang })
	if status, out, _ := ran(t, "screen", "17000005001", "--line", "+862155550100", "--config", file, "--lang", "en"); status != 0 || !strings.Contains(out, "block") {
		t.Errorf("screen: status %d: %s", status, out)
	}
	a.does("scam", "retire", "17000005001", "--reason", "appeal upheld")
	untilCall(t, phone, "the caller rings again", func(status int, rang bool) bool { return rang })
}

// untilCall calls until the gateway does what is wanted, a second at most.
func untilCall(t *testing.T, phone *softphone.Phone, what string, want func(status int, rang bool) bool) {
	t.Helper()
	start := time.Now()
	for n := 1; ; n++ {
		late := time.Since(start) > time.Second // the call that begins now has to be as wanted
		status, rang := oneCall(t, phone)
		if want(status, rang) {
			t.Logf("%s: seen by call %d, %v after the edit", what, n, time.Since(start).Round(time.Millisecond))
			return
		}
		if late {
			t.Fatalf("%s: not within a second of the edit (%d calls; the last got %d, rang: %v)", what, n, status, rang)
		}
	}
}

func oneCall(t *testing.T, phone *softphone.Phone) (status int, rang bool) {
	t.Helper()
	caller, err := softphone.New(softphone.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer caller.Close()
	c, err := caller.Call(softphone.Outgoing{To: netip.MustParseAddrPort("127.0.0.1:35071"), Number: "+862155550100", From: "17000005001"})
	if err != nil {
		t.Fatal(err)
	}
	select {
	case <-c.Over():
		return c.Failure().Status, false
	case <-phone.Incoming():
		c.Hangup()
		<-c.Over()
		return 0, true
	}
}
