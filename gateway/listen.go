package gateway

import (
	"context"
	"fmt"

	"ringward/media"
	"ringward/screening"
	"ringward/speech"
	"ringward/speech/ears"
)

// Listening says which calls of a line are listened to.
type Listening uint8

// The choices. The zero value listens to none.
const (
	ListenNever      Listening = iota
	ListenUnverified           // callers that neither the register nor the merchant vouches for
	ListenAlways
)

var listeningNames = [...]string{"never", "unverified", "always"}

// String returns the name used in configuration.
func (l Listening) String() string { return listeningNames[min(int(l), len(listeningNames)-1)] }

// ParseListening is String's inverse; false if no choice has that name.
func ParseListening(s string) (Listening, bool) {
	for i, name := range listeningNames {
		if s == name {
			return Listening(i), true
		}
	}
	return ListenNever, false
}

// Ears make what listens to a call: detectors and recognisers, without the
// sound, which the gateway adds. False: nothing is there to listen with.
type Ears interface {
	Ear(callID string, line Line) (speech.Config, bool)
}

// tapFrames is how much sound may wait for the ear, both sides together: 5 s.
// Nothing older than that is ever in memory.
const tapFrames = 500

// tapSource is the media tap as the ear reads it.
type tapSource struct{ *media.TapQueue }

// Read gives the oldest frame (speech.Source).
func (s tapSource) Read(pcm []int16) (speech.Frame, bool) {
	f, ok := s.TapQueue.Read(pcm)
	by := screening.PartyCaller
	if f.Side == media.Merchant {
		by = screening.PartyMerchant
	}
	return speech.Frame{By: by, Samples: f.Samples, Timestamp: f.Timestamp, Restart: f.Restart}, ok
}

// wantsEar reports whether the line's owner wants this call listened to.
func (c *call) wantsEar() bool {
	switch c.line.Listen {
	case ListenAlways:
		return true
	case ListenUnverified:
		return c.verd.Caller != screening.CallerRegistered && c.verd.Caller != screening.CallerSaved
	}
	return false
}

// listen puts an ear to the call, when its line's owner agreed. The relay never
// waits for it: it hears what its queue could take.
func (c *call) listen() {
	if c.gw.cfg.Ears == nil || !c.wantsEar() || c.data {
		return
	}
	if !c.bridge.Analysable(media.Caller) {
		c.note("not-heard", "codec")
		c.rec.Media.AnalysisImpossible = true
		return
	}
	cfg, ok := c.gw.cfg.Ears.Ear(c.rec.ID, c.line)
	if !ok {
		c.note("not-heard", "no ears")
		return
	}
	queue := media.NewTapQueue(tapFrames)
	cfg.Source = tapSource{queue}
	cfg.Now = c.elapsed
	if cfg.Log == nil {
		cfg.Log = c.log
	}
	ear := speech.New(cfg)
	ctx, stop := context.WithCancel(c.ctx)
	c.ear, c.earStop, c.heard = ear, stop, ear.Evidence()
	c.bridge.Tap(media.Caller, queue)
	c.bridge.Tap(media.Merchant, queue)
	go ear.Run(ctx) // joined by deafen
	c.note("listen", "")
	if c.line.TellCaller {
		c.tellCaller()
	}
}

// promptConsent tells the caller that the call may be analysed.
const promptConsent = "consent.notice"

func (c *call) tellCaller() {
	audio := c.gw.cfg.Voice.Clip(promptConsent, c.line.Language)
	if err := c.bridge.Play(media.Caller, media.Playback{Audio: audio, Mix: media.Over, DuckDB: c.gw.live().DuckDB}); err != nil {
		c.log.Info("the caller cannot be told", "err", err)
		return
	}
	c.note("tell-caller", promptConsent)
}

// hear takes what the ear found.
func (c *call) hear(e screening.Evidence, ok bool) {
	if !ok {
		c.heard = nil
		return
	}
	c.note("heard", e.Rule)
	if e.Rule == ears.RuleData {
		c.dataCall("tone")
	}
	c.learn(e)
}

// deafen ends the ear and writes down when nobody listened.
func (c *call) deafen() {
	if c.ear == nil {
		return
	}
	c.earStop()
	for _, g := range c.ear.Summary().Gaps {
		c.note("not-heard", fmt.Sprintf("%s %s %.1f-%.1f s: %s", g.By, g.Engine, g.From.Seconds(), g.To.Seconds(), g.Why))
	}
}
