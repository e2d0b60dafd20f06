package gateway_test

import (
	"bytes"
	"context"
	"errors"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	"ringward/gateway"
	"ringward/media/sdp"
	"ringward/media/webrtc"
	"ringward/media/webrtc/webrtctest"
	"ringward/screening"
	"ringward/softphone"
)

// open is a line's owner whose page is open.
type open bool

// Present reports whether it is.
func (o open) Present(string) bool { return bool(o) }

// browserWorld is a world whose line rings in its owner's browser too.
func browserWorld(t *testing.T, present bool, o options) *world {
	t.Helper()
	e, err := webrtc.New(webrtc.Config{Addr: netip.MustParseAddr("127.0.0.1")})
	must(t, err)
	config, line := o.config, o.line
	o.config = func(c *gateway.Config) {
		c.WebRTC, c.Browsers = e, open(present)
		if config != nil {
			config(c)
		}
	}
	o.line = func(l *gateway.Line) {
		l.Browser = true
		if line != nil {
			line(l)
		}
	}
	ctx, stop := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	w := newWorld(t, o)
	wg.Go(func() {
		if err := e.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(func() { // before the world's, which counts goroutines
		w.gateway.Hangup()
		drain, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		must(t, w.gateway.Drain(drain))
		if n := e.Sessions(); n != 0 {
			t.Errorf("%d sessions are left", n)
		}
		stop()
		wg.Wait()
	})
	until(t, "the endpoint to serve", func() bool {
		_, _, err := e.Open(t.Context(), "", nil)
		return !errors.Is(err, webrtc.ErrClosed)
	})
	return w
}

// ringsInBrowser waits until a call rings there and returns its id.
func (w *world) ringsInBrowser() string {
	w.t.Helper()
	for {
		if e := recv(w.t, w.events, "the browser to ring"); e.Browser == gateway.BrowserRinging {
			return e.Call
		}
	}
}

// takesInBrowser answers a call.
func (w *world) takesInBrowser(id string) *webrtctest.Browser {
	w.t.Helper()
	b := webrtctest.New(w.t)
	answer, err := w.gateway.AnswerInBrowser(w.t.Context(), id, b.Offer(false))
	must(w.t, err)
	b.Accept(answer)
	return b
}

// TestBrowserAnswers rings a desk phone and the browser together: the browser
// takes the call, the phone stops ringing, each side hears the other, and a
// warning is whispered to the browser alone; a new path and a hold keep the call.
func TestBrowserAnswers(t *testing.T) {
	w := browserWorld(t, true, options{})
	caller, desk := w.call(ordinary)
	id := w.ringsInBrowser()
	b := w.takesInBrowser(id)
	done(t, caller.Answered(), "the answer")
	done(t, desk.Over(), "the desk phone to stop ringing")
	caller.Say(sine(400, time.Minute))
	b.Speak(1000)
	until(t, "the caller's tone in the browser", func() bool { return b.Heard.Power(400) > 0.8 })
	tail := func() []int16 { pcm := caller.Heard(); return pcm[max(0, len(pcm)-4000):] }
	until(t, "the browser's tone at the caller", func() bool { return power(tail(), 1000) > 0.8 })

	must(t, w.gateway.Warn(id, screening.Evidence{Source: screening.SourceWords, Rule: "words.account-frozen", Kind: screening.AccountFrozen,
		By: screening.PartyCaller, Strength: screening.Strong, Institution: "unionpay", At: time.Second,
		Text: screening.Text{ZH: "来电称账户被冻结", EN: "says that the account is frozen"}}))
	until(t, "the whisper", func() bool { return b.Heard.Power(promptHz) > 0.5 })
	if e := w.event(gateway.EventWarned); e.Browser != gateway.BrowserTaken {
		t.Errorf("the warning's event says %q of the browser, want %q", e.Browser, gateway.BrowserTaken)
	}

	if errs := caller.MediaErrors(); len(errs) > 0 { // later, a packet may be lost between two paths
		t.Errorf("the caller's stream: %v", errs)
	}
	answer, err := w.gateway.RestartInBrowser(t.Context(), id, b.Offer(true))
	must(t, err)
	b.Accept(answer)
	b.Heard.Clear()
	until(t, "the caller's tone on the new path", func() bool { return b.Heard.Power(400) > 0.8 })
	must(t, caller.Hold(true))
	must(t, caller.Hold(false))
	b.Heard.Clear()
	until(t, "the caller's tone after a hold", func() bool { return b.Heard.Power(400) > 0.8 })

	if p := power(caller.Heard(), promptHz); p > 0.01 {
		t.Errorf("the caller hears the whisper at %.3f", p)
	}
	must(t, w.gateway.LeaveInBrowser(id))
	done(t, caller.Over(), "the call to end")
	if r := w.record(); r.Outcome != gateway.OutcomeAnswered || r.EndedBy != "merchant" || r.Media.Codec != "PCMA" || r.Media.Foreign != 0 {
		t.Errorf("recorded %+v", r)
	}
	if err := w.gateway.LeaveInBrowser(id); err != gateway.ErrNoCall {
		t.Errorf("hanging up again: %v, want %v", err, gateway.ErrNoCall)
	}
}

// TestBrowserAlone rings nothing but the browser, which hears an announcement
// first; the page is closed and the call with it.
func TestBrowserAlone(t *testing.T) {
	w := browserWorld(t, true, options{numbers: scamListing(scammer), line: func(l *gateway.Line) { l.Targets = nil }})
	caller := w.dial(scammer)
	b := w.takesInBrowser(w.ringsInBrowser())
	w.event(gateway.EventAnnounced)
	until(t, "the announcement", func() bool { return b.Heard.Power(promptHz) > 0.5 })
	done(t, caller.Ringing(), "the caller to hear ringing")
	w.event(gateway.EventChoice)
	b.Close()
	done(t, caller.Over(), "the call to end")
	if r := w.record(); r.Outcome != gateway.OutcomeRefused || r.Status != 603 {
		t.Errorf("recorded %s %d, want refused 603", r.Outcome, r.Status)
	}
}

// TestBrowserRejects: the desk phone goes on ringing and may still take up; with
// no other phone the caller hears that the line is busy.
func TestBrowserRejects(t *testing.T) {
	w := browserWorld(t, true, options{})
	caller, desk := w.call(ordinary)
	id := w.ringsInBrowser()
	must(t, w.gateway.LeaveInBrowser(id))
	until(t, "the browser to stop ringing", func() bool { return recv(t, w.events, "an event").Browser == gateway.BrowserNone })
	if _, err := w.gateway.AnswerInBrowser(t.Context(), id, webrtctest.New(t).Offer(false)); err != gateway.ErrNoCall {
		t.Errorf("answering what was rejected: %v, want %v", err, gateway.ErrNoCall)
	}
	must(t, desk.Answer())
	done(t, caller.Answered(), "the answer")
	caller.Hangup()
	w.record()

	w.setLine(func(l *gateway.Line) { l.Targets = nil })
	caller = w.dial(ordinary)
	must(t, w.gateway.LeaveInBrowser(w.ringsInBrowser()))
	done(t, caller.Over(), "the refusal")
	if r := w.record(); r.Outcome != gateway.OutcomeBusy || r.Status != 486 {
		t.Errorf("recorded %s %d, want busy 486", r.Outcome, r.Status)
	}
}

// TestBrowserTooLate: the desk phone is taken up first, so the page that answers
// is told so.
func TestBrowserTooLate(t *testing.T) {
	w := browserWorld(t, true, options{})
	caller, desk := w.call(ordinary)
	id := w.ringsInBrowser()
	must(t, desk.Answer())
	done(t, caller.Answered(), "the answer")
	if _, err := w.gateway.AnswerInBrowser(t.Context(), id, webrtctest.New(t).Offer(false)); err != gateway.ErrNoCall {
		t.Errorf("got %v, want %v", err, gateway.ErrNoCall)
	}
	caller.Hangup()
	w.record()
}

// TestBrowserAbsent: with no page open the browser is no phone.
func TestBrowserAbsent(t *testing.T) {
	w := browserWorld(t, false, options{line: func(l *gateway.Line) { l.Targets = nil }})
	caller := w.dial(ordinary)
	done(t, caller.Over(), "the refusal")
	if r := w.record(); r.Status != 480 {
		t.Errorf("recorded %s %d, want 480", r.Outcome, r.Status)
	}
}

// TestBrowserWithoutOffer: a caller that offers nothing in his INVITE is
// answered by the browser as well.
func TestBrowserWithoutOffer(t *testing.T) {
	w := browserWorld(t, true, options{line: func(l *gateway.Line) { l.Targets = nil }})
	caller := w.dial(ordinary, func(o *softphone.Outgoing) { o.NoOffer = true })
	b := w.takesInBrowser(w.ringsInBrowser())
	done(t, caller.Answered(), "the answer")
	caller.Say(sine(400, time.Minute))
	until(t, "the caller's tone in the browser", func() bool { return b.Heard.Power(400) > 0.8 })
	caller.Hangup()
	w.record()
}

// TestBrowserOpus: where the caller's side speaks nothing else, its Opus crosses
// octet by octet, and a warning that cannot be whispered is recorded so.
func TestBrowserOpus(t *testing.T) {
	w := browserWorld(t, true, options{codec: sdp.Codec{PT: 96, Name: "opus", Clock: 48000, Channels: 2, FMTP: "minptime=10;useinbandfec=1"},
		line: func(l *gateway.Line) { l.Targets = nil }})
	caller := w.dial(ordinary)
	id := w.ringsInBrowser()
	b := webrtctest.New(t, webrtctest.Opus, webrtctest.PCMA)
	answer, err := w.gateway.AnswerInBrowser(t.Context(), id, b.Offer(false))
	must(t, err)
	b.Accept(answer)
	done(t, caller.Answered(), "the answer")
	caller.Say(sine(400, time.Minute))
	until(t, "half a second of Opus", func() bool { return len(b.Heard.Other()) > 4000 })
	_, said := caller.Payloads()
	if !bytes.Contains(bytes.Join(said, nil), b.Heard.Other()) {
		t.Error("what the browser heard is no run of what the caller said")
	}
	must(t, w.gateway.Whisper(id, "warn.code"))
	caller.Hangup()
	r := w.record()
	if r.Media.Codec != "opus" || !slices.ContainsFunc(r.Events, func(e gateway.RecordEvent) bool { return e.Kind == "whisper-impossible" }) {
		t.Errorf("recorded %s, %+v", r.Media.Codec, r.Events)
	}
}
