package main

import (
	"context"
	"errors"
	"fmt"

	"ringward/console"
	"ringward/gateway"
	"ringward/media/webrtc"
)

// openBrowsers binds the port that browsers in a call send to. Without it the
// gateway serves all other phones.
func (a *app) openBrowsers(b gateway.Browsers) {
	c := a.cfg
	if b == nil || c.Browsers.Port == 0 || !c.Console.Listen.IsValid() {
		return
	}
	w := webrtc.Config{Addr: c.Media.Address, Advertise: c.Media.Advertise, Port: uint16(c.Browsers.Port), MaxSessions: c.Browsers.Sessions, Log: a.log}
	for _, s := range c.Browsers.Servers {
		w.Servers = append(w.Servers, webrtc.Server{URL: s.URL, User: s.User, Password: s.Password})
	}
	e, err := webrtc.New(w)
	if err != nil {
		a.log.Error("there is no telephone in the browser", "err", err, "advice", "see browsers in the configuration; calls to phones go on")
		return
	}
	a.browsers = e
}

// Present reports whether a line's owner has the telephone open (gateway.Browsers).
func (f *front) Present(line string) bool {
	c := f.console.Load()
	return c != nil && c.Present(line)
}

// frontPhone is the telephone in the browser.
type frontPhone struct{ g *gateway.Gateway }

// Answer takes a ringing call (console.Phone).
func (p frontPhone) Answer(ctx context.Context, call, offer string) (string, error) {
	answer, err := p.g.AnswerInBrowser(ctx, call, offer)
	return answer, browserFault(err)
}

// Restart finds a new path (console.Phone).
func (p frontPhone) Restart(ctx context.Context, call, offer string) (string, error) {
	answer, err := p.g.RestartInBrowser(ctx, call, offer)
	return answer, browserFault(err)
}

// Leave rejects or hangs up (console.Phone).
func (p frontPhone) Leave(call string) error { return goneCall(p.g.LeaveInBrowser(call)) }

func browserFault(err error) error {
	for _, known := range []error{webrtc.ErrOffer, webrtc.ErrCodec, webrtc.ErrFull} {
		if errors.Is(err, known) {
			return fmt.Errorf("%w: %w", console.ErrBrowser, err)
		}
	}
	return goneCall(err)
}

// phone plugs the telephone in the browser into the console.
func (f *front) phone(o *console.Options) {
	if f.app.browsers == nil {
		return
	}
	o.Phone = frontPhone{f.app.gateway}
	for _, s := range f.app.cfg.Browsers.Servers {
		o.Relays = append(o.Relays, console.Relay{URLs: s.URL, Username: s.User, Credential: s.Password})
	}
}
