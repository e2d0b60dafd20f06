package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"time"

	"ringward/console"
	"ringward/gateway"
	"ringward/numbering"
	"ringward/screening"
	"ringward/sip/sipmsg"
	"ringward/softphone"
)

// testCaller rings the telephone of a line and plays every warning to it, so
// that a merchant knows them when he hears one. It calls the telephone itself:
// there is no caller, no verdict and no record.
type testCaller struct {
	app *app

	mu   sync.Mutex
	ctx  context.Context // of run; nil before it and after; guarded by mu
	busy map[string]bool // by line; guarded by mu
	join sync.WaitGroup
}

const (
	testRings   = 30 * time.Second
	testLongest = 3 * time.Minute
	testAtOnce  = 4
)

// run lets test calls be made until ctx ends, and joins them.
func (t *testCaller) run(ctx context.Context) error {
	t.mu.Lock()
	t.ctx, t.busy = ctx, map[string]bool{}
	t.mu.Unlock()
	<-ctx.Done()
	t.mu.Lock()
	t.ctx = nil
	t.mu.Unlock()
	t.join.Wait()
	return nil
}

// Test is console.TestCalls.
func (t *testCaller) Test(line console.Line) error {
	to, user, err := t.phoneOf(line)
	if err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.ctx == nil || t.busy[line.ID] || len(t.busy) >= testAtOnce {
		return console.ErrBusy
	}
	from, err := sourceFor(to)
	if err != nil {
		return fmt.Errorf("test call: %w", err)
	}
	phone, err := softphone.New(softphone.Options{Addr: from})
	if err != nil {
		return fmt.Errorf("test call: %w", err)
	}
	call, err := phone.Call(softphone.Outgoing{To: to, Number: user, From: "ringward", Name: said{"Ringward 试听", "Ringward test"}.in(line.Language)})
	if err != nil {
		_ = phone.Close()
		return fmt.Errorf("test call: %w", err)
	}
	t.busy[line.ID] = true
	ctx := t.ctx
	t.join.Go(func() {
		t.play(ctx, call, line.Language)
		_ = phone.Close()
		t.mu.Lock()
		delete(t.busy, line.ID)
		t.mu.Unlock()
	})
	return nil
}

// play waits until the call is taken and plays every warning once.
func (t *testCaller) play(ctx context.Context, call *softphone.Call, lang string) {
	defer call.Hangup()
	select {
	case <-call.Answered():
	case <-call.Over():
		return
	case <-time.After(testRings):
		return
	case <-ctx.Done():
		return
	}
	select {
	case <-call.Say(t.warnings(lang)):
	case <-call.Over():
	case <-time.After(testLongest):
	case <-ctx.Done():
	}
}

// warnings is every warning that can be whispered, a second apart.
func (t *testCaller) warnings(lang string) []int16 {
	pcm := make([]int16, 8000)
	for _, id := range screening.PromptIDs() {
		if strings.HasPrefix(id, "warn.") {
			pcm = append(append(pcm, t.app.voice.Clip(id, lang)...), make([]int16, 8000)...)
		}
	}
	return pcm
}

// errNoTestPhone says that the line's telephone cannot be called directly.
var errNoTestPhone = errors.New("the line's telephone has no address that a test call reaches (UDP, by its IP address)")

// phoneOf finds the address of one of a line's telephones: one that is
// registered, else one that is configured.
func (t *testCaller) phoneOf(line console.Line) (to netip.AddrPort, user string, err error) {
	for _, r := range t.app.gateway.Registrations() {
		if uri, err := sipmsg.ParseURI(r.Contact); err == nil && r.Line == line.ID && r.Network == "udp" {
			return r.Address, uri.User, nil
		}
	}
	number := numbering.Parse(line.Number, numbering.Options{Country: t.app.current().Country}).Number
	l, ok := newLines(t.app.current().Lines, t.app.numbers).Line(line.Number, number)
	if !ok {
		return to, "", fmt.Errorf("%w: there is no line %.40q", console.ErrQuestion, line.ID)
	}
	for _, text := range l.Targets {
		if to, user, ok := udpTarget(text, l); ok {
			return to, user, nil
		}
	}
	return to, "", fmt.Errorf("%w: %w", console.ErrQuestion, errNoTestPhone)
}

// sourceFor is our address as a telephone sees it. Nothing is sent.
func sourceFor(to netip.AddrPort) (netip.Addr, error) {
	c, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(to))
	if err != nil {
		return netip.Addr{}, err
	}
	defer c.Close()
	return netip.MustParseAddrPort(c.LocalAddr().String()).Addr(), nil
}

func udpTarget(text string, l gateway.Line) (netip.AddrPort, string, bool) {
	uri, err := sipmsg.ParseURI(strings.ReplaceAll(text, "{user}", strings.TrimPrefix(l.Number, "+")))
	if err != nil {
		return netip.AddrPort{}, "", false
	}
	addr, err := netip.ParseAddr(strings.Trim(uri.Host, "[]"))
	if network, given := uri.Params.Get("transport"); err != nil || given && !strings.EqualFold(network, "udp") || uri.Scheme != "sip" {
		return netip.AddrPort{}, "", false
	}
	port := uri.Port
	if port == 0 {
		port = 5060
	}
	return netip.AddrPortFrom(addr, port), uri.User, true
}
