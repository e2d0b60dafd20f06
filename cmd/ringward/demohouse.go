package main

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	"ringward/cmd/ringward/config"
	"ringward/console"
	"ringward/numberdb"
	"ringward/softphone"
)

// demoHouse is what `ringward serve` without a configuration brings along: the
// phone of the demonstration line, which answers by itself, and a caller who
// places scam calls to it on request. Both are real: SIP and RTP go through the
// gateway as any call's do.
type demoHouse struct {
	phone  *softphone.Phone
	caller *softphone.Phone
	app    *app
	log    *slog.Logger

	mu   sync.Mutex
	busy bool            // a call is under way; guarded by mu
	ctx  context.Context // of run; nil before it and after; guarded by mu
	join sync.WaitGroup
}

const (
	demoLineID  = "demo"
	demoPort    = 5070             // of the demonstration line's phone
	demoRings   = 3 * time.Second  // before its phone takes a call up
	demoYields  = 25 * time.Second // the same while the telephone is open in a browser, which may take it first
	demoTalk    = 40 * time.Second
	demoLongest = 2 * time.Minute // of a call that nobody ends
	demoSource  = "demonstration" // source of the records that it adds
)

// openDemoHouse opens the two phones and points the demonstration line at its
// own. Where something else answers on the line's port, that is the phone.
func openDemoHouse(cfg *config.Config, port uint16) (*demoHouse, error) {
	h := &demoHouse{log: slog.New(slog.DiscardHandler)}
	var err error
	if h.caller, err = softphone.New(softphone.Options{}); err != nil {
		return nil, err
	}
	if h.phone, err = softphone.New(softphone.Options{Port: port}); err != nil {
		h.phone = nil // the user's own phone has the port
		return h, nil
	}
	for i := range cfg.Lines {
		if cfg.Lines[i].ID == demoLineID {
			cfg.Lines[i].Targets = []string{"sip:100@" + h.phone.Addr().String()}
		}
	}
	return h, nil
}

// furnish gives the house its gateway and the records that its scenes need.
func (h *demoHouse) furnish(ctx context.Context, a *app) error {
	h.app, h.log = a, a.log
	have, err := a.numbers.List(ctx, numberdb.Scams, numberdb.Filter{Source: demoSource, Limit: 1})
	if err != nil || len(have) > 0 {
		return err
	}
	if err := demoData(ctx, a.numbers); err != nil {
		return fmt.Errorf("records of the demonstration: %w", err)
	}
	return nil
}

// run answers the demonstration line until ctx ends, then joins its calls.
func (h *demoHouse) run(ctx context.Context) error {
	h.mu.Lock()
	h.ctx = ctx
	h.mu.Unlock()
	defer h.join.Wait()
	defer func() {
		h.mu.Lock()
		h.ctx = nil
		h.mu.Unlock()
	}()
	var rings <-chan *softphone.Call
	if h.phone != nil {
		rings = h.phone.Incoming()
	}
	for {
		select {
		case <-ctx.Done():
			return nil
		case call := <-rings:
			h.join.Go(func() { h.answer(ctx, call) })
		}
	}
}

// answer takes one call up as a shop assistant would: it rings a while, then he
// listens. What he does about it is decided in the browser.
func (h *demoHouse) answer(ctx context.Context, call *softphone.Call) {
	defer call.Hangup()
	if call.Ring() != nil {
		return
	}
	rings := demoRings
	if f := h.app.front; f != nil && f.Present(demoLineID) {
		rings = demoYields
	}
	select {
	case <-time.After(rings):
	case <-call.Over():
		return
	case <-ctx.Done():
		return
	}
	if call.Answer() != nil {
		return
	}
	select {
	case <-call.Over():
	case <-time.After(demoLongest):
	case <-ctx.Done():
	}
}

func (h *demoHouse) close() {
	if h.phone != nil {
		_ = h.phone.Close()
	}
	if h.caller != nil {
		_ = h.caller.Close()
	}
}

// Line is console.Demo.
func (h *demoHouse) Line() string { return demoLineID }

// demoScenes are the scenarios that the console offers, the most telling first.
var demoScenes = []string{"freeze-call", "listed", "imitation", "registered"}

// Scenes is console.Demo.
func (h *demoHouse) Scenes() []string { return slices.Clone(demoScenes) }

// Play is console.Demo: it places one call and returns once that is on its way.
func (h *demoHouse) Play(scene, lang string) error {
	if !slices.Contains(demoScenes, scene) {
		return console.ErrQuestion
	}
	if scene == "freeze-call" && !strings.HasPrefix(lang, "zh") {
		scene = "freeze-call-en"
	}
	list := scenarios()
	s := list[slices.IndexFunc(list, func(s scenario) bool { return s.name == scene })]
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.busy || h.ctx == nil {
		return console.ErrBusy
	}
	var pcm []int16
	if s.says != "" {
		var err error
		if pcm, err = demoSound(s.name); err != nil {
			return err
		}
	} else {
		pcm = tone(300, demoTalk)
	}
	call, err := h.caller.Call(softphone.Outgoing{To: h.app.stack.Addrs()[0].Addr, Number: demoNumber, From: s.caller, Name: s.shows})
	if err != nil {
		return fmt.Errorf("place the demonstration's call: %w", err)
	}
	h.busy = true
	ctx := h.ctx
	h.join.Go(func() { h.talk(ctx, call, pcm) })
	return nil
}

// talk is the caller's side: he speaks once he is connected, and hangs up when
// he has said his piece.
func (h *demoHouse) talk(ctx context.Context, call *softphone.Call, pcm []int16) {
	defer func() {
		call.Hangup()
		h.mu.Lock()
		h.busy = false
		h.mu.Unlock()
	}()
	ctx, cancel := context.WithTimeout(ctx, demoLongest)
	defer cancel()
	select {
	case <-call.Answered():
	case <-call.Over():
		return
	case <-ctx.Done():
		return
	}
	call.Say(pcm)
	select {
	case <-call.Over():
	case <-time.After(demoTalk):
	case <-ctx.Done():
	}
}
